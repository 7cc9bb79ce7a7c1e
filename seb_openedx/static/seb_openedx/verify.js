// Sends what Safe Exam Browser computes for this page (contract/seb-exams#script).

// Some clients call the object that they are given, others its name in the page: only a global declaration is both.
function sebOpenedxKeysUpdated() { // eslint-disable-line no-unused-vars
    'use strict';

    document.dispatchEvent(new Event('seb-keys-updated'));
}

(function() {
    'use strict';

    var WAIT_MS = 3000;
    var POLL_MS = 100;
    var page = document.getElementById('seb-verify');
    var isSent = false;

    function show(code, again) {
        var texts = page.querySelectorAll('.js-refused [data-code]');
        var known = page.querySelector('.js-refused [data-code="' + code + '"]');
        var i;
        if (code === 'browser_key_mismatch') {
            known = page.querySelector('.js-refused [data-code="config_key_mismatch"]');
        }
        for (i = 0; i < texts.length; i += 1) {
            texts[i].hidden = texts[i] !== (known || texts[0]);
        }
        if (again) {
            page.querySelector('.js-again').setAttribute('href', again);
        }
        page.querySelector('.js-waiting').setAttribute('aria-busy', 'false');
        page.querySelector('.js-ways-on').hidden = false;
    }

    function isSet(value) {
        return typeof value === 'string' && value !== '' && value !== ':';
    }

    function send() {
        var browser = window.SafeExamBrowser;
        var request = new XMLHttpRequest();
        if (isSent) {
            return;
        }
        isSent = true;
        request.open('POST', page.getAttribute('data-url'));
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('X-CSRFToken', page.querySelector('[name=csrfmiddlewaretoken]').value);
        request.onload = function() {
            var reply = {};
            try {
                reply = JSON.parse(request.responseText);
            } catch (error) {
                reply = {code: 'config_error'};
            }
            if (request.status === 200 && reply.verified) {
                window.location.replace(reply.next);
            } else {
                show(reply.code, reply.url);
            }
        };
        request.onerror = function() { show('challenge_expired'); };
        request.send(JSON.stringify({
            nonce: page.getAttribute('data-nonce'),
            config_key_hash: isSet(browser.security.configKey) ? browser.security.configKey : '',
            browser_exam_key_hash: isSet(browser.security.browserExamKey) ? browser.security.browserExamKey : '',
            page_url: window.location.href,
            version: typeof browser.version === 'string' ? browser.version : ''
        }));
    }

    function ask(security, version) {
        var isWindows = String(version).indexOf('SEB_Windows') === 0;
        if (isWindows && isSet(security.configKey) && isSet(security.browserExamKey)) {
            send();
            return;
        }
        document.addEventListener('seb-keys-updated', send);
        setTimeout(send, WAIT_MS);
        if (typeof security.updateKeys === 'function') {
            security.updateKeys(window.sebOpenedxKeysUpdated);
        }
    }

    function wait(until) {
        var browser = window.SafeExamBrowser;
        if (browser && browser.security) {
            ask(browser.security, browser.version);
        } else if (Date.now() >= until) {
            show('no_header');
        } else {
            setTimeout(function() { wait(until); }, POLL_MS);
        }
    }

    wait(Date.now() + WAIT_MS);
}());
