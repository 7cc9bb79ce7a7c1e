/** Live: who is where in one exam, now. Contract: contract/staff-desk#live. */
/* global desk -- desk/namespace.js, desk/list_panel.js, desk/attempt_actions.js, desk/outage_button.js, desk/panel_list.js */

var TICK = 1000;  // milliseconds
var ENDING_SOON = 600;  // seconds, as the server counts
var BETWEEN_ALARMS = 60000;  // milliseconds
// What is counted, and can be shown alone.
var SHOWN = ['in_exam', 'ending_soon', 'silent', 'paused', 'help', 'waiting', 'errors', 'to_review'];
// Of these, more than before are said.
var ALARMS = ['errors', 'silent', 'help', 'waiting', 'to_review'];

function shownLabel(word) {
    return {
        in_exam: gettext('In the exam'),
        ending_soon: gettext('Ending soon'),
        silent: gettext('Silent'),
        paused: gettext('Paused'),
        help: gettext('Calls for help'),
        waiting: gettext('Waiting to be let in'),
        errors: gettext('Errors'),
        to_review: gettext('To be decided')
    }[word];
}

/** `1:02:03`; below an hour `02:03`. */
function digits(seconds) {
    var hours = Math.floor(seconds / 3600);
    var parts = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    return (hours ? [String(hours)] : []).concat(_.map(parts, function(n) { return String(100 + n).slice(1); })).join(':');
}

