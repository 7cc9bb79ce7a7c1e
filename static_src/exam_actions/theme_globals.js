/**
 * Global functions for themes whose `proctored_exam/confirm-decline.html` was written for 6.1.4, which had them in
 * every exam page. Our own templates do not use them. Contract: contract/exam-buttons#theme-globals.
 */
/* global enter -- exam_actions/enter_exam.js */

// A theme may set it before or after it calls a function below, so it refuses nothing here.
window.inProcess = false;

window.disableClickEvent = function(selector) {
    window.inProcess = true;
    $(selector).prop('disabled', true);
    $('html').css('cursor', 'wait');
};

window.enableClickEvent = function(selector) {
    window.inProcess = false;
    $(selector).prop('disabled', false);
    $('html').css('cursor', '');
};

/** Create an attempt, then reload the page; a failure is shown beside the button, which can be pressed again. */
window.startProctoredExam = function(selector, examId, actionUrl, startImmediately, attemptProctored) {
    var sent = enter($(selector), {
        url: actionUrl,
        examId: examId,
        startsClock: String(startImmediately) !== 'false',
        proctored: attemptProctored === undefined ? undefined : String(attemptProctored)
    });
    if (sent) {
        window.inProcess = true;
        sent.fail(function() { window.enableClickEvent(selector); });
    }
};
