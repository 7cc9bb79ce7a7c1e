describe('Entering an exam', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    // @contract exam-buttons#enter
    describe('by the button of the entrance page', function() {
        function enter(attributes, response) {
            page.server.respondWith('POST', '/enter', response);
            page.show(
                '<button class="start-timed-exam js-proctoring-enter" data-ajax-url="/enter" data-exam-id="3" '
                + attributes + '>Go</button><div class="js-proctoring-message" role="alert"></div>'
            );
            $('.js-proctoring-enter').trigger('click');
            return $('.js-proctoring-enter');
        }

        it('starts the clock of a timed exam', function() {
            enter('', json(200));
            page.server.respond();
            expect(page.server.requests[0].requestBody).toBe('exam_id=3&start_clock=true');
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('does not start the clock of a proctored exam', function() {
            enter('data-attempt-proctored="true" data-start-immediately="false"', json(200));
            expect(page.server.requests[0].requestBody).toBe('exam_id=3&start_clock=false&attempt_proctored=true');
        });

        it('starts the clock without proctoring after an opt-out', function() {
            enter('data-attempt-proctored="false" data-start-immediately="true"', json(200));
            expect(page.server.requests[0].requestBody).toBe('exam_id=3&start_clock=true&attempt_proctored=false');
        });

        // @contract exam-buttons#gate
        it('says what a start gate says, until the next try', function() {
            const $button = enter('', json(403, {
                detail: 'Open this exam elsewhere.', code: 'seb_required', launch_url: 'sebs://host/exam.seb'
            }));
            page.server.respond();
            expect($('[role=alert]').text()).toBe('Open this exam elsewhere. Open the exam there');
            expect($('[role=alert] a').attr('href')).toBe('sebs://host/exam.seb');
            $button.trigger('click');
            expect($('[role=alert]').text()).toBe('');
        });

        it('sends one request on a double click', function() {
            enter('', json(200)).trigger('click');
            expect(page.server.requests.length).toBe(1);
            expect($('.js-proctoring-enter').attr('aria-busy')).toBe('true');
        });

        [
            {status: 0, says: 'internet connection'},
            {status: 401, says: 'no longer signed in'},
            {status: 403, says: 'due date may have passed'},
            {status: 400, says: 'in another tab'},
            {status: 502, says: 'Try again in a minute'},
            {status: 503, says: 'Try again in a minute'}
        ].forEach(function(example) {
            it('explains status ' + example.status + ' and lets the learner try again', function() {
                const $button = enter(
                    'data-attempt-proctored="true"', json(example.status, {detail: 'exam_id=3 user_id=4'})
                );
                page.server.respond();
                expect($('[role=alert]').text()).toContain(example.says);
                expect($('[role=alert]').text()).not.toContain('user_id');
                expect($button.prop('disabled')).toBe(false);
                expect($button.attr('aria-busy')).toBeUndefined();
                page.server.respondWith('POST', '/enter', json(200));
                $button.trigger('click');
                page.server.respond();
                expect(exam.reloadPage).toHaveBeenCalled();
            });
        });
    });

    // @contract exam-buttons#enter-again
    describe('while the server or the provider has too much to do', function() {
        const LONGEST_WAIT = 90 * 1000;

        function answer(status, headers) {
            page.server.respondWith('POST', '/enter', [status, headers || {}, '']);
            page.server.respond();
        }

        function sent() {
            return page.server.requests.length;
        }

        beforeEach(function() {
            page.show(
                '<button class="js-proctoring-enter" data-ajax-url="/enter" data-exam-id="3" '
                + 'data-attempt-proctored="true" data-start-immediately="false">Go</button>'
                + '<div class="proctored-exam entrance"><button class="js-proctoring-open-opt-out">No</button>'
                + '<div class="js-proctoring-message" role="alert"></div></div>'
            );
            $('.js-proctoring-enter').trigger('click');
        });

        it('says so and tries again by itself until it succeeds', function() {
            answer(503);
            expect($('[role=alert]').text()).toContain('it tries again by itself');
            expect($('.js-proctoring-enter').prop('disabled')).toBe(false);
            jasmine.clock().tick(9999);
            expect(sent()).toBe(1);
            jasmine.clock().tick(5001);
            expect(sent()).toBe(2);
            expect(page.server.requests[1].requestBody).toBe(page.server.requests[0].requestBody + '&automatic=true');
            answer(200);
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('waits for as long as the server asks', function() {
            answer(503, {'Retry-After': '40'});
            jasmine.clock().tick(39999);
            expect(sent()).toBe(1);
            jasmine.clock().tick(20001);
            expect(sent()).toBe(2);
        });

        it('waits longer each time and stops after ten minutes or more', function() {
            let milliseconds = 0;
            for (let times = 0; times < 12; times += 1) {
                answer(504);
                const before = sent();
                while (sent() === before) {
                    jasmine.clock().tick(1000);
                    milliseconds += 1000;
                }
            }
            answer(504);
            expect(milliseconds).toBeGreaterThan(600 * 1000);
            expect($('[role=alert]').text()).toContain('Try again in a minute.');
            jasmine.clock().tick(LONGEST_WAIT);
            expect(sent()).toBe(13);
        });

        it('loads the page again if an earlier request has created the attempt', function() {
            answer(504);
            jasmine.clock().tick(15000);
            answer(400);
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('counts an answer that does not come in time', function() {
            jasmine.clock().tick(60000);
            expect($('[role=alert]').text()).toContain('it tries again by itself');
            jasmine.clock().tick(15000);
            expect(sent()).toBe(2);
        });

        it('lets the learner try at once, and does not try twice', function() {
            answer(503);
            $('.js-proctoring-enter').trigger('click');
            answer(200);
            jasmine.clock().tick(LONGEST_WAIT);
            expect(sent()).toBe(2);
        });

        it('stops when the learner thinks about going on without proctoring', function() {
            answer(503);
            $('.js-proctoring-open-opt-out').trigger('click');
            expect($('[role=alert]').text()).toBe('');
            jasmine.clock().tick(LONGEST_WAIT);
            expect(sent()).toBe(1);
        });

        it('stops also if the answer comes while the learner thinks about it', function() {
            $('.js-proctoring-open-opt-out').trigger('click');
            answer(503);
            jasmine.clock().tick(LONGEST_WAIT);
            expect(sent()).toBe(1);
        });

        it('waits as long as the server asks for', function() {
            spyOn(Math, 'random').and.returnValue(0);
            answer(503, {'Retry-After': '300'});
            jasmine.clock().tick(299999);
            expect(sent()).toBe(1);
            jasmine.clock().tick(1);
            expect(sent()).toBe(2);
        });

        it('goes on after a repetition that the device interrupted', function() {
            answer(503);
            jasmine.clock().tick(15000);
            page.server.respondWith('POST', '/enter', [0, {}, '']);
            page.server.respond();
            jasmine.clock().tick(30000);
            expect(sent()).toBe(3);
        });

        it('does not take the focus for a repetition', function() {
            document.activeElement.blur();
            answer(503);
            document.activeElement.blur();
            jasmine.clock().tick(15000);
            answer(503);
            expect(document.activeElement).toBe(document.body);
        });

        it('loads the page again after a press whose answer was lost', function() {
            answer(504);
            $('.js-proctoring-enter').trigger('click');
            answer(400);
            expect(exam.reloadPage).toHaveBeenCalled();
        });
    });

    // @contract exam-buttons#enter-again
    describe('by a button that starts the clock', function() {
        it('never starts it by itself', function() {
            page.show(
                '<button class="js-proctoring-enter" data-ajax-url="/enter" data-exam-id="3">Go</button>'
                + '<div class="js-proctoring-message" role="alert"></div>'
            );
            $('.js-proctoring-enter').trigger('click');
            page.server.respondWith('POST', '/enter', [503, {}, '']);
            page.server.respond();
            expect($('[role=alert]').text()).toContain('Try again in a minute.');
            jasmine.clock().tick(90 * 1000);
            expect(page.server.requests.length).toBe(1);
        });
    });

    // @contract exam-buttons#opt-out
    describe('without proctoring', function() {
        beforeEach(function() {
            setFixtures(
                '<div class="proctored-exam entrance"><button class="js-proctoring-open-opt-out">Without</button></div>'
                + '<div class="proctored-exam skip-confirm-wrapper hidden"><h2 class="js-proctoring-opt-out-heading" '
                + 'tabindex="-1">Sure?</h2><button class="proctored-exam-skip-cancel-button">No</button></div>'
            );
            $('.js-proctoring-open-opt-out').trigger('click');
        });

        it('asks for confirmation first', function() {
            expect($('.entrance').hasClass('hidden')).toBe(true);
            expect($('.skip-confirm-wrapper').hasClass('hidden')).toBe(false);
            expect(document.activeElement).toBe($('.js-proctoring-opt-out-heading')[0]);
            expect(page.server.requests.length).toBe(0);
        });

        it('returns to the entrance page on cancel', function() {
            $('.proctored-exam-skip-cancel-button').trigger('click');
            expect($('.entrance').hasClass('hidden')).toBe(false);
            expect($('.skip-confirm-wrapper').hasClass('hidden')).toBe(true);
            expect(document.activeElement).toBe($('.js-proctoring-open-opt-out')[0]);
        });
    });

    // @contract exam-buttons#theme-globals
    describe('by the global functions that themes of 6.1.4 call', function() {
        const CONFIRM = '.proctored-exam-skip-confirm-button';

        beforeEach(function() {
            page.show(
                '<div class="proctored-exam skip-confirm-wrapper"><button class="proctored-exam-skip-confirm-button">'
                + 'Yes</button></div>'
            );
        });

        function optOut(response) {
            page.server.respondWith('POST', '/enter', response);
            window.startProctoredExam(CONFIRM, 3, '/enter', true, false);
        }

        it('opts out once', function() {
            optOut(json(200));
            optOut(json(200));
            expect(window.inProcess).toBe(true);
            page.server.respond();
            expect(page.server.requests.map((request) => request.requestBody))
                .toEqual(['exam_id=3&start_clock=true&attempt_proctored=false']);
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('opts out although the theme has locked the button before', function() {
            window.disableClickEvent(CONFIRM);
            optOut(json(200));
            expect(page.server.requests.length).toBe(1);
        });

        it('says why it failed, and the button can be pressed again', function() {
            optOut(json(403));
            page.server.respond();
            expect($('[role=alert]').text()).toContain('due date may have passed');
            expect(window.inProcess).toBe(false);
            expect($(CONFIRM).prop('disabled')).toBe(false);
        });

        it('locks and unlocks a button', function() {
            window.disableClickEvent(CONFIRM);
            expect([window.inProcess, $(CONFIRM).prop('disabled')]).toEqual([true, true]);
            window.enableClickEvent(CONFIRM);
            expect([window.inProcess, $(CONFIRM).prop('disabled')]).toEqual([false, false]);
        });
    });
});
