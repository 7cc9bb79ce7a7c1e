describe('The loader of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk, openDesk, loadDeskScripts, ProctoredExamAllowanceView} = edx.instructor_dashboard.proctoring;
    const DESK = 'courses/course-v1:a+b+c/desk';

    function showTab(extra) {
        return setFixtures(
            '<section id="special_exams"><div class="proctoring-wrapper">' + (extra || '') + '<div id="proctoring-accordion">'
            + '<div class="special-allowance-container" data-course-id="course-v1:a+b+c"></div></div></div></section>'
        );
    }

    function state() {
        return $('.proctoring-desk-container').attr('data-desk-state');
    }

    // @contract staff-desk#mounting
    it('does nothing on a page without the tab', function() {
        setFixtures('<p>A learner page</p>');
        openDesk();
        expect(page.server.requests.length).toBe(0);
    });

    // @contract staff-desk#mounting
    it('does nothing where the host shows another dashboard', function() {
        setFixtures('<div class="proctoring-wrapper"><iframe></iframe></div>');
        openDesk();
        expect(page.server.requests.length).toBe(0);
        expect($('.proctoring-desk-container').length).toBe(0);
    });

    // @contract staff-desk#mounting
    it('asks once, in front of the accordion, and shows the desk', function() {
        showTab();
        page.serve('GET', DESK, 200, {enabled: true, is_global_staff: false, features: {}, exams: [], counts: {}});
        page.serveAttempts([]);
        openDesk();
        openDesk();
        expect(state()).toBe('loading');
        page.respond();
        expect(state()).toBe('on');
        openDesk();
        page.respond();
        expect(page.requests(DESK).length).toBe(1);
        expect($('.proctoring-wrapper').children().first().hasClass('proctoring-desk-container')).toBe(true);
        page.view = edx.instructor_dashboard.proctoring.examDesk;
    });

    it('takes the container of the host', function() {
        showTab('<p>first</p><div class="proctoring-desk-container" data-course-id="course-v1:a+b+c"></div>');
        page.serve('GET', DESK, 200, {enabled: false});
        openDesk();
        page.respond();
        expect($('.proctoring-desk-container').length).toBe(1);
        expect(state()).toBe('off');
    });

    [[200, {enabled: false}], [403, {}], [404, {}]].forEach(function([status, body]) {
        // @contract staff-desk#mounting
        it('leaves the container empty after ' + status + ' ' + JSON.stringify(body), function() {
            showTab();
            page.serve('GET', DESK, status, body);
            openDesk();
            page.respond();
            expect(state()).toBe('off');
            expect($('.proctoring-desk-container').is(':empty')).toBe(true);
        });
    });

    // @contract staff-desk#mounting
    it('says that it failed, and tries again', function() {
        showTab();
        page.serve('GET', DESK, 500, {});
        openDesk();
        page.respond();
        expect(state()).toBe('failed');
        page.serve('GET', DESK, 200, {enabled: false});
        $('.proctoring-desk-container button').trigger('click');
        page.respond();
        expect(state()).toBe('off');
    });

    // @contract staff-desk#mounting
    it('says that it failed when there is no reply within a minute', function() {
        showTab();
        spyOn($, 'ajax').and.callThrough();
        openDesk();
        expect($.ajax.calls.mostRecent().args[0].timeout).toBe(60000);
        expect(state()).toBe('loading');
        jasmine.clock().tick(60000);
        expect(state()).toBe('failed');
        expect($('.proctoring-desk-container button').text()).toBe('Try again');
    });

    it('closes the accordion', function() {
        showTab();
        $.fn.accordion = jasmine.createSpy('accordion').and.returnValue(400);
        $('#proctoring-accordion').data('ui-accordion', {});
        page.serve('GET', DESK, 200, {enabled: true, is_global_staff: false, features: {}, exams: [], counts: {}});
        page.serveAttempts([]);
        openDesk();
        page.respond();
        // At once: a panel that is still being closed would load its list.
        expect($.fn.accordion.calls.allArgs().filter((args) => args.length === 3)).toEqual([
            ['option', 'animate', false], ['option', 'active', false], ['option', 'animate', 400]
        ]);
        delete $.fn.accordion;
        page.view = edx.instructor_dashboard.proctoring.examDesk;
    });

    // @contract staff-desk#mounting
    it('is called when the host opens the tab', function() {
        const $section = showTab();
        page.serve('GET', DESK, 200, {enabled: false});
        new ProctoredExamAllowanceView($section.children());
        expect(page.requests(DESK).length).toBe(0);
        $section.children().data('wrapper').onClickTitle();
        expect(page.requests(DESK).length).toBe(1);
    });

    // @contract staff-desk#mounting
    it('begins again with the same view after a failure, so that one click is heard once', function() {
        showTab();
        page.serve('GET', DESK, 200, {enabled: true, is_global_staff: false, features: {}, exams: [], counts: {}});
        page.serveAttempts([page.attempt(1)]);
        spyOn(desk.templates, 'load').and.returnValues($.Deferred().reject().promise(), $.when(), $.when(), $.when());
        openDesk();
        page.respond();
        expect(state()).toBe('failed');
        const first = edx.instructor_dashboard.proctoring.examDesk;
        desk.templates.load.and.callThrough();
        $('.proctoring-desk-container button').trigger('click');
        page.respond();
        expect(state()).toBe('on');
        page.view = edx.instructor_dashboard.proctoring.examDesk;
        expect(page.view).toBe(first);
        page.view.$('.js-panels-button').trigger('click');
        expect(page.view.$('.js-panels-button').attr('aria-expanded')).toBe('true');
    });

    describe('when it fetches scripts', function() {
        const appended = [];

        beforeEach(function() {
            appended.length = 0;
            spyOn(document.head, 'appendChild').and.callFake((element) => appended.push(element));
        });

        it('fetches each once', function() {
            const done = jasmine.createSpy();
            loadDeskScripts(['one', 'two']).done(done);
            loadDeskScripts(['two', 'one']).done(done);
            expect(appended.map((script) => script.getAttribute('src'))).toEqual(['/static/proctoring/js/desk/one.js', '/static/proctoring/js/desk/two.js']);
            appended[0].onload();
            expect(done).not.toHaveBeenCalled();
            appended[1].onload();
            expect(done).toHaveBeenCalledTimes(2);
        });

        it('fetches one that failed again when it is asked for again, and no other', function() {
            const failed = jasmine.createSpy();
            loadDeskScripts(['three', 'four']).fail(failed);
            appended[0].onload();
            appended[1].onerror();
            expect(failed).toHaveBeenCalled();
            loadDeskScripts(['three', 'four']);
            expect(appended.length).toBe(3);
            expect(appended[2].getAttribute('src')).toBe('/static/proctoring/js/desk/four.js');
        });
    });
});
