// @contract staff-tab#onboarding
describe('ProctoredExamOnboardingView', function() {
    'use strict';

    var BASE_URL = '/api/edx_proctoring/v1/user_onboarding/status/course_id/a/b/c';
    var TEMPLATE = 'student-onboarding-status.underscore';
    var server;

    function list(overrides) {
        return _.extend({
            results: [
                {username: 'one', enrollment_mode: 'verified', status: 'not_started', modified: null},
                {username: 'two', enrollment_mode: 'executive-education', status: 'other_course_approved',
                    modified: '2026-03-01T10:00:00Z'}
            ],
            count: 2, num_pages: 1, previous: null, next: null, use_onboarding_profile_api: false
        }, overrides);
    }

    function serve(url, status, body) {
        server.respondWith('GET', url, [
            status, {'Content-Type': 'application/json'}, _.isString(body) ? body : JSON.stringify(body)
        ]);
    }

    function open(status, body) {
        var view;
        setFixtures('<div class="student-onboarding-status-container" data-course-id="a/b/c"></div>');
        server.respondWith('GET', '/static/proctoring/templates/' + TEMPLATE, [
            200, {'Content-Type': 'text/html'}, templateSource(TEMPLATE)
        ]);
        serve(BASE_URL, status, body);
        view = new edx.instructor_dashboard.proctoring.ProctoredExamOnboardingView();
        server.respond();
        server.respond();
        return view;
    }

    function filters(view) {
        return view.$('.status-checkboxes li input').map(function() { return this.value; }).get();
    }

    beforeEach(function() {
        server = sinon.fakeServer.create();
    });

    afterEach(function() {
        server.restore();
    });

    it('requests the first page without a query string', function() {
        expect(open(200, list()).collection.url).toBe(BASE_URL);
    });

    it('shows labels for statuses and modes', function() {
        var text = open(200, list()).$('tr.onboarding-items').text();
        expect(text).toContain('Not Started');
        expect(text).toContain('Approved in Another Course');
        expect(text).toContain('Executive Education');
        expect(text).toContain('---');
    });

    it('says that no student needs onboarding when the list is empty', function() {
        expect(open(200, list({results: []})).$('p.no-onboarding-data').text()).toContain('need onboarding');
    });

    it('offers the statuses of local attempts as filters', function() {
        expect(filters(open(200, list()))).toContain('setup_started');
    });

    it('offers the statuses of the provider\'s API as filters when that is used', function() {
        var view = open(200, list({use_onboarding_profile_api: true}));
        expect(filters(view)).toContain('expired');
        expect(filters(view)).not.toContain('setup_started');
    });

    it('filters by the checked statuses, in the order of the check boxes', function() {
        var view = open(200, list());
        view.$('input[value="verified"], input[value="submitted"]').prop('checked', true);
        view.$('.filter-form').trigger('submit');
        expect(view.collection.url).toBe(BASE_URL + '?page=1&statuses=submitted,verified');
        expect(view.filters).toEqual(['submitted', 'verified']);
    });

    it('clears the filters', function() {
        var view = open(200, list());
        view.filters = ['submitted'];
        view.$('.clear-filters').trigger('click');
        expect(view.collection.url).toBe(BASE_URL + '?page=1');
    });

    it('keeps the filters in a search', function() {
        var view = open(200, list());
        view.filters = ['submitted', 'verified'];
        view.$('#search_onboarding_id').val('two');
        view.$('.search-onboarding > span.search').trigger('click');
        expect(view.collection.url).toBe(BASE_URL + '?page=1&text_search=two&statuses=submitted,verified');
        expect(view.inSearchMode).toBe(true);
        expect($('#onboarding-search-indicator').hasClass('hidden')).toBe(true);
        expect($('#onboarding-loading-indicator').hasClass('hidden')).toBe(false);
    });

    it('opens another page', function() {
        var view = open(200, list({num_pages: 7, next: BASE_URL + '?page=2'}));
        expect(view.$('.pagination a').first().text()).toBe('1');
        view.$('.pagination a').last().trigger('click');
        expect(view.currentPage).toBe(2);
        expect(view.collection.url).toBe(BASE_URL + '?page=2');
    });

    it('shows the server\'s reason when the list cannot be loaded', function() {
        var view = open(503, {detail: 'The onboarding service is temporarily unavailable. Please try again later.'});
        expect(view.$('#error-response').text()).toContain('temporarily unavailable');
        expect(view.$('.onboarding-status-content').css('display')).toBe('none');
    });

    it('shows a general message when the server gives no reason', function() {
        expect(open(500, '').$('#error-response').text())
            .toBe('An unexpected error occured. Please try again later.');
    });
});
