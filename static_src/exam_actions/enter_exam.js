/** Entering an exam, with or without proctoring. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global failureText -- exam_actions/failure_text.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf, lock, unlock -- exam_actions/button.js */

// Entering may wait for a provider that registers the learner.
var ENTER_LIMIT = 60 * SECOND;

/** P1, P2, P4: create an attempt; its status decides which page follows. */
exam.enterExamHandler = function(event) {
    var $button = buttonOf(this, event);
    var proctored = $button.attr('data-attempt-proctored');
    var data = {
        exam_id: $button.attr('data-exam-id'),
        start_clock: $button.attr('data-start-immediately') === 'false' ? 'false' : 'true'
    };

    if (proctored !== undefined) {
        data.attempt_proctored = proctored;
    }
    if (!lock($button)) {
        return;
    }
    showMessage($button, '');
    $.ajax({url: $button.attr('data-ajax-url'), type: 'POST', data: data, timeout: ENTER_LIMIT})
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
                proctored === 'true' ? gettext(
                    'The proctoring service does not answer. Your exam has not started and no time was used. ' +
                    'Try again in a minute.'
                ) : undefined
            ));
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
