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
