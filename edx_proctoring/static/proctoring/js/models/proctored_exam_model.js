/**
 * The exam the learner is in right now, as the timer bar needs it. Contract: contract/timer#model.
 *
 * Pure arithmetic on the server's values, without a clock or the DOM.
 */
(function(Backbone) {
    'use strict';

    var SECONDS_PER_MINUTE = 60;
    var SECONDS_PER_HOUR = 60 * SECONDS_PER_MINUTE;

    function twoDigits(number) {
        return (number < 10 ? '0' : '') + number;
    }

    window.ProctoredExamModel = Backbone.Model.extend({
        // A string, not a function: outside code builds the URL of one attempt from it.
        url: '/api/edx_proctoring/v1/proctored_exam/attempt',

        defaults: function() {
            return {
                in_timed_exam: false,
                attempt_id: 0,
                attempt_status: 'started',
                taking_as_proctored: false,
                exam_display_name: '',
                exam_url_path: '',
                time_remaining_seconds: 0,
                low_threshold_sec: 0,
                critically_low_threshold_sec: 0,
                course_id: null,
                accessibility_time_string: '',
                lastFetched: new Date()
            };
        },

        /** Seconds as `H:MM:SS`: hours are not padded, and negative values count as zero. */
        getFormattedRemainingTime: function(secondsLeft) {
            var left = Math.max(0, Math.floor(secondsLeft) || 0);
            var hours = Math.floor(left / SECONDS_PER_HOUR);
            var minutes = Math.floor((left % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
            return hours + ':' + twoDigits(minutes) + ':' + twoDigits(left % SECONDS_PER_MINUTE);
        },

        /** `'critical'`, `'warning'` or null, by the thresholds from the server. */
        getRemainingTimeState: function(secondsLeft) {
            if (secondsLeft > this.get('low_threshold_sec')) {
                return null;
            }
            return secondsLeft > this.get('critically_low_threshold_sec') ? 'warning' : 'critical';
        }
    });
}(window.Backbone));
