/** Starting the exam. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global buttonOf, lock -- exam_actions/button.js */
/* global putAction, showError -- exam_actions/change_status.js */
/* global isWorkerConfigured, askWorker, adoptExternalId, saidBySoftware, WORKER_LIMIT -- exam_actions/worker.js */

/** The proctoring software first, then the clock, so that no time is lost when the software fails. */
exam.examStartHandler = function(event) {
    var $button = buttonOf(this, event);
    var interval = exam.ProctoringAppPingInterval;
    var timeout = interval ? interval * SECOND : undefined;
    var started, otherwise;

    if (event && event.stopPropagation) {
        event.stopPropagation();
    }
    if (!lock($button)) {
        return;
    }
    if (isWorkerConfigured()) {
        adoptExternalId($button);
        started = askWorker('start', timeout, (timeout || 0) + WORKER_LIMIT).then(function() {
            return putAction($button);
        });
        otherwise = gettext(
            'Your exam has not started and no time was used. Make sure that the proctoring software is ' +
            'running, then try again.'
        );
    } else {
        started = putAction($button);
        otherwise = gettext('Your exam has not started and no time was used. Reload this page and try again.');
    }
    started.then(exam.reloadPage, unlessStarted($button, function(reason) {
        var said = saidBySoftware(reason);
        showError($button, gettext('Your exam could not be started'), said ? otherwise + ' (' + said + ')' : otherwise)(
            reason
        );
    }));
};

/**
 * A rejection handler that calls `fail` unless the exam has started: the answer to an earlier request may have been
 * lost, or another tab was faster. The learner must not be told then that no time was used.
 */
function unlessStarted($button, fail) {
    return function(reason) {
        function failed() {
            fail(reason);
        }
        if (!reason || reason.status === undefined) {
            // The proctoring software failed, so the server was not asked to start the clock.
            failed();
            return;
        }
        exam.checkExamAttemptStatus($button.attr('data-change-state-url')).then(function(status) {
            if (status === 'started') {
                exam.reloadPage();
            } else {
                failed();
            }
        }, failed);
    };
}
