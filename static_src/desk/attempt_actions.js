/**
 * What staff can do to one attempt, for the menu of a row and for the drawer.
 *
 * `desk.attemptActions` is a list of functions: of `context`, the attempt and `done`, which shows the new state. Each
 * returns a menu item (`{name, label, run}` or `{name, label, href}`), or null if the action is not possible now.
 */
/* global desk -- desk/namespace.js */

desk.attemptActions = [];

/** The menu items for an attempt. */
desk.actionsFor = function(context, attempt, done) {
    return _.compact(_.map(desk.attemptActions, function(action) { return action(context, attempt, done); }));
};

/** `anna, Midterm exam`. */
desk.attemptName = function(attempt) {
    return desk.words.fill(gettext('%(learner)s, %(exam)s'), {learner: attempt.user.username, exam: attempt.exam.name});
};

/** Where the platform shows the progress of a learner. Hosts may replace it; '' for no link. */
desk.progressUrl = desk.progressUrl || function(courseId, user) {
    return '/courses/' + courseId + '/progress/' + user.id + '/';
};

desk.attemptLinks = [
    function(context, attempt) {
        return attempt.dashboard_url && {
            name: 'provider', label: gettext('The provider’s recording and review'), href: attempt.dashboard_url
        };
    },
    function(context, attempt) {
        var url = desk.progressUrl(context.courseId, attempt.user);
        return url && {name: 'progress', label: gettext('Progress of the learner'), href: url};
    }
];

desk.linksFor = function(context, attempt) {
    return _.compact(_.map(desk.attemptLinks, function(link) { return link(context, attempt); }));
};
