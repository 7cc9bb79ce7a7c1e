// @contract exam-buttons#error-dialog
describe('The error dialog', function() {
    'use strict';

    const MODAL =
        '<div id="accessible-error-modal"><h2 id="acessible-error-title"></h2><button class="close-modal"></button>'
        + '<p class="message-title"></p><button class="ok-button"></button><a id="confirm_open_button"></a></div>';
    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    it('is an alert in the page when there is no modal', function() {
        page.show('');
        exam.accessibleError('Title', '<b>message</b>');
        expect($('[role=alertdialog]').text()).toContain('<b>message</b>');
        expect($('[role=alertdialog]').attr('aria-label')).toBe('Title');
    });

    it('is the host\'s modal when the exam page has one as well', function() {
        setFixtures('<div class="sequence">' + MODAL + '</div><div id="host">' + MODAL + '</div>');
        expect(exam.onlyErrorModal().closest('#host').length).toBe(1);
        expect($('[id="accessible-error-modal"]').length).toBe(1);
    });

    it('has its text before the modal opens', function() {
        let textWhenOpened;
        setFixtures(MODAL);
        window.accessible_modal = jasmine.createSpy('accessible_modal');
        $('#confirm_open_button').on('click', function() { textWhenOpened = $('.message-title').text(); });
        exam.accessibleError('Title', 'message');
        expect(textWhenOpened).toBe('message');
        expect($('#acessible-error-title').text()).toBe('Title');
        expect(window.accessible_modal.calls.mostRecent().args[2]).toBe('#accessible-error-modal');
    });
});
