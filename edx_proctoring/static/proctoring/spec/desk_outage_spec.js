describe('Outage mode on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    // As a field has it, wherever the specs run.
    const local = (text) => desk.localMoment(new Date(text).getTime());
    const OUTAGE = 'exams/3/outage';
    const DESK = 'courses/' + page.COURSE + '/desk';
    const ATTEMPTS = 'courses/' + page.COURSE + '/attempts';
    const DECISIONS = OUTAGE + '/decisions';
    const features = {outage: true, decide_reviews: true, onboarding: false};
    const MEASURE = {
        id: 9, kind: 'outage', exam_id: 3, user_id: null, text: '', reason: 'It is down.', starts_at: '2026-03-01T13:00:00Z',
        ends_at: '2026-03-01T16:00:00Z', opened_by: {id: 1, username: 'gina'}, closed_by: null, is_in_force: true
    };
    let view;

    function open(search, settings) {
        page.serveAttempts([]);
        page.serve('GET', OUTAGE, 200, {measure: null, suggested: false, undecided: 0});
        view = page.open(search || '', {features: features, outages: [], ...settings});
    }

    const banners = () => view.$('.js-outages').text().trim();
    const said = () => view.$('.js-outages-said').text();
    const dialog = () => view.$('dialog');
    const body = (path, method) => JSON.parse(page.requests(path, method).pop().requestBody);

    function press(action) {
        view.$('.js-outage[data-action="' + action + '"]').trigger('click');
        page.respond();
    }

    function fill(values) {
        Object.entries(values).forEach(([name, value]) => page.type(dialog().find('[name="' + name + '"]'), value));
    }

    function submit() {
        dialog().find('form').trigger('submit');
        page.respond();
    }

    /** How the desk is from now on, when it asks again. */
    function serveDesk(outages, status = 200) {
        page.serve('GET', DESK, status, {enabled: true, counts: {open_reviews: 0, effects: 4}, outages: outages});
    }

    // @contract staff-desk#outage
    it('is said above every panel, with who, why, and until when', function() {
        open('', {outages: [{exam_id: 3, measure: MEASURE, undecided: 2}]});
        expect(banners()).toContain('Midterm continues without its provider from');
        expect(banners()).toContain('Started by gina: It is down.');
        expect(banners()).toContain('2 attempts are waiting for your decision.');
        expect(said()).toContain('Midterm continues without its provider');
        expect(view.$('.js-panel-count[data-panel="outage"]').text()).toBe('2');
    });

    it('is not there without a proctored exam', function() {
        open('', {exams: [{id: 4, name: 'Quiz', type: 'timed', due_date: null, is_active: true}]});
        expect(view.$('.proctoring-desk__outages').length).toBe(0);
        expect(view.$('.js-panel[data-panel="outage"]').length).toBe(0);
    });

    // @contract staff-desk#outage
    it('is asked about once a minute, and said only when it has changed', function() {
        open('', {outages: [{exam_id: 3, measure: MEASURE, undecided: 2}]});
        expect(said()).toContain('Midterm');
        const drawn = view.$('.js-outages').children()[0];
        serveDesk([{exam_id: 3, measure: MEASURE, undecided: 2}]);
        jasmine.clock().tick(61000);
        page.respond();
        expect(page.requests(DESK).length).toBe(1);
        expect(view.$('.js-outages').children()[0]).toBe(drawn);
        expect(view.$('.js-panel-count[data-panel="problems"]').text()).toBe('4');
        serveDesk([{exam_id: 3, measure: null, undecided: 1}]);
        jasmine.clock().tick(61000);
        page.respond();
        expect(banners()).toContain('Midterm was taken without its provider: 1 attempt is waiting for your decision.');
        expect(view.$('.js-outage').length).toBe(1);
        // A failure leaves what is there.
        serveDesk([], 500);
        jasmine.clock().tick(61000);
        page.respond();
        expect(banners()).toContain('1 attempt is waiting');
    });

    it('does not ask while a dialog is open', function() {
        open('', {outages: [{exam_id: 3, measure: MEASURE, undecided: 2}]});
        press('end');
        jasmine.clock().tick(200000);
        expect(page.requests(DESK).length).toBe(0);
    });

    // @contract staff-desk#outage
    it('is suggested for the chosen exam when its provider did not answer', function() {
        open('');
        expect(page.requests(OUTAGE).length).toBe(0);
        page.serve('GET', OUTAGE, 200, {measure: null, suggested: true, undecided: 0});
        view.$('.js-exam').val('3').trigger('change');
        page.respond();
        expect(banners()).toContain('The provider of Midterm did not answer when it was last asked.');
        expect(banners()).toContain('others may not be able to start it');
        expect(view.$('.js-outage[data-action="start"]').length).toBe(1);
        view.$('.js-exam').val('4').trigger('change');
        page.respond();
        expect(banners()).toBe('');
    });

    it('is only said to those who may not begin it', function() {
        page.serveAttempts([]);
        page.serve('GET', OUTAGE, 200, {measure: null, suggested: true, undecided: 0});
        view = page.open('?pd.exam=3', {features: {...features, outage: false}, outages: []});
        expect(banners()).toContain('Global staff can let the exam continue without it.');
        expect(view.$('.js-outage').length).toBe(0);
        view.remove();
        view = page.open('', {features: {...features, outage: false}, outages: [{exam_id: 3, measure: MEASURE, undecided: 0}]});
        expect(view.$('.js-outage').length).toBe(0);
    });

    // @contract staff-desk#outage
    it('is begun after who is concerned was shown, and the name was typed', function() {
        page.serve('GET', OUTAGE, 200, {measure: null, suggested: true, undecided: 0});
        page.serveAttempts([]);
        page.serve('GET', 'exams/3/board', 200, {counts: {by_status: {created: 2, download_software_clicked: 1, started: 12, submitted: 4}}});
        view = page.open('?pd.exam=3', {features: features, outages: []});
        press('start');
        const preview = () => dialog().find('.js-preview').text();
        expect(preview()).toContain('3 learners who are setting up may start at once.');
        expect(preview()).toContain('12 learners in the exam continue');
        expect(preview()).toContain('Learners who enter before');
        dialog().find('[name="include_setup"]').prop('checked', false).trigger('change');
        expect(preview()).toContain('keep waiting');
        dialog().find('[name="include_setup"]').prop('checked', true).trigger('change');
        fill({reason: 'It is down.', text: 'Stay calm.', typed: 'Mid'});
        submit();
        expect(dialog().find('.js-error[data-field="typed"]').text()).toBe('That is a different name.');
        expect(page.requests(OUTAGE, 'POST').length).toBe(0);
        fill({typed: 'Midterm'});
        page.serve('POST', OUTAGE, 201, {measure: MEASURE, job: null});
        serveDesk([{exam_id: 3, measure: MEASURE, undecided: 0}]);
        submit();
        const sent = body(OUTAGE, 'POST');
        expect(sent).toEqual({until: '2026-03-01T16:03:00.000Z', reason: 'It is down.', text: 'Stay calm.', include_setup: true});
        expect(dialog().length).toBe(0);
        expect(banners()).toContain('continues without its provider');
        expect(banners()).not.toContain('did not answer');
    });

    it('shows what became of learners in set-up', function() {
        open('?pd=outage&pd.exam=3');
        page.serve('GET', 'exams/3/board', 200, {counts: {by_status: {}}});
        view.$('.js-tool[data-tool="start"]').trigger('click');
        page.respond();
        fill({reason: 'x', typed: 'Midterm'});
        page.serve('POST', OUTAGE, 201, {measure: MEASURE, job: {code: 'J', state: 'running', total: 2, done: 1, skipped: 0, failed: 0}});
        page.serve('POST', 'jobs/J/work', 200, {code: 'J', state: 'done', total: 2, done: 2, skipped: 0, failed: 0});
        serveDesk([]);
        submit();
        expect(dialog().text()).toContain('2 done, 0 skipped, 0 failed');
    });

    it('that is in force is not begun again: its end can be changed', function() {
        open('?pd=outage&pd.exam=3', {outages: [{exam_id: 3, measure: MEASURE, undecided: 0}]});
        view.$('.js-tool[data-tool="start"]').trigger('click');
        page.respond();
        expect(dialog().find('h2').text()).toBe('Change the end of the outage in Midterm');
    });

    /** The board of the proctored exam, without learners. */
    function serveBoard() {
        page.serve('GET', 'exams/3/board', 200, page.list([], {
            exam: {id: 3, name: 'Midterm', type: 'proctored', provider: null, due_date: null, time_limit_minutes: 60}, measures: [],
            as_of: '2026-03-01T14:03:20Z', refresh_seconds: 15, is_contact_known: true, counts: {by_status: {}, in_exam: 0}
        }));
    }

    ['live', 'outage'].forEach(function(panel) {
        // @contract staff-desk#outage
        it('has a button that says what it does, on the panel ' + panel, function() {
            const label = () => view.$('.js-tool').last().text();
            serveBoard();
            open('?pd=' + panel + '&pd.exam=3', {outages: [{exam_id: 3, measure: MEASURE, undecided: 0}]});
            expect(label()).toBe('Change the end of the outage in Midterm');
            // An outage of another exam says nothing about this one.
            serveDesk([{exam_id: 4, measure: {...MEASURE, exam_id: 4}, undecided: 0}, {exam_id: 3, measure: null, undecided: 1}]);
            jasmine.clock().tick(61000);
            page.respond();
            expect(label()).toBe('Continue without the provider');
            const button = view.$('.js-tool').last()[0];
            serveDesk([{exam_id: 3, measure: MEASURE, undecided: 0}]);
            jasmine.clock().tick(61000);
            page.respond();
            expect(label()).toBe('Change the end of the outage in Midterm');
            // In place: the focus stays.
            expect(view.$('.js-tool').last()[0]).toBe(button);
        });
    });

    it('can be begun from the board of a proctored exam', function() {
        serveBoard();
        open('?pd=live&pd.exam=3');
        view.$('.js-tool[data-tool="outage"]').trigger('click');
        page.respond();
        expect(dialog().find('h2').text()).toBe('Let Midterm continue without its provider');
    });

    // @contract staff-desk#outage
    it('that a colleague has begun meanwhile is shown, and nothing that was entered is lost', function() {
        open('?pd=outage&pd.exam=3');
        view.$('.js-tool[data-tool="start"]').trigger('click');
        page.respond();
        fill({reason: 'It is down.', typed: 'Midterm'});
        page.serve('POST', OUTAGE, 409, page.problem(409, 'measure_in_force'));
        serveDesk([{exam_id: 3, measure: MEASURE, undecided: 0}]);
        submit();
        expect(dialog().find('[role="alert"]').text()).toContain('Reason of measure_in_force.');
        expect(dialog().find('[name="reason"]').val()).toBe('It is down.');
        expect(banners()).toContain('continues without its provider');
    });

    it('takes the name as it was copied from its label', function() {
        open('?pd=outage&pd.exam=3');
        view.$('.js-tool[data-tool="start"]').trigger('click');
        page.respond();
        fill({reason: 'x', typed: '\u2068Midterm\u2069'});
        page.serve('POST', OUTAGE, 201, {measure: MEASURE, job: null});
        serveDesk([]);
        submit();
        expect(page.requests(OUTAGE, 'POST').length).toBe(1);
    });

    it('names the field that the server refuses', function() {
        open('?pd=outage&pd.exam=3');
        view.$('.js-tool[data-tool="start"]').trigger('click');
        page.respond();
        fill({until: '2026-02-01T10:00', reason: 'x', typed: 'Midterm'});
        submit();
        expect(dialog().find('.js-error[data-field="until"]').text()).toBe('This time has passed.');
        fill({until: '2026-04-01T10:00'});
        page.serve('POST', OUTAGE, 422, page.problem(422, 'invalid', {errors: [{field: 'until', message: 'At most 24 hours ahead.'}]}));
        submit();
        expect(dialog().find('.js-error[data-field="until"]').text()).toBe('At most 24 hours ahead.');
    });

    it('ends later, or now', function() {
        open('', {outages: [{exam_id: 3, measure: MEASURE, undecided: 0}]});
        press('prolong');
        expect(dialog().find('[name="until"]').val()).toBe(local('2026-03-01T16:00:00Z'));
        fill({until: local('2026-03-01T18:00:00Z'), reason: 'still down'});
        page.serve('PATCH', OUTAGE, 200, {...MEASURE, ends_at: '2026-03-01T18:00:00Z'});
        serveDesk([{exam_id: 3, measure: {...MEASURE, ends_at: '2026-03-01T18:00:00Z'}, undecided: 0}]);
        submit();
        expect(body(OUTAGE, 'PATCH')).toEqual({until: '2026-03-01T18:00:00.000Z', reason: 'still down'});
        press('end');
        fill({reason: 'it is back'});
        page.serve('DELETE', OUTAGE, 200, {...MEASURE, is_in_force: false});
        serveDesk([]);
        submit();
        expect(body(OUTAGE, 'DELETE')).toEqual({reason: 'it is back'});
        expect(banners()).toBe('');
    });

    it('that has ended by its time is shown when somebody wants to end it', function() {
        open('', {outages: [{exam_id: 3, measure: MEASURE, undecided: 0}]});
        press('end');
        fill({reason: 'it is back'});
        page.serve('DELETE', OUTAGE, 409, page.problem(409, 'not_in_force'));
        serveDesk([]);
        submit();
        expect(dialog().find('[role="alert"]').text()).toContain('Reason of not_in_force.');
        expect(banners()).toBe('');
    });

    describe('leaves attempts', function() {
        const taken = (id, status) => page.attempt(id, {status: status, taking_as_proctored: false, during_outage: true});
        const rows = [taken(1, 'submitted'), taken(2, 'started'), taken(3, 'timed_out')];

        function openList(search) {
            page.serve('GET', OUTAGE, 200, {measure: null, suggested: false, undecided: 2});
            page.serveAttempts(rows);
            view = page.open('?pd=outage' + (search || ''), {features: features, outages: [{exam_id: 3, measure: null, undecided: 2}]});
        }

        function choose(index, label) {
            view.$('.js-menu').eq(index).trigger('click');
            view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; }).trigger('click');
            page.respond();
        }

        // @contract staff-desk#outage-decisions
        it('that are listed', function() {
            openList();
            expect(page.asked(ATTEMPTS)).toEqual({during_outage: 'true', page_size: '25'});
            expect(view.$('tbody tr').eq(0).text()).toContain('Waiting for a decision');
            expect(view.$('tbody tr').eq(1).text()).not.toContain('Waiting for a decision');
            press('decide');
            expect(page.store.get('exam')).toBe('3');
            expect(page.asked(ATTEMPTS)).toEqual({exam: '3', during_outage: 'true', status: 'submitted,timed_out', page_size: '25'});
        });

        // @contract staff-desk#outage-decisions
        it('that are decided one by one', function() {
            openList();
            page.serve('POST', DECISIONS, 200, {code: null, state: 'done', total: 1, done: 1, skipped: 0, failed: 0, rows: []});
            choose(0, 'Accept');
            expect(dialog().text()).toContain('Accept: user1, Midterm');
            expect(body(DECISIONS, 'POST')).toEqual({reason: '-', dry_run: true, decision: 'accept', attempt_ids: [1]});
            fill({reason: 'seen by an invigilator'});
            serveDesk([{exam_id: 3, measure: null, undecided: 1}]);
            page.serve('POST', DECISIONS, 200, {code: 'J', state: 'done', total: 1, done: 1, skipped: 0, failed: 0});
            submit();
            dialog().find('.js-close').trigger('click');
            page.respond();
            expect(body(DECISIONS, 'POST').dry_run).toBe(false);
            expect(banners()).toContain('1 attempt is waiting');
            view.$('.js-menu').eq(1).trigger('click');
            expect(view.$('[role="menuitem"]').get().map((item) => item.textContent)).toEqual(['Details']);
        });

        // @contract staff-desk#outage-decisions
        it('that are decided together, also all that wait', function() {
            openList('&pd.exam=3&pd.waits=true');
            page.serveAttempts(rows.slice(0, 2), {count: 30, num_pages: 2});
            view.$('.js-refresh').trigger('click');
            page.respond();
            view.$('.js-select-page').prop('checked', true).trigger('change');
            view.$('.js-select-all').trigger('click');
            page.serve('POST', DECISIONS, 200, {code: null, state: 'done', total: 30, done: 30, skipped: 0, failed: 0, rows: []});
            view.$('.js-bulk[data-action="reject"]').trigger('click');
            page.respond();
            expect(body(DECISIONS, 'POST')).toEqual({reason: '-', dry_run: true, decision: 'reject', all: true, expected_count: 30});
            expect(dialog().text()).toContain('This cannot be undone.');
            expect(dialog().find('[name="typed"]').length).toBe(1);
        });

        it('of several exams, of which one must be chosen first', function() {
            openList();
            page.serveAttempts([rows[0], taken(8, 'submitted')].map((row, index) => ({...row, exam: {id: 3 + index, name: 'E', type: 'proctored'}})));
            view.$('.js-refresh').trigger('click');
            page.respond();
            view.$('.js-select-page').prop('checked', true).trigger('change');
            expect(view.$('.js-select-all').length).toBe(0);
            view.$('.js-bulk[data-action="accept"]').trigger('click');
            expect(dialog().length).toBe(0);
            expect(view.$('.js-notice').text()).toContain('Choose one exam');
        });

        it('that only those decide who may', function() {
            page.serveAttempts(rows);
            page.serve('GET', OUTAGE, 200, {measure: null, suggested: false, undecided: 2});
            view = page.open('?pd=outage', {features: {...features, decide_reviews: false, outage: false}, outages: []});
            expect(view.$('.js-select').length).toBe(0);
            view.$('.js-menu').eq(0).trigger('click');
            expect(view.$('[role="menuitem"]').length).toBe(1);
        });
    });
});
