/** The drawer's first section: how the attempt is now, and what staff can do. */
/* global desk -- desk/namespace.js, desk/drawer.js, desk/attempt_actions.js */

desk.sections.push({
    name: 'now',
    title: function() { return gettext('Now'); },
    isFor: function() { return true; },

    view: function(attempt, drawer) {
        var words = desk.words;
        var context = drawer.context;
        var isRunning = attempt.time_remaining_seconds !== null;
        function done() {
            drawer.refresh();
            drawer.trigger('changed', attempt.id);
        }
        return {
            facts: [
                {label: gettext('Status'), lines: {text: words.status(attempt.status), tone: words.tone(attempt.status)}},
                {label: gettext('Learner'), lines: [words.fullName(attempt.user), attempt.user.username, attempt.user.email]},
                {label: gettext('Exam'), lines: [attempt.exam.name, words.examType(attempt.exam.type)]},
                {label: gettext('Started'), lines: words.fullMoment(attempt.started_at)},
                {label: isRunning ? gettext('Ends') : gettext('Ended'), lines: words.fullMoment(isRunning ? attempt.expires_at : attempt.completed_at)},
                {label: gettext('Time'), lines: [
                    attempt.allowed_minutes !== null && words.minutes(attempt.allowed_minutes),
                    attempt.extended_minutes && desk.extendedText(attempt.extended_minutes),
                    isRunning && words.fill(gettext('%(time)s left'), {time: words.minutes(Math.floor(words.secondsLeft(attempt, context.now()) / 60))})
                ]},
                {label: gettext('Attempts of the learner'), lines: words.number(attempt.attempt_count)}
            ],
            actions: desk.actionsFor(context, attempt, done).concat(desk.linksFor(context, attempt))
        };
    }
});
