describe('The page after an action', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    afterEach(function() {
        window.sessionStorage.clear();
    });

    it('has the focus on the heading of the exam page', function() {
        page.show('<h2 class="js-proctoring-heading" tabindex="-1">Heading</h2>');
        exam.rememberToFocusHeading();
        exam.focusHeadingAfterAction();
        expect(document.activeElement).toBe($('.js-proctoring-heading')[0]);
    });

    it('has the focus on the host\'s heading when it is the content of the exam', function() {
        setFixtures('<main><h1>Unit 1</h1></main>');
        exam.rememberToFocusHeading();
        exam.focusHeadingAfterAction();
        expect(document.activeElement).toBe($('h1')[0]);
    });

    it('leaves the focus where it is when it was not opened by an action', function() {
        page.show('<h2 class="js-proctoring-heading" tabindex="-1">Heading</h2>');
        exam.focusHeadingAfterAction();
        expect(document.activeElement).toBe(document.body);
    });

    it('is reloaded by the reload button, once', function() {
        page.show('<button class="js-proctoring-reload">Reload</button>');
        $('.js-proctoring-reload').trigger('click').trigger('click');
        expect(exam.reloadPage.calls.count()).toBe(1);
    });
});
