describe('The buttons of the exam pages', function() {
    'use strict';

    var exam = window.edx.courseware.proctored_exam;
    var URL = '/attempt/7';
    var server, saved, worker, workers;

    function json(status, body) {
        return [status, {'Content-Type': 'application/json'}, JSON.stringify(body || {})];
    }

    /** The provider's software: answers each message with what `answer` returns, or not at all. */
    function installWorker(answer) {
        exam.configuredWorkerURL = 'http://provider/worker.js';
        window.URL.createObjectURL = function() { return 'blob:1'; };
        window.URL.revokeObjectURL = jasmine.createSpy('revoke');
        window.Worker = function() {
            var self = this;
            workers.push(this);
            this.terminate = jasmine.createSpy('terminate');
            this.postMessage = function(message) {
                var reply = answer(message);
                self.message = message;
                if (reply) {
                    self.onmessage({data: reply});
                }
            };
        };
    }

    /** Let promises settle, and the answers of those versions of jQuery that give them a moment later. */
    function settled(then) {
        function look() {
            // A request that the last answer led to is waited for as well.
            setTimeout(server.queue && server.queue.length ? look : then, 20);
        }
        setTimeout(look, 20);
    }

    function page(html) {
        return setFixtures('<div class="sequence proctored-exam entrance">' + html + '</div>');
    }

    beforeEach(function() {
        saved = _.clone(exam);
        worker = window.Worker;
        workers = [];
        exam.reloadPage = jasmine.createSpy('reloadPage');
        delete exam.configuredWorkerURL;
        delete exam.ProctoringAppPingInterval;
        delete exam.attemptExternalId;
        server = sinon.fakeServer.create({autoRespond: true, autoRespondAfter: 1});
    });

    afterEach(function() {
        server.restore();
        window.Worker = worker;
        _.each(_.keys(exam), function(name) { delete exam[name]; });
        _.extend(exam, saved);
        delete window.accessible_modal;
        // Repetitions of a spec that left its request unanswered end here.
        $(window).off('online').off('beforeunload');
    });

    // @spec learner-experience.md 6.2
    it('are found under the names that outside code calls and replaces', function() {
        _.each([
            'ProctoredExamView', 'ProctoredExamInfo', 'updateStatusHandler', 'examStartHandler', 'examEndHandler',
            'checkExamAttemptStatus', 'endExam', 'pingApplication', 'accessibleError'
        ], function(name) {
            expect(typeof saved[name]).withContext(name).toBe('function');
        });
        expect(typeof window.ProctoredExamModel).toBe('function');
        expect(typeof window.LearnerOnboardingModel).toBe('function');
    });

    // @spec learner-experience.md 4.2:enter-script
    describe('entering', function() {
        function enter(attributes, response) {
            server.respondWith('POST', '/enter', response);
            page(
                '<button class="start-timed-exam js-proctoring-enter" data-ajax-url="/enter" data-exam-id="3" '
                + attributes + '>Go</button><div class="js-proctoring-message" role="alert"></div>'
            );
            $('.js-proctoring-enter').trigger('click');
            return $('.js-proctoring-enter');
        }

        it('starts the clock of a timed exam', function() {
            enter('', json(200));
            server.respond();
            expect(server.requests[0].requestBody).toBe('exam_id=3&start_clock=true');
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('does not start the clock of a proctored exam', function() {
            enter('data-attempt-proctored="true" data-start-immediately="false"', json(200));
            expect(server.requests[0].requestBody).toBe('exam_id=3&start_clock=false&attempt_proctored=true');
        });

        it('goes on without proctoring when that was confirmed', function() {
            enter('data-attempt-proctored="false" data-start-immediately="true"', json(200));
            expect(server.requests[0].requestBody).toBe('exam_id=3&start_clock=true&attempt_proctored=false');
        });

        it('sends a double click once', function() {
            enter('', json(200)).trigger('click');
            expect(server.requests.length).toBe(1);
            expect($('.js-proctoring-enter').attr('aria-busy')).toBe('true');
        });

        [
            {status: 0, says: 'internet connection'},
            {status: 401, says: 'not signed in'},
            {status: 403, says: 'due date may have passed'},
            {status: 400, says: 'in another tab'},
            {status: 502, says: 'proctoring service does not answer'},
            {status: 503, says: 'no time was used'}
        ].forEach(function(example) {
            it('says what happened on ' + example.status + ' and lets the learner try again', function() {
                var $button = enter('data-attempt-proctored="true"', json(example.status, {detail: 'exam_id=3 user_id=4'}));
                server.respond();
                expect($('[role=alert]').text()).toContain(example.says);
                expect($('[role=alert]').text()).not.toContain('user_id');
                expect($button.prop('disabled')).toBe(false);
                expect($button.attr('aria-busy')).toBeUndefined();
                server.respondWith('POST', '/enter', json(200));
                $button.trigger('click');
                server.respond();
                expect(exam.reloadPage).toHaveBeenCalled();
            });
        });
    });

    // @spec learner-experience.md 4.2:opt-out-script
    describe('doing without proctoring', function() {
        beforeEach(function() {
            setFixtures(
                '<div class="proctored-exam entrance"><button class="js-proctoring-open-opt-out">Without</button></div>'
                + '<div class="proctored-exam skip-confirm-wrapper hidden"><h2 class="js-proctoring-opt-out-heading" '
                + 'tabindex="-1">Sure?</h2><button class="js-proctoring-cancel-opt-out">No</button></div>'
            );
            $('.js-proctoring-open-opt-out').trigger('click');
        });

        it('asks first', function() {
            expect($('.entrance').hasClass('hidden')).toBe(true);
            expect($('.skip-confirm-wrapper').hasClass('hidden')).toBe(false);
            expect(document.activeElement).toBe($('.js-proctoring-opt-out-heading')[0]);
            expect(server.requests.length).toBe(0);
        });

        it('can be called off', function() {
            $('.js-proctoring-cancel-opt-out').trigger('click');
            expect($('.entrance').hasClass('hidden')).toBe(false);
            expect($('.skip-confirm-wrapper').hasClass('hidden')).toBe(true);
            expect(document.activeElement).toBe($('.js-proctoring-open-opt-out')[0]);
        });
    });

    describe('changing the state', function() {
        function button(kind, action) {
            page(
                '<button class="' + kind + '" data-action="' + action + '" data-change-state-url="' + URL + '" '
                + 'data-loading-text="Wait" data-cta-text="Go">Go</button>'
            );
            return $('.' + kind);
        }

        // @spec learner-experience.md 6.5:update
        it('puts the action and reloads', function(done) {
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-update', 'stop').trigger('click');
            expect(server.requests[0].requestBody).toBe('action=stop');
            settled(function() {
                expect(exam.reloadPage).toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:locked
        it('shows that it works, and the label again after a failure', function(done) {
            var $button = button('js-proctoring-update', 'reset_attempt');
            server.respondWith('PUT', URL, json(500));
            $button.trigger('click');
            expect($button.text()).toBe('Wait');
            expect($button.prop('disabled')).toBe(true);
            server.respond();
            settled(function() {
                expect($button.text()).toBe('Go');
                expect($button.prop('disabled')).toBe(false);
                expect($('[role=alertdialog]').text()).toContain('Reload this page');
                done();
            });
        });

        // @spec learner-experience.md 6.5:start
        it('starts the proctoring software before the clock', function(done) {
            var order = [];
            installWorker(function(message) {
                order.push(message.type);
                return {type: 'examAttemptStarted'};
            });
            exam.ProctoringAppPingInterval = 60;
            server.respondWith('PUT', URL, function(request) {
                order.push('PUT');
                request.respond(200, {}, '{}');
            });
            button('js-proctoring-start', 'start').attr('data-attempt-external-id', 'ext-1').trigger('click');
            settled(function() {
                expect(order).toEqual(['startExamAttempt', 'PUT']);
                expect(workers[0].message).toEqual({
                    type: 'startExamAttempt', timeout: 60000, attemptExternalId: 'ext-1'
                });
                expect(workers[0].terminate).toHaveBeenCalled();
                expect(window.URL.revokeObjectURL).toHaveBeenCalledWith('blob:1');
                expect(exam.reloadPage).toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:start
        it('does not start the clock when the proctoring software does not start', function(done) {
            installWorker(function() { return {type: 'examAttemptStartFailed', error: 'camera'}; });
            button('js-proctoring-start', 'start').trigger('click');
            settled(function() {
                expect(server.requests.length).toBe(0);
                expect($('[role=alertdialog]').text()).toContain('proctoring software is running');
                expect($('.js-proctoring-start').prop('disabled')).toBe(false);
                expect(workers[0].terminate).toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:start
        it('starts without a worker where the provider has none', function(done) {
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-start', 'start').trigger('click');
            settled(function() {
                expect(server.requests[0].requestBody).toBe('action=start');
                expect(exam.reloadPage).toHaveBeenCalled();
                done();
            });
        });

        [
            {status: 'started', reloads: true, name: 'shows the exam when it has started after all'},
            {status: 'ready_to_start', reloads: false, name: 'says that no time was used when it has not'}
        ].forEach(function(example) {
            it(example.name, function(done) {
                var reload = exam.reloadPage;
                server.respondWith('PUT', URL, json(400));
                server.respondWith('GET', URL, json(200, {status: example.status}));
                button('js-proctoring-start', 'start').trigger('click');
                settled(function() {
                    expect(reload.calls.count() > 0).toBe(example.reloads);
                    expect(/no time was used/.test($('[role=alertdialog]').text())).toBe(!example.reloads);
                    done();
                });
            });
        });

        // @spec learner-experience.md 6.5:end
        it('submits to the server before it tells the proctoring software', function(done) {
            var order = [];
            installWorker(function(message) {
                order.push(message.type);
                return {type: 'examAttemptEnded'};
            });
            server.respondWith('PUT', URL, function(request) {
                order.push('PUT');
                request.respond(200, {}, '{"exam_attempt_id": 7}');
            });
            button('js-proctoring-end', 'submit').trigger('click');
            settled(function() {
                expect(order).toEqual(['PUT', 'endExamAttempt']);
                expect(workers[0].message.timeout).toBe(0);
                expect(exam.reloadPage).toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:end
        it('says that the answers are safe when only the software fails', function(done) {
            installWorker(function() { return {type: 'examAttemptEndFailed'}; });
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-end', 'submit').trigger('click');
            settled(function() {
                expect($('[role=alertdialog]').text()).toContain('Your answers are submitted');
                expect($('.js-proctoring-end').prop('disabled')).toBe(false);
                done();
            });
        });

        // @spec learner-experience.md 6.5:end
        it('does not submit a second time when only the software is asked again', function(done) {
            var answers = [{type: 'examAttemptEndFailed'}, {type: 'examAttemptEnded'}];
            installWorker(function() { return answers.shift(); });
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-end', 'submit').trigger('click');
            settled(function() {
                $('.js-proctoring-end').trigger('click');
                settled(function() {
                    expect(_.where(server.requests, {method: 'PUT'}).length).toBe(1);
                    expect(workers.length).toBe(2);
                    expect(exam.reloadPage).toHaveBeenCalled();
                    done();
                });
            });
        });

        it('says that nothing was submitted when the server refuses', function(done) {
            server.respondWith('PUT', URL, json(500));
            button('js-proctoring-end', 'submit').trigger('click');
            settled(function() {
                expect($('[role=alertdialog]').text()).toContain('was not submitted');
                expect($('.js-proctoring-end').prop('disabled')).toBe(false);
                expect(exam.reloadPage).not.toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:locked
        it('keeps the other answer to the question locked while it works', function(done) {
            server.respondWith('PUT', URL, json(500));
            page(
                '<button class="exam-action-button js-proctoring-end" id="yes" data-action="submit" data-change-state-url="' + URL + '">Yes</button>'
                + '<button class="exam-action-button js-proctoring-end" id="no" data-action="start" data-change-state-url="' + URL + '">No</button>'
            );
            $('#yes').trigger('click');
            expect($('#no').prop('disabled')).toBe(true);
            $('#no').trigger('click');
            expect(server.requests.length).toBe(1);
            settled(function() {
                expect($('#no').prop('disabled')).toBe(false);
                done();
            });
        });

        // @spec learner-experience.md 6.5:offline
        describe('without a connection', function() {
            var setTimer, timers;

            beforeEach(function() {
                setTimer = window.setTimeout;
                timers = [];
                window.setTimeout = function() {
                    timers.push(setTimer.apply(window, arguments));
                    return _.last(timers);
                };
            });

            afterEach(function() {
                // What was not submitted in one spec may not be submitted in the next.
                _.each(timers, function(timer) { clearTimeout(timer); });
                window.setTimeout = setTimer;
            });

            function submitOffline(status) {
                server.respondWith('PUT', URL, [status, {}, '']);
                button('js-proctoring-end', 'submit').trigger('click');
                server.respond();
            }

            function leaveWarnings() {
                return _.size(($._data(window, 'events') || {}).beforeunload);
            }

            function online() {
                $(window).trigger('online');
                server.respond();
                server.respond();
            }

            [0, 502, 503, 504].forEach(function(status) {
                it('keeps the wish to submit, and says so (' + status + ')', function() {
                    submitOffline(status);
                    expect($('[role=alert]').text()).toContain('not submitted yet');
                    expect($('[role=alert]').text()).toContain('as soon as the connection is back');
                    expect($('.js-proctoring-end').prop('disabled')).toBe(true);
                    expect(leaveWarnings()).toBe(1);
                });
            });

            it('submits when the connection is back', function(done) {
                submitOffline(0);
                server.respondWith('GET', URL, json(200, {status: 'ready_to_submit'}));
                server.respondWith('PUT', URL, json(200, {exam_attempt_id: 7}));
                online();
                settled(function() {
                    expect(_.pluck(server.requests, 'method')).toEqual(['PUT', 'GET', 'PUT']);
                    expect(exam.reloadPage.calls.count()).toBe(1);
                    expect($('[role=alert]').text()).toBe('');
                    expect(leaveWarnings()).toBe(0);
                    done();
                });
            });

            it('does not submit what has arrived, or has ended by itself meanwhile', function(done) {
                submitOffline(0);
                server.respondWith('GET', URL, json(200, {status: 'submitted'}));
                online();
                settled(function() {
                    expect(_.where(server.requests, {method: 'PUT'}).length).toBe(1);
                    expect(exam.reloadPage.calls.count()).toBe(1);
                    done();
                });
            });

            it('tells the proctoring software once it is submitted', function(done) {
                installWorker(function() { return {type: 'examAttemptEnded'}; });
                submitOffline(0);
                expect(workers.length).toBe(0);
                server.respondWith('GET', URL, json(200, {status: 'ready_to_submit'}));
                server.respondWith('PUT', URL, json(200));
                online();
                settled(function() {
                    expect(workers[0].message.type).toBe('endExamAttempt');
                    done();
                });
            });
        });

        it('does not bother the software when the learner goes back to work', function(done) {
            installWorker(function() { return {type: 'examAttemptEnded'}; });
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-end', 'start').trigger('click');
            settled(function() {
                expect(workers.length).toBe(0);
                expect(exam.reloadPage).toHaveBeenCalled();
                done();
            });
        });

        // @spec learner-experience.md 6.5:locked
        it('runs once when a theme has bound the handler as well', function(done) {
            server.respondWith('PUT', URL, json(200));
            button('js-proctoring-update', 'stop').on('click', exam.updateStatusHandler).trigger('click');
            settled(function() {
                expect(server.requests.length).toBe(1);
                done();
            });
        });

        it('puts the notice about the result away', function() {
            server.respondWith('PUT', '/review_status', json(200));
            page('<button class="js-proctoring-visit" data-action-url="/review_status">View</button>');
            $('.js-proctoring-visit').trigger('click');
            server.respond();
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('declines after a question', function() {
            server.respondWith('PUT', URL, json(200));
            spyOn(window, 'confirm').and.returnValues(false, true);
            button('js-proctoring-decline', 'decline').trigger('click');
            expect(server.requests.length).toBe(0);
            $('.js-proctoring-decline').trigger('click');
            expect(server.requests[0].requestBody).toBe('action=decline');
        });

        it('arms the button beside it', function() {
            page(
                '<button class="js-proctoring-confirm">I understand</button>'
                + '<button class="exam-action-button" disabled>Repeat</button>'
            );
            $('.js-proctoring-confirm').trigger('click');
            expect($('.exam-action-button').prop('disabled')).toBe(false);
        });
    });

    // @spec learner-experience.md 4.4:set-up-script
    describe('setting up', function() {
        function setUp(status) {
            server.respondWith('GET', URL + '?sourceid=instructions', json(200, {status: status}));
            server.respondWith('PUT', URL, json(200));
            setFixtures(
                '<div class="sequence js-proctoring-set-up" data-exam-started-poll-url="' + URL + '">'
                + '<p class="js-proctoring-status" role="status"></p>'
                + '<button id="software_download_link" class="btn-pl-primary js-proctoring-check-system" '
                + 'data-download-url="https://provider/check">Check</button>'
                + '<button class="js-start-proctored-exam btn-secondary">Start</button></div>'
            );
        }

        it('goes on to the rules when the provider is satisfied', function() {
            setUp('ready_to_start');
            $('.js-start-proctored-exam').trigger('click');
            server.respond();
            expect(exam.reloadPage).toHaveBeenCalled();
        });

        it('says what is missing when the provider is not', function() {
            setUp('created');
            $('.js-start-proctored-exam').trigger('click');
            server.respond();
            expect(exam.reloadPage).not.toHaveBeenCalled();
            expect($('[role=alertdialog]').text()).toContain('Finish the system check');
            expect($('.js-start-proctored-exam').prop('disabled')).toBe(false);
            expect($('#software_download_link').hasClass('btn-pl-primary')).toBe(true);
        });

        it('opens the system check without a way back to this page', function() {
            var opened = {opener: window};
            setUp('created');
            spyOn(window, 'open').and.returnValue(opened);
            $('#software_download_link').trigger('click');
            server.respond();
            expect(window.open).toHaveBeenCalledWith('https://provider/check', '_blank');
            expect(opened.opener).toBe(null);
            expect(_.last(server.requests).requestBody).toBe('action=click_download_software');
        });

        it('explains a blocked window', function() {
            setUp('created');
            spyOn(window, 'open').and.returnValue(null);
            $('#software_download_link').trigger('click');
            expect($('[role=alertdialog]').text()).toContain('Allow pop-ups');
        });

        it('tells when the provider is satisfied, without being asked', function() {
            var clock = sinon.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
            setUp('created');
            exam.watchForReadiness();
            clock.tick(6000);
            server.respond();
            expect($('.js-proctoring-status').text()).toBe('');
            server.respondWith('GET', URL + '?sourceid=instructions', json(200, {status: 'ready_to_start'}));
            clock.tick(10000);
            server.respond();
            expect($('.js-proctoring-status').text()).toContain('set-up is complete');
            expect($('.js-start-proctored-exam').hasClass('btn-pl-primary')).toBe(true);
            clock.restore();
        });
    });

    // @spec learner-experience.md 6.6:messages
    describe('the worker protocol', function() {
        it('gives a ping ten seconds less than the page waits', function(done) {
            installWorker(function() { return {type: 'echo'}; });
            exam.pingApplication(60).then(function() {
                expect(workers[0].message).toEqual({type: 'ping', timeout: 50000});
                done();
            }, done.fail);
        });

        it('rejects with what the worker says', function(done) {
            installWorker(function() { return {type: 'pingFailed', error: 'closed'}; });
            exam.pingApplication(60).then(done.fail, function(reason) {
                expect(reason).toBe('closed');
                done();
            });
        });

        // @spec learner-experience.md 6.6:limit
        it('gives up on a silent worker and ends it', function(done) {
            var clock = sinon.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
            installWorker(function() { return null; });
            exam.pingApplication(60).then(done.fail, function(reason) {
                expect(reason.message).toBe('worker failed to respond after 60000ms');
                expect(workers[0].terminate).toHaveBeenCalled();
                done();
            });
            clock.tick(60000);
            clock.restore();
        });

        // @spec learner-experience.md 6.5:status
        it('ends the session of the software when the server agrees', function(done) {
            installWorker(function() { return {type: 'examAttemptEnded'}; });
            server.respondWith('GET', URL, json(200, {status: 'submitted'}));
            exam.endExam(URL).then(function() {
                expect(workers[0].message.type).toBe('endExamAttempt');
                done();
            }, done.fail);
        });

        // @spec learner-experience.md 6.5:status
        it('does not end it while the exam is running', function(done) {
            installWorker(function() { return {type: 'examAttemptEnded'}; });
            server.respondWith('GET', URL, json(200, {status: 'started'}));
            exam.endExam(URL).then(done.fail, function() {
                expect(workers.length).toBe(0);
                done();
            });
        });

        // @spec learner-experience.md 6.5:status
        it('has nothing to end without a worker', function(done) {
            exam.endExam(URL).then(function() {
                expect(server.requests.length).toBe(0);
                done();
            }, done.fail);
        });
    });

    // @spec learner-experience.md 6.5:error
    describe('an error', function() {
        var MODAL =
            '<div id="accessible-error-modal"><h2 id="acessible-error-title"></h2><button class="close-modal"></button>'
            + '<p class="message-title"></p><button class="ok-button"></button><a id="confirm_open_button"></a></div>';

        it('is shown in the page where there is no modal', function() {
            page('');
            exam.accessibleError('Title', '<b>message</b>');
            expect($('[role=alertdialog]').text()).toContain('<b>message</b>');
            expect($('[role=alertdialog]').attr('aria-label')).toBe('Title');
        });

        it('uses the host\'s modal where the page brings one as well', function() {
            setFixtures('<div class="sequence">' + MODAL + '</div><div id="host">' + MODAL + '</div>');
            expect(exam.onlyErrorModal().closest('#host').length).toBe(1);
            expect($('[id="accessible-error-modal"]').length).toBe(1);
        });

        it('is in the modal before that opens', function() {
            var seen;
            setFixtures(MODAL);
            window.accessible_modal = jasmine.createSpy('accessible_modal');
            $('#confirm_open_button').on('click', function() { seen = $('.message-title').text(); });
            exam.accessibleError('Title', 'message');
            expect(seen).toBe('message');
            expect($('#acessible-error-title').text()).toBe('Title');
            expect(window.accessible_modal.calls.mostRecent().args[2]).toBe('#accessible-error-modal');
        });
    });
});
