/** Submitting the exam, or going back to it. */
/* global exam -- shared/exam_namespace.js */
/* global showMessage, showNotice -- exam_actions/messages.js */
/* global buttonOf, lock -- exam_actions/button.js */
/* global cancelLeaveWarning -- exam_actions/page.js */
/* global putAction, showError -- exam_actions/change_status.js */
/* global isWorkerConfigured, askWorker, adoptExternalId, WORKER_LIMIT -- exam_actions/worker.js */

/** The time is up: end the session of the proctoring software, if the server agrees that the exam is over. */
exam.endExam = function(pollUrl) {
    if (!isWorkerConfigured()) {
        return Promise.resolve();
    }
    return exam.checkExamAttemptStatus(pollUrl).then(function(status) {
        if (status !== 'submitted') {
            throw new Error('the exam is not submitted but ' + status);
        }
        return askWorker('submit', 0, WORKER_LIMIT);
    });
};

/** Until the server has answered, only this page knows that the learner has submitted. */
function warnOfUnsentSubmission() {
    return gettext('Your exam is not submitted yet. Leave this page open until the connection is back.');
}

/**
 * Submit once, for as long as it takes to reach the server. Returns a promise that is rejected with the jqXHR if the
 * server refuses.
 */
function submitUntilAnswered($button) {
    if ($button.data('proctoringSubmitted')) {
        // Already submitted; it was the proctoring software that did not answer.
        return Promise.resolve();
    }
    return new Promise(function(resolve, reject) {
        function settle(callback, value) {
            $(window).off('beforeunload.proctoringSubmit');
            showMessage($button, '');
            callback(value);
        }
        exam.keepTrying({
            url: $button.attr('data-change-state-url'),
            data: {action: 'submit'},
            isDone: exam.isExamOver,
            waiting: function() {
                $(window).off('beforeunload.proctoringSubmit')
                    .on('beforeunload.proctoringSubmit', warnOfUnsentSubmission);
                showMessage($button, gettext(
                    'The server cannot be reached, so your exam is not submitted yet. Leave this page open: your ' +
                    'exam is submitted as soon as the connection is back. The answers that you submitted before ' +
                    'are saved.'
                ));
            },
            done: function() {
                $button.data('proctoringSubmitted', true);
                settle(resolve);
            },
            refused: function(xhr) { settle(reject, xhr); }
        });
    });
}

/** No time runs any more, however long the proctoring software takes: the page and the timer bar say so. */
function sayThatItIsSubmitted($button) {
    showNotice($button, gettext('Your exam is submitted. Please wait until the proctoring software has ended your session.'));
    $(document).trigger('proctoring:submitted');
}

/** The exam is submitted, and the session of the proctoring software may go on. */
function showSessionNotEnded($button, reason) {
    showMessage($button, '');
    showError(
        $button,
        gettext('The proctoring software did not answer'),
        gettext(
            'Your answers are submitted, but the proctoring software did not confirm that the session ' +
            'has ended. Make sure that it is running, then try again, or close it yourself and reload ' +
            'this page.'
        )
    )(reason);
}

/** The server first, because a submission must never wait for the proctoring software. */
exam.examEndHandler = function(event) {
    var $button = buttonOf(this, event);
    var isSubmit = $button.attr('data-action') === 'submit';
    var hasSessionToEnd = isSubmit && isWorkerConfigured();
    var answered;

    if (!lock($button)) {
        return;
    }
    cancelLeaveWarning();
    adoptExternalId($button);
    answered = isSubmit ? submitUntilAnswered($button) : putAction($button);
    answered.then(function() {
        if (!hasSessionToEnd) {
            exam.reloadPage();
            return;
        }
        sayThatItIsSubmitted($button);
        askWorker('submit', 0, WORKER_LIMIT).then(exam.reloadPage, function(reason) {
            showSessionNotEnded($button, reason);
        });
    }, isSubmit ? showError(
        $button,
        gettext('Your exam could not be ended'),
        gettext('Your exam was not submitted. Try again, or reload this page to see where your exam stands.')
    ) : showError(
        $button,
        gettext('That did not work'),
        gettext('Your exam was not changed. Reload this page and try again.')
    ));
};
