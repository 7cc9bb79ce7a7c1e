/**
 * An exam page for the specs of its buttons: a fake server, a mocked clock, and the provider's worker. Call it in a
 * `describe`.
 */
window.useExamPage = function() {
    'use strict';

    const exam = window.edx.courseware.proctored_exam;
    const page = {ATTEMPT: '/attempt/7'};
    let savedNames, savedWorker;

    beforeEach(function() {
        savedNames = {...exam};
        savedWorker = window.Worker;
        exam.reloadPage = jasmine.createSpy('reloadPage');
        delete exam.configuredWorkerURL;
        delete exam.ProctoringAppPingInterval;
        delete exam.attemptExternalId;
        page.workers = [];
        page.server = sinon.fakeServer.create();
        jasmine.clock().install();
    });

    afterEach(function() {
        jasmine.clock().uninstall();
        page.server.restore();
        window.Worker = savedWorker;
        Object.keys(exam).forEach((name) => delete exam[name]);
        Object.assign(exam, savedNames);
        delete window.accessible_modal;
        $(window).off('online').off('beforeunload');
    });

    /** Let a provider have a worker, which answers each message with what `reply` returns, or not at all. */
    page.installWorker = function(reply) {
        exam.configuredWorkerURL = 'http://provider/worker.js';
        window.URL.createObjectURL = () => 'blob:1';
        window.URL.revokeObjectURL = jasmine.createSpy('revokeObjectURL');
        window.Worker = function() {
            page.workers.push(this);
            this.terminate = jasmine.createSpy('terminate');
            this.postMessage = (message) => {
                const answer = reply(message);
                this.message = message;
                if (answer) {
                    this.onmessage({data: answer});
                }
            };
        };
    };

    /** Put markup into the page. */
    page.show = function(html) {
        return setFixtures(`<div class="sequence proctored-exam entrance">${html}</div>`);
    };

    /** Put a button with this class and action into the page; returns it. */
    page.showButton = function(name, action) {
        page.show(
            `<button class="${name}" data-action="${action}" data-change-state-url="${page.ATTEMPT}" `
            + 'data-loading-text="Wait" data-cta-text="Go">Go</button>'
        );
        return $('.' + name);
    };

    /** Answer the requests sent so far, then those that an answer leads to, until there are none left. */
    page.settled = async function() {
        do {
            page.server.respond();
            await promisesSettled();
        } while (page.server.queue && page.server.queue.length);
    };

    return page;
};
