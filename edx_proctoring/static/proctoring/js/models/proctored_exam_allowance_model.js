/**
 * An allowance: extra time, or an exception to the review policy, for one learner in one exam.
 * Contract: contract/staff-tab#bundle, contract/staff-tab#models.
 *
 * The first script of the bundle, so it creates the namespace of the course team's scripts.
 */
(function(Backbone) {
    'use strict';

    var proctoring;

    window.edx = window.edx || {};
    window.edx.instructor_dashboard = window.edx.instructor_dashboard || {};
    proctoring = window.edx.instructor_dashboard.proctoring = window.edx.instructor_dashboard.proctoring || {};

    // A host that mounts the API or the static files elsewhere sets these beforehand.
    proctoring.API_ROOT = proctoring.API_ROOT || '/api/edx_proctoring/v1/';
    proctoring.TEMPLATE_ROOT = proctoring.TEMPLATE_ROOT || '/static/proctoring/templates/';

    proctoring.ProctoredExamAllowanceModel = Backbone.Model.extend({
        url: proctoring.API_ROOT + 'proctored_exam/allowance'
    }, {
        /** Pairs of key and label, in the order of the forms. */
        types: function() {
            return [
                ['additional_time_granted', gettext('Additional Time (minutes)')],
                // The server converts it to minutes, so existing allowances never have this type.
                ['time_multiplier', gettext('Time Multiplier (greater than 1)')],
                ['review_policy_exception', gettext('Review Policy Exception')]
            ];
        },

        /** The label of a type; an unknown type is returned unchanged. */
        typeLabel: function(type) {
            var known = this.types().filter(function(pair) { return pair[0] === type; })[0];
            return known ? known[1] : type;
        }
    });
}(window.Backbone));
