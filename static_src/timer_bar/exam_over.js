/** Which statuses mean that the exam is over and there is no more time to show. */
/* global exam -- shared/exam_namespace.js */

var FINISHED_STATUSES = [
    'submitted', 'timed_out', 'error', 'second_review_required', 'verified', 'rejected', 'declined', 'expired',
    'onboarding_missing', 'onboarding_pending', 'onboarding_failed', 'onboarding_expired', 'onboarding_reset'
];

exam.isExamOver = function(status) {
    return _.contains(FINISHED_STATUSES, status);
};
