describe('A button of an exam page', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    // @contract exam-buttons#locked
    it('shows its loading text during the request, and its label again after a failure', async function() {
        const $button = page.showButton('js-proctoring-update', 'reset_attempt');
        page.server.respondWith('PUT', page.ATTEMPT, json(500));
        $button.trigger('click');
        expect($button.text()).toBe('Wait');
        expect($button.prop('disabled')).toBe(true);
        await page.settled();
        expect($button.text()).toBe('Go');
        expect($button.prop('disabled')).toBe(false);
        expect($('[role=alertdialog]').text()).toContain('Reload this page');
    });

    // @contract exam-buttons#locked
    it('locks the other answer to the question during the request', async function() {
        const attributes = 'class="exam-action-button js-proctoring-end" data-change-state-url="' + page.ATTEMPT + '"';
        page.server.respondWith('PUT', page.ATTEMPT, json(500));
        page.show(
            '<button id="yes" data-action="submit" ' + attributes + '>Yes</button>'
            + '<button id="no" data-action="start" ' + attributes + '>No</button>'
        );
        $('#yes').trigger('click');
        expect($('#no').prop('disabled')).toBe(true);
        $('#no').trigger('click');
        expect(page.server.requests.length).toBe(1);
        await page.settled();
        expect($('#no').prop('disabled')).toBe(false);
    });

    // @contract exam-buttons#locked
    it('sends one request when a theme calls its handler twice', function() {
        const button = page.showButton('js-proctoring-update', 'stop')[0];
        exam.updateStatusHandler.call(button);
        exam.updateStatusHandler.call(button);
        expect(page.server.requests.length).toBe(1);
    });

    it('enables the button beside it when it is a confirmation', function() {
        page.show(
            '<button class="js-proctoring-confirm">I understand</button>'
            + '<button class="exam-action-button" disabled>Repeat</button>'
        );
        $('.js-proctoring-confirm').trigger('click');
        expect($('.exam-action-button').prop('disabled')).toBe(false);
    });
});
