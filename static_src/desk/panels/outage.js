/**
 * Outage: attempts that were taken without their provider, and what staff decide about them.
 * Contract: contract/staff-desk#outage-decisions.
 */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/attempt_actions.js, desk/outage_button.js, desk/job_flow.js */

// In these, a decision is due.
var UNDECIDED = ['submitted', 'timed_out'];
var DECISIONS = ['accept', 'reject', 'reset'];

function decisionLabel(word) {
    return {accept: gettext('Accept'), reject: gettext('Reject'), reset: gettext('Reset')}[word];
}

function decisionIntro(word) {
    return {
        accept: gettext('The attempt counts as verified. Credit, grade and e-mail follow.'),
        reject: gettext('The attempt counts as rejected. Credit, grade and e-mail follow. This cannot be undone.'),
        reset: gettext('All attempts of the learner in the exam are removed, with their times and reviews. This cannot be undone. The learner can begin again.')
    }[word];
}

function decisionTitle(word, n) {
    return {
        accept: ngettext('Accept %(n)s attempt', 'Accept %(n)s attempts', n),
        reject: ngettext('Reject %(n)s attempt', 'Reject %(n)s attempts', n),
        reset: ngettext('Reset %(n)s attempt', 'Reset %(n)s attempts', n)
    }[word];
}

desk.panels.outage = desk.ListPanel.extend({
    defaultOrder: '',
    exportName: 'attempts',

    path: function() { return this.coursePath('attempts'); },
    emptyText: function() { return gettext('No attempt was taken without its provider. Attempts of an outage will be listed here.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s attempt', '%(n)s attempts', n), n); },
    rowName: desk.attemptName,
    fixedQuery: function() { return {during_outage: 'true'}; },

    filters: function() {
        return [
            {name: 'search', type: 'search', label: gettext('Name, username or e-mail')},
            {name: 'waits', type: 'check', label: gettext('Waiting for a decision')}
        ];
    },

    filterQuery: function() {
        var query = desk.ListPanel.prototype.filterQuery.call(this);
        return _.omit(query.waits ? _.extend(query, {status: UNDECIDED.join(',')}) : query, 'waits');
    },

    columns: function() {
        var words = desk.words;
        var store = this.store;
        return [
            {label: gettext('Learner'), sort: 'username', isHead: true, cell: function(row) {
                return [
                    {text: row.user.username, kind: 'open', attempt: row.id, href: store.url({attempt: row.id})},
                    words.fullName(row.user), {text: row.user.email, tone: 'muted'}
                ];
            }},
            {label: gettext('Exam'), sort: 'exam', cell: function(row) { return row.exam.name; }},
            {label: gettext('Status'), sort: 'status', cell: function(row) {
                return [
                    {text: words.status(row.status), tone: words.tone(row.status)},
                    _.contains(UNDECIDED, row.status) && {text: gettext('Waiting for a decision'), tone: 'attention'}
                ];
            }},
            {label: gettext('Started'), sort: 'started_at', cell: function(row) { return words.moment(row.started_at); }},
            {label: gettext('Ended'), sort: 'completed_at', cell: function(row) { return words.moment(row.completed_at); }}
        ];
    },

    mayDecide: function() {
        return Boolean(this.context.settings.features.decide_reviews);
    },

    actions: function(row) {
        var self = this;
        var items = [{name: 'open', label: gettext('Details'), run: function() { self.store.set({attempt: row.id}, true); }}];
        return !this.mayDecide() || !_.contains(UNDECIDED, row.status) ? items : items.concat(_.map(DECISIONS, function(word) {
            return {name: word, label: decisionLabel(word), run: function() {
                self.decide(word, row.exam.id, {attempt_ids: [row.id]}, 1, desk.words.fill(gettext('%(decision)s: %(name)s'), {
                    decision: decisionLabel(word), name: desk.attemptName(row)
                }));
            }};
        }));
    },

    /** Of one exam: the decisions are about attempts of one. */
    bulkActions: function() {
        var self = this;
        return !this.mayDecide() ? [] : _.map(DECISIONS, function(word) {
            return {name: word, label: decisionLabel(word), run: function() { self.decideSelected(word); }};
        });
    },

    decideSelected: function(word) {
        var n = this.selection.size();
        var rows = _.filter(this.rows, function(row) { return this.selection.has(row.id); }, this);
        var exams = _.uniq(_.map(rows, function(row) { return row.exam.id; }));
        var exam = this.store.get('exam') || (exams.length === 1 && rows.length === n ? exams[0] : '');
        if (!exam) {
            this.context.alert(gettext('Choose one exam above: decisions are made exam by exam.'));
            this.$('.js-notice').text(gettext('Choose one exam above: decisions are made exam by exam.'));
            return;
        }
        this.decide(
            word, exam, this.selection.total === null ? {attempt_ids: this.selection.list()} : {all: true, expected_count: n},
            n, desk.words.n(decisionTitle(word, n), n)
        );
    },

    decide: function(word, exam, selection, n, title) {
        var self = this;
        desk.order(this.context, {
            title: title, intro: [decisionIntro(word)], path: 'exams/' + exam + '/outage/decisions', body: {decision: word},
            selection: selection, size: n, submitLabel: decisionLabel(word), isDanger: word !== 'accept', done: function() {
                self.selection.clear();
                self.context.outageChanged();
            }
        });
    },

    /** All that match can be named only if these are all that wait for a decision in one exam. */
    drawBulkBar: function(n) {
        desk.ListPanel.prototype.drawBulkBar.call(this, n);
        if (!this.store.get('exam') || this.store.get('waits') !== 'true' || this.store.get('search')) {
            this.$('.js-select-all').remove();
        }
    },

    // What can be put in force in the chosen exam.

    chosen: function() {
        var id = this.store.get('exam');
        return _.find(this.context.settings.exams, function(exam) { return String(exam.id) === id && exam.type === 'proctored'; });
    },

    tools: function() {
        var exam = this.chosen();
        return exam && this.context.settings.features.outage ? [desk.outageTool(this.context, exam, 'start')] : [];
    },

    onAddress: function(names) {
        if (_.contains(names, 'exam')) {
            this.client.abort('panel');
            this.selectionCleared();
            this.render();
        } else {
            desk.ListPanel.prototype.onAddress.call(this, names);
        }
    }
});
