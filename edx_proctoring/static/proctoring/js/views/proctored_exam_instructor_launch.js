/**
 * The provider's own dashboard inside the Special Exams tab. Contract: contract/staff-tab#provider-dashboard.
 */
(function($, _) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.ProctoredExamDashboardView = proctoring.StaffPanel.extend({
        container: '.student-review-dashboard-container',
        templateUrl: proctoring.TEMPLATE_ROOT + 'dashboard.underscore',

        initialize: function() {
            this.isDrawn = false;
            this.wasOpened = false;
            proctoring.StaffPanel.prototype.initialize.call(this);
            // Bound now, because the panel may be opened before the template has arrived.
            this.$el.closest('#proctoring-accordion').on('accordionactivate', _.bind(this.onPanelOpened, this));
        },

        dashboardUrl: function() {
            return proctoring.API_ROOT + 'instructor/' + this.course_id;
        },

        /** There is no data to fetch; the provider's page is loaded when the panel is opened. */
        loadData: function() {
            if (this.wasOpened || this.isOpen()) {
                this.render();
            }
        },

        onPanelOpened: function(event, ui) {
            // The event is triggered for every panel of the accordion.
            if (ui && ui.newPanel && this.isIn(ui.newPanel)) {
                this.wasOpened = true;
                this.render();
            }
        },

        isIn: function($panel) {
            return $panel.is(this.el) || ($panel.length > 0 && $.contains($panel[0], this.el));
        },

        /** Whether the panel was open when the page was loaded, or cannot be closed; neither triggers an event. */
        isOpen: function() {
            return !this.$el.closest('#proctoring-accordion').length
                || this.$el.closest('.ui-accordion-content-active').length > 0;
        },

        render: function() {
            if (this.template && !this.isDrawn) {
                this.isDrawn = true;
                this.draw(this.template({dashboardURL: this.dashboardUrl()}));
            }
            return this;
        }
    });
}(window.jQuery, window._));
