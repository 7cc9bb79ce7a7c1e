describe('The allowances on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    const LIST = 'courses/' + page.COURSE + '/allowances';
    let view;

    function allowance(id, more) {
        return {
            id: id, exam: {id: 3, name: 'Midterm', type: 'proctored'},
            user: {id: 40 + id, username: 'user' + id, email: 'user' + id + '@x.org', full_name: 'User ' + id},
            type: 'additional_time_granted', value: '30', total_minutes: 120, granted_by: {id: 1, username: 'stan'},
            granted_at: '2026-03-01T13:00:00Z', change_id: 70 + id, modified_at: '2026-03-01T13:00:00Z',
            running_attempt_id: null, ...more
        };
    }

    function open(rows, search) {
        page.serve('GET', LIST, 200, page.list(rows));
        view = page.open('?pd=allowances' + (search || ''));
        return view;
    }

    function choose(label) {
        view.$('.js-menu').first().trigger('click');
        view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; }).trigger('click');
        page.respond();
    }

    function submit() {
        view.$('dialog form').trigger('submit');
        page.respond();
    }

    function body(path, method) {
        const all = page.requests(path, method);
        return JSON.parse(all[all.length - 1].requestBody);
    }

    function job(rows, more) {
        const count = (state) => rows.filter((one) => one.status === state).length;
        return {
            code: 'c0de', kind: 'allowances', state: 'done', total: rows.length, done: count('created') + count('updated'),
            skipped: count('unchanged'), failed: count('failed'), rows: rows, ...more
        };
    }

    function row(position, status, more) {
        return {
            position: position, status: status, result: {running_attempt_id: null},
            error: status === 'failed' ? {code: 'user_not_found', detail: 'No user has this name.'} : null, ...more
        };
    }

    // @contract staff-desk#allowances
    it('are listed with what they give and who gave them', function() {
        open([allowance(1), allowance(2, {running_attempt_id: 9, granted_by: null, change_id: null})]);
        const text = view.$('tbody').text();
        expect(text).toContain('120 minutes in total');
        expect(text).toContain('by stan');
        // As the panel below calls it.
        expect(text).toContain('Additional Time (minutes)');
        expect(text).toContain('In the exam now: the clock does not change');
        expect(view.$('.js-count').text()).toBe('2 allowances');
    });

    it('ask for what the filters say', function() {
        open([], '&pd.exam=3&pd.type=review_policy_exception&pd.running=true&pd.search=ann&pd.order=-value');
        expect(page.asked(LIST)).toEqual({
            exam: '3', type: 'review_policy_exception', running: 'true', search: 'ann', ordering: '-value', page_size: '25'
        });
    });

    it('are changed in a dialog that keeps what was refused', function() {
        open([allowance(1)]);
        choose('Change');
        page.type(view.$('dialog [name="value"]'), 'much');
        page.serve('PATCH', 'allowances/1', 422, page.problem(422, 'invalid_allowance', {
            errors: [{field: 'value', message: 'Enter whole minutes.'}]
        }));
        submit();
        expect(body('allowances/1', 'PATCH')).toEqual({value: 'much'});
        expect(view.$('dialog [name="value"]').val()).toBe('much');
        expect(view.$('dialog .js-error:not([hidden])').text()).toBe('Enter whole minutes.');
        view.$('dialog [name="type"]').val('time_multiplier');
        page.type(view.$('dialog [name="value"]'), '1.5');
        page.serve('PATCH', 'allowances/1', 200, allowance(1, {value: '45'}));
        submit();
        expect(body('allowances/1', 'PATCH')).toEqual({type: 'time_multiplier', value: '1.5'});
        expect(view.$('dialog').length).toBe(0);
        expect(page.said()).toContain('was changed');
    });

    // @contract staff-desk#allowances
    it('are removed, and restored by Undo', function() {
        open([allowance(1)]);
        page.serve('DELETE', 'allowances/1', 204, '', {'X-Proctoring-Change': '88'});
        page.serve('GET', LIST, 200, page.list([]));
        choose('Remove');
        expect(document.activeElement.textContent).toBe('Undo');
        page.serve('POST', 'allowance-changes/88/undo', 200, {before: null, after: '30', undone: true});
        page.serve('GET', LIST, 200, page.list([allowance(1)]));
        view.$('.js-undo button').trigger('click');
        page.respond();
        expect(page.said()).toContain('the value is 30');
        expect(view.$('.js-undo').length).toBe(0);
        expect(view.$('tbody tr').length).toBe(1);
    });

    it('say why a change cannot be undone', function() {
        open([allowance(1)]);
        page.serve('POST', 'allowance-changes/71/undo', 409, page.problem(409, 'changed_since'));
        choose('Undo the last change');
        jasmine.clock().tick(1500);
        expect(view.$('[role="alert"]').text()).toContain('Reason of changed_since.');
        expect(view.$('.js-banners').text()).toContain('Reason of changed_since.');
        expect(page.requests(LIST).length).toBe(2);
    });

    describe('when they are added', function() {
        function openAdd(rows) {
            open(rows || []);
            view.$('.js-tool[data-tool="add"]').trigger('click');
            page.type(view.$('dialog [name="learners"]'), 'ann\nben,\tnobody; ann');
            page.type(view.$('dialog [name="value"]'), '15');
        }

        it('names may come from a spreadsheet', function() {
            expect(desk.namesIn('ann\r\nben\tcem;dia, ann\n\n')).toEqual(['ann', 'ben', 'cem', 'dia']);
        });

        // @contract staff-desk#allowances
        it('the server says before what would happen', function() {
            openAdd();
            page.serve('POST', LIST, 200, job([
                row(0, 'created', {result: {running_attempt_id: 5}}),
                row(1, 'unchanged', {result: {running_attempt_id: null, warnings: ['not_enrolled']}}),
                row(2, 'failed')
            ], {code: null, dry_run: true}));
            jasmine.clock().tick(700);
            page.respond();
            expect(body(LIST, 'POST')).toEqual({
                exam_ids: [3], learners: ['ann', 'ben', 'nobody'], type: 'additional_time_granted', value: '15', dry_run: true
            });
            expect(page.requests(LIST, 'POST').length).toBe(1);
            const lines = view.$('dialog .js-preview p').map(function() { return $(this).text(); }).get();
            expect(lines).toEqual([
                'nobody: No user has this name.',
                '1 allowance changes.',
                '1 is already as requested.',
                'Not enrolled in the course: ben.',
                'In the exam now, so their clock does not change: ann.'
            ]);
        });

        // @contract staff-desk#allowances
        it('who was not given it stays in the field', function() {
            openAdd();
            page.serve('POST', LIST, 202, job([row(0, 'created'), row(1, 'created'), row(2, 'failed')], {state: 'running'}));
            page.serve('POST', 'jobs/c0de/work', 200, job([row(0, 'created'), row(1, 'created'), row(2, 'failed')]));
            page.serve('GET', 'jobs/c0de/rows', 200, page.list([row(2, 'failed')]));
            submit();
            expect(page.requests('jobs/c0de/work', 'POST').length).toBe(1);
            expect(view.$('dialog').length).toBe(1);
            expect(view.$('dialog [name="learners"]').val()).toBe('nobody');
            expect(view.$('dialog [name="value"]').val()).toBe('15');
            expect(view.$('dialog').text()).toContain('nobody: No user has this name.');
        });

        // @contract staff-desk#allowances
        it('nobody is lost who was not given it, however many they are', function() {
            openAdd();
            page.type(view.$('dialog [name="learners"]'), _.range(101).map((n) => 'no' + n).join(','));
            page.serve('POST', LIST, 200, job(_.range(101).map((n) => row(n, 'failed')), {rows: []}));
            page.server.respondWith('GET', /rows.*page=1.*failed/, json(200, page.list(_.range(100).map((n) => row(n, 'failed')), {num_pages: 2})));
            page.server.respondWith('GET', /rows.*page=2.*failed/, json(200, page.list([row(100, 'failed')], {num_pages: 2})));
            page.server.respondWith('GET', /rows.*done/, json(200, page.list([])));
            submit();
            expect(view.$('dialog [name="learners"]').val().split('\n').length).toBe(101);
        });

        it('nothing is asked any more when the dialog was closed', function() {
            openAdd();
            view.$('dialog .js-close').first().trigger('click');
            jasmine.clock().tick(5000);
            expect(page.requests(LIST, 'POST').length).toBe(0);
        });

        it('it is said what was done', function() {
            openAdd();
            page.serve('POST', LIST, 200, job([row(0, 'created'), row(1, 'created'), row(2, 'created')]));
            page.serve('GET', 'jobs/c0de/rows', 200, page.list([]));
            submit();
            expect(view.$('dialog').length).toBe(0);
            expect(view.$('.js-undo').text()).toContain('3 allowances change.');
        });
    });

    describe('from a file', function() {
        const BULK = LIST + '/bulk';

        /** Browsers do not let scripts choose files. */
        function pick(text, name) {
            const $field = view.$('dialog [name="file"]');
            Object.defineProperty($field[0], 'files', {configurable: true, value: [new window.File([text], name || 'a.csv')]});
            $field.trigger('change');
            page.respond();
        }

        function openFile() {
            open([]);
            view.$('.js-tool[data-tool="file"]').trigger('click');
            page.respond();
        }

        function sent() {
            return page.requests(BULK, 'POST').map((request) => request.requestBody);
        }

        // @contract staff-desk#allowances-file
        it('are shown line by line before anything is changed', function() {
            openFile();
            page.serve('POST', BULK, 200, job([row(0, 'created', {line: 2}), row(1, 'failed', {line: 3})], {code: null, dry_run: true}));
            pick('learner,exam');
            expect(sent()[0].get('dry_run')).toBe('true');
            expect(sent()[0].get('file').name).toBe('a.csv');
            expect(page.requests(BULK, 'POST')[0].requestHeaders['Content-Type']).not.toMatch(/json/);
            expect(view.$('dialog .js-preview p').map(function() { return $(this).text(); }).get())
                .toEqual(['Line 3: No user has this name.', '1 allowance changes.']);
            expect(view.$('dialog .js-submit').text()).toBe('Carry out 1 change');
            page.serve('POST', BULK, 200, job([row(0, 'created', {line: 2}), row(1, 'failed', {line: 3})]));
            page.serve('GET', 'jobs/c0de/rows', 200, page.list([row(1, 'failed', {line: 3, user: null})]));
            submit();
            expect(sent()[1].get('dry_run')).toBe('false');
            expect(view.$('dialog li').text()).toBe('Line 3 No user has this name.');
        });

        // @contract staff-desk#allowances-file
        it('that cannot be read are refused with the reason', function() {
            openFile();
            page.serve('POST', BULK, 422, page.problem(422, 'bad_file', {errors: [{field: 'file', message: 'Line 1 names no columns.', line: 1}]}));
            pick('nonsense');
            expect(view.$('dialog .js-refusal').text()).toContain('Reason of bad_file.');
            expect(view.$('dialog .js-error:not([hidden])').text()).toBe('Line 1 names no columns.');
            page.serve('POST', BULK, 200, job([row(0, 'created', {line: 2})], {code: null, dry_run: true}));
            pick('better', 'b.csv');
            expect(view.$('dialog .js-refusal').prop('hidden')).toBe(true);
        });

        it('have a sample', function() {
            openFile();
            const sample = decodeURIComponent(view.$('dialog a[download]').attr('href'));
            expect(sample).toContain('learner,exam,type,value,action\r\nann,"Midterm",additional_time_granted,30,set');
        });

        it('need a file', function() {
            openFile();
            submit();
            expect(view.$('.js-error[data-field="file"]').text()).toBe('This field is required.');
            expect(sent().length).toBe(0);
        });
    });
});
