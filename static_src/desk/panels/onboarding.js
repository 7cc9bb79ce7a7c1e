/** Onboarding: how far each learner is, with numbers per status. Contract: contract/staff-desk#onboarding. */
/* global proctoring, desk -- desk/namespace.js, desk/list_panel.js */

/** A status or an enrolment mode, as the panel below the desk calls it. */
function onboardingLabel(word) {
    return proctoring.ProctoredExamOnboardingView.prototype.getReadableString(word);
}

function onboardingTone(word) {
    return {
        verified: 'good', other_course_approved: 'good', rejected: 'bad', error: 'bad', expired: 'bad',
        onboarding_reset_past_due: 'bad', onboarding_started: 'busy'
    }[word] || 'plain';
}

var ONBOARDING_STATUSES = [
    'not_started', 'setup_started', 'onboarding_started', 'submitted', 'verified', 'other_course_approved', 'rejected',
    'error', 'expired', 'onboarding_reset_past_due'
];

desk.panels.onboarding = desk.ListPanel.extend({
    exportName: 'onboarding',

    path: function() { return this.coursePath('onboarding'); },
    emptyText: function() { return gettext('Learners who may take proctored exams will be listed here.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s learner', '%(n)s learners', n), n); },
    rowKey: function(row) { return row.user.id; },
    rowName: function(row) { return row.user.username; },

    /** Onboarding is of the course: the chosen exam does not matter. */
    filterQuery: function() {
        return _.omit(desk.ListPanel.prototype.filterQuery.call(this), 'exam');
    },

    filters: function() {
        var counts = this.statusCounts;
        return [
            {name: 'search', type: 'search', label: gettext('Username or e-mail')},
            {name: 'status', type: 'chips', label: gettext('Status'), options: _.map(ONBOARDING_STATUSES, function(word) {
                return {value: word, label: onboardingLabel(word), count: counts ? counts[word] || 0 : null};
            })}
        ];
    },

    onRows: function() {
        this.statusCounts = this.reply.counts;
    },

    columns: function() {
        var words = desk.words;
        return [
            {label: gettext('Learner'), isHead: true, cell: function(row) {
                return [row.user.username, words.fullName(row.user), {text: row.user.email, tone: 'muted'}];
            }},
            {label: gettext('Enrolled as'), cell: function(row) { return onboardingLabel(row.enrollment_mode); }},
            {label: gettext('Status'), cell: function(row) {
                return [
                    {text: onboardingLabel(row.status), tone: onboardingTone(row.status)},
                    row.source === 'provider' && {text: gettext('according to the provider'), tone: 'muted'}
                ];
            }},
            {label: gettext('Changed'), cell: function(row) { return words.moment(row.modified_at); }},
            {label: gettext('Valid until'), cell: function(row) { return words.moment(row.expires_at); }}
        ];
    },

    actions: function(row) {
        var self = this;
        return row.attempt_id ? [{
            name: 'open', label: gettext('Details'), run: function() { self.store.set({attempt: row.attempt_id}, true); }
        }] : [];
    }
});
