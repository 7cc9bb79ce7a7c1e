/** Locks a button, and those beside it, while its request is in flight. */
/* global exam -- shared/exam_namespace.js */
/* exported buttonOf, lock, unlock */

/** The clicked button as a jQuery object; the default action of the click is prevented. */
function buttonOf(element, event) {
    if (event && event.preventDefault) {
        event.preventDefault();
    }
    return $(element);
}

/** The other buttons of the same page, which are other answers to the same question. */
function buttonsBeside($button) {
    return $button.closest('.sequence, .skip-confirm-wrapper').find('button').not($button);
}

/**
 * Lock a button and those beside it for one request. Returns false if one of them is locked already: a double click,
 * or a change of mind that came too late. `isQuiet`: nobody has pressed it, so only a button with the focus gets it back.
 */
function lock($button, isQuiet) {
    var $beside = buttonsBeside($button);
    if ($button.add($beside).filter('[aria-busy=true]').length) {
        return false;
    }
    $beside.filter('.exam-action-button:not([disabled])').attr('data-proctoring-locked', '').prop('disabled', true);
    if ($button.data('proctoringLabel') === undefined) {
        $button.data('proctoringLabel', $button.attr('data-cta-text') || $button.html());
    }
    $button.data('proctoringGetsFocus', !isQuiet || document.activeElement === $button[0]);
    $button.attr('aria-busy', 'true').prop('disabled', true);
    if ($button.attr('data-loading-text')) {
        // Contract: both attributes hold markup, written by the template.
        $button.html($button.attr('data-loading-text'));
    }
    $('html').css('cursor', 'wait');
    return true;
}

function unlock($button) {
    $button.removeAttr('aria-busy').prop('disabled', false).html($button.data('proctoringLabel'));
    buttonsBeside($button).filter('[data-proctoring-locked]').removeAttr('data-proctoring-locked')
        .prop('disabled', false);
    $('html').css('cursor', '');
    if (document.activeElement === document.body && $button.data('proctoringGetsFocus') !== false) {
        // A disabled button loses the focus, and nothing else has taken it since.
        $button.trigger('focus');
    }
}

/** A button that only enables the one beside it. */
exam.confirmHandler = function(event) {
    var $button = buttonOf(this, event);
    $button.prop('disabled', true).attr('aria-pressed', 'true');
    $('.exam-action-button[disabled]').not($button).prop('disabled', false).first().trigger('focus');
};
