/** The exams of the course in numbers: a table per question, with bars. Contract: contract/staff-desk#overview. */
/* global desk -- desk/namespace.js, desk/list_panel.js */

var BIN = 5;  // minutes, as the server counts
var MOST_COLUMNS = 60;  // of a chart, besides one for longer times
var DAY = 24 * 3600 * 1000;
// Statuses in the order of an attempt's life; others follow.
var ORDER = [
    'created', 'download_software_clicked', 'ready_to_start', 'started', 'ready_to_submit', 'declined', 'timed_out', 'submitted',
    'second_review_required', 'verified', 'rejected', 'error'
];

function place(status) {
    return _.indexOf(ORDER, status) + 1 || ORDER.length + 1;
}

function total(counts) {
    return _.reduce(_.pluck(counts, 'n'), function(sum, n) { return sum + n; }, 0);
}

/**
 * Bins of an exam as columns without gaps, up to its limit at least and to twice the limit at most. One boundary is the end
 * of the bin of the limit. Longer times are added up in a last column without `to`.
 */
function columnsOf(bins, limit) {
    var edge = Math.ceil(limit / BIN) * BIN;
    var last = Math.max(edge, Math.min(_.last(bins).to_minutes, edge ? 2 * edge : bins[0].from_minutes + (MOST_COLUMNS * BIN)));
    var first = Math.min(bins[0].from_minutes, last - BIN);
    var width = BIN * Math.ceil((last - first) / BIN / MOST_COLUMNS);
    var start = edge + (Math.floor((first - edge) / width) * width);
    var columns = _.map(_.range(start, last, width), function(from) {
        return {from: Math.max(0, from), to: from + width, n: total(_.filter(bins, function(bin) {
            return bin.from_minutes >= from && bin.from_minutes < from + width;
        }))};
    });
    var end = _.last(columns).to;
    var longer = total(_.filter(bins, function(bin) { return bin.from_minutes >= end; }));
    return longer ? columns.concat({from: end, to: null, n: longer}) : columns;
}

/** Columns of the starts, which are per day or week, with several in a column if there are many. `from`, `to`: the first and the last. */
function startColumns(starts) {
    var width = Math.max(1, Math.ceil(starts.length / MOST_COLUMNS));
    return _.map(_.range(0, starts.length, width), function(first) {
        var together = starts.slice(first, first + width);
        return {from: together[0].at, to: _.last(together).at, n: total(together)};
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
    emptyText: function() { return gettext('This course has no exams yet. Their numbers will be shown here.'); },
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
                    words.fill(gettext('Half of the learners needed at most %(time)s.'), {time: words.minutes(row.median_minutes)}),
                    words.fill(gettext('Nine of ten needed at most %(time)s.'), {time: words.minutes(row.p90_minutes)})
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

    drawMore: function(state) {
        this.$('.proctoring-desk__foot').remove();
        if (state === 'rows' && this.rows.length) {
            this.drawCharts(this.charts());
        }
    },

    drawCharts: function(charts) {
        var asTable = this.asTable = this.asTable || {};
        this.$body.append(desk.templates.html('overview', {facts: this.facts(), charts: charts, details: this.details}));
        if (!charts.length) {
            this.$body.append(desk.templates.html('table', {
                state: 'empty', filters: this.filterTexts(), emptyText: gettext('No learner has started an exam yet. Charts will be shown here.')
            }));
        }
        this.$('.js-chart').each(function() {
            var name = $(this).attr('data-chart');
            $(this).html(desk.charts.html(_.findWhere(charts, {name: name}), asTable[name]));
        });
        desk.charts.draw(this.$body);
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
            {label: gettext('Waiting reviews'), text: desk.words.number(reviews.open)},
            {label: gettext('Reviews decided by people'), text: desk.words.number(reviews.decided)},
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
            return _.sortBy(_.keys(exam.by_status), place);
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
                        part: n / exam.learners, tone: words.tone(status), pattern: place(status)
                    };
                })};
            })
        } : null;
    },

    /** A column per day or week (UTC), as the server counts, or per several of them; also for those in which no exam was started. */
    startsChart: function() {
        var words = desk.words;
        var step = this.numbers.starts.bucket === 'week' ? 7 * DAY : DAY;
        var points = _.groupBy(this.numbers.starts.points, function(point) { return new Date(point.at).getTime(); });
        var moments = _.map(_.keys(points), Number);
        var starts = _.map(moments.length ? _.range(_.min(moments), _.max(moments) + 1, step) : [], function(at) {
            return {at: at, n: total(points[at])};
        });
        var columns = startColumns(starts);
        var most = Math.max.apply(null, _.pluck(columns, 'n').concat(1));
        return starts.length ? {
            name: 'starts',
            title: gettext('Exams started'),
            heads: [gettext('From'), gettext('Learners')],
            rows: _.map(_.filter(starts, function(start) { return start.n; }), function(start) {
                return [words.utcDay(start.at), words.number(start.n)];
            }),
            columns: _.map(columns, function(column) {
                // Of a week that stands alone the table has the first day only, too.
                var time = column.from === column.to ? words.utcDay(column.from)
                    : words.utcDay(column.from) + ' – ' + words.utcDay(column.to + step - DAY);
                return {label: time, part: column.n / most, text: words.fill(
                    ngettext('%(time)s: %(n)s learner', '%(time)s: %(n)s learners', column.n), {time: time, n: words.number(column.n)}
                )};
            })
        } : null;
    },

    /** How long learners took, beside the time limit. */
    durationChart: function(durations) {
        var words = desk.words;
        var exam = _.findWhere(this.rows, {id: durations.exam_id});
        var limit = exam && exam.time_limit_minutes || 0;
        var columns = durations.bins.length ? columnsOf(durations.bins, limit) : [];
        var most = Math.max.apply(null, _.pluck(columns, 'n').concat(1));
        function span(from, to) {
            return to === null ? gettext('longer')
                : words.fill(gettext('%(from)s to %(to)s minutes'), {from: words.number(from), to: words.number(to)});
        }
        return exam && columns.length ? {
            name: 'exam-' + exam.id,
            title: words.fill(gettext('How long learners took: %(exam)s'), {exam: exam.name}),
            sentence: words.fill(gettext('Half of them took at most %(half)s; the time limit is %(limit)s. Longer times are hatched.'), {
                half: words.minutes(exam.median_minutes), limit: words.minutes(limit)
            }),
            heads: [gettext('Minutes'), gettext('Learners'), gettext('Time limit')],
            // A time of exactly the limit is in the bin that ends with it, or around it.
            rows: _.map(durations.bins, function(bin) {
                return [
                    span(bin.from_minutes, bin.to_minutes), words.number(bin.n),
                    bin.from_minutes >= limit ? gettext('longer') : gettext('within')
                ];
            }),
            columns: _.map(columns, function(column) {
                var time = span(column.from, column.to);
                return {label: time, part: column.n / most, isBeyond: column.from >= limit, text: words.fill(
                    ngettext('%(time)s: %(n)s learner', '%(time)s: %(n)s learners', column.n), {time: time, n: words.number(column.n)}
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
                    tone: 'attention', pattern: place('second_review_required'), part: exam.flagged / exam.learners,
                    text: words.fill(gettext('%(flagged)s of %(learners)s'), {
                        flagged: words.number(exam.flagged), learners: words.number(exam.learners)
                    })
                }]};
            })
        } : null;
    }
});
