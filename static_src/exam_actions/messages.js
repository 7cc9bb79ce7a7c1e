/** Messages beside the button that they concern. */
/* exported showMessage */

/** The page's own element for messages, or a new one after the button if the page has none. */
function messageElement($button) {
    var $page = $button.closest('.sequence, .skip-confirm-wrapper');
    var $message = $page.find('.js-proctoring-message').first();
    if (!$message.length) {
        $message = $('<div class="proctored-exam-message js-proctoring-message" role="alert"></div>');
        $message.insertAfter($button);
    }
    return $message;
}

/** Show a message; an empty text clears the last one. */
function showMessage($button, text) {
    messageElement($button).toggleClass('critical-time', Boolean(text)).text(text);
}
