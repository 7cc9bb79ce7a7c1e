/** The drawer's section that explains the deadline. */
/* global desk -- desk/namespace.js, desk/drawer.js */

function sourceText(source) {
    var texts = {
        exam: gettext('Of the exam, for everyone'),
        course: gettext('Of the course, for everyone'),
        learner: gettext('For this learner: an extension, or a schedule of their own')
    };
    return texts[source] || source || '';
}

desk.sections.push({
    name: 'deadline',
    title: function() { return gettext('Why this deadline'); },
    isFor: function() { return true; },
    path: function(attempt) { return 'attempts/' + attempt.id + '/deadline'; },

    view: function(reply) {
        var words = desk.words;
        function fact(label, lines, name) {
            // The one that decides is marked in words.
            return {label: label, lines: _.compact(lines).concat(
                reply.binding === name ? [{text: gettext('This limit applies.'), tone: 'attention'}] : []
            )};
        }
        return {
            sentences: [reply.sentence],
            facts: _.filter([
                fact(gettext('Time limit of the exam'), [words.minutes(reply.base_limit_minutes)], 'limit'),
                reply.allowance_minutes !== null && fact(gettext('Allowance'), [words.minutes(reply.allowance_minutes)], 'allowance'),
                reply.carry_over_seconds !== null && fact(
                    gettext('Left from the previous attempt'), [words.minutes(Math.floor(reply.carry_over_seconds / 60))], 'carry_over'
                ),
                reply.due_date && fact(
                    gettext('Due date'), [words.fullMoment(reply.due_date), sourceText(reply.due_date_source)], 'due_date'
                ),
                fact(gettext('Time that the learner has'), [words.minutes(reply.allowed_minutes)], ''),
                reply.ends_at && fact(gettext('Ends'), [words.fullMoment(reply.ends_at)], '')
            ], _.identity),
            items: _.map(reply.extensions, function(extension) {
                return {
                    head: words.fill(gettext('%(minutes)s, %(time)s'), {
                        minutes: desk.extendedText(extension.minutes), time: words.moment(extension.at)
                    }),
                    lines: extension.reason
                };
            })
        };
    }
});
