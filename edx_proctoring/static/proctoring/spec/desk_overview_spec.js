describe('The overview of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const SUMMARY = 'courses/' + page.COURSE + '/summary';

    function summary(more) {
        return {
            as_of: '2026-03-01T14:03:00Z',
            exams: [{id: 3, name: '<i>Midterm</i>', type: 'proctored', by_status: {verified: 40, error: 2}, learners: 42, flagged: 3, median_minutes: 41, p90_minutes: 58, allowances: 6}],
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

    // @contract staff-desk#overview
    it('adds up starts of one time, and draws bars beside the numbers', function() {
        page.serve('GET', SUMMARY, 200, summary());
        const view = page.open('?pd=overview');
        const $charts = view.$('.proctoring-desk__bars');
        expect($charts.length).toBe(2);
        expect($charts.eq(0).find('td').text().trim()).toBe('20');
        expect($charts.eq(1).find('meter').map(function() { return $(this).attr('value') + '/' + $(this).attr('max'); }).get()).toEqual(['30/30', '12/30']);
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
        view.$('details').eq(1).prop('open', true);
        page.serve('GET', SUMMARY, 200, summary({in_exam_now: 18}));
        jasmine.clock().tick(60000);
        page.respond();
        expect(view.$('.proctoring-desk__facts').text()).toContain('18');
        expect(view.$('details').map(function() { return this.open; }).get()).toEqual([false, true]);
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
