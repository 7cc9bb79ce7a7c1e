/**
 * The learner's onboarding status. Contract: contract/onboarding-panel#request.
 */
(function(Backbone) {
    'use strict';

    var EXPIRING_SOON_DAYS = 28;
    var MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000;

    window.LearnerOnboardingModel = Backbone.Model.extend({
        url: '/api/edx_proctoring/v1/user_onboarding/status',

        /**
         * The status to show at `now` (milliseconds): the server's, unless the profile has expired or is about to.
         */
        getDisplayStatus: function(now) {
            var expiration = this.get('expiration_date');
            var left;
            if (!expiration) {
                return this.get('onboarding_status');
            }
            left = new Date(expiration).getTime() - now;
            if (left <= 0) {
                return 'expired';
            }
            return left <= EXPIRING_SOON_DAYS * MILLISECONDS_PER_DAY ?
                'expiring_soon' : this.get('onboarding_status');
        }
    });
}(window.Backbone));
