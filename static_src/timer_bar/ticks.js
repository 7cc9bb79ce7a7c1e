/**
 * Recurring work (ping, poll) is scheduled by the view's tick counter. The counter jumps ahead after a sleep, so each
 * check covers all ticks since the last one.
 */
/* exported isDue */

/** Whether an event that recurs every `period` ticks, first at `offset`, lies after `before` and not after `now`. */
function isDue(before, now, period, offset) {
    return Math.floor((now - offset) / period) > Math.floor((before - offset) / period);
}
