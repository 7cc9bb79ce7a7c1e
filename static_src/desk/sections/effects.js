/** The drawer's section with what was not delivered about the attempt. Contract: contract/staff-desk#drawer-effects. */
/* global desk -- desk/namespace.js, desk/drawer.js, desk/effect_actions.js */

desk.sections.push({
    name: 'effects',
    title: function() { return gettext('What was not delivered'); },
    isFor: function() { return true; },
    path: function(attempt, context) { return 'courses/' + context.courseId + '/effects'; },
    query: function(attempt) { return {attempt: attempt.id, page_size: 100}; },

    view: function(reply, drawer) {
        var section = this;
        var words = desk.words;
        // What went wrong with the last try of each, for as long as the drawer is open.
        var complaints = drawer.complaints = drawer.complaints || {};
        var shown = _.map(reply.results, function(row) { return String(row.id); });
        var goneWith = _.values(_.omit(complaints, shown));
        return {
            sentences: goneWith.concat(reply.results.length ? [] : [gettext('Nothing is waiting: every result was delivered.')]),
            items: _.map(reply.results, function(row) {
                function settled(effect, text) {
                    if (!drawer.isOpen) {
                        return;
                    }
                    drawer.complaints = text ? _.object([[row.id, text]]) : {};
                    drawer.load(section);
                    drawer.reloadOpen('timeline');
                    drawer.trigger('changed', drawer.attempt.id);
                }
                return {
                    head: words.effectKind(row.kind),
                    lines: [row.to_status && {text: words.status(row.to_status), tone: 'muted'}]
                        .concat(desk.effectLines(row), complaints[row.id] ? {text: complaints[row.id], tone: 'bad'} : desk.effectAnswer(row)),
                    actions: _.map(desk.effectActions(drawer.context, row, settled), function(action) {
                        return _.extend(action, {name: action.name + '-' + row.id, about: words.effectKind(row.kind)});
                    })
                };
            })
        };
    }
});
