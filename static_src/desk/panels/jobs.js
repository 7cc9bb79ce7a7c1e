/** What staff ordered, and what became of it. Contract: contract/staff-desk#jobs-panel. */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/job_flow.js */

function kindText(kind) {
    var texts = {
        reset: gettext('Reset'),
        resume: gettext('Release'),
        extend: gettext('Change of time'),
        allowances: gettext('Allowances'),
        export: gettext('Download'),
        outage_start: gettext('Outage started'),
        outage_prolong: gettext('End of an outage changed'),
        outage_end: gettext('Outage ended'),
        outage_setup: gettext('Outage: learners in set-up let in'),
        outage_decision: gettext('Outage: decisions'),
        end: gettext('Exam ended'),
        note: gettext('Note'),
        note_retract: gettext('Note retracted'),
        review_decision: gettext('Review decided')
    };
    return texts[kind] || kind;
}

function stateText(state) {
    var texts = {
        queued: gettext('Waiting'), running: gettext('Working…'), done: gettext('Finished'), stopped: gettext('Stopped')
    };
    return texts[state] || state;
}

desk.panels.jobs = desk.ListPanel.extend({
    defaultOrder: '',
    exportName: 'jobs',

    path: function() { return this.coursePath('jobs'); },
    emptyText: function() { return gettext('What the course team does to attempts and allowances will be listed here.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s job', '%(n)s jobs', n), n); },
    rowKey: function(row) { return row.code; },
    rowName: function(row) { return kindText(row.kind) + ' ' + desk.words.moment(row.created_at); },
    // The list has no filters, and it is of all exams.
    filterQuery: function() { return {}; },

    columns: function() {
        var exams = _.indexBy(this.context.settings.exams, 'id');
        return [
            {label: gettext('What'), isHead: true, cell: function(row) { return kindText(row.kind); }},
            {label: gettext('Who'), cell: function(row) { return row.created_by && row.created_by.username; }},
            {label: gettext('When'), cell: function(row) { return desk.words.moment(row.created_at); }},
            {label: gettext('Exam'), cell: function(row) { return exams[row.exam_id] && exams[row.exam_id].name; }},
            {label: gettext('Reason'), cell: function(row) { return row.reason; }},
            {label: gettext('Outcome'), cell: function(row) { return {text: desk.jobNumbers(row), tone: row.failed ? 'bad' : ''}; }},
            {label: gettext('State'), cell: function(row) { return stateText(row.state); }}
        ];
    },

    actions: function(row) {
        var self = this;
        var isOpen = row.state === 'queued' || row.state === 'running';
        return isOpen || row.failed ? [{
            name: 'open', label: isOpen ? gettext('Go on') : gettext('What failed'), run: function() {
                self.context.openDialog(new desk.JobDialog({
                    context: self.context, job: row, title: self.rowName(row), canRetry: false,
                    order: {done: _.bind(self.refresh, self, false)}
                }));
            }
        }] : [];
    }
});
