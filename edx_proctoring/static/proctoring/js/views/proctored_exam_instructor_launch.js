/**
 * The provider's own dashboard inside the Special Exams tab. Spec: instructor-experience.md 6.1.
 */
(function($, _) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamDashboardView = proctoring.StaffPanel.extend({
        container: '.student-review-dashboard-container',
        templateUrl: proctoring.TEMPLATE_ROOT + 'dashboard.underscore',

        initialize: function() {
            this.drawn = false;
            this.wanted = false;
            proctoring.StaffPanel.prototype.initialize.call(this);
            // From now on, not from when the template is there: the panel may be opened meanwhile.
            this.$el.closest('#proctoring-accordion').on('accordionactivate', _.bind(this.onPanelOpened, this));
        },

        dashboardUrl: function() {
            return proctoring.API_ROOT + 'instructor/' + this.course_id;
        },

        /** There is no data of ours to fetch: wait until somebody looks. */
        loadData: function() {
            if (this.wanted || this.isOpen()) {
                this.render();
            }
        },

        onPanelOpened: function(event, ui) {
            // Another panel that opens is no reason to ask the provider for its page.
            if (ui && ui.newPanel && this.isMine(ui.newPanel)) {
                this.wanted = true;
                this.render();
            }
        },

        isMine: function($panel) {
            return $panel.is(this.el) || ($panel.length > 0 && $.contains($panel[0], this.el));
        },

        /** True if the panel was open already when the page came, or cannot be closed: then no event announces it. */
        isOpen: function() {
            return !this.$el.closest('#proctoring-accordion').length
                || this.$el.closest('.ui-accordion-content-active').length > 0;
        },

        render: function() {
            if (this.template && !this.drawn) {
                this.drawn = true;
                this.draw(this.template({dashboardURL: this.dashboardUrl()}));
            }
            return this;
        }
    });
}(window.jQuery, window._));
