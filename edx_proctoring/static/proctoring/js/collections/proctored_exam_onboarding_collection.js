/**
 * One page of the learners of a course with their onboarding status: one model that holds the whole response.
 * Contract: contract/staff-tab#onboarding.
 */
(function(Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamOnboardingCollection = Backbone.Collection.extend({
        url: proctoring.API_ROOT + 'user_onboarding/status/course_id/'
    });
}(window.Backbone));
