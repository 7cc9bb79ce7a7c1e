/** Messages to the proctoring software, through the provider's worker. Contract: contract/browser-worker#page-messages. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* exported isWorkerConfigured, askWorker, adoptExternalId, saidBySoftware, WORKER_LIMIT */

// How long a silent worker may hold up the page when the provider sets no limit.
var WORKER_LIMIT = 60 * SECOND;
// The worker is asked to answer this much earlier than the page stops waiting for it.
var PING_HEAD_START = 10 * SECOND;
// Characters of a provider's reason that a learner is shown.
var LONGEST_REASON = 300;
var WORKER_ACTIONS = {
    start: {type: 'startExamAttempt', success: 'examAttemptStarted'},
    submit: {type: 'endExamAttempt', success: 'examAttemptEnded'},
    ping: {type: 'ping', success: 'echo'}
};

function isWorkerConfigured() {
    return Boolean(window.Worker && exam.configuredWorkerURL);
}

/** A new worker, with a function that terminates it and releases its URL. */
function createWorker(url) {
    var blob = new window.Blob(
        ["importScripts('" + encodeURI(url).replace(/'/g, '%27') + "');"],
        {type: 'application/javascript'}
    );
    var objectUrl = window.URL.createObjectURL(blob);
    var worker = new window.Worker(objectUrl);
    return {
        worker: worker,
        dispose: function() {
            worker.terminate();
            window.URL.revokeObjectURL(objectUrl);
        }
    };
}

/** An error of this page, not of the proctoring software. */
function technicalError(text) {
    var error = new Error(text);
    error.isTechnical = true;
    return error;
}

/** What the proctoring software gave as the reason of a failure: a text, or the message of an object; else empty. */
function saidBySoftware(reason) {
    var said = reason && typeof reason === 'object' && !reason.isTechnical ? reason.message : reason;
    return typeof said === 'string' ? said.trim().slice(0, LONGEST_REASON) : '';
}

/**
 * Send one message to the proctoring software and wait for its answer. Each message has a worker of its own.
 *
 * `timeout` (ms, may be undefined) is passed to the worker; after `limit` (ms) the page gives up.
 */
function askWorker(action, timeout, limit) {
    return new Promise(function(resolve, reject) {
        var created = createWorker(exam.configuredWorkerURL);
        var message = {type: WORKER_ACTIONS[action].type, timeout: timeout};
        var timer = setTimeout(function() {
            created.dispose();
            reject(technicalError('worker failed to respond after ' + limit + 'ms'));
        }, limit);

        function settle(callback, value) {
            clearTimeout(timer);
            created.dispose();
            callback(value);
        }

        created.worker.onmessage = function(event) {
            if (event.data && event.data.type === WORKER_ACTIONS[action].success) {
                settle(resolve);
            } else {
                settle(reject, event.data && event.data.error);
            }
        };
        // The script could not be loaded, or it failed outside any promise.
        created.worker.onerror = function(event) {
            settle(reject, technicalError((event && event.message) || 'worker failed'));
        };
        if (exam.attemptExternalId) {
            message.attemptExternalId = exam.attemptExternalId;
        }
        created.worker.postMessage(message);
    });
}

/** Take the provider's attempt id from the button; it is sent with each message. */
function adoptExternalId($button) {
    exam.attemptExternalId = $button.attr('data-attempt-external-id') || exam.attemptExternalId;
}

/** Whether the proctoring software still runs; rejected if it reports a failure or does not answer. */
exam.pingApplication = function(timeoutInSeconds) {
    var limit = timeoutInSeconds * SECOND;
    return askWorker('ping', Math.max(limit - PING_HEAD_START, SECOND), limit);
};
