/*
 * A page with the guard of Constructor Proctor, in the vendor's frame: `useGuardPage()` gives each spec a page of its own.
 * Cover and configuration are those that the server renders, the window and the server are played.
 */
(function(window) {
    'use strict';

    const ORIGIN = 'https://proctor.example';
    const REASONS = [
        'not_framed', 'origin_missing', 'origin_untrusted', 'no_message', 'proctoring_inactive', 'session_mismatch',
        'session_reset', 'not_started', 'attempt_not_active', 'wrong_user', 'login_required', 'cookies_blocked',
        'server_unavailable'
    ];
    const BUTTONS = {not_framed: 'restart', no_message: 'restart', session_reset: 'restart', attempt_not_active: 'course', session_mismatch: 'course'};
    const COVER = '<div id="proctoring-guard-cover" role="dialog"><div class="proctoring-spinner"></div>'
        + '<h1 id="proctoring-guard-title" tabindex="-1"></h1><p id="proctoring-guard-text"></p>'
        + '<p role="alert"><span id="proctoring-guard-alert-title"></span><span id="proctoring-guard-alert-text"></span></p>'
        + '<p id="proctoring-guard-state" role="status"></p><p id="proctoring-guard-countdown" role="timer" hidden></p>'
        + '<a id="proctoring-guard-restart" href="/launch" hidden>r</a><a id="proctoring-guard-course" href="/c" hidden>c</a>'
        + '<button id="proctoring-guard-cancel" type="button" hidden>Cancel</button></div>'
        + '<p id="proctoring-guard-status" role="status"></p>';
    const SHELL = '<iframe id="proctoring-guarded-content" title="Exam" inert></iframe>';

    function texts() {
        const reasons = {};
        REASONS.forEach(function(code) {
            reasons[code] = {title: 'Title of ' + code, text: 'Text of ' + code + '.', button: BUTTONS[code] || ''};
        });
        return {
            waiting: 'Waiting', waitingText: 'You can wait.', verifying: 'Checking', lost: 'Interrupted',
            open: 'The exam is open.', clock: 'The clock runs on.', countdown: 'In {seconds} seconds.', reasons: reasons
        };
    }

    function Page(options) {
        const page = this;
        const config = {
            expectedOrigin: ORIGIN, sessionId: 'a', verifyUrl: '/verify', statusUrl: '/status', pageToken: 'token',
            restartUrl: '/launch', courseUrl: '/c', messageTimeoutMs: 15000, retryMs: 2000, heartbeatMs: 30000,
            messageForms: ['string', 'object'], contentUrl: '/exam', contentMode: 'shell', autoRedirect: false,
            refusal: null, strings: texts(), ...options.config
        };
        window.document.title = 'Final exam';
        window.document.documentElement.dataset.proctoringGuard = 'locked';
        window.setFixtures(
            (options.hasCover === false ? '' : COVER)
            + (options.content || SHELL)
            + '<script type="application/json" id="proctoring-guard-config"></' + 'script>'
        );
        window.document.getElementById('proctoring-guard-config').textContent =
            'configText' in options ? options.configText : JSON.stringify(config);

        this.config = config;
        this.calls = []; // of the server: {url, options, answer, fail}
        this.states = [];
        this.parent = {};
        this.left = [];
        const listeners = [];
        this.window = {
            parent: options.isAlone ? null : this.parent,
            location: {
                search: 'search' in options ? options.search : '?examus-client-origin=' + encodeURIComponent(ORIGIN),
                href: 'https://lms.example/entry',
                assign: function(address) { page.left.push(address); },
                replace: function(address) { page.left.push(address); }
            },
            addEventListener: function(name, listener) { listeners.push(listener); }
        };
        if (options.isAlone) {
            this.window.parent = this.window;
        }
        const fetchIt = function(url, sent) {
            return new Promise(function(resolve, reject) {
                page.calls.push({
                    url: url,
                    options: sent,
                    answer: function(status, body) {
                        resolve({status: status, json: function() {
                            return body === undefined ? Promise.reject(new SyntaxError('no JSON')) : Promise.resolve(body);
                        }});
                        return window.promisesSettled();
                    },
                    fail: function() {
                        reject(new TypeError('no network'));
                        return window.promisesSettled();
                    }
                });
                sent.signal.addEventListener('abort', function() { reject(new DOMException('aborted', 'AbortError')); });
            });
        };
        this.onState = function(event) { page.states.push([event.detail.state, event.detail.reason]); };
        window.document.addEventListener('proctoring-guard:state', this.onState);
        // The script is a classic one: what it takes for globals are arguments here.
        new Function('window', 'fetch', window.constructorSource('guard.js'))(this.window, fetchIt);

        this.guard = this.window.edxProctoringGuard;
        this.send = function(data, event) {
            listeners.forEach(function(listener) {
                listener({data: data, origin: ORIGIN, source: page.parent, ...event});
            });
        };
    }

    Object.defineProperties(Page.prototype, {
        lastCall: {get: function() { return this.calls[this.calls.length - 1]; }},
        body: {get: function() { return JSON.parse(this.lastCall.options.body); }},
        html: {get: function() { return window.document.documentElement.dataset.proctoringGuard; }},
        state: {get: function() { return this.states.length ? this.states[this.states.length - 1] : null; }}
    });
    Page.prototype.find = function(id) {
        return window.document.getElementById('proctoring-' + id);
    };
    Page.prototype.open = async function(body) {
        this.send('proctoringReady_n6EY');
        await this.lastCall.answer(200, {state: 'open', ...body});
    };
    Page.prototype.after = async function(milliseconds) {
        window.jasmine.clock().tick(milliseconds);
        await window.promisesSettled();
    };

    /** Registers clean-up; returns a function that makes a page. */
    window.useGuardPage = function() {
        let made = [];
        window.beforeEach(function() { window.jasmine.clock().install(); });
        window.afterEach(function() {
            window.jasmine.clock().uninstall();
            made.forEach(function(page) {
                window.document.removeEventListener('proctoring-guard:state', page.onState);
            });
            made = [];
            delete window.document.documentElement.dataset.proctoringGuard;
            window.document.title = '';
        });
        return function(options) {
            const page = new Page(options || {});
            made.push(page);
            return page;
        };
    };
}(window));
