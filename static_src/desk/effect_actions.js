/**
 * What staff can do about an effect that was not delivered, for the panel of problems and for the drawer.
 * Contract: contract/staff-desk#problems.
 */
/* global desk -- desk/namespace.js, desk/words.js, desk/form_dialog.js */

var MOST_REASON_TO_GIVE_UP = 500;
var beingTried = {};  // id of an effect → true

/** `E-mail to the learner, anna`. */
desk.effectName = function(row) {
    return row.user
        ? desk.words.fill(gettext('%(kind)s, %(learner)s'), {kind: desk.words.effectKind(row.kind), learner: row.user.username})
        : desk.words.effectKind(row.kind);
};

/** How it is: lines for a cell or a fact. */
desk.effectLines = function(row) {
    return row.state === 'failed' ? [{text: gettext('Given up'), tone: 'bad'}] : [
        {text: gettext('Will be retried'), tone: 'attention'},
        {text: desk.words.fill(gettext('next try %(time)s'), {time: desk.words.moment(row.next_try_at)}), tone: 'muted'}
    ];
};

/** What the receiver said, and how often it was asked. */
desk.effectAnswer = function(row) {
    return [
        row.last_error,
        row.tries && {text: desk.words.n(ngettext('%(n)s try', '%(n)s tries', row.tries), row.tries), tone: 'muted'}
    ];
};

/**
 * Actions for one effect. `settled(reply, text)` is called after each: `reply` is the effect as it is then, null if it waits
 * no more or is not known; `text` says what went wrong, '' if nothing did.
 */
desk.effectActions = function(context, row, settled) {
    var name = desk.effectName(row);

    function retry() {
        if (beingTried[row.id]) {
            return;
        }
        beingTried[row.id] = true;
        context.say(gettext('Working…'));
        context.client.send('POST', 'effects/' + row.id + '/retry').always(function() {
            delete beingTried[row.id];
        }).done(function(reply) {
            var text = '';
            if (reply.call) {
                text = desk.words.fill(gettext('%(what)s: it did not work this time either. %(error)s'), {what: name, error: reply.last_error});
                context.alert(text);
            } else {
                context.say(desk.words.fill(gettext('%(what)s: done.'), {what: name}));
            }
            settled(reply.call ? reply : null, text);
        }).fail(function(problem) {
            context.alert(problem.detail);
            settled(null, problem.detail);
        });
    }

    function giveUp() {
        context.openDialog(new desk.FormDialog({
            client: context.client,
            title: desk.words.fill(gettext('Give up: %(what)s'), {what: name}),
            intro: [gettext('It is not retried automatically. You can still retry it from this list.')],
            fields: [{
                name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: MOST_REASON_TO_GIVE_UP,
                help: gettext('Kept on record. The learner does not see it.')
            }],
            submitLabel: gettext('Give up'),
            isDanger: true,
            send: function(values, key) {
                return context.client.send('POST', 'effects/' + row.id + '/give-up', values, key);
            },
            failed: function(problem) {
                if (problem.code === 'not_due') {
                    settled(null, problem.detail);  // A colleague was faster: show how it is now.
                }
                return false;
            },
            done: function(reply) {
                context.say(desk.words.fill(gettext('%(what)s was given up.'), {what: name}));
                settled(reply, '');
            }
        }));
    }

    return _.compact([
        {name: 'retry', label: gettext('Try now'), run: retry},
        row.state === 'due' && {name: 'give-up', label: gettext('Give up'), run: giveUp}
    ]);
};
