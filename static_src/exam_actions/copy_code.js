/** The button that copies the exam code to the clipboard. */
/* global exam -- shared/exam_namespace.js */
/* global showMessage -- exam_actions/messages.js */
/* global buttonOf -- exam_actions/button.js */

exam.copyCodeHandler = function(event) {
    var $button = buttonOf(this, event);
    var field = document.getElementById('proctored-exam-code');
    var label = $button.text();

    function copied() {
        // The focus stays on the button, so that its new label is read out; the old label returns on blur.
        $button.text($button.attr('data-copied-text') || gettext('Code copied')).trigger('focus')
            .off('blur.proctoring').one('blur.proctoring', function() {
                $button.text(label);
            });
    }

    function copyBySelection() {
        field.select();
        if (document.execCommand && document.execCommand('copy')) {
            copied();
        } else {
            showMessage($button, gettext('Your browser does not allow copying. Select the code and copy it.'));
        }
    }

    if (window.navigator.clipboard && window.navigator.clipboard.writeText) {
        window.navigator.clipboard.writeText(field.value).then(copied, copyBySelection);
    } else {
        copyBySelection();
    }
};
