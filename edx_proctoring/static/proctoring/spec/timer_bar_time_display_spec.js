describe('The time in the timer bar', function() {
    'use strict';

    const bar = useTimerBar();

    // @contract timer#thresholds
    it('is marked and announced below the first threshold', function() {
        const view = bar.show();
        view.$('.timer-announce').text('');
        view.secondsLeft = 25;
        view.updateRemainingTime();
        expect(view.$('div.exam-timer').hasClass('low-time')).toBe(true);
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(true);
        expect(view.$('.timer-announce').text()).toBe('you have 45 seconds remaining');
    });

    it('is not announced again within the same threshold', function() {
        const view = bar.show();
        view.secondsLeft = 25;
        view.updateRemainingTime();
        view.$('.timer-announce').text('');
        view.updateRemainingTime();
        expect(view.$('.timer-announce').text()).toBe('');
    });

    // @contract timer#thresholds
    it('is announced urgently below the second threshold', function() {
        const view = bar.show({time_remaining_seconds: 5});
        expect(view.$('div.exam-timer').hasClass('critical')).toBe(true);
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(false);
        expect(view.$('.timer-announce').attr('aria-live')).toBe('assertive');
    });

    // @contract accessibility#timer-announcements
    it('is announced in the last minute', function() {
        const view = bar.show({time_remaining_seconds: 62, low_threshold_sec: 10, critically_low_threshold_sec: 5});
        jasmine.clock().tick(3000);
        expect(view.$('.timer-announce').text()).toContain('one minute');
    });

    // @contract timer#thresholds accessibility#timer-announcements
    it('is announced once per threshold, however often the bar is drawn', function() {
        const view = bar.show();
        view.secondsLeft = 25;
        view.updateRemainingTime();
        view.render();
        expect(view.$('div.exam-timer').hasClass('warning')).toBe(true);
        expect(view.$('.timer-announce').text()).toBe('');
    });

    it('is announced as it is now, not as it was at the last poll', function() {
        const view = bar.show({
            time_remaining_seconds: 1000, low_threshold_sec: 950,
            accessibility_time_string: 'you have 17 minutes remaining'
        });
        jasmine.clock().tick(50100);
        expect(view.$('.timer-announce').text()).toBe('You have 16 minutes left.');
    });

    // @contract accessibility#timer-announcements
    it('is announced on request', function() {
        const view = bar.show({time_remaining_seconds: 1000});
        view.$('.exam-timer').append('<button class="js-announce-time">Announce time</button>');
        jasmine.clock().tick(20000);
        view.$('.js-announce-time').trigger('click');
        jasmine.clock().tick(100);
        expect(view.$('.timer-announce').text()).toBe('You have 16 minutes left.');
        expect(view.$('.timer-announce').attr('aria-live')).toBe('polite');
    });

    describe('when a poll says that the deadline was moved', function() {
        function poll(response) {
            const view = bar.show({time_remaining_seconds: 600});
            bar.server.respondWith('GET', bar.POLL, json(200, response));
            view.timerTick = view.poll_interval - 1;
            view.updateRemainingTime();
            bar.server.respond();
            return view;
        }

        // @contract timer#changed-deadline
        it('is announced as added time', function() {
            const view = poll({
                status: 'started', time_remaining_seconds: 1200,
                accessibility_time_string: 'you have 20 minutes remaining'
            });
            expect(view.secondsLeft).toBe(1200);
            expect(view.$('.timer-announce').text()).toContain('Time was added');
            expect(view.$('.timer-announce').text()).toContain('20 minutes');
            expect(view.$('.js-proctoring-timer-notice').text()).toContain('Time was added');
        });

        // @contract timer#changed-deadline
        it('gets new thresholds', function() {
            const view = poll({status: 'started', time_remaining_seconds: 1200, accessibility_time_string: ''});
            bar.server.respondWith('GET', bar.COLLECTION, json(200, bar.attempt({
                low_threshold_sec: 240, critically_low_threshold_sec: 60
            })));
            bar.server.respond();
            expect(view.model.get('low_threshold_sec')).toBe(240);
            expect(view.secondsLeft).toBe(1200);
        });

        // @contract timer#changed-deadline
        it('is shown as changed when there is less of it', function() {
            const view = poll({
                status: 'started', time_remaining_seconds: 120,
                accessibility_time_string: 'you have 2 minutes remaining'
            });
            expect(view.$('.js-proctoring-timer-notice').text())
                .toBe('The end of your exam was changed: you have 2 minutes remaining.');
        });
    });
});
