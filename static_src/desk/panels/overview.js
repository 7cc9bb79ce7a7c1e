/** The exams of the course in numbers: a table per question, with bars. Contract: contract/staff-desk#overview. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

/** Rows `{label, n}` with the largest number, which is a full bar. */
function bars(name, title, head, rows) {
    return {name: name, title: title, head: head, rows: rows, most: Math.max.apply(null, _.pluck(rows, 'n').concat(1))};
}

desk.panels.overview = desk.ListPanel.extend({
    defaultOrder: '',

    path: function() { return this.coursePath('summary'); },
    emptyText: function() { return gettext('This course has no exams yet. Their numbers will be here.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s exam', '%(n)s exams', n), n); },
    rowName: function(row) { return row.name; },

    filters: function() {
        return [
            {name: 'from', type: 'day', label: gettext('From')},
            {name: 'to', type: 'day', isEnd: true, label: gettext('To')}
        ];
    },

    query: function() {
        return this.filterQuery();
    },

    columns: function() {
        var words = desk.words;
        return [
            {label: gettext('Exam'), isHead: true, cell: function(row) { return [row.name, {text: words.examType(row.type), tone: 'muted'}]; }},
            {label: gettext('Learners'), cell: function(row) { return words.number(row.learners); }},
            {label: gettext('By status'), cell: function(row) {
                return _.map(_.keys(row.by_status), function(status) {
                    return {
                        text: words.fill(gettext('%(status)s: %(n)s'), {status: words.status(status), n: words.number(row.by_status[status])}),
                        tone: words.tone(status)
                    };
                });
            }},
            {label: gettext('Rejected or to be decided'), cell: function(row) { return words.number(row.flagged); }},
            {label: gettext('Typical time'), cell: function(row) {
                return row.median_minutes !== null && [
                    words.fill(gettext('half within %(time)s'), {time: words.minutes(row.median_minutes)}),
                    words.fill(gettext('nine of ten within %(time)s'), {time: words.minutes(row.p90_minutes)})
                ];
            }},
            {label: gettext('Allowances'), cell: function(row) { return words.number(row.allowances); }}
        ];
    },

    /** The days stay where the other list can be asked for them. */
    actions: function(row) {
        var store = this.store;
        var days = {from: store.get('from'), to: store.get('to')};
        return _.map([['attempts', days], ['reviews', {}], ['allowances', {}]], function(link) {
            return {name: link[0], label: desk.panelNamed(link[0]).title(), run: function() {
                store.open(link[0], _.extend({exam: row.id}, link[1]));
            }};
        });
    },

    onReply: function(summary, isOther) {
        this.numbers = summary;
        desk.ListPanel.prototype.onReply.call(this, {
            results: summary.exams, count: summary.exams.length, num_pages: 1, current_page: 1, start: 0
        }, isOther);
    },

    drawBody: function(state) {
        desk.ListPanel.prototype.drawBody.call(this, state);
        this.$('.proctoring-desk__foot').remove();
        if (state === 'rows' && this.rows.length) {
            this.$body.append(desk.templates.html('overview', {facts: this.facts(), charts: this.charts(), details: this.details}));
        }
    },

    facts: function() {
        var reviews = this.numbers.reviews;
        return [
            {label: gettext('In an exam now'), text: desk.words.number(this.numbers.in_exam_now)},
            {label: gettext('Reviews that wait'), text: desk.words.number(reviews.open)},
            {label: gettext('Reviews that people decided'), text: desk.words.number(reviews.decided)},
            {label: gettext('Half of them decided within'), text: reviews.median_hours === null ? '–'
                : desk.words.age(reviews.median_hours * 3600 * 1000)}
        ];
    },

    charts: function() {
        var words = desk.words;
        var names = _.object(_.map(this.rows, function(row) { return [row.id, row.name]; }));
        var starts = _.groupBy(this.numbers.starts.points, 'at');
        return _.filter([
            bars('starts', gettext('Exams started'), gettext('From'), _.map(_.keys(starts).sort(), function(at) {
                return {label: words.moment(at), n: _.reduce(starts[at], function(sum, point) { return sum + point.n; }, 0)};
            }))
        ].concat(_.map(this.numbers.durations, function(exam) {
            return bars(
                'exam-' + exam.exam_id, words.fill(gettext('How long learners took: %(exam)s'), {exam: names[exam.exam_id] || exam.exam_id}), gettext('Minutes'),
                _.map(exam.bins, function(bin) { return {label: bin.from_minutes + '–' + bin.to_minutes, n: bin.n}; })
            );
        })), function(chart) { return chart.rows.length; });
    }
});
