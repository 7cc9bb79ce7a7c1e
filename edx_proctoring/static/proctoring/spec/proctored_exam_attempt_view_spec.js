describe('ProctoredExamAttemptView', function() {
    'use strict';

    const panel = useAttemptsPanel();

    function statuses(view) {
        return view.$('tr.allowance-items').map(function() { return $.trim($(this).find('td').eq(7).text()); }).get();
    }

    // @contract staff-tab#containers
    it('sends no request on a page without the panel', function() {
        setFixtures('');
        new edx.instructor_dashboard.proctoring.ProctoredExamAttemptView();
        expect(panel.server.requests.length).toBe(0);
    });

    // @contract staff-tab#attempts
    it('shows learner, exam, type and status of an attempt', function() {
        const view = panel.open([panel.row({status: 'verified'})]);
        expect(view.$('tr.allowance-items').text()).toContain(' learner ');
        expect(view.$('tr.allowance-items').text()).toContain('Final exam');
        expect(view.$('tr.allowance-items').text()).toContain('Proctored');
        expect(statuses(view)).toEqual(['Verified']);
    });

    // @contract staff-tab#attempts
    it('shows --- for a missing date', function() {
        const view = panel.open([panel.row({started_at: '2026-03-01T10:00:00Z', completed_at: null})]);
        expect($.trim(view.$('tr.allowance-items td').eq(5).text())).toContain('2026');
        expect($.trim(view.$('tr.allowance-items td').eq(6).text())).toBe('---');
    });

    // @contract staff-tab#attempts
    it('shows an unknown status unchanged', function() {
        expect(statuses(panel.open([panel.row({status: 'resumed'})]))).toEqual(['resumed']);
    });

    // @contract staff-tab#attempts
    it('draws a template of a theme with the variables of the contract', function() {
        const view = panel.open([panel.row({id: 7}), panel.row({id: 8})]);
        let variables;
        view.template = function(data) {
            variables = data;
            return '';
        };
        view.render();
        expect(Object.keys(variables).sort()).toEqual([
            'attempt_url', 'end_page', 'getDateFormat', 'getExamAttemptStatus', 'inSearchMode', 'pagination_info',
            'proctored_exam_attempts', 'searchText', 'start_page'
        ]);
        expect(_.pluck(variables.proctored_exam_attempts, 'row_class')).toEqual(['even', 'odd']);
        expect(_.pluck(variables.proctored_exam_attempts, 'exam_attempt_type')).toEqual(['Proctored', 'Proctored']);
        expect(_.pluck(variables.proctored_exam_attempts, 'id')).toEqual([7, 8]);
        expect(variables.getDateFormat(null)).toBe('---');
        expect(variables.getExamAttemptStatus('ready_to_start')).toBe('Ready to start');
    });

    it('shows markup in names as text', function() {
        const exam = {id: 5, exam_name: '<img src=x>', is_proctored: true, is_practice_exam: false};
        const view = panel.open([panel.row({user: {id: 3, username: '<b>x</b>'}, proctored_exam: exam})]);
        expect(view.$('b, img').length).toBe(0);
        expect(view.$('tr.allowance-items').text()).toContain('<b>x</b>');
    });

    // @contract staff-tab#models
    it('accepts the response as a list of one element', function() {
        const view = panel.open([]);
        panel.serve('GET', panel.LIST_URL, 200, [panel.list([panel.row({status: 'error'})])]);
        view.loadData();
        panel.server.respond();
        expect(statuses(view)).toEqual(['Error']);
    });

    it('says that there is no attempt when the list is empty', function() {
        expect(panel.open([]).$('.no-attempts-data').text()).toContain('No student has attempted');
    });

    // @contract staff-tab#attempts
    it('groups several attempts under a row without a status', function() {
        const resumed = panel.attempt({id: 6, status: 'resumed', ready_to_resume: true, resumed: true});
        const view = panel.open([panel.row({status: 'error', is_resumable: true, ready_to_resume: true}, [resumed])]);
        expect(statuses(view)).toEqual(['', 'Error', 'resumed']);
        expect(view.$('tr.allowance-items').eq(0).find('.action-more').length).toBe(1);
        expect(view.$('.accordion-panel .action-more').length).toBe(0);
        expect(view.$('.fa-check-circle').closest('tr').index()).toBe(0);
        expect(view.$('.accordion-panel .fa-check-circle').length).toBe(1);
    });

    describe('an attempt that broke off', function() {
        const broken = {
            status: 'error', error_reported_at: '2026-03-01T10:00:00Z', seconds_left_at_error: 2832,
            started_at: '2026-03-01T09:00:00Z'
        };

        function reports(view) {
            return view.$('.attempt-error-report').map(function() { return $(this).text(); }).get();
        }

        // @contract staff-tab#error-report
        it('says when the error was reported and how much time was left', function() {
            const [report] = reports(panel.open([panel.row(broken)]));
            expect(report).toMatch(/^Error reported: .*2026.*\. Time left: 0:47:12 \(hours:minutes:seconds\)$/);
        });

        // @contract staff-tab#error-report
        it('says so in its own row where there are several', function() {
            const view = panel.open([panel.row({status: 'submitted'}, [panel.attempt({id: 6, ...broken})])]);
            expect(reports(view).length).toBe(1);
            expect(view.$('.accordion-panel tr').eq(1).find('.attempt-error-report').length).toBe(1);
        });

        // @contract staff-tab#error-report
        it('leaves out what the server does not know', function() {
            const [report] = reports(panel.open([panel.row({...broken, seconds_left_at_error: null})]));
            expect(report).toMatch(/^Error reported: .*2026/);
            expect(report).not.toContain('Time left');
            expect(reports(panel.open([panel.row({...broken, error_reported_at: null})]))).toEqual([]);
        });

        // @contract staff-tab#error-report
        it('says nothing of others', function() {
            expect(reports(panel.open([panel.row({...broken, status: 'submitted'})]))).toEqual([]);
        });
    });

    describe('the search', function() {
        it('sends the encoded text to the server', function() {
            const view = panel.open([panel.row()]);
            view.$('#search_attempt_id').val('a b/c?');
            view.$('.search-attempts > span.search').trigger('click');
            expect(panel.lastRequest().url).toBe(panel.LIST_URL + '/search/a%20b%2Fc%3F');
        });

        it('shows a spinner until the response arrives', function() {
            const view = panel.open([panel.row()]);
            panel.serve('GET', panel.LIST_URL + '/search/nobody', 200, panel.list([]));
            view.$('#search_attempt_id').val('nobody');
            view.$('.search-attempts > span.search').trigger('click');
            expect(view.$('#attempt-search-indicator').hasClass('hidden')).toBe(true);
            expect(view.$('#attempt-loading-indicator').hasClass('hidden')).toBe(false);
            panel.server.respond();
            expect(view.$('#attempt-search-indicator').hasClass('hidden')).toBe(false);
            expect(view.$('tr.allowance-items').length).toBe(0);
        });

        it('starts on Enter', function() {
            const view = panel.open([panel.row()]);
            view.$('#search_attempt_id').val('learner').trigger($.Event('keydown', {key: 'Enter', which: 13}));
            expect(panel.lastRequest().url).toBe(panel.LIST_URL + '/search/learner');
        });

        it('sends no request for an empty text', function() {
            const view = panel.open([panel.row()]);
            const sent = panel.server.requests.length;
            view.$('#search_attempt_id').val('  ');
            view.$('.search-attempts > span.search').trigger('click');
            expect(panel.server.requests.length).toBe(sent);
        });

        it('returns to the whole list when it is cleared', function() {
            const view = panel.open([panel.row()]);
            panel.serve('GET', panel.LIST_URL + '/search/nobody', 200, panel.list([]));
            view.$('#search_attempt_id').val('nobody');
            view.search();
            panel.server.respond();
            view.$('.search-attempts > span.clear-search').trigger('click');
            panel.server.respond();
            expect(view.$('tr.allowance-items').length).toBe(1);
        });
    });

    it('links to the pages around the current one', function() {
        const view = panel.open([panel.row()], {current_page: 4, total_pages: 9, has_next: true, has_previous: true});
        const pages = view.$('.pagination .target-link').map(function() { return $(this).text(); }).get();
        expect(pages).toEqual(['«', '2', '3', '4', '5', '6', '»']);
        expect(view.$('[aria-current="page"]').text()).toBe('4');
        view.$('.pagination .target-link').last().trigger('click');
        expect(panel.lastRequest().url).toBe(panel.LIST_URL + '?page=5');
    });

    describe('a reset', function() {
        const RESET_URL = '/api/edx_proctoring/v1/proctored_exam/exam_id/5/user_id/3/reset_attempts';

        // @contract staff-tab#attempt-actions
        it('does nothing without a confirmation', function() {
            const view = panel.open([panel.row()]);
            const sent = panel.server.requests.length;
            spyOn(window, 'confirm').and.returnValue(false);
            view.$('.remove-attempt').trigger('click');
            expect(panel.server.requests.length).toBe(sent);
        });

        it('removes the attempts and their row', function() {
            const view = panel.open([panel.row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            panel.serve('DELETE', RESET_URL, 200, '');
            panel.serve('GET', panel.LIST_URL, 200, panel.list([]));
            view.$('.remove-attempt').trigger('click');
            expect(panel.lastRequest().method).toBe('DELETE');
            panel.respond();
            expect(view.$('tr.allowance-items').length).toBe(0);
            expect(view.$('.js-panel-message').text()).toContain('removed');
        });

        // @contract staff-tab#attempt-actions
        it('keeps the row and shows the reason when the provider is down', function() {
            const view = panel.open([panel.row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            panel.serve('DELETE', RESET_URL, 502, {detail: 'The provider is temporarily unavailable.'});
            view.$('.remove-attempt').trigger('click');
            panel.server.respond();
            expect(view.$('.js-panel-message').text()).toContain('temporarily unavailable');
            expect(view.$('tr.allowance-items').length).toBe(1);
            expect(document.body.style.cursor).toBe('auto');
        });

        it('can be tried again after a failure without another confirmation', function() {
            const view = panel.open([panel.row()]);
            spyOn(window, 'confirm').and.returnValue(true);
            panel.serve('DELETE', RESET_URL, 502, {detail: 'down'});
            view.$('.remove-attempt').trigger('click');
            panel.server.respond();
            panel.serve('DELETE', RESET_URL, 200, '');
            panel.serve('GET', panel.LIST_URL, 200, panel.list([]));
            view.$('.js-panel-retry').trigger('click');
            panel.respond();
            expect(view.$('tr.allowance-items').length).toBe(0);
            expect(window.confirm.calls.count()).toBe(1);
        });
    });

    describe('a resumption', function() {
        function openResumable() {
            return panel.open([panel.row({status: 'error', is_resumable: true})]);
        }

        // @contract staff-tab#attempt-actions
        it('keeps the row and shows the reason when it is refused', function() {
            const view = openResumable();
            spyOn(window, 'confirm').and.returnValue(true);
            panel.serve('PUT', '/api/edx_proctoring/v1/proctored_exam/attempt/7', 403, {detail: 'Must be staff.'});
            view.$('.resume-attempt').trigger('click');
            panel.server.respond();
            expect(view.$('.js-panel-message').text()).toContain('Must be staff.');
            expect(view.$('tr.allowance-items').length).toBe(1);
        });

        it('offers resume, then reset, in the menu behind the gear', function() {
            const view = openResumable();
            const $menu = view.$('.actions-dropdown');
            view.$('button.action-more').trigger('click');
            expect($menu.hasClass('is-visible')).toBe(true);
            expect($menu.find('.action').eq(0).hasClass('resume-attempt')).toBe(true);
            expect($menu.find('.action').eq(1).hasClass('remove-attempt')).toBe(true);
        });

        it('is not offered for practice exams', function() {
            const exam = {id: 5, exam_name: 'Practice', is_proctored: true, is_practice_exam: true};
            const view = panel.open([panel.row({status: 'error', is_resumable: true, proctored_exam: exam})]);
            expect(view.$('button.action, .actions-dropdown').length).toBe(0);
        });

        it('is not offered for attempts that cannot be resumed', function() {
            expect(panel.open([panel.row()]).$('button.action, .actions-dropdown').length).toBe(0);
        });

        // @contract staff-tab#attempt-actions
        it('lets the learner resume after a confirmation', function() {
            const view = openResumable();
            spyOn(window, 'confirm').and.returnValue(true);
            panel.serve('PUT', '/api/edx_proctoring/v1/proctored_exam/attempt/7', 200, {exam_attempt_id: 7});
            panel.serve('GET', panel.LIST_URL, 200, panel.list([panel.row({status: 'error', ready_to_resume: true})]));
            view.$('button.action-more').trigger('click');
            view.$('.resume-attempt').trigger('click');
            expect(window.confirm).toHaveBeenCalledWith('Are you sure you want to resume this student\'s exam attempt?');
            expect(panel.lastRequest().requestBody).toBe('action=mark_ready_to_resume&user_id=3');
            panel.respond();
            expect(view.$('.fa-check-circle').length).toBe(1);
            expect(view.$('.actions-dropdown.is-visible').length).toBe(0);
        });
    });
});
