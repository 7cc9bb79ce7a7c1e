/**
 * The form that changes the value of one allowance. Contract: contract/staff-tab#edit-allowance.
 */
(function($, _) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    proctoring.EditAllowanceView = proctoring.AllowanceFormView.extend({
        name: 'EditAllowanceView',
        templateUrl: proctoring.TEMPLATE_ROOT + 'edit-allowance.underscore',

        events: {
            'submit form': 'onSubmit'
        },

        initialize: function(options) {
            _.extend(this, _.pick(
                options,
                'selected_exam_ID', 'selected_exam_name', 'selected_user', 'allowance_type', 'allowance_type_name',
                'current_value'
            ));
            proctoring.AllowanceFormView.prototype.initialize.call(this, options);
        },

        templateData: function() {
            return _.pick(this, 'selected_user', 'selected_exam_name', 'allowance_type', 'allowance_type_name');
        },

        findFields: function() {
            this.$form = {allowance_value: this.$('#allowance_value')};
            // Set here, because the variables of the template are contract.
            this.$form.allowance_value.val(this.current_value);
        },

        onSubmit: function(event) {
            var value = $.trim(this.$form.allowance_value.val());
            event.preventDefault();
            this.hideErrors();
            if (value === '') {
                this.showError(this, 'allowance_value', gettext('Required field'));
                this.$form.allowance_value.trigger('focus');
                return;
            }
            this.save({
                course_id: this.course_id,
                exam_ids: String(this.selected_exam_ID),
                user_ids: this.selected_user,
                allowance_type: this.allowance_type,
                value: value
            });
        }
    });
}(window.jQuery, window._));
