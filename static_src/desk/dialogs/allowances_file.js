/**
 * Allowances from a CSV file: the server says first what would happen, line by line. Contract: contract/staff-desk#allowances-file.
 */
/* global desk -- desk/namespace.js, desk/form_dialog.js, desk/job_flow.js, desk/panels/allowances.js */

/** A cell that begins like a formula or holds a separator is quoted; names of exams hold such things. */
function cell(text) {
    return '"' + String(text).replace(/"/g, '""') + '"';
}

function sampleFile(exams) {
    var exam = exams.length ? exams[0].name : 'Midterm';
    var lines = [
        'learner,exam,type,value,action',
        ['ann', cell(exam), 'additional_time_granted', '30', 'set'].join(','),
        ['ben@example.com', cell(exam), 'time_multiplier', '1.5', 'set'].join(','),
        ['cem', cell(exam), 'review_policy_exception', '', 'remove'].join(',')
    ];
    return 'data:text/csv;charset=utf-8,' + encodeURIComponent(lines.join('\r\n') + '\r\n');
}

function lineName(row) {
    return desk.words.fill(gettext('Line %(n)s'), {n: row.line});
}

/** `done()`: after it. */
desk.allowancesFile = function(context, done) {
    var path = 'courses/' + context.courseId + '/allowances/bulk';
    var title = gettext('Allowances from a file');
    var report = [];
    var asked = '';
    var dialog;

    function body(values, isDry) {
        var form = new window.FormData();
        form.append('file', values.file);
        form.append('dry_run', String(isDry));
        return form;
    }

    function rehearse(values, text) {
        context.client.send('POST', path, body(values, true)).done(function(job) {
            if (text === asked) {
                report = desk.allowanceReport(job, job.rows, lineName);
                dialog.setSubmit(desk.words.n(ngettext('Carry out %(n)s change', 'Carry out %(n)s changes', job.done), job.done));
                dialog.showPreview();
            }
        }).fail(function(problem) {
            if (text === asked && dialog.isOpen) {
                dialog.refused(problem);
            }
        });
    }

    dialog = new desk.FormDialog({
        client: context.client,
        title: title,
        intro: [gettext('The first line names the columns: learner, exam, type, value and, if wanted, action (set or remove).')],
        link: {label: gettext('A sample file'), href: sampleFile(context.settings.exams), name: 'allowances.csv'},
        fields: [{
            name: 'file', type: 'file', label: gettext('CSV file'), isRequired: true,
            help: gettext('At most 5,000 lines. Nothing is changed until you have seen a preview.')
        }],
        submitLabel: gettext('Carry out'),
        closed: function() { asked = null; },
        preview: function(values) {
            var text = values.file ? desk.textOf(values) : '';
            if (text !== asked) {
                asked = text;
                report = [];
                dialog.say('');
                if (text) {
                    rehearse(values, text);
                }
            }
            return report;
        },
        send: function(values, key) { return context.client.send('POST', path, body(values, false), key); },
        done: function(job) {
            context.openDialog(new desk.JobDialog({context: context, job: job, title: title, canRetry: false, order: {done: done}}));
        }
    });
    context.openDialog(dialog);
};
