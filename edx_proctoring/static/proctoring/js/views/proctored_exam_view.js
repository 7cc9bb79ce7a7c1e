/**
 * The timer bar: how much time is left, and is the proctoring software still there?
 * Spec: learner-experience.md 6.4.
 *
 * The clock is an absolute deadline, set when the server says how many seconds are left, because a
 * counter loses its ticks while the tab sleeps. Two clocks measure what has passed since: the one on
 * the wall, which goes on while the computer sleeps, and the browser's own, which nobody can set back.
 * The one that is further ahead counts, until the server is asked again.
 * What is due every so many seconds (poll, ping) is found by comparing the clock with the last look at
 * it, so that it is not missed either.
 */
(function($, _, Backbone) {
    'use strict';

    var MILLISECONDS = 1000;
    var ONE_MINUTE = 60;
    // Smaller corrections are the network's delay; a bigger one is time that somebody has granted or taken.
    var CHANGED_SECONDS = 30;
    // An answer that was under way for longer may have been slept over: the server is asked again.
    var TRUSTED_DELAY = 5 * MILLISECONDS;
    // Ticks come every second. A longer gap is sleep, a throttled tab, or a clock that somebody has set.
    var JUMP_SECONDS = 5;
    // How long after a failed ping the proctoring software is asked again.
    var PING_AGAIN_AFTER = 5 * MILLISECONDS;
    // No request may hold up the page for longer.
    var REQUEST_LIMIT = 30 * MILLISECONDS;
    // A request that did not reach the server is repeated after this; each time later, and not all at once.
    var FIRST_RETRY_AFTER = 2 * MILLISECONDS;
    var LAST_RETRY_AFTER = 15 * MILLISECONDS;
    // Every course page asks whether an exam is running, so this one may not become a burden.
    var LAST_FETCH_AFTER = 60 * MILLISECONDS;
    // Answers of a server that will not change its mind about this attempt.
    var REFUSALS = [400, 403, 404];
    // Answers of what stands in front of a server that is down; 0: nobody answered, or not in time.
    var UNREACHABLE = [0, 502, 503, 504];
    // There is no more time to show for an attempt in one of these states.
    var OVER = [
        'submitted', 'timed_out', 'error', 'second_review_required', 'verified', 'rejected', 'declined', 'expired',
        'onboarding_missing', 'onboarding_pending', 'onboarding_failed', 'onboarding_expired', 'onboarding_reset'
    ];
    var WIDE_SCREEN = '(min-width: 992px)';
    var HIDDEN_KEY = 'edx_proctoring.timerHidden';
    var requestNumber = 0;

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    /** Whether a point in time that recurs every `period` seconds, first at `offset`, lies in (before, after]. */
    function isDue(before, after, period, offset) {
        return Math.floor((after - offset) / period) > Math.floor((before - offset) / period);
    }

    function isUnreachable(xhr) {
        return _.contains(UNREACHABLE, xhr.status);
    }

    /**
     * Send a request for an attempt until the server has answered. What a learner decided while the
     * connection was lost stays decided: it is carried out when the connection is back.
     *
     * `options.url`: the attempt. `options.data`: what to PUT; without it, the attempt is only asked for.
     * `options.isDone(status)`: whether there is nothing left to do for an attempt with this status. It is
     * asked before each repetition, because the answer may have been lost and not the request.
     * `options.done(attempt)`, `options.refused(xhr)`: the end. `options.waiting()`: called once, when
     * the server could not be reached. Here, and not with the buttons, because the bar works without these.
     */
    function keepTrying(options) {
        var wait = FIRST_RETRY_AFTER;
        var online = 'online.proctoring' + (requestNumber += 1);
        var isWaiting = false;
        var timer = null;

        function end(callback, argument) {
            $(window).off(online);
            callback(argument);
        }

        function failed(xhr) {
            if (!isUnreachable(xhr)) {
                end(options.refused, xhr);
                return;
            }
            timer = setTimeout(look, wait * (0.75 + (0.5 * Math.random())));
            wait = Math.min(wait * 2, LAST_RETRY_AFTER);
            if (!isWaiting) {
                isWaiting = true;
                options.waiting();
            }
        }

        function put() {
            $.ajax({url: options.url, type: 'PUT', data: options.data, timeout: REQUEST_LIMIT})
                .done(function(answer) { end(options.done, answer); })
                .fail(failed);
        }

        function look() {
            timer = null;
            $.ajax({url: options.url, timeout: REQUEST_LIMIT}).done(function(attempt) {
                if (options.data && !options.isDone(attempt.status)) {
                    put();
                } else {
                    end(options.done, attempt);
                }
            }).fail(failed);
        }

        $(window).on(online, function() {
            if (timer) {
                clearTimeout(timer);
                look();
            }
        });
        if (options.data) {
            put();
        } else {
            look();
        }
    }

    window.edx.courseware.proctored_exam.keepTrying = keepTrying;
    window.edx.courseware.proctored_exam.isExamOver = function(status) {
        return _.contains(OVER, status);
    };

    window.edx.courseware.proctored_exam.ProctoredExamView = Backbone.View.extend({
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
            this.timerTick = 0;
            this.secondsLeft = 0;
            this.poll_interval = 60;
            this.grace_period_secs = 5;
            this.first_time_rendering = true;
            this.timeState = null;
            this.pollOffset = 0;
            this.unloadMessage = _.bind(this.unloadMessage, this);
            this.detectScroll = _.bind(this.detectScroll, this);
            this.lookAgain = _.bind(this.lookAgain, this);
            if (!this.$el.length) {
                return;
            }
            this.template = _.template($(options.proctored_template).html() || '');
            this.timerBarTopPosition = this.$el.offset().top;
            this.listenTo(this.model, 'change', this.modelChanged);
            // After sleep or an outage the server may know better than the deadline.
            $(document).on('visibilitychange', this.lookAgain);
            $(window).on('online', this.lookAgain);
            this.heardAt = this.now();
            this.fetchUntilAnswered(FIRST_RETRY_AFTER);
        },

        /** Without an answer there is no clock at all, so the question is repeated; `wait`: milliseconds. */
        fetchUntilAnswered: function(wait) {
            this.askedAt = this.now();
            this.model.fetch({
                error: _.bind(function(model, xhr) {
                    if (isUnreachable(xhr)) {
                        this.retry = setTimeout(
                            _.bind(this.fetchUntilAnswered, this, Math.min(wait * 2, LAST_FETCH_AFTER)), wait
                        );
                    }
                }, this)
            });
        },

        remove: function() {
            this.stopTimer();
            clearTimeout(this.retry);
            $(document).off('visibilitychange', this.lookAgain);
            $(window).off('online', this.lookAgain).off('scroll', this.detectScroll)
                .off('beforeunload', this.unloadMessage);
            return Backbone.View.prototype.remove.call(this);
        },

        modelChanged: function() {
            var exam = window.edx.courseware.proctored_exam;
            var workerUrl = this.model.get('desktop_application_js_url');

            this.secondsLeft = this.model.get('time_remaining_seconds') - this.secondsUnderWay();
            this.heardFromServer();
            this.poll_interval = this.model.get('poll_interval_sec') || this.poll_interval;
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
                this.tickNext();
            }
            return this;
        },

        /**
         * The next look is at the moment when the digits change, so that they are never a second late. One timer,
         * however often the bar is drawn.
         */
        tickNext: function() {
            this.stopTimer();
            this.timer = setTimeout(_.bind(function() {
                this.updateRemainingTime();
                if (this.timer) {
                    this.tickNext();
                }
            }, this), this.millisecondsToNextSecond());
        },

        millisecondsToNextSecond: function() {
            var left = (this.left * MILLISECONDS) - passed(this);
            // A moment more: a timer that comes a moment early would still see the old second.
            return (Math.round(left - (Math.floor(left / MILLISECONDS) * MILLISECONDS)) || MILLISECONDS) + 1;
        },

        stopTimer: function() {
            clearTimeout(this.timer);
            this.timer = null;
        },

        /** Stop everything that would keep the learner on this page. */
        letGo: function() {
            this.isLeaving = true;
            this.stopTimer();
            $(window).off('beforeunload', this.unloadMessage);
        },

        /** One look at the clock: ping, poll, announce, draw, leave. */
        updateRemainingTime: function() {
            var before = this.timerTick;
            var now = this.now();
            var elapsed = this.lastLookAt ? Math.round((now - this.lastLookAt) / MILLISECONDS) : 1;
            var left = this.secondsLeft;
            var isGrace = this.previousSecondsLeft > 0 && left <= 0 && left > -this.grace_period_secs;

            this.lastLookAt = now;
            this.timerTick = before + Math.max(elapsed, 1);
            this.pingWhenDue(before);
            if (isGrace || elapsed > JUMP_SECONDS || elapsed < 0) {
                // At zero: may the page be loaded anew at the end of the grace, or is the server out of reach?
                this.poll();
            } else {
                this.pollWhenDue(before);
            }
            this.showTime();
            if (this.secondsLeft <= -this.grace_period_secs) {
                this.leaveExpiredExam();
            }
        },

        pingWhenDue: function(before) {
            var self = this;
            var exam = window.edx.courseware.proctored_exam;
            var interval = this.model.get('ping_interval');

            function ping() {
                return Promise.resolve(exam.pingApplication(interval));
            }

            // One lost message is not the end of an exam: ask twice, with time to recover in between.
            function pingAgain() {
                return new Promise(function(resolve, reject) {
                    setTimeout(function() {
                        ping().then(resolve, reject);
                    }, PING_AGAIN_AFTER);
                });
            }

            function fail(error) {
                if (window.navigator.onLine === false || self.offline) {
                    // The worker's script comes over the network. What is gone may be that, not the software.
                    self.lostConnection();
                    return undefined;
                }
                return self.endExamForFailureState(error);
            }

            if (
                !interval || !exam.configuredWorkerURL || this.model.get('attempt_status') === 'ready_to_submit'
                || !isDue(before, this.timerTick, interval, Math.floor(interval / 2))
            ) {
                return;
            }
            ping().then(null, pingAgain).then(null, fail);
        },

        pollWhenDue: function(before) {
            if (isDue(before, this.timerTick, this.poll_interval, this.pollOffset)) {
                if (!this.pollOffset) {
                    // Learners who start together must not ask together for the rest of the exam: the second time
                    // is earlier by up to half an interval, and the others follow it.
                    this.pollOffset = this.timerTick - Math.ceil((Math.random() * this.poll_interval) / 2);
                }
                this.poll();
            }
        },

        /** The tab is in view again, or the computer is online again: show the time now, and ask for it. */
        lookAgain: function() {
            if (this.timer && !document.hidden) {
                this.updateRemainingTime();
                if (this.timer) {
                    this.poll();
                }
            }
        },

        /** Half of the way of an answer that has just arrived, in seconds: so much older is what it says. */
        secondsUnderWay: function() {
            var way = this.askedAt === undefined ? 0 : Math.max(0, this.now() - this.askedAt);
            this.askedAt = undefined;
            return Math.min(way, TRUSTED_DELAY) / 2 / MILLISECONDS;
        },

        heardFromServer: function() {
            this.heardAt = this.now();
            if (this.offline) {
                this.offline = false;
                this.showMessage('');
                this.announce(gettext('The connection to the server is back.'));
            }
        },

        lostConnection: function() {
            if (!this.offline) {
                this.offline = true;
                this.showMessage(gettext(
                    'The connection to the server is lost. Your time keeps running. ' +
                    'Answers that you submit now may not be saved.'
                ));
            }
        },

        /** Whether the server has answered lately: then, and only then, may this page be given up for a new one. */
        isInTouch: function() {
            var silence = this.now() - this.heardAt;
            return !this.offline && !this.polling && window.navigator.onLine !== false
                && silence >= 0 && silence <= (this.poll_interval + 30) * MILLISECONDS;
        },

        /** Ask for the time and the state, unless an answer is under way. */
        poll: function(isRepeated) {
            var self = this;
            var askedAt = this.now();

            if (this.polling) {
                return;
            }
            this.polling = true;
            $.ajax({
                url: this.attemptUrl() + '?sourceid=in_exam&proctored=' + this.model.get('taking_as_proctored'),
                timeout: REQUEST_LIMIT
            }).always(function() {
                self.polling = false;
            }).done(function(data) {
                if (self.isLeaving) {
                    // With what has to be done before that; a late answer may not cut it short.
                    return;
                }
                if (window.edx.courseware.proctored_exam.isExamOver(data.status)) {
                    self.heardFromServer();
                    if (self.secondsLeft > 0) {
                        self.letGo();
                        self.reloadPage();
                    }
                    // Else the end of the grace is near; it tells the proctoring software, too.
                } else if (self.now() - askedAt > TRUSTED_DELAY && !isRepeated) {
                    self.poll(true);
                } else {
                    self.askedAt = askedAt;
                    self.adoptServerTime(data);
                }
            }).fail(function(xhr) {
                if (xhr.status === 403) {
                    self.letGo();
                    self.reloadPage();
                } else if (xhr.status === 400 || xhr.status === 404) {
                    // Contract: no reload. But a clock that runs on for an attempt that was reset is a lie.
                    self.showMessage(gettext(
                        'The server does not know this attempt any more; your course team may have reset it. ' +
                        'Answers that you submit now are not saved. Reload this page to see where your exam stands.'
                    ));
                } else if (isUnreachable(xhr)) {
                    self.lostConnection();
                }
            });
        },

        /** What the server says about time and state, without drawing the bar anew unless it has other parts now. */
        adoptServerTime: function(data) {
            var changed, left;
            if (typeof data.time_remaining_seconds !== 'number') {
                return;
            }
            left = data.time_remaining_seconds - this.secondsUnderWay();
            changed = left - this.secondsLeft;
            this.model.set(
                {
                    accessibility_time_string: data.accessibility_time_string,
                    time_remaining_seconds: data.time_remaining_seconds
                },
                {silent: true}
            );
            this.secondsLeft = left;
            this.heardFromServer();
            if (data.status && data.status !== this.model.get('attempt_status') && this.isRunning()) {
                // Another tab has asked to end the exam, or went back to it: with or without the end button.
                this.model.set({attempt_status: data.status}, {silent: true});
                this.render();
            } else if (this.timer) {
                this.showTime();
                this.tickNext();
            }
            if (Math.abs(changed) > CHANGED_SECONDS) {
                this.tellChange(interpolate(
                    changed > 0 ? gettext('Time was added to your exam: %(time_left)s.') :
                        gettext('The end of your exam was changed: %(time_left)s.'),
                    {time_left: data.accessibility_time_string}, true
                ));
            }
        },

        /** Seen and heard, and the thresholds follow: they are shares of the time allowed. */
        tellChange: function(text) {
            var self = this;
            this.showNotice(text);
            this.announce(text);
            $.ajax({url: this.model.url, timeout: REQUEST_LIMIT}).done(function(data) {
                if (data.attempt_id === self.model.get('attempt_id')) {
                    self.model.set(
                        _.pick(data, 'low_threshold_sec', 'critically_low_threshold_sec', 'total_time'), {silent: true}
                    );
                }
            });
        },

        /** Digits are drawn at each tick; thresholds are announced, each once, and ticks are not. */
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

        /** The time left as a sentence: the server's while it is fresh, else our own, by the minute. */
        timeInWords: function() {
            var minutes = Math.round(this.secondsLeft / ONE_MINUTE);
            var age = this.now() - this.heardAt;
            if ((age >= 0 && age <= TRUSTED_DELAY) || minutes >= ONE_MINUTE) {
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

        /** On demand: for whoever cannot see the digits, or has hidden them. */
        announceTime: function(event) {
            event.preventDefault();
            // Emptied first: the same words again are no change, and would not be read.
            this.announce('');
            setTimeout(_.bind(function() { this.announce(this.timeInWords()); }, this), 100);
        },

        announce: function(text, urgent) {
            this.$('.timer-announce').attr('aria-live', urgent ? 'assertive' : 'polite').text(text);
        },

        /**
         * The time is up. The page is given up for a new one once the server is there to send it: a learner
         * whose connection is lost would get the browser's error page, and nothing to read.
         */
        leaveExpiredExam: function() {
            var self = this;

            this.letGo();
            if (this.isInTouch()) {
                this.finishExpiredExam();
                return;
            }
            keepTrying({
                url: this.attemptUrl(),
                waiting: function() {
                    self.showMessage(gettext(
                        'Your time is up, but the server cannot be reached. What you have submitted is saved, and ' +
                        'the server ends your exam by itself. Leave this page open: it goes on when the connection ' +
                        'is back.'
                    ));
                },
                done: function(attempt) {
                    if (attempt.time_remaining_seconds > 0 && attempt.status === self.model.get('attempt_status')) {
                        // It was this computer's clock that was wrong, or the time was extended.
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
            var isExamOver = window.edx.courseware.proctored_exam.isExamOver;

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
                    return status === 'ready_to_submit' || isExamOver(status);
                },
                waiting: function() {
                    // The general words about the connection must not take the place of these.
                    self.offline = true;
                    self.showMessage(gettext(
                        'The server cannot be reached. Your time keeps running. Leave this page open: as soon as ' +
                        'the connection is back, you come to the page where you submit your exam.'
                    ));
                },
                done: function() {
                    self.letGo();
                    self.goTo(self.model.get('exam_url_path'));
                },
                refused: function(xhr) {
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
                    self.showMessage(gettext('Your exam could not be ended. Try again in a moment.'));
                }
            });
        },

        showMessage: function(text) {
            this.textPlace('js-proctoring-timer-message', 'critical-time', text).attr('role', 'alert').text(text);
        },

        /** News that are no alarm; they are announced elsewhere. */
        showNotice: function(text) {
            this.textPlace('js-proctoring-timer-notice', '', text).text(text);
        },

        textPlace: function(name, look, text) {
            var $place = this.$('.' + name);
            if (!$place.length && text) {
                $place = $('<p></p>').addClass('proctored-exam-message').addClass(look).addClass(name);
                this.$el.append($place);
            }
            return $place;
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
            var hide = !this.$('#time_remaining_id b').hasClass('timer-hidden');

            if (event) {
                event.preventDefault();
                event.stopPropagation();
            }
            this.hideTimer(hide);
            try {
                window.sessionStorage.setItem(HIDDEN_KEY, hide ? String(this.model.get('attempt_id')) : '');
            } catch (e) {
                // Storage is switched off: the next page shows the time again.
            }
        },

        /** Whether the learner has hidden the time of this attempt, here or on an earlier page. */
        isTimerHidden: function() {
            try {
                return window.sessionStorage.getItem(HIDDEN_KEY) === String(this.model.get('attempt_id'));
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

    /** Milliseconds since the server's word, by the clock that is further ahead. */
    function passed(view) {
        return Math.max(view.now() - view.setAt, view.monotonic() - view.setAtMonotonic);
    }

    // Whole seconds until the deadline, negative afterwards. Outside code assigns it to set the clock.
    Object.defineProperty(window.edx.courseware.proctored_exam.ProctoredExamView.prototype, 'secondsLeft', {
        configurable: true,
        get: function() {
            return Math.ceil(this.left - (passed(this) / MILLISECONDS));
        },
        set: function(seconds) {
            this.left = seconds;
            this.setAt = this.now();
            this.setAtMonotonic = this.monotonic();
        }
    });
}(window.jQuery, window._, window.Backbone));
