// @contract browser-worker#page-messages
describe('The messages to the proctoring software', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    it('give a ping ten seconds less than the page waits', async function() {
        page.installWorker(() => ({type: 'echo'}));
        await exam.pingApplication(60);
        expect(page.workers[0].message).toEqual({type: 'ping', timeout: 50000});
    });

    it('reject with the error that the worker reports', async function() {
        page.installWorker(() => ({type: 'pingFailed', error: 'closed'}));
        await expectAsync(exam.pingApplication(60)).toBeRejectedWith('closed');
    });

    // @contract browser-worker#time-limit
    it('give up on a silent worker and terminate it', async function() {
        page.installWorker(() => null);
        const pinged = exam.pingApplication(60);
        jasmine.clock().tick(60000);
        await expectAsync(pinged).toBeRejectedWithError('worker failed to respond after 60000ms');
        expect(page.workers[0].terminate).toHaveBeenCalled();
    });
});
