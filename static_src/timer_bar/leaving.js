/**
 * How the learner leaves the exam page: the end button, the end of the time, and the warning before leaving early.
 */
/* global exam -- shared/exam_namespace.js */
/* global keepTrying -- timer_bar/keep_trying.js */
/* exported leaving */

// Final answers: repeating the request would not change them.
var REFUSALS = [400, 403, 404];

var leaving = {
    shouldWarnBeforeLeaving: function() {
        var courseware = '/courses/' + this.model.get('course_id') + '/courseware/';
        var here = window.location.href;
        return this.model.get('taking_as_proctored')
            && this.model.get('time_remaining_seconds') > 0
            && this.model.get('attempt_status') !== 'started'
            && (here.indexOf(courseware) !== -1 || here.indexOf(encodeURI(courseware)) !== -1);
    },

    unloadMessage: function() {
        return gettext('Your exam is still open. If you leave this page, you may have to set it up again.');
    },

    /** Stop everything that would keep the learner on this page. */
    prepareToLeave: function() {
        this.isLeaving = true;
        this.stopTimer();
        $(window).off('beforeunload', this.unloadMessage);
    },

    /** The learner has submitted on this page, which may still wait for the proctoring software. */
    showSubmitted: function() {
        this.prepareToLeave();
        $(window).off('scroll', this.detectScroll);
        this.$el.empty();
        this.showNotice(gettext('You have submitted the exam. No more time is counted.'));
    },

    /**
     * The time is up. The page is replaced only once the server can send a new one: without a connection the learner
     * would be left with the browser's error page.
     */
    leaveExpiredExam: function() {
        var self = this;

        this.prepareToLeave();
        if (this.isServerReachable()) {
            this.finishExpiredExam();
            return;
        }
        keepTrying({
            url: this.attemptUrl(),
            waiting: function() {
                self.showMessage(gettext(
                    'Your time is up, but the server cannot be reached. What you have submitted is saved, and ' +
                    'the server ends your exam by itself. Leave this page open: it continues when the connection ' +
                    'is back.'
                ));
            },
            done: function(attempt) {
                if (attempt.time_remaining_seconds > 0 && attempt.status === self.model.get('attempt_status')) {
                    // This computer's clock was wrong, or the time was extended.
                    self.isLeaving = false;
                    self.showMessage('');
                    self.adoptServerTime(attempt);
                    self.render();
                } else {
                    self.finishExpiredExam();
                }
            },
            refused: this.reloadPage
        });
    },

    finishExpiredExam: function() {
        // Whether or not the proctoring software answers: the exam is over, and the page must say so.
        exam.endExam(this.model.get('exam_started_poll_url')).then(this.reloadPage, this.reloadPage);
    },

    endExamClicked: function(event) {
        var self = this;
        var $button = $(event.currentTarget);

        event.preventDefault();
        if ($button.attr('aria-busy') === 'true') {
            return;
        }
        $button.attr('aria-busy', 'true').prop('disabled', true);
        this.showMessage('');
        keepTrying({
            url: this.attemptUrl(),
            data: {action: 'stop'},
            isDone: function(status) {
                return status === 'ready_to_submit' || exam.isExamOver(status);
            },
            waiting: function() {
                // Set here, so that the general message about the connection does not replace this one.
                self.isOffline = true;
                self.showMessage(gettext(
                    'The server cannot be reached. Your time keeps running. Leave this page open: as soon as ' +
                    'the connection is back, you are taken to the page where you submit your exam.'
                ));
            },
            done: function() {
                self.prepareToLeave();
                self.goTo(self.model.get('exam_url_path'));
            },
            refused: function(xhr) {
                if (_.contains(REFUSALS, xhr.status)) {
                    // Ended, reset or out of time in the meantime: the new page shows which.
                    self.prepareToLeave();
                    self.reloadPage();
                    return;
                }
                $button.removeAttr('aria-busy').prop('disabled', false);
                if (document.activeElement === document.body) {
                    // A disabled button loses the focus, and nothing else has taken it since.
                    $button.trigger('focus');
                }
                self.showMessage(gettext('Your exam could not be ended. Try again in a moment.'));
            }
        });
    },

    goTo: function(url) {
        if (exam.rememberToFocusHeading) {
            exam.rememberToFocusHeading();
        }
        window.location.href = url;
    },

    reloadPage: function() {
        window.location.reload();
    }
};
