describe('Orders for many on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const BULK = 'courses/' + page.COURSE + '/attempts/bulk';
    let view;

    function job(more) {
        return {
            code: 'abc', kind: 'reset', course_id: page.COURSE, exam_id: null, state: 'done', dry_run: false, reason: 'r', parameters: {},
            created_at: '2026-03-01T14:00:00Z', created_by: null, finished_at: null, total: 3, done: 3, skipped: 0, failed: 0, rows_url: '/rows',
            ...more
        };
    }

    function bodies() {
        return page.requests(BULK, 'POST').map((request) => JSON.parse(request.requestBody));
    }

    function open(rows, more, search) {
        page.serveAttempts(rows, more);
        view = page.open(search);
    }

    function select(...ids) {
        ids.forEach((id) => view.$('tr[data-key="' + id + '"] .js-select').prop('checked', true).trigger('change'));
    }

    function press(label) {
        view.$('button').filter(function() { return $(this).text().trim() === label && !$(this).closest('[hidden]').length; }).last().trigger('click');
        page.respond();
    }

    function confirm(values) {
        _.each(values, (value, name) => page.type(view.$('dialog [name="' + name + '"]'), value));
        view.$('dialog form').trigger('submit');
        page.respond();
    }

    // @contract staff-desk#jobs
    it('are about the selected rows, and begin with a dry run', function() {
        open([page.attempt(1), page.attempt(2), page.attempt(3)]);
        expect(view.$('.js-bulk-bar').prop('hidden')).toBe(true);
        select(1, 3);
        expect(view.$('.js-bulk-bar').text()).toContain('2 selected');
        expect(view.$('.js-select-page').prop('indeterminate')).toBe(true);
        page.serve('POST', BULK, 200, job({code: null, dry_run: true, done: 1, skipped: 1}));
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.respond();
        expect(view.$('dialog').text()).toContain('Reset 2 attempts');
        expect(view.$('dialog').text()).toContain('cannot be undone');
        expect(view.$('.js-preview').text()).toBe('What would happen now: 1 done, 1 skipped, 0 failed.');
        page.serve('POST', BULK, 200, job({total: 2, done: 1, skipped: 1}));
        page.serveAttempts([page.attempt(2)]);
        confirm({reason: 'fire'});
        expect(bodies().map((body) => body.dry_run)).toEqual([true, false]);
        expect(bodies()[1]).toEqual({action: 'reset', attempt_ids: [1, 3], reason: 'fire', dry_run: false});
        expect(view.$('dialog').text()).toContain('1 done, 1 skipped, 0 failed');
        press('Close');
        expect(view.$('dialog').length).toBe(0);
        expect(view.$('tbody tr').length).toBe(1);
        expect(view.$('.js-bulk-bar').prop('hidden')).toBe(true);
    });

    // @contract staff-desk#jobs
    it('are about all that match, with the number that was seen', function() {
        open([page.attempt(1), page.attempt(2)], {count: 812, num_pages: 406}, '?pd.status=error');
        view.$('.js-select-page').prop('checked', true).trigger('change');
        view.$('.js-select-all').trigger('click');
        expect(view.$('.js-bulk-bar').text()).toContain('812 selected');
        page.serve('POST', BULK, 409, page.problem(409, 'selection_changed', {errors: [{field: '', message: '', count: 810}]}));
        view.$('.js-bulk[data-action="resume"]').trigger('click');
        page.server.respond();
        expect(bodies()[0]).toEqual({action: 'resume', filter: {status: 'error'}, expected_count: 812, reason: '-', dry_run: true});
        page.serve('POST', BULK, 200, job({code: null, total: 810, done: 810}));
        page.respond();
        expect(view.$('dialog .js-refusal').text()).toMatch(/Now 810 attempts match/);
        expect(bodies()[1].expected_count).toBe(810);
        expect(view.$('.js-preview').text()).toContain('810 done');
    });

    // @contract staff-desk#jobs
    it('ask for the number where much would be lost', function() {
        open(_.map(_.range(1, 26), (id) => page.attempt(id)));
        view.$('.js-select-page').prop('checked', true).trigger('change');
        page.serve('POST', BULK, 200, job());
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.respond();
        confirm({reason: 'fire', typed: '24'});
        expect(view.$('.js-error[data-field="typed"]').text()).toMatch(/different number/);
        expect(bodies().length).toBe(1);
        confirm({typed: '25'});
        expect(bodies().length).toBe(2);
    });

    // @contract staff-desk#jobs
    it('show their progress until they are done', function() {
        open([page.attempt(1)]);
        select(1);
        page.serve('POST', BULK, 202, job({state: 'running', total: 300, done: 100}));
        page.serve('POST', 'jobs/abc/work', 202, job({state: 'running', total: 300, done: 200}));
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.server.respond();
        page.type(view.$('[name="reason"]'), 'fire');
        view.$('dialog form').trigger('submit');
        page.server.respond();
        expect(view.$('progress').attr('value')).toBe('100');
        expect(view.$('dialog').text()).toContain('You can leave this page');
        page.server.respond();
        expect(view.$('progress').attr('value')).toBe('200');
        jasmine.clock().tick(1500);
        expect(view.$('dialog > .js-status').text()).toContain('200 done');
        page.serve('POST', 'jobs/abc/work', 200, job({total: 300, done: 299, failed: 1}));
        page.serve('GET', 'jobs/abc/rows', 200, page.list([{
            position: 1, attempt_id: 9, user: {username: 'ann'}, status: 'failed', error: {code: 'provider_unavailable', detail: 'Try later.'}
        }]));
        page.respond();
        expect(view.$('dialog li').text()).toContain('ann');
        expect(view.$('dialog li').text()).toContain('Try later.');
        press('Try the failed ones again');
        expect(_.last(bodies()).attempt_ids).toEqual([9]);
    });

    it('go on when the connection is back, and can be stopped', function() {
        open([page.attempt(1)]);
        select(1);
        page.serve('POST', BULK, 202, job({state: 'running', total: 300, done: 100}));
        page.serve('POST', 'jobs/abc/work', 503, '');
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.respond();
        confirm({reason: 'fire'});
        expect(view.$('dialog [role="alert"]').text()).toMatch(/does not answer/);
        page.serve('POST', 'jobs/abc/stop', 200, job({state: 'stopped', total: 300, done: 100}));
        press('Stop');
        expect(view.$('dialog').text()).toContain('Changes already made are kept');
    });

    describe('while they are worked on', function() {
        function order(reply) {
            open([page.attempt(1), page.attempt(2)]);
            select(1);
            page.serve('POST', BULK, 202, job({state: 'running', total: 300, done: 100}));
            view.$('.js-bulk[data-action="reset"]').trigger('focus').trigger('click');
            page.server.respond();
            page.type(view.$('[name="reason"]'), 'fire');
            view.$('dialog form').trigger('submit');
            page.serve('POST', 'jobs/abc/work', 202, reply || job({state: 'running', total: 300, done: 200}));
            page.server.respond();
        }

        function spoken() {
            jasmine.clock().tick(1500);
            return view.$('dialog > .js-status').text();
        }

        // @contract staff-desk#jobs
        it('keep the focus', function() {
            order();
            view.$('.js-stop').trigger('focus');
            page.server.respond();
            expect(view.$('progress').attr('value')).toBe('200');
            expect(document.activeElement).toBe(view.$('.js-stop')[0]);
        });

        // @contract staff-desk#jobs
        it('are stopped once, whatever comes of the work that was under way, and say how it ended', function() {
            order();
            const work = page.requests('jobs/abc/work', 'POST').length;
            page.serve('POST', 'jobs/abc/stop', 200, job({state: 'stopped', total: 300, done: 150, failed: 1}));
            page.serve('GET', 'jobs/abc/rows', 200, page.list([{position: 1, attempt_id: 9, user: {username: 'ann'}, error: {code: 'x', detail: 'Try later.'}}], {count: 130}));
            view.$('.js-stop').trigger('focus').trigger('click').trigger('click');
            page.respond();
            expect(page.requests('jobs/abc/stop', 'POST').length).toBe(1);
            expect(page.requests('jobs/abc/work', 'POST').length).toBe(work);
            expect(view.$('dialog').text()).toContain('Changes already made are kept');
            expect(view.$('dialog li').text()).toContain('ann Try later.');
            expect(view.$('.js-more').text()).toBe('and 129 more');
            expect(view.$('.js-stop').prop('hidden')).toBe(true);
            expect(spoken()).toBe('Stopped: 150 done, 0 skipped, 1 failed.');
            expect(document.activeElement).toBe(view.$('dialog .js-title')[0]);
        });

        it('say why they could not be stopped, and go on', function() {
            order();
            page.serve('POST', 'jobs/abc/stop', 500, page.problem(500, 'internal_error'));
            page.serve('POST', 'jobs/abc/work', 200, job({total: 300, done: 300}));
            view.$('.js-stop').trigger('click');
            page.server.respond();
            expect(view.$('dialog .js-refusal').text()).toContain('Reason of internal_error');
        });

        // @contract staff-desk#jobs
        it('say how they ended, also to a person who has closed this', function() {
            order();
            page.serve('POST', 'jobs/abc/work', 200, job({total: 300, done: 300}));
            press('Close');
            page.respond();
            expect(view.$('dialog').length).toBe(0);
            expect(page.said()).toMatch(/Finished: 300 done|2 attempts/);
            expect(document.activeElement).toBe(view.$('.js-heading')[0]);
        });
    });

    // @contract staff-desk#jobs
    it('ask for the new number when another one matches by now', function() {
        open(_.map(_.range(1, 26), (id) => page.attempt(id)), {count: 812, num_pages: 33});
        view.$('.js-select-page').prop('checked', true).trigger('change');
        view.$('.js-select-all').trigger('click');
        page.serve('POST', BULK, 409, page.problem(409, 'selection_changed', {errors: [{field: 'expected_count', message: '', count: 810}]}));
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.server.respond();
        page.serve('POST', BULK, 200, job());
        page.respond();
        expect(view.$('dialog h2').text()).toBe('Reset 810 attempts');
        expect(view.$('dialog .js-label').last().text()).toBe('Type 810 to confirm');
        confirm({reason: 'fire', typed: '812'});
        expect(view.$('.js-error[data-field="typed"]').text()).toMatch(/different number/);
        confirm({typed: '810'});
        expect(_.last(bodies()).expected_count).toBe(810);
        expect(_.last(bodies()).dry_run).toBe(false);
    });

    // @contract staff-desk#jobs
    it('ask for the number when they have become many', function() {
        open(_.map(_.range(1, 11), (id) => page.attempt(id)), {count: 15, num_pages: 2});
        view.$('.js-select-page').prop('checked', true).trigger('change');
        view.$('.js-select-all').trigger('click');
        page.serve('POST', BULK, 200, job());
        view.$('.js-bulk[data-action="reset"]').trigger('click');
        page.respond();
        page.serve('POST', BULK, 409, page.problem(409, 'selection_changed', {errors: [{field: 'expected_count', message: '', count: 25}]}));
        confirm({reason: 'fire'});
        page.serve('POST', BULK, 200, job());
        page.respond();
        expect(view.$('dialog').length).toBe(1);
        expect(view.$('[name="reason"]').val()).toBe('fire');
        expect(view.$('dialog .js-label').last().text()).toBe('Type 25 to confirm');
    });

    describe('that a provider kept from being done', function() {
        function order(settings, code) {
            page.serveAttempts([page.attempt(1)]);
            view = page.open('', settings);
            select(1);
            page.serve('POST', BULK, 200, job({done: 0, failed: 2}));
            page.serve('GET', 'jobs/abc/rows', 200, page.list([
                {position: 0, attempt_id: 8, user: {username: 'ben'}, status: 'failed', error: {code: 'not_found', detail: 'Gone.'}},
                {position: 1, attempt_id: 9, user: {username: 'ann'}, status: 'failed', error: {code: code, detail: 'No answer.'}}
            ]));
            view.$('.js-bulk[data-action="reset"]').trigger('click');
            page.respond();
            confirm({reason: 'fire'});
        }

        // @contract staff-desk#without-provider
        it('can be reset here only, by global staff', function() {
            order({is_global_staff: true}, 'provider_unavailable');
            view.$('.js-force').trigger('click');
            page.respond();
            expect(view.$('dialog h2').text()).toBe('Reset 1 attempt here only');
            expect(view.$('dialog').text()).toContain('The provider is not asked');
            confirm({reason: 'provider is gone'});
            expect(_.last(bodies())).toEqual({action: 'reset', force_local: true, attempt_ids: [9], reason: 'provider is gone', dry_run: false});
        });

        [[{is_global_staff: false}, 'provider_unavailable'], [{is_global_staff: true}, 'not_resumable']].forEach(function([settings, code]) {
            // @contract staff-desk#without-provider
            it('are not offered that for ' + JSON.stringify([settings, code]), function() {
                order(settings, code);
                expect(view.$('.js-failed').prop('hidden')).toBe(false);
                expect(view.$('.js-force').prop('hidden')).toBe(true);
            });
        });
    });

    // @contract staff-desk#jobs
    it('name the one learner that they are about', function() {
        open([page.attempt(1, {actions: ['resume'], status: 'error', time_remaining_seconds: null})]);
        page.serve('POST', BULK, 200, job({total: 1, done: 1}));
        view.$('.js-menu').trigger('click');
        view.$('[role="menuitem"]').filter(function() { return $(this).text() === 'Let the learner resume'; }).trigger('click');
        page.respond();
        expect(view.$('dialog h2').text()).toBe('Let user1, Midterm resume');
        confirm({reason: 'power cut'});
        expect(bodies()[1]).toEqual({action: 'resume', attempt_ids: [1], reason: 'power cut', dry_run: false});
    });

    // @contract staff-desk#jobs
    it('lose the selection when the filters change, and say so', function() {
        open([page.attempt(1)]);
        select(1);
        view.$('[data-filter="needs_review"]').prop('checked', true).trigger('change');
        page.respond();
        expect(view.$('.js-bulk-bar').prop('hidden')).toBe(true);
        expect(view.$('.js-select').prop('checked')).toBe(false);
    });
});

