/**
 * The time left until an absolute deadline, because a counter of ticks falls behind while the tab sleeps.
 *
 * Two clocks measure the time since the deadline was set: the wall clock, which goes on while the computer sleeps,
 * and the browser's monotonic clock, which cannot be set back. The one that is further ahead counts.
 */
/* global SECOND -- shared/limits.js */
/* exported Countdown */

/** `now` and `monotonic` return milliseconds. */
function Countdown(now, monotonic) {
    this.now = now;
    this.monotonic = monotonic;
    this.setSecondsLeft(0);
}

_.extend(Countdown.prototype, {
    setSecondsLeft: function(seconds) {
        this.secondsAtStart = seconds;
        this.startedAt = this.now();
        this.startedAtMonotonic = this.monotonic();
    },

    /** Whole seconds until the deadline, negative once it has passed. */
    secondsLeft: function() {
        return Math.ceil(this.secondsAtStart - (this.elapsed() / SECOND));
    },

    /** Milliseconds since the deadline was set. */
    elapsed: function() {
        return Math.max(this.now() - this.startedAt, this.monotonic() - this.startedAtMonotonic);
    },

    /** Milliseconds until `secondsLeft` changes, and one more: a timer that fires early would see the old value. */
    untilNextSecond: function() {
        var left = (this.secondsAtStart * SECOND) - this.elapsed();
        return (Math.round(left - (Math.floor(left / SECOND) * SECOND)) || SECOND) + 1;
    }
});
