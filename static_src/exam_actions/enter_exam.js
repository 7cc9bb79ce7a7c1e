/** Entering an exam, with or without proctoring. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global failureText, isServerBusy, placeToGo -- exam_actions/failure_text.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf, lock, unlock -- exam_actions/button.js */
/* exported enter */

// Entering may wait for a provider that registers the learner.
var ENTER_LIMIT = 60 * SECOND;

// After a refusal for lack of time the page tries again by itself, for about ten minutes, where that starts no clock. The
// delay doubles and is randomised, so that learners who are refused together do not come back together.
var FIRST_AGAIN_AFTER = 10 * SECOND;
var LAST_AGAIN_AFTER = 60 * SECOND;
var LONGEST_RETRY_AFTER = 300 * SECOND;
var MOST_TIMES_AGAIN = 12;
var againTimer = null;
// Counts presses and changes of mind: each ends the tries before it, also one whose answer is still to come.
var turn = 0;

function enterAgainText(wish) {
    if (wish.proctored === 'true') {
        return gettext(
            'The proctoring service does not answer. It may be down, or many learners are starting at this moment. ' +
            'Your exam has not started and no time was used. Keep this page open: it tries again by itself.'
        );
    }
    return gettext('The service does not answer at the moment. Keep this page open: it tries again by itself.');
}

/** Milliseconds until the next try. `times`: how often the page has tried by itself. */
function enterAgainAfter(xhr, times) {
    var asked = Number(xhr.getResponseHeader('Retry-After')) * SECOND || 0;
    var wait = Math.min(FIRST_AGAIN_AFTER * Math.pow(2, times), LAST_AGAIN_AFTER);
    return Math.max(wait, Math.min(asked, LONGEST_RETRY_AFTER)) * (1 + (0.5 * Math.random()));
}

function stopEnteringAgain() {
    turn += 1;
    clearTimeout(againTimer);
    againTimer = null;
}

/** `isLate`: there was no answer in time. */
function enteringFailed($button, wish, xhr, isLate, times) {
    // An earlier request was carried out, and its answer was lost.
    var wasEntered = $button.data('proctoringMayBeEntered') && xhr.status === 400;
    // A phone that puts the page to sleep ends a repetition without an answer.
    var isUnanswered = isLate || isServerBusy(xhr) || (times > 0 && xhr.status === 0);

    if (isServerBusy(xhr) || xhr.status === 0) {
        $button.data('proctoringMayBeEntered', true);
    }
    if (isUnanswered && !wish.startsClock && times < MOST_TIMES_AGAIN) {
        if (!times) {
            showMessage($button, enterAgainText(wish));
        }
        againTimer = setTimeout(function() {
            enter($button, wish, times + 1);
        }, enterAgainAfter(xhr, times));
        return;
    }
    if (wasEntered) {
        exam.reloadPage();
        return;
    }
    showMessage($button, failureText(
        xhr,
        gettext(
            'Your exam could not be started here. It may be open already, in another tab or on another ' +
            'device: reload the page to see where your exam stands. If this happens again, try a ' +
            'better internet connection or restart your device, and make sure that your account is active.'
        ),
        wish.proctored === 'true' && !wish.startsClock ? gettext(
            'The proctoring service does not answer. Your exam has not started and no time was used. ' +
            'Try again in a minute.'
        ) : undefined
    ), placeToGo(xhr));
}

/**
 * Create an attempt; its status decides which page follows. `proctored`: 'true', 'false' or undefined. `times`: how
 * often the page has tried by itself, undefined for a press of the button. Returns the request, undefined if one of
 * this button or those beside it is on its way.
 */
function enter($button, wish, times) {
    var data = {exam_id: wish.examId, start_clock: wish.startsClock ? 'true' : 'false'};
    var mine;

    if (wish.proctored !== undefined) {
        data.attempt_proctored = wish.proctored;
    }
    if (times) {
        // In an outage that has begun meanwhile, the clock would start: then the learner is asked first.
        data.automatic = 'true';
    }
    if (!lock($button, Boolean(times))) {
        return undefined;
    }
    stopEnteringAgain();
    mine = turn;
    if (!times) {
        showMessage($button, '');
    }
    return $.ajax({url: wish.url, type: 'POST', data: data, timeout: ENTER_LIMIT})
        .done(function() {
            exam.reloadPage();
        })
        .fail(function(xhr, reason) {
            unlock($button);
            if (mine === turn) {
                enteringFailed($button, wish, xhr, reason === 'timeout', times || 0);
            }
        });
}

/** P1, P2, P4: the buttons of our own pages. */
exam.enterExamHandler = function(event) {
    var $button = buttonOf(this, event);
    enter($button, {
        url: $button.attr('data-ajax-url'),
        examId: $button.attr('data-exam-id'),
        startsClock: $button.attr('data-start-immediately') !== 'false',
        proctored: $button.attr('data-attempt-proctored')
    });
};

/** P3: ask whether the learner really wants to take the exam without proctoring. */
exam.openOptOutHandler = function(event) {
    buttonOf(this, event);
    stopEnteringAgain();
    $('.proctored-exam.entrance').addClass('hidden').find('.js-proctoring-message').removeClass('critical-time').empty();
    $('.proctored-exam.skip-confirm-wrapper').removeClass('hidden')
        .find('.js-proctoring-opt-out-heading').trigger('focus');
};

/** P5: back to the entrance page, to the button that led here. */
exam.cancelOptOutHandler = function(event) {
    buttonOf(this, event);
    $('.proctored-exam.skip-confirm-wrapper').addClass('hidden');
    $('.proctored-exam.entrance').removeClass('hidden').find('.js-proctoring-open-opt-out').trigger('focus');
};
