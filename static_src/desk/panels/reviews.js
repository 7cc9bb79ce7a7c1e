/** Reviews: those that wait for a person first. Contract: contract/staff-desk#reviews. */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/decide_review.js */

desk.panels.reviews = desk.ListPanel.extend({
    defaultOrder: '',

    path: function() { return this.coursePath('reviews'); },
    emptyText: function() { return gettext('No reviews are waiting for a decision.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s review', '%(n)s reviews', n), n); },
    rowKey: function(row) { return row.attempt_code; },
    rowName: function(row) { return row.user ? desk.attemptName(row) : row.attempt_code; },

    filters: function() {
        return [
            {name: 'search', type: 'search', label: gettext('Name, username or e-mail')},
            {name: 'state', type: 'select', label: gettext('State'), emptyLabel: gettext('Waiting'), options: [
                {value: 'decided', label: gettext('Decided')}, {value: 'all', label: gettext('All')}
            ]}
        ];
    },

    columns: function() {
        var words = desk.words;
        var context = this.context;
        return [
            {label: gettext('Learner'), isHead: true, cell: function(row) {
                return [
                    row.attempt_id
                        ? {text: row.user ? row.user.username : row.attempt_code, kind: 'open', attempt: row.attempt_id, href: context.store.url({attempt: row.attempt_id})}
                        : row.user && row.user.username,
                    row.user && words.fullName(row.user), row.user && {text: row.user.email, tone: 'muted'}
                ];
            }},
            {label: gettext('Exam'), cell: function(row) { return [row.exam.name, {text: words.examType(row.exam.type), tone: 'muted'}]; }},
            {label: gettext('Verdict'), cell: function(row) {
                return [row.review_status, {text: row.is_passing ? gettext('passes') : gettext('does not pass'), tone: row.is_passing ? 'good' : 'bad'}];
            }},
            {label: gettext('Waiting since'), cell: function(row) {
                return [words.moment(row.received_at), !row.is_decided && {text: words.age(context.now() - new Date(row.received_at)), tone: 'muted'}];
            }},
            {label: gettext('Status'), cell: function(row) {
                return [
                    row.attempt_status ? {text: words.status(row.attempt_status), tone: words.tone(row.attempt_status)} : gettext('The attempt was removed'),
                    row.reviewed_by && {text: words.fill(gettext('decided by %(name)s'), {name: row.reviewed_by.username}), tone: 'muted'}
                ];
            }}
        ];
    },

    actions: function(row) {
        var self = this;
        return _.compact([
            desk.canDecide(this.context, row) && {name: 'decide', label: gettext('Decide'), run: function() {
                desk.decide(self.context, row, _.bind(self.refresh, self, false));
            }},
            row.attempt_id && {name: 'open', label: gettext('Details'), run: function() {
                self.store.set({attempt: row.attempt_id}, true);
            }}
        ]);
    },

    onRows: function() {
        if (!this.store.get('state') && !this.store.get('search') && !this.store.get('exam')) {
            this.context.setCounts({open_reviews: this.reply.count});
        }
    }
});
