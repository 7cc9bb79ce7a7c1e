/**
 * One learner's attempt at one exam, as the course team sees it: labels for its fields, and the URLs of staff actions.
 * Contract: contract/staff-tab#attempt-actions.
 */
(function(_, Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;
    var NO_DATE = '---';

    function statusLabels() {
        return {
            eligible: gettext('Eligible'),
            created: gettext('Created'),
            download_software_clicked: gettext('Download Software Clicked'),
            ready_to_start: gettext('Ready to start'),
            started: gettext('Started'),
            ready_to_submit: gettext('Ready to submit'),
            declined: gettext('Declined'),
            timed_out: gettext('Timed out'),
            second_review_required: gettext('Second Review Required'),
            submitted: gettext('Submitted'),
            verified: gettext('Verified'),
            rejected: gettext('Rejected'),
            error: gettext('Error'),
            expired: gettext('Expired'),
            onboarding_missing: gettext('Onboarding Missing'),
            onboarding_pending: gettext('Onboarding Pending'),
            onboarding_failed: gettext('Onboarding Failed'),
            onboarding_expired: gettext('Onboarding Expired'),
            onboarding_reset: gettext('Onboarding Reset')
        };
    }

    /** Seconds as H:MM:SS, in the form of the learner's clock. */
    function duration(seconds) {
        var parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
        return _.map(parts, function(part, index) {
            return index && part < 10 ? '0' + part : String(part);
        }).join(':');
    }

    proctoring.ProctoredExamAttemptModel = Backbone.Model.extend({
        url: proctoring.API_ROOT + 'proctored_exam/attempt/'
    }, {
        /** The label of a status; an unknown status is returned unchanged. */
        statusLabel: function(status) {
            var labels = statusLabels();
            return _.has(labels, status) ? labels[status] : status;
        },

        /** The label of a type of exams, as REST version 2 names it; an unknown type is returned unchanged. */
        typeLabel: function(type) {
            var labels = {
                timed: gettext('Timed'),
                proctored: gettext('Proctored'),
                practice: gettext('Practice'),
                onboarding: gettext('Onboarding')
            };
            return _.has(labels, type) ? labels[type] : type;
        },

        /** The label of an exam's type. */
        examTypeLabel: function(exam) {
            var proctored = exam.is_practice_exam ? 'practice' : 'proctored';
            return proctoring.ProctoredExamAttemptModel.typeLabel(exam.is_proctored ? proctored : 'timed');
        },

        /** A date in the reader's language and time zone, with the name of the zone; `---` if there is none. */
        formatDate: function(date) {
            var moment = date ? new Date(date) : null;
            var options = {
                year: 'numeric', month: 'short', day: '2-digit', hour: 'numeric', minute: '2-digit',
                timeZoneName: 'short'
            };
            if (!moment || isNaN(moment.getTime())) {
                return NO_DATE;
            }
            if (!window.Intl || !window.Intl.DateTimeFormat) {
                return moment.toString('MMM dd, yyyy h:mmtt');  // Datejs, which the host brings
            }
            try {
                return new window.Intl.DateTimeFormat(document.documentElement.lang || undefined, options).format(moment);
            } catch (error) {
                // The page's language tag is not one that Intl accepts.
                return new window.Intl.DateTimeFormat(undefined, options).format(moment);
            }
        },

        /** When an attempt broke off, and how much time was left then; empty for others, and where nobody knows. */
        errorReport: function(attempt) {
            var date = proctoring.ProctoredExamAttemptModel.formatDate(attempt.error_reported_at);
            var seconds = attempt.seconds_left_at_error;
            if (attempt.status !== 'error' || date === NO_DATE) {
                return '';
            }
            if (!_.isNumber(seconds)) {
                return interpolate(gettext('Error reported: %(date)s'), {date: date}, true);
            }
            return interpolate(
                gettext('Error reported: %(date)s. Time left: %(time)s (hours:minutes:seconds)'),
                {date: date, time: duration(seconds)}, true
            );
        },

        /** The URL to remove all attempts of one learner in one exam. */
        resetUrl: function(examId, userId) {
            return proctoring.API_ROOT + 'proctored_exam/exam_id/' + examId + '/user_id/' + userId + '/reset_attempts';
        }
    });
}(window._, window.Backbone));
