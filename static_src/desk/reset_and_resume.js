/** Reset, and release for resumption: of one attempt, or of a selection. Contract: contract/staff-desk#jobs. */
/* global desk -- desk/namespace.js, desk/job_flow.js, desk/attempt_actions.js */

function resetOrder(title, selection, size, done) {
    return {
        title: title, selection: selection, size: size, done: done, isDanger: true, submitLabel: gettext('Reset'),
        withoutProvider: withoutProvider,
        intro: [gettext('All attempts of the learner in the exam are removed, with their times and reviews. This cannot be undone. The learner can begin again.')]
    };
}

function resumeOrder(title, selection, size, done) {
    return {
        title: title, selection: selection, size: size, done: done, submitLabel: gettext('Release'),
        intro: [gettext('The learner may resume the attempt with the time that was left.')]
    };
}

/** For attempts that the provider did not remove: without it. Only global staff may. */
function withoutProvider(context, order, ids) {
    return _.extend({}, order, {
        title: desk.words.n(ngettext('Reset %(n)s attempt here only', 'Reset %(n)s attempts here only', ids.length), ids.length),
        titleOf: null, selection: {attempt_ids: ids}, size: ids.length,
        body: {action: 'reset', force_local: true},
        intro: [gettext('The provider is not asked: what it has about these attempts stays there. This cannot be undone.')]
    });
}

function orderAttempts(context, action, options) {
    desk.order(context, _.extend(options, {
        path: 'courses/' + context.courseId + '/attempts/bulk', body: {action: action}
    }));
}

desk.attemptActions.push(function(context, attempt, done) {
    return _.contains(attempt.actions, 'resume') ? {
        name: 'resume', label: gettext('Let the learner resume'), run: function() {
            orderAttempts(context, 'resume', resumeOrder(
                desk.words.fill(gettext('Let %(name)s resume'), {name: desk.attemptName(attempt)}), {attempt_ids: [attempt.id]}, 1, done
            ));
        }
    } : null;
}, function(context, attempt, done) {
    return {
        name: 'reset', label: gettext('Reset'), run: function() {
            orderAttempts(context, 'reset', resetOrder(
                desk.words.fill(gettext('Reset %(name)s'), {name: desk.attemptName(attempt)}), {attempt_ids: [attempt.id]}, 1, done
            ));
        }
    };
});

/** The actions of the bulk bar of a list of attempts. */
desk.bulkAttemptActions = function(panel) {
    function run(action, titleOf, make) {
        var n = panel.selection.size();
        var selection = panel.selection.total === null
            ? {attempt_ids: panel.selection.list()}
            : {filter: _.pick(panel.filterQuery(), function(value) { return value !== ''; }), expected_count: n};
        orderAttempts(panel.context, action, _.extend(make('', selection, n, function() {
            panel.selection.clear();
            panel.refresh();
        }), {titleOf: function(size) { return desk.words.n(titleOf(size), size); }}));
    }
    return [
        {name: 'resume', label: gettext('Let resume'), run: function() {
            run('resume', function(n) { return ngettext('Let %(n)s learner resume', 'Let %(n)s learners resume', n); }, resumeOrder);
        }},
        {name: 'reset', label: gettext('Reset'), run: function() {
            run('reset', function(n) { return ngettext('Reset %(n)s attempt', 'Reset %(n)s attempts', n); }, resetOrder);
        }}
    ];
};
