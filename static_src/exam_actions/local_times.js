/** Times that the server printed in its own time zone, shown in the learner's. */
/* global exam -- shared/exam_namespace.js */

exam.localMoment = function(moment, options) {
    try {
        return moment.toLocaleString(document.documentElement.lang || [], options);
    } catch (error) {
        // The page's language tag, such as es_419, is not one that Intl accepts.
        return moment.toLocaleString([], options);
    }
};

exam.localiseTimes = function() {
    $('.js-proctoring-local-time').each(function() {
        var moment = new Date($(this).attr('datetime'));
        if (!isNaN(moment.getTime())) {
            // In the language of the page, not of the browser; with Django's digits and calendar, as in the rest of the
            // page: Persian would get those of Iran.
            $(this).text(exam.localMoment(moment, {
                year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit',
                timeZoneName: 'short', calendar: 'gregory', numberingSystem: 'latn'
            }));
        }
    });
};
