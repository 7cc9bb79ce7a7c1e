/** End the running exam of one learner. Contract: contract/staff-desk#end. */
/* global desk -- desk/namespace.js, desk/dialog.js, desk/attempt_actions.js */

function endDialog(context, attempt, done) {
    var status = attempt.status;
    var name = desk.attemptName(attempt);
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('End the exam of %(name)s'), {name: name}),
        intro: [gettext('The exam is submitted for the learner, with the answers given so far. The learner cannot continue.')],
        fields: [{
            name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: 500,
            help: gettext('Kept on record. The learner does not see it.')
        }],
        submitLabel: gettext('End the exam'),
        isDanger: true,
        send: function(values, key) {
            return context.client.send('POST', 'attempts/' + attempt.id + '/transitions', {
                action: 'end', reason: values.reason, expected_status: status
            }, key);
        },
        failed: function(problem, form) {
            if (problem.code === 'conflict' && problem.errors[0]) {
                // The learner was faster: say how it is now; a second press ends that.
                status = problem.errors[0].status;
                form.say(desk.words.fill(gettext('The status of the attempt has changed to: %(status)s. Nothing was done.'), {
                    status: desk.words.status(status)
                }), problem.requestId);
                done();
                return true;
            }
            if (problem.code === 'illegal_transition' || problem.status === 404) {
                done();  // It runs no more: show how it is now.
            }
            return false;
        },
        done: function(reply) {
            context.say(desk.words.fill(gettext('%(name)s: %(status)s'), {name: name, status: desk.words.status(reply.attempt.status)}));
            done();
        }
    }));
}

desk.attemptActions.push(function(context, attempt, done) {
    return _.contains(attempt.actions, 'end') ? {
        name: 'end', label: gettext('End the exam'), run: function() { endDialog(context, attempt, done); }
    } : null;
});
