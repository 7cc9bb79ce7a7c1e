describe('ProctoredExamAttemptView', function() {
    'use strict';

    var TEMPLATE_URL = '/static/proctoring/templates/student-proctored-exam-attempts-grouped.underscore';
    var LIST_URL = '/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/a/b/c';
    var server;

    function attempt(facts) {
        return _.extend({
            id: 7,
            user: {id: 3, username: 'learner', email: 'learner@example.com'},
            proctored_exam: {id: 5, exam_name: 'Final exam', is_proctored: true, is_practice_exam: false},
            allowed_time_limit_mins: 90,
            started_at: null,
            completed_at: null,
            status: 'submitted',
            is_resumable: false,
            ready_to_resume: false,
            resumed: false
        }, facts);
    }

    function row(facts, others) {
        var newest = attempt(facts);
        return _.extend({}, newest, {all_attempts: [newest].concat(others || [])});
    }

    function answer(rows, pages) {
        return {
            proctored_exam_attempts: rows,
            pagination_info: _.extend({current_page: 1, total_pages: 1, has_next: false, has_previous: false}, pages),
            attempt_url: LIST_URL
        };
    }

    function serve(method, url, status, body) {
        server.respondWith(method, url, [
            status, {'Content-Type': 'application/json'}, _.isString(body) ? body : JSON.stringify(body)
        ]);
    }

    /** A panel that shows these rows. */
    function open(rows, pages) {
        var view;
        setFixtures('<div class="student-proctored-exam-container" data-course-id="a/b/c"></div>');
        server.respondWith('GET', TEMPLATE_URL, [
            200, {'Content-Type': 'text/html'}, templateSource('student-proctored-exam-attempts-grouped.underscore')
        ]);
        serve('GET', LIST_URL, 200, answer(rows, pages));
        view = new edx.instructor_dashboard.proctoring.ProctoredExamAttemptView();
        server.respond();
        server.respond();
        return view;
    }

    function last() {
        return server.requests[server.requests.length - 1];
    }

    function statuses(view) {
        return view.$('tr.allowance-items').map(function() { return $.trim($(this).find('td').eq(7).text()); }).get();
    }

    beforeEach(function() {
        server = sinon.fakeServer.create();
    });

    afterEach(function() {
        server.restore();
    });

    it('asks for nothing on a page without the panel', function() {
        setFixtures('');
        new edx.instructor_dashboard.proctoring.ProctoredExamAttemptView();
        expect(server.requests.length).toBe(0);
    });

    it('shows who took which exam with what result', function() {
        var view = open([row({status: 'verified'})]);
        expect(view.$('tr.allowance-items').text()).toContain(' learner ');
        expect(view.$('tr.allowance-items').text()).toContain('Final exam');
        expect(view.$('tr.allowance-items').text()).toContain('Proctored');
        expect(statuses(view)).toEqual(['Verified']);
    });

    it('shows --- where there is no date', function() {
        var view = open([row({started_at: '2026-03-01T10:00:00Z', completed_at: null})]);
        expect($.trim(view.$('tr.allowance-items td').eq(5).text())).toContain('2026');
        expect($.trim(view.$('tr.allowance-items td').eq(6).text())).toBe('---');
    });

    it('shows an unknown status as it is', function() {
        expect(statuses(open([row({status: 'resumed'})]))).toEqual(['resumed']);
    });

    it('shows names as text, whatever is in them', function() {
        var exam = {id: 5, exam_name: '<img src=x>', is_proctored: true, is_practice_exam: false};
        var view = open([row({user: {id: 3, username: '<b>x</b>'}, proctored_exam: exam})]);
        expect(view.$('b, img').length).toBe(0);
        expect(view.$('tr.allowance-items').text()).toContain('<b>x</b>');
    });

    it('accepts the answer as a list of one, too', function() {
        var view = open([]);
        serve('GET', LIST_URL, 200, [answer([row({status: 'error'})])]);
        view.loadData();
        server.respond();
        expect(statuses(view)).toEqual(['Error']);
    });

    it('says so when there is no attempt', function() {
        expect(open([]).$('.no-attempts-data').text()).toContain('No student has attempted');
    });

    it('groups several attempts under a head row without status', function() {
        var resumed = attempt({id: 6, status: 'resumed', ready_to_resume: true, resumed: true});
        var view = open([row({status: 'error', is_resumable: true, ready_to_resume: true}, [resumed])]);
        expect(statuses(view)).toEqual(['', 'Error', 'resumed']);
        expect(view.$('tr.allowance-items').eq(0).find('.action-more').length).toBe(1);
        expect(view.$('.accordion-panel .action-more').length).toBe(0);
        expect(view.$('.fa-check-circle').closest('tr').index()).toBe(0);
        expect(view.$('.accordion-panel .fa-check-circle').length).toBe(1);
    });

    it('opens and closes the group', function() {
        var view = open([row({status: 'error'}, [attempt({id: 6})])]);
        var $panel = $('#7_contents');
        expect($panel.hasClass('is-hidden')).toBe(true);
        view.$('.accordion-trigger').trigger('click');
        expect($panel.hasClass('is-hidden')).toBe(false);
        expect(view.$('.accordion-trigger').attr('aria-expanded')).toBe('true');
        expect(view.$('.fa-chevron-right').hasClass('fa-rotate-90')).toBe(true);
        view.$('.accordion-trigger').trigger('click');
        expect($panel.hasClass('is-hidden')).toBe(true);
    });

    it('keeps a group open when the list is drawn again', function() {
        var view = open([row({status: 'error'}, [attempt({id: 6})])]);
        view.$('.accordion-trigger').trigger('click');
        view.loadData();
        server.respond();
        expect($('#7_contents').hasClass('is-hidden')).toBe(false);
    });

    describe('searching', function() {
        it('asks the server, with the text encoded', function() {
            var view = open([row()]);
            view.$('#search_attempt_id').val('a b/c?');
            view.$('.search-attempts > span.search').trigger('click');
            expect(last().url).toBe(LIST_URL + '/search/a%20b%2Fc%3F');
        });

        it('shows that it is at work until the answer comes', function() {
            var view = open([row()]);
            serve('GET', LIST_URL + '/search/nobody', 200, answer([]));
            view.$('#search_attempt_id').val('nobody');
            view.$('.search-attempts > span.search').trigger('click');
            expect(view.$('#attempt-search-indicator').hasClass('hidden')).toBe(true);
            expect(view.$('#attempt-loading-indicator').hasClass('hidden')).toBe(false);
            server.respond();
            expect(view.$('#attempt-search-indicator').hasClass('hidden')).toBe(false);
            expect(view.$('tr.allowance-items').length).toBe(0);
        });

        it('starts with the Enter key', function() {
            var view = open([row()]);
            view.$('#search_attempt_id').val('learner').trigger($.Event('keydown', {key: 'Enter', which: 13}));
            expect(last().url).toBe(LIST_URL + '/search/learner');
        });

        it('asks nothing for an empty text', function() {
            var view = open([row()]);
            var asked = server.requests.length;
            view.$('#search_attempt_id').val('  ');
            view.$('.search-attempts > span.search').trigger('click');
            expect(server.requests.length).toBe(asked);
        });

        it('comes back to the whole list', function() {
            var view = open([row()]);
            serve('GET', LIST_URL + '/search/nobody', 200, answer([]));
            view.$('#search_attempt_id').val('nobody');
            view.search();
            server.respond();
            view.$('.search-attempts > span.clear-search').trigger('click');
            server.respond();
            expect(view.$('tr.allowance-items').length).toBe(1);
        });

        it('ignores the answer to an older question', function() {
            var view = open([row()]);
            view.loadData(LIST_URL + '/search/first');
            view.loadData(LIST_URL + '/search/second');
            expect(server.requests[server.requests.length - 2].aborted).toBe(true);
            expect(view.$('.js-panel-message').text()).toBe('');
        });
    });

    it('turns the pages', function() {
        var view = open([row()], {current_page: 4, total_pages: 9, has_next: true, has_previous: true});
        var pages = view.$('.pagination .target-link').map(function() { return $(this).text(); }).get();
        expect(pages).toEqual(['«', '2', '3', '4', '5', '6', '»']);
        expect(view.$('[aria-current="page"]').text()).toBe('4');
        view.$('.pagination .target-link').last().trigger('click');
        expect(last().url).toBe(LIST_URL + '?page=5');
    });

    describe('resetting', function() {
        var RESET_URL = '/api/edx_proctoring/v1/proctored_exam/exam_id/5/user_id/3/reset_attempts';

        it('does nothing without a yes', function() {
            var view = open([row()]);
            var asked = server.requests.length;
            spyOn(window, 'confirm').and.returnValue(false);
            view.$('.remove-attempt').trigger('click');
            expect(server.requests.length).toBe(asked);
        });

        it('removes the attempts, and the row goes', function() {
            var view = open([row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            serve('DELETE', RESET_URL, 200, '');
            serve('GET', LIST_URL, 200, answer([]));
            view.$('.remove-attempt').trigger('click');
            expect(last().method).toBe('DELETE');
            server.respond();
            server.respond();
            expect(view.$('tr.allowance-items').length).toBe(0);
            expect(view.$('.js-panel-message').text()).toContain('removed');
        });

        it('keeps the row and says why when the provider refuses', function() {
            var view = open([row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            serve('DELETE', RESET_URL, 502, {detail: 'The provider is temporarily unavailable.'});
            view.$('.remove-attempt').trigger('click');
            server.respond();
            expect(view.$('.js-panel-message').text()).toContain('temporarily unavailable');
            expect(view.$('tr.allowance-items').length).toBe(1);
            expect(document.body.style.cursor).toBe('auto');
        });

        it('can be tried again after a failure without being asked again', function() {
            var view = open([row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            serve('DELETE', RESET_URL, 502, {detail: 'down'});
            view.$('.remove-attempt').trigger('click');
            server.respond();
            serve('DELETE', RESET_URL, 200, '');
            serve('GET', LIST_URL, 200, answer([]));
            view.$('.js-panel-retry').trigger('click');
            server.respond();
            server.respond();
            expect(view.$('tr.allowance-items').length).toBe(0);
            expect(window.confirm.calls.count()).toBe(1);
        });
    });

    describe('resuming', function() {
        function openResumable() {
            return open([row({status: 'error', is_resumable: true})]);
        }

        it('offers resume, then reset, behind the gear', function() {
            var view = openResumable();
            var $menu = view.$('.actions-dropdown');
            view.$('button.action-more').trigger('click');
            expect($menu.hasClass('is-visible')).toBe(true);
            expect($menu.find('.action').eq(0).hasClass('resume-attempt')).toBe(true);
            expect($menu.find('.action').eq(1).hasClass('remove-attempt')).toBe(true);
        });

        it('has no gear for practice exams', function() {
            var exam = {id: 5, exam_name: 'Practice', is_proctored: true, is_practice_exam: true};
            var view = open([row({status: 'error', is_resumable: true, proctored_exam: exam})]);
            expect(view.$('button.action, .actions-dropdown').length).toBe(0);
        });

        it('has no gear for attempts that cannot be resumed', function() {
            expect(open([row()]).$('button.action, .actions-dropdown').length).toBe(0);
        });

        it('lets the learner resume after a yes', function() {
            var view = openResumable();
            spyOn(window, 'confirm').and.returnValue(true);
            serve('PUT', '/api/edx_proctoring/v1/proctored_exam/attempt/7', 200, {exam_attempt_id: 7});
            serve('GET', LIST_URL, 200, answer([row({status: 'error', ready_to_resume: true})]));
            view.$('button.action-more').trigger('click');
            view.$('.resume-attempt').trigger('click');
            expect(window.confirm).toHaveBeenCalledWith('Are you sure you want to resume this student\'s exam attempt?');
            expect(last().requestBody).toBe('action=mark_ready_to_resume&user_id=3');
            server.respond();
            server.respond();
            expect(view.$('.fa-check-circle').length).toBe(1);
            expect(view.$('.actions-dropdown.is-visible').length).toBe(0);
        });
    });

    it('leaves the focus in the row after an action', function() {
        var view = open([row({status: 'error', is_resumable: true})]);
        spyOn(window, 'confirm').and.returnValue(true);
        serve('PUT', '/api/edx_proctoring/v1/proctored_exam/attempt/7', 200, '');
        serve('GET', LIST_URL, 200, answer([row({status: 'error', ready_to_resume: true})]));
        view.$('.resume-attempt').trigger('click');
        server.respond();
        server.respond();
        expect($(document.activeElement).hasClass('remove-attempt')).toBe(true);
    });

    it('leaves the focus in the panel when the row is gone', function() {
        var view = open([row()]);
        spyOn(window, 'confirm').and.returnValue(true);
        serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/exam_id/5/user_id/3/reset_attempts', 200, '');
        serve('GET', LIST_URL, 200, answer([]));
        view.$('.remove-attempt').trigger('click');
        server.respond();
        server.respond();
        expect($(document.activeElement).hasClass('js-panel-content')).toBe(true);
    });

    it('sends the CSRF token with a change', function() {
        var view = open([row()]);
        document.cookie = 'csrftoken=a%2Fb';
        spyOn(window, 'confirm').and.returnValue(true);
        view.$('.remove-attempt').trigger('click');
        expect(last().requestHeaders['X-CSRFToken']).toBe('a/b');
    });

    it('offers to try again when the list does not come', function() {
        var view = open([row()]);
        serve('GET', LIST_URL, 500, 'broken');
        view.loadData();
        server.respond();
        expect(view.$('.js-panel-message').text()).toContain('did not answer as expected');
        serve('GET', LIST_URL, 200, answer([row()]));
        view.$('.js-panel-retry').trigger('click');
        server.respond();
        expect(view.$('.js-panel-message').text()).toBe('');
    });
});
