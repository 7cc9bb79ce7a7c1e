describe('Starting an exam', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    // @contract exam-buttons#start
    it('starts the proctoring software before the clock', async function() {
        const order = [];
        page.installWorker(function(message) {
            order.push(message.type);
            return {type: 'examAttemptStarted'};
        });
        exam.ProctoringAppPingInterval = 60;
        page.server.respondWith('PUT', page.ATTEMPT, function(request) {
            order.push('PUT');
            request.respond(200, {}, '{}');
        });
        page.showButton('js-proctoring-start', 'start').attr('data-attempt-external-id', 'ext-1').trigger('click');
        await page.settled();
        expect(order).toEqual(['startExamAttempt', 'PUT']);
        expect(page.workers[0].message).toEqual({
            type: 'startExamAttempt', timeout: 60000, attemptExternalId: 'ext-1'
        });
        expect(page.workers[0].terminate).toHaveBeenCalled();
        expect(window.URL.revokeObjectURL).toHaveBeenCalledWith('blob:1');
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    // @contract exam-buttons#start
    it('does not start the clock when the proctoring software fails to start', async function() {
        page.installWorker(() => ({type: 'examAttemptStartFailed', error: 'camera'}));
        page.showButton('js-proctoring-start', 'start').trigger('click');
        await page.settled();
        expect(page.server.requests.length).toBe(0);
        expect($('[role=alertdialog]').text()).toContain('proctoring software is running');
        expect($('.js-proctoring-start').prop('disabled')).toBe(false);
        expect(page.workers[0].terminate).toHaveBeenCalled();
    });

    [
        {error: 'Close the other programs.', shown: '(Close the other programs.)', name: 'a text'},
        {error: {name: 'TypeError', message: 'No camera'}, shown: '(No camera)', name: 'the message of an object'},
        {error: new Error('No camera'), shown: '(No camera)', name: 'the message of an error'},
        {error: '<b>x</b>', shown: '(<b>x</b>)', name: 'markup as text'},
        {error: {code: 7}, shown: 'then try again.', name: 'nothing, when there is no message'},
        {error: undefined, shown: 'then try again.', name: 'nothing, when there is no reason'}
    ].forEach(function(example) {
        it('shows the reason that the proctoring software gives: ' + example.name, async function() {
            page.installWorker(() => ({type: 'examAttemptStartFailed', error: example.error}));
            page.showButton('js-proctoring-start', 'start').trigger('click');
            await page.settled();
            expect($('[role=alertdialog] p').text().endsWith(example.shown)).toBe(true);
        });
    });

    // @contract exam-buttons#start
    it('does not show errors of the page itself as reasons of the software', async function() {
        page.installWorker(() => null);
        page.showButton('js-proctoring-start', 'start').trigger('click');
        jasmine.clock().tick(60000);
        await page.settled();
        expect($('[role=alertdialog]').text()).not.toContain('worker failed');
        expect($('[role=alertdialog]').text()).toContain('no time was used');
    });

    // @contract exam-buttons#start
    it('starts the clock only, when the provider has no worker', async function() {
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        page.showButton('js-proctoring-start', 'start').trigger('click');
        await page.settled();
        expect(page.server.requests[0].requestBody).toBe('action=start');
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    [
        {status: 'started', reloads: true, name: 'shows the exam when the server refuses but the exam has started'},
        {status: 'ready_to_start', reloads: false, name: 'says that no time was used when the server refuses'}
    ].forEach(function(example) {
        it(example.name, async function() {
            page.server.respondWith('PUT', page.ATTEMPT, json(400));
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: example.status}));
            page.showButton('js-proctoring-start', 'start').trigger('click');
            await page.settled();
            expect(exam.reloadPage.calls.count() > 0).toBe(example.reloads);
            expect(/no time was used/.test($('[role=alertdialog]').text())).toBe(!example.reloads);
        });
    });
});
