describe('A panel of the Special Exams tab', function() {
    'use strict';

    // The attempts, which use all that panels share.
    const panel = useAttemptsPanel();

    it('expands and collapses a group', function() {
        const view = panel.open([panel.row({status: 'error'}, [panel.attempt({id: 6})])]);
        const $panel = $('#7_contents');
        expect($panel.hasClass('is-hidden')).toBe(true);
        view.$('.accordion-trigger').trigger('click');
        expect($panel.hasClass('is-hidden')).toBe(false);
        expect(view.$('.accordion-trigger').attr('aria-expanded')).toBe('true');
        expect(view.$('.fa-chevron-right').hasClass('fa-rotate-90')).toBe(true);
        view.$('.accordion-trigger').trigger('click');
        expect($panel.hasClass('is-hidden')).toBe(true);
    });

    it('keeps a group expanded when the list is drawn again', function() {
        const view = panel.open([panel.row({status: 'error'}, [panel.attempt({id: 6})])]);
        view.$('.accordion-trigger').trigger('click');
        view.loadData();
        panel.server.respond();
        expect($('#7_contents').hasClass('is-hidden')).toBe(false);
    });

    it('ignores the response to a request that a newer one has replaced', function() {
        const view = panel.open([panel.row()]);
        view.loadData(panel.LIST_URL + '/search/first');
        view.loadData(panel.LIST_URL + '/search/second');
        expect(panel.server.requests[panel.server.requests.length - 2].aborted).toBe(true);
        expect(view.$('.js-panel-message').text()).toBe('');
    });

    it('keeps the focus in the row after an action', function() {
        const view = panel.open([panel.row({status: 'error', is_resumable: true})]);
        spyOn(window, 'confirm').and.returnValue(true);
        panel.serve('PUT', '/api/edx_proctoring/v1/proctored_exam/attempt/7', 200, '');
        panel.serve('GET', panel.LIST_URL, 200, panel.list([panel.row({status: 'error', ready_to_resume: true})]));
        view.$('.resume-attempt').trigger('click');
        panel.respond();
        expect($(document.activeElement).hasClass('remove-attempt')).toBe(true);
    });

    it('moves the focus to the content of the panel when the row is gone', function() {
        const view = panel.open([panel.row()]);
        spyOn(window, 'confirm').and.returnValue(true);
        panel.serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/exam_id/5/user_id/3/reset_attempts', 200, '');
        panel.serve('GET', panel.LIST_URL, 200, panel.list([]));
        view.$('.remove-attempt').trigger('click');
        panel.respond();
        expect($(document.activeElement).hasClass('js-panel-content')).toBe(true);
    });

    // @contract staff-tab#direction
    it('isolates names of the other direction inside of a sentence, and of a cell', function() {
        const {fill} = edx.instructor_dashboard.proctoring;
        expect(fill('حذف %(exam)s', {exam: 'Exam (2)'})).toBe('حذف \u2068Exam (2)\u2069');
        expect(fill('Remove %(exam)s', {exam: 'Exam (2)'})).toBe('Remove Exam (2)');
        const view = panel.open([panel.row({proctored_exam: {id: 5, exam_name: 'امتحان (2)', is_proctored: true, is_practice_exam: false}})]);
        expect(view.$('.remove-attempt').attr('aria-label')).toContain('\u2068امتحان (2)\u2069');
        expect(view.$('td bdi').map(function() { return $(this).text(); }).get()).toEqual(['learner', 'امتحان (2)']);
    });

    // @contract staff-tab#code
    it('sends the CSRF token with a change', function() {
        const view = panel.open([panel.row()]);
        document.cookie = 'csrftoken=a%2Fb';
        spyOn(window, 'confirm').and.returnValue(true);
        view.$('.remove-attempt').trigger('click');
        expect(panel.lastRequest().requestHeaders['X-CSRFToken']).toBe('a/b');
    });

    it('offers to try again when the list cannot be loaded', function() {
        const view = panel.open([panel.row()]);
        panel.serve('GET', panel.LIST_URL, 500, 'broken');
        view.loadData();
        panel.server.respond();
        expect(view.$('.js-panel-message').text()).toContain('did not answer as expected');
        panel.serve('GET', panel.LIST_URL, 200, panel.list([panel.row()]));
        view.$('.js-panel-retry').trigger('click');
        panel.server.respond();
        expect(view.$('.js-panel-message').text()).toBe('');
    });

    [
        {
            view: 'ProctoredExamAllowanceView',
            container: 'special-allowance-container',
            template: 'course_grouped_allowances.underscore',
            data: ['/api/edx_proctoring/v1/proctored_exam/a/b/c/grouped/allowance']
        },
        {
            view: 'ProctoredExamOnboardingView',
            container: 'student-onboarding-status-container',
            template: 'student-onboarding-status.underscore',
            data: ['/api/edx_proctoring/v1/user_onboarding/status/course_id/a/b/c']
        },
        {
            view: 'ProctoredExamAttemptView',
            container: 'student-proctored-exam-container',
            template: 'student-proctored-exam-attempts-grouped.underscore',
            data: ['/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/a/b/c']
        },
        {
            view: 'ProctoredExamDashboardView',
            container: 'student-review-dashboard-container',
            template: 'dashboard.underscore',
            data: []
        }
    ].forEach(function(example) {
        /** What the view requests at construction, on a page with this markup. */
        function requested(markup, sectionClass) {
            const address = '/static/proctoring/templates/' + example.template;
            setFixtures('<section class="' + (sectionClass || '') + '"><div id="proctoring-accordion">' + markup + '</div></section>');
            panel.server.respondWith('GET', address, [200, {'Content-Type': 'text/html'}, '<p></p>']);
            new edx.instructor_dashboard.proctoring[example.view]($('section'));
            panel.server.respond();
            return _.pluck(panel.server.requests, 'url');
        }

        // @contract staff-tab#creation staff-tab#containers
        it('fetches template, then data when it is created: ' + example.view, function() {
            expect(requested('<div class="' + example.container + '" data-course-id="a/b/c"></div>'))
                .toEqual(['/static/proctoring/templates/' + example.template].concat(example.data));
        });

        if (example.data.length) {
            describe('in a browser that tells what is seen, ' + example.view, function() {
                let observers;

                beforeEach(function() {
                    observers = [];
                    window.IntersectionObserver = function(callback) {
                        this.observe = (element) => observers.push({callback: callback, element: element});
                        this.disconnect = jasmine.createSpy('disconnect');
                    };
                });

                afterEach(function() {
                    delete window.IntersectionObserver;
                    delete edx.instructor_dashboard.proctoring.deskIsOpening;
                });

                function create() {
                    const urls = requested('<div class="' + example.container + '" data-course-id="a/b/c"></div>', 'idash-section');
                    // jsdom has no layout.
                    observers[0].element.getClientRects = () => (observers[0].element.hidden ? [] : [{}]);
                    return urls;
                }

                function tell(isIntersecting) {
                    observers[0].callback([{isIntersecting: isIntersecting}]);
                    panel.server.respond();
                    return _.pluck(panel.server.requests, 'url');
                }

                // @contract staff-tab#shown
                it('loads when it is shown, once', function() {
                    expect(create()).toEqual([]);
                    expect(tell(false)).toEqual([]);
                    expect(tell(true).slice(1)).toEqual(example.data);
                    expect(tell(true).slice(1)).toEqual(example.data);
                });

                // @contract staff-tab#shown
                it('waits for the exam desk, which may close it', function() {
                    const desk = $.Deferred();
                    edx.instructor_dashboard.proctoring.deskIsOpening = desk;
                    create();
                    expect(tell(true)).toEqual([]);
                    observers[0].element.hidden = true;
                    desk.resolve();
                    expect(tell(false)).toEqual([]);
                    observers[0].element.hidden = false;
                    expect(tell(true).slice(1)).toEqual(example.data);
                });

                // @contract staff-tab#shown
                it('waits for the exam desk ten seconds at most', function() {
                    jasmine.clock().install();
                    edx.instructor_dashboard.proctoring.deskIsOpening = $.Deferred();
                    create();
                    tell(true);
                    jasmine.clock().tick(9000);
                    // It was scrolled out and in again.
                    tell(false);
                    expect(tell(true)).toEqual([]);
                    observers[0].element.hidden = true;
                    jasmine.clock().tick(1000);
                    expect(tell(false)).toEqual([]);
                    observers[0].element.hidden = false;
                    expect(tell(true).slice(1)).toEqual(example.data);
                    jasmine.clock().uninstall();
                });

                // @contract staff-tab#shown
                it('loads by itself when the exam desk takes too long', function() {
                    jasmine.clock().install();
                    edx.instructor_dashboard.proctoring.deskIsOpening = $.Deferred();
                    create();
                    expect(tell(true)).toEqual([]);
                    jasmine.clock().tick(10000);
                    panel.server.respond();
                    expect(_.pluck(panel.server.requests, 'url').slice(1)).toEqual(example.data);
                    jasmine.clock().uninstall();
                });

                // @contract staff-tab#shown
                it('loads when the exam desk does not come', function() {
                    const desk = $.Deferred();
                    edx.instructor_dashboard.proctoring.deskIsOpening = desk;
                    create();
                    tell(true);
                    desk.reject();
                    panel.server.respond();
                    expect(_.pluck(panel.server.requests, 'url').slice(1)).toEqual(example.data);
                });
            });
        }

        // @contract staff-tab#containers
        it('sends nothing without its container: ' + example.view, function() {
            expect(requested('<div class="other" data-course-id="a/b/c"></div>')).toEqual([]);
        });
    });
});
