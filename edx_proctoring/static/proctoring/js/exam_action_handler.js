/* Built by tools/build-static.js from the files named below in static_src/: edit those, then `npm run build`. */
(function($) {
    'use strict';

    // --- shared/exam_namespace.js

    /**
     * `edx.courseware.proctored_exam`, the object that the learner's scripts share.
     *
     * Public functions are called through it, so that hosts and specs can replace one.
     */

    var exam;

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    exam = window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    // --- shared/limits.js

    /** Times are in milliseconds: `5 * SECOND`. */

    var SECOND = 1000;
    // The longest that a request may hold up the page.
    var REQUEST_LIMIT = 30 * SECOND;

    // --- shared/reason_text.js

    /** What a rejected promise says, whatever it was rejected with. Contract: contract/browser-worker#refusal-text. */

    var MOST_REASON_CHARACTERS = 500;

    /** The text of a reason: of an `Error`, of any other object, or the text itself. Empty if it says nothing. */
    function reasonText(reason) {
        var text = reason;
        if (reason === null || reason === undefined) {
            return '';
        }
        if (typeof reason === 'object') {
            text = reason.message || reason.error || reason.reason || reason.detail;
            if (typeof text !== 'string') {
                try {
                    text = String(reason);
                    if (/^\[object /.test(text)) {
                        text = JSON.stringify(reason);
                    }
                } catch (notATextAtAll) {
                    text = '';
                }
            }
        }
        return String(text).trim().slice(0, MOST_REASON_CHARACTERS);
    }

    // --- exam_actions/failure_text.js

    /** What a learner can do about a failed request, in words. */

    /**
     * The answer of a start gate (contract/start-gates#answer), undefined if the request failed for another reason. Its
     * `detail` is meant for learners, `launch_url` may lead to where the exam can be started.
     */
    function gateAnswer(xhr) {
        var answer = xhr && xhr.status === 403 && xhr.responseJSON;
        return answer && answer.code && typeof answer.detail === 'string' ? answer : undefined;
    }

    /** The address where the exam can be started instead, undefined if there is none. */
    function placeToGo(xhr) {
        var answer = gateAnswer(xhr);
        return answer && /^(https?|sebs?):\/\//.test(answer.launch_url) ? answer.launch_url : undefined;
    }

    /** Whether the server, or the provider behind it, is down or has too much to do. */
    function isServerBusy(xhr) {
        return Boolean(xhr) && (xhr.status === 502 || xhr.status === 503 || xhr.status === 504);
    }

    /**
     * `otherwise` is for failures of an unknown kind. `outage`, if given, replaces the text for a server or provider that
     * does not answer, where more can be said.
     */
    function failureText(xhr, otherwise, outage) {
        var status = xhr && xhr.status;
        if (status === 0) {
            return gettext(
                'The server cannot be reached. Check your internet connection, then try again.'
            );
        }
        if (status === 401) {
            return gettext('You are no longer signed in. Reload the page and sign in, then try again.');
        }
        if (gateAnswer(xhr)) {
            return gateAnswer(xhr).detail;
        }
        if (status === 403) {
            return gettext(
                'You can no longer do this. The due date may have passed, or you are signed in as someone else. ' +
                'Reload the page to see where your exam stands.'
            );
        }
        if (isServerBusy(xhr)) {
            return outage || gettext('The service does not answer at the moment. Try again in a minute.');
        }
        return otherwise;
    }

    // --- exam_actions/messages.js

    /** Messages beside the button that they concern. */

    /** The page's own element for messages, or a new one after the button if the page has none. */
    function messageElement($button) {
        var $page = $button.closest('.sequence, .skip-confirm-wrapper');
        var $message = $page.find('.js-proctoring-message').first();
        if (!$message.length) {
            $message = $('<div class="proctored-exam-message js-proctoring-message" role="alert"></div>');
            $message.insertAfter($button);
        }
        return $message;
    }

    /** Add to a message where the learner can go, if there is such an address. */
    function addLink($message, address) {
        if (address) {
            $message.append(' ', $('<a class="js-proctoring-place-to-go"></a>').attr('href', address)
                .text(gettext('Open the exam there')));
        }
    }

    /** Show a message; an empty text clears the last one. `address`: where the learner can go, if anywhere. */
    function showMessage($button, text, address) {
        var $message = messageElement($button).toggleClass('critical-time', Boolean(text)).text(text);
        addLink($message, address);
    }

    /** Show a message that is not about a mistake. */
    function showNotice($button, text) {
        messageElement($button).removeClass('critical-time').text(text);
    }

    // --- exam_actions/error_dialog.js

    /**
     * Shows an error in the host's modal if there is one, else as an alert in the page.
     */

    /** Show the error as an alert in the page, where there is no modal. */
    function showInlineAlert(title, message, address) {
        var $alert = $('.js-proctoring-alert-dialog');
        if (!$alert.length) {
            $alert = $('<div class="proctored-exam-message critical-time js-proctoring-alert-dialog"></div>')
                .attr({role: 'alertdialog', tabindex: '-1', 'aria-live': 'assertive'})
                .append('<strong></strong>', '<p></p>');
            if ($('.sequence').length) {
                $('.sequence').first().append($alert);
            } else {
                $('body').append($alert);
            }
        }
        $alert.attr('aria-label', title);
        $alert.find('strong').text(title);
        addLink($alert.find('p').text(message), address);
        $alert.trigger('focus');
    }

    /**
     * The modal for errors. An id must be unique, so the modal of the exam page is removed if the host has its own,
     * which fits the look of its site.
     */
    function onlyErrorModal() {
        var $modals = $('[id="accessible-error-modal"]');
        var $ofExamPage = $modals.filter(function() { return $(this).closest('.sequence').length > 0; });
        if ($ofExamPage.length < $modals.length) {
            $ofExamPage.remove();
        } else {
            $ofExamPage.slice(1).remove();
        }
        return $('#accessible-error-modal');
    }

    /**
     * Show an error. The text is set before the modal opens, so that screen readers read all of it. `address`: where the
     * learner can go instead, if anywhere.
     */
    function accessibleError(title, message, address) {
        var $modal = onlyErrorModal();

        if (!$modal.length || typeof window.accessible_modal !== 'function') {
            showInlineAlert(title, message, address);
            return;
        }
        // Out of the content, which the host hides from assistive technology while a modal is open.
        $modal.appendTo(document.body);
        $modal.find('#acessible-error-title').text(title);
        addLink($modal.find('.message-title').text(message), address);
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
            // The host has the helper, but nothing opened the modal. An error must never go unseen.
            $modal.find('.close-modal').trigger('click');
            showInlineAlert(title, message, address);
        }
    }

    exam.accessibleError = accessibleError;
    exam.onlyErrorModal = onlyErrorModal;

    // --- exam_actions/button.js

    /** Locks a button, and those beside it, while its request is in flight. */

    /** The clicked button as a jQuery object; the default action of the click is prevented. */
    function buttonOf(element, event) {
        if (event && event.preventDefault) {
            event.preventDefault();
        }
        return $(element);
    }

    /** The other buttons of the same page, which are other answers to the same question. */
    function buttonsBeside($button) {
        return $button.closest('.sequence, .skip-confirm-wrapper').find('button').not($button);
    }

    /**
     * Lock a button and those beside it for one request. Returns false if one of them is locked already: a double click,
     * or a change of mind that came too late. `isQuiet`: nobody has pressed it, so only a button with the focus gets it back.
     */
    function lock($button, isQuiet) {
        var $beside = buttonsBeside($button);
        if ($button.add($beside).filter('[aria-busy=true]').length) {
            return false;
        }
        $beside.filter('.exam-action-button:not([disabled])').attr('data-proctoring-locked', '').prop('disabled', true);
        if ($button.data('proctoringLabel') === undefined) {
            $button.data('proctoringLabel', $button.attr('data-cta-text') || $button.html());
        }
        $button.data('proctoringGetsFocus', !isQuiet || document.activeElement === $button[0]);
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
        if (document.activeElement === document.body && $button.data('proctoringGetsFocus') !== false) {
            // A disabled button loses the focus, and nothing else has taken it since.
            $button.trigger('focus');
        }
    }

    /** A button that only enables the one beside it. */
    exam.confirmHandler = function(event) {
        var $button = buttonOf(this, event);
        $button.prop('disabled', true).attr('aria-pressed', 'true');
        $('.exam-action-button[disabled]').not($button).prop('disabled', false).first().trigger('focus');
    };

    // --- exam_actions/page.js

    /** Reloads the page after an action, and sets the focus on the page that follows. */

    var FOCUS_KEY = 'edx_proctoring.focusHeading';

    function cancelLeaveWarning() {
        $(window).off('beforeunload');
    }

    /** The button that leads to the next page does not exist there, so the focus goes to the heading. */
    function rememberToFocusHeading() {
        try {
            window.sessionStorage.setItem(FOCUS_KEY, '1');
        } catch (e) {
            // Storage is switched off: on the next page, the focus starts at the top.
        }
    }

    /** After a page change that a button caused. */
    function focusHeadingAfterAction() {
        var $heading;
        try {
            if (window.sessionStorage.getItem(FOCUS_KEY)) {
                window.sessionStorage.removeItem(FOCUS_KEY);
                $heading = $('.js-proctoring-heading').first();
                if (!$heading.length) {
                    // The content of the exam: a page of the host, with the host's heading.
                    $heading = $('main, [role="main"], .content-wrapper').find('h1, h2, h3').first();
                    $heading.attr('tabindex', '-1');
                }
                $heading.trigger('focus');
            }
        } catch (e) {
            // Without storage nothing was remembered.
        }
    }

    exam.rememberToFocusHeading = rememberToFocusHeading;
    exam.focusHeadingAfterAction = focusHeadingAfterAction;

    exam.reloadPage = function() {
        rememberToFocusHeading();
        window.location.reload();
    };

    exam.reloadHandler = function(event) {
        var $button = buttonOf(this, event);
        if (lock($button)) {
            exam.reloadPage();
        }
    };

    // --- exam_actions/worker.js

    /** Messages to the proctoring software, through the provider's worker. Contract: contract/browser-worker#page-messages. */

    // How long a silent worker may hold up the page when the provider sets no limit.
    var WORKER_LIMIT = 60 * SECOND;
    // The worker is asked to answer this much earlier than the page stops waiting for it.
    var PING_HEAD_START = 10 * SECOND;
    var WORKER_ACTIONS = {
        start: {type: 'startExamAttempt', success: 'examAttemptStarted'},
        submit: {type: 'endExamAttempt', success: 'examAttemptEnded'},
        ping: {type: 'ping', success: 'echo'}
    };

    function isWorkerConfigured() {
        return Boolean(window.Worker && exam.configuredWorkerURL);
    }

    /** A new worker, with a function that terminates it and releases its URL. */
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

    /** An error that this page has found, in words that are not for learners. */
    function errorOfPage(text) {
        var error = new Error(text);
        error.isOfPage = true;
        return error;
    }

    /**
     * What the proctoring software says to the learner about its refusal, ending as a sentence, with a space; empty if it
     * says nothing. `reason`: what `askWorker` or a request was rejected with.
     */
    function saidBySoftware(reason) {
        var text = reason && (reason.isOfPage || reason.status !== undefined) ? '' : reasonText(reason);
        return text && text + (/[.!?\u3002\u061f\uff01\uff1f]$/.test(text) ? ' ' : '. ');
    }

    /**
     * Send one message to the proctoring software and wait for its answer. Each message has a worker of its own.
     *
     * `timeout` (ms, may be undefined) is passed to the worker; after `limit` (ms) the page gives up.
     */
    function askWorker(action, timeout, limit) {
        return new Promise(function(resolve, reject) {
            var created = createWorker(exam.configuredWorkerURL);
            var message = {type: WORKER_ACTIONS[action].type, timeout: timeout};
            var timer = setTimeout(function() {
                created.dispose();
                reject(errorOfPage('worker failed to respond after ' + limit + 'ms'));
            }, limit);

            function settle(callback, value) {
                clearTimeout(timer);
                created.dispose();
                callback(value);
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
                settle(reject, errorOfPage((event && event.message) || 'worker failed'));
            };
            if (exam.attemptExternalId) {
                message.attemptExternalId = exam.attemptExternalId;
            }
            created.worker.postMessage(message);
        });
    }

    /** Take the provider's attempt id from the button; it is sent with each message. */
    function adoptExternalId($button) {
        exam.attemptExternalId = $button.attr('data-attempt-external-id') || exam.attemptExternalId;
    }

    /** Whether the proctoring software still runs; rejected if it reports a failure or does not answer. */
    exam.pingApplication = function(timeoutInSeconds) {
        var limit = timeoutInSeconds * SECOND;
        return askWorker('ping', Math.max(limit - PING_HEAD_START, SECOND), limit);
    };

    // --- exam_actions/change_status.js

    /** Asking the server for an attempt's status, and to change it. */

    /** PUT the button's action; returns a promise that is rejected with the jqXHR. */
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

    /** A rejection handler: unlocks the button and shows what went wrong, in the words of the software if it has any. */
    function showError($button, title, otherwise) {
        return function(reason) {
            unlock($button);
            exam.accessibleError(title, failureText(reason, saidBySoftware(reason) + otherwise), placeToGo(reason));
        };
    }

    /** Send a request and reload; a failure is shown beside the button. */
    function sendAndReload($button, request) {
        if (!lock($button)) {
            return;
        }
        showMessage($button, '');
        $.ajax($.extend({timeout: REQUEST_LIMIT}, request)).done(function() {
            exam.reloadPage();
        }).fail(function(xhr) {
            unlock($button);
            showMessage($button, failureText(
                xhr, gettext('Something went wrong. Reload this page and try again.')
            ), placeToGo(xhr));
        });
    }

    /** The attempt's status on the server. */
    exam.checkExamAttemptStatus = function(url) {
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
    };

    /** P6, simple form: PUT, then reload. */
    exam.updateStatusHandler = function(event) {
        var $button = buttonOf(this, event);
        if (!lock($button)) {
            return;
        }
        putAction($button).then(exam.reloadPage, showError(
            $button,
            gettext('That did not work'),
            gettext('Something went wrong, and your exam was not changed. Reload this page and try again.')
        ));
    };

    /** P7: dismiss the notice about the result. */
    exam.visitExamHandler = function(event) {
        var $button = buttonOf(this, event);
        cancelLeaveWarning();
        sendAndReload($button, {url: $button.attr('data-action-url'), type: 'PUT'});
    };

    /** P8: take the exam without proctoring after all. */
    exam.declineExamHandler = function(event) {
        var $button = buttonOf(this, event);
        var sure = window.confirm(gettext(  // eslint-disable-line no-alert
            'Are you sure that you want to take this exam without proctoring? ' +
            'You lose your eligibility for credit, and you cannot undo this choice.'
        ));
        if (sure) {
            sendAndReload($button, {
                url: $button.attr('data-change-state-url'), type: 'PUT', data: {action: 'decline'}
            });
        }
    };

    // --- exam_actions/start_exam.js

    /** Starting the exam. */

    /** The proctoring software first, then the clock, so that no time is lost when the software fails. */
    exam.examStartHandler = function(event) {
        var $button = buttonOf(this, event);
        var interval = exam.ProctoringAppPingInterval;
        var timeout = interval ? interval * SECOND : undefined;
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
            $button, showError($button, gettext('Your exam could not be started'), otherwise)
        ));
    };

    /**
     * A rejection handler that calls `fail` unless the exam has started: the answer to an earlier request may have been
     * lost, or another tab was faster. The learner must not be told then that no time was used.
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

    // --- exam_actions/end_exam.js

    /** Submitting the exam, or going back to it. */

    /** The time is up: end the session of the proctoring software, if the server agrees that the exam is over. */
    exam.endExam = function(pollUrl) {
        if (!isWorkerConfigured()) {
            return Promise.resolve();
        }
        return exam.checkExamAttemptStatus(pollUrl).then(function(status) {
            if (status !== 'submitted') {
                throw new Error('the exam is not submitted but ' + status);
            }
            return askWorker('submit', 0, WORKER_LIMIT);
        });
    };

    /** Until the server has answered, only this page knows that the learner has submitted. */
    function warnOfUnsentSubmission() {
        return gettext('Your exam is not submitted yet. Leave this page open until the connection is back.');
    }

    /**
     * Submit once, for as long as it takes to reach the server. Returns a promise that is rejected with the jqXHR if the
     * server refuses.
     */
    function submitUntilAnswered($button) {
        if ($button.data('proctoringSubmitted')) {
            // Already submitted; it was the proctoring software that did not answer.
            return Promise.resolve();
        }
        return new Promise(function(resolve, reject) {
            function settle(callback, value) {
                $(window).off('beforeunload.proctoringSubmit');
                showMessage($button, '');
                callback(value);
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

    /** No time runs any more, however long the proctoring software takes: the page and the timer bar say so. */
    function sayThatItIsSubmitted($button) {
        showNotice($button, gettext('Your exam is submitted. Please wait until the proctoring software has ended your session.'));
        $(document).trigger('proctoring:submitted');
    }

    /** The exam is submitted, and the session of the proctoring software may go on. */
    function showSessionNotEnded($button, reason) {
        showMessage($button, '');
        showError(
            $button,
            gettext('The proctoring software did not answer'),
            gettext(
                'Your answers are submitted, but the proctoring software did not confirm that the session ' +
                'has ended. Make sure that it is running, then try again, or close it yourself and reload ' +
                'this page.'
            )
        )(reason);
    }

    /** The server first, because a submission must never wait for the proctoring software. */
    exam.examEndHandler = function(event) {
        var $button = buttonOf(this, event);
        var isSubmit = $button.attr('data-action') === 'submit';
        var hasSessionToEnd = isSubmit && isWorkerConfigured();
        var answered;

        if (!lock($button)) {
            return;
        }
        cancelLeaveWarning();
        adoptExternalId($button);
        answered = isSubmit ? submitUntilAnswered($button) : putAction($button);
        answered.then(function() {
            if (!hasSessionToEnd) {
                exam.reloadPage();
                return;
            }
            sayThatItIsSubmitted($button);
            askWorker('submit', 0, WORKER_LIMIT).then(exam.reloadPage, function(reason) {
                showSessionNotEnded($button, reason);
            });
        }, isSubmit ? showError(
            $button,
            gettext('Your exam could not be ended'),
            gettext('Your exam was not submitted. Try again, or reload this page to see where your exam stands.')
        ) : showError(
            $button,
            gettext('That did not work'),
            gettext('Your exam was not changed. Reload this page and try again.')
        ));
    };

    // --- exam_actions/enter_exam.js

    /** Entering an exam, with or without proctoring. */

    // Entering may wait for a provider that registers the learner.
    var ENTER_LIMIT = 60 * SECOND;

    // After a refusal for lack of time the page tries again by itself, for about ten minutes, where that starts no clock. The
    // delay doubles and is randomised, so that learners who are refused together do not come back together.
    var FIRST_AGAIN_AFTER = 10 * SECOND;
    var LAST_AGAIN_AFTER = 60 * SECOND;
    var LONGEST_RETRY_AFTER = 300 * SECOND;
    var MOST_TIMES_AGAIN = 12;
    var againTimer = null;
    // Counts presses and changes of mind: each ends the tries before it, also one whose answer is still to come.
    var turn = 0;

    function enterAgainText(wish) {
        if (wish.proctored === 'true') {
            return gettext(
                'The proctoring service does not answer. It may be down, or many learners are starting at this moment. ' +
                'Your exam has not started and no time was used. Keep this page open: it tries again by itself.'
            );
        }
        return gettext('The service does not answer at the moment. Keep this page open: it tries again by itself.');
    }

    /** Milliseconds until the next try. `times`: how often the page has tried by itself. */
    function enterAgainAfter(xhr, times) {
        var asked = Number(xhr.getResponseHeader('Retry-After')) * SECOND || 0;
        var wait = Math.min(FIRST_AGAIN_AFTER * Math.pow(2, times), LAST_AGAIN_AFTER);
        return Math.max(wait, Math.min(asked, LONGEST_RETRY_AFTER)) * (1 + (0.5 * Math.random()));
    }

    function stopEnteringAgain() {
        turn += 1;
        clearTimeout(againTimer);
        againTimer = null;
    }

    /** `isLate`: there was no answer in time. */
    function enteringFailed($button, wish, xhr, isLate, times) {
        // An earlier request was carried out, and its answer was lost.
        var wasEntered = $button.data('proctoringMayBeEntered') && xhr.status === 400;
        // A phone that puts the page to sleep ends a repetition without an answer.
        var isUnanswered = isLate || isServerBusy(xhr) || (times > 0 && xhr.status === 0);

        if (isServerBusy(xhr) || xhr.status === 0) {
            $button.data('proctoringMayBeEntered', true);
        }
        if (isUnanswered && !wish.startsClock && times < MOST_TIMES_AGAIN) {
            if (!times) {
                showMessage($button, enterAgainText(wish));
            }
            againTimer = setTimeout(function() {
                enter($button, wish, times + 1);
            }, enterAgainAfter(xhr, times));
            return;
        }
        if (wasEntered) {
            exam.reloadPage();
            return;
        }
        showMessage($button, failureText(
            xhr,
            gettext(
                'Your exam could not be started here. It may be open already, in another tab or on another ' +
                'device: reload the page to see where your exam stands. If this happens again, try a ' +
                'better internet connection or restart your device, and make sure that your account is active.'
            ),
            wish.proctored === 'true' && !wish.startsClock ? gettext(
                'The proctoring service does not answer. Your exam has not started and no time was used. ' +
                'Try again in a minute.'
            ) : undefined
        ), placeToGo(xhr));
    }

    /**
     * Create an attempt; its status decides which page follows. `proctored`: 'true', 'false' or undefined. `times`: how
     * often the page has tried by itself, undefined for a press of the button. Returns the request, undefined if one of
     * this button or those beside it is on its way.
     */
    function enter($button, wish, times) {
        var data = {exam_id: wish.examId, start_clock: wish.startsClock ? 'true' : 'false'};
        var mine;

        if (wish.proctored !== undefined) {
            data.attempt_proctored = wish.proctored;
        }
        if (times) {
            // In an outage that has begun meanwhile, the clock would start: then the learner is asked first.
            data.automatic = 'true';
        }
        if (!lock($button, Boolean(times))) {
            return undefined;
        }
        stopEnteringAgain();
        mine = turn;
        if (!times) {
            showMessage($button, '');
        }
        return $.ajax({url: wish.url, type: 'POST', data: data, timeout: ENTER_LIMIT})
            .done(function() {
                exam.reloadPage();
            })
            .fail(function(xhr, reason) {
                unlock($button);
                if (mine === turn) {
                    enteringFailed($button, wish, xhr, reason === 'timeout', times || 0);
                }
            });
    }

    /** P1, P2, P4: the buttons of our own pages. */
    exam.enterExamHandler = function(event) {
        var $button = buttonOf(this, event);
        enter($button, {
            url: $button.attr('data-ajax-url'),
            examId: $button.attr('data-exam-id'),
            startsClock: $button.attr('data-start-immediately') !== 'false',
            proctored: $button.attr('data-attempt-proctored')
        });
    };

    /** P3: ask whether the learner really wants to take the exam without proctoring. */
    exam.openOptOutHandler = function(event) {
        buttonOf(this, event);
        stopEnteringAgain();
        $('.proctored-exam.entrance').addClass('hidden').find('.js-proctoring-message').removeClass('critical-time').empty();
        $('.proctored-exam.skip-confirm-wrapper').removeClass('hidden')
            .find('.js-proctoring-opt-out-heading').trigger('focus');
    };

    /** P5: back to the entrance page, to the button that led here. */
    exam.cancelOptOutHandler = function(event) {
        buttonOf(this, event);
        $('.proctored-exam.skip-confirm-wrapper').addClass('hidden');
        $('.proctored-exam.entrance').removeClass('hidden').find('.js-proctoring-open-opt-out').trigger('focus');
    };

    // --- exam_actions/theme_globals.js

    /**
     * Global functions for themes whose `proctored_exam/confirm-decline.html` was written for 6.1.4, which had them in
     * every exam page. Our own templates do not use them. Contract: contract/exam-buttons#theme-globals.
     */

    // A theme may set it before or after it calls a function below, so it refuses nothing here.
    window.inProcess = false;

    window.disableClickEvent = function(selector) {
        window.inProcess = true;
        $(selector).prop('disabled', true);
        $('html').css('cursor', 'wait');
    };

    window.enableClickEvent = function(selector) {
        window.inProcess = false;
        $(selector).prop('disabled', false);
        $('html').css('cursor', '');
    };

    /** Create an attempt, then reload the page; a failure is shown beside the button, which can be pressed again. */
    window.startProctoredExam = function(selector, examId, actionUrl, startImmediately, attemptProctored) {
        var sent = enter($(selector), {
            url: actionUrl,
            examId: examId,
            startsClock: String(startImmediately) !== 'false',
            proctored: attemptProctored === undefined ? undefined : String(attemptProctored)
        });
        if (sent) {
            window.inProcess = true;
            sent.fail(function() { window.enableClickEvent(selector); });
        }
    };

    // --- exam_actions/set_up.js

    /**
     * The set-up page: the system check, and waiting for the provider to report "ready". Contract:
     * contract/page-templates#paths.
     */

    // Polled at growing intervals: right after the system check the answer matters, later it is mostly load.
    var FIRST_POLL_AFTER = 5 * SECOND;
    var LAST_POLL_AFTER = 60 * SECOND;
    var SET_UP_STATUSES = ['created', 'download_software_clicked', 'ready_to_start'];

    function setUpPage() {
        return $('.js-proctoring-set-up');
    }

    /**
     * Fetch the status; `then` gets true if the provider has reported that the learner is ready. Once there is nothing left
     * to set up, because the attempt was started, declined or removed elsewhere, the page is loaded again instead.
     */
    function askWhetherReady(then, otherwise) {
        $.ajax({url: setUpPage().attr('data-exam-started-poll-url') + '?sourceid=instructions', timeout: REQUEST_LIMIT})
            .done(function(data) {
                if (data.status && SET_UP_STATUSES.indexOf(data.status) === -1) {
                    exam.reloadPage();
                    return;
                }
                then(data.status === 'ready_to_start');
            })
            .fail(function(xhr) {
                // 400: an attempt that does not exist (any more).
                if (xhr.status === 400) {
                    exam.reloadPage();
                    return;
                }
                otherwise(xhr);
            });
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
            gettext('Your set-up is complete. Select the start button to continue.') :
            gettext('Your set-up is complete. Select “Continue”.'));
    }

    /** The start button of the instructions: on to the rules, if the provider has reported that the learner is ready. */
    exam.startAfterSetUpHandler = function(event) {
        var $button = buttonOf(this, event);
        function notComplete(reason) {
            unlock($button);
            makePrimary(setUpPage().find('#software_download_link'));
            exam.accessibleError(
                gettext('Your set-up is not complete'),
                failureText(reason, gettext(
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
    };

    /** Open the system check in a window of its own, at once: browsers block a window that is opened later as a pop-up. */
    exam.checkSystemHandler = function(event) {
        var $button = buttonOf(this, event);
        var $start = setUpPage().find('.js-start-proctored-exam');
        var opened = window.open($button.attr('data-download-url'), '_blank');

        function notSaved(xhr) {
            showMessage($button, failureText(
                xhr, gettext('Your progress could not be saved. You can continue with the system check.')
            ));
        }

        makePrimary($start);
        if (opened) {
            // The provider's page must not be able to navigate this one.
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
            }).fail(notSaved);
        }, notSaved);
    };

    /** While the set-up page is visible, poll until the provider has reported that the learner is ready. */
    exam.watchForReadiness = function() {
        var wait = FIRST_POLL_AFTER;
        if (!setUpPage().length || !setUpPage().attr('data-exam-started-poll-url')) {
            return;
        }
        function pollLater() {
            setTimeout(poll, wait * (0.9 + (0.2 * Math.random())));
            wait = Math.min(wait * 1.5, LAST_POLL_AFTER);
        }
        function poll() {
            if (!setUpPage().length) {
                return;
            }
            if (document.hidden) {
                pollLater();
                return;
            }
            askWhetherReady(function(ready) {
                if (ready) {
                    announceReady();
                } else {
                    pollLater();
                }
            }, pollLater);
        }
        pollLater();
    };

    // --- exam_actions/copy_code.js

    /** The button that copies the exam code to the clipboard. */

    exam.copyCodeHandler = function(event) {
        var $button = buttonOf(this, event);
        var field = document.getElementById('proctored-exam-code');
        var label = $button.text();

        function copied() {
            // The focus stays on the button, so that its new label is read out; the old label returns on blur.
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
    };

    // --- exam_actions/local_times.js

    /** Times that the server printed in its own time zone, shown in the learner's. */

    exam.localMoment = function(moment, options) {
        try {
            return moment.toLocaleString(document.documentElement.lang || [], options);
        } catch (error) {
            // The page's language tag, such as es_419, is not one that Intl accepts.
            return moment.toLocaleString([], options);
        }
    };

    exam.localiseTimes = function() {
        $('.js-proctoring-local-time').each(function() {
            var moment = new Date($(this).attr('datetime'));
            if (!isNaN(moment.getTime())) {
                // In the language of the page, not of the browser; with Django's digits and calendar, as in the rest of the
                // page: Persian would get those of Iran.
                $(this).text(exam.localMoment(moment, {
                    year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit',
                    timeZoneName: 'short', calendar: 'gregory', numberingSystem: 'latn'
                }));
            }
        });
    };
}(window.jQuery));
