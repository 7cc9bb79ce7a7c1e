/** Messages below the timer. */
/* exported messages */

var messages = {
    /** An alert; an empty text clears it. */
    showMessage: function(text) {
        this.messageElement('js-proctoring-timer-message', 'critical-time', text).attr('role', 'alert').text(text);
    },

    /** A notice that is not an alert; the caller announces it. */
    showNotice: function(text) {
        this.messageElement('js-proctoring-timer-notice', '', text).text(text);
    },

    messageElement: function(name, styleClass, text) {
        var $message = this.$('.' + name);
        if (!$message.length && text) {
            $message = $('<p></p>').addClass('proctored-exam-message').addClass(styleClass).addClass(name);
            this.$el.append($message);
        }
        return $message;
    }
};
