/**
 * An order for one learner or many: a question with a reason and the numbers of a dry run, the work with its progress,
 * and what became of each. Contract: contract/staff-desk#jobs.
 *
 * `desk.order(context, options)`; options: `title`, or `titleOf(size)`, `intro`, `path`, `body` (without reason), `selection` (`{attempt_ids}` or `{filter,
 * expected_count}`), `size`, `fields`, `bodyOf(values)`, `submitLabel`, `isDanger` (cannot be undone), `done()`; `withoutProvider(context,
 * order, ids)`, the order for those that a provider kept from being done.
 */
/* global desk -- desk/namespace.js, desk/form_dialog.js */

// More learners than that are asked for as a number, where nothing brings back what is lost.
var TYPED_FROM = 20;
var SHOWN_FAILURES = 100;
// Codes of rows that a provider kept from being done.
var NOT_REACHED = ['provider_unavailable', 'provider_rejected', 'provider_not_configured'];

/** “40 done, 2 skipped, 1 failed”. */
desk.jobNumbers = function(job) {
    return desk.words.fill(gettext('%(done)s done, %(skipped)s skipped, %(failed)s failed'), {
        done: desk.words.number(job.done), skipped: desk.words.number(job.skipped), failed: desk.words.number(job.failed)
    });
};

/** What became of the rows that failed, for `items`. */
function failureItem(row) {
    var line = row.line ? desk.words.fill(gettext('Line %(n)s'), {n: row.line}) : '#' + (row.attempt_id || row.position);
    return $('<li></li>').append(
        $('<strong></strong>').text(row.user ? row.user.username : line),
        document.createTextNode(' ' + (row.error ? row.error.detail : ''))
    );
}

function isFinished(job) {
    return job.state === 'done' || job.state === 'stopped';
}

/** The progress and the outcome of a job. The work goes on when this is closed, until the page is left. */
desk.JobDialog = desk.Dialog.extend({
    events: _.extend({
        'click .js-stop': 'stop',
        'click .js-go-on': 'work',
        'click .js-retry': 'retry',
        'click .js-force': 'force'
    }, desk.Dialog.prototype.events),

    initialize: function(options) {
        this.options = options;
        this.context = options.context;
        this.job = options.job;
        this.failed = [];
        this.quarter = 0;
    },

    draw: function() {
        this.$content.html(desk.templates.html('job', {title: this.options.title}));
        this.show(this.job);
        if (isFinished(this.job)) {
            this.finish();
        } else {
            this.work();
        }
    },

    /** Show how it is now. Only the parts that change are drawn, so that the focus stays. */
    show: function(job) {
        var worked = job.done + job.skipped + job.failed;
        var quarter = Math.floor(4 * worked / Math.max(job.total, 1));
        var isOver = isFinished(job);
        this.job = job;
        this.$('progress').attr({max: job.total || 1, value: worked});
        this.$('.js-numbers').text(desk.jobNumbers(job));
        this.$('.js-stop, .js-leave').prop('hidden', isOver);
        this.$('.js-stopped').prop('hidden', job.state !== 'stopped');
        this.keepFocus();
        if (quarter > this.quarter && !isOver) {
            this.quarter = quarter;
            this.context.say(desk.jobNumbers(job));
        }
    },

    /** A button that has gone leaves the focus to the title. */
    keepFocus: function() {
        if (this.isOpen && this.el.open && $(document.activeElement).closest('[hidden]').length) {
            this.focusFirst();
        }
    },

    /** Why it does not go on; null removes it. */
    showProblem: function(problem) {
        this.$('.js-refusal').prop('hidden', !problem).empty().append(problem ? [
            $('<p></p>').text(problem.detail)[0],
            problem.requestId ? $('<p></p>').text(desk.words.fill(gettext('Request %(id)s'), {id: problem.requestId}))[0] : null
        ] : []);
        this.$('.js-go-on').prop('hidden', !problem || isFinished(this.job));
        this.keepFocus();
    },

    work: function() {
        var self = this;
        this.showProblem(null);
        this.context.client.send('POST', 'jobs/' + this.job.code + '/work').done(function(job) {
            self.onWorked(job);
        }).fail(function(problem) {
            if (isFinished(self.job)) {
                return;  // stopped meanwhile
            }
            self.showProblem(problem);
            if (!self.isOpen) {
                self.context.complain(problem.detail);
            }
        });
    },

    onWorked: function(job) {
        var wasFinished = isFinished(this.job);
        if (wasFinished && !isFinished(job)) {
            return;  // An older reply than that of Stop.
        }
        this.show(job);
        if (isFinished(job)) {
            this.finish();
        } else if (!this.isStopping) {
            this.work();
        }
    },

    stop: function() {
        var self = this;
        if (this.isStopping) {
            return;
        }
        this.isStopping = true;
        this.$('.js-stop').attr('aria-disabled', 'true');
        this.context.client.send('POST', 'jobs/' + this.job.code + '/stop').done(function(job) {
            self.showProblem(null);
            self.onWorked(job);
        }).fail(function(problem) {
            self.isStopping = false;
            self.$('.js-stop').attr('aria-disabled', null);
            // With a button to go on, as the work pauses meanwhile.
            self.showProblem(problem);
        });
    },

    /** Say how it ended, and list what failed. */
    finish: function() {
        var self = this;
        this.context.say(desk.words.fill(
            this.job.state === 'stopped' ? gettext('Stopped: %(numbers)s.') : gettext('Finished: %(numbers)s.'),
            {numbers: desk.jobNumbers(this.job)}
        ));
        this.showProblem(null);
        if (!this.isOpen) {
            this.options.order.done();
        } else if (this.job.failed) {
            this.context.client.get('jobs/' + this.job.code + '/rows', {state: 'failed', page_size: SHOWN_FAILURES}).done(function(reply) {
                self.showFailed(reply);
            }).fail(function(problem) {
                self.showProblem(problem);
            });
        }
    },

    showFailed: function(reply) {
        var more = reply.count - reply.results.length;
        this.failed = _.compact(_.pluck(reply.results, 'attempt_id'));
        this.$('.js-failed').prop('hidden', false).find('ul').empty().append(_.map(reply.results, failureItem));
        this.$('.js-more').text(more > 0 ? desk.words.n(ngettext('and %(n)s more', 'and %(n)s more', more), more) : '');
        this.unreached = _.compact(_.pluck(_.filter(reply.results, function(row) {
            return row.error && _.contains(NOT_REACHED, row.error.code);
        }), 'attempt_id'));
        this.$('.js-retry').prop('hidden', this.options.canRetry === false || !this.failed.length);
        this.$('.js-force').prop('hidden', !this.options.order.withoutProvider || !this.unreached.length
            || !this.context.settings.is_global_staff);
    },

    /** The failed ones again, as a new order. */
    retry: function() {
        var ids = this.failed;
        this.close();
        desk.order(this.context, _.extend({}, this.options.order, {selection: {attempt_ids: ids}, size: ids.length}));
    },

    /** Those that the provider did not answer about, without it. */
    force: function() {
        var order = this.options.order.withoutProvider(this.context, this.options.order, this.unreached);
        this.close();
        desk.order(this.context, order);
    },

    onClose: function() {
        this.options.order.done();
    }
});

