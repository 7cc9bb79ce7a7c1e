describe('Changing the status of an attempt', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    // @contract exam-buttons#change-state
    it('sends the action of the button and reloads', async function() {
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        page.showButton('js-proctoring-update', 'stop').trigger('click');
        expect(page.server.requests[0].requestBody).toBe('action=stop');
        await page.settled();
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    // @contract exam-buttons#locked
    it('sends one request when a theme has bound the handler as well', async function() {
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        page.showButton('js-proctoring-update', 'stop').on('click', exam.updateStatusHandler).trigger('click');
        await page.settled();
        expect(page.server.requests.length).toBe(1);
    });

    it('dismisses the notice about the result', function() {
        page.server.respondWith('PUT', '/review_status', json(200));
        page.show('<button class="js-proctoring-visit" data-action-url="/review_status">View</button>');
        $('.js-proctoring-visit').trigger('click');
        page.server.respond();
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    it('declines proctoring only after a confirmation', function() {
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        spyOn(window, 'confirm').and.returnValues(false, true);
        page.showButton('js-proctoring-decline', 'decline').trigger('click');
        expect(page.server.requests.length).toBe(0);
        $('.js-proctoring-decline').trigger('click');
        expect(page.server.requests[0].requestBody).toBe('action=decline');
    });
});
