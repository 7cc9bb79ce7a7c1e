/**
 * The course team's panels: what they share, and the first of them, the allowances.
 * Spec: instructor-experience.md 1.3, 2.3, 3.1.
 *
 * `StaffPanel` stands in this file because the list of the bundle's files is contract and this is the first
 * panel in it, in the pipeline and in alphabetical order alike.
 */
(function($, _, Backbone) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    /**
     * A panel of the Special Exams tab: it finds its container, fetches its template, then its data, and draws.
     *
     * A subclass names `container` (selector) and `templateUrl`, and implements `loadData` and `render`.
     * Above what it draws stands one live region that outlives each drawing, for success and failure alike.
     */
    proctoring.StaffPanel = Backbone.View.extend({
        initialize: function() {
            this.setElement($(this.container));
            this.course_id = this.$el.data('course-id');
            this.template = null;
            // The bundle is loaded on pages without this panel too: nothing is asked for there.
            if (this.course_id) {
                this.loadTemplateData();
            }
        },

        loadTemplateData: function() {
            var self = this;
            return $.ajax({url: this.templateUrl, dataType: 'html'}).done(function(source) {
                self.template = _.template(source);
                self.loadData();
            }).fail(function(xhr) {
                self.showFailure(xhr, _.bind(self.loadTemplateData, self));
            });
        },

        /**
         * Fetch `collection`, then `render`. An answer that was overtaken by a newer question is ignored.
         */
        fetchCollection: function(collection) {
            var self = this;
            if (this.pending) {
                this.pending.abort();
            }
            this.$el.attr('aria-busy', 'true');
            this.pending = collection.fetch({
                reset: true,
                success: function() {
                    self.pending = null;
                    self.$el.removeAttr('aria-busy');
                    self.render();
                },
                error: function(failed, xhr) {
                    if (xhr.statusText === 'abort') {
                        return;
                    }
                    self.pending = null;
                    self.$el.removeAttr('aria-busy');
                    self.onLoadFailure(xhr);
                }
            });
            return this.pending;
        },

        onLoadFailure: function(xhr) {
            this.showFailure(xhr, _.bind(this.loadData, this));
        },

        /**
         * Send a change, with the CSRF token, then call `onDone`. On failure the reason is shown with a way to try
         * again, and what was drawn stays.
         */
        send: function(request, onDone) {
            var self = this;
            var $body = $('body').css('cursor', 'wait');
            this.clearMessage();
            // As text: the answers have no body, and an empty one is not JSON.
            return $.ajax(_.extend({headers: proctoring.csrfHeader(this.getCSRFToken()), dataType: 'text'}, request))
                .always(function() {
                    $body.css('cursor', 'auto');
                })
                .done(onDone)
                .fail(function(xhr) {
                    self.showFailure(xhr, _.bind(self.send, self, request, onDone));
                });
        },

        getCSRFToken: function() {
            var name = 'csrftoken=';
            var cookie = _.find(_.map(document.cookie.split(';'), $.trim), function(pair) {
                return pair.indexOf(name) === 0;
            });
            return cookie ? decodeURIComponent(cookie.slice(name.length)) : null;
        },

        /**
         * Put markup in place of what was drawn before. What was open stays open, and the focus stays on the thing
         * with the same `data-focus-key` or id, or goes to the first of the keys that an action left in `focusNext`.
         * Where none is left, the panel itself gets it, so that the keyboard is not thrown back to the top of the page.
         */
        draw: function(html) {
            var self = this;
            var active = document.activeElement;
            var inside = active && active !== this.el && $.contains(this.el, active);
            var keys = this.focusNext || (inside ? _.compact([$(active).data('focus-key'), active.id]) : null);
            var open = this.$('.accordion-trigger[aria-expanded="true"]').map(function() {
                return self.controlledId(this);
            }).get();
            var $content = this.parts().content.html(html);

            this.focusNext = null;
            $content.find('.accordion-trigger').each(function() {
                if (_.contains(open, self.controlledId(this))) {
                    self.setExpanded(this, true);
                }
            });
            if (keys) {
                this.focusOnFirst($content, keys);
            }
        },

        focusOnFirst: function($content, keys) {
            var $marked = $content.find('[data-focus-key], [id]');
            var found = _.find(_.map(keys, function(key) {
                return $marked.filter(function() {
                    return $(this).data('focus-key') === key || this.id === key;
                })[0];
            }));
            $(found || $content.attr('tabindex', '-1')).trigger('focus');
        },

        /** The live region and the drawing below it, made at the first need. */
        parts: function() {
            if (!this.$content || !$.contains(this.el, this.$content[0])) {
                this.$message = $('<div class="js-panel-message" role="status"></div>');
                this.$content = $('<div class="js-panel-content"></div>');
                this.$el.empty().append(this.$message, this.$content);
            }
            return {message: this.$message, content: this.$content};
        },

        /** Draw the list as the server has it now, and say what was done. `focusNext`: see `draw`. */
        reloadAfter: function(text, focusNext) {
            this.focusNext = focusNext;
            this.loadData();
            this.announce(text);
        },

        clearMessage: function() {
            this.parts().message.removeClass('message error').empty();
        },

        /** Say it to everybody: shown, and read by screen readers without moving the focus. */
        announce: function(text) {
            this.parts().message.removeClass('message error').text(text);
        },

        /** Show why a request failed; `retry`, if given, becomes a button. */
        showFailure: function(xhr, retry) {
            var self = this;
            var $message = this.parts().message.empty().addClass('message error');
            $('<p></p>').text(this.failureText(xhr)).appendTo($message);
            if (retry) {
                $('<button type="button" class="js-panel-retry"></button>').text(gettext('Try again'))
                    .on('click', function() {
                        self.clearMessage();
                        retry();
                    }).appendTo($message);
            }
        },

        failureText: function(xhr) {
            var detail = proctoring.failureDetail(xhr);
            if (detail) {
                return detail;
            }
            if (xhr.status === 403) {
                return gettext('You do not have permission to do this.');
            }
            return gettext('The server did not answer as expected. Please try again.');
        },

        /** A link that acts answers the space bar as a button does. */
        onButtonKey: function(event) {
            if ((event.key === ' ' || event.which === 32) && $(event.currentTarget).is('a')) {
                event.preventDefault();
                $(event.currentTarget).trigger('click');
            }
        },

        /** Id of what an `.accordion-trigger` opens and closes. */
        controlledId: function(trigger) {
            return $(trigger).attr('aria-controls') || $(trigger).attr('data-key-id');
        },

        setExpanded: function(trigger, expanded) {
            var $trigger = $(trigger).attr('aria-expanded', String(expanded));
            $trigger.find('.fa-chevron-right').toggleClass('fa-rotate-90', expanded);
            $trigger.find('.fa-chevron-down').toggleClass('fa-rotate-180', expanded);
            // By id, not by selector: the id may hold what a selector would have to escape.
            $(document.getElementById(this.controlledId(trigger)))
                .toggleClass('is-hidden', !expanded)
                .css('display', expanded ? '' : 'none');
        },

        onAccordionTrigger: function(event) {
            var trigger = event.currentTarget;
            var inner = $(event.target).closest('a, button')[0];
            // A link or button inside a trigger does its own work.
            if (!inner || inner === trigger || !$.contains(trigger, inner)) {
                this.setExpanded(trigger, $(trigger).attr('aria-expanded') !== 'true');
            }
        }
    });

    /** No header at all without a token: `null` is not a header's value. */
    proctoring.csrfHeader = function(token) {
        return token ? {'X-CSRFToken': token} : {};
    };

    /** What the server said of a refusal, parsed; null where it is no JSON, such as the error page of a proxy. */
    proctoring.failureBody = function(xhr) {
        try {
            return JSON.parse(xhr.responseText);
        } catch (error) {
            return null;
        }
    };

    /** The server's reason for refusing, or '' where it gave none that is fit to be shown. */
    proctoring.failureDetail = function(xhr) {
        var body = proctoring.failureBody(xhr);
        if (_.isString(body)) {
            return body;
        }
        return body && _.isString(body.detail) ? body.detail : '';
    };

    /**
     * The allowances of the course, one group per learner. Spec: instructor-experience.md 3.1.
     */
    proctoring.ProctoredExamAllowanceView = proctoring.StaffPanel.extend({
        container: '.special-allowance-container',
        templateUrl: proctoring.TEMPLATE_ROOT + 'course_grouped_allowances.underscore',

        events: {
            'click #add-allowance': 'showAddModal',
            'click .edit_allowance': 'editAllowance',
            'click .remove_allowance': 'removeAllowance',
            'keydown [role="button"]': 'onButtonKey',
            'click .accordion-trigger': 'onAccordionTrigger'
        },

        // The host gives its section, not options, and finds the panel again under this name.
        constructor: function(section) {
            proctoring.StaffPanel.call(this, {});
            $(section).data('wrapper', this);
        },

        initialize: function() {
            this.collection = new proctoring.ProctoredExamAllowanceCollection();
            this.allowance_types = proctoring.ProctoredExamAllowanceModel.types();
            proctoring.StaffPanel.prototype.initialize.call(this);
        },

        /** Called by the host each time the tab is opened. The panel loads at construction. */
        onClickTitle: function() {},

        loadData: function() {
            this.collection.url = proctoring.API_ROOT + 'proctored_exam/' + this.course_id + '/grouped/allowance';
            return this.fetchCollection(this.collection);
        },

        render: function() {
            this.draw(this.template({
                proctored_exam_allowances: this.collection.toJSON()[0] || {},
                allowance_types: this.allowance_types,
                generateDomId: this.generateDomId
            }));
            return this;
        },

        /** A DOM id for a learner. Names that differ in punctuation only get the same one (contract). */
        generateDomId: function(username) {
            return 'ui-id-' + String(username).replace(/\W/g, '');
        },

        typeLabel: function(key) {
            var type = _.find(this.allowance_types, function(pair) { return pair[0] === key; });
            return type ? type[1] : key;
        },

        removeAllowance: function(event) {
            var $link = $(event.currentTarget);
            event.preventDefault();
            this.send({
                url: proctoring.API_ROOT + 'proctored_exam/allowance',
                type: 'DELETE',
                data: {
                    exam_id: $link.data('exam-id'),
                    user_id: $link.data('user-id'),
                    key: $link.data('key-name')
                }
            }, _.bind(this.reloadAfter, this, gettext('The allowance was removed.'), null));
        },

        showAddModal: function(event) {
            var self = this;
            var exams = new proctoring.ProctoredExamCollection();
            event.preventDefault();
            exams.url = exams.url + this.course_id;
            exams.fetch({
                success: function() {
                    self.modal = new proctoring.AddBulkAllowanceView({
                        course_id: self.course_id,
                        proctored_exams: exams.toJSON(),
                        proctored_exam_allowance_view: self,
                        allowance_types: self.allowance_types
                    });
                },
                error: function(collection, xhr) {
                    self.showFailure(xhr);
                }
            });
        },

        editAllowance: function(event) {
            var $link = $(event.currentTarget);
            event.preventDefault();
            this.modal = new proctoring.EditAllowanceView({
                course_id: this.course_id,
                selected_exam_ID: $link.data('exam-id'),
                selected_exam_name: $link.data('exam-name'),
                proctored_exam_allowance_view: this,
                // As an attribute: a learner may be called "007" or "1e3", and `data` would make numbers of them.
                selected_user: $link.attr('data-user-name'),
                allowance_type: $link.data('key-name'),
                allowance_type_name: $link.attr('data-key-value'),
                current_value: $link.attr('data-value')
            });
        }
    });
}(window.jQuery, window._, window.Backbone));
