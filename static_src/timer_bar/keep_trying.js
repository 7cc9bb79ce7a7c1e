/**
 * Repeats a request until the server has answered: what a learner decided while the connection was lost is carried
 * out when it is back.
 *
 * Part of the timer bar's script although the buttons use it too: the bar has to work on pages without their script.
 */
/* global exam -- shared/exam_namespace.js */
/* global SECOND, REQUEST_LIMIT -- shared/limits.js */
/* exported isUnreachable, FIRST_RETRY_AFTER, keepTrying */

// The delay doubles with each retry, and is randomised so that learners do not all come back at once.
var FIRST_RETRY_AFTER = 2 * SECOND;
var LAST_RETRY_AFTER = 15 * SECOND;
// What a load balancer answers while the server is down; 0 means no answer, or none in time.
var UNREACHABLE_STATUSES = [0, 502, 503, 504];
var retryCount = 0;

function isUnreachable(xhr) {
    return _.contains(UNREACHABLE_STATUSES, xhr.status);
}

/**
 * Send a request for an attempt until the server has answered.
 *
 * `options.url`: the attempt. `options.data`: what to PUT; without it, the attempt is only fetched.
 * `options.isDone(status)`: whether an attempt with this status needs no PUT any more. Asked before each retry,
 * because it may be the answer that was lost, not the request.
 * `options.done(attempt)` and `options.refused(xhr)`: the outcome. `options.waiting()`: called once, at the first
 * time that the server could not be reached.
 */
function keepTrying(options) {
    var wait = FIRST_RETRY_AFTER;
    var onlineEvent = 'online.proctoring' + (retryCount += 1);
    var isWaiting = false;
    var timer = null;

    function finish(callback, argument) {
        $(window).off(onlineEvent);
        callback(argument);
    }

    function failed(xhr) {
        if (!isUnreachable(xhr)) {
            finish(options.refused, xhr);
            return;
        }
        timer = setTimeout(retry, wait * (0.75 + (0.5 * Math.random())));
        wait = Math.min(wait * 2, LAST_RETRY_AFTER);
        if (!isWaiting) {
            isWaiting = true;
            options.waiting();
        }
    }

    function put() {
        $.ajax({url: options.url, type: 'PUT', data: options.data, timeout: REQUEST_LIMIT})
            .done(function(answer) { finish(options.done, answer); })
            .fail(failed);
    }

    function retry() {
        timer = null;
        $.ajax({url: options.url, timeout: REQUEST_LIMIT}).done(function(attempt) {
            if (options.data && !options.isDone(attempt.status)) {
                put();
            } else {
                finish(options.done, attempt);
            }
        }).fail(failed);
    }

    $(window).on(onlineEvent, function() {
        if (timer) {
            clearTimeout(timer);
            retry();
        }
    });
    if (options.data) {
        put();
    } else {
        retry();
    }
}

exam.keepTrying = keepTrying;
