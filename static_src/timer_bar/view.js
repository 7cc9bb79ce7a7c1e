/**
 * The timer bar: how much time is left, and is the proctoring software still running?
 *
 * The view draws the bar and checks the clock once a second. The other files of this folder each bring the methods of
 * one concern.
 */
/* global exam -- shared/exam_namespace.js */
/* global SECOND -- shared/limits.js */
/* global Countdown -- timer_bar/countdown.js */
/* global FIRST_RETRY_AFTER -- timer_bar/keep_trying.js */
/* global timeDisplay -- timer_bar/time_display.js */
/* global messages -- timer_bar/messages.js */
/* global layout -- timer_bar/layout.js */
/* global polling -- timer_bar/polling.js */
/* global pinging -- timer_bar/ping.js */
/* global leaving -- timer_bar/leaving.js */

// Ticks come every second. A longer gap is sleep, a throttled tab, or a clock that was set.
var JUMP_SECONDS = 5;
var WIDE_SCREEN = '(min-width: 992px)';

exam.ProctoredExamView = Backbone.View.extend(_.extend({}, timeDisplay, messages, layout, polling, pinging, leaving, {
    events: {
        'click #toggle_timer': 'toggleTimerVisibility',
        'click .js-announce-time': 'announceTime',
        'click .js-toggle-show-more': 'toggleShowText',
        'click .exam-button-turn-in-exam': 'endExamClicked'
    },

    initialize: function(options) {
        this.now = options.now || function() { return Date.now(); };
        this.monotonic = options.monotonic || function() {
            return window.performance && window.performance.now ? window.performance.now() : 0;
        };
        this.countdown = new Countdown(
            // Looked up with each call: both clocks can be replaced on the view.
            _.bind(function() { return this.now(); }, this),
            _.bind(function() { return this.monotonic(); }, this)
        );
        this.timerTick = 0;
        this.poll_interval = 60;
        this.grace_period_secs = 5;
        this.first_time_rendering = true;
        this.timeState = null;
        this.pollOffset = 0;
        this.unloadMessage = _.bind(this.unloadMessage, this);
        this.detectScroll = _.bind(this.detectScroll, this);
        this.refresh = _.bind(this.refresh, this);
        this.showSubmitted = _.bind(this.showSubmitted, this);
        if (!this.$el.length) {
            return;
        }
        this.template = _.template($(options.proctored_template).html() || '');
        this.timerBarTopPosition = this.$el.offset().top;
        this.listenTo(this.model, 'change', this.modelChanged);
        // After sleep or an outage the server may know better than the deadline.
        $(document).on('visibilitychange', this.refresh);
        $(window).on('online', this.refresh);
        $(document).on('proctoring:submitted', this.showSubmitted);
        this.lastAnswerAt = this.now();
        this.fetchUntilAnswered(FIRST_RETRY_AFTER);
    },

    remove: function() {
        this.stopTimer();
        clearTimeout(this.fetchTimer);
        $(document).off('visibilitychange', this.refresh).off('proctoring:submitted', this.showSubmitted);
        $(window).off('online', this.refresh).off('scroll', this.detectScroll)
            .off('beforeunload', this.unloadMessage);
        return Backbone.View.prototype.remove.call(this);
    },

    modelChanged: function() {
        var workerUrl = this.model.get('desktop_application_js_url');

        this.secondsLeft = this.model.get('time_remaining_seconds') - this.takeLatency();
        this.serverAnswered();
        this.poll_interval = this.model.get('poll_interval_sec') || this.poll_interval;
        $(window).off('beforeunload', this.unloadMessage);
        if (this.shouldWarnBeforeLeaving()) {
            $(window).on('beforeunload', this.unloadMessage);
        }
        // The first value wins: an exam page may have set its worker already.
        if (workerUrl && !exam.configuredWorkerURL) {
            exam.configuredWorkerURL = workerUrl;
        }
        exam.attemptExternalId = this.model.get('external_id') || exam.attemptExternalId;
        this.render();
    },

    attemptUrl: function() {
        return this.model.url + '/' + this.model.get('attempt_id');
    },

    isRunning: function() {
        return Boolean(
            this.model.get('in_timed_exam')
            && this.model.get('time_remaining_seconds') > 0
            && this.model.get('attempt_status') !== 'error'
        );
    },

    render: function() {
        if (!this.template) {
            return this;
        }
        $(window).off('scroll', this.detectScroll);
        if (!this.isRunning()) {
            this.stopTimer();
            return this;
        }
        $(window).on('scroll', this.detectScroll);
        this.$el.html(this.template(this.model.toJSON())).show();
        this.timeState = null;
        this.hideTimer(this.isTimerHidden());
        if (this.first_time_rendering) {
            this.first_time_rendering = false;
            this.announce(this.model.get('accessibility_time_string'));
        }
        if (!(window.matchMedia && window.matchMedia(WIDE_SCREEN).matches)) {
            this.showText(false);
        }
        this.updateRemainingTime();
        if (!this.isLeaving) {
            this.scheduleTick();
        }
        return this;
    },

    /**
     * Look at the clock when the digits change, so that they are never a second late. There is one timer, however
     * often the bar is drawn.
     */
    scheduleTick: function() {
        this.stopTimer();
        this.timer = setTimeout(_.bind(function() {
            this.updateRemainingTime();
            if (this.timer) {
                this.scheduleTick();
            }
        }, this), this.countdown.untilNextSecond());
    },

    stopTimer: function() {
        clearTimeout(this.timer);
        this.timer = null;
    },

    /** Once a second: ping, poll, draw, leave. */
    updateRemainingTime: function() {
        var before = this.timerTick;
        var now = this.now();
        var elapsed = this.lastTickAt ? Math.round((now - this.lastTickAt) / SECOND) : 1;
        var left = this.secondsLeft;
        var isGracePeriod = this.previousSecondsLeft > 0 && left <= 0 && left > -this.grace_period_secs;

        this.lastTickAt = now;
        this.timerTick = before + Math.max(elapsed, 1);
        this.pingWhenDue(before);
        if (isGracePeriod || elapsed > JUMP_SECONDS || elapsed < 0) {
            // As the grace period begins, find out whether the server is reachable: its end reloads the page.
            this.poll();
        } else {
            this.pollWhenDue(before);
        }
        this.showTime();
        if (this.secondsLeft <= -this.grace_period_secs) {
            this.leaveExpiredExam();
        }
    }
}));

// Whole seconds until the deadline, negative once it has passed. Outside code assigns it to set the clock.
Object.defineProperty(exam.ProctoredExamView.prototype, 'secondsLeft', {
    configurable: true,
    get: function() {
        return this.countdown.secondsLeft();
    },
    set: function(seconds) {
        this.countdown.setSecondsLeft(seconds);
    }
});
