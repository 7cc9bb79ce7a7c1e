/**
 * The panel of allowances, with a fake server. Call it in a `describe`.
 */
window.useAllowancesPanel = function() {
    'use strict';

    const LIST_URL = '/api/edx_proctoring/v1/proctored_exam/a/b/c/grouped/allowance';
    const EXAMS = [
        {id: 1, exam_name: 'Final', is_proctored: true, is_practice_exam: false},
        {id: 2, exam_name: 'Practice', is_proctored: true, is_practice_exam: true},
        {id: 3, exam_name: 'Quiz', is_proctored: false, is_practice_exam: false}
    ];
    const panel = {LIST_URL: LIST_URL, EXAMS: EXAMS};

    beforeEach(function() {
        panel.server = sinon.fakeServer.create();
        document.cookie = 'csrftoken=token';
    });

    afterEach(function() {
        panel.server.restore();
    });

    panel.serve = function(method, url, status, body) {
        panel.server.respondWith(method, url, _.isString(body) ?
            [status, {'Content-Type': 'application/json'}, body] : json(status, body));
    };

    panel.serveTemplate = function(name) {
        panel.server.respondWith('GET', '/static/proctoring/templates/' + name, [
            200, {'Content-Type': 'text/html'}, templateSource(name)
        ]);
    };

    panel.allowance = function(overrides) {
        return {
            id: 11,
            user: {id: 3, username: 'learner', email: 'learner@example.com'},
            key: 'additional_time_granted',
            value: '30',
            proctored_exam: EXAMS[0],
            ...overrides
        };
    };

    /** Open the list with these allowances; returns the view. */
    panel.open = function(allowancesByLearner, section) {
        setFixtures('<div class="special-allowance-container" data-course-id="a/b/c"></div>');
        panel.serveTemplate('course_grouped_allowances.underscore');
        panel.serve('GET', LIST_URL, 200, allowancesByLearner);
        const view = new edx.instructor_dashboard.proctoring.ProctoredExamAllowanceView(section);
        panel.respond();
        return view;
    };

    /** Answer the requests sent so far and those that follow. */
    panel.respond = function() {
        panel.server.respond();
        panel.server.respond();
    };

    panel.lastRequest = function() {
        return _.last(panel.server.requests);
    };

    /** The fields of the last request, as `name=value`. */
    panel.sentFields = function() {
        return decodeURIComponent(panel.lastRequest().requestBody.replace(/\+/g, ' ')).split('&');
    };

    /** The messages of the form. */
    panel.errors = function() {
        return $('.error-message').map(function() { return $(this).text(); }).get();
    };

    return panel;
};
