/**
 * One page of the attempts of a course, grouped by learner and exam: one model that holds the whole response.
 * Contract: contract/staff-tab#attempts.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;
    var PAGES_SHOWN = 5;

    proctoring.ProctoredExamAttemptGroupedCollection = Backbone.Collection.extend({
        model: proctoring.ProctoredExamAttemptModel,
        url: proctoring.API_ROOT + 'proctored_exam/attempt/grouped/course_id/'
    }, {
        /** The first and last page number to link to: at most five pages, starting two before the current one. */
        pageWindow: function(currentPage, totalPages) {
            var first = Math.max(1, currentPage - 2);
            return {first: first, last: Math.min(totalPages, first + PAGES_SHOWN - 1)};
        }
    });
}(window.Backbone));
