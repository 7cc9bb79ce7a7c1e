/** Allowances: extra time and exceptions, for one learner or many, with undo. Contract: contract/staff-desk#allowances. */
/* global proctoring, desk -- desk/namespace.js, desk/list_panel.js */

var TIME = 'additional_time_granted';
var FACTOR = 'time_multiplier';
var EXCEPTION = 'review_policy_exception';
var PREVIEW_AFTER = 600;  // milliseconds
var MOST_NAMES = 20000;  // characters
var SEPARATORS = /[,;\t\r\n\u060C\u061B\uFF0C\uFF1B]/;

function allowanceType(word) {
    return proctoring.ProctoredExamAllowanceModel.typeLabel(word);
}

function typeOptions(words) {
    return _.map(words, function(word) { return {value: word, label: allowanceType(word)}; });
}

function allowanceName(row) {
    return desk.words.fill(gettext('%(learner)s, %(exam)s'), {learner: row.user.username, exam: row.exam.name});
}

/** The names in a text that was typed or pasted from a spreadsheet, each once. */
desk.namesIn = function(text) {
    return _.uniq(_.compact(_.map(text.split(SEPARATORS), $.trim)));
};

/** What a job did or would do, in sentences; `name(row)`: how a row is called. The failures first, each with its reason. */
desk.allowanceReport = function(job, rows, name) {
    var words = desk.words;
    var failed = _.filter(rows, function(row) { return row.status === 'failed'; });
    var running = _.filter(rows, function(row) { return row.result.running_attempt_id; });
    var strangers = _.filter(rows, function(row) { return _.contains(row.result.warnings || [], 'not_enrolled'); });
    return _.compact(_.map(failed, function(row) {
        return words.fill(gettext('%(name)s: %(reason)s'), {name: name(row), reason: row.error.detail});
    }).concat([
        job.done && words.n(ngettext('%(n)s allowance changes.', '%(n)s allowances change.', job.done), job.done),
        job.skipped && words.n(ngettext('%(n)s is already as requested.', '%(n)s are already as requested.', job.skipped), job.skipped),
        strangers.length && words.fill(gettext('Not enrolled in the course: %(names)s.'), {
            names: _.uniq(_.map(strangers, name)).join(', ')
        }),
        running.length && words.fill(gettext('In the exam now, so their clock does not change: %(names)s.'), {
            names: _.uniq(_.map(running, name)).join(', ')
        }),
        job.is_more && gettext('These reasons are those of the first 200 learners.')
    ]));
};

