/**
 * Starts what a course page needs: the timer bar, the onboarding panel, the buttons of the exam pages.
 * Contract: contract/timer#start, contract/staff-tab#creation.
 *
 * Runs on every course page, including the instructor dashboard, so each part does nothing if its element is not on
 * the page. The views of the dashboard are created by the host.
 */
(function($) {
    'use strict';

    // Selector of a button -> name of its handler, which is looked up on click: `exam_action_handler.js` loads later.
    var HANDLERS = {
        '.js-proctoring-enter': 'enterExamHandler',
        '.js-proctoring-open-opt-out': 'openOptOutHandler',
        // By its published class, for themes with a button of their own.
        '.proctored-exam-skip-cancel-button': 'cancelOptOutHandler',
        '.js-proctoring-start': 'examStartHandler',
        '.js-proctoring-end': 'examEndHandler',
        '.js-proctoring-update': 'updateStatusHandler',
        '.js-proctoring-visit': 'visitExamHandler',
        '.js-proctoring-decline': 'declineExamHandler',
        '.js-proctoring-reload': 'reloadHandler',
        '.js-proctoring-confirm': 'confirmHandler',
        '.js-start-proctored-exam': 'startAfterSetUpHandler',
        '.js-proctoring-check-system': 'checkSystemHandler',
        '.js-proctoring-copy-code': 'copyCodeHandler'
    };

    function examNamespace() {
        return (window.edx && window.edx.courseware && window.edx.courseware.proctored_exam) || {};
    }

    // Delegated, because the host may insert an exam page into the document at any time.
    $.each(HANDLERS, function(selector, name) {
        $(document).on('click', selector, function(event) {
            return examNamespace()[name].call(this, event);
        });
    });

    $(function() {
        var exam = examNamespace();
        var $timer = $('.proctored_exam_status');
        var $panel = $('.proctoring-info-panel');

        if (exam.ProctoredExamView && $timer.length && $('#proctored-exam-status-tpl').length) {
            new exam.ProctoredExamView({
                el: $timer,
                proctored_template: '#proctored-exam-status-tpl',
                model: new window.ProctoredExamModel()
            }).render();
        }
        if (exam.ProctoredExamInfo && $panel.length) {
            new exam.ProctoredExamInfo({
                el: $panel,
                model: new window.LearnerOnboardingModel()
            }).render();
        }
        // Functions of `exam_action_handler.js` that concern the page as a whole.
        $.each(['onlyErrorModal', 'focusHeadingAfterAction', 'localiseTimes', 'watchForReadiness'], function(i, name) {
            if (exam[name]) {
                exam[name]();
            }
        });
    });
}(window.jQuery));
