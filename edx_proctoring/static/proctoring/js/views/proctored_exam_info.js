/**
 * The onboarding panel beside the course: the learner's onboarding status, and what to do next.
 * Contract: contract/onboarding-panel#request.
 */
(function($, _, Backbone) {
    'use strict';

    var TEMPLATE_URL = '/static/proctoring/templates/proctored-exam-info.underscore';
    var RED = 'rgb(178, 6, 16)';
    var GREEN = 'rgb(0, 129, 0)';
    var BLUE = 'rgb(13, 78, 108)';
    var COLOURS = {
        verified: GREEN,
        other_course_approved: GREEN,
        submitted: BLUE,
        second_review_required: BLUE,
        expiring_soon: BLUE
    };

    window.edx = window.edx || {};
    window.edx.courseware = window.edx.courseware || {};
    window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

    /** Label, message and detail of a status. Built on each call, when the host's catalogue is certainly loaded. */
    function textsFor(status) {
        var notStarted = [gettext('Not Started'), gettext('You have not started your onboarding exam.')];
        var started = [gettext('Started'), gettext('You have started your onboarding exam.')];
        var submitted = [gettext('Submitted'), gettext('You have submitted your onboarding exam.')];
        var texts = {
            created: notStarted,
            download_software_clicked: notStarted,
            ready_to_start: notStarted,
            started: started,
            ready_to_submit: started,
            submitted: submitted,
            second_review_required: submitted,
            verified: [
                gettext('Verified'),
                gettext('Your onboarding exam has been approved in this course.')
            ],
            rejected: [
                gettext('Rejected'),
                gettext('Your onboarding exam has been rejected. Please retry onboarding.')
            ],
            error: [
                gettext('Error'),
                gettext('An error has occurred during your onboarding exam. Please retry onboarding.')
            ],
            other_course_approved: [
                gettext('Approved in Another Course'),
                gettext('Your onboarding exam has been approved in another course.'),
                gettext(
                    'If your device has changed, we recommend that you complete this course\'s onboarding exam ' +
                    'in order to ensure that your setup still meets the requirements for proctoring.'
                )
            ],
            expiring_soon: [
                gettext('Expiring Soon'),
                gettext(
                    'Your onboarding profile has been approved. However, your onboarding status is expiring soon. ' +
                    'Please complete onboarding again to ensure that you will be able to continue taking proctored exams.'
                )
            ],
            expired: [
                gettext('Expired'),
                gettext(
                    'Your onboarding status has expired. Please complete onboarding again to continue taking ' +
                    'proctored exams.'
                )
            ]
        };
        if (!status) {
            return [notStarted[0], ''];
        }
        return _.has(texts, status) ? texts[status] : [status, ''];
    }

    window.edx.courseware.proctored_exam.ProctoredExamInfo = Backbone.View.extend({
        initialize: function(options) {
            this.now = (options && options.now) || Date.now;
            this.course_id = this.$el.data('course-id');
            this.username = this.$el.data('username');
            this.template = null;
            if (!this.course_id) {
                return;
            }
            this.model.url = this.model.url + '?course_id=' + encodeURIComponent(this.course_id)
                + (this.username ? '&username=' + encodeURIComponent(this.username) : '');
            this.loadTemplate();
        },

        loadTemplate: function() {
            var self = this;
            $.ajax({url: TEMPLATE_URL, dataType: 'html'}).done(function(source) {
                self.template = _.template(source);
                self.loadStatus();
            });
        },

        loadStatus: function() {
            var self = this;
            // 404 if the learner has no onboarding. The panel stays empty on this and on any other failure.
            this.model.fetch({
                success: function() {
                    self.loaded = true;
                    self.render();
                }
            });
        },

        isReleased: function() {
            var release = this.model.get('onboarding_release_date');
            return !release || new Date(release).getTime() <= this.now();
        },

        /** The template's variables. Their names are contract: outside code brings its own template. */
        templateData: function() {
            var status = this.model.get('onboarding_status');
            var shown = this.model.getDisplayStatus(this.now());
            var texts = textsFor(shown);
            var renewable = shown === 'expiring_soon' || shown === 'expired';
            return {
                onboardingStatus: shown,
                onboardingStatusText: texts[0],
                onboardingMessage: texts[1],
                onboardingDetail: texts[2] || '',
                showOnboardingReminder: !_.contains(['verified', 'other_course_approved'], status),
                onboardingNotReleased: !this.isReleased(),
                onboardingPastDue: this.model.get('onboarding_past_due'),
                showOnboardingExamLink: renewable
                    || !_.contains(['submitted', 'second_review_required', 'verified'], status),
                onboardingLink: this.model.get('onboarding_link'),
                onboardingReleaseDate: new Date(this.model.get('onboarding_release_date')).toLocaleDateString(),
                reviewRequirementsUrl: this.model.get('review_requirements_url')
            };
        },

        render: function() {
            if (this.template && this.loaded) {
                this.$el.html(this.template(this.templateData()));
                this.updateCss();
            }
            return this;
        },

        /** Inline, because no style sheet is shipped. */
        updateCss: function() {
            var shown = this.model.getDisplayStatus(this.now());
            this.$('.proctoring-info').css({
                padding: '10px',
                border: '1px solid rgb(231, 231, 231)',
                'border-top': '5px solid ' + (COLOURS[shown] || RED)
            });
            this.$('.message-title').css({margin: '0 0 10px', 'font-weight': '600'});
            this.$('.onboarding-status, .onboarding-status-message, .onboarding-reminder')
                .css({'margin-bottom': '10px'});
            this.$('.action').css({
                display: 'block',
                'box-sizing': 'border-box',
                'margin-bottom': '10px',
                padding: '10px',
                'text-align': 'center'
            });
            this.$('.action-onboarding').css({color: 'rgb(255, 255, 255)', background: 'rgb(178, 6, 16)'});
            this.$('.action-disabled').css({color: 'rgb(69, 69, 69)', background: 'rgb(233, 234, 236)'});
            this.$('.action-onboarding-practice, .action-info-link').css({
                color: 'rgb(13, 78, 108)', border: '1px solid rgb(13, 78, 108)'
            });
        }
    });
}(window.jQuery, window._, window.Backbone));
