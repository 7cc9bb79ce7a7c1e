/** Notes of invigilators: add one, retract one. Contract: contract/staff-desk#notes. */
/* global desk -- desk/namespace.js, desk/dialog.js, desk/attempt_actions.js */

var MOST_NOTE = 2000;

/** `done(note)` follows. */
desk.addNote = function(context, attempt, done) {
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('Add a note about %(name)s'), {name: desk.attemptName(attempt)}),
        intro: [gettext('For colleagues and examiners. Learners see it only if they ask for all data about them. It cannot be changed, only retracted.')],
        fields: [
            {name: 'category', type: 'select', label: gettext('Category'), options: _.map(context.settings.note_categories, function(word) {
                return {value: word, label: desk.words.noteCategory(word)};
            })},
            {name: 'text', type: 'textarea', label: gettext('What was seen'), isRequired: true, most: MOST_NOTE}
        ],
        submitLabel: gettext('Add the note'),
        send: function(values, key) {
            return context.client.send('POST', 'attempts/' + attempt.id + '/notes', _.pick(values, 'category', 'text'), key);
        },
        done: function(note) {
            context.say(gettext('The note was added.'));
            done(note);
        }
    }));
};

desk.retractNote = function(context, note, done) {
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: gettext('Retract the note'),
        intro: [gettext('It stays on record, marked as retracted.')],
        fields: [{
            name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: 500,
            help: gettext('Kept on record. The learner does not see it.')
        }],
        submitLabel: gettext('Retract'),
        isDanger: true,
        send: function(values, key) {
            return context.client.send('DELETE', 'notes/' + note.id, _.pick(values, 'reason'), key);
        },
        failed: function(problem) {
            if (problem.code === 'conflict') {
                done();  // A colleague was faster: show how it is now.
            }
            return false;
        },
        done: function() {
            context.say(gettext('The note was retracted.'));
            done();
        }
    }));
};

desk.attemptActions.push(function(context, attempt, done) {
    return (context.settings.note_categories || []).length ? {
        name: 'note', label: gettext('Add a note'), run: function() { desk.addNote(context, attempt, done); }
    } : null;
});
