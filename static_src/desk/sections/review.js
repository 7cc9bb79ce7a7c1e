/** The drawer's section with the provider's verdict and comments. */
/* global desk -- desk/namespace.js, desk/drawer.js, desk/decide_review.js */

/** Seconds as M:SS. */
function offset(seconds) {
    return Math.floor(seconds / 60) + ':' + String(100 + (seconds % 60)).slice(1);
}

/** A review for `section.underscore`: verdict, who decided, comments with their times. */
function reviewView(review) {
    return {
        facts: [
            {label: gettext('Verdict'), lines: [review.review_status, {
                text: review.is_passing ? gettext('passes') : gettext('does not pass'), tone: review.is_passing ? 'good' : 'bad'
            }]},
            {label: gettext('Received'), lines: desk.words.fullMoment(review.received_at)},
            {label: gettext('Decided by'), lines: review.reviewed_by ? review.reviewed_by.username : gettext('the provider')}
        ],
        sentences: review.comments.length ? [] : [gettext('The reviewers left no comments.')],
        items: _.map(review.comments, function(comment) {
            return {
                head: desk.words.fill(gettext('%(status)s, %(from)s to %(to)s'), {
                    status: comment.status, from: offset(comment.start), to: offset(comment.stop)
                }),
                lines: comment.comment
            };
        })
    };
}

desk.sections.push({
    name: 'review',
    title: function() { return gettext('Review'); },
    isFor: function(attempt) { return attempt.taking_as_proctored; },
    path: function(attempt) { return 'attempts/' + attempt.id + '/review'; },
    whenMissing: {
        no_review: function() { return gettext('There is no review of this attempt yet.'); }
    },

    view: function(review, drawer) {
        return _.extend(reviewView(review), {
            actions: _.compact([review.video_url && {
                name: 'recording', label: gettext('The provider’s recording and review'), href: review.video_url
            }]).concat(desk.reviewActions(drawer.context, review, function() {
                drawer.refresh();
                drawer.trigger('changed', drawer.attempt.id);
            }))
        });
    }
});
