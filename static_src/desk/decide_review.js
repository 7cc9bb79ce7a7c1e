/** The second look at a review. Contract: contract/staff-desk#reviews. */
/* global desk -- desk/namespace.js, desk/dialog.js */

desk.decide = function(context, review, done) {
    var status = review.attempt_status;
    var name = desk.attemptName(review);
    var dialog = new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('Decide the review of %(name)s'), {name: name}),
        intro: [
            desk.words.fill(gettext('Verdict of the provider: %(verdict)s. The attempt is: %(status)s.'), {
                verdict: review.review_status, status: desk.words.status(status)
            }),
            gettext('Later reviews by the provider no longer change anything. Credit, grade and e-mail follow the decision.')
        ],
        fields: [
            {name: 'verdict', type: 'radio', label: gettext('Decision'), isRequired: true, options: [
                {value: 'verified', label: gettext('Verify: the learner passes the review')},
                {value: 'rejected', label: gettext('Reject: the learner does not pass')}
            ]},
            {name: 'comment', type: 'textarea', label: gettext('Comment'), most: 2000, help: gettext('For colleagues. The learner does not see it.')}
        ],
        submitLabel: gettext('Decide'),
        preview: function() {
            // The reviewers' comments, to be read here.
            return _.map(review.comments || [], function(comment) { return comment.status + ': ' + comment.comment; });
        },
        send: function(values, key) {
            return context.client.send('POST', 'attempts/' + review.attempt_id + '/review/decision', {
                verdict: values.verdict, comment: values.comment, expected_status: status
            }, key);
        },
        failed: function(problem, form) {
            if (problem.code === 'conflict' && problem.errors[0]) {
                // A colleague or the provider was faster: say how it is now; a second press decides that.
                status = problem.errors[0].status;
                form.say(desk.words.fill(gettext('The status of the attempt has changed to: %(status)s. Nothing was decided. Decide anyway, or close this.'), {
                    status: desk.words.status(status)
                }), problem.requestId);
                done();
                return true;
            }
            return false;
        },
        done: function(reply) {
            context.say(desk.words.fill(gettext('%(name)s: %(status)s'), {name: name, status: desk.words.status(reply.status)}));
            done();
        }
    });
    context.openDialog(dialog);
    if (!review.comments) {
        context.client.get('attempts/' + review.attempt_id + '/review').done(function(reply) {
            review = _.extend({}, review, {comments: reply.comments});
            dialog.showPreview();
        });
    }
};

desk.canDecide = function(context, review) {
    return Boolean(context.settings.features.decide_reviews && review.attempt_id && review.attempt_status);
};

/** For the drawer. */
desk.reviewActions = function(context, review, done) {
    return desk.canDecide(context, review) ? [{
        name: 'decide', label: gettext('Decide'), run: function() { desk.decide(context, review, done); }
    }] : [];
};