desk.order = function(context, options) {
    var selection = _.clone(options.selection);
    var plan = null;
    var size = options.size;
    var isTyped = options.isDanger && size > TYPED_FROM;
    var dialog;

    function title() {
        return options.titleOf ? options.titleOf(size) : options.title;
    }

    function body(values, isDry) {
        // A dry run writes nothing, so its reason is not kept.
        return _.extend({reason: values.reason || '-', dry_run: isDry}, options.body,
            options.bodyOf ? options.bodyOf(values) : {}, selection);
    }

    function rehearse() {
        context.client.send('POST', options.path, body(dialog.values(), true)).done(function(job) {
            plan = job;
            dialog.showPreview();
        }).fail(function(problem) {
            if (dialog.isOpen && !onChanged(problem)) {
                dialog.say(problem.detail, problem.requestId);
            }
        });
    }

    function typeLabel() {
        return desk.words.n(gettext('Type %(n)s to confirm'), size);
    }

    /** The selection finds another number by now: show the new one everywhere, and ask again. */
    function onChanged(problem) {
        if (problem.code !== 'selection_changed' || !problem.errors[0] || problem.errors[0].count === selection.expected_count) {
            return false;
        }
        size = problem.errors[0].count;
        selection.expected_count = size;
        plan = null;
        if (options.isDanger && !isTyped && size > TYPED_FROM) {
            // So many that the number has to be typed, which is another form.
            dialog.close();
            desk.order(context, _.extend({}, options, {size: size, selection: selection, reason: dialog.values().reason}));
            return true;
        }
        dialog.setTitle(title());
        dialog.setLabel('typed', typeLabel());
        dialog.showPreview();
        dialog.say(desk.words.n(
            ngettext('Now %(n)s attempt matches. Check the numbers again.', 'Now %(n)s attempts match. Check the numbers again.', size),
            size
        ), '');
        if (size) {
            rehearse();
        }
        return true;
    }

    dialog = new desk.FormDialog({
        client: context.client,
        title: title(),
        intro: options.intro || [],
        isDanger: options.isDanger,
        submitLabel: options.submitLabel,
        fields: (options.fields || []).concat([
            {name: 'reason', type: 'textarea', label: gettext('Reason'), value: options.reason || '', isRequired: true, most: 500, help: gettext('Kept on record. The learner does not see it.')}
        ], isTyped ? [{name: 'typed', type: 'number', label: typeLabel(), isRequired: true}] : []),
        check: function(values) {
            return isTyped && Number(values.typed) !== size ? {typed: gettext('That is a different number.')} : {};
        },
        preview: function() {
            return plan ? [desk.words.fill(gettext('What would happen now: %(numbers)s.'), {numbers: desk.jobNumbers(plan)})] : [];
        },
        send: function(values, key) { return context.client.send('POST', options.path, body(values, false), key); },
        failed: onChanged,
        done: function(job) {
            context.openDialog(new desk.JobDialog({context: context, job: job, title: title(), order: options}));
        }
    });
    context.openDialog(dialog);
    rehearse();
};
