/**
 * One allowance for several learners in several exams. Contract: contract/staff-tab#add-allowance.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamBulkAllowanceModel = Backbone.Model.extend({
        url: proctoring.API_ROOT + 'proctored_exam/bulk_allowance'
    });
}(window.Backbone));
