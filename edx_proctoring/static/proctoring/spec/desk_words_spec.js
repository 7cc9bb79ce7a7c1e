describe('The words of the exam desk', function() {
    'use strict';

    const {fill} = edx.instructor_dashboard.proctoring.desk.words;
    const aside = (text) => '\u2068' + text + '\u2069';

    [
        ['an English sentence', 'Started by %(name)s: %(reason)s', {name: 'gina', reason: 'It is down.'}, 'Started by gina: It is down.'],
        ['Latin names in an Arabic sentence', 'بدأه %(name)s: %(reason)s', {name: 'gina', reason: 'It is down (again).'},
            'بدأه ' + aside('gina') + ': ' + aside('It is down (again).')],
        ['an Arabic name in an English sentence', 'Started by %(name)s', {name: 'زينة 2'}, 'Started by ' + aside('زينة 2')],
        ['an Arabic name in an Arabic sentence', 'بدأه %(name)s', {name: 'زينة'}, 'بدأه زينة'],
        ['a number in an Arabic sentence', 'الرقم %(n)s', {n: '12:30'}, 'الرقم 12:30'],
        ['a sentence of signs alone', '%(learner)s, %(exam)s', {learner: 'gina', exam: 'منتصف'}, 'gina, ' + aside('منتصف')],
        ['something that is no text', 'Started by %(name)s', {name: 3}, 'Started by 3']
    ].forEach(function([what, sentence, values, filled]) {
        // @contract languages#directions
        it('fill ' + what, function() {
            expect(fill(sentence, values)).toBe(filled);
        });
    });

    // @contract languages#durations
    it('have the digits and the calendar that Django writes', function() {
        const {filters, words} = edx.instructor_dashboard.proctoring.desk;
        const language = document.documentElement.lang;
        document.documentElement.lang = 'fa-ir';
        const texts = [
            words.moment('2026-03-02T12:00:00Z'), words.utcDay('2026-03-02T00:00:00Z'), filters.text({type: 'day', label: 'x'}, '2026-03-02')
        ];
        const numbers = [words.number(1234), words.share(0.5)];
        document.documentElement.lang = language;
        texts.forEach((text) => expect(text).toMatch(/2026/));
        texts.concat(numbers).forEach((text) => expect(text).not.toMatch(/[\u06f0-\u06f9]/));
    });
});