describe('The jobs panel of the exam desk', function() {
    'use strict';

    const page = useDesk();

    function job(more) {
        return {
            code: 'abc', kind: 'reset', course_id: page.COURSE, exam_id: 3, state: 'done', dry_run: false, reason: '<b>fire</b>', parameters: {},
            created_at: '2026-03-01T14:00:00Z', created_by: {id: 1, username: 'stan'}, finished_at: null, total: 3, done: 2, skipped: 0, failed: 1,
            rows_url: '/rows', ...more
        };
    }

    // @contract staff-desk#jobs-panel
    it('says what was ordered, and what failed', function() {
        page.serve('GET', 'courses/' + page.COURSE + '/jobs', 200, page.list([job(), job({code: 'def', failed: 0})]));
        page.serve('GET', 'jobs/abc/rows', 200, page.list([{position: 1, attempt_id: 9, user: {username: 'ann'}, error: {code: 'x', detail: 'Try later.'}}]));
        const view = page.open('?pd=jobs&pd.exam=3');
        expect(page.asked('courses/' + page.COURSE + '/jobs')).toEqual({page_size: '25'});
        ['Reset', 'stan', 'Midterm', '<b>fire</b>', '2 done, 0 skipped, 1 failed', 'Finished'].forEach(function(text) {
            expect(view.$('tbody tr').first().text()).toContain(text);
        });
        expect(view.$('.js-menu').length).toBe(1);
        view.$('.js-menu').trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        page.respond();
        expect(view.$('dialog li').text()).toContain('Try later.');
        expect(view.$('dialog .js-retry').prop('hidden')).toBe(true);
    });

    // @contract staff-desk#jobs-panel
    it('goes on with a job that was left', function() {
        page.serve('GET', 'courses/' + page.COURSE + '/jobs', 200, page.list([job({state: 'running', failed: 0})]));
        page.serve('POST', 'jobs/abc/work', 200, job({done: 3, failed: 0}));
        const view = page.open('?pd=jobs');
        view.$('.js-menu').trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        page.respond();
        expect(view.$('dialog').text()).toContain('3 done, 0 skipped, 0 failed');
    });
});

