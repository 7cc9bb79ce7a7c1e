/**
 * The panel of exam attempts, with a fake server. Call it in a `describe`.
 */
window.useAttemptsPanel = function() {
    'use strict';

    const TEMPLATE = 'student-proctored-exam-attempts-grouped.underscore';
    const LIST_URL = '/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/a/b/c';
    const panel = {LIST_URL: LIST_URL};

    beforeEach(function() {
        panel.server = sinon.fakeServer.create();
    });

    afterEach(function() {
        panel.server.restore();
    });

    /** One attempt, as the server describes it. */
    panel.attempt = function(overrides) {
        return {
            id: 7,
            user: {id: 3, username: 'learner', email: 'learner@example.com'},
            proctored_exam: {id: 5, exam_name: 'Final exam', is_proctored: true, is_practice_exam: false},
            allowed_time_limit_mins: 90,
            started_at: null,
            completed_at: null,
            status: 'submitted',
            is_resumable: false,
            ready_to_resume: false,
            resumed: false,
            ...overrides
        };
    };

    /** One row of the list: the newest attempt, and the older ones of the same learner and exam. */
    panel.row = function(overrides, olderAttempts) {
        const newest = panel.attempt(overrides);
        return {...newest, all_attempts: [newest].concat(olderAttempts || [])};
    };

    /** The response with these rows. */
    panel.list = function(rows, pages) {
        return {
            proctored_exam_attempts: rows,
            pagination_info: {current_page: 1, total_pages: 1, has_next: false, has_previous: false, ...pages},
            attempt_url: LIST_URL
        };
    };

    panel.serve = function(method, url, status, body) {
        panel.server.respondWith(method, url, _.isString(body) ?
            [status, {'Content-Type': 'application/json'}, body] : json(status, body));
    };

    /** Open a panel that shows these rows; returns the view. */
    panel.open = function(rows, pages) {
        setFixtures('<div class="student-proctored-exam-container" data-course-id="a/b/c"></div>');
        panel.server.respondWith('GET', '/static/proctoring/templates/' + TEMPLATE, [
            200, {'Content-Type': 'text/html'}, templateSource(TEMPLATE)
        ]);
        panel.serve('GET', LIST_URL, 200, panel.list(rows, pages));
        const view = new edx.instructor_dashboard.proctoring.ProctoredExamAttemptView();
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

    return panel;
};
