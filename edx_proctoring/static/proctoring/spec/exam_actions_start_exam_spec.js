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
        {leads: 'seb://host/exam.seb', to: 'seb://host/exam.seb'},
        {leads: 'https://host/launch/1/', to: 'https://host/launch/1/'},
        {leads: 'javascript:alert(1)', to: undefined},
        {leads: null, to: undefined}
    ].forEach(function(example) {
        // @contract exam-buttons#gate
        it('says what a start gate says, which leads to ' + example.leads, async function() {
            page.server.respondWith('PUT', page.ATTEMPT, json(403, {
                detail: 'Open this exam <b>elsewhere</b>.', code: 'seb_required', launch_url: example.leads
            }));
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'ready_to_start'}));
            page.showButton('js-proctoring-start', 'start').trigger('click');
            await page.settled();
            page.server.respond();
            await page.settled();
            expect($('[role=alertdialog] p').text()).toContain('Open this exam <b>elsewhere</b>.');
            expect($('[role=alertdialog]').text()).not.toContain('due date');
            expect($('[role=alertdialog] a').attr('href')).toBe(example.to);
            expect($('.js-proctoring-start').prop('disabled')).toBe(false);
        });
    });

    [
        {name: 'a text', error: 'Your camera is covered.', says: 'Your camera is covered. Your exam has not started'},
        {name: 'a text without a full stop', error: 'No camera', says: 'No camera. Your exam has not started'},
        {name: 'an Error', error: new Error('No camera!'), says: 'No camera! Your exam has not started'},
        {name: 'an object with a message', error: {message: 'No room'}, says: 'No room. Your exam'},
        {name: 'an object with another text', error: {error: 'No room'}, says: 'No room. Your exam'},
        {name: 'an object with a code', error: {code: 17}, says: '{"code":17}. Your exam'},
        {name: 'markup', error: '<b>No</b> camera', says: '<b>No</b> camera. Your exam'},
        {name: 'nothing', error: undefined, says: ''},
        {name: 'an empty text', error: '', says: ''}
    ].forEach(function(example) {
        // @contract browser-worker#refusal-text
        it('shows why the software refused: ' + example.name, async function() {
            page.installWorker(() => ({type: 'examAttemptStartFailed', error: example.error}));
            page.showButton('js-proctoring-start', 'start').trigger('click');
            await page.settled();
            const text = $('[role=alertdialog] p').text();
            expect(text).toContain('no time was used');
            expect(text.startsWith(example.says || 'Your exam has not started')).toBe(true);
            expect($('[role=alertdialog] b').length).toBe(0);
        });
    });

    // @contract browser-worker#refusal-text
    it('does not show its own words about a silent worker', async function() {
        page.installWorker(() => null);
        page.showButton('js-proctoring-start', 'start').trigger('click');
        jasmine.clock().tick(60000);
        await page.settled();
        expect($('[role=alertdialog] p').text().startsWith('Your exam has not started')).toBe(true);
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