desk.panels.allowances = desk.ListPanel.extend({
    exportName: 'allowances',
    defaultOrder: 'username',

    path: function() { return this.coursePath('allowances'); },
    emptyText: function() { return gettext('No learner has an allowance. “Add allowances” gives extra time or an exception.'); },
    countText: function(n) { return desk.words.n(ngettext('%(n)s allowance', '%(n)s allowances', n), n); },
    rowName: allowanceName,

    tools: function() {
        var self = this;
        return [
            {name: 'add', label: gettext('Add allowances'), run: _.bind(this.add, this)},
            {name: 'file', label: gettext('From a file'), run: function() {
                desk.need(self.context, 'dialogs/allowances_file', function() {
                    desk.allowancesFile(self.context, _.bind(self.refresh, self, false));
                });
            }}
        ];
    },

    filters: function() {
        return [
            {name: 'search', type: 'search', label: gettext('Name, username or e-mail')},
            {name: 'type', type: 'select', label: gettext('Type'), options: typeOptions([TIME, EXCEPTION])},
            {name: 'running', type: 'check', label: gettext('In the exam now')}
        ];
    },

    columns: function() {
        var words = desk.words;
        return [
            {label: gettext('Learner'), sort: 'username', isHead: true, cell: function(row) {
                return [row.user.username, words.fullName(row.user), {text: row.user.email, tone: 'muted'}];
            }},
            {label: gettext('Exam'), sort: 'exam', cell: function(row) { return row.exam.name; }},
            {label: gettext('Type'), sort: 'type', cell: function(row) { return allowanceType(row.type); }},
            {label: gettext('Value'), sort: 'value', cell: function(row) {
                return [
                    row.value,
                    row.total_minutes !== null && {
                        text: words.fill(gettext('%(minutes)s in total'), {minutes: words.minutes(row.total_minutes)}), tone: 'muted'
                    },
                    row.running_attempt_id && {text: gettext('In the exam now: the clock does not change'), tone: 'attention'}
                ];
            }},
            {label: gettext('Given'), sort: 'modified_at', cell: function(row) {
                return [
                    words.moment(row.granted_at || row.modified_at),
                    row.granted_by && {text: words.fill(gettext('by %(name)s'), {name: row.granted_by.username}), tone: 'muted'}
                ];
            }}
        ];
    },

    actions: function(row) {
        var self = this;
        var items = [
            {name: 'edit', label: gettext('Change'), run: _.bind(this.edit, this, row)},
            {name: 'remove', label: gettext('Remove'), run: _.bind(this.removeRow, this, row)}
        ];
        if (row.change_id) {
            items.push({name: 'undo', label: gettext('Undo the last change'), run: _.bind(this.undo, this, row.change_id)});
        }
        if (row.running_attempt_id) {
            items.push({name: 'open', label: gettext('Running attempt'), run: function() {
                self.store.set({attempt: row.running_attempt_id}, true);
            }});
        }
        return items;
    },

    edit: function(row) {
        var self = this;
        var types = row.type === TIME ? [TIME, FACTOR, EXCEPTION] : _.uniq([row.type, TIME, FACTOR, EXCEPTION]);
        this.context.openDialog(new desk.FormDialog({
            client: this.client,
            title: desk.words.fill(gettext('Change the allowance of %(name)s'), {name: allowanceName(row)}),
            intro: row.running_attempt_id ? [gettext('The learner is in the exam: the clock does not change.')] : [],
            fields: [
                {name: 'type', type: 'select', label: gettext('Type'), options: typeOptions(types), value: row.type},
                {name: 'value', label: gettext('Value'), value: row.value, isRequired: true, most: 255}
            ],
            submitLabel: gettext('Change'),
            send: function(values, key) {
                var body = values.type === row.type ? {value: values.value} : values;
                return self.client.send('PATCH', 'allowances/' + row.id, body, key);
            },
            done: function() {
                self.refreshAndSay(desk.words.fill(gettext('The allowance of %(name)s was changed.'), {name: allowanceName(row)}));
            }
        }));
    },

    removeRow: function(row) {
        var self = this;
        this.context.complain('');
        this.client.send('DELETE', 'allowances/' + row.id).done(function(body, xhr) {
            var sentence = desk.words.fill(gettext('The allowance of %(name)s was removed.'), {name: allowanceName(row)});
            self.offerUndo(sentence, xhr.getResponseHeader('X-Proctoring-Change'));
            self.refreshAndSay(sentence);
        }).fail(_.bind(this.refused, this));
    },

    /** Say what was done, beside a button that undoes it. */
    offerUndo: function(sentence, changeId) {
        var self = this;
        this.$('.js-undo').remove();
        $('<p class="js-undo proctoring-desk__notice"></p>').text(sentence + ' ').append(
            $('<button type="button" class="proctoring-desk__button"></button>').text(gettext('Undo')).on('click', function() {
                self.undo(changeId);
            })
        ).insertBefore(this.$('.js-count'));
        this.$('.js-undo button').trigger('focus');
    },

    undo: function(changeId) {
        var self = this;
        this.context.complain('');
        this.client.send('POST', 'allowance-changes/' + changeId + '/undo').done(function(reply) {
            self.$('.js-undo').remove();
            self.$('.js-heading').trigger('focus');
            self.refreshAndSay(reply.after === null
                ? gettext('Undone: the allowance no longer exists.')
                : desk.words.fill(gettext('Undone: the value is %(value)s.'), {value: reply.after}));
        }).fail(_.bind(this.refused, this));
    },

    /** The sentence comes last, so that the number of changed rows does not replace it. */
    refreshAndSay: function(sentence) {
        var self = this;
        this.refresh(true).always(function() { self.context.say(sentence); });
    },

    refused: function(problem) {
        this.context.complain(problem.detail);
        this.refresh(true);
    },

    /** `initial`: values to begin with; `intro`: sentences above the fields, such as what did not work before. */
    add: function(initial, intro) {
        var self = this;
        var start = _.extend({learners: '', exam: this.store.get('exam'), type: TIME, value: ''}, initial);
        var exams = _.filter(this.context.settings.exams, function(exam) { return exam.is_active; });
        var report = [];
        var asked = '';
        var path = this.coursePath('allowances');
        var names = [];
        var timer = null;
        var dialog;

        function body(values, more) {
            names = desk.namesIn(values.learners);
            return _.extend({
                exam_ids: [Number(values.exam)], learners: names, type: values.type, value: values.value
            }, more);
        }

        function name(row) {
            return names[row.position];
        }

        /** The server says what would happen, while typing pauses. */
        function look(values) {
            var text = JSON.stringify(values);
            if (text !== asked || !values.learners || !values.value || !values.exam) {
                return;
            }
            self.client.send('POST', path, body(values, {dry_run: true})).done(function(job) {
                if (text === asked) {
                    report = desk.allowanceReport(job, job.rows, name);
                    dialog.showPreview();
                }
            }).fail(function(problem) {
                if (text === asked) {
                    report = [problem.detail];
                    dialog.showPreview();
                }
            });
        }

        dialog = new desk.FormDialog({
            client: this.client,
            title: gettext('Add allowances'),
            intro: intro || [],
            fields: [
                {
                    name: 'learners', type: 'textarea', label: gettext('Learners'), isRequired: true, most: MOST_NAMES, value: start.learners,
                    help: gettext('Usernames or e-mail addresses, one per line or separated by commas. A column of a spreadsheet can be pasted.')
                },
                {name: 'exam', type: 'select', label: gettext('Exam'), value: start.exam, options: _.map(exams, function(exam) {
                    return {value: String(exam.id), label: exam.name};
                })},
                {name: 'type', type: 'select', label: gettext('Type'), options: typeOptions([TIME, FACTOR, EXCEPTION]), value: start.type},
                {
                    name: 'value', label: gettext('Value'), isRequired: true, most: 255, value: start.value,
                    help: gettext('Minutes, such as 30; a multiplier, such as 1.5, which is rounded up to minutes; or a text for reviewers.')
                }
            ],
            submitLabel: gettext('Add'),
            closed: function() {
                clearTimeout(timer);
                asked = null;
            },
            preview: function(values) {
                var text = JSON.stringify(values);
                if (text !== asked) {
                    asked = text;
                    report = [];
                    clearTimeout(timer);
                    timer = setTimeout(_.partial(look, values), PREVIEW_AFTER);
                }
                return report;
            },
            send: function(values, key) {
                var done = $.Deferred();
                self.client.send('POST', path, body(values), key).done(function(job) {
                    self.finish(job, done);
                }).fail(done.reject);
                return done.promise();
            },
            done: function(reply, values) {
                var sentences = desk.allowanceReport(reply.job, reply.rows, name);
                var failed = _.uniq(_.map(_.where(reply.rows, {status: 'failed'}), name));
                self.refresh(true);
                if (failed.length) {
                    // Who was not given it stays in the field.
                    self.add(_.extend({}, values, {learners: failed.join('\n')}), sentences);
                } else {
                    self.showReport(sentences);
                }
            }
        });
        this.context.openDialog(dialog);
    },

    /** Go on with a job until it is finished, then read what failed and what changed. */
    finish: function(job, done) {
        var self = this;
        if (job.state === 'queued' || job.state === 'running') {
            this.client.send('POST', 'jobs/' + job.code + '/work').done(function(next) {
                self.finish(next, done);
            }).fail(done.reject);
            return;
        }
        $.when(
            this.client.all('jobs/' + job.code + '/rows', {state: 'failed'}),
            this.client.all('jobs/' + job.code + '/rows', {state: 'done'})
        ).done(function(failed, changed) {
            done.resolve({job: job, rows: failed.concat(changed)});
        }).fail(done.reject);
    },

    /** One line for each sentence, above the list. */
    showReport: function(sentences) {
        this.context.say(sentences.join(' '));
        this.$('.js-undo').remove();
        $('<div class="js-undo proctoring-desk__notice" tabindex="-1"></div>').append(_.map(sentences, function(sentence) {
            return $('<p></p>').text(sentence)[0];
        })).insertBefore(this.$('.js-count'));
    }
});
