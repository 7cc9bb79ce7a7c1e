describe('Leaving the exam page', function() {
    'use strict';

    const bar = useTimerBar();
    const exam = window.edx.courseware.proctored_exam;
    // Promises that call back at once.
    const RESOLVED = {then: (done) => done()};
    const REJECTED = {then: (done, failed) => failed(new Error('gone'))};

    // @contract timer#submitted
    it('stops the clock as soon as the exam is submitted on this page', function() {
        const view = bar.show({time_remaining_seconds: 3000});
        $(document).trigger('proctoring:submitted');
        jasmine.clock().tick(120000);
        expect(view.$el.text()).toBe('You have submitted the exam. No more time is counted.');
        expect(bar.server.requests.filter((request) => request.url.indexOf(bar.POLL) === 0).length).toBe(0);
    });

    describe('when the time is up', function() {
        // @contract timer#expiry
        it('happens once, after five seconds', function() {
            const view = bar.show();
            const endExam = bar.spyOnEndExam(RESOLVED);
            bar.server.respondWith('GET', bar.POLL, json(200, {status: 'started', time_remaining_seconds: 0}));
            view.secondsLeft = -4;
            view.updateRemainingTime();
            bar.server.respond();
            expect(endExam).not.toHaveBeenCalled();
            view.secondsLeft = -10;
            view.updateRemainingTime();
            expect(endExam.calls.allArgs()).toEqual([[bar.ATTEMPT]]);
            expect(view.reloadPage).toHaveBeenCalled();
            jasmine.clock().tick(5000);
            expect(endExam.calls.count()).toBe(1);
        });

        // @contract timer#expiry
        it('happens even if the session of the proctoring software cannot be ended', function() {
            const view = bar.show();
            bar.spyOnEndExam(REJECTED);
            view.secondsLeft = -5;
            view.updateRemainingTime();
            expect(view.reloadPage).toHaveBeenCalled();
        });

        // @contract timer#expiry
        it('ends the session of the software even if the server has ended the exam before the page', function() {
            const view = bar.show({time_remaining_seconds: 2});
            const endExam = bar.spyOnEndExam(RESOLVED);
            bar.server.respondWith('GET', bar.POLL, json(200, {status: 'submitted', time_remaining_seconds: 0}));
            jasmine.clock().tick(3000);
            bar.server.respond();
            expect(view.reloadPage).not.toHaveBeenCalled();
            jasmine.clock().tick(5000);
            expect(endExam.calls.count()).toBe(1);
            expect(view.reloadPage.calls.count()).toBe(1);
        });

        // @contract timer#offline
        it('waits until the server can be reached', function() {
            const view = bar.show({time_remaining_seconds: 3});
            const endExam = bar.spyOnEndExam(RESOLVED);
            bar.server.respondWith('GET', bar.POLL, [0, {}, '']);
            bar.server.respondWith('GET', bar.ATTEMPT, [0, {}, '']);
            jasmine.clock().tick(4000);
            bar.server.respond();
            jasmine.clock().tick(6000);
            bar.server.respond();
            expect(view.$('[role=alert]').text()).toContain('Your time is up');
            expect(view.$('[role=alert]').text()).toContain('is saved');
            expect(bar.digits()).toBe('0:00:00');
            jasmine.clock().tick(30000);
            expect(endExam).not.toHaveBeenCalled();
            expect(view.reloadPage).not.toHaveBeenCalled();

            bar.server.respondWith('GET', bar.ATTEMPT, json(200, {status: 'submitted', time_remaining_seconds: 0}));
            $(window).trigger('online');
            bar.server.respond();
            expect(endExam.calls.count()).toBe(1);
            expect(view.reloadPage.calls.count()).toBe(1);
        });
    });

    // @contract timer#end-button
    describe('by the end button', function() {
        function end(response, overrides) {
            const view = bar.show(overrides);
            bar.server.respondWith('PUT', bar.ATTEMPT, response);
            view.$('.exam-button-turn-in-exam').trigger('click');
            bar.server.respond();
            return view;
        }

        it('stops the exam once and goes to its page', function() {
            const view = bar.show();
            bar.server.respondWith('PUT', bar.ATTEMPT, json(200, {exam_attempt_id: 2}));
            view.$('.exam-button-turn-in-exam').trigger('click').trigger('click');
            bar.server.respond();
            expect(bar.requests('PUT').length).toBe(1);
            expect(_.last(bar.server.requests).requestBody).toBe('action=stop');
            expect(view.goTo).toHaveBeenCalledWith('/the/exam');
        });

        [400, 403, 404].forEach(function(status) {
            it('reloads the page when the server refuses with ' + status, function() {
                const view = end(json(status, {}));
                expect(view.reloadPage).toHaveBeenCalled();
                expect(view.$('[role=alert]').length).toBe(0);
            });
        });

        it('can be tried again after a failure', function() {
            const view = end(json(500, {}));
            expect(view.$('[role=alert]').text()).toContain('could not be ended');
            expect(view.$('.exam-button-turn-in-exam').prop('disabled')).toBe(false);
            expect(view.$('.exam-button-turn-in-exam').attr('aria-busy')).toBeUndefined();
        });

        it('happens when the connection is back', function() {
            const view = end([0, {}, ''], {time_remaining_seconds: 600});
            expect(view.$('[role=alert]').text()).toContain('Leave this page open');
            expect(view.$('.exam-button-turn-in-exam').prop('disabled')).toBe(true);
            bar.server.respondWith('GET', bar.ATTEMPT, json(200, {status: 'started'}));
            bar.server.respondWith('PUT', bar.ATTEMPT, json(200, {exam_attempt_id: 2}));
            $(window).trigger('online');
            bar.server.respond();
            bar.server.respond();
            expect(bar.requests('PUT').length).toBe(2);
            expect(view.goTo.calls.allArgs()).toEqual([['/the/exam']]);
        });

        it('sends no second request when only the answer was lost', function() {
            const view = end([502, {}, ''], {time_remaining_seconds: 600});
            bar.server.respondWith('GET', bar.ATTEMPT, json(200, {status: 'ready_to_submit'}));
            jasmine.clock().tick(3000);
            bar.server.respond();
            expect(bar.requests('PUT').length).toBe(1);
            expect(view.goTo).toHaveBeenCalledWith('/the/exam');
        });
    });

    describe('before the end', function() {
        function warnings() {
            return _.size(($._data(window, 'events') || {}).beforeunload);
        }

        [
            {name: 'warns while a proctored exam is ready to start', overrides: {attempt_status: 'ready_to_start'}, warns: 1},
            {name: 'does not warn while the exam is running', overrides: {}, warns: 0},
            {
                name: 'does not warn in a timed exam',
                overrides: {attempt_status: 'ready_to_start', taking_as_proctored: false}, warns: 0
            }
        ].forEach(function(example) {
            it(example.name, function() {
                window.history.replaceState(null, '', '/courses/a/b/c/courseware/week/');
                bar.show(example.overrides);
                expect(warnings()).toBe(example.warns);
                window.history.replaceState(null, '', '/courses/a/b/c/instructor');
            });
        });

        it('says what is lost', function() {
            expect(exam.ProctoredExamView.prototype.unloadMessage()).toContain('Your exam is still open');
        });
    });
});