describe('Reviews on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const LIST = 'courses/' + page.COURSE + '/reviews';
    const DECISION = 'attempts/1/review/decision';
    let view;

    function review(more) {
        return {
            review_status: 'Suspicious', is_passing: false, received_at: '2026-02-28T14:00:00Z', reviewed_by: null, attempt_id: 1,
            attempt_code: 'CODE-1', attempt_status: 'second_review_required', exam: {id: 3, name: 'Midterm', type: 'proctored'},
            user: page.attempt(1).user, is_decided: false, ...more
        };
    }

    function open(rows, settings) {
        page.serve('GET', LIST, 200, page.list(rows));
        page.serve('GET', 'attempts/1/review', 200, {...review(), comments: [{start: 0, stop: 1, duration: 1, status: 'Suspicious', comment: 'a phone'}], video_url: null});
        view = page.open('?pd=reviews', settings);
    }

    function item(label) {
        view.$('.js-menu').first().trigger('click');
        return view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; });
    }

    function decide(verdict) {
        view.$('[name="verdict"][value="' + verdict + '"]').prop('checked', true).trigger('change');
        page.type(view.$('[name="comment"]'), 'looked at it');
        view.$('dialog form').trigger('submit');
        page.respond();
    }

    // @contract staff-desk#reviews
    it('wait for a decision, which carries the status that was seen', function() {
        open([review()]);
        expect(view.$('tbody').text()).toContain('24 hours');
        expect(view.$('.js-panel-count[data-panel="reviews"]').text()).toBe('1');
        item('Decide').trigger('click');
        page.respond();
        expect(view.$('.js-preview').text()).toContain('a phone');
        page.serve('POST', DECISION, 200, {attempt_id: 1, status: 'verified', review: review()});
        page.serve('GET', LIST, 200, page.list([]));
        decide('verified');
        expect(JSON.parse(page.requests(DECISION, 'POST')[0].requestBody))
            .toEqual({verdict: 'verified', comment: 'looked at it', expected_status: 'second_review_required'});
        expect(view.$('.js-panel-count[data-panel="reviews"]').text()).toBe('');
        expect(page.said()).toMatch(/user1, Midterm: Verified|0 reviews/);
    });

    // @contract staff-desk#reviews
    it('are not decided when a colleague was faster, and nothing entered is lost', function() {
        open([review()]);
        item('Decide').trigger('click');
        page.respond();
        page.serve('POST', DECISION, 409, page.problem(409, 'conflict', {errors: [{field: 'expected_status', message: '', status: 'rejected'}]}));
        decide('verified');
        expect(view.$('dialog .js-refusal').text()).toMatch(/changed to: Rejected/);
        expect(view.$('[name="comment"]').val()).toBe('looked at it');
        page.serve('POST', DECISION, 200, {attempt_id: 1, status: 'verified', review: review()});
        view.$('dialog form').trigger('submit');
        page.respond();
        expect(JSON.parse(page.requests(DECISION, 'POST')[1].requestBody).expected_status).toBe('rejected');
    });

    it('need a verdict', function() {
        open([review()]);
        item('Decide').trigger('click');
        page.respond();
        view.$('dialog form').trigger('submit');
        expect(view.$('.js-error[data-field="verdict"]').text()).toBe('This field is required.');
        expect(page.requests(DECISION, 'POST').length).toBe(0);
    });

    // @contract staff-desk#reviews
    it('offer no decision to staff who may not decide', function() {
        open([review()], {features: {decide_reviews: false, onboarding: false}});
        expect(item('Decide').length).toBe(0);
    });

    it('of removed attempts and learners are still readable', function() {
        open([review({attempt_id: null, attempt_status: null, user: null})]);
        expect(view.$('tbody').text()).toContain('The attempt was removed');
        expect(view.$('.js-menu').length).toBe(0);
    });
});
