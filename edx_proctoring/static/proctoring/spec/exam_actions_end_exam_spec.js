describe('Ending an exam', function() {
    'use strict';

    const page = useExamPage();
    const exam = window.edx.courseware.proctored_exam;

    function puts() {
        return page.server.requests.filter((request) => request.method === 'PUT');
    }

    describe('by the submit button', function() {
        // @contract exam-buttons#submit
        it('submits to the server before the session of the proctoring software ends', async function() {
            const order = [];
            page.installWorker(function(message) {
                order.push(message.type);
                return {type: 'examAttemptEnded'};
            });
            page.server.respondWith('PUT', page.ATTEMPT, function(request) {
                order.push('PUT');
                request.respond(200, {}, '{"exam_attempt_id": 7}');
            });
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            await page.settled();
            expect(order).toEqual(['PUT', 'endExamAttempt']);
            expect(page.workers[0].message.timeout).toBe(0);
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        // @contract exam-buttons#submit
        it('says that the answers are submitted when only the proctoring software fails', async function() {
            page.installWorker(() => ({type: 'examAttemptEndFailed'}));
            page.server.respondWith('PUT', page.ATTEMPT, json(200));
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            await page.settled();
            expect($('[role=alertdialog]').text()).toContain('Your answers are submitted');
            expect($('.js-proctoring-message').text()).toBe('');
            expect($('.js-proctoring-end').prop('disabled')).toBe(false);
        });

        // @contract exam-buttons#submit
        it('does not submit again when only the proctoring software is tried again', async function() {
            const answers = [{type: 'examAttemptEndFailed'}, {type: 'examAttemptEnded'}];
            page.installWorker(() => answers.shift());
            page.server.respondWith('PUT', page.ATTEMPT, json(200));
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            await page.settled();
            $('.js-proctoring-end').trigger('click');
            await page.settled();
            expect(puts().length).toBe(1);
            expect(page.workers.length).toBe(2);
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        // @contract exam-buttons#submit
        it('says that the exam is submitted while the proctoring software has not answered', async function() {
            const told = jasmine.createSpy('submitted');
            $(document).one('proctoring:submitted', told);
            page.installWorker(() => null);
            page.server.respondWith('PUT', page.ATTEMPT, json(200));
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            await page.settled();
            expect($('.js-proctoring-message').text()).toContain('Your exam is submitted.');
            expect(told).toHaveBeenCalled();
            expect(exam.reloadPage).not.toHaveBeenCalled();
        });

        it('says that nothing was submitted when the server refuses', async function() {
            page.server.respondWith('PUT', page.ATTEMPT, json(500));
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            await page.settled();
            expect($('[role=alertdialog]').text()).toContain('was not submitted');
            expect($('.js-proctoring-end').prop('disabled')).toBe(false);
            expect(exam.reloadPage).not.toHaveBeenCalled();
        });
    });

    // @contract exam-buttons#offline
    describe('without a connection', function() {
        function submitOffline(status) {
            page.server.respondWith('PUT', page.ATTEMPT, [status, {}, '']);
            page.showButton('js-proctoring-end', 'submit').trigger('click');
            page.server.respond();
        }

        function leaveWarnings() {
            return _.size(($._data(window, 'events') || {}).beforeunload);
        }

        function online() {
            $(window).trigger('online');
            return page.settled();
        }

        [0, 502, 503, 504].forEach(function(status) {
            it('keeps the submission and says that it is not sent yet, on status ' + status, function() {
                submitOffline(status);
                expect($('[role=alert]').text()).toContain('not submitted yet');
                expect($('[role=alert]').text()).toContain('as soon as the connection is back');
                expect($('.js-proctoring-end').prop('disabled')).toBe(true);
                expect(leaveWarnings()).toBe(1);
            });
        });

        it('submits when the connection is back', async function() {
            submitOffline(0);
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'ready_to_submit'}));
            page.server.respondWith('PUT', page.ATTEMPT, json(200, {exam_attempt_id: 7}));
            await online();
            expect(page.server.requests.map((request) => request.method)).toEqual(['PUT', 'GET', 'PUT']);
            expect(exam.reloadPage.calls.count()).toBe(1);
            expect($('[role=alert]').text()).toBe('');
            expect(leaveWarnings()).toBe(0);
        });

        it('does not submit again when the attempt is over by then', async function() {
            submitOffline(0);
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'submitted'}));
            await online();
            expect(puts().length).toBe(1);
            expect(exam.reloadPage.calls.count()).toBe(1);
        });

        it('ends the session of the proctoring software only after the submission', async function() {
            page.installWorker(() => ({type: 'examAttemptEnded'}));
            submitOffline(0);
            expect(page.workers.length).toBe(0);
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'ready_to_submit'}));
            page.server.respondWith('PUT', page.ATTEMPT, json(200));
            await online();
            expect(page.workers[0].message.type).toBe('endExamAttempt');
        });
    });

    it('does not end the session of the software when the learner goes back to the exam', async function() {
        page.installWorker(() => ({type: 'examAttemptEnded'}));
        page.server.respondWith('PUT', page.ATTEMPT, json(200));
        page.showButton('js-proctoring-end', 'start').trigger('click');
        await page.settled();
        expect(page.workers.length).toBe(0);
        expect(exam.reloadPage).toHaveBeenCalled();
    });

    describe('at the end of the time', function() {
        // @contract exam-buttons#expiry
        it('ends the session of the software when the server agrees that the exam is over', async function() {
            page.installWorker(() => ({type: 'examAttemptEnded'}));
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'submitted'}));
            const ended = exam.endExam(page.ATTEMPT);
            await page.settled();
            await expectAsync(ended).toBeResolved();
            expect(page.workers[0].message.type).toBe('endExamAttempt');
        });

        // @contract exam-buttons#expiry
        it('does not end the session while the exam is running', async function() {
            page.installWorker(() => ({type: 'examAttemptEnded'}));
            page.server.respondWith('GET', page.ATTEMPT, json(200, {status: 'started'}));
            const ended = exam.endExam(page.ATTEMPT);
            ended.catch(() => undefined);
            await page.settled();
            await expectAsync(ended).toBeRejected();
            expect(page.workers.length).toBe(0);
        });

        // @contract exam-buttons#expiry
        it('has no session to end without a worker', async function() {
            await expectAsync(exam.endExam(page.ATTEMPT)).toBeResolved();
            expect(page.server.requests.length).toBe(0);
        });
    });
});
