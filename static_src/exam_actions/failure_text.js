/** What a learner can do about a failed request, in words. */
/* exported failureText, isServerBusy, placeToGo */

/**
 * The answer of a start gate (contract/start-gates#answer), undefined if the request failed for another reason. Its
 * `detail` is meant for learners, `launch_url` may lead to where the exam can be started.
 */
function gateAnswer(xhr) {
    var answer = xhr && xhr.status === 403 && xhr.responseJSON;
    return answer && answer.code && typeof answer.detail === 'string' ? answer : undefined;
}

/** The address where the exam can be started instead, undefined if there is none. */
function placeToGo(xhr) {
    var answer = gateAnswer(xhr);
    return answer && /^(https?|sebs?):\/\//.test(answer.launch_url) ? answer.launch_url : undefined;
}

/** Whether the server, or the provider behind it, is down or has too much to do. */
function isServerBusy(xhr) {
    return Boolean(xhr) && (xhr.status === 502 || xhr.status === 503 || xhr.status === 504);
}

/**
 * `otherwise` is for failures of an unknown kind. `outage`, if given, replaces the text for a server or provider that
 * does not answer, where more can be said.
 */
function failureText(xhr, otherwise, outage) {
    var status = xhr && xhr.status;
    if (status === 0) {
        return gettext(
            'The server cannot be reached. Check your internet connection, then try again.'
        );
    }
    if (status === 401) {
        return gettext('You are no longer signed in. Reload the page and sign in, then try again.');
    }
    if (gateAnswer(xhr)) {
        return gateAnswer(xhr).detail;
    }
    if (status === 403) {
        return gettext(
            'You can no longer do this. The due date may have passed, or you are signed in as someone else. ' +
            'Reload the page to see where your exam stands.'
        );
    }
    if (isServerBusy(xhr)) {
        return outage || gettext('The service does not answer at the moment. Try again in a minute.');
    }
    return otherwise;
}
