/** Readiness: whether the exams of the course can be taken, and what to do. Contract: contract/staff-desk#readiness. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

var AGAIN_AFTER = 3000;  // milliseconds, while another check of the course runs
var LEVELS = ['error', 'warning', 'unknown', 'ok'];
var TONES = {error: 'bad', warning: 'attention', ok: 'good', unknown: 'plain'};
// Only the provider's answer decides about them.
var ANSWERS = ['provider_reachable', 'provider_credentials', 'provider_clock'];
// Where the course team can do something about it.
var PANELS = {
    effects_pending: 'problems', inbox_refused: 'inbox', allowances_on_inactive: 'allowances', without_onboarding: 'onboarding'
};

function levelLabel(level) {
    return {error: gettext('Error'), warning: gettext('Warning'), unknown: gettext('Not known'), ok: gettext('Passed')}[level];
}

function checkLabel(code) {
    return {
        provider_configured: gettext('The provider is configured'),
        provider_reachable: gettext('The provider answers'),
        provider_credentials: gettext('The provider accepts our credentials'),
        provider_clock: gettext('The clocks agree'),
        reviewer_group: gettext('Reviewers'),
        worker_bundle: gettext('Provider script'),
        callback_address: gettext('Callback address for the provider'),
        exam_registered: gettext('The provider knows the exam'),
        exam_limit: gettext('Time limit'),
        exam_active: gettext('The exam is active'),
        exam_due: gettext('Due date'),
        review_policy_length: gettext('Notes for reviewers'),
        onboarding_exam: gettext('Onboarding exam'),
        prerequisites: gettext('Prerequisites'),
        escalation_email: gettext('Address for learners’ questions'),
        consent_reachable: gettext('Consent page'),
        eligible_learners: gettext('Learners who may take proctored exams'),
        without_onboarding: gettext('Learners without onboarding'),
        allowances_on_inactive: gettext('Allowances in exams that are not active'),
        effects_pending: gettext('Results that were not delivered'),
        inbox_refused: gettext('Reviews that were refused'),
        cache_shared: gettext('Site cache')
    }[code] || code;
}

function isOfProvider(check) {
    return _.contains(ANSWERS, check.code);
}

desk.panels.readiness = desk.ListPanel.extend({
    defaultOrder: '',

    path: function() { return this.coursePath('readiness'); },
    rowKey: function(row) { return [row.code, row.subject.kind, row.subject.id].join('.'); },
    rowName: function(row) {
        return row.subject.name
            ? desk.words.fill(gettext('%(check)s, %(about)s'), {check: checkLabel(row.code), about: row.subject.name}) : checkLabel(row.code);
    },
    countText: function(n) { return desk.words.n(ngettext('%(n)s check', '%(n)s checks', n), n); },
    emptyText: function() {
        return this.isPartial
            ? gettext('No problem found so far; the providers have not answered yet.') : gettext('All checks passed.');
    },

    /** It asks providers, so no screen refreshes it on its own. */
    isAutomatic: function() { return false; },

    filters: function() {
        var counts = this.levelCounts;
        return [
            {name: 'level', type: 'chips', label: gettext('Result'), options: _.map(LEVELS, function(level) {
                return {value: level, label: levelLabel(level), count: counts ? counts[level] || 0 : null};
            })},
            {name: 'offline', type: 'check', label: gettext('Skip checks that contact providers')}
        ];
    },

    question: function() {
        return [this.store.get('exam'), this.store.get('offline')].join();
    },

    query: function() {
        return {exam: this.store.get('exam'), offline: this.isLocal ? '1' : ''};
    },

    /** Providers take up to five seconds to answer: what is known without them is shown before they are asked. */
    refresh: function(isAutomatic) {
        var self = this;
        var asksProviders = !this.store.get('offline');
        var isFirst = !this.rows || this.question() !== this.asked;
        clearTimeout(this.timer);
        if (asksProviders && !isFirst && this.isPartial) {
            return this.askProviders();
        }
        this.isLocal = isFirst || !asksProviders;
        this.isAsking = false;
        return desk.ListPanel.prototype.refresh.call(this, isAutomatic).done(function() {
            if (isFirst && asksProviders && !self.isRemoved) {
                self.askProviders();
            }
        });
    },

    askProviders: function() {
        this.isLocal = false;
        this.isAsking = true;
        this.$('.js-notice').text(this.noticeText());
        this.context.say(this.noticeText());
        return this.askAgain();
    },

    askAgain: function() {
        return desk.ListPanel.prototype.refresh.call(this, false);
    },

    noticeText: function() {
        if (this.isAsking) {
            return gettext('Asking the providers…');
        }
        return this.isPartial && this.problem
            ? desk.words.fill(gettext('The providers could not be asked: %(reason)s'), {reason: this.problem.detail})
            : desk.ListPanel.prototype.noticeText.call(this);
    },

    columns: function() {
        return [
            {label: gettext('Check'), isHead: true, cell: function(row) { return checkLabel(row.code); }},
            {label: gettext('Result'), cell: function(row) { return {text: levelLabel(row.level), tone: TONES[row.level]}; }},
            {label: gettext('About'), cell: function(row) { return row.subject.name; }},
            {label: gettext('Found'), cell: function(row) { return row.text; }},
            {label: gettext('What to do'), cell: function(row) {
                return [row.fix, row.link && {text: gettext('Open the exam'), href: row.link}];
            }}
        ];
    },

    actions: function(row) {
        var store = this.store;
        var name = PANELS[row.code];
        var panel = name && desk.panelNamed(name);
        var exam = row.subject.kind === 'exam' ? row.subject.id : store.get('exam');
        return panel && row.level !== 'ok' && (!panel.isAvailable || panel.isAvailable(this.context.settings))
            ? [{name: name, label: panel.title(), run: function() { store.open(name, {exam: exam}); }}] : [];
    },

    // What is in order is shown on request.

    onReply: function(report, isOther) {
        var isSecond = this.isAsking;
        this.isAsking = false;
        this.isPartial = this.isLocal && !this.store.get('offline');
        this.report = this.isPartial ? _.extend({}, report, {checks: _.reject(report.checks, isOfProvider)}) : report;
        this.levelCounts = _.countBy(this.report.checks, 'level');
        desk.ListPanel.prototype.onReply.call(this, this.listOf(this.report), isOther || isSecond);
    },

    /** A part of the answer is not announced as if it were all. */
    announce: function(isOther) {
        if (!this.isPartial) {
            desk.ListPanel.prototype.announce.call(this, isOther);
        }
    },

    listOf: function(report) {
        var levels = this.store.get('level') ? this.store.get('level').split(',') : _.without(LEVELS, 'ok');
        var rows = _.filter(report.checks, function(check) { return _.contains(levels, check.level); });
        return {results: rows, count: rows.length, num_pages: 1, current_page: 1, start: 0};
    },

    onAddress: function(names) {
        if (this.report && _.isEqual(names, ['level'])) {
            this.reply = this.listOf(this.report);
            this.rows = this.reply.results;
            this.changed = {};
            this.drawBody('rows');
            this.context.say(this.summary());
        } else {
            desk.ListPanel.prototype.onAddress.call(this, names);
        }
    },

    onProblem: function(problem, isAutomatic) {
        var isRunning = problem.code === 'already_running';
        if (isRunning && this.isAsking) {
            // Not a failure: a colleague's check, or one that this page has asked for just before.
            this.timer = setTimeout(_.bind(this.askAgain, this), AGAIN_AFTER);
            return;
        }
        this.isAsking = false;
        desk.ListPanel.prototype.onProblem.call(this, problem, isAutomatic);
        clearTimeout(this.timer);
        if (isRunning) {
            this.timer = setTimeout(_.bind(this.refresh, this, true), AGAIN_AFTER);
        }
    },

    drawBody: function(state) {
        desk.ListPanel.prototype.drawBody.call(this, state);
        this.$('.proctoring-desk__foot').remove();
        this.$('.js-automatic').prop('hidden', true);
        if (this.report && state === 'rows') {
            this.asOf = new Date(this.report.checked_at).getTime();
            this.$('.js-as-of').text(this.asOfText());
        }
    }
});
