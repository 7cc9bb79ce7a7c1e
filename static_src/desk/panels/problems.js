/** Problems: what was not delivered to services, providers and learners. Contract: contract/staff-desk#problems. */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/effect_actions.js */

var EFFECT_KINDS = ['provider', 'credit', 'grade', 'certificate', 'mail', 'signal', 'instructor'];

desk.panels.problems = desk.ListPanel.extend({
    path: function() { return this.coursePath('effects'); },
    emptyText: function() { return gettext('Nothing is waiting: every result was delivered.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s problem', '%(n)s problems', n), n); },
    rowName: function(row) { return desk.effectName(row); },

    filters: function() {
        return [
            {name: 'kind', type: 'select', label: gettext('What'), options: _.map(EFFECT_KINDS, function(word) {
                return {value: word, label: desk.words.effectKind(word)};
            })},
            {name: 'state', type: 'select', label: gettext('State'), options: [
                {value: 'due', label: gettext('Will be retried')},
                {value: 'failed', label: gettext('Given up')}
            ]}
        ];
    },

    columns: function() {
        var words = desk.words;
        var store = this.store;
        return [
            {label: gettext('What'), isHead: true, cell: function(row) {
                return [desk.words.effectKind(row.kind), {text: row.to_status && words.status(row.to_status), tone: 'muted'}];
            }},
            {label: gettext('Learner'), cell: function(row) {
                return row.user && [
                    {text: row.user.username, kind: 'open', attempt: row.attempt_id, href: store.url({attempt: row.attempt_id})},
                    words.fullName(row.user)
                ];
            }},
            {label: gettext('Exam'), cell: function(row) { return row.exam.name; }},
            {label: gettext('Since'), cell: function(row) { return words.moment(row.created_at); }},
            {label: gettext('State'), cell: function(row) { return desk.effectLines(row); }},
            {label: gettext('Answer'), cell: function(row) { return desk.effectAnswer(row); }}
        ];
    },

    actions: function(row) {
        var self = this;
        return desk.effectActions(this.context, row, function(reply, text) {
            self.context.complain(text);
            if (reply) {
                self.replaceRow(row.id, reply);
            } else {
                self.refresh(true);
            }
        });
    }
});
