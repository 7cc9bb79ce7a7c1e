/**
 * One page of the attempts of a course, grouped by learner and exam: one model, the server's whole answer.
 * Spec: instructor-experience.md 4.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;
    var PAGES_SHOWN = 5;

    proctoring.ProctoredExamAttemptGroupedCollection = Backbone.Collection.extend({
        model: proctoring.ProctoredExamAttemptModel,
        url: proctoring.API_ROOT + 'proctored_exam/attempt/grouped/course_id/'
    }, {
        /** First and last page number to offer: at most five, from two before the current one. */
        pageWindow: function(currentPage, totalPages) {
            var first = Math.max(1, currentPage - 2);
            return {first: first, last: Math.min(totalPages, first + PAGES_SHOWN - 1)};
        }
    });
}(window.Backbone));
