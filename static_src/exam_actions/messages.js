/** Messages beside the button that they concern. */
/* exported showMessage, showNotice, addLink */

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

/** Add to a message where the learner can go, if there is such an address. */
function addLink($message, address) {
    if (address) {
        $message.append(' ', $('<a class="js-proctoring-place-to-go"></a>').attr('href', address)
            .text(gettext('Open the exam there')));
    }
}

/** Show a message; an empty text clears the last one. `address`: where the learner can go, if anywhere. */
function showMessage($button, text, address) {
    var $message = messageElement($button).toggleClass('critical-time', Boolean(text)).text(text);
    addLink($message, address);
}

/** Show a message that is not about a mistake. */
function showNotice($button, text) {
    messageElement($button).removeClass('critical-time').text(text);
}
