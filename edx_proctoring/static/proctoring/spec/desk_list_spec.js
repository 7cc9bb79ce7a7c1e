describe('A list of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const LIST = 'courses/' + page.COURSE + '/attempts';
    let view;

    function rowNames() {
        return view.$('tbody .js-open').map(function() { return $(this).text(); }).get();
    }

    function fill(rows, more, search, settings) {
        page.serveAttempts(rows, more);
        view = page.open(search, settings);
        return view;
    }

    // @contract staff-desk#lists staff-desk#attempts
    it('shows the rows and how many match', function() {
        fill([page.attempt(1), page.attempt(2)], {count: 812, num_pages: 33, current_page: 2, start: 25});
        expect(rowNames()).toEqual(['user1', 'user2']);
        expect(view.$('.js-count').text()).toBe('812 attempts, 26–27 shown');
        expect(view.$('.js-page[aria-current="page"]').text()).toContain('2');
        expect(page.said()).toBe('812 attempts, 26–27 shown');
    });

    it('escapes what learners and providers wrote', function() {
        fill([page.attempt(1, {
            user: {id: 1, username: '<b>x</b>', email: '"><i>', full_name: '<script>'},
            review: {review_status: '<u>bad</u>', is_passing: false, received_at: null, reviewed_by: null}
        })]);
        expect(view.$('tbody').find('b, i, u, script').length).toBe(0);
        expect(view.$('tbody').text()).toContain('<u>bad</u>');
    });

    // @contract staff-desk#address
    it('asks for what the address says', function() {
        fill([], {}, '?pd=attempts&pd.exam=3&pd.status=error,started&pd.search=ann&pd.order=-started_at&pd.page=2&pd.size=50&pd.from=2026-03-01&pd.to=2026-03-01');
        const asked = page.asked();
        expect(_.omit(asked, 'started_after', 'started_before')).toEqual({
            exam: '3', status: 'error,started', search: 'ann', ordering: '-started_at', page: '2', page_size: '50'
        });
        expect(new Date(asked.started_before) - new Date(asked.started_after)).toBe(24 * 3600 * 1000);
        expect(view.$('.js-search').val()).toBe('ann');
        expect(view.$('.js-exam').val()).toBe('3');
    });

    // @contract staff-desk#address
    it('leaves out what it does not know, and says so', function() {
        fill([page.attempt(1)], {}, '?keep=1&pd=attempts&pd.exam=99&pd.status=strated&pd.size=7&pd.page=x&pd.colour=red&pd.search=ann');
        expect(page.asked()).toEqual({search: 'ann', page_size: '25'});
        expect(view.$('.js-banners').text()).toMatch(/exam, status, size, page, colour/);
        expect(page.window.location.search).toBe('?keep=1&pd=attempts&pd.search=ann');
    });

    it('filters when a status is pressed, and back at page 1', function() {
        page.serve('GET', 'courses/' + page.COURSE + '/exams', 200, page.list([
            {id: 3, type: 'proctored', counts: {error: 2, started: 1}}, {id: 4, type: 'timed', counts: {error: 5}}
        ]));
        fill([page.attempt(1)], {}, '?pd.page=3');
        const $chip = view.$('.js-chip[data-value="error"]');
        expect($chip.find('.js-chip-count').text()).toBe('7');
        expect(view.$('.js-chip[data-value="verified"]').prop('hidden')).toBe(true);
        $chip.trigger('click');
        page.respond();
        expect(page.asked()).toEqual({status: 'error', page_size: '25'});
        expect($chip.attr('aria-pressed')).toBe('true');
        $chip.trigger('click');
        page.respond();
        expect(page.asked()).toEqual({page_size: '25'});
    });

    it('counts the chosen exam only', function() {
        page.serve('GET', 'courses/' + page.COURSE + '/exams', 200, page.list([
            {id: 3, type: 'proctored', counts: {error: 2}}, {id: 4, type: 'timed', counts: {error: 5}}
        ]));
        fill([page.attempt(1)], {}, '?pd.exam=3');
        expect(view.$('.js-chip[data-value="error"] .js-chip-count').text()).toBe('2');
    });

    // @contract staff-desk#lists
    it('searches while a person types, at Enter, and clears at Escape', function() {
        fill([page.attempt(1)]);
        const $search = view.$('.js-search');
        page.type($search, 'an');
        jasmine.clock().tick(199);
        page.type($search, 'ann');
        jasmine.clock().tick(199);
        expect(page.requests(LIST).length).toBe(1);
        jasmine.clock().tick(1);
        page.respond();
        expect(page.asked().search).toBe('ann');
        expect(page.requests(LIST).length).toBe(2);
        page.type($search, 'anna');
        view.$('.js-filters').trigger('submit');
        page.respond();
        expect(page.asked().search).toBe('anna');
        page.press($search, 'Escape');
        page.respond();
        expect(page.asked().search).toBeUndefined();
        expect($search.val()).toBe('');
        expect(page.window.steps()).toBe(1);
    });

    // @contract staff-desk#requests
    it('shows nothing of a search that another one has replaced', function() {
        fill([page.attempt(1)]);
        page.type(view.$('.js-search'), 'an');
        jasmine.clock().tick(200);
        page.type(view.$('.js-search'), 'ann');
        jasmine.clock().tick(200);
        const [, first, second] = page.requests(LIST);
        expect(first.aborted).toBe(true);
        page.serveAttempts([page.attempt(2)]);
        page.respond();
        expect(second.status).toBe(200);
        expect(view.$('tbody tr').length).toBe(1);
        expect(view.$('tbody').text()).toContain('user2');
    });

    it('asks for the counts when the list has come, so that they do not delay it', function() {
        fill([page.attempt(1)]);
        const urls = page.server.requests.map((request) => decodeURIComponent(request.url).split('?')[0]);
        expect(urls.indexOf(page.ROOT + 'courses/' + page.COURSE + '/exams')).toBeGreaterThan(urls.indexOf(page.ROOT + LIST));
    });

    it('sorts both ways and says so', function() {
        fill([page.attempt(1)]);
        view.$('.js-sort[data-sort="username"]').trigger('click');
        page.respond();
        expect(page.asked().ordering).toBe('username');
        expect(view.$('th[aria-sort="ascending"]').text()).toContain('Learner');
        view.$('.js-sort[data-sort="username"]').trigger('click');
        page.respond();
        expect(page.asked().ordering).toBe('-username');
        expect(view.$('th[aria-sort="descending"]').length).toBe(1);
    });

    it('opens pages with addresses of their own', function() {
        fill([page.attempt(1)], {count: 1000, num_pages: 40, current_page: 20, start: 475}, '?pd.page=20');
        expect(view.$('.js-page').map(function() { return $(this).attr('data-page'); }).get())
            .toEqual(['19', '1', '18', '19', '20', '21', '22', '40', '21']);
        expect(view.$('.js-page[data-page="40"]').attr('href')).toBe('/instructor?pd.page=40#view-special_exams');
        view.$('.js-go-page').val('300');
        view.$('.js-go').trigger('submit');
        page.respond();
        expect(page.asked().page).toBe('40');
        page.window.back();
        page.respond();
        expect(page.asked().page).toBe('20');
    });

    it('goes to the first page when the list has become shorter', function() {
        page.serveAttempts([page.attempt(1)]);
        page.server.respondWith('GET', new RegExp('/attempts\\?.*page=9'), json(404, page.problem(404, 'not_found')));
        view = page.open('?pd.page=9');
        expect(rowNames()).toEqual(['user1']);
        expect(page.window.location.search).toBe('');
    });

    it('remembers how many rows a page has', function() {
        fill([page.attempt(1)]);
        view.$('.js-size').val('100').trigger('change');
        page.respond();
        expect(page.asked().page_size).toBe('100');
        view.remove();
        fill([page.attempt(1)]);
        expect(page.asked().page_size).toBe('100');
    });

    // @contract staff-desk#attempts
    it('links files of the filtered list', function() {
        fill([page.attempt(1)], {}, '?pd.status=error&pd.page=1&pd.order=username');
        expect(view.$('.proctoring-desk__files a').map(function() { return decodeURIComponent($(this).attr('href')); }).get()).toEqual([
            '/api/edx_proctoring/v2/courses/' + page.COURSE + '/exports/attempts.csv?status=error',
            '/api/edx_proctoring/v2/courses/' + page.COURSE + '/exports/attempts.jsonl?status=error'
        ]);
    });

    describe('in each of its states', function() {
        it('shows bones after a moment', function() {
            page.serveAttempts([page.attempt(1)]);
            page.window = null;
            const silent = page.replies['GET ' + LIST];
            delete page.replies['GET ' + LIST];
            page.server.autoRespond = false;
            view = page.open();
            view.panel.refresh();
            jasmine.clock().tick(299);
            expect(view.$('.proctoring-desk__skeleton').length).toBe(0);
            jasmine.clock().tick(1);
            expect(view.$('.proctoring-desk__skeleton').length).toBe(1);
            expect(view.panel.$el.attr('aria-busy')).toBe('true');
            jasmine.clock().tick(10000);
            expect(view.$('.js-notice').text()).toMatch(/longer than usual/);
            page.replies['GET ' + LIST] = silent;
            page.respond();
            expect(view.$('.proctoring-desk__skeleton').length).toBe(0);
            expect(view.panel.$el.attr('aria-busy')).toBeUndefined();
            expect(view.$('.js-notice').text()).toBe('');
        });

        it('says what will be here when it is empty', function() {
            fill([]);
            expect(view.$('.proctoring-desk__state').text()).toMatch(/No learner has started/);
            expect(view.$('.proctoring-desk__state .js-clear').length).toBe(0);
        });

        it('says which filters nothing matches, and clears them', function() {
            fill([], {}, '?pd.status=error,started&pd.needs_review=true');
            expect(view.$('.proctoring-desk__state li').map(function() { return $(this).text(); }).get())
                .toEqual(['Waiting for a decision', 'Status: Started, Error']);
            view.$('.proctoring-desk__state .js-clear').trigger('click');
            page.respond();
            expect(page.asked()).toEqual({page_size: '25'});
        });

        // @contract staff-desk#lists
        it('says why it failed, with the request, and tries again', function() {
            page.serve('GET', LIST, 500, page.problem(500, 'internal_error'));
            view = page.open();
            expect(view.$('.proctoring-desk__state').text()).toMatch(/Reason of internal_error/);
            expect(view.$('.proctoring-desk__state').text()).toMatch(/request-77/);
            page.serveAttempts([page.attempt(1)]);
            view.$('.js-retry').trigger('click');
            page.respond();
            expect(rowNames()).toEqual(['user1']);
        });

        // @contract staff-desk#lists
        it('keeps the old rows when a refresh fails, and tries again with longer pauses', function() {
            fill([page.attempt(1)]);
            page.serve('GET', LIST, 500, page.problem(500, 'internal_error'));
            jasmine.clock().tick(60000);
            page.respond();
            expect(rowNames()).toEqual(['user1']);
            expect(view.$('.js-notice').text()).toMatch(/could not be refreshed: Reason of internal_error/);
            [15, 30, 60, 120, 120].forEach(function(seconds) {
                const before = page.requests(LIST).length;
                jasmine.clock().tick((seconds * 1000) - 1);
                page.respond();
                expect(page.requests(LIST).length).toBe(before);
                jasmine.clock().tick(1);
                page.respond();
                expect(page.requests(LIST).length).toBe(before + 1);
            });
            page.serveAttempts([page.attempt(1)]);
            jasmine.clock().tick(120000);
            page.respond();
            expect(view.$('.js-notice').text()).toBe('');
        });

        it('offers nothing to a person who is no longer staff', function() {
            fill([page.attempt(1)]);
            page.serve('GET', LIST, 403, page.problem(403, 'staff_required'));
            view.$('.js-refresh').trigger('click');
            page.respond();
            expect(view.$('.proctoring-desk__state').text()).toMatch(/no longer staff/);
            expect(view.$('.js-retry').length).toBe(0);
            expect(rowNames()).toEqual([]);
            const before = page.requests(LIST).length;
            jasmine.clock().tick(600000);
            expect(page.requests(LIST).length).toBe(before);
        });
    });

    describe('that refreshes itself', function() {
        // @contract staff-desk#lists
        it('marks rows that changed and counts them politely', function() {
            fill([page.attempt(1), page.attempt(2)]);
            page.serveAttempts([page.attempt(1, {time_remaining_seconds: 3940}), page.attempt(2, {status: 'submitted'})]);
            jasmine.clock().tick(60000);
            page.respond();
            expect(view.$('tr.is-changed').map(function() { return $(this).attr('data-key'); }).get()).toEqual(['2']);
            expect(view.$('tr.is-changed').text()).toContain('changed');
            expect(page.said()).toBe('1 row changed');
        });

        // @contract staff-desk#lists
        it('keeps the focus', function() {
            fill([page.attempt(1), page.attempt(2)]);
            view.$('.js-menu').eq(1).trigger('focus');
            page.serveAttempts([page.attempt(3), page.attempt(2, {status: 'submitted'})]);
            jasmine.clock().tick(60000);
            page.respond();
            expect($(document.activeElement).attr('data-focus-key')).toBe('menu-2');
            page.serveAttempts([page.attempt(3)]);
            jasmine.clock().tick(60000);
            page.respond();
            expect($(document.activeElement).hasClass('js-heading')).toBe(true);
        });

        // @contract staff-desk#lists
        it('waits while a menu or a dialog is open', function() {
            fill([page.attempt(1)]);
            view.$('.js-menu').trigger('click');
            jasmine.clock().tick(180000);
            expect(page.requests(LIST).length).toBe(1);
            edx.instructor_dashboard.proctoring.desk.menu.close(true);
            jasmine.clock().tick(60000);
            expect(page.requests(LIST).length).toBe(2);
        });

        // @contract staff-desk#lists
        it('stops when that is switched off, also the next time', function() {
            fill([page.attempt(1)]);
            view.$('.js-automatic').trigger('click');
            expect(view.$('.js-automatic').attr('aria-pressed')).toBe('false');
            jasmine.clock().tick(600000);
            expect(page.requests(LIST).length).toBe(1);
            view.remove();
            fill([page.attempt(1)]);
            expect(view.$('.js-automatic').attr('aria-pressed')).toBe('false');
        });

        it('asks again when a panel below it has changed something', function() {
            fill([page.attempt(1)]);
            page.serveAttempts([]);
            $(document).trigger('proctoring:changed');
            page.respond();
            expect(rowNames()).toEqual([]);
        });

        it('asks nothing after it was left', function() {
            fill([page.attempt(1)]);
            view.remove();
            page.view = null;
            jasmine.clock().tick(600000);
            expect(page.requests(LIST).length).toBe(1);
        });
    });

    describe('while a person works on it', function() {
        // @contract staff-desk#lists
        it('keeps text that is being typed when something else is chosen', function() {
            fill([page.attempt(1)]);
            page.type(view.$('.js-search'), 'ann');
            view.$('[data-filter="needs_review"]').prop('checked', true).trigger('change');
            page.respond();
            expect(view.$('.js-search').val()).toBe('ann');
            expect(page.asked()).toEqual({search: 'ann', needs_review: 'true', page_size: '25'});
        });

        // @contract staff-desk#lists
        it('keeps text that is being typed when it refreshes', function() {
            fill([page.attempt(1)]);
            page.type(view.$('.js-search'), 'ann');
            view.panel.refresh(true);
            page.respond();
            expect(view.$('.js-search').val()).toBe('ann');
            jasmine.clock().tick(200);
            page.respond();
            expect(page.asked().search).toBe('ann');
        });

        it('shows the search of the address after Back', function() {
            fill([page.attempt(1)], {count: 60, num_pages: 3}, '?pd.search=ann');
            view.$('.js-search').trigger('focus');
            view.panel.setFilters({search: ''});
            view.panel.goTo(2);
            view.panel.setFilters({search: 'ben'});
            page.window.back();
            page.respond();
            expect(view.$('.js-search').val()).toBe('');
        });

        // @contract staff-desk#jobs
        it('lets go of the selection when another exam is chosen, and says so', function() {
            fill([page.attempt(1)]);
            view.$('.js-select').prop('checked', true).trigger('change');
            const said = spyOn(view.context, 'say').and.callThrough();
            view.$('.js-exam').val('3').trigger('change');
            expect(view.panel.selection.size()).toBe(0);
            expect(said.calls.first().args[0]).toMatch(/selection was cleared/);
        });

        // @contract staff-desk#jobs
        it('lets go of the selection when Back shows other rows', function() {
            fill([page.attempt(1)]);
            view.$('.js-exam').val('3').trigger('change');
            page.respond();
            view.$('.js-select').prop('checked', true).trigger('change');
            expect(view.panel.selection.size()).toBe(1);
            page.window.back();
            page.respond();
            expect(view.panel.selection.size()).toBe(0);
        });

        it('keeps the selection on another page', function() {
            fill([page.attempt(1)], {count: 30, num_pages: 2});
            view.$('.js-select').prop('checked', true).trigger('change');
            view.panel.goTo(2);
            page.respond();
            expect(view.panel.selection.size()).toBe(1);
        });

        it('takes clicks while another page is on its way', function() {
            fill([page.attempt(1), page.attempt(2)], {count: 30, num_pages: 2});
            view.$('.js-select').first().prop('checked', true).trigger('change');
            delete page.replies['GET ' + LIST];
            view.panel.goTo(2);
            view.$('.js-menu').first().trigger('click');
            expect(view.$('[role="menuitem"]').length).toBeGreaterThan(0);
            edx.instructor_dashboard.proctoring.desk.menu.close(false);
            jasmine.clock().tick(300);
            expect(view.$('.proctoring-desk__skeleton').length).toBe(1);
            expect(view.$('.js-bulk-bar').text()).toContain('1 selected');
            view.panel.replaceRow(1, null);
            view.$('.js-release').trigger('click');
            expect(view.panel.selection.size()).toBe(0);
        });
    });

    describe('that was refused', function() {
        [
            ['not_authenticated', /You are logged out/], ['csrf_failed', /security token has expired/]
        ].forEach(function([code, sentence]) {
            // @contract staff-desk#lists
            it('for ' + code + ' keeps the rows and can be asked for again', function() {
                fill([page.attempt(1)]);
                page.serve('GET', LIST, 403, page.problem(403, code));
                view.$('.js-refresh').trigger('click');
                page.respond();
                expect(rowNames()).toEqual(['user1']);
                expect(view.$('.js-notice').text()).toMatch(sentence);
                page.serveAttempts([page.attempt(2)]);
                view.$('.js-refresh').trigger('click');
                page.respond();
                expect(rowNames()).toEqual(['user2']);
            });

            it('for ' + code + ' at first offers to try again', function() {
                page.serve('GET', LIST, 403, page.problem(403, code));
                view = page.open();
                expect(view.$('.proctoring-desk__state').text()).toMatch(sentence);
                expect(view.$('.js-retry').length).toBe(1);
            });
        });

        // @contract staff-desk#lists
        it('for another reason says that reason', function() {
            page.serve('GET', LIST, 403, page.problem(403, 'feature_off'));
            view = page.open();
            expect(view.$('.proctoring-desk__state').text()).toMatch(/Reason of feature_off/);
            expect(view.$('.proctoring-desk__state').text()).not.toMatch(/staff/);
        });
    });

    describe('beside others', function() {
        // @contract staff-desk#address
        it('is linked with the chosen exam, without the filters of this one', function() {
            fill([page.attempt(1)], {}, '?keep=1&pd.status=error&pd.page=2');
            const href = (name) => view.$('.js-panel[data-panel="' + name + '"]').attr('href');
            expect(href('reviews')).toBe('/instructor?keep=1&pd=reviews#view-special_exams');
            view.$('.js-exam').val('3').trigger('change');
            expect(href('reviews')).toBe('/instructor?keep=1&pd.exam=3&pd=reviews#view-special_exams');
        });
    });
});