desk.panels.live = desk.ListPanel.extend({
    defaultOrder: 'expires_at',

    events: _.extend({}, desk.ListPanel.prototype.events, {
        'click .js-choose': 'onChoose',
        'click .js-go-panel': 'onGoPanel'
    }),

    initialize: function() {
        desk.ListPanel.prototype.initialize.apply(this, arguments);
        this.refreshSeconds = this.context.settings.refresh_seconds || this.refreshSeconds;
        this.ahead = 0;
        this.saidAt = -Infinity;
        this.ticks = setInterval(_.bind(this.tick, this), TICK);
    },

    path: function() { return 'exams/' + this.store.get('exam') + '/board'; },
    rowKey: function(row) { return row.attempt_id; },
    rowName: function(row) { return row.user.username; },
    emptyText: function() { return gettext('No learner has entered this exam yet. Learners appear here automatically.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s learner', '%(n)s learners', n), n); },

    filters: function() {
        var counts = this.counts;
        return [
            {name: 'search', type: 'search', label: gettext('Name, username or e-mail')},
            {name: 'show', type: 'chips', label: gettext('Only'), options: _.map(SHOWN, function(word) {
                return {value: word, label: shownLabel(word), count: counts ? counts[word] || 0 : null};
            })}
        ];
    },

    parameters: function() {
        // One of them, unlike the chips of other lists.
        return _.extend(desk.ListPanel.prototype.parameters.call(this), {show: _.partial(_.contains, SHOWN)});
    },

    filterQuery: function() {
        return _.omit(desk.ListPanel.prototype.filterQuery.call(this), 'exam');
    },

    onChip: function(event) {
        var word = $(event.currentTarget).attr('data-value');
        this.setFilters({show: this.store.get('show') === word ? '' : word});
    },

    columns: function() {
        var self = this;
        var words = desk.words;
        var store = this.store;
        return [
            {label: gettext('Learner'), sort: 'username', isHead: true, cell: function(row) {
                return [
                    {text: row.user.username, kind: 'open', attempt: row.attempt_id, href: store.url({attempt: row.attempt_id})},
                    words.fullName(row.user), {text: row.user.email, tone: 'muted'}
                ];
            }},
            {label: gettext('Status'), sort: 'status', cell: function(row) {
                return [
                    {text: words.status(row.status), tone: words.tone(row.status)},
                    row.paused && {text: gettext('Paused'), tone: 'attention'},
                    row.outage && {text: gettext('without the provider, during an outage'), tone: 'muted'}
                ];
            }},
            {label: gettext('Time left'), sort: 'expires_at', cell: function(row) {
                var left = self.secondsLeft(row);
                return left !== null && [
                    {text: self.leftText(left), tone: self.leftTone(left), kind: 'left'},
                    row.expires_at && {text: words.fill(gettext('ends %(time)s'), {time: words.clock(row.expires_at)}), tone: 'muted'},
                    row.extended_minutes && {text: desk.extendedText(row.extended_minutes), tone: 'muted'}
                ];
            }},
            {label: gettext('Last contact'), sort: 'last_contact_at', cell: function(row) {
                return self.isRunning(row) && {text: self.contactText(row), tone: row.contact === 'silent' ? 'attention' : '', kind: 'contact'};
            }},
            {label: gettext('Needs attention'), cell: function(row) {
                return [
                    row.help && {text: gettext('Calls for help'), tone: 'attention'},
                    row.waiting && {text: gettext('Waiting to be let in'), tone: 'attention'},
                    row.error && {text: row.error, tone: 'bad'},
                    row.notes && {text: words.n(ngettext('%(n)s note', '%(n)s notes', row.notes), row.notes), tone: 'muted'}
                ];
            }}
        ];
    },

    // What can be done.

    actions: function(row) {
        var self = this;
        var attempt = _.extend({}, row, {id: row.attempt_id, exam: this.reply.exam});
        function open(section) {
            self.context.sectionToOpen = section;
            self.store.set({attempt: row.attempt_id}, true);
        }
        return [
            {name: 'open', label: gettext('Details'), run: _.partial(open, '')},
            {name: 'deadline', label: gettext('Why this deadline'), run: _.partial(open, 'deadline')}
        ].concat(desk.actionsFor(this.context, attempt, _.bind(this.refresh, this, false)));
    },

    bulkActions: function() {
        return [{name: 'extend', label: gettext('Change the time'), run: _.bind(this.extendSelected, this)}];
    },

    tools: function() {
        var exam = this.store.get('exam');
        var proctored = _.find(this.context.settings.exams, function(one) { return String(one.id) === exam && one.type === 'proctored'; });
        return _.compact([
            exam && {name: 'extend', label: gettext('Change the time of everyone in the exam'), run: _.bind(this.extendAll, this)},
            proctored && this.context.settings.features.outage && desk.outageTool(this.context, proctored, 'outage')
        ]);
    },

    extendSelected: function() {
        var n = this.selection.size();
        var self = this;
        this.extend({
            selection: {attempt_ids: this.selection.list()},
            size: n,
            titleOf: function(size) { return desk.words.n(ngettext('Change the time of %(n)s learner', 'Change the time of %(n)s learners', size), size); },
            introOf: function() { return []; }
        }, function() { self.selection.clear(); });
    },

    extendAll: function() {
        var n, name;
        // Pressed before the numbers have arrived: it is done then.
        this.isOrdered = !this.counts;
        if (this.isOrdered) {
            return;
        }
        n = this.counts.in_exam;
        if (!n) {
            this.context.alert(gettext('Nobody is in the exam now.'));
            this.$('.js-notice').text(gettext('Nobody is in the exam now.'));
            return;
        }
        name = this.reply.exam.name;
        this.extend({
            selection: {all: true, expected_count: n},
            size: n,
            titleOf: function() { return desk.words.fill(gettext('Change the time of everyone in %(exam)s'), {exam: name}); },
            introOf: function(size) {
                return [desk.words.n(ngettext('%(n)s learner is in the exam.', '%(n)s learners are in the exam.', size), size)];
            }
        }, $.noop);
    },

    /** `options`: those of `desk.extendMany` that are about the learners. */
    extend: function(options, done) {
        var self = this;
        desk.need(this.context, 'dialogs/extend_many', function() {
            desk.extendMany(self.context, _.extend({exam: self.reply.exam, done: function() {
                done();
                self.refresh();
            }}, options));
        });
    },

    /** Extending takes learners that are named, or everybody; not what a filter finds. */
    drawBulkBar: function(n) {
        desk.ListPanel.prototype.drawBulkBar.call(this, n);
        this.$('.js-select-all').remove();
    },

    // Loading.

    render: function() {
        desk.ListPanel.prototype.render.call(this);
        $('<div class="js-board"></div>').insertBefore(this.$('.js-filters'));
        return this;
    },

    onAddress: function(names) {
        if (_.contains(names, 'exam')) {
            this.client.abort('panel');
            this.selectionCleared();
            this.reply = this.counts = this.knownCounts = null;
            this.isOrdered = false;
            this.render();
        } else {
            desk.ListPanel.prototype.onAddress.call(this, names);
        }
    },

    refresh: function(isAutomatic) {
        if (this.store.get('exam') || this.isRemoved) {
            return desk.ListPanel.prototype.refresh.call(this, isAutomatic);
        }
        this.$('.js-filters, .js-refresh, .js-automatic').prop('hidden', true);
        this.drawChoice();
        return $.when();
    },

    /** A reply that has not changed is the same object, and nothing is drawn again. */
    onReply: function(reply, isOther) {
        if (reply === this.reply && this.rows && !isOther && !this.problem) {
            this.stopWaiting();
            this.failures = 0;
            this.asOf = this.context.now();
            this.$('.js-as-of').text(this.asOfText());
            this.announce(false);
            this.plan();
            return;
        }
        if (reply !== this.reply) {
            // How far the server's clock is ahead of this one.
            this.ahead = new Date(reply.as_of).getTime() - this.context.now();
        }
        this.counts = reply.counts;
        this.refreshSeconds = reply.refresh_seconds;
        desk.ListPanel.prototype.onReply.call(this, reply, isOther);
        if (this.isOrdered) {
            this.extendAll();
        }
    },

    /** Sparse: only what has become more and needs a person, at most once a minute. */
    announce: function(isOther) {
        var now = this.context.now();
        var counts = this.counts;
        var known = this.knownCounts || counts;
        var more = _.filter(ALARMS, function(word) { return (counts[word] || 0) > (known[word] || 0); });
        if (isOther) {
            this.context.say(this.summary());
            this.knownCounts = counts;
        } else if (more.length && now - this.saidAt >= BETWEEN_ALARMS) {
            this.saidAt = now;
            this.knownCounts = counts;
            this.context.say(_.map(more, function(word) {
                return desk.words.fill(gettext('%(what)s: %(n)s'), {what: shownLabel(word), n: desk.words.number(counts[word])});
            }).join('. '));
        } else {
            // What has become less since, and what still waits to be said.
            this.knownCounts = _.object(_.map(ALARMS, function(word) { return [word, Math.min(known[word] || 0, counts[word] || 0)]; }));
        }
    },

    // Drawing.

    drawBody: function(state) {
        desk.ListPanel.prototype.drawBody.call(this, state);
        this.$('.js-board').html(state === 'rows' ? desk.templates.html('live', this.boardView()) : '');
        this.$('[data-kind="left"]').each(function() {
            $('<span class="proctoring-desk__left" aria-hidden="true"><span></span></span>').insertAfter(this);
        });
        this.tick();
    },

    boardView: function() {
        var words = desk.words;
        var exam = this.reply.exam;
        var counts = this.counts;
        return {
            facts: _.compact([
                exam.name, words.examType(exam.type), exam.provider && exam.provider.verbose_name, words.minutes(exam.time_limit_minutes),
                exam.due_date && words.fill(gettext('due %(time)s'), {time: words.moment(exam.due_date)})
            ]),
            statuses: _.map(_.keys(counts.by_status), function(status) {
                return {label: words.status(status), tone: words.tone(status), n: words.number(counts.by_status[status])};
            }),
            notes: _.compact([
                counts.overdue_reviews && this.note('reviews', counts.overdue_reviews, ngettext('%(n)s review is overdue', '%(n)s reviews are overdue', counts.overdue_reviews)),
                counts.effects_failed && this.note('problems', counts.effects_failed, ngettext('%(n)s result could not be delivered', '%(n)s results could not be delivered', counts.effects_failed)),
                counts.effects_due && this.note('problems', counts.effects_due, ngettext('%(n)s result is waiting to be delivered', '%(n)s results are waiting to be delivered', counts.effects_due)),
                !this.reply.is_contact_known && {text: gettext('This site does not record when it last heard from learners.'), href: '', panel: ''}
            ])
        };
    },

    note: function(panel, n, sentence) {
        return {
            text: desk.words.n(sentence, n), panel: panel,
            href: this.store.url({panel: panel, show: '', search: '', order: '', page: '', attempt: ''})
        };
    },

    drawChoice: function() {
        this.$body.html(desk.templates.html('live_choose', {
            exams: _.map(_.where(this.context.settings.exams, {is_active: true}), function(exam) {
                return {
                    id: exam.id, name: exam.name, href: this.store.url({exam: exam.id}),
                    lines: _.compact([
                        desk.words.examType(exam.type),
                        exam.due_date && desk.words.fill(gettext('due %(time)s'), {time: desk.words.moment(exam.due_date)})
                    ])
                };
            }, this)
        }));
    },

    onChoose: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.store.set({exam: $(event.currentTarget).attr('data-exam')}, true);
            this.$('.js-heading').trigger('focus');
        }
    },

    onGoPanel: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.store.open($(event.currentTarget).attr('data-panel'));
        }
    },

    // The clock. It does not write into a live region.

    serverNow: function() {
        return this.context.now() + this.ahead;
    },

    isRunning: function(row) {
        return row.time_remaining_seconds !== null;
    },

    /** Null outside the exam. Who is paused keeps what was left. */
    secondsLeft: function(row) {
        if (!this.isRunning(row)) {
            return null;
        }
        return row.expires_at === null
            ? Math.floor(row.time_remaining_seconds)
            : Math.max(0, Math.floor((new Date(row.expires_at).getTime() - this.serverNow()) / TICK));
    },

    leftText: function(left) {
        return left ? digits(left) : gettext('time is up');
    },

    leftTone: function(left) {
        return left < ENDING_SOON ? 'attention' : '';
    },

    contactText: function(row) {
        var heard = row.last_contact_at;
        if (row.contact === 'unknown') {
            return gettext('unknown');
        }
        if (row.contact === 'here') {
            return gettext('in contact');
        }
        return heard ? desk.words.fill(gettext('silent for %(time)s'), {
            time: desk.words.age(this.serverNow() - new Date(heard).getTime())
        }) : gettext('silent');
    },

    tick: function() {
        var self = this;
        if (document.visibilityState === 'hidden' || !this.rows) {
            return;
        }
        this.$('[data-kind="left"], [data-kind="contact"]').each(function() {
            var row = self.rowOf(this);
            var isContact = $(this).attr('data-kind') === 'contact';
            var left = self.secondsLeft(row);
            var text = isContact ? self.contactText(row) : self.leftText(left);
            if (this.textContent !== text) {
                this.textContent = text;
            }
            if (!isContact) {
                self.drawLeft($(this), row, left);
            }
        });
    },

    drawLeft: function($text, row, left) {
        var whole = (new Date(row.expires_at).getTime() - new Date(row.started_at).getTime()) / TICK;
        var isSoon = this.leftTone(left) !== '';
        $text.toggleClass('proctoring-desk__tone proctoring-desk__tone--attention', isSoon);
        $text.next('.proctoring-desk__left').prop('hidden', !(whole > 0)).toggleClass('is-soon', isSoon)
            .children().css('inline-size', Math.min(100, 100 * left / whole) + '%');
    },

    remove: function() {
        clearInterval(this.ticks);
        return desk.ListPanel.prototype.remove.call(this);
    }
});
