/* Built by tools/build-static.js from the files named below in static_src/: edit those, then `npm run build`. */
(function($, _, Backbone) {
    'use strict';

    // --- staff_panels/namespace.js

    /** `edx.instructor_dashboard.proctoring`, which the allowance model, the first script of the bundle, creates. */

    var proctoring = window.edx.instructor_dashboard.proctoring;

    // --- staff_panels/staff_panel.js

    /**
     * `StaffPanel`, the base class of the course team's panels in the Special Exams tab: finds its container, fetches its
     * template and its data, and draws. Contract: contract/staff-tab#creation, contract/staff-tab#code.
     *
     * A subclass sets `container` (selector) and `templateUrl`, and implements `loadData` and `render`.
     *
     * Part of the allowance panel's script, because the list of the bundle's files is contract and this panel is its first.
     */

    var WAIT_FOR_DESK = 10000;  // milliseconds

    proctoring.StaffPanel = Backbone.View.extend({
        /** `section`: of the host's tab. Without one, the panel loads at once. */
        initialize: function(section) {
            this.setElement($(this.container));
            this.course_id = this.$el.data('course-id');
            this.template = null;
            // The bundle is also loaded on pages without this panel; no request is sent there.
            if (!this.course_id) {
                return;
            }
            if ($(section).is('.idash-section') && window.IntersectionObserver) {
                this.loadWhenShown();
            } else {
                this.loadTemplateData();
            }
        },

        /**
         * Load when a person sees the panel: a list of thousands of learners that nobody looks at makes the others wait. The exam
         * desk comes first, if it comes in time.
         */
        loadWhenShown: function() {
            var self = this;
            var isLoaded = false;
            var patience = null;
            var hasWaited = false;
            var observer;
            function load() {
                if (!isLoaded && self.el.getClientRects().length) {
                    isLoaded = true;
                    observer.disconnect();
                    self.loadTemplateData();
                }
            }
            observer = new window.IntersectionObserver(function(entries) {
                if (!_.last(entries).isIntersecting) {
                    return;
                }
                // The exam desk shows the same, and closes the panels below it when it arrives.
                $.when(hasWaited || proctoring.deskIsOpening).always(load);
                if (!isLoaded && !patience) {
                    patience = setTimeout(function() {
                        hasWaited = true;
                        load();
                    }, WAIT_FOR_DESK);
                }
            }, {rootMargin: '200px'});
            observer.observe(this.el);
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

        /** Fetch `collection`, then `render`. A newer request aborts the one in flight. */
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
         * Send a change, with the CSRF token, then call `onDone`. On failure the reason is shown with a button to try
         * again, and the panel keeps its content.
         */
        send: function(request, onDone) {
            var self = this;
            var $body = $('body').css('cursor', 'wait');
            this.clearMessage();
            // As text: the responses have no body, and an empty body is not JSON.
            return $.ajax(_.extend({headers: proctoring.csrfHeader(this.getCSRFToken()), dataType: 'text'}, request))
                .always(function() {
                    $body.css('cursor', 'auto');
                })
                .done(onDone)
                .done(function() {
                    // The exam desk above shows the same attempts.
                    $(document).trigger('proctoring:changed');
                })
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
         * Replace the content. Expanded groups stay expanded. The focus returns to the element with the same
         * `data-focus-key` or id, or to the first one found of the keys in `focusNext`, if an action has set them. If none
         * is found, the content itself gets the focus, so that keyboard users do not start at the top of the page again.
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

        /** The content and the live region above it, which survives each drawing. Created on first use. */
        parts: function() {
            if (!this.$content || !$.contains(this.el, this.$content[0])) {
                this.$message = $('<div class="js-panel-message" role="status"></div>');
                this.$content = $('<div class="js-panel-content"></div>');
                this.$el.empty().append(this.$message, this.$content);
            }
            return {message: this.$message, content: this.$content};
        },

        /** Fetch and draw the list again, and announce `text`. `focusNext`: see `draw`. */
        reloadAfter: function(text, focusNext) {
            this.focusNext = focusNext;
            this.loadData();
            this.announce(text);
        },

        clearMessage: function() {
            this.parts().message.removeClass('message error').empty();
        },

        /** Show a text that screen readers also read, without moving the focus. */
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

        /** A link with the role of a button is activated by the space bar too. */
        onButtonKey: function(event) {
            if ((event.key === ' ' || event.which === 32) && $(event.currentTarget).is('a')) {
                event.preventDefault();
                $(event.currentTarget).trigger('click');
            }
        },

        /** Id of the element that an `.accordion-trigger` shows and hides. */
        controlledId: function(trigger) {
            return $(trigger).attr('aria-controls') || $(trigger).attr('data-key-id');
        },

        setExpanded: function(trigger, expanded) {
            var $trigger = $(trigger).attr('aria-expanded', String(expanded));
            $trigger.find('.fa-chevron-right').toggleClass('fa-rotate-90', expanded);
            $trigger.find('.fa-chevron-down').toggleClass('fa-rotate-180', expanded);
            // By id, not by selector: the id may contain characters that a selector would have to escape.
            $(document.getElementById(this.controlledId(trigger)))
                .toggleClass('is-hidden', !expanded)
                .css('display', expanded ? '' : 'none');
        },

        onAccordionTrigger: function(event) {
            var trigger = event.currentTarget;
            var inner = $(event.target).closest('a, button')[0];
            // A click on a link or button inside the trigger is not a click on the trigger.
            if (!inner || inner === trigger || !$.contains(trigger, inner)) {
                this.setExpanded(trigger, $(trigger).attr('aria-expanded') !== 'true');
            }
        }
    });

    // --- staff_panels/requests.js

    /** What the requests of the course team's panels and forms share. */

    /** Without a token the header is left out: `null` is not a header value. */
    proctoring.csrfHeader = function(token) {
        return token ? {'X-CSRFToken': token} : {};
    };

    /** The parsed body of a failed response; null if it is not JSON, such as the error page of a proxy. */
    proctoring.failureBody = function(xhr) {
        try {
            return JSON.parse(xhr.responseText);
        } catch (error) {
            return null;
        }
    };

    /** The server's reason for a refusal, or '' if it gave none that can be shown. */
    proctoring.failureDetail = function(xhr) {
        var body = proctoring.failureBody(xhr);
        if (_.isString(body)) {
            return body;
        }
        return body && _.isString(body.detail) ? body.detail : '';
    };

    // --- staff_panels/allowance_list.js

    /** The allowances of the course, one group per learner. Contract: contract/staff-tab#allowances. */

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

        // The host passes its section, not options, and looks the panel up there as `wrapper`.
        constructor: function(section) {
            this.section = section;
            proctoring.StaffPanel.call(this, {});
            $(section).data('wrapper', this);
            // A host that opens the tab first and creates the panels then.
            if ($(section).is(':visible')) {
                this.onClickTitle();
            }
        },

        initialize: function() {
            this.collection = new proctoring.ProctoredExamAllowanceCollection();
            this.allowance_types = proctoring.ProctoredExamAllowanceModel.types();
            proctoring.StaffPanel.prototype.initialize.call(this, this.section);
        },

        /** Called by the host each time the tab is opened. */
        onClickTitle: function() {
            if (proctoring.openDesk) {
                proctoring.openDesk();
            }
        },

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

        /** A DOM id for a learner. Names that differ only in punctuation share one (contract). */
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
                // `attr`, because `data` would convert usernames such as "007" or "1e3" to numbers.
                selected_user: $link.attr('data-user-name'),
                allowance_type: $link.data('key-name'),
                allowance_type_name: $link.attr('data-key-value'),
                current_value: $link.attr('data-value')
            });
        }
    });
}(window.jQuery, window._, window.Backbone));
