/**
 * Keeps an exam page covered until the proctoring system around it says that the learner is proctored, and our server
 * confirms it. Contract: contract/constructor#guard.
 *
 * The first script in <head>, so that it hears a message that is sent as soon as the page is loaded. It decides nothing:
 * the server shows no content to a browser without the cookie that `verifyUrl` gives.
 */
(function() {
    'use strict';

    const READY = 'proctoringReady_n6EY';
    const PARAMETER = 'examus-client-origin';
    const LONGEST_MESSAGE = 4096;
    const LONGEST_CODE = 230;
    const BACK_OFF = [2000, 4000, 8000, 15000];
    const COUNTDOWN_SECONDS = 10;
    // A call without an answer for so long is as good as refused.
    const LONGEST_CALL_MS = 20000;
    // After these a late message, or a repeated call, still opens the page.
    const RECOVERABLE = ['no_message', 'server_unavailable', 'not_started', 'proctoring_inactive'];

    const listeners = {};
    const root = document.documentElement;
    let config = null;
    let state = 'waiting';
    let reason = null;
    let code = null; // of the last good message
    let form = 'string';
    let isVerifying = false;
    let verified = null; // the code that the running call to `verifyUrl` sends
    let isInactive = false;
    let failures = 0;
    let timer = null; // of the next call
    let deadline = null; // of the first message
    let title = '';
    let focused = null;
    let madeInert = [];

    function element(id) {
        return document.getElementById(id);
    }

    function emit(name, detail) {
        (listeners[name] || []).forEach(function(listener) { listener(detail); });
        document.dispatchEvent(new CustomEvent('proctoring-guard:' + name, {detail: detail}));
    }

    /** Show or hide an element. */
    function show(id, isShown) {
        const node = element(id);
        if (node) {
            node.hidden = !isShown;
        }
    }

    function write(id, text) {
        const node = element(id);
        if (node && node.textContent !== text) {
            node.textContent = text;
        }
    }

    /** Keep everything but the cover away from keyboard and screen readers, or give it back. */
    function shutOff(cover, isOpen) {
        const content = element('proctoring-guarded-content');
        if (content) {
            content.inert = !isOpen;
            if (isOpen) {
                content.removeAttribute('aria-hidden');
            } else {
                content.setAttribute('aria-hidden', 'true');
            }
        }
        if (isOpen) {
            madeInert.forEach(function(node) { node.inert = false; });
            madeInert = [];
        } else if (cover) {
            // On a page of the host: its header and footer, which the cover paints over.
            Array.from(cover.parentNode.children).forEach(function(node) {
                if (node !== cover && node !== content && node.id !== 'proctoring-guard-status' && !node.inert) {
                    node.inert = true;
                    madeInert.push(node);
                }
            });
        }
    }

    /** The text of a reason, null for one that the page does not know. */
    function textOf(why) {
        const reasons = config.strings.reasons;
        return Object.prototype.hasOwnProperty.call(reasons, why) ? reasons[why] : null;
    }

    /** What is written below the heading. */
    function explanation(told) {
        return state === 'lost' ? [told.title + '.', told.text, config.strings.clock].join(' ') : told.text;
    }

    function render() {
        const texts = config.strings;
        const told = textOf(reason);
        const isOpen = state === 'open';
        // Once shown, the content is only made invisible: answers in it must not get lost.
        root.dataset.proctoringGuard = isOpen ? 'open' : root.dataset.proctoringGuard === 'locked' ? 'locked' : 'covered';
        const cover = element('proctoring-guard-cover');
        shutOff(cover, isOpen);
        if (!cover) {
            return; // the page is still being read; DOMContentLoaded comes here again
        }
        cover.setAttribute('role', state === 'lost' || state === 'refused' ? 'alertdialog' : 'dialog');
        show('proctoring-guard-restart', told !== null && told.button === 'restart');
        show('proctoring-guard-course', told !== null && told.button === 'course');
        cover.querySelector('.proctoring-spinner').hidden = told !== null;
        const heading = state === 'lost' ? texts.lost : told ? told.title : state === 'verifying' ? texts.verifying : texts.waiting;
        write('proctoring-guard-title', heading);
        write('proctoring-guard-text', told ? '' : texts.waitingText);
        // The heading is no live region, so what is announced says it again, unseen.
        write('proctoring-guard-alert-title', told ? heading + '. ' : '');
        write('proctoring-guard-alert-text', told ? explanation(told) : '');
        // Focus is on the heading when the page opens, so only later states are announced.
        write('proctoring-guard-state', told || state === 'waiting' ? '' : heading);
        write('proctoring-guard-status', isOpen ? texts.open : '');
        document.title = isOpen ? title : heading + (title ? ' – ' + title : '');
    }

    function focusOn(target) {
        if (target.tabIndex < 0 && !target.hasAttribute('tabindex')) {
            target.setAttribute('tabindex', '-1');
        }
        target.focus();
    }

    /** The element with the focus, also inside of frames of this site: hiding a frame loses it. */
    function focusedElement() {
        let found = document.activeElement;
        try {
            while (found && found.tagName === 'IFRAME' && found.contentDocument.activeElement) {
                found = found.contentDocument.activeElement;
            }
        } catch (error) {
            return found; // a frame of another site keeps it by itself
        }
        return found;
    }

    /** Move the focus into the content: to where it was, else to its heading. */
    function focusContent() {
        const content = element('proctoring-guarded-content');
        if (focused && focused.isConnected && focused !== focused.ownerDocument.body && focused.ownerDocument.defaultView) {
            focusOn(focused);
        } else if (content) {
            focusOn(content.querySelector('h1') || content);
        }
    }

    function change(toState, why) {
        if (state === toState && reason === why) {
            return;
        }
        const wasOpen = state === 'open';
        if (wasOpen) {
            focused = focusedElement();
        }
        state = toState;
        reason = why;
        render();
        if (state === 'open') {
            focusContent();
        } else if (wasOpen && element('proctoring-guard-title')) {
            element('proctoring-guard-title').focus();
        }
        emit('state', {state: state, reason: reason});
    }

    function refuse(why) {
        change('refused', why);
        if (RECOVERABLE.indexOf(why) === -1) {
            clearTimeout(timer);
            clearTimeout(deadline);
        }
    }

    function later(work, milliseconds) {
        clearTimeout(timer);
        timer = setTimeout(work, milliseconds);
    }

    /** What a message says: `{active, code, form}`, or null for another sender's message. */
    function parse(data) {
        const takesObjects = config.messageForms.indexOf('object') !== -1;
        let from = 'object';
        if (typeof data === 'string') {
            if (data.length > LONGEST_MESSAGE) {
                return null;
            }
            if (data === READY) {
                return config.messageForms.indexOf('string') === -1 ? null : {active: true, code: null, form: 'string'};
            }
            from = 'string';
            try {
                data = JSON.parse(data);
            } catch (error) {
                return null;
            }
        }
        if (!takesObjects || data === null || typeof data !== 'object' || Array.isArray(data)) {
            return null;
        }
        const isNamed = ['type', 'event', 'message', 'name'].some(function(name) { return data[name] === READY; });
        const hasFlag = typeof data.proctoringIsActive === 'boolean';
        if (!hasFlag && !isNamed) {
            return null;
        }
        const found = ['assessCode', 'accessCode', 'sessionId'].map(function(name) { return data[name]; })
            .filter(function(value) { return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_CODE; });
        return {active: hasFlag ? data.proctoringIsActive : true, code: found.length ? found[0] : null, form: from};
    }

    function onMessage(event) {
        if (config === null || !config.expectedOrigin || config.refusal) {
            return;
        }
        // Only from the page that frames this one.
        if (window.parent === window || event.source !== window.parent || event.origin !== config.expectedOrigin) {
            return;
        }
        const message = parse(event.data);
        if (message === null || (state === 'refused' && RECOVERABLE.indexOf(reason) === -1)) {
            return;
        }
        clearTimeout(deadline);
        isInactive = !message.active;
        if (isInactive) {
            clearTimeout(timer);
            if (state === 'open' || state === 'lost') {
                change('lost', 'proctoring_inactive');
            } else {
                refuse('proctoring_inactive');
            }
            return;
        }
        code = message.code;
        form = message.form;
        if (state !== 'open' || code !== null) {
            verify();
        }
    }

    function call(url, options) {
        options.credentials = 'same-origin';
        options.cache = 'no-store';
        options.headers = Object.assign({'X-Proctoring-Page-Token': config.pageToken, Accept: 'application/json'}, options.headers);
        const limit = new AbortController();
        const patience = setTimeout(function() { limit.abort(); }, LONGEST_CALL_MS);
        options.signal = limit.signal;
        return fetch(url, options).then(function(response) {
            return response.json().then(function(body) {
                clearTimeout(patience);
                if (body === null || typeof body !== 'object') {
                    throw new TypeError('the answer is not an object');
                }
                return {status: response.status, body: body};
            });
        });
    }

    function verify() {
        if (isVerifying) {
            return;
        }
        isVerifying = true;
        verified = code;
        clearTimeout(timer);
        if (state === 'waiting' || reason === 'no_message' || reason === 'proctoring_inactive') {
            change('verifying', null);
        }
        const body = {origin: config.expectedOrigin, form: form};
        if (code !== null) {
            body.assess_code = code;
        }
        call(config.verifyUrl, {
            method: 'POST',
            headers: {'Content-Type': 'application/json'},
            body: JSON.stringify(body)
        }).then(function(answer) {
            isVerifying = false;
            if (code !== verified && !isInactive) {
                verify(); // a message with another code came meanwhile
            } else {
                onVerdict(answer);
            }
        }, function() {
            isVerifying = false;
            unavailable();
        });
    }

    function onVerdict(answer) {
        if (isInactive) {
            return; // an inactive message came meanwhile
        }
        if (answer.status === 200 && answer.body.state === 'open') {
            failures = 0;
            open();
        } else if (answer.status >= 500) {
            unavailable();
        } else if (answer.body.code === 'not_started') {
            failures = 0;
            change(state === 'lost' ? 'lost' : 'refused', 'not_started');
            later(verify, answer.body.retry_after ? answer.body.retry_after * 1000 : config.retryMs);
        } else {
            refuse(textOf(answer.body.code) ? answer.body.code : 'session_reset');
        }
    }

    function unavailable() {
        if (isInactive) {
            return;
        }
        const wait = BACK_OFF[Math.min(failures, BACK_OFF.length - 1)];
        failures += 1;
        change(state === 'lost' || state === 'open' ? 'lost' : 'refused', 'server_unavailable');
        later(verify, wait);
    }

    /** Give the frame of a page of ours its address. A page of the host has its content already. */
    function loadContent() {
        const content = element('proctoring-guarded-content');
        if (content && content.tagName === 'IFRAME' && !content.getAttribute('src')) {
            content.setAttribute('src', config.contentUrl);
        }
    }

    function open() {
        const content = element('proctoring-guarded-content');
        if (config.contentMode === 'inline' && content && content.tagName === 'IFRAME') {
            const target = new URL(config.contentUrl, window.location.href);
            target.searchParams.set(PARAMETER, config.expectedOrigin);
            window.location.replace(target.href);
            return;
        }
        loadContent();
        change('open', null);
        later(heartbeat, config.heartbeatMs);
    }

    function heartbeat() {
        call(config.statusUrl, {method: 'GET'}).then(function(answer) {
            if (isInactive) {
                return;
            }
            if (answer.status >= 500) {
                silent();
            } else if (answer.body.state === 'open') {
                failures = 0;
                later(heartbeat, config.heartbeatMs);
            } else if (answer.body.state === 'lost') {
                change('lost', answer.body.code || 'not_started');
                later(verify, config.retryMs);
            } else {
                refuse(textOf(answer.body.code) ? answer.body.code : 'session_reset');
            }
        }, silent);
    }

    /** A heartbeat got no answer. The server stops showing content after four of them, so the cover comes then. */
    function silent() {
        failures += 1;
        if (failures < 4) {
            later(heartbeat, config.heartbeatMs / 2);
        } else {
            failures = 0;
            unavailable();
        }
    }

    function onTimeOut() {
        if (state === 'waiting') {
            refuse('no_message');
        }
    }

    /** A page outside of the frame goes to the launch page, where the operator wants that; the learner may stay. */
    function countDown(left) {
        if (left <= 0) {
            window.location.assign(config.restartUrl);
            return;
        }
        show('proctoring-guard-countdown', true);
        show('proctoring-guard-cancel', true);
        write('proctoring-guard-countdown', config.strings.countdown.replace('{seconds}', left));
        deadline = setTimeout(function() { countDown(left - 1); }, 1000);
    }

    /** Whether the page was opened with the origin that the server has chosen. */
    function hasExpectedOrigin() {
        const given = new URLSearchParams(window.location.search.replace(/\?/g, '&').replace('&', '?')).get(PARAMETER);
        if (given === null) {
            return true;
        }
        try {
            return new URL(given).origin === config.expectedOrigin;
        } catch (error) {
            return false;
        }
    }

    function begin() {
        title = document.title;
        render();
        if (state === 'open') { // before the page was read
            loadContent();
            focusContent();
        } else if (element('proctoring-guard-title')) {
            element('proctoring-guard-title').focus();
        }
        if (element('proctoring-guard-cancel')) {
            element('proctoring-guard-cancel').addEventListener('click', function() {
                clearTimeout(deadline);
                show('proctoring-guard-countdown', false);
                show('proctoring-guard-cancel', false);
                element('proctoring-guard-title').focus();
            });
        }
        if (window.parent === window && config.autoRedirect) {
            deadline = setTimeout(function() { countDown(COUNTDOWN_SECONDS); }, config.messageTimeoutMs);
        }
    }

    const source = element('proctoring-guard-config');
    if (!source) {
        return; // no configuration: the page stays locked
    }
    try {
        config = JSON.parse(source.textContent);
    } catch (error) {
        return;
    }
    window.edxProctoringGuard = Object.freeze({
        get state() { return state; },
        on: function(name, listener) {
            (listeners[name] = listeners[name] || []).push(listener);
        },
        version: 1
    });
    window.addEventListener('message', onMessage);
    if (config.refusal) {
        refuse(config.refusal);
    } else if (window.parent === window) {
        refuse('not_framed');
    } else if (!hasExpectedOrigin()) {
        refuse('origin_untrusted');
    } else {
        deadline = setTimeout(onTimeOut, config.messageTimeoutMs);
    }
    if (document.readyState === 'loading') {
        document.addEventListener('DOMContentLoaded', begin);
    } else {
        begin();
    }
}());
