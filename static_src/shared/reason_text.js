/** What a rejected promise says, whatever it was rejected with. Contract: contract/browser-worker#refusal-text. */
/* exported reasonText */

var MOST_REASON_CHARACTERS = 500;

/** The text of a reason: of an `Error`, of any other object, or the text itself. Empty if it says nothing. */
function reasonText(reason) {
    var text = reason;
    if (reason === null || reason === undefined) {
        return '';
    }
    if (typeof reason === 'object') {
        text = reason.message || reason.error || reason.reason || reason.detail;
        if (typeof text !== 'string') {
            try {
                text = String(reason);
                if (/^\[object /.test(text)) {
                    text = JSON.stringify(reason);
                }
            } catch (notATextAtAll) {
                text = '';
            }
        }
    }
    return String(text).trim().slice(0, MOST_REASON_CHARACTERS);
}
