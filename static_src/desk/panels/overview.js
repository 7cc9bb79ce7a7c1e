/** The exams of the course in numbers: a table per question, with bars. Contract: contract/staff-desk#overview. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

var BIN = 5;  // minutes, as the server counts
var MOST_COLUMNS = 366;
// Statuses in the order of an attempt's life; others follow.
var ORDER = ['created', 'download_software_clicked', 'ready_to_start', 'started', 'ready_to_submit', 'submitted', 'second_review_required', 'verified', 'rejected', 'error'];

/** The bins of an exam without gaps, up to its limit at least. */
function allBins(bins, limit) {
    var first = bins[0].from_minutes;
    var last = Math.max(_.last(bins).to_minutes, Math.ceil(limit / BIN) * BIN);
    var counted = _.object(_.map(bins, function(bin) { return [bin.from_minutes, bin.n]; }));
    return _.map(_.range(first, Math.min(last, first + (MOST_COLUMNS * BIN)), BIN), function(from) {
        return {from: from, to: from + BIN, n: counted[from] || 0};
    });
}

desk.panels.overview = desk.ListPanel.extend({
    defaultOrder: '',

    events: _.extend({}, desk.ListPanel.prototype.events, {
        'click .js-as-table': 'onAsTable',
        'keydown .js-column': desk.charts.onKey,
        'focus .js-column': 'onColumn',
        'mouseenter .js-column': 'onColumn'
    }),

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
        // The charts are drawn after the list, which would give their focus to the heading.
        var focused = this.focusKey();
        desk.ListPanel.prototype.drawBody.call(this, state);
        this.$('.proctoring-desk__foot').remove();
        if (state === 'rows' && this.rows.length) {
            this.drawCharts(this.charts(), focused);
        }
    },

    drawCharts: function(charts, focused) {
        var $again;
        var asTable = this.asTable = this.asTable || {};
        this.$body.append(desk.templates.html('overview', {facts: this.facts(), charts: charts, details: this.details}));
        this.$('.js-chart').each(function() {
            var name = $(this).attr('data-chart');
            $(this).html(desk.charts.html(_.findWhere(charts, {name: name}), asTable[name]));
        });
        desk.charts.draw(this.$body);
        $again = this.$body.find('[data-focus-key]').filter(function() { return focused && $(this).attr('data-focus-key') === focused; });
        $again.first().trigger('focus');
    },

    onAsTable: function(event) {
        this.asTable[$(event.currentTarget).attr('data-chart')] = desk.charts.toggle(event.currentTarget);
    },

    onColumn: function(event) {
        desk.charts.tell(event.currentTarget);
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
        return _.compact([this.statusChart(), this.startsChart()].concat(_.map(this.numbers.durations, this.durationChart, this), this.flaggedChart()));
    },

    /** Learners by their newest attempt: a bar per exam. */
    statusChart: function() {
        var words = desk.words;
        var exams = _.filter(this.rows, function(exam) { return exam.learners; });
        function statuses(exam) {
            return _.sortBy(_.keys(exam.by_status), function(status) { return _.indexOf(ORDER, status) + 1 || ORDER.length + 1; });
        }
        return exams.length ? {
            name: 'statuses',
            title: gettext('Attempts by status'),
            heads: [gettext('Exam'), gettext('Status'), gettext('Learners')],
            rows: _.flatten(_.map(exams, function(exam) {
                return _.map(statuses(exam), function(status) {
                    return [exam.name, words.status(status), words.number(exam.by_status[status])];
                });
            }), true),
            bars: _.map(exams, function(exam) {
                return {label: exam.name, segments: _.map(statuses(exam), function(status) {
                    var n = exam.by_status[status];
                    return {
                        text: words.fill(gettext('%(status)s: %(n)s'), {status: words.status(status), n: words.number(n)}),
                        part: n / exam.learners, tone: words.tone(status)
                    };
                })};
            })
        } : null;
    },

    startsChart: function() {
        var words = desk.words;
        var points = _.groupBy(this.numbers.starts.points, 'at');
        var starts = _.map(_.keys(points).sort(), function(at) {
            return {at: words.moment(at), n: _.reduce(points[at], function(sum, point) { return sum + point.n; }, 0)};
        });
        var most = Math.max.apply(null, _.pluck(starts, 'n').concat(1));
        return starts.length ? {
            name: 'starts',
            title: gettext('Exams started'),
            heads: [gettext('From'), gettext('Learners')],
            rows: _.map(starts, function(start) { return [start.at, words.number(start.n)]; }),
            columns: _.map(starts, function(start) {
                return {label: start.at, part: start.n / most, text: words.fill(
                    ngettext('%(time)s: %(n)s learner', '%(time)s: %(n)s learners', start.n), {time: start.at, n: words.number(start.n)}
                )};
            })
        } : null;
    },

    /** How long learners took, beside the time limit. */
    durationChart: function(durations) {
        var words = desk.words;
        var exam = _.findWhere(this.rows, {id: durations.exam_id});
        var limit = exam && exam.time_limit_minutes || 0;
        var bins = durations.bins.length ? allBins(durations.bins, limit) : [];
        var most = Math.max.apply(null, _.pluck(bins, 'n').concat(1));
        function span(bin) {
            return words.fill(gettext('%(from)s to %(to)s minutes'), {from: words.number(bin.from), to: words.number(bin.to)});
        }
        return exam && bins.length ? {
            name: 'exam-' + exam.id,
            title: words.fill(gettext('How long learners took: %(exam)s'), {exam: exam.name}),
            sentence: words.fill(gettext('Half of them took at most %(half)s; the time limit is %(limit)s. Longer times are hatched.'), {
                half: words.minutes(exam.median_minutes), limit: words.minutes(limit)
            }),
            heads: [gettext('Minutes'), gettext('Learners'), gettext('Time limit')],
            rows: _.map(_.filter(bins, function(bin) { return bin.n; }), function(bin) {
                return [span(bin), words.number(bin.n), bin.from >= limit ? gettext('longer') : gettext('within')];
            }),
            columns: _.map(bins, function(bin) {
                return {label: span(bin), part: bin.n / most, isBeyond: bin.from >= limit, text: words.fill(
                    ngettext('%(time)s: %(n)s learner', '%(time)s: %(n)s learners', bin.n), {time: span(bin), n: words.number(bin.n)}
                )};
            })
        } : null;
    },

    flaggedChart: function() {
        var words = desk.words;
        var exams = _.filter(this.rows, function(exam) { return exam.flagged; });
        return exams.length ? {
            name: 'flagged',
            title: gettext('Rejected or to be decided'),
            heads: [gettext('Exam'), gettext('Rejected or to be decided'), gettext('Learners'), gettext('Share')],
            rows: _.map(exams, function(exam) {
                return [exam.name, words.number(exam.flagged), words.number(exam.learners), words.share(exam.flagged / exam.learners)];
            }),
            bars: _.map(exams, function(exam) {
                return {label: exam.name, segments: [{
                    tone: 'attention', part: exam.flagged / exam.learners,
                    text: words.fill(gettext('%(flagged)s of %(learners)s'), {
                        flagged: words.number(exam.flagged), learners: words.number(exam.learners)
                    })
                }]};
            })
        } : null;
    }
});
