describe('Readiness on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const READINESS = 'courses/' + page.COURSE + '/readiness';
    let view;

    const check = (code, level, more) => ({
        code: code, level: level, subject: {kind: 'exam', id: '3', name: 'Midterm'}, text: 'Text of ' + code + '.', fix: '', link: null, ...more
    });
    const CHECKS = [
        check('provider_reachable', 'error', {subject: {kind: 'provider', id: 'test', name: 'Test'}, fix: 'Ask the provider.'}),
        check('exam_due', 'warning', {fix: 'Move the date.', link: '/exam'}),
        check('effects_pending', 'warning', {subject: {kind: 'course', id: page.COURSE, name: page.COURSE}}),
        check('prerequisites', 'unknown'), check('exam_limit', 'ok'), check('exam_active', 'ok'), check('brand_new', 'ok')
    ];

    function serve(checks) {
        const summary = {ok: 0, warning: 0, error: 0, unknown: 0};
        checks.forEach((one) => { summary[one.level] += 1; });
        page.serve('GET', READINESS, 200, {course_id: page.COURSE, checked_at: '2026-03-01T14:00:00Z', summary: summary, checks: checks});
    }

    function open(search, checks = CHECKS) {
        serve(checks);
        view = page.open('?pd=readiness' + (search || ''));
    }

    const names = () => view.$('tbody th').get().map((cell) => cell.textContent.trim());

    // @contract staff-desk#readiness
    it('lists what is not in order, with what to do', function() {
        open();
        expect(names()).toEqual(['The provider answers', 'Due date', 'Results that were not delivered', 'Prerequisites']);
        const text = view.$('tbody tr').eq(1).text();
        expect(text).toContain('Midterm');
        expect(text).toContain('Text of exam_due.');
        expect(text).toContain('Move the date.');
        expect(view.$('tbody a[href="/exam"]').length).toBe(1);
        expect(view.$('.js-count').text()).toBe('4 checks');
        expect(view.$('.js-chip[data-value="ok"] .js-chip-count').text()).toBe('3');
    });

    // @contract staff-desk#readiness
    it('shows what is in order on request, without asking again', function() {
        open();
        view.$('.js-chip[data-value="ok"]').trigger('click');
        page.respond();
        expect(names()).toEqual(['Time limit', 'The exam is active', 'brand_new']);
        expect(page.requests(READINESS).length).toBe(2);
        expect(page.store.get('level')).toBe('ok');
        view.$('.js-clear').first().trigger('click');
        expect(names().length).toBe(4);
    });

    it('says that all is in order', function() {
        open('', [check('exam_limit', 'ok')]);
        expect(view.$('.proctoring-desk__state').text()).toContain('All checks passed.');
    });

    it('asks about one exam, and without the providers', function() {
        open('&pd.exam=3&pd.offline=true');
        expect(page.asked(READINESS)).toEqual({exam: '3', offline: '1'});
    });

    // @contract staff-desk#readiness
    it('does not ask by itself', function() {
        open();
        jasmine.clock().tick(600000);
        expect(page.requests(READINESS).length).toBe(2);
        expect(view.$('.js-automatic').prop('hidden')).toBe(true);
        serve([CHECKS[0]]);
        view.$('.js-refresh').trigger('click');
        page.respond();
        expect(names().length).toBe(1);
        expect(page.requests(READINESS).length).toBe(3);
        expect(page.asked(READINESS)).toEqual({});
    });

    /** Answer without the providers; when they are asked, note what is shown by then and answer with `status` and `body`. */
    function openInTwoSteps(status, body, checks = CHECKS) {
        const seen = {asked: 0};
        serve(checks);
        const local = page.replies['GET ' + READINESS][1];
        delete page.replies['GET ' + READINESS];
        page.server.respondWith('GET', /readiness/, function(request) {
            const isLocal = new URL(request.url, 'http://host').searchParams.get('offline') === '1';
            if (!isLocal) {
                view = page.view;
                seen.asked += 1;
                seen.state = view.$('.proctoring-desk__state').text();
                seen.isBusy = view.panel.$el.attr('aria-busy') === 'true';
                seen.names = names();
                seen.notice = view.$('.js-notice').text();
                seen.noErrors = view.$('.js-chip[data-value="error"]').prop('hidden');
            }
            request.respond(isLocal ? 200 : status, {'Content-Type': 'application/json'}, JSON.stringify(isLocal ? local : body || local));
        });
        view = page.open('?pd=readiness');
        return seen;
    }

    // @contract staff-desk#readiness
    it('shows what is known without the providers before they have answered', function() {
        const seen = openInTwoSteps(200);
        expect(seen.names).toEqual(['Due date', 'Results that were not delivered', 'Prerequisites']);
        expect(seen.noErrors).toBe(true);
        expect(seen.notice).toBe('Asking the providers…');
        expect(names()[0]).toBe('The provider answers');
        expect(view.$('.js-chip[data-value="error"] .js-chip-count').text()).toBe('1');
        expect(view.$('.js-notice').text()).toBe('');
    });

    // @contract staff-desk#readiness
    it('keeps what is known without the providers when asking them fails', function() {
        openInTwoSteps(500, page.problem(500, 'internal_error'));
        expect(names()).toEqual(['Due date', 'Results that were not delivered', 'Prerequisites']);
        expect(view.$('.js-notice').text()).toContain('Reason of internal_error.');
    });

    const LOCAL = [check('exam_limit', 'ok'), check('provider_reachable', 'unknown')];

    // @contract staff-desk#readiness
    it('does not say that all is in order before the providers have answered', function() {
        const seen = openInTwoSteps(500, page.problem(500, 'internal_error'), LOCAL);
        expect(seen.state).toContain('No problem found so far; the providers have not answered yet.');
        expect(seen.isBusy).toBe(true);
        const state = view.$('.proctoring-desk__state').text();
        expect(state).toContain('No problem found so far');
        expect(state).not.toContain('All checks passed.');
        expect(view.$('.js-notice').text()).toBe('The providers could not be asked: Reason of internal_error.');
    });

    /** The providers are asked, and do not answer. */
    function openWhileAsking() {
        const {Client} = edx.instructor_dashboard.proctoring.desk;
        const {get} = Client.prototype;
        spyOn(Client.prototype, 'get').and.callFake(function(path, query, ...rest) {
            return path === READINESS && !query.offline ? $.Deferred().promise() : get.call(this, path, query, ...rest);
        });
        open('', LOCAL);
    }

    it('announces that the providers are asked, and the number of checks only when they have answered', function() {
        openWhileAsking();
        expect(page.said()).toBe('Asking the providers…');
    });

    // @contract staff-desk#requests
    it('asks the providers again after a gateway has failed', function() {
        const seen = openInTwoSteps(503, {}, LOCAL);
        [2000, 4000, 8000].forEach(function(pause) {
            jasmine.clock().tick(pause);
            page.respond();
        });
        expect(seen.asked).toBe(4);
        expect(view.$('.js-notice').text()).toContain('The providers could not be asked:');
    });

    it('says that the providers take longer than usual', function() {
        openWhileAsking();
        jasmine.clock().tick(10100);
        expect(view.$('.js-notice').text()).toContain('Still loading the list.');
        expect(view.panel.$el.attr('aria-busy')).toBe('true');
    });

    // @contract staff-desk#readiness
    it('waits without an alarm while the providers are already being asked', function() {
        const seen = openInTwoSteps(409, page.problem(409, 'already_running'), LOCAL);
        [1, 2].forEach(function() {
            jasmine.clock().tick(3100);
            page.respond();
        });
        expect(seen.asked).toBe(3);
        expect(view.$('.js-notice').text()).toBe('Asking the providers…');
        expect(view.$('> .js-alert').text()).toBe('');
        expect(view.panel.$el.attr('aria-busy')).toBe('true');
        page.store.open('attempts');
        jasmine.clock().tick(10000);
        page.respond();
        expect(seen.asked).toBe(3);
    });

    it('leads from refused reviews to those that were received', function() {
        open('', [check('inbox_refused', 'warning', {subject: {kind: 'course', id: page.COURSE, name: page.COURSE}})]);
        view.$('tbody .js-menu').trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        expect(page.store.get('panel')).toBe('inbox');
    });

    it('asks once where the providers are left alone', function() {
        open('&pd.offline=true');
        expect(page.requests(READINESS).length).toBe(1);
        expect(names().length).toBe(4);
    });

    it('leads to the panel where something can be done', function() {
        open();
        expect(view.$('tbody .js-menu').length).toBe(1);
        view.$('tbody .js-menu').trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        expect(page.store.get('panel')).toBe('problems');
    });

    // @contract staff-desk#readiness
    it('waits while a colleague checks', function() {
        page.serve('GET', READINESS, 409, page.problem(409, 'already_running'));
        view = page.open('?pd=readiness');
        expect(view.$('.proctoring-desk__state').text()).toContain('Reason of already_running.');
        serve(CHECKS);
        jasmine.clock().tick(3100);
        page.respond();
        expect(names().length).toBe(4);
    });

    it('says that the connection is cut, after it was tried again', function() {
        page.server.respondWith('GET', /readiness/, (request) => request.error());
        view = page.open('?pd=readiness');
        [2000, 4000, 8000].forEach(function(pause) {
            jasmine.clock().tick(pause);
            page.respond();
        });
        expect(page.requests(READINESS).length).toBe(4);
        expect(view.$('.proctoring-desk__state').text()).toContain('The server cannot be reached.');
        expect(view.$('.js-retry').length).toBe(1);
    });

    it('says why it failed, and does not go on by itself', function() {
        page.serve('GET', READINESS, 500, page.problem(500, 'internal_error'));
        view = page.open('?pd=readiness');
        expect(view.$('.proctoring-desk__state').text()).toContain('request-77');
        jasmine.clock().tick(200000);
        expect(page.requests(READINESS).length).toBe(1);
        serve(CHECKS);
        view.$('.js-retry').trigger('click');
        page.respond();
        expect(names().length).toBe(4);
    });
});
