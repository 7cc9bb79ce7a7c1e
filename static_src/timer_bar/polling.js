/**
 * What the server says about the time and the attempt, and whether it can be reached.
 */
/* global exam -- shared/exam_namespace.js */
/* global SECOND, REQUEST_LIMIT -- shared/limits.js */
/* global isDue -- timer_bar/ticks.js */
/* global isUnreachable -- timer_bar/keep_trying.js */
/* exported polling */

// Every course page asks whether an exam is running, so this must not become a load while the server is down.
var LAST_FETCH_AFTER = 60 * SECOND;
// The computer may have slept through a slower answer, so the server is asked again.
var MAX_LATENCY = 5 * SECOND;
// A smaller correction is network delay; a larger one is time that the course team has granted or taken.
var DEADLINE_MOVED_SECONDS = 30;
// How much longer than a poll interval the server may be silent and still count as reachable.
var SILENCE_TOLERANCE_SECONDS = 30;

var polling = {
    /** Fetch the attempt until there is an answer, since there is no clock without one; `wait`: milliseconds. */
    fetchUntilAnswered: function(wait) {
        this.requestedAt = this.now();
        this.model.fetch({
            error: _.bind(function(model, xhr) {
                if (isUnreachable(xhr)) {
                    this.fetchTimer = setTimeout(
                        _.bind(this.fetchUntilAnswered, this, Math.min(wait * 2, LAST_FETCH_AFTER)), wait
                    );
                }
            }, this)
        });
    },

    /** `before` is the tick of the previous check. */
    pollWhenDue: function(before) {
        if (isDue(before, this.timerTick, this.poll_interval, this.pollOffset)) {
            if (!this.pollOffset) {
                // Learners who start together must not poll together for the rest of the exam: the second poll comes
                // up to half an interval early, and the later ones keep that rhythm.
                this.pollOffset = this.timerTick - Math.ceil((Math.random() * this.poll_interval) / 2);
            }
            this.poll();
        }
    },

    /** Ask for the time and the status, unless a poll is in flight. */
    poll: function(isRepeated) {
        var self = this;
        var requestedAt = this.now();

        if (this.isPolling) {
            return;
        }
        this.isPolling = true;
        $.ajax({
            url: this.attemptUrl() + '?sourceid=in_exam&proctored=' + this.model.get('taking_as_proctored'),
            timeout: REQUEST_LIMIT
        }).always(function() {
            self.isPolling = false;
        }).done(function(data) {
            if (self.isLeaving) {
                // The page is about to change; a late answer must not interrupt what has to be done first.
                return;
            }
            if (exam.isExamOver(data.status)) {
                self.serverAnswered();
                if (self.secondsLeft > 0) {
                    self.prepareToLeave();
                    self.reloadPage();
                }
                // Otherwise the grace period ends in a moment, and that also informs the proctoring software.
            } else if (self.now() - requestedAt > MAX_LATENCY && !isRepeated) {
                self.poll(true);
            } else {
                self.requestedAt = requestedAt;
                self.adoptServerTime(data);
            }
        }).fail(function(xhr) {
            if (xhr.status === 403) {
                self.prepareToLeave();
                self.reloadPage();
            } else if (xhr.status === 400 || xhr.status === 404) {
                // Contract: no reload. But the clock must not run on in silence for an attempt that was reset.
                self.showMessage(gettext(
                    'The server no longer has this attempt; your course team may have reset it. ' +
                    'Answers that you submit now are not saved. Reload this page to see where your exam stands.'
                ));
            } else if (isUnreachable(xhr)) {
                self.showConnectionLost();
            }
        });
    },

    /** Adopt time and status from a poll. The bar is redrawn only if the status changes what it consists of. */
    adoptServerTime: function(data) {
        var change, left;
        if (typeof data.time_remaining_seconds !== 'number') {
            return;
        }
        left = data.time_remaining_seconds - this.takeLatency();
        change = left - this.secondsLeft;
        this.model.set(
            {
                accessibility_time_string: data.accessibility_time_string,
                time_remaining_seconds: data.time_remaining_seconds
            },
            {silent: true}
        );
        this.secondsLeft = left;
        this.serverAnswered();
        if (data.status && data.status !== this.model.get('attempt_status') && this.isRunning()) {
            // Another tab has asked to end the exam or went back to it: the end button disappears or returns.
            this.model.set({attempt_status: data.status}, {silent: true});
            this.render();
        } else if (this.timer) {
            this.showTime();
            this.scheduleTick();
        }
        if (Math.abs(change) > DEADLINE_MOVED_SECONDS) {
            this.announceNewDeadline(change, data.accessibility_time_string);
        }
    },

    /**
     * Estimated one-way latency of the answer that has just arrived, in seconds: how stale it already is. Clears the
     * time of the request, so that a later change of the model is not taken for another answer.
     */
    takeLatency: function() {
        var roundTrip = this.requestedAt === undefined ? 0 : Math.max(0, this.now() - this.requestedAt);
        this.requestedAt = undefined;
        return Math.min(roundTrip, MAX_LATENCY) / 2 / SECOND;
    },

    serverAnswered: function() {
        this.lastAnswerAt = this.now();
        if (this.isOffline) {
            this.isOffline = false;
            this.showMessage('');
            this.announce(gettext('The connection to the server is back.'));
        }
    },

    showConnectionLost: function() {
        if (!this.isOffline) {
            this.isOffline = true;
            this.showMessage(gettext(
                'The connection to the server is lost. Your time keeps running. ' +
                'Answers that you submit now may not be saved.'
            ));
        }
    },

    /** Whether the server has answered recently; only then may the page be replaced by a new one. */
    isServerReachable: function() {
        var silence = this.now() - this.lastAnswerAt;
        return !this.isOffline && !this.isPolling && window.navigator.onLine !== false
            && silence >= 0 && silence <= (this.poll_interval + SILENCE_TOLERANCE_SECONDS) * SECOND;
    },

    /** The tab is visible again or the computer is online again: show the right time now, and ask for it. */
    refresh: function() {
        if (this.timer && !document.hidden) {
            this.updateRemainingTime();
            if (this.timer) {
                this.poll();
            }
        }
    }
};
