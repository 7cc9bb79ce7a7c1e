/**
 * The timer bar on a page of a running exam, with a fake server and a mocked clock. Call it in a `describe`.
 */
window.useTimerBar = function() {
    'use strict';

    const exam = window.edx.courseware.proctored_exam;
    const COLLECTION = '/api/edx_proctoring/v1/proctored_exam/attempt';
    const TEMPLATE =
        '<div class="exam-timer">'
        + '<a href="<%- exam_url_path %>"><%- exam_display_name %></a>'
        + '<p class="js-exam-text">Long text <span class="js-exam-additional-text">and more</span></p>'
        + '<button class="js-toggle-show-more" data-show-more-text="Show more" data-show-less-text="Show less"></button>'
        + '<h3 id="time_remaining_id"><b></b></h3>'
        + '<button id="toggle_timer" aria-pressed="false"><i class="fa fa-eye-slash"></i></button>'
        + '<button class="exam-button-turn-in-exam">End My Exam</button>'
        + '<span class="timer-announce" aria-live="polite"></span>'
        + '</div>';
    const bar = {
        COLLECTION: COLLECTION,
        ATTEMPT: COLLECTION + '/2',
        POLL: COLLECTION + '/2?sourceid=in_exam&proctored=true',
        START: 1700000000000
    };
    let savedNames;

    beforeEach(function() {
        savedNames = _.pick(exam, 'configuredWorkerURL', 'pingApplication', 'endExam', 'attemptExternalId');
        delete exam.configuredWorkerURL;
        bar.isWideScreen = true;
        window.sessionStorage.clear();
        window.matchMedia = () => ({matches: bar.isWideScreen});
        jasmine.clock().install().mockDate(new Date(bar.START));
        bar.server = sinon.fakeServer.create();
    });

    afterEach(function() {
        if (bar.view) {
            bar.view.remove();
            bar.view = null;
        }
        bar.server.restore();
        jasmine.clock().uninstall();
        delete exam.configuredWorkerURL;
        Object.assign(exam, savedNames);
    });

    /** The server's answer about the running attempt. */
    bar.attempt = function(overrides) {
        return {
            in_timed_exam: true,
            attempt_id: 2,
            attempt_status: 'started',
            taking_as_proctored: true,
            exam_display_name: 'Midterm',
            exam_url_path: '/the/exam',
            time_remaining_seconds: 45,
            low_threshold_sec: 30,
            critically_low_threshold_sec: 15,
            course_id: 'a/b/c',
            accessibility_time_string: 'you have 45 seconds remaining',
            exam_started_poll_url: bar.ATTEMPT,
            ...overrides
        };
    };

    /** Create the view; the server has not answered yet. */
    bar.create = function(attributes) {
        setFixtures(
            '<div class="proctored_exam_status"></div>'
            + '<script type="text/template" id="status-tpl">' + TEMPLATE + '</script>'
        );
        bar.view = new exam.ProctoredExamView({
            el: $('.proctored_exam_status'),
            proctored_template: '#status-tpl',
            model: new window.ProctoredExamModel(attributes)
        });
        return bar.view;
    };

    /** Create the view and answer its request. */
    bar.show = function(overrides) {
        bar.server.respondWith('GET', COLLECTION, json(200, bar.attempt(overrides)));
        bar.create();
        spyOn(bar.view, 'reloadPage');
        spyOn(bar.view, 'goTo');
        bar.server.respond();
        return bar.view;
    };

    bar.digits = function() {
        return bar.view.$('#time_remaining_id b').text();
    };

    bar.requests = function(method) {
        return bar.server.requests.filter((request) => request.method === method);
    };

    /** Set the wall clock, `seconds` after the page was loaded, without firing a timer: as sleep does. */
    bar.setWallClock = function(seconds) {
        jasmine.clock().mockDate(new Date(bar.START + (seconds * 1000)));
    };

    /** Replace `endExam`, which ends the session of the proctoring software. */
    bar.spyOnEndExam = function(promise) {
        exam.endExam = jasmine.createSpy('endExam').and.returnValue(promise || {then: () => undefined});
        return exam.endExam;
    };

    return bar;
};
