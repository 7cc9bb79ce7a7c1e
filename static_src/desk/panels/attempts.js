/** Attempts: the newest one of each learner in each exam. Contract: contract/staff-desk#attempts. */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/attempt_actions.js, desk/reset_and_resume.js */

// In the order of an attempt's life.
var STATUSES = [
    'created', 'download_software_clicked', 'ready_to_start', 'started', 'ready_to_submit', 'submitted',
    'second_review_required', 'verified', 'rejected', 'error', 'timed_out', 'declined', 'expired', 'eligible',
    'onboarding_missing', 'onboarding_pending', 'onboarding_failed', 'onboarding_expired', 'onboarding_reset'
];
var EXAM_TYPES = ['timed', 'proctored', 'practice', 'onboarding'];

desk.panels.attempts = desk.ListPanel.extend({
    defaultOrder: '',
    exportName: 'attempts',

    path: function() { return this.coursePath('attempts'); },
    emptyText: function() { return gettext('No learner has started an exam yet. The attempts will be listed here.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s attempt', '%(n)s attempts', n), n); },
    rowName: desk.attemptName,

    filters: function() {
        var counts = this.statusCounts;
        return [
            {name: 'search', type: 'search', label: gettext('Name, username or e-mail')},
            {name: 'type', type: 'select', label: gettext('Kind of exam'), options: _.map(EXAM_TYPES, function(word) {
                return {value: word, label: desk.words.examType(word)};
            })},
            {name: 'from', type: 'day', parameter: 'started_after', label: gettext('Started from')},
            {name: 'to', type: 'day', parameter: 'started_before', isEnd: true, label: gettext('Started to')},
            {name: 'needs_review', type: 'check', label: gettext('Waiting for a decision')},
            {name: 'resumable', type: 'check', label: gettext('Can be resumed')},
            {name: 'status', type: 'chips', label: gettext('Status'), options: _.map(STATUSES, function(word) {
                return {value: word, label: desk.words.status(word), count: counts ? counts[word] || 0 : null};
            })}
        ];
    },

    columns: function() {
        var words = desk.words;
        var store = this.store;
        return [
            {label: gettext('Learner'), sort: 'username', isHead: true, cell: function(row) {
                return [
                    {text: row.user.username, kind: 'open', attempt: row.id, href: store.url({attempt: row.id})},
                    desk.words.fullName(row.user), {text: row.user.email, tone: 'muted'}
                ];
            }},
            {label: gettext('Exam'), sort: 'exam', cell: function(row) {
                return [row.exam.name, {text: words.examType(row.exam.type), tone: 'muted'}];
            }},
            {label: gettext('Status'), sort: 'status', cell: function(row) {
                return [
                    {text: words.status(row.status), tone: words.tone(row.status)},
                    row.ready_to_resume && !row.resumed && {text: gettext('Released: the learner may resume'), tone: 'muted'},
                    row.is_resumable && {text: gettext('Can be resumed'), tone: 'muted'},
                    row.attempt_count > 1 && {
                        text: words.n(ngettext('%(n)s attempt', '%(n)s attempts', row.attempt_count), row.attempt_count), tone: 'muted'
                    }
                ];
            }},
            {label: gettext('Started'), sort: 'started_at', cell: function(row) { return words.moment(row.started_at); }},
            {label: gettext('Ended'), sort: 'completed_at', cell: function(row) { return words.moment(row.completed_at); }},
            {label: gettext('Time'), sort: 'expires_at', cell: function(row) {
                return [
                    row.allowed_minutes !== null && words.minutes(row.allowed_minutes),
                    row.extended_minutes && {text: desk.extendedText(row.extended_minutes), tone: 'muted'},
                    row.time_remaining_seconds !== null && words.fill(gettext('ends %(time)s'), {time: words.moment(row.expires_at)})
                ];
            }},
            {label: gettext('Review'), cell: function(row) {
                return row.review && [
                    row.review.review_status,
                    row.review.reviewed_by && {
                        text: words.fill(gettext('decided by %(name)s'), {name: row.review.reviewed_by.username}), tone: 'muted'
                    }
                ];
            }}
        ];
    },

    actions: function(row) {
        var self = this;
        return [{
            name: 'open', label: gettext('Details'), run: function() { self.store.set({attempt: row.id}, true); }
        }].concat(desk.actionsFor(this.context, row, _.bind(this.refresh, this, false)), desk.linksFor(this.context, row));
    },

    bulkActions: function() { return desk.bulkAttemptActions(this); },

    /** Counts per status: of the chosen exam and kind, whatever the other filters are. */
    loadMore: function() {
        var self = this;
        this.client.get(this.coursePath('exams'), {page_size: 100}, 'counts', true).done(function(reply) {
            self.exams = reply.results;
            self.countStatuses();
        });
    },

    countStatuses: function() {
        var exam = this.store.get('exam');
        var type = this.store.get('type');
        var counts = {};
        _.each(this.exams, function(one) {
            if ((!exam || String(one.id) === exam) && (!type || one.type === type)) {
                _.each(one.counts, function(n, status) { counts[status] = (counts[status] || 0) + n; });
            }
        });
        this.statusCounts = counts;
        this.drawFilters();
    }
});
