describe('The polls of the timer bar', function() {
    'use strict';

    const bar = useTimerBar();
    const exam = window.edx.courseware.proctored_exam;

    /** Show a bar and let the first poll be answered. */
    function poll(response) {
        const view = bar.show({time_remaining_seconds: 600});
        bar.spyOnEndExam();
        bar.server.respondWith('GET', bar.POLL, response);
        view.timerTick = view.poll_interval - 1;
        view.updateRemainingTime();
        bar.server.respond();
        return view;
    }

    // @contract timer#poll
    it('set the time to the server\'s', function() {
        const view = poll(json(200, {status: 'started', time_remaining_seconds: -10, accessibility_time_string: ''}));
        view.updateRemainingTime();
        expect(exam.endExam).toHaveBeenCalled();
    });

    // @contract timer#poll
    it('come once a minute, the second one at a random time', function() {
        const secondsOfPolls = [];
        const count = () => bar.server.requests.filter((request) => request.url === bar.POLL).length;
        poll(json(200, {status: 'started', time_remaining_seconds: 5000, accessibility_time_string: ''}));
        bar.server.respondImmediately = true;
        _.times(300, function(second) {
            const before = count();
            jasmine.clock().tick(1000);
            if (count() > before) {
                secondsOfPolls.push(second);
            }
        });
        expect(secondsOfPolls[0]).toBeGreaterThan(20);
        expect(secondsOfPolls[0]).toBeLessThan(62);
        expect(secondsOfPolls.length).toBeGreaterThan(3);
        expect(secondsOfPolls.length).toBeLessThan(7);
    });

    // @contract timer#changed-deadline
    it('redraw the bar when another tab has asked to end the exam', function() {
        const view = poll(json(200, {
            status: 'ready_to_submit', time_remaining_seconds: 500, accessibility_time_string: ''
        }));
        expect(view.model.get('attempt_status')).toBe('ready_to_submit');
        expect(view.secondsLeft).toBe(500);
    });

    [
        {name: 'an error', response: json(200, {status: 'error'}), reloads: true},
        {name: 'a submission in another tab', response: json(200, {status: 'submitted'}), reloads: true},
        {name: 'a time-out', response: json(200, {status: 'timed_out'}), reloads: true},
        {name: 'an attempt that is ready to submit', response: json(200, {status: 'ready_to_submit'}), reloads: false},
        {name: 'status 403', response: json(403, {}), reloads: true},
        {name: 'status 400', response: json(400, {}), reloads: false},
        {name: 'status 500', response: json(500, {}), reloads: false}
    ].forEach(function(example) {
        // @contract timer#poll
        it((example.reloads ? 'reload' : 'do not reload') + ' the page on ' + example.name, function() {
            expect(poll(example.response).reloadPage.calls.count()).toBe(example.reloads ? 1 : 0);
        });
    });

    it('warn that the attempt is gone when it was reset', function() {
        const view = poll(json(400, {detail: 'unknown attempt'}));
        expect(view.$('[role=alert]').text()).toContain('Reload this page');
    });

    // @contract timer#offline
    it('warn that the connection is lost, and the time keeps running', function() {
        const view = poll([0, {}, '']);
        expect(view.$('[role=alert]').text()).toContain('connection');
        expect(view.secondsLeft).toBeGreaterThan(590);
    });

    it('clear the warning when the server answers again', function() {
        const view = poll([0, {}, '']);
        view.adoptServerTime({time_remaining_seconds: 580, accessibility_time_string: ''});
        expect(view.$('[role=alert]').text()).toBe('');
        expect(view.$('.timer-announce').text()).toContain('is back');
    });

    it('come at once when the computer is online again', function() {
        bar.show({time_remaining_seconds: 600});
        $(window).trigger('online');
        expect(_.last(bar.server.requests).url).toBe(bar.POLL);
    });

    // @contract timer#resync
    it('come at once when the tab is visible again, and the time is right before the answer', function() {
        bar.show({time_remaining_seconds: 30 * 60});
        bar.setWallClock(10 * 60);
        $(document).trigger('visibilitychange');
        expect(bar.digits()).toBe('0:20:00');
        expect(_.last(bar.server.requests).url).toBe(bar.POLL);
    });

    // @contract timer#resync
    it('subtract half of the round trip from the server\'s time', function() {
        const view = bar.show({time_remaining_seconds: 600});
        view.poll();
        bar.setWallClock(4);
        _.last(bar.server.requests).respond(...json(200, {
            status: 'started', time_remaining_seconds: 500, accessibility_time_string: ''
        }));
        expect(view.secondsLeft).toBe(498);
    });

    // @contract timer#resync
    it('are repeated when the computer may have slept before the answer', function() {
        const view = bar.show({time_remaining_seconds: 600});
        view.poll();
        bar.setWallClock(5 * 60);
        _.last(bar.server.requests).respond(...json(200, {
            status: 'started', time_remaining_seconds: 599, accessibility_time_string: ''
        }));
        expect(view.secondsLeft).toBe(300);
        expect(bar.requests('GET').length).toBe(3);
    });

    describe('before the first answer', function() {
        // @contract timer#offline
        it('are repeated when the server could not be reached', function() {
            bar.server.respondWith('GET', bar.COLLECTION, [502, {}, '']);
            bar.create();
            bar.server.respond();
            expect(bar.view.$el.html()).toBe('');
            bar.server.respondWith('GET', bar.COLLECTION, json(200, bar.attempt()));
            jasmine.clock().tick(2000);
            bar.server.respond();
            expect(bar.digits()).toBe('0:00:45');
        });

        it('are not repeated when the server has refused', function() {
            bar.show({in_timed_exam: false});
            bar.server.respondWith('GET', bar.COLLECTION, json(403, {}));
            bar.view.fetchUntilAnswered(2000);
            bar.server.respond();
            jasmine.clock().tick(120000);
            expect(bar.server.requests.length).toBe(2);
        });
    });
});
