describe('The overview of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const SUMMARY = 'courses/' + page.COURSE + '/summary';

    function summary(more) {
        return {
            as_of: '2026-03-01T14:03:00Z',
            exams: [{id: 3, name: '<i>Midterm</i>', type: 'proctored', by_status: {verified: 40, error: 2}, time_limit_minutes: 45, learners: 42, flagged: 3, median_minutes: 41, p90_minutes: 58, allowances: 6}],
            starts: {bucket: 'day', points: [{at: '2026-02-27T00:00:00Z', exam_id: 3, n: 12}, {at: '2026-02-27T00:00:00Z', exam_id: 4, n: 8}]},
            durations: [{exam_id: 3, bins: [{from_minutes: 40, to_minutes: 45, n: 30}, {from_minutes: 45, to_minutes: 50, n: 12}]}],
            reviews: {open: 7, decided: 120, median_hours: 20.5}, in_exam_now: 17, ...more
        };
    }

    // @contract staff-desk#overview
    it('has the numbers of each exam', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        const row = view.$('.proctoring-desk__table tbody tr').text();
        ['<i>Midterm</i>', '42', 'Verified: 40', 'Error: 2', 'Half of the learners needed at most 41 minutes.', 'Nine of ten needed at most 58 minutes.'].forEach(function(text) {
            expect(row).toContain(text);
        });
        expect(view.$('.proctoring-desk__facts').text()).toMatch(/In an exam now17.*Waiting reviews7.*20 hours/);
        expect(view.$('.js-count').text()).toBe('1 exam');
    });

    function chart(view, name) {
        return view.$('.js-chart[data-chart="' + name + '"]');
    }

    function table(view, name) {
        return chart(view, name).find('tbody tr').map(function() {
            return [$(this).children().map(function() { return $(this).text(); }).get()];
        }).get();
    }

    // @contract staff-desk#charts
    it('draws attempts by status with their numbers', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        const $chart = chart(view, 'statuses');
        expect($chart.find('.proctoring-desk__keys').text()).toMatch(/Verified: 40.*Error: 2/);
        expect($chart.find('.js-segment').map(function() { return Math.round(parseFloat(this.style.inlineSize)); }).get()).toEqual([95, 5]);
        expect(table(view, 'statuses')).toEqual([['<i>Midterm</i>', 'Verified', '40'], ['<i>Midterm</i>', 'Error', '2']]);
        expect(table(view, 'flagged')).toEqual([['<i>Midterm</i>', '3', '42', '7%']]);
    });

    // @contract staff-desk#charts
    it('adds up starts of one time', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        expect(table(view, 'starts').map((row) => row[1])).toEqual(['20']);
        expect(chart(view, 'starts').find('.js-column').attr('aria-label')).toMatch(/: 20 learners$/);
    });

    // @contract staff-desk#charts
    it('draws how long learners took beside the limit, without gaps', function() {
        page.serve('GET', SUMMARY, 200, summary({durations: [{exam_id: 3, bins: [
            {from_minutes: 30, to_minutes: 35, n: 30}, {from_minutes: 45, to_minutes: 50, n: 12}
        ]}]}));
        const view = page.open('?pd=overview');
        const $columns = chart(view, 'exam-3').find('.js-column');
        expect($columns.map(function() { return $(this).children()[0].style.blockSize; }).get()).toEqual(['100%', '0%', '0%', '40%']);
        expect($columns.map(function() { return $(this).hasClass('is-beyond'); }).get()).toEqual([false, false, false, true]);
        expect(chart(view, 'exam-3').find('figcaption').text()).toMatch(/at most 41 minutes; the time limit is 45 minutes/);
        expect(table(view, 'exam-3')).toEqual([['30 to 35 minutes', '30', 'within'], ['45 to 50 minutes', '12', 'longer']]);
    });

    function durationsOf(limit, bins) {
        const exam = {...summary().exams[0], time_limit_minutes: limit};
        return summary({exams: [exam], durations: [{exam_id: 3, bins: bins.map(([from, n]) => ({from_minutes: from, to_minutes: from + 5, n: n}))}]});
    }

    function labels(view, name) {
        return chart(view, name).find('.js-column').map(function() { return $(this).attr('aria-label'); }).get();
    }

    // @contract staff-desk#charts
    it('counts those who took all of the time as within, also of a limit inside of a bin', function() {
        page.serve('GET', SUMMARY, 200, durationsOf(45, [[40, 30]]));
        const view = page.open('?pd=overview');
        expect(chart(view, 'exam-3').find('.is-beyond').length).toBe(0);
        expect(table(view, 'exam-3')).toEqual([['40 to 45 minutes', '30', 'within']]);
        view.remove();
        page.serve('GET', SUMMARY, 200, durationsOf(47, [[45, 30], [50, 1]]));
        expect(table(page.open('?pd=overview'), 'exam-3').map((row) => row[2])).toEqual(['within', 'longer']);
    });

    // @contract staff-desk#charts
    it('adds up what is longer than twice the limit in a last column, and has it in the table', function() {
        page.serve('GET', SUMMARY, 200, durationsOf(10, [[5, 4], [15, 1], [20, 2], [1825, 1]]));
        const view = page.open('?pd=overview');
        expect(labels(view, 'exam-3')).toEqual(['5 to 10 minutes: 4 learners', '10 to 15 minutes: 0 learners', '15 to 20 minutes: 1 learner', 'longer: 3 learners']);
        expect(chart(view, 'exam-3').find('.js-column').last().hasClass('is-beyond')).toBe(true);
        expect(table(view, 'exam-3').length).toBe(4);
        expect(table(view, 'exam-3')[3]).toEqual(['1,825 to 1,830 minutes', '1', 'longer']);
    });

    [
        ['a long limit', 1500, [[0, 1], [1495, 2], [1500, 3], [1825, 1]], 7],
        ['no limit', 0, [[0, 1], [1825, 1]], 2],
        ['longer times only', 10, [[1000, 2]], 2]
    ].forEach(function([name, limit, bins, learners]) {
        // @contract staff-desk#charts
        it('has at most 60 columns and one for longer ones, and no learner is lost: ' + name, function() {
            page.serve('GET', SUMMARY, 200, durationsOf(limit, bins));
            const view = page.open('?pd=overview');
            const all = labels(view, 'exam-3');
            expect(all.length).toBeLessThan(62);
            expect(all.reduce((sum, label) => sum + Number(/: (\d+) learner/.exec(label)[1]), 0)).toBe(learners);
            // No column begins before the limit and ends after it.
            chart(view, 'exam-3').find('.js-column').each(function() {
                const [, from, to] = (/^([\d,]+) to ([\d,]+)/).exec($(this).attr('aria-label')) || [null, 'Infinity', 'Infinity'];
                const numbers = [from, to].map((text) => Number(text.replace(',', '')));
                expect($(this).hasClass('is-beyond')).toBe(numbers[0] >= limit);
                expect(numbers[0] < limit && numbers[1] > limit).toBe(false);
            });
        });
    });

    // @contract staff-desk#charts
    it('has a column for each day without starts too, and says days as they are in UTC', function() {
        page.serve('GET', SUMMARY, 200, summary({starts: {bucket: 'day', points: [
            {at: '2026-03-01T00:00:00Z', exam_id: 3, n: 2}, {at: '2026-02-26T00:00:00Z', exam_id: 3, n: 1}
        ]}}));
        const view = page.open('?pd=overview');
        expect(labels(view, 'starts')).toEqual(['Feb 26, 2026: 1 learner', 'Feb 27, 2026: 0 learners', 'Feb 28, 2026: 0 learners', 'Mar 1, 2026: 2 learners']);
        expect(table(view, 'starts')).toEqual([['Feb 26, 2026', '1'], ['Mar 1, 2026', '2']]);
        view.remove();
        page.serve('GET', SUMMARY, 200, summary({starts: {bucket: 'week', points: [
            {at: '2026-02-23T00:00:00Z', exam_id: 3, n: 2}, {at: '2026-03-09T00:00:00Z', exam_id: 3, n: 1}
        ]}}));
        expect(labels(page.open('?pd=overview'), 'starts').length).toBe(3);
    });

    [
        ['day', 60, 60, 'Jan 1, 2026', 'Mar 1, 2026'],
        ['day', 61, 31, 'Jan 1, 2026 – Jan 2, 2026', 'Mar 2, 2026'],
        ['day', 366, 53, 'Jan 1, 2026 – Jan 7, 2026', 'Dec 31, 2026 – Jan 1, 2027'],
        ['week', 366, 53, 'Jan 1, 2026 – Feb 18, 2026', 'Dec 23, 2032 – Jan 5, 2033']
    ].forEach(function([bucket, n, columns, first, last]) {
        // @contract staff-desk#charts
        it('has at most 60 columns of starts, and no learner is lost: ' + n + ' times a ' + bucket, function() {
            const step = (bucket === 'week' ? 7 : 1) * 24 * 3600 * 1000;
            const points = Array.from({length: n}, (none, index) => ({at: new Date(Date.UTC(2026, 0, 1) + (index * step)).toISOString(), exam_id: 3, n: 2}));
            page.serve('GET', SUMMARY, 200, summary({starts: {bucket: bucket, points: points}}));
            const view = page.open('?pd=overview');
            const all = labels(view, 'starts');
            expect(all.length).toBe(columns);
            expect(all[0].split(': ')[0]).toBe(first);
            expect(all[all.length - 1].split(': ')[0]).toBe(last);
            expect(all.reduce((sum, label) => sum + Number(/: (\d+) learners/.exec(label)[1]), 0)).toBe(2 * n);
            expect(table(view, 'starts').length).toBe(n);
        });
    });

    // @contract staff-desk#charts
    it('has a pattern per status, the same in each exam', function() {
        const exams = [
            {...summary().exams[0], by_status: {created: 1, submitted: 20, declined: 1, rejected: 9, error: 11}},
            {...summary().exams[0], id: 4, name: 'Quiz', by_status: {error: 42}}
        ];
        page.serve('GET', SUMMARY, 200, summary({exams: exams}));
        const view = page.open('?pd=overview');
        const patterns = chart(view, 'statuses').find('.js-segment').map(function() { return (/is-pattern-\d+/).exec(this.className)[0]; }).get();
        expect(new Set(patterns).size).toBe(5);
        expect(patterns[5]).toBe(patterns[4]);
        const swatches = chart(view, 'statuses').find('.proctoring-desk__swatch').map(function() { return (/is-pattern-\d+/).exec(this.className)[0]; }).get();
        expect(swatches).toEqual(patterns);
    });

    it('says so when the days leave nothing to draw, and shows all again', function() {
        const exam = {...summary().exams[0], by_status: {}, learners: 0, flagged: 0, median_minutes: null, p90_minutes: null};
        page.serve('GET', SUMMARY, 200, summary({exams: [exam], starts: {bucket: 'day', points: []}, durations: []}));
        const view = page.open('?pd=overview&pd.from=2026-02-01');
        expect(view.$('.js-body').text()).toContain('Nothing matches these filters:');
        expect(view.$('.js-body').text()).not.toContain('Charts will be shown here');
        view.$('.js-body .js-clear').trigger('click');
        page.respond();
        expect(page.asked(SUMMARY)).toEqual({});
    });

    it('draws the time up to the limit, also where no learner needed it', function() {
        page.serve('GET', SUMMARY, 200, summary({durations: [{exam_id: 3, bins: [{from_minutes: 10, to_minutes: 15, n: 1}]}]}));
        expect(chart(page.open('?pd=overview'), 'exam-3').find('.js-column').last().attr('aria-label')).toBe('40 to 45 minutes: 0 learners');
    });

    // @contract staff-desk#charts
    it('goes from column to column by the arrow keys, with one stop for all', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        const $columns = chart(view, 'exam-3').find('.js-column');
        $columns.eq(0).trigger('focus');
        expect(chart(view, 'exam-3').find('.js-value').text()).toBe('40 to 45 minutes: 30 learners');
        page.press($columns.eq(0), 'ArrowRight');
        expect(document.activeElement).toBe($columns[1]);
        page.press($columns.eq(1), 'ArrowRight');
        expect(document.activeElement).toBe($columns[1]);
        page.press($columns.eq(1), 'Home');
        expect(document.activeElement).toBe($columns[0]);
        expect($columns.map(function() { return this.tabIndex; }).get()).toEqual([0, -1]);
        ['altKey', 'ctrlKey', 'metaKey'].forEach(function(modifier) {
            const event = new window.KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true, [modifier]: true});
            $columns[0].dispatchEvent(event);
            expect(event.defaultPrevented).toBe(false);
            expect(document.activeElement).toBe($columns[0]);
        });
        $columns.parent().css('direction', 'rtl');
        $columns.css('direction', 'rtl');
        page.press($columns.eq(0), 'ArrowLeft');
        expect(document.activeElement).toBe($columns[1]);
    });

    // @contract staff-desk#charts
    it('shows numbers as a table on request, and keeps that and the focus when it refreshes', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        const button = () => chart(view, 'starts').find('.js-as-table');
        const focused = [];
        button().trigger('focus').trigger('click');
        view.$el.on('focusin', (event) => focused.push(event.target));
        expect(chart(view, 'starts').find('.js-numbers').prop('hidden')).toBe(false);
        page.serve('GET', SUMMARY, 200, summary({in_exam_now: 18}));
        jasmine.clock().tick(60000);
        page.respond();
        expect(button().attr('aria-pressed')).toBe('true');
        expect(chart(view, 'starts').find('.js-drawing').prop('hidden')).toBe(true);
        expect(document.activeElement).toBe(button()[0]);
        expect(focused).toEqual([button()[0]]);
        button().trigger('click');
        expect(chart(view, 'starts').find('.js-drawing').prop('hidden')).toBe(false);
    });

    it('has a sentence instead of empty charts', function() {
        const exam = {...summary().exams[0], by_status: {}, learners: 0, flagged: 0, median_minutes: null, p90_minutes: null};
        page.serve('GET', SUMMARY, 200, summary({exams: [exam], starts: {bucket: 'day', points: []}, durations: []}));
        const view = page.open('?pd=overview');
        expect(view.$('figure').length).toBe(0);
        expect(view.$('.js-body').text()).toContain('Charts will be shown here');
    });

    it('asks for the exam and the days of the address only', function() {
        page.serve('GET', SUMMARY, 200, summary());
        page.open('?pd=overview&pd.exam=3&pd.from=2026-02-01&pd.to=2026-02-28');
        const asked = page.asked(SUMMARY);
        expect(Object.keys(asked).sort()).toEqual(['exam', 'from', 'to']);
        expect(new Date(asked.to) - new Date(asked.from)).toBe(28 * 24 * 3600 * 1000);
    });

    // @contract staff-desk#lists
    it('keeps what was opened and closed when it refreshes', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        view.$('details').eq(0).prop('open', false);
        view.$('details').eq(2).prop('open', true);
        page.serve('GET', SUMMARY, 200, summary({in_exam_now: 18}));
        jasmine.clock().tick(60000);
        page.respond();
        expect(view.$('.proctoring-desk__facts').text()).toContain('18');
        expect(view.$('details').map(function() { return this.open; }).get()).toEqual([false, true, true, false]);
    });

    // @contract staff-desk#address
    it('leads to the attempts of an exam in the same days', function() {
        page.serve('GET', SUMMARY, 200, summary());
        page.serveAttempts([]);
        const view = page.open('?pd=overview&pd.from=2026-02-01');
        view.$('.js-menu').trigger('click');
        view.$('[role="menuitem"]').first().trigger('click');
        page.respond();
        expect(page.window.location.search).toBe('?pd=attempts&pd.from=2026-02-01&pd.exam=3');
        expect(page.asked().exam).toBe('3');
    });

    it('has a sentence for a course without exams, and a reason when it fails', function() {
        page.serve('GET', SUMMARY, 200, summary({exams: [], starts: {bucket: 'day', points: []}, durations: []}));
        let view = page.open('?pd=overview');
        expect(view.$('.proctoring-desk__state').text()).toMatch(/no exams yet/);
        view.remove();
        page.serve('GET', SUMMARY, 422, page.problem(422, 'too_many_points'));
        view = page.open('?pd=overview');
        expect(view.$('.proctoring-desk__state').text()).toMatch(/Reason of too_many_points/);
    });
});
