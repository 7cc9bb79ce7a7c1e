/**
 * One allowance for several learners in several exams. Spec: instructor-experience.md 3.2.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamBulkAllowanceModel = Backbone.Model.extend({
        url: proctoring.API_ROOT + 'proctored_exam/bulk_allowance'
    });
}(window.Backbone));
