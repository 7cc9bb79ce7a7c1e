// Proves Safe Exam Browser from a page of the learning micro-frontend (contract/seb-exams#front-ends).
//
// Add it to the pages of the micro-frontend as it is, without a build:
//     <script src="https://lms.example.com/static/seb_openedx/mfe-proof.js" data-lms="https://lms.example.com"></script>
// In every other browser it does nothing.

// Some clients call the object that they are given, others its name in the page: only a global declaration is both.
function sebOpenedxMfeKeysUpdated() { // eslint-disable-line no-unused-vars
    'use strict';

    document.dispatchEvent(new Event('seb-mfe-keys-updated'));
}

(function() {
    'use strict';

    // The keys are hashed with the address at which the page was loaded. It stays, whatever the address bar shows later.
    var LOADED_URL = window.location.href;
    var LMS = document.currentScript.getAttribute('data-lms').replace(/\/+$/, '');
    var VERIFY = LMS + '/seb-openedx/api/v2/verify';
    var COURSE = /course-v1:[^/+]+\+[^/+]+\+[^/?#]+/;
    var SEQUENCE = /block-v1:[^/]+\+type@sequential\+block@[^/?#]+/;
    var WAIT_MS = 3000;
    var LOOK_MS = 500;
    // Before a proof counts as old (SEB_SESSION_RECHECK_SECONDS).
    var AGAIN_MS = 4 * 60 * 1000;
    var provedAt = {}; // "course sequence" -> when

    function isSet(value) {
        return typeof value === 'string' && value !== '' && value !== ':';
    }

    function request(method, body, token, done) {
        var call = new XMLHttpRequest();
        call.open(method, VERIFY);
        call.withCredentials = true;
        if (body) {
            call.setRequestHeader('Content-Type', 'application/json');
            call.setRequestHeader('X-CSRFToken', token);
        }
        call.onload = function() {
            var reply = {};
            try {
                reply = JSON.parse(call.responseText);
            } catch (error) {
                reply = {};
            }
            done(call.status, reply);
        };
        call.onerror = function() { done(0, {}); };
        call.send(body ? JSON.stringify(body) : null);
    }

    // What was refused before the proof is loaded again.
    function reloadFrames() {
        Array.prototype.forEach.call(document.querySelectorAll('iframe'), function(frame) {
            if (frame.src.indexOf(LMS + '/') === 0) {
                frame.src = String(frame.src);
            }
        });
    }

    function prove(course, sequence) {
        var key = course + ' ' + sequence;
        var isFirst = !provedAt[key];
        var browser = window.SafeExamBrowser;
        provedAt[key] = Date.now();
        request('GET', null, '', function(status, reply) {
            if (status !== 200) {
                return;
            }
            request('POST', {
                course_id: course,
                content_id: sequence,
                config_key_hash: isSet(browser.security.configKey) ? browser.security.configKey : '',
                browser_exam_key_hash: isSet(browser.security.browserExamKey) ? browser.security.browserExamKey : '',
                page_url: LOADED_URL,
                version: typeof browser.version === 'string' ? browser.version : ''
            }, reply.csrfToken, function(code, result) {
                var event = new CustomEvent('seb-verified', {detail: {status: code, reply: result}});
                if (code === 200 && isFirst) {
                    reloadFrames();
                }
                document.dispatchEvent(event);
            });
        });
    }

    function look() {
        var address = decodeURIComponent(window.location.pathname);
        var course = address.match(COURSE);
        var sequence = address.match(SEQUENCE);
        var wanted = course ? ['', sequence ? sequence[0] : ''] : [];
        wanted.filter(function(content, index) { return wanted.indexOf(content) === index; }).forEach(function(content) {
            var last = provedAt[course[0] + ' ' + content];
            if (!last || Date.now() - last >= AGAIN_MS) {
                prove(course[0], content);
            }
        });
    }

    function begin() {
        if (!begin.isDone) {
            begin.isDone = true;
            look();
            setInterval(look, LOOK_MS);
        }
    }

    function wait(until) {
        var browser = window.SafeExamBrowser;
        var security = browser && browser.security;
        if (security && String(browser.version).indexOf('SEB_Windows') === 0 &&
                isSet(security.configKey) && isSet(security.browserExamKey)) {
            begin();
        } else if (security) {
            document.addEventListener('seb-mfe-keys-updated', begin);
            setTimeout(begin, WAIT_MS);
            if (typeof security.updateKeys === 'function') {
                security.updateKeys(window.sebOpenedxMfeKeysUpdated);
            }
        } else if (Date.now() < until) {
            setTimeout(function() { wait(until); }, 100);
        }
    }

    wait(Date.now() + WAIT_MS);
}());
