/**
 * The timer bar: how much time is left, and is the proctoring software still there?
 * Spec: learner-experience.md 6.4.
 *
 * The clock is an absolute deadline, set when the server says how many seconds are left, because a
 * counter loses its ticks while the tab sleeps. What is due every so many seconds (poll, ping) is
 * found by comparing the clock with the last look at it, so that it is not missed either.
 */
(function($, _, Backbone) {
    'use strict';

    var MILLISECONDS = 1000;
    var ONE_MINUTE = 60;
    // Smaller corrections are the network's delay; a bigger one is time that somebody has granted.
    var GRANTED_SECONDS = 30;
    // Answers of a server that will not change its mind about this attempt.
    var REFUSALS = [400, 403, 404];
    var WIDE_SCREEN = '(min-width: 992px)';

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    /** Whether a point in time that recurs every `period` seconds, first at `offset`, lies in (before, after]. */
    function isDue(before, after, period, offset) {
        return Math.floor((after - offset) / period) > Math.floor((before - offset) / period);
    }

    window.edx.courseware.proctored_exam.ProctoredExamView = Backbone.View.extend({
        events: {
            'click #toggle_timer': 'toggleTimerVisibility',
            'click .js-toggle-show-more': 'toggleShowText',
            'click .exam-button-turn-in-exam': 'endExamClicked'
        },

        initialize: function(options) {
            this.now = options.now || Date.now;
            this.timerTick = 0;
            this.secondsLeft = 0;
            this.poll_interval = 60;
            this.grace_period_secs = 5;
            this.first_time_rendering = true;
            this.timeState = null;
            this.pollOffset = 0;
            this.unloadMessage = _.bind(this.unloadMessage, this);
            this.detectScroll = _.bind(this.detectScroll, this);
            this.pollIfRunning = _.bind(this.pollIfRunning, this);
            if (!this.$el.length) {
                return;
            }
            this.template = _.template($(options.proctored_template).html() || '');
            this.timerBarTopPosition = this.$el.offset().top;
            this.listenTo(this.model, 'change', this.modelChanged);
            // After sleep or an outage the server may know better than the deadline.
            $(document).on('visibilitychange', this.pollIfRunning);
            $(window).on('online', this.pollIfRunning);
            this.model.fetch();
        },

        remove: function() {
            this.stopTimer();
            $(document).off('visibilitychange', this.pollIfRunning);
            $(window).off('online', this.pollIfRunning).off('scroll', this.detectScroll)
                .off('beforeunload', this.unloadMessage);
            return Backbone.View.prototype.remove.call(this);
        },

        modelChanged: function() {
            var exam = window.edx.courseware.proctored_exam;
            var workerUrl = this.model.get('desktop_application_js_url');

            this.secondsLeft = this.model.get('time_remaining_seconds');
            $(window).off('beforeunload', this.unloadMessage);
            if (this.shouldWarnBeforeLeaving()) {
                $(window).on('beforeunload', this.unloadMessage);
            }
            // The first value wins: an exam page may have named its worker before.
            if (workerUrl && !exam.configuredWorkerURL) {
                exam.configuredWorkerURL = workerUrl;
            }
            exam.attemptExternalId = this.model.get('external_id') || exam.attemptExternalId;
            this.render();
        },

        shouldWarnBeforeLeaving: function() {
            var courseware = '/courses/' + this.model.get('course_id') + '/courseware/';
            var here = window.location.href;
            return this.model.get('taking_as_proctored')
                && this.model.get('time_remaining_seconds') > 0
                && this.model.get('attempt_status') !== 'started'
                && (here.indexOf(courseware) !== -1 || here.indexOf(encodeURI(courseware)) !== -1);
        },

        unloadMessage: function() {
            return gettext('Your exam is still open. If you leave this page, you may have to set it up again.');
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
            if (this.first_time_rendering) {
                this.first_time_rendering = false;
                this.announce(this.model.get('accessibility_time_string'));
            }
            if (!(window.matchMedia && window.matchMedia(WIDE_SCREEN).matches)) {
                this.showText(false);
            }
            // One interval, however often the model changes.
            this.stopTimer();
            this.updateRemainingTime();
            this.timer = setInterval(_.bind(this.updateRemainingTime, this), MILLISECONDS);
            return this;
        },

        stopTimer: function() {
            clearInterval(this.timer);
            this.timer = null;
        },

        /** Stop everything that would keep the learner on this page. */
        letGo: function() {
            this.stopTimer();
            $(window).off('beforeunload', this.unloadMessage);
        },

        /** One look at the clock: ping, poll, announce, draw, leave. */
        updateRemainingTime: function() {
            var before = this.timerTick;
            var now = this.now();
            var elapsed = this.lastLookAt ? Math.round((now - this.lastLookAt) / MILLISECONDS) : 1;

            this.lastLookAt = now;
            this.timerTick = before + Math.max(elapsed, 1);
            this.pingWhenDue(before);
            this.pollWhenDue(before);
            this.showTimeState();
            this.$('#time_remaining_id b').text(this.model.getFormattedRemainingTime(this.secondsLeft));
            if (this.secondsLeft <= -this.grace_period_secs) {
                this.leaveExpiredExam();
            }
        },

        pingWhenDue: function(before) {
            var exam = window.edx.courseware.proctored_exam;
            var interval = this.model.get('ping_interval');
            var fail = _.bind(this.endExamForFailureState, this);

            function ping() {
                return Promise.resolve(exam.pingApplication(interval));
            }

            if (
                !interval || !exam.configuredWorkerURL || this.model.get('attempt_status') === 'ready_to_submit'
                || !isDue(before, this.timerTick, interval, Math.floor(interval / 2))
            ) {
                return;
            }
            // One lost message is not the end of an exam: ask twice.
            ping().then(null, ping).then(null, fail);
        },

        pollWhenDue: function(before) {
            if (isDue(before, this.timerTick, this.poll_interval, this.pollOffset)) {
                // Learners who start together must not ask together for the rest of the exam.
                this.pollOffset = Math.floor(Math.random() * this.poll_interval);
                this.poll();
            }
        },

        pollIfRunning: function() {
            if (this.timer && !document.hidden) {
                this.poll();
            }
        },

        poll: function() {
            var self = this;
            return $.ajax(this.attemptUrl() + '?sourceid=in_exam&proctored=' + this.model.get('taking_as_proctored'))
                .done(function(data) {
                    if (data.status === 'error' || data.status === 'submitted') {
                        self.letGo();
                        self.reloadPage();
                    } else {
                        self.adoptServerTime(data);
                    }
                })
                .fail(function(xhr) {
                    if (xhr.status === 403) {
                        self.letGo();
                        self.reloadPage();
                    } else if (xhr.status === 400 || xhr.status === 404) {
                        // Contract: no reload. But a clock that runs on for an attempt that was reset is a lie.
                        self.showMessage(gettext(
                            'The server does not know this attempt any more; your course team may have reset it. ' +
                            'Answers that you submit now are not saved. Reload this page to see where your exam stands.'
                        ));
                    } else if (xhr.status === 0 && !self.offline) {
                        self.offline = true;
                        self.showMessage(gettext(
                            'The connection to the server is lost. Your time keeps running. ' +
                            'Answers that you submit now may not be saved.'
                        ));
                    }
                });
        },

        adoptServerTime: function(data) {
            var granted = data.time_remaining_seconds - this.secondsLeft;
            if (typeof data.time_remaining_seconds !== 'number') {
                return;
            }
            // Silently: a change event would draw the whole bar anew.
            this.model.set({accessibility_time_string: data.accessibility_time_string}, {silent: true});
            this.secondsLeft = data.time_remaining_seconds;
            if (this.offline) {
                this.offline = false;
                this.showMessage('');
                this.announce(gettext('The connection to the server is back.'));
            }
            if (granted > GRANTED_SECONDS) {
                this.announce(gettext('Time was added to your exam.') + ' ' + data.accessibility_time_string);
            }
        },

        /** Thresholds are announced, ticks are not. */
        showTimeState: function() {
            var left = this.secondsLeft;
            var state = this.model.getRemainingTimeState(left);
            var previous = this.previousSecondsLeft;

            if (state !== this.timeState) {
                this.timeState = state;
                this.$('div.exam-timer').removeClass('low-time warning critical')
                    .addClass(state ? 'low-time ' + state : '');
                if (state) {
                    this.announce(this.model.get('accessibility_time_string'), state === 'critical');
                }
            } else if (previous > ONE_MINUTE && left <= ONE_MINUTE && left > 0) {
                this.announce(gettext('You have one minute left.'), true);
            } else if (previous > 0 && left <= 0) {
                this.announce(gettext('Your time is up. Your exam ends now.'), true);
            }
            this.previousSecondsLeft = left;
        },

        announce: function(text, urgent) {
            this.$('.timer-announce').attr('aria-live', urgent ? 'assertive' : 'polite').text(text);
        },

        leaveExpiredExam: function() {
            this.letGo();
            // Whatever becomes of the proctoring software: the exam is over, and the page must say so.
            window.edx.courseware.proctored_exam.endExam(this.model.get('exam_started_poll_url'))
                .then(this.reloadPage, this.reloadPage);
        },

        /** Report that the proctoring software is gone. Returns the jqXHR. */
        endExamForFailureState: function(error) {
            var self = this;
            return $.ajax({
                url: this.attemptUrl(),
                type: 'PUT',
                data: {action: 'error', detail: String((error && error.message) || error)}
            }).done(function(result) {
                // False: the server lets ping failures of this provider pass.
                if (result.exam_attempt_id) {
                    self.letGo();
                    self.reloadPage();
                }
            });
        },

        endExamClicked: function(event) {
            var self = this;
            var $button = $(event.currentTarget);

            event.preventDefault();
            if ($button.attr('aria-busy') === 'true') {
                return;
            }
            $button.attr('aria-busy', 'true').prop('disabled', true);
            this.showMessage('');
            $.ajax({url: this.attemptUrl(), type: 'PUT', data: {action: 'stop'}})
                .done(function() {
                    self.letGo();
                    self.goTo(self.model.get('exam_url_path'));
                })
                .fail(function(xhr) {
                    if (_.contains(REFUSALS, xhr.status)) {
                        // Ended, reset or out of time meanwhile: the page knows better than this button.
                        self.letGo();
                        self.reloadPage();
                        return;
                    }
                    $button.removeAttr('aria-busy').prop('disabled', false);
                    if (document.activeElement === document.body) {
                        // A disabled button loses the focus; nobody else has taken it meanwhile.
                        $button.trigger('focus');
                    }
                    self.showMessage(gettext(
                        'Your exam could not be ended. Check your internet connection, then try again.'
                    ));
                });
        },

        showMessage: function(text) {
            var $message = this.$('.js-proctoring-timer-message');
            if (!$message.length && text) {
                $message = $('<p class="proctored-exam-message critical-time js-proctoring-timer-message" role="alert"></p>');
                this.$el.append($message);
            }
            $message.text(text);
        },

        attemptUrl: function() {
            return this.model.url + '/' + this.model.get('attempt_id');
        },

        goTo: function(url) {
            var exam = window.edx.courseware.proctored_exam;
            if (exam.rememberToFocusHeading) {
                exam.rememberToFocusHeading();
            }
            window.location.href = url;
        },

        reloadPage: function() {
            window.location.reload();
        },

        toggleTimerVisibility: function(event) {
            var $button = this.$('#toggle_timer');
            var hide = !this.$('#time_remaining_id b').hasClass('timer-hidden');

            if (event) {
                event.preventDefault();
                event.stopPropagation();
            }
            this.$('#time_remaining_id b').toggleClass('timer-hidden', hide);
            $button.attr('aria-pressed', String(hide));
            $button.find('i').toggleClass('fa-eye', hide).toggleClass('fa-eye-slash', !hide);
        },

        toggleShowText: function(event) {
            if (event) {
                event.preventDefault();
            }
            this.showText(this.$('.js-exam-additional-text').hasClass('hidden'));
        },

        showText: function(show) {
            var $toggle = this.$('.js-toggle-show-more');
            this.$('.js-exam-additional-text').toggleClass('hidden', !show);
            this.$('.js-exam-text').attr('data-show-long', String(show));
            $toggle.text($toggle.attr(show ? 'data-show-less-text' : 'data-show-more-text') || $toggle.text())
                .attr('aria-expanded', String(show));
        },

        /** Keep the bar in view; the page below gets the room that the bar took. */
        detectScroll: function() {
            var fixed = $(window).scrollTop() > this.timerBarTopPosition;
            var $below = $('.wrapper-course-material');

            if (!$below.length) {
                $below = $('.course-tabs');
            }
            this.$el.toggleClass('is-fixed', fixed);
            $below.css('margin-top', fixed ? this.$el.outerHeight() + 'px' : '');
        }
    });

    // Whole seconds until the deadline, negative afterwards. Outside code assigns it to set the clock.
    Object.defineProperty(window.edx.courseware.proctored_exam.ProctoredExamView.prototype, 'secondsLeft', {
        configurable: true,
        get: function() {
            return Math.ceil((this.deadline - this.now()) / MILLISECONDS);
        },
        set: function(seconds) {
            this.deadline = this.now() + (seconds * MILLISECONDS);
        }
    });
}(window.jQuery, window._, window.Backbone));
