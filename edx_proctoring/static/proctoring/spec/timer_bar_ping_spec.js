// @contract timer#ping
describe('The proctoring software', function() {
    'use strict';

    const bar = useTimerBar();
    const exam = window.edx.courseware.proctored_exam;

    /** A running exam whose software is pinged as `ping` answers. */
    function show(ping, overrides) {
        bar.show({ping_interval: 60, time_remaining_seconds: 600, ...overrides});
        exam.configuredWorkerURL = 'http://provider/worker.js';
        exam.pingApplication = ping;
        return bar.view;
    }

    it('is pinged in the middle of the interval', function() {
        const ping = jasmine.createSpy('ping').and.resolveTo();
        const view = show(ping);
        view.timerTick = 28;
        view.updateRemainingTime();
        expect(ping).not.toHaveBeenCalled();
        view.updateRemainingTime();
        expect(ping.calls.allArgs()).toEqual([[60]]);
    });

    it('is pinged when the interval is odd, too', function() {
        const ping = jasmine.createSpy('ping').and.resolveTo();
        const view = show(ping, {ping_interval: 45});
        view.timerTick = 21;
        view.updateRemainingTime();
        expect(ping).toHaveBeenCalled();
    });

    it('is not pinged while the attempt is ready to submit', function() {
        const ping = jasmine.createSpy('ping');
        const view = show(ping, {attempt_status: 'ready_to_submit'});
        view.timerTick = 29;
        view.updateRemainingTime();
        expect(ping).not.toHaveBeenCalled();
    });

    it('is pinged a second time before the exam is ended', async function() {
        const answers = [Promise.reject(new Error('late')), Promise.resolve()];
        const ping = jasmine.createSpy('ping').and.callFake(() => answers.shift());
        const view = show(ping);
        spyOn(view, 'endExamForFailureState');
        view.timerTick = 29;
        view.updateRemainingTime();
        await promisesSettled();
        expect(ping.calls.count()).toBe(1);
        jasmine.clock().tick(5000);
        await promisesSettled();
        expect(ping.calls.count()).toBe(2);
        expect(view.endExamForFailureState).not.toHaveBeenCalled();
    });

    [
        {name: 'ends the exam when it does not answer twice', online: true, endsExam: true},
        {name: 'does not end the exam when the computer is offline', online: false, endsExam: false}
    ].forEach(function(example) {
        it(example.name, async function() {
            const view = show(() => Promise.reject(new Error('late')));
            spyOnProperty(window.navigator, 'onLine').and.returnValue(example.online);
            spyOn(view, 'endExamForFailureState');
            view.timerTick = 29;
            view.updateRemainingTime();
            await promisesSettled();
            jasmine.clock().tick(5000);
            await promisesSettled();
            expect(view.endExamForFailureState.calls.count()).toBe(example.endsExam ? 1 : 0);
            expect(/connection/.test(view.$('[role=alert]').text())).toBe(!example.endsExam);
        });
    });

    // @contract timer#failed-ping
    it('is reported again after the next ping when the server did not get the report', async function() {
        const view = show(() => Promise.reject(new Error('late')));
        const reports = () => bar.server.requests.filter((request) => /action=error/.test(request.requestBody));
        bar.server.respondWith('PUT', bar.ATTEMPT, [503, {}, '']);
        for (const count of [1, 2]) {
            view.timerTick = 29;
            view.updateRemainingTime();
            await promisesSettled();
            jasmine.clock().tick(5000);
            await promisesSettled();
            // A rejection that nobody handles would end the run here.
            bar.server.respond();
            await promisesSettled();
            expect(reports().length).toBe(count);
        }
        expect(view.reloadPage).not.toHaveBeenCalled();
    });

    // @contract timer#failed-ping
    describe('that is gone', function() {
        function report(id) {
            const view = bar.show();
            bar.server.respondWith('PUT', bar.ATTEMPT, json(200, {exam_attempt_id: id}));
            view.endExamForFailureState(new Error('no answer'));
            bar.server.respond();
            return view;
        }

        it('is reported with the reason', function() {
            report(2);
            expect(_.last(bar.server.requests).requestBody).toBe('action=error&detail=no+answer');
        });

        it('reloads the page when the server has ended the attempt', function() {
            expect(report(2).reloadPage).toHaveBeenCalled();
        });

        it('lets the learner go on when the server tolerates ping failures', function() {
            expect(report(false).reloadPage).not.toHaveBeenCalled();
        });
    });
});
