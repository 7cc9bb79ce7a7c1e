describe('Times that the server printed', function() {
    'use strict';

    const exam = window.edx.courseware.proctored_exam;

    function localised(datetime) {
        setFixtures('<time class="js-proctoring-local-time" datetime="' + datetime + '">as printed</time>');
        exam.localiseTimes();
        return $('time').text();
    }

    it('are shown in the learner\'s time zone and the language of the page', function() {
        const expected = new Date('2026-03-02T12:00:00Z').toLocaleString('en', {
            year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short'
        });
        expect(localised('2026-03-02T12:00:00Z')).toBe(expected);
    });

    // @contract languages#durations
    it('have the digits and the calendar of the rest of the page, which Django wrote', function() {
        const language = document.documentElement.lang;
        document.documentElement.lang = 'fa-ir';
        const text = localised('2026-03-02T12:00:00Z');
        document.documentElement.lang = language;
        expect(text).toMatch(/2026/);
        expect(text).toMatch(/مارس/);
        expect(text).not.toMatch(/[\u06f0-\u06f9]/);
    });

    it('are shown in the language of the browser where Intl does not know that of the page', function() {
        const language = document.documentElement.lang;
        document.documentElement.lang = 'es_419';
        const text = localised('2026-03-02T12:00:00Z');
        document.documentElement.lang = language;
        expect(text).toMatch(/2026/);
    });

    it('are left as they are when they cannot be parsed', function() {
        expect(localised('next week')).toBe('as printed');
    });
});
