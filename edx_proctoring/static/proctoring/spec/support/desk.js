/**
 * The exam desk with a fake server, a mocked clock and a window whose address changes as a browser's does. Call it in
 * a `describe`.
 */
window.useDesk = function() {
    'use strict';

    const proctoring = edx.instructor_dashboard.proctoring;
    const COURSE = 'course-v1:a+b+c';
    const ROOT = '/api/edx_proctoring/v2/';
    const TEMPLATES = '/static/proctoring/templates/desk/';
    const START = Date.UTC(2026, 2, 1, 14, 3, 20);
    const page = {COURSE: COURSE, ROOT: ROOT, START: START};

    /** A window with an address and a history, for the store. */
    page.fakeWindow = function(search) {
        const listeners = [];
        const visited = [search || ''];
        const fake = {
            location: {pathname: '/instructor', search: search || '', hash: '#view-special_exams'},
            history: {
                state: null,
                pushState: (state, title, url) => { visited.push(''); fake.history.replaceState(state, title, url); },
                replaceState: (state, title, url) => {
                    fake.location.search = new URL(url, 'http://host').search;
                    fake.location.hash = new URL(url, 'http://host').hash;
                    visited[visited.length - 1] = fake.location.search;
                }
            },
            addEventListener: (name, listener) => listeners.push(listener),
            removeEventListener: (name, listener) => listeners.splice(listeners.indexOf(listener), 1),
            back: () => {
                visited.pop();
                fake.location.search = visited[visited.length - 1];
                listeners.forEach((listener) => listener());
            },
            steps: () => visited.length,
            listeners: listeners
        };
        return fake;
    };

    beforeEach(function() {
        jasmine.clock().install().mockDate(new Date(START));
        window.localStorage.clear();
        // jsdom has the element without its methods.
        if (!window.HTMLDialogElement.prototype.showModal) {
            window.HTMLDialogElement.prototype.showModal = function() { this.setAttribute('open', ''); };
            window.HTMLDialogElement.prototype.close = function() {
                this.removeAttribute('open');
                this.dispatchEvent(new window.Event('close'));
            };
        }
        page.server = sinon.fakeServer.create();
        page.replies = {};
        templateNames.filter((name) => name.startsWith('desk/')).forEach((name) => {
            page.server.respondWith('GET', TEMPLATES + name.slice('desk/'.length), [200, {'Content-Type': 'text/html'}, templateSource(name)]);
        });
        page.server.respondWith((request) => {
            const path = decodeURIComponent(request.url.replace(ROOT, '')).split('?')[0];
            const reply = page.replies[request.method + ' ' + path];
            if (reply) {
                const [status, body, headers] = reply;
                request.respond(status, {'Content-Type': 'application/json', ...headers}, body === '' ? '' : JSON.stringify(body));
            }
        });
        page.serve('GET', 'courses/' + COURSE + '/exams', 200, page.list([]));
    });

    afterEach(function() {
        if (page.view) {
            page.view.remove();
            page.view = null;
        }
        proctoring.desk.menu.close(false);
        page.server.restore();
        jasmine.clock().uninstall();
    });

    /** From now on, answer a request so. */
    page.serve = function(method, path, status, body, headers) {
        page.replies[method + ' ' + path] = [status, body, headers];
    };

    /** Answer what was asked so far, and what follows from that. */
    page.respond = function() {
        do {
            page.server.respond();
        } while (page.server.queue && page.server.queue.length);
    };

    page.list = function(rows, more) {
        return {
            next: null, previous: null, count: rows.length, num_pages: 1, current_page: 1, start: 0, results: rows, ...more
        };
    };

    page.attempt = function(id, more) {
        return {
            id: id, attempt_code: 'CODE-' + id, exam: {id: 3, name: 'Midterm', type: 'proctored'},
            user: {id: 40 + id, username: 'user' + id, email: 'user' + id + '@x.org', full_name: 'User ' + id},
            status: 'started', taking_as_proctored: true, is_practice: false, attempt_count: 1,
            created_at: '2026-03-01T13:00:00Z', started_at: '2026-03-01T13:10:00Z', completed_at: null,
            expires_at: '2026-03-01T15:10:00Z', time_remaining_seconds: 4000, allowed_minutes: 120, extended_minutes: 0,
            is_resumable: false, ready_to_resume: false, resumed: false, review: null, dashboard_url: null, actions: ['end'],
            ...more
        };
    };

    page.problem = function(status, code, more) {
        return {
            type: 'urn:edx-proctoring:problem:' + code, title: code, status: status, code: code,
            detail: 'Reason of ' + code + '.', instance: '/', request_id: 'request-77', ...more
        };
    };

    page.serveAttempts = function(rows, more) {
        page.serve('GET', 'courses/' + COURSE + '/attempts', 200, page.list(rows, more));
    };

    /** Open the desk; its first panel has loaded. */
    page.open = function(search, settings) {
        page.window = page.fakeWindow(search);
        page.store = new proctoring.desk.Store({window: page.window});
        page.view = new proctoring.ExamDeskView({
            el: setFixtures('<div class="proctoring-desk-container"></div>').children()[0],
            courseId: COURSE,
            store: page.store,
            settings: {
                enabled: true, is_global_staff: false, refresh_seconds: 15, features: {decide_reviews: true, onboarding: false},
                exams: [{id: 3, name: 'Midterm', type: 'proctored', due_date: null, is_active: true}, {id: 4, name: 'Quiz', type: 'timed', due_date: null, is_active: false}],
                counts: {open_reviews: 2, effects: 0},
                ...settings
            }
        });
        page.view.start();
        page.respond();
        return page.view;
    };

    /** The requests to a resource. */
    page.requests = function(path, method) {
        return page.server.requests.filter((request) => (
            decodeURIComponent(request.url).split('?')[0] === ROOT + path && request.method === (method || 'GET')
        ));
    };

    /** The query of the last request for the list. */
    page.asked = function(path) {
        const all = page.requests(path || 'courses/' + COURSE + '/attempts');
        return Object.fromEntries(new URL(all[all.length - 1].url, 'http://host').searchParams);
    };

    page.type = function($field, text) {
        $field.val(text).trigger('input');
    };

    page.press = function($target, key) {
        $target[0].dispatchEvent(new window.KeyboardEvent('keydown', {key: key, bubbles: true, cancelable: true}));
    };

    page.said = function() {
        jasmine.clock().tick(1500);
        return page.view.$('> .js-status').text();
    };

    return page;
};
