/** Reloads the page after an action, and sets the focus on the page that follows. */
/* global exam -- shared/exam_namespace.js */
/* global buttonOf, lock -- exam_actions/button.js */
/* exported cancelLeaveWarning */

var FOCUS_KEY = 'edx_proctoring.focusHeading';

function cancelLeaveWarning() {
    $(window).off('beforeunload');
}

/** The button that leads to the next page does not exist there, so the focus goes to the heading. */
function rememberToFocusHeading() {
    try {
        window.sessionStorage.setItem(FOCUS_KEY, '1');
    } catch (e) {
        // Storage is switched off: on the next page, the focus starts at the top.
    }
}

/** After a page change that a button caused. */
function focusHeadingAfterAction() {
    var $heading;
    try {
        if (window.sessionStorage.getItem(FOCUS_KEY)) {
            window.sessionStorage.removeItem(FOCUS_KEY);
            $heading = $('.js-proctoring-heading').first();
            if (!$heading.length) {
                // The content of the exam: a page of the host, with the host's heading.
                $heading = $('main, [role="main"], .content-wrapper').find('h1, h2, h3').first();
                $heading.attr('tabindex', '-1');
            }
            $heading.trigger('focus');
        }
    } catch (e) {
        // Without storage nothing was remembered.
    }
}

exam.rememberToFocusHeading = rememberToFocusHeading;
exam.focusHeadingAfterAction = focusHeadingAfterAction;

exam.reloadPage = function() {
    rememberToFocusHeading();
    window.location.reload();
};

exam.reloadHandler = function(event) {
    var $button = buttonOf(this, event);
    if (lock($button)) {
        exam.reloadPage();
    }
};
