/** Whether the proctoring software still runs on the learner's computer. */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global isDue -- timer_bar/ticks.js */
/* global reasonText -- shared/reason_text.js */
/* exported pinging */

var SECOND_PING_AFTER = 5 * SECOND;

var pinging = {
    /** Ping in the middle of each interval; `before` is the tick of the previous check. */
    pingWhenDue: function(before) {
        var self = this;
        var interval = this.model.get('ping_interval');

        function ping() {
            return Promise.resolve(exam.pingApplication(interval));
        }

        // One lost message must not end an exam: ping twice, with time to recover in between.
        function pingAgain() {
            return new Promise(function(resolve, reject) {
                setTimeout(function() {
                    ping().then(resolve, reject);
                }, SECOND_PING_AFTER);
            });
        }

        function fail(error) {
            if (window.navigator.onLine === false || self.isOffline) {
                // The worker's script comes over the network, so it may be that which failed, not the software.
                self.showConnectionLost();
                return;
            }
            // Not returned: if the server does not get the report, the next ping leads to another.
            self.endExamForFailureState(error);
        }

        if (
            !interval || !exam.configuredWorkerURL || this.model.get('attempt_status') === 'ready_to_submit'
            || !isDue(before, this.timerTick, interval, Math.floor(interval / 2))
        ) {
            return;
        }
        ping().then(null, pingAgain).then(null, fail);
    },

    /** Report to the server that the proctoring software is gone. Returns the jqXHR. */
    endExamForFailureState: function(error) {
        var self = this;
        return $.ajax({
            url: this.attemptUrl(),
            type: 'PUT',
            data: {action: 'error', detail: reasonText(error) || String(error)}
        }).done(function(result) {
            // False: the server tolerates ping failures of this provider.
            if (result.exam_attempt_id) {
                self.prepareToLeave();
                self.reloadPage();
            }
        });
    }
};
