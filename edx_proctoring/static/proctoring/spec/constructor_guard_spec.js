// @contract constructor#guard constructor#reasons
describe('The guard of an exam page', function() {
    'use strict';

    const READY = 'proctoringReady_n6EY';
    const show = useGuardPage();

    describe('while it waits', function() {
        it('covers the exam, which is inert and has no address', function() {
            const page = show();
            const content = page.find('guarded-content');
            expect(page.guard.state).toBe('waiting');
            expect(page.html).toBe('locked');
            expect(content.inert).toBe(true);
            expect(content.getAttribute('aria-hidden')).toBe('true');
            expect(content.hasAttribute('src')).toBe(false);
            expect(page.find('guard-title').textContent).toBe('Waiting');
            expect(page.find('guard-text').textContent).toBe('You can wait.');
            expect(page.find('guard-cover').querySelector('.proctoring-spinner').hidden).toBe(false);
            expect(document.title).toBe('Waiting – Final exam');
        });

        it('puts the focus on its heading', function() {
            const page = show();
            expect(document.activeElement).toBe(page.find('guard-title'));
        });

        it('asks the server for nothing', async function() {
            const page = show();
            await page.after(14000);
            expect(page.calls).toEqual([]);
        });

        it('says after a while that nobody answers, and opens for a late message', async function() {
            const page = show();
            await page.after(15000);
            expect(page.state).toEqual(['refused', 'no_message']);
            expect(page.find('guard-cover').getAttribute('role')).toBe('alertdialog');
            expect(page.find('guard-restart').hidden).toBe(false);
            expect(page.find('guard-alert-title').textContent).toBe('Title of no_message. ');
            await page.open();
            expect(page.guard.state).toBe('open');
        });

        it('does not change its state for other scripts', function() {
            const page = show();
            expect(Object.isFrozen(page.guard)).toBe(true);
            expect(function() {
                'use strict';
                page.guard.state = 'open';
            }).toThrowError(TypeError);
            expect(page.guard.state).toBe('waiting');
        });
    });

    describe('takes messages', function() {
        const TRUE_FORMS = [
            READY, {proctoringIsActive: true}, {type: READY}, {event: READY}, {message: READY}, {name: READY},
            JSON.stringify({type: READY}), JSON.stringify({proctoringIsActive: true})
        ];
        const OTHERS = [
            'x', READY + ' ', JSON.stringify(READY), '{', null, undefined, 1, true, [], [READY], {}, {kind: READY},
            {proctoringIsActive: 'true'}, {proctoringIsActive: 1}, JSON.stringify([READY]),
            JSON.stringify({type: READY, padding: 'x'.repeat(4096)})
        ];

        TRUE_FORMS.forEach(function(form) {
            it('of the form ' + JSON.stringify(form), function() {
                const page = show();
                page.send(form);
                expect(page.guard.state).toBe('verifying');
                expect(page.lastCall.url).toBe('/verify');
            });
        });

        OTHERS.forEach(function(form) {
            it('and no other data: ' + String(JSON.stringify(form)).slice(0, 40), function() {
                const page = show();
                page.send(form);
                expect(page.guard.state).toBe('waiting');
                expect(page.calls).toEqual([]);
            });
        });

        it('from the framing window only', function() {
            const page = show();
            page.send(READY, {source: {}});
            page.send(READY, {source: page.window});
            page.send(READY, {source: null});
            expect(page.calls).toEqual([]);
        });

        ['https://proctor.example.evil.org', 'http://proctor.example', 'https://proctor.example:8443', 'null', ''].forEach(function(origin) {
            it('from the expected origin only, not from "' + origin + '"', function() {
                const page = show();
                page.send(READY, {origin: origin});
                expect(page.calls).toEqual([]);
            });
        });

        it('as texts only, where the account wants that', function() {
            const page = show({config: {messageForms: ['string']}});
            page.send({type: READY});
            page.send(JSON.stringify({type: READY}));
            expect(page.calls).toEqual([]);
            page.send(READY);
            expect(page.calls.length).toBe(1);
        });

        it('as objects only, where the account wants that', function() {
            const page = show({config: {messageForms: ['object']}});
            page.send(READY);
            expect(page.calls).toEqual([]);
            page.send({type: READY});
            expect(page.calls.length).toBe(1);
        });

        it('without running what an object does', function() {
            const page = show();
            page.send({type: {toString: function() { throw new Error('asked'); }}});
            expect(page.calls).toEqual([]);
        });
    });

    describe('asks the server', function() {
        it('with the origin, the form and the token of the page', function() {
            const page = show();
            page.send(READY);
            expect(page.body).toEqual({origin: 'https://proctor.example', form: 'string'});
            expect(page.lastCall.options.headers['X-Proctoring-Page-Token']).toBe('token');
            expect(page.lastCall.options.method).toBe('POST');
            expect(page.lastCall.options.credentials).toBe('same-origin');
        });

        [
            [{assessCode: 'A', accessCode: 'B', sessionId: 'C'}, 'A'],
            [{accessCode: 'B', sessionId: 'C'}, 'B'],
            [{sessionId: 'C'}, 'C'],
            [{assessCode: 7, accessCode: 'B'}, 'B'],
            [{assessCode: ''}, undefined],
            [{assessCode: 'x'.repeat(231)}, undefined],
            [{}, undefined]
        ].forEach(function(pair) {
            it('with the code of ' + JSON.stringify(pair[0]).slice(0, 60), function() {
                const page = show();
                page.send({type: READY, ...pair[0]});
                expect(page.body.assess_code).toBe(pair[1]);
                expect(page.body.form).toBe('object');
            });
        });

        it('once at a time, and again for another code that came meanwhile', async function() {
            const page = show();
            page.send({type: READY, assessCode: 'A'});
            page.send({type: READY, assessCode: 'A'});
            expect(page.calls.length).toBe(1);
            page.send({type: READY, assessCode: 'B'});
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('verifying');
            expect(page.body.assess_code).toBe('B');
            await page.lastCall.answer(409, {state: 'refused', code: 'session_mismatch'});
            expect(page.state).toEqual(['refused', 'session_mismatch']);
        });

        it('and gives up on an answer that does not come', async function() {
            const page = show();
            page.send(READY);
            await page.after(20000);
            expect(page.state).toEqual(['refused', 'server_unavailable']);
            await page.after(2000);
            expect(page.calls.length).toBe(2);
        });

        it('again and again, less often each time, while it fails', async function() {
            const page = show();
            page.send(READY);
            for (const [wait, number] of [[2000, 2], [4000, 3], [8000, 4], [15000, 5], [15000, 6]]) {
                await page.lastCall.fail();
                expect(page.state).toEqual(['refused', 'server_unavailable']);
                await page.after(wait - 1);
                expect(page.calls.length).toBe(number - 1);
                await page.after(1);
                expect(page.calls.length).toBe(number);
            }
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('open');
        });

        [[503, {code: 'server_unavailable'}], [502, undefined], [200, undefined], [200, null], [403, undefined]].forEach(function(pair) {
            it('again after ' + pair[0] + ' with ' + JSON.stringify(pair[1]), async function() {
                const page = show();
                page.send(READY);
                await page.lastCall.answer(pair[0], pair[1]);
                expect(page.state).toEqual(['refused', 'server_unavailable']);
                await page.after(2000);
                expect(page.calls.length).toBe(2);
            });
        });

        it('again soon while the checks are not finished', async function() {
            const page = show();
            page.send(READY);
            await page.lastCall.answer(409, {state: 'refused', code: 'not_started', retry_after: 3});
            expect(page.state).toEqual(['refused', 'not_started']);
            await page.after(2999);
            expect(page.calls.length).toBe(1);
            await page.after(1);
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('open');
        });

        it('not any more after an inactive message', async function() {
            const page = show();
            page.send(READY);
            page.send({proctoringIsActive: false});
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.state).toEqual(['refused', 'proctoring_inactive']);
            page.send(READY);
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('open');
        });
    });

    describe('is refused for good', function() {
        ['session_mismatch', 'session_reset', 'attempt_not_active', 'wrong_user', 'login_required', 'cookies_blocked', 'origin_untrusted'].forEach(function(code) {
            it('by the server: ' + code, async function() {
                const page = show();
                page.send(READY);
                await page.lastCall.answer(409, {state: 'refused', code: code});
                expect(page.state).toEqual(['refused', code]);
                expect(page.find('guard-title').textContent).toBe('Title of ' + code);
                expect(page.find('guard-alert-text').textContent).toBe('Text of ' + code + '.');
                expect(page.find('guard-text').textContent).toBe('');
                expect(page.find('guard-cover').querySelector('.proctoring-spinner').hidden).toBe(true);
                page.send(READY);
                await page.after(60000);
                expect(page.calls.length).toBe(1);
            });
        });

        it('by the server, for a reason that it does not know', async function() {
            const page = show();
            page.send(READY);
            await page.lastCall.answer(409, {state: 'refused', code: 'constructor'});
            expect(page.state).toEqual(['refused', 'session_reset']);
        });

        ['origin_missing', 'origin_untrusted'].forEach(function(code) {
            it('by the configuration: ' + code, async function() {
                const page = show({config: {expectedOrigin: null, refusal: code}});
                expect(page.state).toEqual(['refused', code]);
                page.send(READY, {origin: 'null'});
                page.send(READY);
                await page.after(60000);
                expect(page.calls).toEqual([]);
                expect(page.state).toEqual(['refused', code]);
            });
        });

        it('outside of a frame', async function() {
            const page = show({isAlone: true});
            expect(page.state).toEqual(['refused', 'not_framed']);
            page.send(READY, {source: page.window});
            await page.after(60000);
            expect(page.calls).toEqual([]);
            expect(page.find('guard-restart').hidden).toBe(false);
            expect(page.left).toEqual([]);
        });

        [
            ['?examus-client-origin=https%3A%2F%2Fevil.example', 'origin_untrusted'],
            ['?a=1?examus-client-origin=https://evil.example', 'origin_untrusted'],
            ['?examus-client-origin=null', 'origin_untrusted'],
            ['?examus-client-origin=https%3A%2F%2FPROCTOR.example%2F', null],
            ['?a=1?examus-client-origin=https://proctor.example', null],
            ['', null]
        ].forEach(function(pair) {
            it('or not, by the origin in its address: ' + pair[0], function() {
                const page = show({search: pair[0]});
                expect(page.state).toEqual(pair[1] && ['refused', pair[1]]);
            });
        });
    });

    it('without a configuration leaves the page locked', function() {
        const page = show({configText: 'not JSON'});
        expect(page.guard).toBeUndefined();
        expect(page.html).toBe('locked');
    });

    describe('when it opens', function() {
        it('shows the exam, and says so', async function() {
            const page = show();
            await page.open();
            const content = page.find('guarded-content');
            expect(page.html).toBe('open');
            expect(content.getAttribute('src')).toBe('/exam');
            expect(content.inert).toBe(false);
            expect(content.hasAttribute('aria-hidden')).toBe(false);
            expect(document.activeElement).toBe(content);
            expect(document.title).toBe('Final exam');
            expect(page.find('guard-status').textContent).toBe('The exam is open.');
            expect(page.states).toEqual([['verifying', null], ['open', null]]);
        });

        it('does not take the exam out of its frame for a second message', async function() {
            const page = show();
            await page.open();
            page.find('guarded-content').setAttribute('src', '/exam/page2');
            page.send(READY);
            await page.after(1);
            expect(page.calls.length).toBe(1);
            expect(page.find('guarded-content').getAttribute('src')).toBe('/exam/page2');
        });

        it('checks a second message with a code', async function() {
            const page = show();
            await page.open();
            page.send({type: READY, assessCode: 'B'});
            await page.lastCall.answer(409, {state: 'refused', code: 'session_mismatch'});
            expect(page.state).toEqual(['refused', 'session_mismatch']);
            expect(page.html).toBe('covered');
        });

        it('leads its window to a page that has the guard itself, in the other mode', async function() {
            const page = show({config: {contentMode: 'inline', contentUrl: 'https://lms.example/exam?a=1'}});
            await page.open();
            expect(page.left).toEqual(['https://lms.example/exam?a=1&examus-client-origin=https%3A%2F%2Fproctor.example']);
            expect(page.html).toBe('locked');
        });

        it('opens a page of the host, and moves the focus to its heading', async function() {
            const page = show({
                config: {contentMode: 'inline'},
                content: '<header id="host-header"><a href="/">Home</a></header>'
                    + '<main id="proctoring-guarded-content"><h1>Final exam</h1><input id="answer"></main>'
            });
            const header = document.getElementById('host-header');
            expect(header.inert).toBe(true);
            await page.open();
            expect(page.left).toEqual([]);
            expect(document.activeElement.textContent).toBe('Final exam');
            expect(header.inert).toBe(false);
        });

        it('works without a cover', async function() {
            const page = show({hasCover: false});
            await page.open();
            expect(page.html).toBe('open');
        });
    });

    describe('while the exam is open', function() {
        const INLINE = {
            config: {contentMode: 'inline'},
            content: '<main id="proctoring-guarded-content"><h1>Final exam</h1><input id="answer"></main>'
        };

        async function beat(page, status, body) {
            await page.after(30000);
            expect(page.lastCall.url).toBe('/status');
            await page.lastCall.answer(status, body);
        }

        it('says every 30 seconds that it is there', async function() {
            const page = show();
            await page.open();
            await beat(page, 200, {state: 'open'});
            await beat(page, 200, {state: 'open'});
            expect(page.calls.length).toBe(3);
            expect(page.guard.state).toBe('open');
        });

        it('is covered when proctoring is interrupted; answers and focus are kept', async function() {
            const page = show(INLINE);
            await page.open();
            const answer = document.getElementById('answer');
            answer.value = 'The Milky Way';
            answer.focus();
            await beat(page, 200, {state: 'lost', code: 'not_started'});
            expect(page.state).toEqual(['lost', 'not_started']);
            expect(page.html).toBe('covered');
            expect(page.find('guarded-content').inert).toBe(true);
            expect(page.find('guard-cover').getAttribute('role')).toBe('alertdialog');
            expect(page.find('guard-title').textContent).toBe('Interrupted');
            expect(page.find('guard-alert-text').textContent)
                .toBe('Title of not_started. Text of not_started. The clock runs on.');
            expect(document.activeElement).toBe(page.find('guard-title'));
            expect(document.title).toBe('Interrupted – Final exam');
            await page.after(2000);
            expect(page.lastCall.url).toBe('/verify');
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('open');
            expect(document.activeElement).toBe(answer);
            expect(answer.value).toBe('The Milky Way');
        });

        it('is interrupted for a reason that it does not know', async function() {
            const page = show();
            await page.open();
            await beat(page, 200, {state: 'lost', code: 'new_reason'});
            expect(page.guard.state).toBe('lost');
            expect(page.find('guard-title').textContent).toBe('Interrupted');
        });

        it('is covered by an inactive message, and opens after an active one', async function() {
            const page = show();
            await page.open();
            page.send({proctoringIsActive: false});
            expect(page.state).toEqual(['lost', 'proctoring_inactive']);
            await page.after(120000);
            expect(page.calls.length).toBe(1);
            await page.open();
            expect(page.guard.state).toBe('open');
        });

        it('stays open while a few heartbeats get no answer, then is covered and goes on asking', async function() {
            const page = show();
            await page.open();
            await page.after(30000);
            for (const number of [1, 2, 3]) {
                await page.lastCall.fail();
                expect(page.guard.state).withContext(number).toBe('open');
                await page.after(15000);
            }
            await page.lastCall.answer(503, {});
            expect(page.state).toEqual(['lost', 'server_unavailable']);
            await page.after(2000);
            expect(page.lastCall.url).toBe('/verify');
            await page.lastCall.answer(200, {state: 'open'});
            expect(page.guard.state).toBe('open');
            await beat(page, 200, {state: 'open'});
        });

        ['session_reset', 'attempt_not_active', 'login_required'].forEach(function(code) {
            it('is shut for good: ' + code, async function() {
                const page = show();
                await page.open();
                await beat(page, 200, {state: 'refused', code: code});
                expect(page.state).toEqual(['refused', code]);
                expect(page.html).toBe('covered');
                await page.after(120000);
                expect(page.calls.length).toBe(2);
            });
        });
    });

    describe('outside of a frame, where the operator wants it to go on by itself', function() {
        function lone() {
            return show({isAlone: true, config: {autoRedirect: true, messageTimeoutMs: 5000}});
        }

        it('counts down before it goes to the launch page', async function() {
            const page = lone();
            await page.after(5000);
            expect(page.find('guard-countdown').textContent).toBe('In 10 seconds.');
            expect(page.find('guard-cancel').hidden).toBe(false);
            for (let second = 0; second < 9; second += 1) {
                await page.after(1000);
            }
            expect(page.find('guard-countdown').textContent).toBe('In 1 seconds.');
            expect(page.left).toEqual([]);
            await page.after(1000);
            expect(page.left).toEqual(['/launch']);
        });

        it('stays if the learner cancels', async function() {
            const page = lone();
            await page.after(7000);
            page.find('guard-cancel').click();
            expect(page.find('guard-countdown').hidden).toBe(true);
            expect(document.activeElement).toBe(page.find('guard-title'));
            await page.after(60000);
            expect(page.left).toEqual([]);
        });

        it('never does that inside a frame', async function() {
            const page = show({config: {autoRedirect: true}});
            await page.after(120000);
            expect(page.left).toEqual([]);
        });
    });
});
