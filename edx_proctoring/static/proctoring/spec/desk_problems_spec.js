describe('The problems and the onboarding on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const EFFECTS = 'courses/' + page.COURSE + '/effects';
    const ONBOARDING = 'courses/' + page.COURSE + '/onboarding';
    let view;

    function effect(id, more) {
        return {
            id: id, attempt_id: 5, exam: {id: 3, name: 'Midterm', type: 'proctored'},
            user: {id: 41, username: 'ann', email: 'ann@x.org', full_name: 'Ann'}, kind: 'provider', call: 'stop_exam_attempt',
            to_status: 'submitted', state: 'due', tries: 2, next_try_at: '2026-03-01T15:00:00Z', last_error: 'Timeout: 5 s',
            created_at: '2026-03-01T13:00:00Z', ...more
        };
    }

    function open(rows, search) {
        page.serve('GET', EFFECTS, 200, page.list(rows));
        view = page.open('?pd=problems' + (search || ''));
    }

    function choose(label) {
        view.$('.js-menu').first().trigger('click');
        view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; }).trigger('click');
        page.respond();
    }

    // @contract staff-desk#problems
    it('say what waits, since when, and what the receiver said', function() {
        open([effect(1), effect(2, {kind: 'mail', state: 'failed', next_try_at: null, user: null, attempt_id: null})]);
        const text = view.$('tbody').text();
        expect(text).toContain('Message to the provider');
        expect(text).toContain('Will be retried');
        expect(text).toContain('Timeout: 5 s');
        expect(text).toContain('Given up');
        expect(view.$('.js-count').text()).toBe('2 problems');
    });

    it('are filtered by kind and state', function() {
        open([], '&pd.kind=mail&pd.state=failed&pd.exam=3');
        expect(page.asked(EFFECTS)).toEqual({exam: '3', kind: 'mail', state: 'failed', page_size: '25'});
    });

    // @contract staff-desk#problems
    it('go away when one more try succeeds', function() {
        open([effect(1)]);
        page.serve('POST', 'effects/1/retry', 200, {id: 1, state: 'delivered'});
        page.serve('GET', EFFECTS, 200, page.list([]));
        choose('Try now');
        expect(page.said()).toContain('done');
        expect(view.$('tbody tr').length).toBe(0);
    });

    it('stay with the new reason when it fails again', function() {
        open([effect(1)]);
        page.serve('POST', 'effects/1/retry', 200, effect(1, {tries: 3, last_error: 'Refused: no'}));
        choose('Try now');
        jasmine.clock().tick(1500);
        expect(view.$('[role="alert"]').text()).toContain('Refused: no');
        expect(view.$('.js-banners').text().trim()).toContain('Refused: no');
        expect(view.$('tr.is-changed').text()).toContain('3 tries');
    });

    it('are given up with a reason', function() {
        open([effect(1)]);
        choose('Give up');
        view.$('dialog form').trigger('submit');
        expect(view.$('dialog .js-error:not([hidden])').length).toBe(1);
        page.type(view.$('dialog [name="reason"]'), 'the service is gone');
        page.serve('POST', 'effects/1/give-up', 200, effect(1, {state: 'failed', next_try_at: null}));
        view.$('dialog form').trigger('submit');
        page.respond();
        expect(JSON.parse(page.requests('effects/1/give-up', 'POST')[0].requestBody)).toEqual({reason: 'the service is gone'});
        expect(view.$('tbody').text()).toContain('Given up');
    });

    it('that a colleague settled are read again', function() {
        open([effect(1)]);
        page.serve('POST', 'effects/1/retry', 409, page.problem(409, 'not_due'));
        choose('Try now');
        jasmine.clock().tick(1500);
        expect(view.$('[role="alert"]').text()).toContain('Reason of not_due.');
        expect(view.$('.js-banners').text().trim()).toBe('Reason of not_due.');
        expect(page.requests(EFFECTS).length).toBe(2);
    });

    [
        ['goes away', 200, {id: 1, state: 'delivered'}],
        ['was settled', 409, page.problem(409, 'not_due')]
    ].forEach(function([outcome, status, reply]) {
        it('leave another panel alone when a reply comes late: ' + outcome, function() {
            open([effect(1)]);
            page.serve('POST', 'effects/1/retry', status, reply);
            view.$('.js-menu').first().trigger('click');
            view.$('[role="menuitem"]').first().trigger('click');
            page.serveAttempts([page.attempt(1)]);
            page.store.open('attempts');
            page.respond();
            expect(page.requests('effects/1/retry', 'POST').length).toBe(1);
            expect(view.$('.js-count').text()).toBe('1 attempt');
            expect(page.requests('courses/' + page.COURSE + '/attempts').map((request) => Boolean(request.aborted))).toEqual([false]);
            jasmine.clock().tick(200000);
            page.respond();
            expect(page.requests(EFFECTS).length).toBe(1);
        });
    });

    describe('the onboarding', function() {
        function learner(id, status, more) {
            return {
                user: {id: id, username: 'user' + id, email: 'user' + id + '@x.org', full_name: 'User ' + id},
                enrollment_mode: 'verified', status: status, modified_at: '2026-03-01T13:00:00Z', expires_at: null,
                attempt_id: null, source: 'local', ...more
            };
        }

        function openOnboarding(rows, search) {
            page.serve('GET', ONBOARDING, 200, page.list(rows, {counts: {verified: 1, not_started: 7}}));
            view = page.open('?pd=onboarding&pd.exam=3' + (search || ''), {features: {decide_reviews: false, onboarding: true}});
        }

        // @contract staff-desk#onboarding
        it('is listed with numbers per status that filter', function() {
            openOnboarding([learner(1, 'verified', {attempt_id: 5}), learner(2, 'not_started', {source: 'provider'})]);
            expect(page.asked(ONBOARDING)).toEqual({page_size: '25'});
            // As the panel below calls it.
            expect(view.$('tbody').text()).toContain('Not Started');
            const $chip = view.$('.js-chip[data-value="not_started"]');
            expect($chip.find('.js-chip-count').text()).toBe('7');
            expect(view.$('.js-chip[data-value="rejected"]').prop('hidden')).toBe(true);
            expect(view.$('tbody').text()).toContain('according to the provider');
            expect(view.$('tbody .js-menu').length).toBe(1);
            $chip.trigger('click');
            page.respond();
            expect(page.asked(ONBOARDING)).toEqual({status: 'not_started', page_size: '25'});
        });

        it('is not offered where the course has none', function() {
            view = page.open('');
            expect(view.$('.js-panel[data-panel="onboarding"]').length).toBe(0);
        });
    });
});
