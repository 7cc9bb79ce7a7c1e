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
        ['<i>Midterm</i>', '42', 'Verified: 40', 'Error: 2', 'half within 41 minutes', 'nine of ten within 58 minutes'].forEach(function(text) {
            expect(row).toContain(text);
        });
        expect(view.$('.proctoring-desk__facts').text()).toMatch(/In an exam now17.*wait7.*20 hours/);
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
        button().trigger('focus').trigger('click');
        expect(chart(view, 'starts').find('.js-numbers').prop('hidden')).toBe(false);
        page.serve('GET', SUMMARY, 200, summary({in_exam_now: 18}));
        jasmine.clock().tick(60000);
        page.respond();
        expect(button().attr('aria-pressed')).toBe('true');
        expect(chart(view, 'starts').find('.js-drawing').prop('hidden')).toBe(true);
        expect(document.activeElement).toBe(button()[0]);
        button().trigger('click');
        expect(chart(view, 'starts').find('.js-drawing').prop('hidden')).toBe(false);
    });

    it('has a sentence instead of empty charts', function() {
        const exam = {...summary().exams[0], by_status: {}, learners: 0, flagged: 0, median_minutes: null, p90_minutes: null};
        page.serve('GET', SUMMARY, 200, summary({exams: [exam], starts: {bucket: 'day', points: []}, durations: []}));
        const view = page.open('?pd=overview');
        expect(view.$('figure').length).toBe(0);
        expect(view.$('.js-body').text()).toContain('Charts will be here');
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
