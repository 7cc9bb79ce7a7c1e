describe('ProctoredExamView', function() {
    'use strict';

    var ATTEMPT = '/api/edx_proctoring/v1/proctored_exam/attempt/2';
    var POLL = ATTEMPT + '?sourceid=in_exam&proctored=true';
    var TEMPLATE =
        '<div class="exam-timer">'
        + '<a href="<%- exam_url_path %>"><%- exam_display_name %></a>'
        + '<p class="js-exam-text">Long text <span class="js-exam-additional-text">and more</span></p>'
        + '<button class="js-toggle-show-more" data-show-more-text="Show more" data-show-less-text="Show less"></button>'
        + '<h3 id="time_remaining_id"><b></b></h3>'
        + '<button id="toggle_timer" aria-pressed="false"><i class="fa fa-eye-slash"></i></button>'
        + '<button class="exam-button-turn-in-exam">End My Exam</button>'
        + '<span class="timer-announce" aria-live="polite"></span>'
        + '</div>';
    var exam = window.edx.courseware.proctored_exam;
    var server, clock, view, saved, wide;

    function attempt(overrides) {
        return _.extend({
            in_timed_exam: true,
            attempt_id: 2,
            attempt_status: 'started',
            taking_as_proctored: true,
            exam_display_name: 'Midterm',
            exam_url_path: '/the/exam',
            time_remaining_seconds: 45,
            low_threshold_sec: 30,
            critically_low_threshold_sec: 15,
            course_id: 'a/b/c',
            accessibility_time_string: 'you have 45 seconds remaining',
            exam_started_poll_url: ATTEMPT
        }, overrides);
    }

    function json(status, body) {
        return [status, {'Content-Type': 'application/json'}, JSON.stringify(body)];
    }

    /** Promises that are settled already run their callbacks first. */
    function settle(then) {
        var left = 10;
        function next() {
            left -= 1;
            if (left) {
                Promise.resolve().then(next);
            } else {
                then();
            }
        }
        next();
    }

    function requests(method) {
        return _.where(server.requests, {method: method});
    }

    function show(overrides) {
        server.respondWith('GET', '/api/edx_proctoring/v1/proctored_exam/attempt', json(200, attempt(overrides)));
        setFixtures(
            '<div class="proctored_exam_status"></div>'
            + '<script type="text/template" id="status-tpl">' + TEMPLATE + '</script>'
        );
        view = new exam.ProctoredExamView({
            el: $('.proctored_exam_status'), proctored_template: '#status-tpl', model: new ProctoredExamModel()
        });
        spyOn(view, 'reloadPage');
        spyOn(view, 'goTo');
        server.respond();
        return view;
    }

    beforeEach(function() {
        saved = _.pick(exam, 'configuredWorkerURL', 'pingApplication', 'endExam', 'attemptExternalId');
        delete exam.configuredWorkerURL;
        wide = true;
        window.sessionStorage.clear();
        window.matchMedia = function() { return {matches: wide}; };
        clock = sinon.useFakeTimers({now: 1700000000000, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date']});
        server = sinon.fakeServer.create();
    });

    afterEach(function() {
        if (view) {
            view.remove();
            view = null;
        }
        server.restore();
        clock.restore();
        delete exam.configuredWorkerURL;
        _.extend(exam, saved);
    });

    // @spec learner-experience.md 6.1 6.8
    it('is quiet on a page without a place for the bar', function() {
        view = new exam.ProctoredExamView({
            el: $('.nowhere'), proctored_template: '#nothing', model: new ProctoredExamModel()
        });
        expect(view.render()).toBe(view);
        expect(server.requests.length).toBe(0);
    });

    // @spec learner-experience.md 6.4:draw
    it('shows a link to the exam', function() {
        show();
        expect(view.$('a').attr('href')).toBe('/the/exam');
        expect(view.$('a').text()).toBe('Midterm');
        expect(view.$('#time_remaining_id b').text()).toBe('0:00:45');
    });

    it('escapes the name that an author gave the exam', function() {
        show({exam_display_name: '<img src=x>'});
        expect(view.$('img').length).toBe(0);
    });

    // @spec learner-experience.md 6.4:offline
    it('asks again when the server could not be reached while the page was loaded', function() {
        setFixtures('<div class="proctored_exam_status"></div><script type="text/template" id="status-tpl">' + TEMPLATE + '</script>');
        server.respondWith('GET', '/api/edx_proctoring/v1/proctored_exam/attempt', [502, {}, '']);
        view = new exam.ProctoredExamView({
            el: $('.proctored_exam_status'), proctored_template: '#status-tpl', model: new ProctoredExamModel()
        });
        server.respond();
        expect(view.$el.html()).toBe('');
        server.respondWith('GET', '/api/edx_proctoring/v1/proctored_exam/attempt', json(200, attempt()));
        clock.tick(2000);
        server.respond();
        expect(view.$('#time_remaining_id b').text()).toBe('0:00:45');
    });

    it('does not ask again when the server has refused', function() {
        show({in_timed_exam: false});
        server.respondWith('GET', '/api/edx_proctoring/v1/proctored_exam/attempt', json(403, {}));
        view.fetchUntilAnswered(2000);
        server.respond();
        clock.tick(120000);
        expect(server.requests.length).toBe(2);
    });

    it('shows nothing when no exam is running', function() {
        show({in_timed_exam: false});
        expect(view.$el.html()).toBe('');
        clock.tick(120000);
        expect(server.requests.length).toBe(1);
    });

    // @spec learner-experience.md 6.4:deadline
    it('shows the right time after ten minutes of sleep', function() {
        show({time_remaining_seconds: 30 * 60});
        // A sleeping tab fires no ticks, but the clock on the wall goes on.
        clock.setSystemTime(1700000000000 + (10 * 60 * 1000));
        view.updateRemainingTime();
        expect(view.$('#time_remaining_id b').text()).toBe('0:20:00');
    });

    // @spec learner-experience.md 6.4:one-clock
    it('keeps one clock when the model changes again', function() {
        show({time_remaining_seconds: 600});
        view.model.set('exam_display_name', 'Other name');
        view.render();
        clock.tick(10000);
        expect(view.timerTick).toBeLessThan(20);
        expect(view.secondsLeft).toBe(590);
    });

    // @spec learner-experience.md 6.4:one-clock
    it('does not set the clock back when it is drawn again', function() {
        show({time_remaining_seconds: 600});
        view.secondsLeft = 100;
        view.render();
        expect(view.secondsLeft).toBe(100);
    });

    // @spec learner-experience.md 6.4:thresholds
    it('warns below the first threshold and announces it', function() {
        show();
        view.$('.timer-announce').text('');
        view.secondsLeft = 25;
        view.updateRemainingTime();
        expect(view.$('div.exam-timer').hasClass('low-time')).toBe(true);
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(true);
        expect(view.$('.timer-announce').text()).toBe('you have 45 seconds remaining');
    });

    it('does not announce a tick within the same threshold', function() {
        show();
        view.secondsLeft = 25;
        view.updateRemainingTime();
        view.$('.timer-announce').text('');
        view.updateRemainingTime();
        expect(view.$('.timer-announce').text()).toBe('');
    });

    // @spec learner-experience.md 6.4:thresholds
    it('warns urgently below the second threshold', function() {
        show({time_remaining_seconds: 5});
        expect(view.$('div.exam-timer').hasClass('critical')).toBe(true);
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(false);
        expect(view.$('.timer-announce').attr('aria-live')).toBe('assertive');
    });

    // @spec learner-experience.md 7:timer-announcements
    it('announces the last minute', function() {
        show({time_remaining_seconds: 62, low_threshold_sec: 10, critically_low_threshold_sec: 5});
        clock.tick(3000);
        expect(view.$('.timer-announce').text()).toContain('one minute');
    });

    // @spec learner-experience.md 6.4:hide
    it('hides and shows the digits', function() {
        show();
        view.$('#toggle_timer').trigger('click');
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(true);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('true');
        view.$('#toggle_timer').trigger('click');
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(false);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('false');
    });

    // @spec learner-experience.md 6.4:text
    it('leaves the explanation open on a wide screen', function() {
        show();
        expect(view.$('.js-exam-additional-text').hasClass('hidden')).toBe(false);
    });

    // @spec learner-experience.md 6.4:text
    it('folds the explanation on a narrow screen, until asked', function() {
        wide = false;
        show();
        expect(view.$('.js-exam-additional-text').hasClass('hidden')).toBe(true);
        view.$('.js-toggle-show-more').trigger('click');
        expect(view.$('.js-exam-additional-text').hasClass('hidden')).toBe(false);
        expect(view.$('.js-toggle-show-more').text()).toBe('Show less');
        expect(view.$('.js-toggle-show-more').attr('aria-expanded')).toBe('true');
    });

    // @spec learner-experience.md 6.4:deadline
    it('is not fooled by a clock that is set back', function() {
        var browser = 0;
        show({time_remaining_seconds: 30 * 60});
        view.monotonic = function() { return browser; };
        view.secondsLeft = 30 * 60;
        browser = 10 * 60 * 1000;
        clock.setSystemTime(1700000000000 - (60 * 60 * 1000));
        view.updateRemainingTime();
        expect(view.$('#time_remaining_id b').text()).toBe('0:20:00');
    });

    [
        {name: 'forward', by: 15 * 60},
        {name: 'back', by: -15 * 60}
    ].forEach(function(example) {
        // @spec learner-experience.md 6.4:deadline
        it('asks the server at once when the clock was set ' + example.name, function() {
            show({time_remaining_seconds: 30 * 60});
            server.respondWith('GET', POLL, json(200, {
                status: 'started', time_remaining_seconds: 1795, accessibility_time_string: 'you have 30 minutes remaining'
            }));
            clock.tick(3000);
            clock.setSystemTime(1700000000000 + (example.by * 1000));
            clock.tick(1000);
            server.respond();
            view.updateRemainingTime();
            expect(view.$('#time_remaining_id b').text()).toBe('0:29:55');
        });
    });

    // @spec learner-experience.md 6.4:deadline
    it('does not end an exam because this computer\'s clock was set beyond the end', function() {
        show({time_remaining_seconds: 600});
        exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function() {}});
        server.respondWith('GET', ATTEMPT, json(200, {
            status: 'started', time_remaining_seconds: 590, accessibility_time_string: ''
        }));
        server.respondWith('GET', POLL, [0, {}, '']);
        clock.setSystemTime(1700000000000 + (60 * 60 * 1000));
        view.updateRemainingTime();
        server.respond();
        expect(exam.endExam).not.toHaveBeenCalled();
        expect(view.reloadPage).not.toHaveBeenCalled();
        expect(view.$('#time_remaining_id b').text()).toBe('0:09:50');
        expect(view.$('[role=alert]').text()).toBe('');
    });

    // @spec learner-experience.md 6.4:resync
    it('takes half of the way of an answer off the time', function() {
        show({time_remaining_seconds: 600});
        view.poll();
        clock.setSystemTime(1700000000000 + 4000);
        _.last(server.requests).respond(200, {'Content-Type': 'application/json'}, JSON.stringify({
            status: 'started', time_remaining_seconds: 500, accessibility_time_string: ''
        }));
        expect(view.secondsLeft).toBe(498);
    });

    // @spec learner-experience.md 6.4:resync
    it('asks again for an answer that it may have slept over', function() {
        show({time_remaining_seconds: 600});
        view.poll();
        clock.setSystemTime(1700000000000 + (5 * 60 * 1000));
        _.last(server.requests).respond(200, {'Content-Type': 'application/json'}, JSON.stringify({
            status: 'started', time_remaining_seconds: 599, accessibility_time_string: ''
        }));
        expect(view.secondsLeft).toBe(300);
        expect(requests('GET').length).toBe(3);
    });

    // @spec learner-experience.md 6.4:resync
    it('is right at once when the tab is in view again', function() {
        show({time_remaining_seconds: 30 * 60});
        clock.setSystemTime(1700000000000 + (10 * 60 * 1000));
        $(document).trigger('visibilitychange');
        expect(view.$('#time_remaining_id b').text()).toBe('0:20:00');
        expect(_.last(server.requests).url).toBe(POLL);
    });

    // @spec learner-experience.md 6.4:offline
    it('stays on the page while the server is out of reach at the end', function() {
        show({time_remaining_seconds: 3});
        exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function(done) { done(); }});
        server.respondWith('GET', POLL, [0, {}, '']);
        server.respondWith('GET', ATTEMPT, [0, {}, '']);
        clock.tick(4000);
        server.respond();
        clock.tick(6000);
        server.respond();
        expect(view.$('[role=alert]').text()).toContain('Your time is up');
        expect(view.$('[role=alert]').text()).toContain('is saved');
        expect(view.$('#time_remaining_id b').text()).toBe('0:00:00');
        clock.tick(30000);
        expect(exam.endExam).not.toHaveBeenCalled();
        expect(view.reloadPage).not.toHaveBeenCalled();

        server.respondWith('GET', ATTEMPT, json(200, {status: 'submitted', time_remaining_seconds: 0}));
        $(window).trigger('online');
        server.respond();
        expect(exam.endExam.calls.count()).toBe(1);
        expect(view.reloadPage.calls.count()).toBe(1);
    });

    // @spec learner-experience.md 6.4:expiry
    it('tells the proctoring software even when the server has ended the exam before the page', function() {
        show({time_remaining_seconds: 2});
        exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function(done) { done(); }});
        server.respondWith('GET', POLL, json(200, {status: 'submitted', time_remaining_seconds: 0}));
        clock.tick(3000);
        server.respond();
        expect(view.reloadPage).not.toHaveBeenCalled();
        clock.tick(5000);
        expect(exam.endExam.calls.count()).toBe(1);
        expect(view.reloadPage.calls.count()).toBe(1);
    });

    // @spec learner-experience.md 6.4:thresholds 7:timer-announcements
    it('announces a threshold once, however often the bar is drawn', function() {
        show();
        view.secondsLeft = 25;
        view.updateRemainingTime();
        view.render();
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(true);
        expect(view.$('.timer-announce').text()).toBe('');
    });

    it('announces the time that is left now, not the one at the last poll', function() {
        show({time_remaining_seconds: 1000, low_threshold_sec: 950, accessibility_time_string: 'you have 17 minutes remaining'});
        clock.tick(50100);
        expect(view.$('.timer-announce').text()).toBe('You have 16 minutes left.');
    });

    // @spec learner-experience.md 7:timer-announcements
    it('says the time on demand', function() {
        show({time_remaining_seconds: 1000});
        view.$('.exam-timer').append('<button class="js-announce-time">Announce time</button>');
        clock.tick(20000);
        view.$('.js-announce-time').trigger('click');
        clock.tick(100);
        expect(view.$('.timer-announce').text()).toBe('You have 16 minutes left.');
        expect(view.$('.timer-announce').attr('aria-live')).toBe('polite');
    });

    // @spec learner-experience.md 6.4:hide
    it('remembers on the next page that the learner has hidden the time', function() {
        show();
        view.$('#toggle_timer').trigger('click');
        view.remove();
        show();
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(true);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('true');
    });

    it('shows the time of another attempt again', function() {
        show();
        view.$('#toggle_timer').trigger('click');
        view.remove();
        show({attempt_id: 3});
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(false);
    });

    it('works on what its model was given, before the server has answered', function() {
        setFixtures('<div class="proctored_exam_status"></div><script type="text/template" id="status-tpl">' + TEMPLATE + '</script>');
        view = new exam.ProctoredExamView({
            el: $('.proctored_exam_status'), proctored_template: '#status-tpl', model: new ProctoredExamModel(attempt())
        });
        view.render();
        exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function() {}});
        view.secondsLeft = -10;
        view.updateRemainingTime();
        expect(exam.endExam).toHaveBeenCalled();
    });

    // @spec learner-experience.md 6.4:expiry
    it('leaves five seconds after the time is up, once', function() {
        show();
        exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function(done) { done(); }});
        server.respondWith('GET', POLL, json(200, {status: 'started', time_remaining_seconds: 0}));
        view.secondsLeft = -4;
        view.updateRemainingTime();
        server.respond();
        expect(exam.endExam).not.toHaveBeenCalled();
        view.secondsLeft = -10;
        view.updateRemainingTime();
        expect(exam.endExam.calls.allArgs()).toEqual([[ATTEMPT]]);
        expect(view.reloadPage).toHaveBeenCalled();
        clock.tick(5000);
        expect(exam.endExam.calls.count()).toBe(1);
    });

    // @spec learner-experience.md 6.4:expiry
    it('leaves even when the proctoring software cannot be told', function() {
        show();
        exam.endExam = function() { return {then: function(done, failed) { failed(new Error('gone')); }}; };
        view.secondsLeft = -5;
        view.updateRemainingTime();
        expect(view.reloadPage).toHaveBeenCalled();
    });

    describe('asking the server', function() {
        function poll(response) {
            show({time_remaining_seconds: 600});
            exam.endExam = jasmine.createSpy('endExam').and.returnValue({then: function() {}});
            server.respondWith('GET', POLL, response);
            view.timerTick = view.poll_interval - 1;
            view.updateRemainingTime();
            server.respond();
        }

        // @spec learner-experience.md 6.4:poll
        it('takes over its idea of the time', function() {
            poll(json(200, {status: 'started', time_remaining_seconds: -10, accessibility_time_string: ''}));
            view.updateRemainingTime();
            expect(exam.endExam).toHaveBeenCalled();
        });

        // @spec learner-experience.md 6.4:poll
        it('comes once a minute, with a first pause of its own', function() {
            var asked = [];
            function polls() {
                return _.where(server.requests, {url: POLL}).length;
            }
            poll(json(200, {status: 'started', time_remaining_seconds: 5000, accessibility_time_string: ''}));
            server.respondImmediately = true;
            _.times(300, function(second) {
                var before = polls();
                clock.tick(1000);
                if (polls() > before) {
                    asked.push(second);
                }
            });
            expect(asked[0]).toBeGreaterThan(20);
            expect(asked[0]).toBeLessThan(62);
            expect(asked.length).toBeGreaterThan(3);
            expect(asked.length).toBeLessThan(7);
        });

        // @spec learner-experience.md 6.4:changed
        it('announces time that was added', function() {
            poll(json(200, {
                status: 'started', time_remaining_seconds: 1200, accessibility_time_string: 'you have 20 minutes remaining'
            }));
            expect(view.secondsLeft).toBe(1200);
            expect(view.$('.timer-announce').text()).toContain('Time was added');
            expect(view.$('.timer-announce').text()).toContain('20 minutes');
            expect(view.$('.js-proctoring-timer-notice').text()).toContain('Time was added');
        });

        // @spec learner-experience.md 6.4:changed
        it('moves the thresholds when the time was changed', function() {
            poll(json(200, {status: 'started', time_remaining_seconds: 1200, accessibility_time_string: ''}));
            server.respondWith('GET', '/api/edx_proctoring/v1/proctored_exam/attempt', json(200, attempt({
                low_threshold_sec: 240, critically_low_threshold_sec: 60
            })));
            server.respond();
            expect(view.model.get('low_threshold_sec')).toBe(240);
            expect(view.secondsLeft).toBe(1200);
        });

        // @spec learner-experience.md 6.4:changed
        it('says so when the time became shorter', function() {
            poll(json(200, {
                status: 'started', time_remaining_seconds: 120, accessibility_time_string: 'you have 2 minutes remaining'
            }));
            expect(view.$('.js-proctoring-timer-notice').text()).toBe('The end of your exam was changed: you have 2 minutes remaining.');
        });

        // @spec learner-experience.md 6.4:changed
        it('draws the bar anew when another tab has asked to end the exam', function() {
            poll(json(200, {status: 'ready_to_submit', time_remaining_seconds: 500, accessibility_time_string: ''}));
            expect(view.model.get('attempt_status')).toBe('ready_to_submit');
            expect(view.secondsLeft).toBe(500);
        });

        [
            {name: 'an error', response: json(200, {status: 'error'}), reloads: true},
            {name: 'a submission elsewhere', response: json(200, {status: 'submitted'}), reloads: true},
            {name: 'a time-out', response: json(200, {status: 'timed_out'}), reloads: true},
            {name: 'a question whether to submit', response: json(200, {status: 'ready_to_submit'}), reloads: false},
            {name: '403', response: json(403, {}), reloads: true},
            {name: '400', response: json(400, {}), reloads: false},
            {name: '500', response: json(500, {}), reloads: false}
        ].forEach(function(example) {
            // @spec learner-experience.md 6.4:poll
            it((example.reloads ? 'reloads' : 'stays') + ' on ' + example.name, function() {
                poll(example.response);
                expect(view.reloadPage.calls.count()).toBe(example.reloads ? 1 : 0);
            });
        });

        // @spec learner-experience.md 6.4:offline
        it('says for all to see that the connection is lost', function() {
            poll([0, {}, '']);
            expect(view.$('[role=alert]').text()).toContain('connection');
            expect(view.secondsLeft).toBeGreaterThan(590);
        });

        it('takes that back when the connection is', function() {
            poll([0, {}, '']);
            view.adoptServerTime({time_remaining_seconds: 580, accessibility_time_string: ''});
            expect(view.$('[role=alert]').text()).toBe('');
            expect(view.$('.timer-announce').text()).toContain('is back');
        });

        it('says that the attempt is gone, because a reset stops no clock here', function() {
            poll(json(400, {detail: 'unknown attempt'}));
            expect(view.$('[role=alert]').text()).toContain('Reload this page');
        });

        it('happens at once when the computer is online again', function() {
            show({time_remaining_seconds: 600});
            $(window).trigger('online');
            expect(_.last(server.requests).url).toBe(POLL);
        });
    });

    // @spec learner-experience.md 6.4:ping
    describe('the proctoring software', function() {
        it('is pinged in the middle of the interval', function() {
            show({ping_interval: 60, time_remaining_seconds: 600});
            exam.configuredWorkerURL = 'http://provider/worker.js';
            exam.pingApplication = jasmine.createSpy('ping').and.returnValue(Promise.resolve());
            view.timerTick = 28;
            view.updateRemainingTime();
            expect(exam.pingApplication).not.toHaveBeenCalled();
            view.updateRemainingTime();
            expect(exam.pingApplication.calls.allArgs()).toEqual([[60]]);
        });

        it('is pinged with an odd interval, too', function() {
            show({ping_interval: 45, time_remaining_seconds: 600});
            exam.configuredWorkerURL = 'http://provider/worker.js';
            exam.pingApplication = jasmine.createSpy('ping').and.returnValue(Promise.resolve());
            view.timerTick = 21;
            view.updateRemainingTime();
            expect(exam.pingApplication).toHaveBeenCalled();
        });

        it('is left alone while the learner is about to submit', function() {
            show({ping_interval: 60, time_remaining_seconds: 600, attempt_status: 'ready_to_submit'});
            exam.configuredWorkerURL = 'http://provider/worker.js';
            exam.pingApplication = jasmine.createSpy('ping');
            view.timerTick = 29;
            view.updateRemainingTime();
            expect(exam.pingApplication).not.toHaveBeenCalled();
        });

        it('is asked a second time before the exam is given up', function(done) {
            var answers = [Promise.reject(new Error('late')), Promise.resolve()];
            show({ping_interval: 60, time_remaining_seconds: 600});
            exam.configuredWorkerURL = 'http://provider/worker.js';
            exam.pingApplication = jasmine.createSpy('ping').and.callFake(function() { return answers.shift(); });
            spyOn(view, 'endExamForFailureState');
            view.timerTick = 29;
            view.updateRemainingTime();
            settle(function() {
                expect(exam.pingApplication.calls.count()).toBe(1);
                clock.tick(5000);
                settle(function() {
                    expect(exam.pingApplication.calls.count()).toBe(2);
                    expect(view.endExamForFailureState).not.toHaveBeenCalled();
                    done();
                });
            });
        });

        [
            {name: 'is given up when it does not answer twice', online: true, given_up: true},
            {name: 'is not given up for a connection that is lost', online: false, given_up: false}
        ].forEach(function(example) {
            it(example.name, function(done) {
                show({ping_interval: 60, time_remaining_seconds: 600});
                exam.configuredWorkerURL = 'http://provider/worker.js';
                exam.pingApplication = function() { return Promise.reject(new Error('late')); };
                spyOnProperty(window.navigator, 'onLine').and.returnValue(example.online);
                spyOn(view, 'endExamForFailureState');
                view.timerTick = 29;
                view.updateRemainingTime();
                settle(function() {
                    clock.tick(5000);
                    settle(function() {
                        expect(view.endExamForFailureState.calls.count()).toBe(example.given_up ? 1 : 0);
                        expect(/connection/.test(view.$('[role=alert]').text())).toBe(!example.given_up);
                        done();
                    });
                });
            });
        });

        // @spec learner-experience.md 6.6:address
        it('has its worker named by the first page that knows one', function() {
            show({desktop_application_js_url: 'http://provider/first.js'});
            expect(exam.configuredWorkerURL).toBe('http://provider/first.js');
            view.model.set('desktop_application_js_url', 'http://provider/second.js');
            expect(exam.configuredWorkerURL).toBe('http://provider/first.js');
        });
    });

    // @spec learner-experience.md 6.4:failure
    describe('a failed ping', function() {
        function fail(id) {
            show();
            server.respondWith('PUT', ATTEMPT, json(200, {exam_attempt_id: id}));
            view.endExamForFailureState(new Error('no answer'));
            server.respond();
        }

        it('is reported with its reason', function() {
            fail(2);
            expect(_.last(server.requests).requestBody).toBe('action=error&detail=no+answer');
        });

        it('reloads the page when the server ended the attempt', function() {
            fail(2);
            expect(view.reloadPage).toHaveBeenCalled();
        });

        it('lets the learner go on when the server lets it pass', function() {
            fail(false);
            expect(view.reloadPage).not.toHaveBeenCalled();
        });
    });

    // @spec learner-experience.md 6.4:end
    describe('the end button', function() {
        it('stops the exam and goes to its page', function() {
            show();
            server.respondWith('PUT', ATTEMPT, json(200, {exam_attempt_id: 2}));
            view.$('.exam-button-turn-in-exam').trigger('click').trigger('click');
            server.respond();
            expect(_.where(server.requests, {method: 'PUT'}).length).toBe(1);
            expect(_.last(server.requests).requestBody).toBe('action=stop');
            expect(view.goTo).toHaveBeenCalledWith('/the/exam');
        });

        [400, 403, 404].forEach(function(status) {
            it('shows where the exam stands when the server refuses with ' + status, function() {
                show();
                server.respondWith('PUT', ATTEMPT, json(status, {}));
                view.$('.exam-button-turn-in-exam').trigger('click');
                server.respond();
                expect(view.reloadPage).toHaveBeenCalled();
                expect(view.$('[role=alert]').length).toBe(0);
            });
        });

        it('says so and can be tried again when that fails', function() {
            show();
            server.respondWith('PUT', ATTEMPT, json(500, {}));
            view.$('.exam-button-turn-in-exam').trigger('click');
            server.respond();
            expect(view.$('[role=alert]').text()).toContain('could not be ended');
            expect(view.$('.exam-button-turn-in-exam').prop('disabled')).toBe(false);
            expect(view.$('.exam-button-turn-in-exam').attr('aria-busy')).toBeUndefined();
        });

        it('is carried out when the connection is back', function() {
            show({time_remaining_seconds: 600});
            server.respondWith('PUT', ATTEMPT, [0, {}, '']);
            view.$('.exam-button-turn-in-exam').trigger('click');
            server.respond();
            expect(view.$('[role=alert]').text()).toContain('Leave this page open');
            expect(view.$('.exam-button-turn-in-exam').prop('disabled')).toBe(true);
            server.respondWith('GET', ATTEMPT, json(200, {status: 'started'}));
            server.respondWith('PUT', ATTEMPT, json(200, {exam_attempt_id: 2}));
            $(window).trigger('online');
            server.respond();
            server.respond();
            expect(requests('PUT').length).toBe(2);
            expect(view.goTo.calls.allArgs()).toEqual([['/the/exam']]);
        });

        it('is not sent again when only the answer was lost', function() {
            show({time_remaining_seconds: 600});
            server.respondWith('PUT', ATTEMPT, [502, {}, '']);
            view.$('.exam-button-turn-in-exam').trigger('click');
            server.respond();
            server.respondWith('GET', ATTEMPT, json(200, {status: 'ready_to_submit'}));
            clock.tick(3000);
            server.respond();
            expect(requests('PUT').length).toBe(1);
            expect(view.goTo).toHaveBeenCalledWith('/the/exam');
        });
    });
});
