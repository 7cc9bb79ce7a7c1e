/** The drawer's section with the learner's other attempts at the exam. */
/* global desk -- desk/namespace.js, desk/drawer.js */

desk.sections.push({
    name: 'others',
    title: function() { return gettext('Other attempts at this exam'); },
    isFor: function(attempt) { return attempt.attempt_count > 1; },
    path: function(attempt, context) { return 'courses/' + context.courseId + '/attempts'; },
    query: function(attempt) {
        return {exam: attempt.exam.id, user: attempt.user.id, latest_only: 'false', page_size: 100};
    },

    view: function(reply, drawer) {
        return {
            items: _.map(_.reject(reply.results, function(row) { return row.id === drawer.attempt.id; }), function(row) {
                return {
                    head: desk.words.moment(row.started_at || row.created_at),
                    lines: [
                        {text: desk.words.status(row.status), tone: desk.words.tone(row.status)},
                        {text: gettext('Open this attempt'), kind: 'open', attempt: row.id, href: drawer.context.store.url({attempt: row.id})}
                    ]
                };
            })
        };
    }
});
