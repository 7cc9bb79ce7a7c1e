/**
 * The allowances of a course, grouped by learner: one model with attributes `username -> [allowance, ...]`.
 * Contract: contract/staff-tab#allowances.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamAllowanceCollection = Backbone.Collection.extend({
        model: proctoring.ProctoredExamAllowanceModel,
        url: proctoring.API_ROOT + 'proctored_exam/'
    });
}(window.Backbone));
