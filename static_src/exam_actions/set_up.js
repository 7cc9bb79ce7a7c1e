/**
 * The set-up page: the system check, and waiting for the provider to report "ready". Contract:
 * contract/page-templates#paths.
 */
/* global exam -- shared/exam_namespace.js */
/* global SECOND, REQUEST_LIMIT -- shared/limits.js */
/* global failureText -- exam_actions/failure_text.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf, lock, unlock -- exam_actions/button.js */

// Polled at growing intervals: right after the system check the answer matters, later it is mostly load.
var FIRST_POLL_AFTER = 5 * SECOND;
var LAST_POLL_AFTER = 60 * SECOND;
var SET_UP_STATUSES = ['created', 'download_software_clicked', 'ready_to_start'];

function setUpPage() {
    return $('.js-proctoring-set-up');
}

/**
 * Fetch the status; `then` gets true if the provider has reported that the learner is ready. Once there is nothing left
 * to set up, because the attempt was started, declined or removed elsewhere, the page is loaded again instead.
 */
function askWhetherReady(then, otherwise) {
    $.ajax({url: setUpPage().attr('data-exam-started-poll-url') + '?sourceid=instructions', timeout: REQUEST_LIMIT})
        .done(function(data) {
            if (data.status && SET_UP_STATUSES.indexOf(data.status) === -1) {
                exam.reloadPage();
                return;
            }
            then(data.status === 'ready_to_start');
        })
        .fail(function(xhr) {
            // 400: an attempt that does not exist (any more).
            if (xhr.status === 400) {
                exam.reloadPage();
                return;
            }
            otherwise(xhr);
        });
}

function makePrimary($button) {
    setUpPage().find('.js-start-proctored-exam, #software_download_link')
        .removeClass('btn-pl-primary').addClass('btn-secondary');
    $button.removeClass('btn-secondary').addClass('btn-pl-primary');
}

function announceReady() {
    var $start = setUpPage().find('.js-start-proctored-exam');
    makePrimary($start);
    setUpPage().find('.js-proctoring-continue').removeClass('hidden');
    setUpPage().find('.js-proctoring-status').text($start.length ?
        gettext('Your set-up is complete. Select the start button to continue.') :
        gettext('Your set-up is complete. Select “Continue”.'));
}

/** The start button of the instructions: on to the rules, if the provider has reported that the learner is ready. */
exam.startAfterSetUpHandler = function(event) {
    var $button = buttonOf(this, event);
    function notComplete(reason) {
        unlock($button);
        makePrimary(setUpPage().find('#software_download_link'));
        exam.accessibleError(
            gettext('Your set-up is not complete'),
            failureText(reason, gettext(
                'Finish the system check of the proctoring software first. If you have just finished it, wait ' +
                'a moment and try again.'
            ))
        );
    }
    if (!lock($button)) {
        return;
    }
    askWhetherReady(function(ready) {
        if (ready) {
            exam.reloadPage();
        } else {
            notComplete();
        }
    }, notComplete);
};

/** Open the system check in a window of its own, at once: browsers block a window that is opened later as a pop-up. */
exam.checkSystemHandler = function(event) {
    var $button = buttonOf(this, event);
    var $start = setUpPage().find('.js-start-proctored-exam');
    var opened = window.open($button.attr('data-download-url'), '_blank');

    function notSaved(xhr) {
        showMessage($button, failureText(
            xhr, gettext('Your progress could not be saved. You can continue with the system check.')
        ));
    }

    makePrimary($start);
    if (opened) {
        // The provider's page must not be able to navigate this one.
        opened.opener = null;
    } else {
        exam.accessibleError(
            gettext('The window was blocked'),
            gettext('Your browser did not open the system check. Allow pop-ups for this page, then try again.')
        );
    }
    askWhetherReady(function(ready) {
        if (ready) {
            announceReady();
            return;
        }
        $.ajax({
            url: setUpPage().attr('data-exam-started-poll-url'),
            type: 'PUT',
            data: {action: 'click_download_software'}
        }).fail(notSaved);
    }, notSaved);
};

/** While the set-up page is visible, poll until the provider has reported that the learner is ready. */
exam.watchForReadiness = function() {
    var wait = FIRST_POLL_AFTER;
    if (!setUpPage().length || !setUpPage().attr('data-exam-started-poll-url')) {
        return;
    }
    function pollLater() {
        setTimeout(poll, wait * (0.9 + (0.2 * Math.random())));
        wait = Math.min(wait * 1.5, LAST_POLL_AFTER);
    }
    function poll() {
        if (!setUpPage().length) {
            return;
        }
        if (document.hidden) {
            pollLater();
            return;
        }
        askWhetherReady(function(ready) {
            if (ready) {
                announceReady();
            } else {
                pollLater();
            }
        }, pollLater);
    }
    pollLater();
};
