/** Entering an exam, with or without proctoring. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global failureText, placeToGo -- exam_actions/failure_text.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf, lock, unlock -- exam_actions/button.js */
/* exported enter */

// Entering may wait for a provider that registers the learner.
var ENTER_LIMIT = 60 * SECOND;

/**
 * Create an attempt; its status decides which page follows. `proctored`: 'true', 'false' or undefined. Returns the
 * request, undefined if one of this button or those beside it is on its way.
 */
function enter($button, wish) {
    var data = {exam_id: wish.examId, start_clock: wish.startsClock ? 'true' : 'false'};

    if (wish.proctored !== undefined) {
        data.attempt_proctored = wish.proctored;
    }
    if (!lock($button)) {
        return undefined;
    }
    showMessage($button, '');
    return $.ajax({url: wish.url, type: 'POST', data: data, timeout: ENTER_LIMIT})
        .done(function() {
            exam.reloadPage();
        })
        .fail(function(xhr) {
            unlock($button);
            showMessage($button, failureText(
                xhr,
                gettext(
                    'Your exam could not be started here. It may be open already, in another tab or on another ' +
                    'device: reload the page to see where your exam stands. If this happens again, try a ' +
                    'better internet connection or restart your device, and make sure that your account is active.'
                ),
                wish.proctored === 'true' ? gettext(
                    'The proctoring service does not answer. Your exam has not started and no time was used. ' +
                    'Try again in a minute.'
                ) : undefined
            ), placeToGo(xhr));
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
    $('.proctored-exam.entrance').addClass('hidden');
    $('.proctored-exam.skip-confirm-wrapper').removeClass('hidden')
        .find('.js-proctoring-opt-out-heading').trigger('focus');
};

/** P5: back to the entrance page, to the button that led here. */
exam.cancelOptOutHandler = function(event) {
    buttonOf(this, event);
    $('.proctored-exam.skip-confirm-wrapper').addClass('hidden');
    $('.proctored-exam.entrance').removeClass('hidden').find('.js-proctoring-open-opt-out').trigger('focus');
};
