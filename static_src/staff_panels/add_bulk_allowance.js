/** The form that gives one allowance to several learners in several exams. Contract: contract/staff-tab#add-allowance. */
/* global proctoring -- staff_panels/namespace.js */

proctoring.AddBulkAllowanceView = proctoring.AllowanceFormView.extend({
    name: 'AddBulkAllowanceView',
    templateUrl: proctoring.TEMPLATE_ROOT + 'add-new-bulk-allowance.underscore',

    events: {
        'submit form': 'onSubmit',
        'change #exam_type': 'onExamKind',
        'change #allowance_type': 'onAllowanceType',
        'change .exam_dropdown': 'onExamsChosen',
        'click .close-selected-exam': 'onExamRemoved'
    },

    initialize: function(options) {
        this.proctored_exams = _.filter(options.proctored_exams, function(exam) { return exam.is_proctored; });
        this.timed_exams = _.reject(options.proctored_exams, function(exam) { return exam.is_proctored; });
        this.allowance_types = options.allowance_types;
        this.model = new proctoring.ProctoredExamBulkAllowanceModel();
        proctoring.AllowanceFormView.prototype.initialize.call(this, options);
    },

    templateData: function() {
        return {
            proctored_exams: this.proctored_exams,
            timed_exams: this.timed_exams,
            allowance_types: this.allowance_types
        };
    },

    findFields: function() {
        this.$form = {
            proctored_exam: this.$('#proctored_exam'),
            timed_exam: this.$('#timed_exam'),
            allowance_type: this.$('#allowance_type'),
            allowance_value: this.$('#allowance_value'),
            user_info: this.$('#user_info')
        };
        this.onAllowanceType();
    },

    /** Which of the two lists of exams is shown. */
    examKind: function() {
        return this.$('#exam_type').val() === 'timed_exam' ? 'timed_exam' : 'proctored_exam';
    },

    onExamKind: function() {
        var kind = this.examKind();
        var $type = this.$form.allowance_type;
        var $policy = $type.find('option[value="review_policy_exception"]');

        this.$('.close-selected-exam').each(_.bind(function(index, button) {
            this.putExamBack($(button));
        }, this));
        _.each(['proctored_exam', 'timed_exam'], function(name) {
            this.setShown(this.$form[name], name === kind);
            this.setShown(this.$('label[for="' + name + '"]'), name === kind);
        }, this);
        // A timed exam is not reviewed, so there is no policy to make an exception to.
        if (kind === 'timed_exam') {
            $policy.remove();
        } else if (!$policy.length) {
            $type.append($('<option></option>').val('review_policy_exception').text(
                _.object(this.allowance_types).review_policy_exception
            ));
        }
        this.onAllowanceType();
    },

    setShown: function($element, shown) {
        $element.toggleClass('hidden', !shown).css('display', shown ? 'block' : 'none');
    },

    /** The label of the value depends on the kind of allowance. */
    onAllowanceType: function() {
        var labels = {
            additional_time_granted: gettext('Input Additional Minutes as a Positive Number'),
            time_multiplier: gettext('Input Multiplier Greater Than 1'),
            review_policy_exception: gettext('Add Policy Exception')
        };
        this.$('#allowance_value_label').text(labels[this.$form.allowance_type.val()] || gettext('Value'));
    },

    /** A chosen exam moves from the list to a tag below it. */
    onExamsChosen: function(event) {
        var $selected = this.$('#selected_exams');
        $(event.currentTarget).find('option:selected').each(function() {
            var name = $.trim($(this).text());
            $('<button type="button" class="close-selected-exam"></button>')
                .attr({'data-item': this.value, 'data-name': name})
                .attr('aria-label', proctoring.fill(gettext('Remove %(exam)s'), {exam: name}))
                .text('×')
                .appendTo($('<span class="tag"></span>').text(name + ' ').appendTo($selected));
            $(this).remove();
        });
    },

    onExamRemoved: function(event) {
        event.preventDefault();
        this.putExamBack($(event.currentTarget));
        this.$form[this.examKind()].trigger('focus');
    },

    putExamBack: function($button) {
        var id = String($button.attr('data-item'));
        var timed = _.some(this.timed_exams, function(exam) { return String(exam.id) === id; });
        $('<option></option>').val(id).text($button.attr('data-name'))
            .appendTo(this.$form[timed ? 'timed_exam' : 'proctored_exam']);
        $button.closest('.tag').remove();
    },

    chosenExamIds: function() {
        return this.$('.close-selected-exam').map(function() {
            return $(this).attr('data-item');
        }).get();
    },

    onSubmit: function(event) {
        var exams = this.chosenExamIds();
        var values = {
            user_info: $.trim(this.$form.user_info.val()),
            allowance_value: $.trim(this.$form.allowance_value.val())
        };
        var missing = _.filter(_.keys(values), function(field) { return values[field] === ''; });

        event.preventDefault();
        this.hideErrors();
        if (!exams.length) {
            missing.push(this.examKind());
        }
        _.each(missing, function(field) {
            this.showError(this, field, gettext('Required field'));
        }, this);
        if (missing.length) {
            this.$form[missing[0]].trigger('focus');
            return;
        }
        this.save({
            course_id: this.course_id,
            exam_ids: exams.join(','),
            user_ids: values.user_info,
            allowance_type: this.$form.allowance_type.val(),
            value: values.allowance_value
        });
    },

    /** The rest is saved; only the learners that failed stay in the form, to be corrected. */
    onPartlySaved: function(failed, saved) {
        this.$form.user_info.val(_.uniq(_.pluck(failed, 'user_id')).join(', '));
        proctoring.AllowanceFormView.prototype.onPartlySaved.call(this, failed, saved);
    }
});
