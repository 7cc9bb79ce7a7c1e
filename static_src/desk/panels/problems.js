/** Problems: what was not delivered to services, providers and learners. Contract: contract/staff-desk#problems. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

var EFFECT_KINDS = ['provider', 'credit', 'grade', 'certificate', 'mail', 'signal', 'instructor'];
var MOST_REASON_TO_GIVE_UP = 500;

desk.panels.problems = desk.ListPanel.extend({
    path: function() { return this.coursePath('effects'); },
    emptyText: function() { return gettext('Nothing waits: every result has reached its place.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s problem', '%(n)s problems', n), n); },
    rowName: function(row) {
        return row.user
            ? desk.words.fill(gettext('%(kind)s, %(learner)s'), {kind: desk.words.effectKind(row.kind), learner: row.user.username})
            : desk.words.effectKind(row.kind);
    },

    filters: function() {
        return [
            {name: 'kind', type: 'select', label: gettext('What'), options: _.map(EFFECT_KINDS, function(word) {
                return {value: word, label: desk.words.effectKind(word)};
            })},
            {name: 'state', type: 'select', label: gettext('State'), options: [
                {value: 'due', label: gettext('Is tried again')},
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
            {label: gettext('State'), cell: function(row) {
                return row.state === 'failed' ? {text: gettext('Given up'), tone: 'bad'} : [
                    {text: gettext('Is tried again'), tone: 'attention'},
                    {text: words.fill(gettext('next try %(time)s'), {time: words.moment(row.next_try_at)}), tone: 'muted'}
                ];
            }},
            {label: gettext('Answer'), cell: function(row) {
                return [
                    row.last_error,
                    row.tries && {text: words.n(ngettext('%(n)s try', '%(n)s tries', row.tries), row.tries), tone: 'muted'}
                ];
            }}
        ];
    },

    actions: function(row) {
        var items = [{name: 'retry', label: gettext('Try now'), run: _.bind(this.retry, this, row)}];
        if (row.state === 'due') {
            items.push({name: 'give-up', label: gettext('Give up'), run: _.bind(this.giveUp, this, row)});
        }
        return items;
    },

    retry: function(row) {
        var self = this;
        this.context.say(gettext('Working…'));
        this.client.send('POST', 'effects/' + row.id + '/retry').done(function(reply) {
            if (reply.call) {
                self.context.alert(desk.words.fill(gettext('%(what)s: it did not work this time either. %(error)s'), {
                    what: self.rowName(row), error: reply.last_error
                }));
                self.replaceRow(row.id, reply);
            } else {
                self.context.say(desk.words.fill(gettext('%(what)s: done.'), {what: self.rowName(row)}));
                self.refresh(true);
            }
        }).fail(function(problem) {
            self.context.alert(problem.detail);
            self.refresh(true);
        });
    },

    giveUp: function(row) {
        var self = this;
        this.context.openDialog(new desk.FormDialog({
            client: this.client,
            title: desk.words.fill(gettext('Give up: %(what)s'), {what: this.rowName(row)}),
            intro: [gettext('It is not tried again by itself. You can still try it from this list.')],
            fields: [{
                name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: MOST_REASON_TO_GIVE_UP,
                help: gettext('Kept on record. The learner does not see it.')
            }],
            submitLabel: gettext('Give up'),
            isDanger: true,
            send: function(values, key) {
                return self.client.send('POST', 'effects/' + row.id + '/give-up', values, key);
            },
            done: function(reply) {
                self.context.say(desk.words.fill(gettext('%(what)s was given up.'), {what: self.rowName(row)}));
                self.replaceRow(row.id, reply);
            }
        }));
    }
});
