/** The reviews that came in, and what became of each. Contract: contract/staff-desk#inbox. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

var OUTCOMES = ['received', 'applied', 'duplicate', 'refused', 'held'];

/** The word of an outcome, and the reason that may follow it. */
function partsOf(outcome) {
    var index = outcome.indexOf(':');
    return index < 0 ? [outcome, ''] : [outcome.slice(0, index), $.trim(outcome.slice(index + 1))];
}

desk.panels.inbox = desk.ListPanel.extend({
    path: function() { return this.coursePath('inbox'); },
    emptyText: function() { return gettext('No provider has sent a review yet.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s review', '%(n)s reviews', n), n); },
    rowName: function(row) { return row.attempt_code || '#' + row.id; },
    // The list is of all exams.
    filterQuery: function() { return _.omit(desk.ListPanel.prototype.filterQuery.call(this), 'exam'); },

    filters: function() {
        return [{name: 'outcome', type: 'select', label: gettext('Outcome'), options: _.map(OUTCOMES, function(word) {
            return {value: word, label: desk.words.reviewOutcome(word)};
        })}];
    },

    columns: function() {
        var words = desk.words;
        return [
            {label: gettext('Code of the attempt'), isHead: true, cell: function(row) { return row.attempt_code; }},
            {label: gettext('Received'), cell: function(row) { return words.fullMoment(row.received_at); }},
            {label: gettext('Provider'), cell: function(row) { return row.backend; }},
            {label: gettext('Outcome'), cell: function(row) {
                var parts = partsOf(row.outcome);
                var tone = {refused: 'bad', held: 'attention', received: 'attention', applied: 'good'}[parts[0]] || '';
                return [{text: words.reviewOutcome(parts[0]), tone: tone}, {text: parts[1], tone: 'muted'}];
            }}
        ];
    },

    actions: function(row) {
        return this.context.settings.is_global_staff
            ? [{name: 'replay', label: gettext('Receive again'), run: _.bind(this.replay, this, row)}]
            : [];
    },

    replay: function(row) {
        var self = this;
        this.context.complain('');
        this.context.say(gettext('Working…'));
        this.client.send('POST', 'inbox/' + row.id + '/replay').done(function(reply) {
            self.refresh(true).always(function() {
                self.context.say(desk.words.fill(gettext('Review of %(code)s: %(outcome)s'), {
                    code: self.rowName(row), outcome: desk.words.reviewOutcome(partsOf(reply.outcome)[0])
                }));
            });
        }).fail(function(problem) {
            self.context.complain(problem.detail);
        });
    }
});
