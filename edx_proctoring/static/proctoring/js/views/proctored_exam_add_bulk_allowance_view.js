/* Built by tools/build-static.js from the files named below in static_src/: edit those, then `npm run build`. */
(function($, _, Backbone) {
    'use strict';

    // --- staff_panels/namespace.js

    /** `edx.instructor_dashboard.proctoring`, which the allowance model, the first script of the bundle, creates. */

    var proctoring = window.edx.instructor_dashboard.proctoring;

    // --- staff_panels/fill.js

    /** Sentences with names of people and exams, which may be written in the other direction. Contract: contract/staff-tab#direction. */

    // Letters from Hebrew to the last block of Arabic, and their presentation forms; letters of all other scripts.
    var RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
    var LEFT_TO_RIGHT = /[A-Za-z\u00c0-\u02b8\u0370-\u058f\u0904-\u1fff\u2c00-\ud7ff]/;

    /** A text as a sentence of the other direction needs it: isolated, so that its signs and digits stay where they belong. */
    function isolated(value, isRightToLeft) {
        var text = String(value);
        return (isRightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text) ? '\u2068' + text + '\u2069' : text;
    }

    /** Fill the named places of a translated sentence. */
    proctoring.fill = function(sentence, values) {
        var isRightToLeft = RIGHT_TO_LEFT.test(sentence);
        return interpolate(sentence, _.object(_.map(values, function(value, name) {
            return [name, isolated(value, isRightToLeft)];
        })), true);
    };

    // --- staff_panels/bulk_failures.js

    /** What the form of allowances says when a request succeeded for some learners only. */

    /** The rows of a 207 response, one per learner and exam. A 200 has no body: everything was saved. */
    function rowsOf(xhr) {
        return xhr.status === 207 ? JSON.parse(xhr.responseText) : [];
    }

    function isFailed(row) {
        return row.status === 'failed' || row.success === false;
    }

    function namesOf(rows) {
        return _.uniq(_.pluck(rows, 'user_id'));
    }

    /** What went wrong, each problem once; an error text that names the learner needs no name before it. */
    function problemLines(failed) {
        var byProblem = _.groupBy(failed, function(row) { return row.error || gettext('not saved'); });
        return _.map(byProblem, function(rows, problem) {
            var names = namesOf(rows);
            var isNamed = names.length === 1 && problem.indexOf(names[0]) !== -1;
            return isNamed ? problem : names.join(', ') + ': ' + problem;
        });
    }

    // --- staff_panels/allowance_form.js

    /**
     * `AllowanceFormView`, a dialog around a form that changes allowances: shows messages at the fields, sends one request,
     * then reloads the list. Contract: contract/staff-tab#add-allowance.
     *
     * A subclass sets `templateUrl` and implements `templateData`, `findFields` and `onSubmit`.
     *
     * Part of the script of the form for new allowances, because the list of the bundle's files is contract.
     */

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

    // --- staff_panels/add_bulk_allowance.js

    /** The form that gives one allowance to several learners in several exams. Contract: contract/staff-tab#add-allowance. */

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
}(window.jQuery, window._, window.Backbone));
