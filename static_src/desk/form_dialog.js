/**
 * A form in a modal dialog: fields, a preview, a question. What was entered stays until the server has accepted it.
 * Contract: contract/staff-desk#dialogs.
 */
/* global desk -- desk/namespace.js, desk/templates.js, desk/dialog.js */

var LONG_WAIT = 10000;  // milliseconds
var READ_OUT = 3;  // sentences of a preview

/** Values as a text, for comparing them; files by name, size and age. */
desk.textOf = function(values) {
    return JSON.stringify(values, function(name, value) {
        return value instanceof window.File ? [value.name, value.size, value.lastModified] : value;
    });
};

/**
 * Options: `title`; `intro`, sentences above the fields; `link` below them (`{label, href, name}`, a file); `fields`, see `dialog.underscore`; `submitLabel`, `isDanger`;
 * `preview(values)`, the sentences below the fields while something is entered; `check(values)`, the texts of errors by
 * field; `send(values, key)`, a promise; `done(reply)`, after it; `failed(problem)`, true if it has dealt with a refusal;
 * `closed()`, after it was closed, whatever was done.
 */
desk.FormDialog = desk.Dialog.extend({
    events: _.extend({
        'submit form': 'onSubmit',
        'input :input': 'onInput',
        'change :input': 'onInput',
        'click .js-use': 'onUse'
    }, desk.Dialog.prototype.events),

    initialize: function(options) {
        this.options = _.extend({intro: [], fields: [], isDanger: false}, options);
        this.key = options.client.newKey();
        this.sent = null;
        this.previewed = '';
    },

    draw: function() {
        this.$content.html(desk.templates.html('dialog', {
            id: this.cid,
            title: this.options.title,
            intro: this.options.intro,
            link: this.options.link || null,
            fields: _.map(this.options.fields, function(field) {
                return _.extend({type: 'text', help: '', value: '', options: [], isRequired: false, most: ''}, field);
            }),
            submitLabel: this.options.submitLabel,
            isDanger: this.options.isDanger
        }));
        this.showPreview();
    },

    focusFirst: function() {
        this.$('.js-field').first().trigger('focus');
    },

    values: function() {
        var values = {};
        _.each(this.options.fields, function(field) {
            var $field = this.fieldElement(field.name);
            if (field.type === 'checkbox') {
                values[field.name] = $field.prop('checked');
            } else if (field.type === 'radio') {
                values[field.name] = $field.filter(':checked').val() || '';
            } else if (field.type === 'file') {
                values[field.name] = $field[0].files[0] || '';
            } else {
                values[field.name] = $.trim($field.val());
            }
        }, this);
        return values;
    },

    fieldElement: function(name) {
        return this.$(':input').filter(function() { return this.name === name; });
    },

    onInput: function(event) {
        this.showError(event.currentTarget.name, '');
        this.showPreview();
    },

    /** Below the fields, and read out when it has changed: of many sentences the first ones. */
    showPreview: function() {
        var lines = this.options.preview ? _.compact(this.options.preview(this.values())) : [];
        var text = lines.join('\n');
        if (!this.isOpen || text === this.previewed) {
            return;
        }
        this.previewed = text;
        this.$('.js-preview').empty().append(_.map(lines, function(line) {
            return $('<p></p>').text(line)[0];
        }));
        this.context.say(_.first(lines, READ_OUT).join(' '));
    },

    setSubmit: function(label) {
        this.$('.js-submit').text(label);
    },

    setTitle: function(title) {
        this.$('.js-title').text(title);
    },

    /** Other sentences in the place of those above the fields, as many as before. */
    setIntro: function(sentences) {
        this.$('.js-intro').each(function(index) { $(this).text(sentences[index]); });
    },

    setLabel: function(name, label) {
        this.$('[for="' + this.cid + '-' + name + '"] .js-label').text(label);
    },

    /** Show what is wrong with a field; '' removes it. */
    showError: function(name, text) {
        var $error = this.$('.js-error').filter(function() { return $(this).data('field') === name; });
        $error.text(text).prop('hidden', !text);
        this.fieldElement(name).attr('aria-invalid', text ? 'true' : null);
    },

    onSubmit: function(event) {
        var values = this.values();
        var errors;
        event.preventDefault();
        if (this.isBusy) {
            return;
        }
        errors = _.extend(this.missing(values), this.options.check ? this.options.check(values) : {});
        errors = _.pick(errors, _.identity);
        if (_.isEmpty(errors)) {
            this.send(values);
        } else {
            this.showErrors(errors, gettext('Some fields need to be corrected.'), '');
        }
    },

    missing: function(values) {
        var errors = {};
        _.each(this.options.fields, function(field) {
            if (field.isRequired && values[field.name] === '') {
                errors[field.name] = gettext('This field is required.');
            }
        });
        return errors;
    },

    /** Show errors by field, and a sentence that screen readers read out; the first wrong field gets the focus. */
    showErrors: function(errors, sentence, requestId) {
        var first = _.find(_.pluck(this.options.fields, 'name'), function(name) { return errors[name]; });
        _.each(errors, function(text, name) { this.showError(name, text); }, this);
        this.say(sentence, requestId);
        if (first) {
            this.fieldElement(first).first().trigger('focus');
        }
    },

    /** Say why it did not work. `useful`: `{label, field, value}`, a button that puts a value into a field. */
    say: function(sentence, requestId, useful) {
        var $alert = this.$('.js-refusal').empty().prop('hidden', !sentence);
        if (!sentence) {
            return;
        }
        $('<p></p>').text(sentence).appendTo($alert);
        if (useful) {
            $('<button type="button" class="js-use proctoring-desk__button"></button>').text(useful.label)
                .data('useful', useful).appendTo($alert);
        }
        if (requestId) {
            $('<p class="proctoring-desk__muted"></p>')
                .text(desk.words.fill(gettext('Request %(id)s'), {id: requestId})).appendTo($alert);
        }
    },

    onUse: function(event) {
        var useful = $(event.currentTarget).data('useful');
        this.fieldElement(useful.field).val(useful.value).trigger('input').trigger('focus');
        this.say('');
    },

    send: function(values) {
        var self = this;
        var text = desk.textOf(values);
        // Another body is another change, and needs a key of its own.
        if (this.sent !== null && this.sent !== text) {
            this.key = this.options.client.newKey();
        }
        this.sent = text;
        this.say('');
        this.setBusy(true);
        this.options.send(values, this.key).done(function(reply) {
            self.setBusy(false);
            self.close();
            self.options.done(reply, values);
        }).fail(function(problem) {
            self.setBusy(false);
            self.refused(problem);
        });
    },

    refused: function(problem) {
        var errors = {};
        if (!this.isOpen) {
            this.context.complain(problem.detail);
            return;
        }
        if (this.options.failed && this.options.failed(problem, this)) {
            return;
        }
        _.each(problem.errors, function(error) {
            if (this.fieldElement(error.field).length) {
                errors[error.field] = error.message;
            }
        }, this);
        this.showErrors(errors, problem.detail, problem.requestId);
    },

    setBusy: function(isBusy) {
        var self = this;
        clearTimeout(this.waiting);
        this.isBusy = isBusy;
        this.$('form').attr('aria-busy', isBusy ? 'true' : null);
        this.$('.js-submit').attr('aria-disabled', isBusy ? 'true' : null);
        this.$('.js-working').text(isBusy ? gettext('Working…') : '');
        if (isBusy) {
            this.waiting = setTimeout(function() {
                self.$('.js-working').text(gettext('Still working. You can wait, or close this and look at the list later.'));
            }, LONG_WAIT);
        }
    },

    /** Escape would lose what was entered while the server works on it. */
    mayClose: function() {
        return !this.isBusy;
    },

    onClose: function() {
        clearTimeout(this.waiting);
        if (this.options.closed) {
            this.options.closed();
        }
    }
});
