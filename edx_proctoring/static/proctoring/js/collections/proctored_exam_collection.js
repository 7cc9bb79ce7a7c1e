/**
 * The special exams of a course. Contract: contract/staff-tab#models.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamCollection = Backbone.Collection.extend({
        url: proctoring.API_ROOT + 'proctored_exam/exam/course_id/'
    });
}(window.Backbone));
