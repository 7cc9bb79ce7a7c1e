/**
 * An allowance: extra time, or an exception from the review policy, for one learner in one exam.
 * Spec: instructor-experience.md 2.1 and 3.1.
 *
 * First file of the bundle, so the name space of the course team's side starts here.
 */
(function(Backbone) {
    'use strict';

    var proctoring;

    window.edx = window.edx || {};
    window.edx.instructor_dashboard = window.edx.instructor_dashboard || {};
    proctoring = window.edx.instructor_dashboard.proctoring = window.edx.instructor_dashboard.proctoring || {};

    // The one place to say so when a host mounts the API or the static files elsewhere.
    proctoring.API_ROOT = proctoring.API_ROOT || '/api/edx_proctoring/v1/';
    proctoring.TEMPLATE_ROOT = proctoring.TEMPLATE_ROOT || '/static/proctoring/templates/';

    proctoring.ProctoredExamAllowanceModel = Backbone.Model.extend({
        url: proctoring.API_ROOT + 'proctored_exam/allowance'
    }, {
        /** Pairs of key and label, in the order in which the forms offer them. */
        types: function() {
            return [
                ['additional_time_granted', gettext('Additional Time (minutes)')],
                // The server turns it into minutes, so it is offered but never comes back.
                ['time_multiplier', gettext('Time Multiplier (greater than 1)')],
                ['review_policy_exception', gettext('Review Policy Exception')]
            ];
        }
    });
}(window.Backbone));
