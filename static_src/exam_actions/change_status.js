/** Asking the server for an attempt's status, and to change it. */
/* global exam -- shared/exam_namespace.js */
/* global REQUEST_LIMIT -- shared/limits.js */
/* global failureText, placeToGo -- exam_actions/failure_text.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf, lock, unlock -- exam_actions/button.js */
/* global cancelLeaveWarning -- exam_actions/page.js */
/* global saidBySoftware -- exam_actions/worker.js */
/* exported putAction, showError */

/** PUT the button's action; returns a promise that is rejected with the jqXHR. */
function putAction($button) {
    return new Promise(function(resolve, reject) {
        $.ajax({
            url: $button.attr('data-change-state-url'),
            type: 'PUT',
            data: {action: $button.attr('data-action')},
            timeout: REQUEST_LIMIT
        }).done(function() {
            resolve();
        }).fail(reject);
    });
}

/** A rejection handler: unlocks the button and shows what went wrong, in the words of the software if it has any. */
function showError($button, title, otherwise) {
    return function(reason) {
        unlock($button);
        exam.accessibleError(title, failureText(reason, saidBySoftware(reason) + otherwise), placeToGo(reason));
    };
}

/** Send a request and reload; a failure is shown beside the button. */
function sendAndReload($button, request) {
    if (!lock($button)) {
        return;
    }
    showMessage($button, '');
    $.ajax($.extend({timeout: REQUEST_LIMIT}, request)).done(function() {
        exam.reloadPage();
    }).fail(function(xhr) {
        unlock($button);
        showMessage($button, failureText(
            xhr, gettext('Something went wrong. Reload this page and try again.')
        ), placeToGo(xhr));
    });
}

/** The attempt's status on the server. */
exam.checkExamAttemptStatus = function(url) {
    return new Promise(function(resolve, reject) {
        $.ajax({url: url, timeout: REQUEST_LIMIT}).done(function(data) {
            if (data && data.status) {
                resolve(data.status);
            } else {
                reject(new Error('the answer has no status'));
            }
        }).fail(function(xhr) {
            reject(new Error('the status was not available: ' + xhr.status));
        });
    });
};

/** P6, simple form: PUT, then reload. */
exam.updateStatusHandler = function(event) {
    var $button = buttonOf(this, event);
    if (!lock($button)) {
        return;
    }
    putAction($button).then(exam.reloadPage, showError(
        $button,
        gettext('That did not work'),
        gettext('Something went wrong, and your exam was not changed. Reload this page and try again.')
    ));
};

/** P7: dismiss the notice about the result. */
exam.visitExamHandler = function(event) {
    var $button = buttonOf(this, event);
    cancelLeaveWarning();
    sendAndReload($button, {url: $button.attr('data-action-url'), type: 'PUT'});
};

/** P8: take the exam without proctoring after all. */
exam.declineExamHandler = function(event) {
    var $button = buttonOf(this, event);
    var sure = window.confirm(gettext(  // eslint-disable-line no-alert
        'Are you sure that you want to take this exam without proctoring? ' +
        'You lose your eligibility for credit, and you cannot undo this choice.'
    ));
    if (sure) {
        sendAndReload($button, {
            url: $button.attr('data-change-state-url'), type: 'PUT', data: {action: 'decline'}
        });
    }
};
