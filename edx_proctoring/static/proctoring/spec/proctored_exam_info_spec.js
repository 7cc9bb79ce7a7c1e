describe('ProctoredExamInfo', function() {
    'use strict';

    var TEMPLATE_URL = '/static/proctoring/templates/proctored-exam-info.underscore';
    var STATUS_URL = '/api/edx_proctoring/v1/user_onboarding/status?course_id=course-v1%3Aa%2Bb%2Bc';
    var NOW = new Date('2026-03-02T12:00:00Z').getTime();
    // A template as outside code may bring it: its variables are contract, its markup is not.
    var TEMPLATE =
        '<div class="proctoring-info">'
        + '<% if (onboardingStatusText) { %><b class="status"><%- onboardingStatusText %></b>'
        + '<span class="message"><%- onboardingMessage %></span><i class="detail"><%- onboardingDetail %></i><% } %>'
        + '<% if (showOnboardingReminder) { %><p class="reminder">reminder</p><% } %>'
        + '<% if (showOnboardingExamLink) { %>'
        + '<% if (onboardingPastDue) { %><span class="link">Onboarding Past Due</span>'
        + '<% } else if (onboardingNotReleased) { %><span class="link">Onboarding Opens <%- onboardingReleaseDate %></span>'
        + '<% } else { %><a class="link" href="<%- onboardingLink %>">Complete Onboarding</a><% } } %>'
        + '<a class="help" href="<%- reviewRequirementsUrl %>">help</a>'
        + '</div>';
    var server, view;

    function show(status, options) {
        var settings = _.extend({attributes: 'data-course-id="course-v1:a+b+c"', template: TEMPLATE, code: 200}, options);
        var now = function() { return NOW; };
        server.respondWith('GET', TEMPLATE_URL, settings.template === null ? [404, {}, ''] : [200, {}, settings.template]);
        server.respondWith('GET', settings.url || STATUS_URL, [
            settings.code, {'Content-Type': 'application/json'}, JSON.stringify(_.extend({
                onboarding_status: status,
                onboarding_link: '/onboarding',
                expiration_date: null,
                onboarding_past_due: false,
                onboarding_release_date: '2020-01-01T00:00:00Z',
                review_requirements_url: '/requirements'
            }, settings.data))
        ]);
        setFixtures('<div class="proctoring-info-panel" ' + settings.attributes + '></div>');
        view = new edx.courseware.proctored_exam.ProctoredExamInfo({
            el: $('.proctoring-info-panel'), model: new LearnerOnboardingModel(), now: now
        });
        view.render();
        server.respond();
        server.respond();
        return view.$el;
    }

    function inDays(days) {
        return new Date(NOW + (days * 24 * 60 * 60 * 1000)).toISOString();
    }

    beforeEach(function() {
        server = sinon.fakeServer.create();
    });

    afterEach(function() {
        server.restore();
    });

    [
        {status: 'created', label: 'Not Started', link: true, reminder: true},
        {status: 'ready_to_start', label: 'Not Started', link: true, reminder: true},
        {status: 'started', label: 'Started', link: true, reminder: true},
        {status: 'ready_to_submit', label: 'Started', link: true, reminder: true},
        {status: 'submitted', label: 'Submitted', link: false, reminder: true},
        {status: 'second_review_required', label: 'Submitted', link: false, reminder: true},
        {status: 'verified', label: 'Verified', link: false, reminder: false},
        {status: 'rejected', label: 'Rejected', link: true, reminder: true},
        {status: 'error', label: 'Error', link: true, reminder: true},
        {status: 'other_course_approved', label: 'Approved in Another Course', link: true, reminder: false},
        {status: null, label: 'Not Started', link: true, reminder: true},
        {status: '', label: 'Not Started', link: true, reminder: true},
        {status: 'brand_new_status', label: 'brand_new_status', link: true, reminder: true}
    ].forEach(function(example) {
        // @contract onboarding-panel#status
        it('labels ' + JSON.stringify(example.status) + ' as "' + example.label + '"', function() {
            var $panel = show(example.status);
            expect($panel.find('.status').text()).toBe(example.label);
            expect($panel.find('.link').length).toBe(example.link ? 1 : 0);
            expect($panel.find('.reminder').length).toBe(example.reminder ? 1 : 0);
        });
    });

    // @contract onboarding-panel#status
    it('recommends this course\'s exam to learners approved in another course', function() {
        var $panel = show('other_course_approved', {data: {expiration_date: inDays(40)}});
        expect($panel.find('.message').text()).toContain('Your onboarding exam has been approved in another course');
        expect($panel.find('.detail').text()).toContain('we recommend that you complete');
    });

    // @contract onboarding-panel#renew
    it('warns of a profile that expires soon and links to its renewal', function() {
        var $panel = show('verified', {data: {expiration_date: inDays(10)}});
        expect($panel.find('.status').text()).toBe('Expiring Soon');
        expect($panel.find('.message').text()).toContain('However, your onboarding status is expiring soon.');
        expect($panel.find('a.link').attr('href')).toBe('/onboarding');
    });

    it('labels an old profile as expired', function() {
        expect(show('verified', {data: {expiration_date: inDays(-1)}}).find('.status').text()).toBe('Expired');
    });

    // @contract onboarding-panel#closed
    it('says when onboarding opens', function() {
        var release = inDays(3);
        expect(show(null, {data: {onboarding_release_date: release}}).find('.link').text())
            .toBe('Onboarding Opens ' + new Date(release).toLocaleDateString());
    });

    // @contract onboarding-panel#closed
    it('says that onboarding is past due', function() {
        expect(show(null, {data: {onboarding_past_due: true}}).find('.link').text()).toBe('Onboarding Past Due');
    });

    // @contract onboarding-panel#request
    it('requests the status of the learner that staff view the course as', function() {
        var $panel = show('verified', {
            attributes: 'data-course-id="course-v1:a+b+c" data-username="ann&amp;bob"',
            url: STATUS_URL + '&username=ann%26bob'
        });
        expect($panel.find('.status').text()).toBe('Verified');
    });

    [
        'onboardingStatus', 'onboardingStatusText', 'onboardingMessage', 'onboardingDetail', 'showOnboardingReminder',
        'onboardingNotReleased', 'onboardingPastDue', 'showOnboardingExamLink', 'onboardingLink',
        'onboardingReleaseDate', 'reviewRequirementsUrl'
    ].forEach(function(name) {
        // @contract onboarding-panel#request
        it('gives the template the variable ' + name, function() {
            var $panel = show('verified', {template: '<b><%- typeof ' + name + ' %></b>'});
            expect($panel.find('b').text()).toMatch(/^(string|boolean)$/);
        });
    });

    // @contract onboarding-panel#empty
    it('stays empty when the learner has no onboarding', function() {
        expect(show('verified', {code: 404}).html()).toBe('');
    });

    it('stays empty when its template cannot be loaded', function() {
        expect(show('verified', {template: null}).html()).toBe('');
    });

    // @contract onboarding-panel#empty
    it('sends no request without a course', function() {
        expect(show('verified', {attributes: ''}).html()).toBe('');
        expect(server.requests.length).toBe(0);
    });

    [
        {status: 'rejected', data: {}, colour: 'rgb(178, 6, 16)'},
        {status: null, data: {}, colour: 'rgb(178, 6, 16)'},
        {status: 'verified', data: {}, colour: 'rgb(0, 129, 0)'},
        {status: 'other_course_approved', data: {}, colour: 'rgb(0, 129, 0)'},
        {status: 'submitted', data: {}, colour: 'rgb(13, 78, 108)'},
        {status: 'second_review_required', data: {}, colour: 'rgb(13, 78, 108)'},
        {status: 'verified', data: {expiration_date: inDays(10)}, colour: 'rgb(13, 78, 108)'}
    ].forEach(function(example) {
        // @contract onboarding-panel#colours
        it('has a top border of ' + example.colour + ' for ' + example.status, function() {
            var $info = show(example.status, {data: example.data}).find('.proctoring-info');
            expect($info.css('border-top')).toBe('5px solid ' + example.colour);
        });
    });
});
