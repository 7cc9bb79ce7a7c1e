// @contract exam-buttons#set-up
describe('The set-up page', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    function setUp(status) {
        page.server.respondWith('GET', page.ATTEMPT + '?sourceid=instructions', json(200, {status: status}));
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        setFixtures(
            '<div class="sequence js-proctoring-set-up" data-exam-started-poll-url="' + page.ATTEMPT + '">'
            + '<p class="js-proctoring-status" role="status"></p>'
            + '<button id="software_download_link" class="btn-pl-primary js-proctoring-check-system" '
            + 'data-download-url="https://provider/check">Check</button>'
            + '<button class="js-start-proctored-exam btn-secondary">Start</button></div>'
        );
    }

    it('goes on to the rules when the provider has reported that the learner is ready', function() {
        setUp('ready_to_start');
        $('.js-start-proctored-exam').trigger('click');
        page.server.respond();
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    it('asks to finish the system check when the provider has not reported yet', function() {
        setUp('created');
        $('.js-start-proctored-exam').trigger('click');
        page.server.respond();
        expect(exam.reloadPage).not.toHaveBeenCalled();
        expect($('[role=alertdialog]').text()).toContain('Finish the system check');
        expect($('.js-start-proctored-exam').prop('disabled')).toBe(false);
        expect($('#software_download_link').hasClass('btn-pl-primary')).toBe(true);
    });

    it('opens the system check in a window that cannot navigate this page', function() {
        const opened = {opener: window};
        setUp('created');
        spyOn(window, 'open').and.returnValue(opened);
        $('#software_download_link').trigger('click');
        page.server.respond();
        expect(window.open).toHaveBeenCalledWith('https://provider/check', '_blank');
        expect(opened.opener).toBe(null);
        expect(_.last(page.server.requests).requestBody).toBe('action=click_download_software');
    });

    it('explains that the browser blocked the window', function() {
        setUp('created');
        spyOn(window, 'open').and.returnValue(null);
        $('#software_download_link').trigger('click');
        expect($('[role=alertdialog]').text()).toContain('Allow pop-ups');
    });

    [
        ['the attempt was declined', json(200, {status: 'declined'})],
        ['the exam was started', json(200, {status: 'started'})],
        ['the attempt was removed', json(400, {detail: 'This attempt does not exist.'})]
    ].forEach(function(elsewhere) {
        it('is loaded again when it notices that ' + elsewhere[0] + ' elsewhere', function() {
            setUp('created');
            exam.watchForReadiness();
            jasmine.clock().tick(6000);
            page.server.respond();
            expect(exam.reloadPage).not.toHaveBeenCalled();
            page.server.respondWith('GET', page.ATTEMPT + '?sourceid=instructions', elsewhere[1]);
            jasmine.clock().tick(10000);
            page.server.respond();
            expect(exam.reloadPage).toHaveBeenCalledTimes(1);
        });

        it('is loaded again at the system check when ' + elsewhere[0] + ' elsewhere', function() {
            setUp('created');
            spyOn(window, 'open').and.returnValue({});
            page.server.respondWith('GET', page.ATTEMPT + '?sourceid=instructions', elsewhere[1]);
            $('#software_download_link').trigger('click');
            page.server.respond();
            expect(exam.reloadPage).toHaveBeenCalledTimes(1);
            expect(_.pluck(page.server.requests, 'method')).toEqual(['GET']);
        });
    });

    it('stays when the host does not answer for a while', function() {
        setUp('created');
        page.server.respondWith('GET', page.ATTEMPT + '?sourceid=instructions', json(503));
        exam.watchForReadiness();
        jasmine.clock().tick(6000);
        page.server.respond();
        expect(exam.reloadPage).not.toHaveBeenCalled();
        jasmine.clock().tick(10000);
        expect(page.server.requests.length).toBe(2);
    });

    it('announces by itself that the provider has reported "ready"', function() {
        setUp('created');
        exam.watchForReadiness();
        jasmine.clock().tick(6000);
        page.server.respond();
        expect($('.js-proctoring-status').text()).toBe('');
        page.server.respondWith('GET', page.ATTEMPT + '?sourceid=instructions', json(200, {status: 'ready_to_start'}));
        jasmine.clock().tick(10000);
        page.server.respond();
        expect($('.js-proctoring-status').text()).toContain('set-up is complete');
        expect($('.js-start-proctored-exam').hasClass('btn-pl-primary')).toBe(true);
    });
});
