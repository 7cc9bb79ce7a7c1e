/**
 * One attempt, at the end of the line; over the whole screen where that is narrow. Its sections load on their own when
 * they are opened. Contract: contract/staff-desk#drawer.
 *
 * `desk.sections` is the list of sections: `{name, title, isFor(attempt), path(attempt, context), query(attempt),
 * view(reply, drawer)}`. `view` returns what `section.underscore` shows: `sentences`, `facts` (`{label, lines}`), `items` (`{head,
 * lines, group, actions}`), `choices` (`{value, label}`, the groups of items
 * that can be shown alone), `actions`.
 * A section without `path` shows the attempt itself. `whenMissing`: code → sentence of a refusal that is no failure.
 */
/* global desk -- desk/namespace.js, desk/templates.js, desk/attempt_actions.js */

desk.sections = [];

desk.Drawer = desk.Dialog.extend({
    className: 'proctoring-desk__drawer',

    events: _.extend({
        'click .js-action': 'onAction',
        'click .js-retry': 'onRetry',
        'click .js-copy': 'onCopy',
        'click .js-open': 'onOpen',
        'change .js-choice': 'onChoice',
        mousedown: 'onBackdrop'
    }, desk.Dialog.prototype.events),

    initialize: function(options) {
        this.context = options.context;
        this.attemptId = options.attemptId;
        this.isOpenSection = {now: true};
        if (this.context.sectionToOpen) {
            this.isOpenSection[this.context.sectionToOpen] = true;
            this.context.sectionToOpen = '';
        }
        this.chosen = {};  // section → the group of items that is shown
    },

    draw: function() {
        this.$content.html(desk.templates.html('drawer', {}));
        this.$('.js-title').text(gettext('Loading the attempt…'));
        this.refresh();
    },

    /** Not after it was closed: replies to what was done in it may come later, and another drawer be open. */
    refresh: function() {
        var self = this;
        if (!this.isOpen) {
            return;
        }
        this.context.client.get('attempts/' + this.attemptId, {}, 'drawer').done(function(attempt) {
            self.attempt = attempt;
            self.render();
        }).fail(function(problem) {
            self.fail(problem);
        });
    },

    fail: function(problem) {
        this.$('.js-title').text(problem.status === 404
            ? gettext('This attempt does not exist any more')
            : gettext('The attempt could not be loaded'));
        this.$('.js-sections').html(desk.templates.html('section', {
            name: '', choices: [], state: problem.status === 404 ? 'text' : 'failed', problem: problem,
            sentences: [gettext('It was removed, for example by a reset.')], facts: [], items: [], actions: []
        }));
    },

    sections: function() {
        return _.filter(desk.sections, function(section) { return section.isFor(this.attempt); }, this);
    },

    render: function() {
        var focused = $(document.activeElement).attr('data-focus-key');
        this.$('.js-title').text(desk.attemptName(this.attempt));
        this.$('.js-code').text(this.attempt.attempt_code || '').closest('p').prop('hidden', !this.attempt.attempt_code);
        this.$('.js-sections').html(desk.templates.html('drawer_sections', {
            sections: _.map(this.sections(), function(section) {
                return {name: section.name, title: section.title(), isOpen: Boolean(this.isOpenSection[section.name])};
            }, this)
        }));
        // `toggle` does not bubble, so it is not in `events`.
        this.$('details').on('toggle', _.bind(this.onToggle, this));
        _.each(this.sections(), function(section) {
            if (this.isOpenSection[section.name]) {
                this.load(section);
            }
        }, this);
        if (focused) {
            this.$('[data-focus-key]').filter(function() { return $(this).attr('data-focus-key') === focused; }).trigger('focus');
        }
        if (!$.contains(this.el, document.activeElement)) {
            this.$('.js-title').trigger('focus');
        }
    },

    body: function(section) {
        return this.$('.js-section').filter(function() { return $(this).attr('data-section') === section.name; });
    },

    onToggle: function(event) {
        var name = $(event.currentTarget).attr('data-name');
        var isOpen = event.currentTarget.open;
        if (isOpen && !this.isOpenSection[name]) {
            this.load(_.findWhere(desk.sections, {name: name}));
        }
        this.isOpenSection[name] = isOpen;
    },

    load: function(section) {
        var self = this;
        if (!this.isOpen) {
            return;
        }
        if (!section.path) {
            this.show(section, this.attempt);
            return;
        }
        if (this.body(section).is(':empty')) {
            this.fill(section, {state: 'loading'});
        }
        this.context.client.get(section.path(this.attempt, this.context), section.query ? section.query(this.attempt) : {}, 'drawer-' + section.name)
            .done(function(reply) {
                self.show(section, reply);
            })
            .fail(function(problem) {
                var sentence = (section.whenMissing || {})[problem.code];
                self.fill(section, sentence ? {state: 'text', sentences: [sentence()]} : {state: 'failed', problem: problem});
            });
    },

    show: function(section, reply) {
        var view = section.view(reply, this);
        var actions = (view.actions || []).concat(_.flatten(_.map(view.items || [], function(item) { return item.actions || []; })));
        this.actions = _.extend(this.actions || {}, _.object(_.map(actions, function(action) {
            return [section.name + '.' + action.name, action];
        })));
        this.fill(section, _.extend({state: 'text'}, view));
    },

    fill: function(section, values) {
        var $body = this.body(section);
        var focused = $.contains($body[0], document.activeElement) && $(document.activeElement).attr('data-focus-key');
        var filled = _.extend({name: section.name, sentences: [], facts: [], items: [], actions: [], choices: [], problem: null}, values);
        _.each(filled.facts, function(fact) { fact.lines = desk.templates.lines(fact.lines); });
        function keyed(action) {
            return _.extend({href: '', about: ''}, action, {key: section.name + '.' + action.name});
        }
        _.each(filled.items, function(item) {
            item.lines = desk.templates.lines(item.lines);
            item.actions = _.map(item.actions || [], keyed);
        });
        filled.actions = _.map(filled.actions, keyed);
        $body.html(desk.templates.html('section', filled));
        this.showChosen(section.name);
        if (focused) {
            this.focusIn($body, focused);
        }
    },

    /** Focus what has been drawn again; where it is gone, the heading of its section. */
    focusIn: function($body, key) {
        var $again = $body.find('[data-focus-key]').filter(function() { return $(this).attr('data-focus-key') === key; });
        ($again.length ? $again : $body.closest('details').children('summary')).first().trigger('focus');
    },

    /** Load a section again if it is open: something that it shows has changed. */
    reloadOpen: function(name) {
        if (this.isOpenSection[name]) {
            this.load(_.findWhere(desk.sections, {name: name}));
        }
    },

    onChoice: function(event) {
        var name = $(event.currentTarget).closest('[data-section]').attr('data-section');
        var shown;
        this.chosen[name] = $(event.currentTarget).val();
        shown = this.showChosen(name);
        this.context.say(desk.words.n(ngettext('%(n)s entry', '%(n)s entries', shown), shown));
    },

    /** Hide the items of other groups; how many are left. */
    showChosen: function(name) {
        var group = this.chosen[name] || '';
        var $body = this.body({name: name});
        $body.find('.js-choice').val(group);
        $body.find('li').each(function() {
            $(this).prop('hidden', group !== '' && $(this).attr('data-group') !== group);
        });
        return $body.find('li:not([hidden])').length;
    },

    onAction: function(event) {
        this.actions[$(event.currentTarget).attr('data-action')].run();
    },

    onRetry: function(event) {
        var name = $(event.currentTarget).closest('[data-section]').attr('data-section');
        if (name) {
            this.load(_.findWhere(desk.sections, {name: name}));
        } else {
            this.refresh();
        }
    },

    onCopy: function() {
        var self = this;
        var code = this.attempt.attempt_code;
        function tell() {
            self.$('.js-copied').text(gettext('Copied.'));
        }
        if (window.navigator.clipboard) {
            window.navigator.clipboard.writeText(code).then(tell, function() {
                self.$('.js-copied').text(gettext('The browser does not allow it: select the code and copy it.'));
            });
        } else {
            this.$('.js-copied').text(gettext('The browser does not allow it: select the code and copy it.'));
        }
    },

    /** Another attempt, in this drawer. */
    onOpen: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.context.store.set({attempt: $(event.currentTarget).attr('data-attempt')}, true);
        }
    },

    onBackdrop: function(event) {
        var box;
        if (event.target === this.el) {
            box = this.el.getBoundingClientRect();
            if (event.clientX < box.left || event.clientX > box.right) {
                this.close();
            }
        }
    }
});
