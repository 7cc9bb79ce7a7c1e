describe('Live on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    const BOARD = 'exams/3/board';
    const SECOND = 1000;
    let view;

    function learner(id, more) {
        return {
            attempt_id: id, user: {id: 40 + id, username: 'user' + id, email: 'user' + id + '@x.org', full_name: 'User ' + id},
            status: 'started', paused: false, started_at: '2026-03-01T13:10:00Z', expires_at: '2026-03-01T15:10:00Z',
            time_remaining_seconds: 4000, extended_minutes: 0, contact: 'here', last_contact_at: '2026-03-01T14:03:10Z',
            help: null, waiting: null, notes: 0, outage: false, error: null, actions: ['extend', 'end', 'reset'], ...more
        };
    }

    function board(rows, {counts, ...more} = {}) {
        return page.list(rows, {
            exam: {id: 3, name: 'Midterm', type: 'proctored', provider: {name: 'test', verbose_name: 'Test Proctoring'}, due_date: null, time_limit_minutes: 120},
            as_of: new Date(page.START).toISOString(), refresh_seconds: 15, measures: [], is_contact_known: true,
            counts: {
                by_status: {started: rows.length}, in_exam: rows.length, paused: 0, silent: 0, ending_soon: 0, help: 0, waiting: 0,
                errors: 0, to_review: 0, overdue_reviews: 0, effects_due: 0, effects_failed: 0, ...counts
            },
            ...more
        });
    }

    function serve(...args) {
        page.serve('GET', BOARD, 200, board(...args), {ETag: '"1"'});
    }

    function open(rows, more, search) {
        serve(rows, more);
        view = page.open('?pd=live&pd.exam=3' + (search || ''));
    }

    function left(index = 0) {
        return view.$('[data-kind="left"]').eq(index).text();
    }

    function choose(label) {
        view.$('.js-menu').first().trigger('click');
        view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; }).trigger('click');
        page.respond();
    }

    // @contract staff-desk#live
    it('asks for an exam first', function() {
        page.serve('GET', BOARD, 200, board([]));
        view = page.open('?pd=live');
        expect(page.requests(BOARD).length).toBe(0);
        expect(view.$('.js-choose').get().map((link) => link.textContent)).toEqual(['Midterm']);
        expect(view.$('.js-tool').length).toBe(0);
        view.$('.js-choose').trigger('click');
        page.respond();
        expect(page.store.get('exam')).toBe('3');
        expect(page.requests(BOARD).length).toBe(1);
        expect(view.$('.proctoring-desk__state').text()).toContain('appear here automatically');
    });

    // @contract staff-desk#live
    it('says who is where, and what needs a look', function() {
        open([
            learner(1, {error: 'Timeout: 5 s', notes: 2, outage: true}),
            learner(2, {status: 'submitted', expires_at: null, time_remaining_seconds: null, contact: 'unknown', last_contact_at: null})
        ], {counts: {overdue_reviews: 3, effects_failed: 1, effects_due: 2}});
        const first = view.$('tbody tr').eq(0).text();
        expect(first).toContain('without the provider');
        expect(first).toContain('Timeout: 5 s');
        expect(first).toContain('2 notes');
        expect(view.$('tbody tr').eq(1).find('[data-kind]').length).toBe(0);
        const notes = view.$('.proctoring-desk__notes').text();
        expect(notes).toContain('3 reviews are overdue');
        expect(notes).toContain('1 result could not be delivered');
        expect(notes).toContain('2 results are waiting to be delivered');
        expect(view.$('.js-board').text()).toContain('Midterm · Proctored · Test Proctoring · 120 minutes');
        // Each in the direction of its own letters.
        expect(view.$('.js-board bdi').get().map((part) => part.textContent)).toEqual(['Midterm', 'Proctored', 'Test Proctoring', '120 minutes']);
        view.$('.js-go-panel[data-panel="reviews"]').trigger('click');
        expect(page.store.get('panel')).toBe('reviews');
        expect(page.store.get('exam')).toBe('3');
    });

    // @contract staff-desk#live
    it('counts the time down by the clock of the server, without a request', function() {
        // The server is ten seconds ahead.
        open([learner(1)], {as_of: new Date(page.START + 10 * SECOND).toISOString()});
        expect(left()).toBe('1:06:30');
        jasmine.clock().tick(2 * SECOND);
        expect(left()).toBe('1:06:28');
        expect(page.requests(BOARD).length).toBe(1);
        expect(view.$('[aria-live] [data-kind="left"], [role="status"] [data-kind="left"]').length).toBe(0);
    });

    it('shows who has little time left, whose time is up, and who is paused', function() {
        open([
            learner(1, {expires_at: '2026-03-01T14:12:00Z'}), learner(2, {expires_at: '2026-03-01T14:03:22Z'}),
            learner(3, {paused: true, expires_at: null, time_remaining_seconds: 125.4})
        ]);
        expect(left(0)).toBe('08:40');
        expect(view.$('[data-kind="left"]').eq(0).hasClass('proctoring-desk__tone--attention')).toBe(true);
        expect(left(2)).toBe('02:05');
        jasmine.clock().tick(3 * SECOND);
        expect(left(1)).toBe('time is up');
        expect(left(2)).toBe('02:05');
    });

    // @contract staff-desk#live
    it('says when a silent learner was heard of last', function() {
        open([learner(1, {contact: 'silent', last_contact_at: '2026-03-01T13:59:00Z'}), learner(2, {contact: 'silent', last_contact_at: null}), learner(3, {contact: 'unknown'})]);
        const texts = () => view.$('[data-kind="contact"]').get().map((cell) => cell.textContent);
        expect(texts()).toEqual(['silent for 4 minutes', 'silent', 'unknown']);
        jasmine.clock().tick(50 * SECOND);
        expect(texts()[0]).toBe('silent for 5 minutes');
    });

    it('says that a site does not know', function() {
        open([learner(1, {contact: 'unknown'})], {is_contact_known: false, counts: {silent: null}});
        expect(view.$('.proctoring-desk__notes').text()).toContain('does not record');
        expect(view.$('.js-chip[data-value="silent"]').prop('hidden')).toBe(true);
    });

    // @contract staff-desk#live
    it('is filtered, sorted and paged by the address', function() {
        open([learner(1)], {counts: {errors: 4}}, '&pd.show=errors&pd.search=ann&pd.order=-last_contact_at&pd.page=2&pd.size=100');
        expect(page.asked(BOARD)).toEqual({show: 'errors', search: 'ann', ordering: '-last_contact_at', page: '2', page_size: '100'});
        // One chip at a time.
        view.$('.js-chip[data-value="in_exam"]').trigger('click');
        page.respond();
        expect(page.store.get('show')).toBe('in_exam');
        view.$('.js-chip[data-value="in_exam"]').trigger('click');
        page.respond();
        expect(page.store.get('show')).toBe('');
    });

    it('leaves out what the address cannot mean', function() {
        open([], {}, '&pd.show=in_exam,errors');
        expect(page.asked(BOARD).show).toBe(undefined);
        expect(view.$('.js-banners').text()).toContain('show');
    });

    // @contract staff-desk#live
    it('asks as often as the server wishes, and draws nothing that has not changed', function() {
        open([learner(1)], {refresh_seconds: 20});
        const row = view.$('tbody tr')[0];
        const clock = view.$('.js-as-of').text();
        page.serve('GET', BOARD, 304, '');
        jasmine.clock().tick(19 * SECOND);
        expect(page.requests(BOARD).length).toBe(1);
        jasmine.clock().tick(2 * SECOND);
        page.respond();
        expect(page.requests(BOARD).length).toBe(2);
        expect(page.requests(BOARD)[1].requestHeaders['If-None-Match']).toBe('"1"');
        expect(view.$('tbody tr')[0]).toBe(row);
        expect(view.$('.js-as-of').text()).not.toBe(clock);
        expect(left()).toBe('1:06:19');
        jasmine.clock().tick(20 * SECOND);
        expect(page.requests(BOARD).length).toBe(3);
    });

    it('does not mark rows for the last contact', function() {
        open([learner(1)]);
        serve([learner(1, {last_contact_at: '2026-03-01T14:03:30Z', time_remaining_seconds: 3900})]);
        jasmine.clock().tick(16 * SECOND);
        page.respond();
        expect(view.$('tr.is-changed').length).toBe(0);
    });

    // @contract staff-desk#live
    it('says what has become more, at most once a minute', function() {
        open([learner(1)]);
        expect(page.said()).toContain('1 learner');
        function later(seconds, errors) {
            serve([learner(1)], {counts: {errors: errors}});
            for (let passed = 0; passed < seconds; passed += 15) {
                jasmine.clock().tick(15 * SECOND);
                page.respond();
            }
            return page.said();
        }
        expect(later(15, 1)).toBe('Errors: 1');
        expect(later(15, 2)).toBe('Errors: 1');
        // It is not forgotten.
        expect(later(60, 2)).toBe('Errors: 2');
        // Fewer is good news, and not said.
        expect(later(75, 0)).toBe('Errors: 2');
        expect(later(75, 1)).toBe('Errors: 1');
    });

    it('stops to tick and to ask when another panel is opened', function() {
        open([learner(1)]);
        const tick = spyOn(desk.panels.live.prototype, 'secondsLeft').and.callThrough();
        page.serveAttempts([]);
        view.$('.js-panel[data-panel="attempts"]').trigger('click');
        page.respond();
        tick.calls.reset();
        jasmine.clock().tick(50 * SECOND);
        expect(tick).not.toHaveBeenCalled();
        expect(page.requests(BOARD).length).toBe(1);
    });

    it('starts over with another exam, without the selection', function() {
        open([learner(1)]);
        view.$('.js-select').prop('checked', true).trigger('change');
        page.serve('GET', 'exams/4/board', 200, board([]));
        view.$('.js-exam').val('4').trigger('change');
        page.respond();
        expect(page.requests('exams/4/board').length).toBe(1);
        expect(view.$('.js-bulk-bar').prop('hidden')).toBe(true);
    });

    describe('changes the time', function() {
        const EXTEND = 'exams/3/extend';
        const job = (more) => ({
            code: 'J1', kind: 'extend', state: 'done', total: 2, done: 2, skipped: 0, failed: 0, rows: [], is_more: false, ...more
        });
        const row = (minutes, more) => ({status: 'done', result: {minutes: minutes}, error: null, ...more});
        const bodies = () => page.requests(EXTEND, 'POST').map((request) => JSON.parse(request.requestBody));
        const dialog = () => view.$('dialog');

        function enter(minutes, reason) {
            page.type(dialog().find('[name="minutes"]'), minutes);
            jasmine.clock().tick(700);
            page.respond();
            if (reason) {
                page.type(dialog().find('[name="reason"]'), reason);
            }
        }

        // @contract staff-desk#live-actions
        it('of one learner', function() {
            open([learner(1)]);
            page.serve('GET', 'attempts/1/deadline', 200, {ends_at: '2026-03-01T15:10:00Z', due_date: null});
            choose('Change the time');
            expect(dialog().find('h2').text()).toContain('user1, Midterm');
            expect(page.requests('attempts/1/deadline').length).toBe(1);
        });

        // @contract staff-desk#live-actions
        it('of a selection, after the numbers of a dry run', function() {
            open([learner(1), learner(2), learner(3)]);
            [0, 1].forEach((index) => view.$('.js-select').eq(index).prop('checked', true).trigger('change'));
            expect(view.$('.js-select-all').length).toBe(0);
            view.$('.js-bulk[data-action="extend"]').trigger('click');
            page.serve('POST', EXTEND, 200, job({rows: [row(10), row(4), {status: 'skipped', result: {}, error: {code: 'past_due', detail: 'It is past due.'}}], skipped: 1}));
            enter('10');
            expect(bodies()).toEqual([{reason: '-', dry_run: true, minutes: 10, past_due: false, trim: true, attempt_ids: [1, 2]}]);
            const text = dialog().find('.js-preview').text();
            expect(text).toContain('2 done, 1 skipped, 0 failed');
            expect(text).toContain('1 learner gets less, because of the due date.');
            expect(text).toContain('1 × It is past due.');
            page.type(dialog().find('[name="reason"]'), 'fire alarm');
            page.serve('POST', EXTEND, 200, job());
            dialog().find('form').trigger('submit');
            page.respond();
            expect(bodies()[1]).toEqual({reason: 'fire alarm', dry_run: false, minutes: 10, past_due: false, trim: true, attempt_ids: [1, 2]});
            expect(dialog().text()).toContain('2 done, 0 skipped, 0 failed');
            dialog().find('.js-close').first().trigger('click');
            page.respond();
            expect(view.$('.js-bulk-bar').prop('hidden')).toBe(true);
            expect(page.requests(BOARD).length).toBe(2);
        });

        // @contract staff-desk#live-actions
        it('of everybody, and asks again if others have come', function() {
            open([learner(1), learner(2)]);
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            page.serve('POST', EXTEND, 409, page.problem(409, 'selection_changed', {errors: [{count: 3}]}));
            enter('10', 'power cut');
            expect(bodies()[0]).toEqual({reason: '-', dry_run: true, minutes: 10, past_due: false, trim: true, all: true, expected_count: 2});
            expect(dialog().find('[role="alert"]').text()).toContain('Now 3 learners are in the exam.');
            expect(dialog().find('.js-intro').last().text()).toBe('3 learners are in the exam.');
            expect(dialog().text()).not.toContain('2 learners are');
            expect(dialog().find('.js-intro').length).toBe(2);
            expect(dialog().find('h2').text()).toBe('Change the time of everyone in Midterm');
            page.serve('POST', EXTEND, 200, job({total: 3, done: 3}));
            jasmine.clock().tick(700);
            page.respond();
            expect(dialog().find('.js-preview').text()).toContain('3 done');
            dialog().find('form').trigger('submit');
            page.respond();
            const last = bodies().pop();
            expect(last.expected_count).toBe(3);
            expect(last.dry_run).toBe(false);
        });

        it('of everybody, also if it was ordered before the board was there', function() {
            page.serve('GET', BOARD, 503, '');
            view = page.open('?pd=live&pd.exam=3');
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            expect(dialog().length).toBe(0);
            serve([learner(1), learner(2)]);
            jasmine.clock().tick(2 * SECOND);
            page.respond();
            expect(dialog().text()).toContain('2 learners are in the exam.');
        });

        it('of nobody, which it says', function() {
            open([], {});
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            expect(dialog().length).toBe(0);
            expect(view.$('.js-notice').text()).toBe('Nobody is in the exam now.');
        });

        it('beyond the due date, for global staff', function() {
            serve([learner(1)]);
            view = page.open('?pd=live&pd.exam=3', {is_global_staff: true});
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            page.serve('POST', EXTEND, 200, job());
            dialog().find('[name="past_due"]').prop('checked', true).trigger('change');
            enter('10');
            expect(bodies()[0].past_due).toBe(true);
        });

        it('only by whole minutes, and says why a dry run is refused', function() {
            open([learner(1)]);
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            enter('1.5', 'x');
            expect(bodies().length).toBe(0);
            dialog().find('form').trigger('submit');
            expect(dialog().find('.js-error[data-field="minutes"]').text()).toContain('whole number');
            page.serve('POST', EXTEND, 422, page.problem(422, 'too_many'));
            enter('5');
            expect(dialog().find('.js-preview').text()).toBe('Reason of too_many.');
        });

        it('again for those that failed, with the same minutes', function() {
            open([learner(1), learner(2)]);
            view.$('.js-tool[data-tool="extend"]').trigger('click');
            page.serve('POST', EXTEND, 200, job({done: 1, failed: 1}));
            page.serve('GET', 'jobs/J1/rows', 200, page.list([{attempt_id: 2, user: {username: 'user2'}, status: 'failed', error: {code: 'x', detail: 'Locked.'}}]));
            enter('10', 'power cut');
            dialog().find('form').trigger('submit');
            page.respond();
            dialog().find('.js-retry').trigger('click');
            page.respond();
            const last = bodies().pop();
            expect(last.attempt_ids).toEqual([2]);
            expect(last.minutes).toBe(10);
            expect(last.dry_run).toBe(true);
        });
    });
});
