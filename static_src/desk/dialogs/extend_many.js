/**
 * More time, or less, for a selection of learners, or for everybody who is in the exam: a question whose numbers follow
 * what is entered, and a job. Contract: contract/staff-desk#live-actions.
 */
/* global desk -- desk/namespace.js, desk/dialog.js, desk/job_flow.js */

var PAUSE_BEFORE_DRY_RUN = 600;  // milliseconds without typing

/** What a dry run says, in sentences. `minutes`: what was asked for. */
desk.extendManyPreview = function(job, minutes) {
    var cut = _.filter(job.rows, function(row) { return row.status === 'done' && row.result.minutes !== minutes; }).length;
    var reasons = _.countBy(_.compact(_.map(job.rows, function(row) { return row.error && row.error.detail; })));
    var words = desk.words;
    return [
        words.fill(gettext('What would happen now: %(numbers)s.'), {numbers: desk.jobNumbers(job)}),
        cut && words.n(ngettext('%(n)s learner gets less, because of the due date.', '%(n)s learners get less, because of the due date.', cut), cut)
    ].concat(_.map(_.keys(reasons), function(reason) {
        return words.fill(gettext('%(n)s × %(reason)s'), {n: words.number(reasons[reason]), reason: reason});
    }), [job.is_more && gettext('These reasons are those of the first 200 learners.')]);
};

/**
 * Options: `exam`; `titleOf(n)` and `introOf(n)`, of so many learners; `size`, how many they are; `selection`: `{attempt_ids}` or `{all: true, expected_count}`; `done()`, after it.
 */
desk.extendMany = function(context, options) {
    var path = 'exams/' + options.exam.id + '/extend';
    var selection = _.clone(options.selection);
    var shown = [];
    var asked = '';
    var timer = null;
    var dialog;

    function size() {
        return selection.all ? selection.expected_count : options.size;
    }

    function title() {
        return options.titleOf(size());
    }

    function intro() {
        return [gettext('The learners’ clocks are updated within a minute. Learners with an earlier due date get only the time until then.')].concat(options.introOf(size()));
    }

    function isWhole(text) {
        return (/^-?\d{1,6}$/).test(text) && Number(text) !== 0;
    }

    function changes(values) {
        return {minutes: Number(values.minutes), past_due: Boolean(values.past_due), trim: true};
    }

    function body(values, isDry) {
        // A dry run writes nothing, so its reason is not kept.
        return _.extend({reason: values.reason || '-', dry_run: isDry}, changes(values), selection);
    }

    function rehearse(values, question) {
        context.client.send('POST', path, body(values, true)).done(function(job) {
            if (question === asked) {
                shown = desk.extendManyPreview(job, Number(values.minutes));
                dialog.showPreview();
            }
        }).fail(function(problem) {
            if (question === asked && !onChanged(problem)) {
                shown = [problem.detail];
                dialog.showPreview();
            }
        });
    }

    /** Others have come or gone meanwhile: show the new number, and ask again. */
    function onChanged(problem) {
        if (problem.code !== 'selection_changed' || !problem.errors[0]) {
            return false;
        }
        selection.expected_count = problem.errors[0].count;
        dialog.setTitle(title());
        dialog.setIntro(intro());
        dialog.say(desk.words.n(
            ngettext('Now %(n)s learner is in the exam. Check the numbers again.', 'Now %(n)s learners are in the exam. Check the numbers again.', selection.expected_count),
            selection.expected_count
        ), '');
        asked = '';
        dialog.showPreview();
        return true;
    }

    dialog = new desk.FormDialog({
        client: context.client,
        title: title(),
        intro: intro(),
        fields: [
            {
                name: 'minutes', type: 'number', label: gettext('Minutes to add'), isRequired: true,
                help: gettext('A negative number takes time away; at least a minute must be left.')
            },
            {
                name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: 500,
                help: gettext('Kept on record. The learner does not see it.')
            }
        ].concat(context.settings.is_global_staff ? [{
            name: 'past_due', type: 'checkbox', label: gettext('Allow time beyond the due date')
        }] : []),
        submitLabel: gettext('Change the time'),
        check: function(values) {
            return {minutes: isWhole(values.minutes) ? '' : gettext('Enter a whole number of minutes, not 0.')};
        },
        preview: function(values) {
            var question = isWhole(values.minutes) ? JSON.stringify(changes(values)) : '';
            if (question !== asked) {
                asked = question;
                shown = [];
                clearTimeout(timer);
                if (question) {
                    timer = setTimeout(_.partial(rehearse, values, question), PAUSE_BEFORE_DRY_RUN);
                }
            }
            return shown;
        },
        send: function(values, key) { return context.client.send('POST', path, body(values, false), key); },
        failed: onChanged,
        done: function(job, values) {
            context.openDialog(new desk.JobDialog({
                context: context,
                job: job,
                title: title(),
                // The failed ones again: with the same minutes.
                order: {title: title(), path: path, body: changes(values), submitLabel: gettext('Change the time'), done: options.done}
            }));
        }
    });
    dialog.on('closed', function() { clearTimeout(timer); });
    return context.openDialog(dialog);
};
