/**
 * The digits and what is read out.
 *
 * The digits are redrawn with each tick. Screen readers announce thresholds, each once, but not ticks.
 */
/* global SECOND, REQUEST_LIMIT -- shared/limits.js */
/* exported timeDisplay */

var ONE_MINUTE = 60;
// How long the server's sentence about the time left may be repeated as it is.
var SENTENCE_IS_FRESH_FOR = 5 * SECOND;
// Screen readers ignore text that is set again unchanged; emptying the region for this long makes it a change.
var BEFORE_ANNOUNCING_AGAIN = 100;

var timeDisplay = {
    showTime: function() {
        var left = this.secondsLeft;
        var state = this.model.getRemainingTimeState(left);
        var previous = this.previousSecondsLeft;

        this.previousSecondsLeft = left;
        this.$('#time_remaining_id b').text(this.model.getFormattedRemainingTime(left));
        if (state !== this.timeState) {
            this.timeState = state;
            this.$('div.exam-timer').removeClass('low-time warning critical')
                .addClass(state ? 'low-time ' + state : '');
        }
        if (state !== this.announcedState) {
            this.announcedState = state;
            if (state) {
                this.announce(this.timeInWords(), state === 'critical');
            }
        } else if (previous > ONE_MINUTE && left <= ONE_MINUTE && left > 0) {
            this.announce(gettext('You have one minute left.'), true);
        } else if (previous > 0 && left <= 0) {
            this.announce(gettext('Your time is up. Your exam ends now.'), true);
        }
    },

    /** The time left as a sentence: the server's while it is fresh, otherwise our own, to the minute. */
    timeInWords: function() {
        var minutes = Math.round(this.secondsLeft / ONE_MINUTE);
        var age = this.now() - this.lastAnswerAt;
        if ((age >= 0 && age <= SENTENCE_IS_FRESH_FOR) || minutes >= ONE_MINUTE) {
            return this.model.get('accessibility_time_string');
        }
        if (this.secondsLeft <= 0) {
            return gettext('Your time is up. Your exam ends now.');
        }
        if (minutes < 1) {
            return gettext('You have less than one minute left.');
        }
        return interpolate(
            ngettext('You have %(minutes)s minute left.', 'You have %(minutes)s minutes left.', minutes),
            {minutes: minutes}, true
        );
    },

    /** On request, for learners who cannot see the digits or have hidden them. */
    announceTime: function(event) {
        event.preventDefault();
        this.announce('');
        setTimeout(_.bind(function() { this.announce(this.timeInWords()); }, this), BEFORE_ANNOUNCING_AGAIN);
    },

    announce: function(text, urgent) {
        this.$('.timer-announce').attr('aria-live', urgent ? 'assertive' : 'polite').text(text);
    },

    /**
     * Show and announce that the deadline was moved by `seconds`, and fetch the thresholds again: they are shares of
     * the time allowed.
     */
    announceNewDeadline: function(seconds, timeLeftInWords) {
        var self = this;
        var text = interpolate(
            seconds > 0 ? gettext('Time was added to your exam: %(time_left)s.') :
                gettext('The end of your exam was changed: %(time_left)s.'),
            {time_left: timeLeftInWords}, true
        );

        this.showNotice(text);
        this.announce(text);
        $.ajax({url: this.model.url, timeout: REQUEST_LIMIT}).done(function(data) {
            if (data.attempt_id === self.model.get('attempt_id')) {
                self.model.set(
                    _.pick(data, 'low_threshold_sec', 'critically_low_threshold_sec', 'total_time'), {silent: true}
                );
            }
        });
    }
};
