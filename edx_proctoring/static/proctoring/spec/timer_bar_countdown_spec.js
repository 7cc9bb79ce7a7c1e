describe('The countdown of the timer bar', function() {
    'use strict';

    const bar = useTimerBar();

    // @contract timer#deadline timing#deadline-in-answers
    it('is right after ten minutes of sleep, in which no tick came', function() {
        const view = bar.show({time_remaining_seconds: 30 * 60});
        bar.setWallClock(10 * 60);
        view.updateRemainingTime();
        expect(bar.digits()).toBe('0:20:00');
    });

    // @contract timer#deadline
    it('follows the monotonic clock when the wall clock is set back', function() {
        const view = bar.show({time_remaining_seconds: 30 * 60});
        let monotonic = 0;
        view.monotonic = () => monotonic;
        view.secondsLeft = 30 * 60;
        monotonic = 10 * 60 * 1000;
        bar.setWallClock(-60 * 60);
        view.updateRemainingTime();
        expect(bar.digits()).toBe('0:20:00');
    });

    [
        {name: 'forward', by: 15 * 60},
        {name: 'back', by: -15 * 60}
    ].forEach(function(example) {
        // @contract timer#deadline
        it('asks the server at once when the wall clock was set ' + example.name, function() {
            const view = bar.show({time_remaining_seconds: 30 * 60});
            bar.server.respondWith('GET', bar.POLL, json(200, {
                status: 'started', time_remaining_seconds: 1795, accessibility_time_string: 'you have 30 minutes remaining'
            }));
            jasmine.clock().tick(3000);
            bar.setWallClock(example.by);
            jasmine.clock().tick(1000);
            bar.server.respond();
            view.updateRemainingTime();
            expect(bar.digits()).toBe('0:29:55');
        });
    });

    // @contract timer#deadline
    it('does not end the exam when the wall clock was set beyond the end', function() {
        const view = bar.show({time_remaining_seconds: 600});
        const endExam = bar.spyOnEndExam();
        bar.server.respondWith('GET', bar.ATTEMPT, json(200, {
            status: 'started', time_remaining_seconds: 590, accessibility_time_string: ''
        }));
        bar.server.respondWith('GET', bar.POLL, [0, {}, '']);
        bar.setWallClock(60 * 60);
        view.updateRemainingTime();
        bar.server.respond();
        expect(endExam).not.toHaveBeenCalled();
        expect(view.reloadPage).not.toHaveBeenCalled();
        expect(bar.digits()).toBe('0:09:50');
        expect(view.$('[role=alert]').text()).toBe('');
    });
});
