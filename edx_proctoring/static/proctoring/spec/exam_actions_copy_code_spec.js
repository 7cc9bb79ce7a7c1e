describe('The button that copies the exam code', function() {
    'use strict';

    const page = useExamPage();
    let clipboard;

    beforeEach(function() {
        clipboard = Object.getOwnPropertyDescriptor(window.navigator, 'clipboard');
        page.show(
            '<input id="proctored-exam-code" value="code-7">'
            + '<button class="js-proctoring-copy-code" data-copied-text="Copied">Copy</button>'
        );
    });

    afterEach(function() {
        delete window.navigator.clipboard;
        if (clipboard) {
            Object.defineProperty(window.navigator, 'clipboard', clipboard);
        }
        delete document.execCommand;
    });

    async function copy() {
        $('.js-proctoring-copy-code').trigger('click');
        await promisesSettled();
    }

    function offerClipboard(writeText) {
        Object.defineProperty(window.navigator, 'clipboard', {configurable: true, value: {writeText: writeText}});
        return writeText;
    }

    it('says that the code was copied until it loses the focus', async function() {
        const writeText = offerClipboard(jasmine.createSpy('writeText').and.resolveTo());
        await copy();
        expect(writeText).toHaveBeenCalledWith('code-7');
        expect($('.js-proctoring-copy-code').text()).toBe('Copied');
        expect(document.activeElement).toBe($('.js-proctoring-copy-code')[0]);
        $('.js-proctoring-copy-code').trigger('blur');
        expect($('.js-proctoring-copy-code').text()).toBe('Copy');
    });

    it('copies the selection when the browser refuses access to the clipboard', async function() {
        offerClipboard(() => Promise.reject(new Error('refused')));
        document.execCommand = jasmine.createSpy('execCommand').and.returnValue(true);
        await copy();
        expect(document.execCommand).toHaveBeenCalledWith('copy');
        expect($('.js-proctoring-copy-code').text()).toBe('Copied');
    });

    it('selects the code for the learner to copy when the browser allows neither', async function() {
        document.execCommand = () => false;
        await copy();
        expect($('[role=alert]').text()).toContain('Select the code and copy it');
        expect($('#proctored-exam-code')[0].selectionEnd).toBe('code-7'.length);
    });
});
