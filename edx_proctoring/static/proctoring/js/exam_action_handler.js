/**
 * What the buttons of the exam pages do. Spec: learner-experience.md 4.2, 6.5 and 6.6.
 *
 * Four parts: saying what went wrong, talking to the provider's worker, changing the state of an
 * attempt, and entering or setting up an exam. `proctored_app.js` ties the handlers to the buttons.
 * All functions are looked up on `edx.courseware.proctored_exam` at the moment they are called, so
 * that hosts and specs can replace one.
 */
(function($) {
    'use strict';

    var exam;
    var MILLISECONDS = 1000;
    // A worker is told to answer this much earlier than the page stops waiting for it.
    var PING_HEAD_START_SECONDS = 10;
    // How long a silent worker may hold up the page when the provider names no limit.
    var WORKER_LIMIT = 60 * MILLISECONDS;
    // How long a request may hold up the page. Entering may wait for a provider that registers the learner.
    var REQUEST_LIMIT = 30 * MILLISECONDS;
    var ENTER_LIMIT = 60 * MILLISECONDS;
    // Readiness is asked for at growing intervals: right after the check it matters, later it costs.
    var FIRST_POLL_AFTER = 5 * MILLISECONDS;
    var LAST_POLL_AFTER = 60 * MILLISECONDS;
    var FOCUS_KEY = 'edx_proctoring.focusHeading';

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    exam = window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    // --- Saying what went wrong ---------------------------------------------------------------

    /**
     * What a learner can do about a failed request, in words; `otherwise` is for failures of no known
     * kind. `outage`: for a provider that does not answer, where more can be said than that.
     */
    function explainFailure(xhr, otherwise, outage) {
        var status = xhr && xhr.status;
        if (status === 0) {
            return gettext(
                'The server cannot be reached. Check your internet connection, then try again.'
            );
        }
        if (status === 401) {
            return gettext('You are not signed in any more. Reload the page and sign in, then try again.');
        }
        if (status === 403) {
            return gettext(
                'You cannot do this any more. The due date may have passed, or you are signed in as somebody else. ' +
                'Reload the page to see where your exam stands.'
            );
        }
        if (status === 502 || status === 503 || status === 504) {
            return outage || gettext('The service does not answer at the moment. Try again in a minute.');
        }
        return otherwise;
    }

    /**
     * Where this button's page shows messages; made after the button where the page brings no place.
     */
    function messagePlaceFor($button) {
        var $page = $button.closest('.sequence, .skip-confirm-wrapper');
        var $place = $page.find('.js-proctoring-message').first();
        if (!$place.length) {
            $place = $('<div class="proctored-exam-message js-proctoring-message" role="alert"></div>');
            $place.insertAfter($button);
        }
        return $place;
    }

    /** Show a message beside the button it concerns; an empty text takes the last one away. */
    function showMessage($button, text) {
        messagePlaceFor($button).toggleClass('critical-time', Boolean(text)).text(text);
    }

    /**
     * Put title and message into the page as an alert, where there is no modal to show them in.
     */
    function showInlineAlert(title, message) {
        var $place = $('.js-proctoring-alert-dialog');
        if (!$place.length) {
            $place = $('<div class="proctored-exam-message critical-time js-proctoring-alert-dialog"></div>')
                .attr({role: 'alertdialog', tabindex: '-1', 'aria-live': 'assertive'})
                .append('<strong></strong>', '<p></p>');
            if ($('.sequence').length) {
                $('.sequence').first().append($place);
            } else {
                $('body').append($place);
            }
        }
        $place.attr('aria-label', title);
        $place.find('strong').text(title);
        $place.find('p').text(message);
        $place.trigger('focus');
    }

    /**
     * The modal for errors. The exam page brings one; a host that has its own keeps that, because it
     * fits its looks, and there can be only one of an id.
     */
    function onlyErrorModal() {
        var $modals = $('[id="accessible-error-modal"]');
        var $own = $modals.filter(function() { return $(this).closest('.sequence').length > 0; });
        if ($own.length < $modals.length) {
            $own.remove();
        } else {
            $own.slice(1).remove();
        }
        return $('#accessible-error-modal');
    }

    /**
     * Tell the learner about an error, in the host's modal where there is one, else in the page.
     *
     * The text is there before the modal opens, so that it is read out as a whole.
     */
    function accessibleError(title, message) {
        var $modal = onlyErrorModal();

        if (!$modal.length || typeof window.accessible_modal !== 'function') {
            showInlineAlert(title, message);
            return;
        }
        // Out of the content, which the host hides from assistive technology while a modal is open.
        $modal.appendTo(document.body);
        $modal.find('#acessible-error-title').text(title);
        $modal.find('.message-title').text(message);
        $modal.find('.ok-button').text(gettext('OK')).off('click.proctoring')
            .on('click.proctoring', function() {
                $modal.find('.close-modal').trigger('click');
            });
        window.accessible_modal(
            '#accessible-error-modal #confirm_open_button',
            '#accessible-error-modal .close-modal',
            '#accessible-error-modal',
            '.content-wrapper'
        );
        $modal.find('#confirm_open_button').trigger('click');
        if ($modal.is(':visible')) {
            $modal.attr('aria-hidden', 'false');
            if (!$modal.has(document.activeElement).length) {
                $modal.find('.ok-button').trigger('focus');
            }
        } else {
            // The host has the helper but nothing that opens the modal: never fail in silence.
            $modal.find('.close-modal').trigger('click');
            showInlineAlert(title, message);
        }
    }

    /** The buttons of the same page: one question, so one answer at a time. */
    function buttonsBeside($button) {
        return $button.closest('.sequence, .skip-confirm-wrapper').find('button').not($button);
    }

    /**
     * Claim a button for one request, and with it those beside it. False if one is claimed already: that was
     * a double click, or a change of mind that came too late.
     */
    function lock($button) {
        var $beside = buttonsBeside($button);
        if ($button.add($beside).filter('[aria-busy=true]').length) {
            return false;
        }
        $beside.filter('.exam-action-button:not([disabled])').attr('data-proctoring-locked', '').prop('disabled', true);
        if ($button.data('proctoringLabel') === undefined) {
            $button.data('proctoringLabel', $button.attr('data-cta-text') || $button.html());
        }
        $button.attr('aria-busy', 'true').prop('disabled', true);
        if ($button.attr('data-loading-text')) {
            // Contract: both attributes hold markup, written by the template.
            $button.html($button.attr('data-loading-text'));
        }
        $('html').css('cursor', 'wait');
        return true;
    }

    function unlock($button) {
        $button.removeAttr('aria-busy').prop('disabled', false).html($button.data('proctoringLabel'));
        buttonsBeside($button).filter('[data-proctoring-locked]').removeAttr('data-proctoring-locked')
            .prop('disabled', false);
        $('html').css('cursor', '');
        if (document.activeElement === document.body) {
            // A disabled button loses the focus; nobody else has taken it meanwhile.
            $button.trigger('focus');
        }
    }

    function cancelLeaveWarning() {
        $(window).off('beforeunload');
    }

    /** The next page puts the focus on its heading, because the button that led there is gone. */
    function rememberToFocusHeading() {
        try {
            window.sessionStorage.setItem(FOCUS_KEY, '1');
        } catch (e) {
            // Storage is switched off: on the next page, the focus starts at the top.
        }
    }

    function reloadPage() {
        rememberToFocusHeading();
        window.location.reload();
    }

    /** After a page change that a button caused: the learner continues at the heading of the new page. */
    function focusHeadingAfterAction() {
        var $heading;
        try {
            if (window.sessionStorage.getItem(FOCUS_KEY)) {
                window.sessionStorage.removeItem(FOCUS_KEY);
                $heading = $('.js-proctoring-heading').first();
                if (!$heading.length) {
                    // The exam itself has begun, or was opened again: the host's page, with the host's heading.
                    $heading = $('main, [role="main"], .content-wrapper').find('h1, h2, h3').first();
                    $heading.attr('tabindex', '-1');
                }
                $heading.trigger('focus');
            }
        } catch (e) {
            // Without storage nobody asked for the focus.
        }
    }

    // --- Talking to the provider's worker -----------------------------------------------------

    var WORKER_ACTIONS = {
        start: {type: 'startExamAttempt', success: 'examAttemptStarted'},
        submit: {type: 'endExamAttempt', success: 'examAttemptEnded'},
        ping: {type: 'ping', success: 'echo'}
    };

    function isWorkerConfigured() {
        return Boolean(window.Worker && exam.configuredWorkerURL);
    }

    /**
     * A worker per message. Returns it with a function that ends it and gives its address back.
     */
    function createWorker(url) {
        var blob = new window.Blob(
            ["importScripts('" + encodeURI(url).replace(/'/g, '%27') + "');"],
            {type: 'application/javascript'}
        );
        var objectUrl = window.URL.createObjectURL(blob);
        var worker = new window.Worker(objectUrl);
        return {
            worker: worker,
            dispose: function() {
                worker.terminate();
                window.URL.revokeObjectURL(objectUrl);
            }
        };
    }

    /**
     * Send one message to the provider's software and wait for its answer.
     *
     * `timeout` (ms, may be undefined) is what the worker is told; `limit` (ms) is when the page gives up.
     */
    function askWorker(action, timeout, limit) {
        return new Promise(function(resolve, reject) {
            var created = createWorker(exam.configuredWorkerURL);
            var message = {type: WORKER_ACTIONS[action].type, timeout: timeout};
            var timer = setTimeout(function() {
                created.dispose();
                reject(new Error('worker failed to respond after ' + limit + 'ms'));
            }, limit);

            function settle(how, value) {
                clearTimeout(timer);
                created.dispose();
                how(value);
            }

            created.worker.onmessage = function(event) {
                if (event.data && event.data.type === WORKER_ACTIONS[action].success) {
                    settle(resolve);
                } else {
                    settle(reject, event.data && event.data.error);
                }
            };
            // The script could not be loaded, or it failed outside any promise.
            created.worker.onerror = function(event) {
                settle(reject, new Error((event && event.message) || 'worker failed'));
            };
            if (exam.attemptExternalId) {
                message.attemptExternalId = exam.attemptExternalId;
            }
            created.worker.postMessage(message);
        });
    }

    /**
     * Whether the proctoring software still runs. Rejected when it says no, or nothing.
     */
    function pingApplication(timeoutInSeconds) {
        var limit = timeoutInSeconds * MILLISECONDS;
        return askWorker('ping', Math.max(limit - (PING_HEAD_START_SECONDS * MILLISECONDS), MILLISECONDS), limit);
    }

    /** The attempt's status as the server has it. */
    function checkExamAttemptStatus(url) {
        return new Promise(function(resolve, reject) {
            $.ajax({url: url, timeout: REQUEST_LIMIT}).done(function(data) {
                if (data && data.status) {
                    resolve(data.status);
                } else {
                    reject(new Error('the answer has no status'));
                }
            }).fail(function(xhr) {
                reject(new Error('the status was not available: ' + xhr.status));
            });
        });
    }

    /**
     * The clock has run out: tell the proctoring software, if the server agrees that the exam is over.
     */
    function endExam(pollUrl) {
        if (!isWorkerConfigured()) {
            return Promise.resolve();
        }
        return exam.checkExamAttemptStatus(pollUrl).then(function(status) {
            if (status !== 'submitted') {
                throw new Error('the exam is not submitted but ' + status);
            }
            return askWorker('submit', 0, WORKER_LIMIT);
        });
    }

    // --- Changing the state of an attempt -----------------------------------------------------

    /** PUT the button's action, as a promise that is rejected with the jqXHR. */
    function putAction($button) {
        return new Promise(function(resolve, reject) {
            $.ajax({
                url: $button.attr('data-change-state-url'),
                type: 'PUT',
                data: {action: $button.attr('data-action')},
                timeout: REQUEST_LIMIT
            }).done(function() {
                resolve();
            }).fail(reject);
        });
    }

    function failWith($button, title, otherwise) {
        return function(reason) {
            unlock($button);
            exam.accessibleError(title, explainFailure(reason, otherwise));
        };
    }

    function buttonOf(element, event) {
        if (event && event.preventDefault) {
            event.preventDefault();
        }
        return $(element);
    }

    function adoptExternalId($button) {
        exam.attemptExternalId = $button.attr('data-attempt-external-id') || exam.attemptExternalId;
    }

    /** P6, simple form: PUT, then reload. */
    function updateStatusHandler(event) {
        var $button = buttonOf(this, event);
        if (!lock($button)) {
            return;
        }
        putAction($button).then(exam.reloadPage, failWith(
            $button,
            gettext('That did not work'),
            gettext('Something went wrong, and your exam was not changed. Reload this page and try again.')
        ));
    }

    /**
     * Start the exam: first the proctoring software, then the clock, so that no time is lost when it fails.
     */
    function examStartHandler(event) {
        var $button = buttonOf(this, event);
        var interval = exam.ProctoringAppPingInterval;
        var timeout = interval ? interval * MILLISECONDS : undefined;
        var started, otherwise;

        if (event && event.stopPropagation) {
            event.stopPropagation();
        }
        if (!lock($button)) {
            return;
        }
        if (isWorkerConfigured()) {
            adoptExternalId($button);
            started = askWorker('start', timeout, (timeout || 0) + WORKER_LIMIT).then(function() {
                return putAction($button);
            });
            otherwise = gettext(
                'Your exam has not started and no time was used. Make sure that the proctoring software is ' +
                'running, then try again.'
            );
        } else {
            started = putAction($button);
            otherwise = gettext('Your exam has not started and no time was used. Reload this page and try again.');
        }
        started.then(exam.reloadPage, unlessStarted(
            $button, failWith($button, gettext('Your exam could not be started'), otherwise)
        ));
    }

    /**
     * A failure, unless the clock runs: the answer to an earlier try may have been lost, or another tab was
     * faster. Nobody may be told then that no time was used.
     */
    function unlessStarted($button, fail) {
        return function(reason) {
            function failed() {
                fail(reason);
            }
            if (!reason || reason.status === undefined) {
                // The proctoring software failed, so the server was not asked to start the clock.
                failed();
                return;
            }
            exam.checkExamAttemptStatus($button.attr('data-change-state-url')).then(function(status) {
                if (status === 'started') {
                    exam.reloadPage();
                } else {
                    failed();
                }
            }, failed);
        };
    }

    /** What the learner loses by leaving: the wish to submit is known to this page only. */
    function warnOfUnsentSubmission() {
        return gettext('Your exam is not submitted yet. Leave this page open until the connection is back.');
    }

    /**
     * Submit, once: until the server has answered, however long the connection is lost. As a promise that is
     * rejected with the jqXHR of a refusal.
     */
    function submitUntilAnswered($button) {
        if ($button.data('proctoringSubmitted')) {
            // It was the proctoring software that did not answer; the submission itself is done.
            return Promise.resolve();
        }
        return new Promise(function(resolve, reject) {
            function settle(how, value) {
                $(window).off('beforeunload.proctoringSubmit');
                showMessage($button, '');
                how(value);
            }
            exam.keepTrying({
                url: $button.attr('data-change-state-url'),
                data: {action: 'submit'},
                isDone: exam.isExamOver,
                waiting: function() {
                    $(window).off('beforeunload.proctoringSubmit')
                        .on('beforeunload.proctoringSubmit', warnOfUnsentSubmission);
                    showMessage($button, gettext(
                        'The server cannot be reached, so your exam is not submitted yet. Leave this page open: your ' +
                        'exam is submitted as soon as the connection is back. The answers that you submitted before ' +
                        'are saved.'
                    ));
                },
                done: function() {
                    $button.data('proctoringSubmitted', true);
                    settle(resolve);
                },
                refused: function(xhr) { settle(reject, xhr); }
            });
        });
    }

    /**
     * End the exam, or go back to it: the server first, because a submission must never wait for software.
     */
    function examEndHandler(event) {
        var $button = buttonOf(this, event);
        var isSubmit = $button.attr('data-action') === 'submit';
        var tellSoftware = isSubmit && isWorkerConfigured();
        var put;

        if (!lock($button)) {
            return;
        }
        cancelLeaveWarning();
        adoptExternalId($button);
        put = isSubmit ? submitUntilAnswered($button) : putAction($button);
        put.then(function() {
            if (!tellSoftware) {
                exam.reloadPage();
                return;
            }
            askWorker('submit', 0, WORKER_LIMIT).then(exam.reloadPage, failWith(
                $button,
                gettext('The proctoring software did not answer'),
                gettext(
                    'Your answers are submitted, but the proctoring software did not confirm that the session ' +
                    'has ended. Make sure that it is running, then try again, or close it yourself and reload ' +
                    'this page.'
                )
            ));
        }, isSubmit ? failWith(
            $button,
            gettext('Your exam could not be ended'),
            gettext('Your exam was not submitted. Try again, or reload this page to see where your exam stands.')
        ) : failWith(
            $button,
            gettext('That did not work'),
            gettext('Your exam was not changed. Reload this page and try again.')
        ));
    }

    // --- Entering an exam ---------------------------------------------------------------------

    /** P1, P2, P4: make an attempt; the page that follows depends on what it became. */
    function enterExamHandler(event) {
        var $button = buttonOf(this, event);
        var proctored = $button.attr('data-attempt-proctored');
        var data = {
            exam_id: $button.attr('data-exam-id'),
            start_clock: $button.attr('data-start-immediately') === 'false' ? 'false' : 'true'
        };

        if (proctored !== undefined) {
            data.attempt_proctored = proctored;
        }
        if (!lock($button)) {
            return;
        }
        showMessage($button, '');
        $.ajax({url: $button.attr('data-ajax-url'), type: 'POST', data: data, timeout: ENTER_LIMIT})
            .done(function() {
                exam.reloadPage();
            })
            .fail(function(xhr) {
                unlock($button);
                showMessage($button, explainFailure(
                    xhr,
                    gettext(
                        'Your exam could not be started here. It may be open already, in another tab or on another ' +
                        'device: reload the page to see where your exam stands. If this happens again, try a ' +
                        'better internet connection or restart your device, and make sure that your account is active.'
                    ),
                    proctored === 'true' ? gettext(
                        'The proctoring service does not answer. Your exam has not started and no time was used. ' +
                        'Try again in a minute.'
                    ) : undefined
                ));
            });
    }

    /** P3: ask whether the learner really wants to do without proctoring. */
    function openOptOutHandler(event) {
        buttonOf(this, event);
        $('.proctored-exam.entrance').addClass('hidden');
        $('.proctored-exam.skip-confirm-wrapper').removeClass('hidden')
            .find('.js-proctoring-opt-out-heading').trigger('focus');
    }

    /** P5: back to the entrance, to the button the learner came from. */
    function cancelOptOutHandler(event) {
        buttonOf(this, event);
        $('.proctored-exam.skip-confirm-wrapper').addClass('hidden');
        $('.proctored-exam.entrance').removeClass('hidden').find('.js-proctoring-open-opt-out').trigger('focus');
    }

    function putAndReload($button, request) {
        if (!lock($button)) {
            return;
        }
        showMessage($button, '');
        $.ajax($.extend({timeout: REQUEST_LIMIT}, request)).done(function() {
            exam.reloadPage();
        }).fail(function(xhr) {
            unlock($button);
            showMessage($button, explainFailure(
                xhr, gettext('Something went wrong. Reload this page and try again.')
            ));
        });
    }

    /** P7: put the notice about the result away. */
    function visitExamHandler(event) {
        var $button = buttonOf(this, event);
        cancelLeaveWarning();
        putAndReload($button, {url: $button.attr('data-action-url'), type: 'PUT'});
    }

    /** P8: give up proctoring after all. */
    function declineExamHandler(event) {
        var $button = buttonOf(this, event);
        var sure = window.confirm(gettext(  // eslint-disable-line no-alert
            'Are you sure that you want to take this exam without proctoring? ' +
            'You lose your eligibility for credit, and you cannot undo this choice.'
        ));
        if (sure) {
            putAndReload($button, {
                url: $button.attr('data-change-state-url'), type: 'PUT', data: {action: 'decline'}
            });
        }
    }

    function reloadHandler(event) {
        var $button = buttonOf(this, event);
        if (lock($button)) {
            exam.reloadPage();
        }
    }

    /** A button that only arms the one beside it. */
    function confirmHandler(event) {
        var $button = buttonOf(this, event);
        $button.prop('disabled', true).attr('aria-pressed', 'true');
        $('.exam-action-button[disabled]').not($button).prop('disabled', false).first().trigger('focus');
    }

    // --- Setting up ---------------------------------------------------------------------------

    function setUpPage() {
        return $('.js-proctoring-set-up');
    }

    /** Ask for the status; `then` gets true if the provider has said that the learner is ready. */
    function askWhetherReady(then, otherwise) {
        $.ajax({url: setUpPage().attr('data-exam-started-poll-url') + '?sourceid=instructions', timeout: REQUEST_LIMIT})
            .done(function(data) {
                then(data.status === 'ready_to_start');
            })
            .fail(otherwise);
    }

    function makePrimary($button) {
        setUpPage().find('.js-start-proctored-exam, #software_download_link')
            .removeClass('btn-pl-primary').addClass('btn-secondary');
        $button.removeClass('btn-secondary').addClass('btn-pl-primary');
    }

    function announceReady() {
        var $start = setUpPage().find('.js-start-proctored-exam');
        makePrimary($start);
        setUpPage().find('.js-proctoring-continue').removeClass('hidden');
        setUpPage().find('.js-proctoring-status').text($start.length ?
            gettext('Your set-up is complete. Select the start button to go on.') :
            gettext('Your set-up is complete. Select Continue to go on.'));
    }

    /** The start button of the instructions: on to the rules, if the provider says that all is well. */
    function startAfterSetUpHandler(event) {
        var $button = buttonOf(this, event);
        function notComplete(reason) {
            unlock($button);
            makePrimary(setUpPage().find('#software_download_link'));
            exam.accessibleError(
                gettext('Your set-up is not complete'),
                explainFailure(reason, gettext(
                    'Finish the system check of the proctoring software first. If you have just finished it, wait ' +
                    'a moment and try again.'
                ))
            );
        }
        if (!lock($button)) {
            return;
        }
        askWhetherReady(function(ready) {
            if (ready) {
                exam.reloadPage();
            } else {
                notComplete();
            }
        }, notComplete);
    }

    /**
     * The system check opens in its own window, at once: a window opened later counts as a pop-up.
     */
    function checkSystemHandler(event) {
        var $button = buttonOf(this, event);
        var $start = setUpPage().find('.js-start-proctored-exam');
        var opened = window.open($button.attr('data-download-url'), '_blank');

        makePrimary($start);
        if (opened) {
            // The provider's page must not be able to lead this one elsewhere.
            opened.opener = null;
        } else {
            exam.accessibleError(
                gettext('The window was blocked'),
                gettext('Your browser did not open the system check. Allow pop-ups for this page, then try again.')
            );
        }
        askWhetherReady(function(ready) {
            if (ready) {
                announceReady();
                return;
            }
            $.ajax({
                url: setUpPage().attr('data-exam-started-poll-url'),
                type: 'PUT',
                data: {action: 'click_download_software'}
            }).fail(function(xhr) {
                showMessage($button, explainFailure(
                    xhr, gettext('Your progress could not be saved. You can continue with the system check.')
                ));
            });
        }, function(xhr) {
            showMessage($button, explainFailure(
                xhr, gettext('Your progress could not be saved. You can continue with the system check.')
            ));
        });
    }

    function copyCodeHandler(event) {
        var $button = buttonOf(this, event);
        var field = document.getElementById('proctored-exam-code');
        var label = $button.text();

        function copied() {
            // The focus stays here, so that the new label is read out; it goes back when the learner goes on.
            $button.text($button.attr('data-copied-text') || gettext('Code copied')).trigger('focus')
                .off('blur.proctoring').one('blur.proctoring', function() {
                    $button.text(label);
                });
        }

        function copyBySelection() {
            field.select();
            if (document.execCommand && document.execCommand('copy')) {
                copied();
            } else {
                showMessage($button, gettext('Your browser does not allow copying. Select the code and copy it.'));
            }
        }

        if (window.navigator.clipboard && window.navigator.clipboard.writeText) {
            window.navigator.clipboard.writeText(field.value).then(copied, copyBySelection);
        } else {
            copyBySelection();
        }
    }

    /**
     * While the set-up page is on view, find out by itself when the provider is satisfied.
     */
    function watchForReadiness() {
        var wait = FIRST_POLL_AFTER;
        if (!setUpPage().length || !setUpPage().attr('data-exam-started-poll-url')) {
            return;
        }
        function again() {
            setTimeout(look, wait * (0.9 + (0.2 * Math.random())));
            wait = Math.min(wait * 1.5, LAST_POLL_AFTER);
        }
        function look() {
            if (!setUpPage().length) {
                return;
            }
            if (document.hidden) {
                again();
                return;
            }
            askWhetherReady(function(ready) {
                if (ready) {
                    announceReady();
                } else {
                    again();
                }
            }, again);
        }
        again();
    }

    /** Times that the server printed in its own zone, in the learner's zone and the words of the page. */
    function localiseTimes() {
        $('.js-proctoring-local-time').each(function() {
            var moment = new Date($(this).attr('datetime'));
            if (!isNaN(moment.getTime())) {
                $(this).text(moment.toLocaleString(document.documentElement.lang || [], {
                    year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit',
                    timeZoneName: 'short'
                }));
            }
        });
    }

    $.extend(exam, {
        accessibleError: accessibleError,
        onlyErrorModal: onlyErrorModal,
        updateStatusHandler: updateStatusHandler,
        examStartHandler: examStartHandler,
        examEndHandler: examEndHandler,
        checkExamAttemptStatus: checkExamAttemptStatus,
        endExam: endExam,
        pingApplication: pingApplication,
        reloadPage: reloadPage,
        rememberToFocusHeading: rememberToFocusHeading,
        focusHeadingAfterAction: focusHeadingAfterAction,
        enterExamHandler: enterExamHandler,
        openOptOutHandler: openOptOutHandler,
        cancelOptOutHandler: cancelOptOutHandler,
        visitExamHandler: visitExamHandler,
        declineExamHandler: declineExamHandler,
        reloadHandler: reloadHandler,
        confirmHandler: confirmHandler,
        startAfterSetUpHandler: startAfterSetUpHandler,
        checkSystemHandler: checkSystemHandler,
        copyCodeHandler: copyCodeHandler,
        watchForReadiness: watchForReadiness,
        localiseTimes: localiseTimes
    });
}(window.jQuery));
