/** The drawer's section with notes of invigilators. Contract: contract/staff-desk#notes. */
/* global desk -- desk/namespace.js, desk/drawer.js, desk/attempt_notes.js */

desk.sections.push({
    name: 'notes',
    title: function() { return gettext('Notes'); },
    isFor: function() { return true; },
    path: function(attempt) { return 'attempts/' + attempt.id + '/notes'; },
    query: function() { return {page_size: 100}; },

    view: function(reply, drawer) {
        var section = this;
        var words = desk.words;
        var context = drawer.context;
        function done() {
            if (!drawer.isOpen) {
                return;
            }
            drawer.load(section);
            drawer.reloadOpen('timeline');
            drawer.trigger('changed', drawer.attempt.id);
        }
        return {
            sentences: reply.results.length ? [] : [gettext('There are no notes about this attempt.')],
            items: _.map(reply.results, function(note) {
                return {
                    head: words.noteCategory(note.category),
                    lines: [
                        note.outcome === 'retracted' && {text: gettext('Retracted'), tone: 'attention'},
                        {text: note.text},
                        {text: words.fullMoment(note.opened_at), tone: 'muted'},
                        note.opened_by && {text: words.fill(gettext('by %(name)s'), {name: note.opened_by.username}), tone: 'muted'}
                    ],
                    actions: note.closed_at ? [] : [{
                        name: 'retract-' + note.id, label: gettext('Retract'), about: words.fullMoment(note.opened_at),
                        run: function() { desk.retractNote(context, note, done); }
                    }]
                };
            }),
            actions: (context.settings.note_categories || []).length ? [{
                name: 'add', label: gettext('Add a note'), run: function() { desk.addNote(context, drawer.attempt, done); }
            }] : []
        };
    }
});
