/* Built by tools/build-static.js from the files named below in static_src/: edit those, then `npm run build`. */
(function($, _, Backbone) {
    'use strict';

    // --- shared/exam_namespace.js

    /**
     * `edx.courseware.proctored_exam`, the object that the learner's scripts share.
     *
     * Public functions are called through it, so that hosts and specs can replace one.
     */

    var exam;

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    exam = window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    // --- shared/limits.js

    /** Times are in milliseconds: `5 * SECOND`. */

    var SECOND = 1000;
    // The longest that a request may hold up the page.
    var REQUEST_LIMIT = 30 * SECOND;

    // --- shared/reason_text.js

    /** What a rejected promise says, whatever it was rejected with. Contract: contract/browser-worker#refusal-text. */

    var MOST_REASON_CHARACTERS = 500;

    /** The text of a reason: of an `Error`, of any other object, or the text itself. Empty if it says nothing. */
    function reasonText(reason) {
        var text = reason;
        if (reason === null || reason === undefined) {
            return '';
        }
        if (typeof reason === 'object') {
            text = reason.message || reason.error || reason.reason || reason.detail;
            if (typeof text !== 'string') {
                try {
                    text = String(reason);
                    if (/^\[object /.test(text)) {
                        text = JSON.stringify(reason);
                    }
                } catch (notATextAtAll) {
                    text = '';
                }
            }
        }
        return String(text).trim().slice(0, MOST_REASON_CHARACTERS);
    }

    // --- timer_bar/exam_over.js

    /** Which statuses mean that the exam is over and there is no more time to show. */

    var FINISHED_STATUSES = [
        'submitted', 'timed_out', 'error', 'second_review_required', 'verified', 'rejected', 'declined', 'expired',
        'onboarding_missing', 'onboarding_pending', 'onboarding_failed', 'onboarding_expired', 'onboarding_reset'
    ];

    exam.isExamOver = function(status) {
        return _.contains(FINISHED_STATUSES, status);
    };

    // --- timer_bar/keep_trying.js

    /**
     * Repeats a request until the server has answered: what a learner decided while the connection was lost is carried
     * out when it is back.
     *
     * Part of the timer bar's script although the buttons use it too: the bar has to work on pages without their script.
     */

    // The delay doubles with each retry, and is randomised so that learners do not all come back at once.
    var FIRST_RETRY_AFTER = 2 * SECOND;
    var LAST_RETRY_AFTER = 15 * SECOND;
    // What a load balancer answers while the server is down; 0 means no answer, or none in time.
    var UNREACHABLE_STATUSES = [0, 502, 503, 504];
    var retryCount = 0;

    function isUnreachable(xhr) {
        return _.contains(UNREACHABLE_STATUSES, xhr.status);
    }

    /**
     * Send a request for an attempt until the server has answered.
     *
     * `options.url`: the attempt. `options.data`: what to PUT; without it, the attempt is only fetched.
     * `options.isDone(status)`: whether an attempt with this status needs no PUT any more. Asked before each retry,
     * because it may be the answer that was lost, not the request.
     * `options.done(attempt)` and `options.refused(xhr)`: the outcome. `options.waiting()`: called once, at the first
     * time that the server could not be reached.
     */
    function keepTrying(options) {
        var wait = FIRST_RETRY_AFTER;
        var onlineEvent = 'online.proctoring' + (retryCount += 1);
        var isWaiting = false;
        var timer = null;

        function finish(callback, argument) {
            $(window).off(onlineEvent);
            callback(argument);
        }

        function failed(xhr) {
            if (!isUnreachable(xhr)) {
                finish(options.refused, xhr);
                return;
            }
            timer = setTimeout(retry, wait * (0.75 + (0.5 * Math.random())));
            wait = Math.min(wait * 2, LAST_RETRY_AFTER);
            if (!isWaiting) {
                isWaiting = true;
                options.waiting();
            }
        }

        function put() {
            $.ajax({url: options.url, type: 'PUT', data: options.data, timeout: REQUEST_LIMIT})
                .done(function(answer) { finish(options.done, answer); })
                .fail(failed);
        }

        function retry() {
            timer = null;
            $.ajax({url: options.url, timeout: REQUEST_LIMIT}).done(function(attempt) {
                if (options.data && !options.isDone(attempt.status)) {
                    put();
                } else {
                    finish(options.done, attempt);
                }
            }).fail(failed);
        }

        $(window).on(onlineEvent, function() {
            if (timer) {
                clearTimeout(timer);
                retry();
            }
        });
        if (options.data) {
            put();
        } else {
            retry();
        }
    }

    exam.keepTrying = keepTrying;

    // --- timer_bar/countdown.js

    /**
     * The time left until an absolute deadline, because a counter of ticks falls behind while the tab sleeps.
     *
     * Two clocks measure the time since the deadline was set: the wall clock, which goes on while the computer sleeps,
     * and the browser's monotonic clock, which cannot be set back. The one that is further ahead counts.
     */

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

    // --- timer_bar/ticks.js

    /**
     * Recurring work (ping, poll) is scheduled by the view's tick counter. The counter jumps ahead after a sleep, so each
     * check covers all ticks since the last one.
     */

    /** Whether an event that recurs every `period` ticks, first at `offset`, lies after `before` and not after `now`. */
    function isDue(before, now, period, offset) {
        return Math.floor((now - offset) / period) > Math.floor((before - offset) / period);
    }

    // --- timer_bar/time_display.js

    /**
     * The digits and what is read out.
     *
     * The digits are redrawn with each tick. Screen readers announce thresholds, each once, but not ticks.
     */

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

    // --- timer_bar/messages.js

    /** Messages below the timer. */

    var messages = {
        /** An alert; an empty text clears it. */
        showMessage: function(text) {
            this.messageElement('js-proctoring-timer-message', 'critical-time', text).attr('role', 'alert').text(text);
        },

        /** A notice that is not an alert; the caller announces it. */
        showNotice: function(text) {
            this.messageElement('js-proctoring-timer-notice', '', text).text(text);
        },

        messageElement: function(name, styleClass, text) {
            var $message = this.$('.' + name);
            if (!$message.length && text) {
                $message = $('<p></p>').addClass('proctored-exam-message').addClass(styleClass).addClass(name);
                this.$el.append($message);
            }
            return $message;
        }
    };

    // --- timer_bar/layout.js

    /** What the learner can fold away, and where the bar stays while the page scrolls. */

    var HIDDEN_TIMER_KEY = 'edx_proctoring.timerHidden';

    var layout = {
        toggleTimerVisibility: function(event) {
            var hide = !this.$('#time_remaining_id b').hasClass('timer-hidden');

            if (event) {
                event.preventDefault();
                event.stopPropagation();
            }
            this.hideTimer(hide);
            try {
                window.sessionStorage.setItem(HIDDEN_TIMER_KEY, hide ? String(this.model.get('attempt_id')) : '');
            } catch (e) {
                // Storage is switched off: the next page shows the time again.
            }
        },

        /** Whether the learner has hidden the time of this attempt, on this page or an earlier one. */
        isTimerHidden: function() {
            try {
                return window.sessionStorage.getItem(HIDDEN_TIMER_KEY) === String(this.model.get('attempt_id'));
            } catch (e) {
                return false;
            }
        },

        hideTimer: function(hide) {
            var $button = this.$('#toggle_timer');
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

        /** Keep the bar in view; a margin on the content below replaces the space that the bar took. */
        detectScroll: function() {
            var fixed = $(window).scrollTop() > this.timerBarTopPosition;
            var $below = $('.wrapper-course-material');

            if (!$below.length) {
                $below = $('.course-tabs');
            }
            this.$el.toggleClass('is-fixed', fixed);
            $below.css('margin-top', fixed ? this.$el.outerHeight() + 'px' : '');
        }
    };

    // --- timer_bar/polling.js

    /**
     * What the server says about the time and the attempt, and whether it can be reached.
     */

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

    // --- timer_bar/ping.js

    /** Whether the proctoring software still runs on the learner's computer. */

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

    // --- timer_bar/leaving.js

    /**
     * How the learner leaves the exam page: the end button, the end of the time, and the warning before leaving early.
     */

    // Final answers: repeating the request would not change them.
    var REFUSALS = [400, 403, 404];

    var leaving = {
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

        /** Stop everything that would keep the learner on this page. */
        prepareToLeave: function() {
            this.isLeaving = true;
            this.stopTimer();
            $(window).off('beforeunload', this.unloadMessage);
        },

        /** The learner has submitted on this page, which may still wait for the proctoring software. */
        showSubmitted: function() {
            this.prepareToLeave();
            $(window).off('scroll', this.detectScroll);
            this.$el.empty();
            this.showNotice(gettext('You have submitted the exam. No more time is counted.'));
        },

        /**
         * The time is up. The page is replaced only once the server can send a new one: without a connection the learner
         * would be left with the browser's error page.
         */
        leaveExpiredExam: function() {
            var self = this;

            this.prepareToLeave();
            if (this.isServerReachable()) {
                this.finishExpiredExam();
                return;
            }
            keepTrying({
                url: this.attemptUrl(),
                waiting: function() {
                    self.showMessage(gettext(
                        'Your time is up, but the server cannot be reached. What you have submitted is saved, and ' +
                        'the server ends your exam by itself. Leave this page open: it continues when the connection ' +
                        'is back.'
                    ));
                },
                done: function(attempt) {
                    if (attempt.time_remaining_seconds > 0 && attempt.status === self.model.get('attempt_status')) {
                        // This computer's clock was wrong, or the time was extended.
                        self.isLeaving = false;
                        self.showMessage('');
                        self.adoptServerTime(attempt);
                        self.render();
                    } else {
                        self.finishExpiredExam();
                    }
                },
                refused: this.reloadPage
            });
        },

        finishExpiredExam: function() {
            // Whether or not the proctoring software answers: the exam is over, and the page must say so.
            exam.endExam(this.model.get('exam_started_poll_url')).then(this.reloadPage, this.reloadPage);
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
            keepTrying({
                url: this.attemptUrl(),
                data: {action: 'stop'},
                isDone: function(status) {
                    return status === 'ready_to_submit' || exam.isExamOver(status);
                },
                waiting: function() {
                    // Set here, so that the general message about the connection does not replace this one.
                    self.isOffline = true;
                    self.showMessage(gettext(
                        'The server cannot be reached. Your time keeps running. Leave this page open: as soon as ' +
                        'the connection is back, you are taken to the page where you submit your exam.'
                    ));
                },
                done: function() {
                    self.prepareToLeave();
                    self.goTo(self.model.get('exam_url_path'));
                },
                refused: function(xhr) {
                    if (_.contains(REFUSALS, xhr.status)) {
                        // Ended, reset or out of time in the meantime: the new page shows which.
                        self.prepareToLeave();
                        self.reloadPage();
                        return;
                    }
                    $button.removeAttr('aria-busy').prop('disabled', false);
                    if (document.activeElement === document.body) {
                        // A disabled button loses the focus, and nothing else has taken it since.
                        $button.trigger('focus');
                    }
                    self.showMessage(gettext('Your exam could not be ended. Try again in a moment.'));
                }
            });
        },

        goTo: function(url) {
            if (exam.rememberToFocusHeading) {
                exam.rememberToFocusHeading();
            }
            window.location.href = url;
        },

        reloadPage: function() {
            window.location.reload();
        }
    };

    // --- timer_bar/view.js

    /**
     * The timer bar: how much time is left, and is the proctoring software still running?
     *
     * The view draws the bar and checks the clock once a second. The other files of this folder each bring the methods of
     * one concern.
     */

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
}(window.jQuery, window._, window.Backbone));
