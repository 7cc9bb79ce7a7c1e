/** More or less time for a learner whose clock runs. Contract: contract/staff-desk#attempts. */
/* global desk -- desk/namespace.js, desk/attempt_actions.js */

var MINUTE = 60000;  // milliseconds
var MOST_REASON = 500;

/** What would become of the deadline: sentences. `explanation`: the reply of `attempts/<id>/deadline`, or null. */
desk.extensionPreview = function(explanation, minutes, pastDue) {
    var end, later, due;
    if (!explanation || !explanation.ends_at || !minutes) {
        return [];
    }
    end = new Date(explanation.ends_at).getTime();
    later = end + (minutes * MINUTE);
    due = explanation.due_date ? new Date(explanation.due_date).getTime() : Infinity;
    if (later > due && !pastDue) {
        return [desk.words.fill(gettext('The due date is %(due)s, so at most %(minutes)s can be added.'), {
            due: desk.words.moment(due), minutes: desk.words.minutes(Math.max(0, Math.floor((due - end) / MINUTE)))
        })];
    }
    return [desk.words.fill(gettext('Ends %(before)s → %(after)s'), {
        before: desk.words.moment(end), after: desk.words.moment(later)
    })];
};

/** “10 minutes of them added by staff”. */
desk.extendedText = function(minutes) {
    return desk.words.n(
        minutes < 0
            ? ngettext('%(n)s minute taken away by staff', '%(n)s minutes taken away by staff', -minutes)
            : ngettext('%(n)s minute of them added by staff', '%(n)s minutes of them added by staff', minutes),
        Math.abs(minutes)
    );
};

function extendDialog(context, attempt, done) {
    var explanation = null;
    var dialog = new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('Change the time of %(name)s'), {name: desk.attemptName(attempt)}),
        intro: [gettext('The learner’s clock is updated within a minute.')],
        fields: [
            {
                name: 'minutes', type: 'number', label: gettext('Minutes to add'), isRequired: true,
                help: gettext('A negative number takes time away; at least a minute must be left.')
            },
            {
                name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: MOST_REASON,
                help: gettext('Kept on record. The learner does not see it.')
            }
        ].concat(context.settings.is_global_staff ? [{
            name: 'past_due', type: 'checkbox', label: gettext('Allow time beyond the due date')
        }] : []),
        submitLabel: gettext('Change the time'),
        check: function(values) {
            return {
                minutes: (/^-?\d+$/).test(values.minutes) && Number(values.minutes) !== 0 ? ''
                    : gettext('Enter a whole number of minutes, not 0.')
            };
        },
        preview: function(values) {
            return desk.extensionPreview(explanation, Number(values.minutes), values.past_due);
        },
        send: function(values, key) {
            return context.client.send('POST', 'attempts/' + attempt.id + '/extend', {
                minutes: Number(values.minutes), reason: values.reason, past_due: Boolean(values.past_due)
            }, key);
        },
        failed: function(problem, form) {
            var most = problem.code === 'past_due' && problem.errors[0] ? problem.errors[0].max_minutes : 0;
            if (most > 0) {
                form.say(problem.detail, problem.requestId, {
                    label: desk.words.n(ngettext('Add %(n)s minute', 'Add %(n)s minutes', most), most),
                    field: 'minutes', value: most
                });
                return true;
            }
            if (problem.code === 'illegal_transition' || problem.status === 404) {
                done();  // The attempt has ended meanwhile: show how it is now.
            }
            return false;
        },
        done: function(reply) {
            context.say(desk.words.fill(gettext('The time of %(name)s now ends %(end)s.'), {
                name: desk.attemptName(attempt), end: desk.words.moment(reply.ends_at)
            }));
            done();
        }
    });
    context.openDialog(dialog);
    context.client.get('attempts/' + attempt.id + '/deadline').done(function(reply) {
        explanation = reply;
        dialog.showPreview();
    });
}

desk.attemptActions.push(function(context, attempt, done) {
    var isRunning = _.contains(['started', 'ready_to_submit'], attempt.status) && desk.words.secondsLeft(attempt, context.now()) > 0;
    return isRunning ? {
        name: 'extend', label: gettext('Change the time'), run: function() { extendDialog(context, attempt, done); }
    } : null;
});
