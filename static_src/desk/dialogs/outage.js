/** An exam goes on without its provider: its begin, its end, and another end. Contract: contract/staff-desk#outage. */
/* global desk -- desk/namespace.js, desk/dialog.js, desk/job_flow.js */

var MINUTE = 60000;  // milliseconds
var USUAL_HOURS = 2;
var MOST_TEXT = 500;
var BEING_SET_UP = ['created', 'download_software_clicked'];
var IN_EXAM = ['started', 'ready_to_submit'];

function path(exam) {
    return 'exams/' + exam.id + '/outage';
}

/** A moment as a field of the type `datetime-local` has it: in the reader's zone. */
desk.localMoment = function(milliseconds) {
    var moment = new Date(milliseconds - (new Date(milliseconds).getTimezoneOffset() * MINUTE));
    return moment.toISOString().slice(0, 16);
};

function untilField(context, value) {
    return {
        name: 'until', type: 'datetime-local', label: gettext('Until'), isRequired: true,
        value: value ? desk.localMoment(new Date(value).getTime()) : desk.localMoment(context.now() + (USUAL_HOURS * 60 * MINUTE)),
        help: gettext('It ends automatically then. You can end it earlier or extend it.')
    };
}

function reasonField() {
    return {
        name: 'reason', type: 'textarea', label: gettext('Reason'), isRequired: true, most: MOST_TEXT,
        help: gettext('Kept on record. The learner does not see it.')
    };
}

/** The moment of the field; '' if it is none. */
function instant(text) {
    var moment = new Date(text);
    return isNaN(moment.getTime()) ? '' : moment.toISOString();
}

function checkUntil(context, values) {
    return values.until && !(new Date(values.until).getTime() > context.now()) ? gettext('This time has passed.') : '';
}

function sumOf(counts, statuses) {
    return _.reduce(statuses, function(sum, status) { return sum + (counts[status] || 0); }, 0);
}

/** Who is concerned. `counts`: learners by status, null before they are known. */
desk.outagePreview = function(counts, values) {
    var words = desk.words;
    var waiting = counts ? sumOf(counts, BEING_SET_UP) : 0;
    var running = counts ? sumOf(counts, IN_EXAM) : 0;
    return counts ? [
        waiting && (values.include_setup
            ? words.n(ngettext('%(n)s learner who is setting up may start at once.', '%(n)s learners who are setting up may start at once.', waiting), waiting)
            : words.n(ngettext('%(n)s learner who is setting up keeps waiting.', '%(n)s learners who are setting up keep waiting.', waiting), waiting)),
        running && words.n(ngettext('%(n)s learner in the exam continues; messages to the provider wait.', '%(n)s learners in the exam continue; messages to the provider wait.', running), running),
        instant(values.until) && words.fill(gettext('Learners who enter before %(time)s take the exam without the provider.'), {time: words.moment(values.until)})
    ] : [];
};

/** Declare an outage; where one is in force, change its end. `done()`: show the new state. */
desk.startOutage = function(context, exam, done) {
    var counts = null;
    var known = _.find(context.settings.outages, function(outage) { return outage.exam_id === exam.id && outage.measure; });
    var dialog;
    if (known) {
        desk.prolongOutage(context, exam, known.measure, done);
        return;
    }
    dialog = new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('Let %(exam)s continue without its provider'), {exam: exam.name}),
        intro: [gettext('Attempts taken this way are not proctored. Afterwards you decide on each of them.')],
        isDanger: true,
        submitLabel: gettext('Continue without the provider'),
        fields: [
            untilField(context), reasonField(),
            {
                name: 'text', type: 'textarea', label: gettext('Message for learners'), most: MOST_TEXT,
                help: gettext('Shown on the exam page, for example to say who is watching in the room.')
            },
            {name: 'include_setup', type: 'checkbox', label: gettext('Include learners who are setting up'), value: true},
            {name: 'typed', type: 'text', label: desk.words.fill(gettext('Type the name of the exam to confirm: %(exam)s'), {exam: exam.name}), isRequired: true}
        ],
        check: function(values) {
            return {
                until: checkUntil(context, values),
                typed: values.typed && desk.words.plain(values.typed) !== desk.words.plain(exam.name) ? gettext('That is a different name.') : ''
            };
        },
        preview: function(values) { return desk.outagePreview(counts, values); },
        send: function(values, key) {
            return context.client.send('POST', path(exam), {
                until: instant(values.until), reason: values.reason, text: values.text, include_setup: values.include_setup
            }, key);
        },
        failed: function(problem) {
            if (problem.code === 'measure_in_force') {
                done();  // Another member of staff has started it: the banner says so.
            }
            return false;
        },
        done: function(reply) {
            context.say(desk.words.fill(gettext('%(exam)s continues without its provider until %(time)s.'), {
                exam: exam.name, time: desk.words.moment(reply.measure.ends_at)
            }));
            done();
            if (reply.job) {
                desk.load(['attempt']).done(function() {
                    context.openDialog(new desk.JobDialog({
                        context: context, job: reply.job, title: gettext('Learners who were setting up'), canRetry: false, order: {done: done}
                    }));
                });
            }
        }
    });
    context.openDialog(dialog);
    context.client.get('exams/' + exam.id + '/board', {page_size: 1}).done(function(board) {
        counts = board.counts.by_status;
        dialog.showPreview();
    });
};

/** Let an outage end at another time. */
desk.prolongOutage = function(context, exam, measure, done) {
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('Change the end of the outage in %(exam)s'), {exam: exam.name}),
        fields: [untilField(context, measure.ends_at), reasonField()],
        submitLabel: gettext('Change the end'),
        check: function(values) { return {until: checkUntil(context, values)}; },
        send: function(values, key) {
            return context.client.send('PATCH', path(exam), {until: instant(values.until), reason: values.reason}, key);
        },
        failed: _.partial(onGone, done),
        done: function(reply) {
            context.say(desk.words.fill(gettext('%(exam)s continues without its provider until %(time)s.'), {
                exam: exam.name, time: desk.words.moment(reply.ends_at)
            }));
            done();
        }
    }));
};

desk.endOutage = function(context, exam, done) {
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: desk.words.fill(gettext('End the outage in %(exam)s'), {exam: exam.name}),
        intro: [gettext('From then on, learners take the exam with the provider again. Attempts started without it continue without it.')],
        fields: [reasonField()],
        submitLabel: gettext('End the outage'),
        send: function(values, key) { return context.client.send('DELETE', path(exam), {reason: values.reason}, key); },
        failed: _.partial(onGone, done),
        done: function() {
            context.say(desk.words.fill(gettext('The outage in %(exam)s has ended.'), {exam: exam.name}));
            done();
        }
    }));
};

/** Another member of staff has ended it, or its time is over. */
function onGone(done, problem) {
    if (problem.code === 'not_in_force') {
        done();
    }
    return false;
}
