/**
 * `AllowanceFormView`, a dialog around a form that changes allowances: shows messages at the fields, sends one request,
 * then reloads the list. Contract: contract/staff-tab#add-allowance.
 *
 * A subclass sets `templateUrl` and implements `templateData`, `findFields` and `onSubmit`.
 *
 * Part of the script of the form for new allowances, because the list of the bundle's files is contract.
 */
/* global proctoring -- staff_panels/namespace.js */
/* global isFailed, namesOf, problemLines, rowsOf -- staff_panels/bulk_failures.js */

proctoring.AllowanceFormView = Backbone.ModalView.extend({
    name: 'AllowanceFormView',

    initialize: function(options) {
        this.course_id = options.course_id;
        this.proctored_exam_allowance_view = options.proctored_exam_allowance_view;
        this.$form = {};
        _.bindAll(this, 'render');
        this.loadTemplateData();
    },

    loadTemplateData: function() {
        var self = this;
        return $.ajax({url: this.templateUrl, dataType: 'html'}).done(function(source) {
            self.template = _.template(source);
            self.render();
            self.showModal();
            self.updateCss();
        });
    },

    render: function() {
        this.$el.html(this.template(this.templateData()));
        this.findFields();
        return this;
    },

    /** Padding and colours, since the host's style sheet has no rules for this dialog. */
    updateCss: function() {
        this.$el.css({padding: '1.25rem', color: 'rgb(51, 51, 51)'});
        this.$('.error-message').css({color: 'rgb(178, 6, 16)'});
    },

    getCSRFToken: function() {
        return proctoring.StaffPanel.prototype.getCSRFToken.call(this);
    },

    /** Show a message beside a field and associate the two for screen readers. */
    showError: function(view, field, text) {
        var $field = view.$form[field];
        var id;
        if (!$field || !$field.length) {
            view.showGeneralError(text);
            return;
        }
        id = ($field.attr('id') || field) + '-error';
        $field.addClass('error').attr({'aria-invalid': 'true', 'aria-describedby': id});
        $('<div class="error-message"></div>').attr('id', id).text(text)
            .css({color: 'rgb(178, 6, 16)'}).insertAfter($field);
    },

    showGeneralError: function(text) {
        $('<div class="error-message" role="alert"></div>').text(text)
            .css({color: 'rgb(178, 6, 16)'}).prependTo(this.$('form'));
    },

    hideErrors: function() {
        this.$('.js-outcome, .error-message').remove();
        this.$('.error').removeClass('error').removeAttr('aria-invalid aria-describedby');
    },

    /** Send the allowance; `values`: see contract/staff-tab#add-allowance. */
    save: function(values) {
        var self = this;
        var $submit = this.$('[type="submit"]').prop('disabled', true);
        return $.ajax({
            url: proctoring.ProctoredExamBulkAllowanceModel.prototype.url,
            type: 'PUT',
            headers: proctoring.csrfHeader(this.getCSRFToken()),
            dataType: 'text',  // a success has no body, and an empty body is not JSON
            data: values
        }).always(function() {
            $submit.prop('disabled', false);
        }).done(function(body, status, xhr) {
            self.onSaved(rowsOf(xhr));
        }).fail(function(xhr) {
            self.onRefused(xhr);
        });
    },

    onSaved: function(rows) {
        var list = this.proctored_exam_allowance_view;
        var failed = _.filter(rows, isFailed);
        if (failed.length) {
            this.onPartlySaved(failed, _.reject(rows, isFailed));
            list.loadData();
            return;
        }
        this.hideModal();
        list.reloadAfter(gettext('The allowance was saved.'));
    },

    /** One line per problem, with each name once, and one line for the learners without a problem. */
    onPartlySaved: function(failed, saved) {
        var done = _.difference(namesOf(saved), namesOf(failed));
        var $messages = $('<div class="js-outcome" role="alert"></div>');
        _.each(problemLines(failed), function(line) {
            $('<div class="error-message"></div>').text(line).css({color: 'rgb(178, 6, 16)'}).appendTo($messages);
        });
        if (done.length) {
            $('<div></div>').text(proctoring.fill(
                gettext('Saved for: %(names)s'), {names: done.join(', ')}
            )).appendTo($messages);
        }
        this.$('form').prepend($messages);
    },

    onRefused: function(xhr) {
        var field = (proctoring.failureBody(xhr) || {}).field;
        var text = proctoring.failureDetail(xhr)
            || gettext('The allowance could not be saved. Please try again.');
        this.hideErrors();
        this.showError(this, field, text);
    }
});
