/**
 * The exam desk: banners, the choice of the exam, the list of panels, the open panel, the drawer.
 * Contract: contract/staff-desk.
 *
 * `new ExamDeskView({el, courseId, settings, client, now, store})`; `settings`: the reply of `courses/<id>/desk`.
 */
/* global proctoring, desk -- desk/namespace.js */

var TEMPLATES = ['desk', 'list', 'table', 'bulk', 'dialog'];
var BETWEEN_MESSAGES = 1000;  // milliseconds

/** Writes a live region at most once a second; of several messages the last one. `region()`: where it is now. */
function Announcer(region) {
    var timer = null;
    var next = null;

    function write() {
        timer = null;
        if (next !== null) {
            region().text(next);
            next = null;
            timer = setTimeout(write, BETWEEN_MESSAGES);
        }
    }

    this.say = function(text) {
        next = text;
        if (timer === null) {
            // Emptied first, so that the same words are read out again.
            region().text('');
            timer = setTimeout(write, 50);
        }
    };
    this.stop = function() { clearTimeout(timer); };
}

proctoring.ExamDeskView = Backbone.View.extend({
    events: {
        'click .js-panel': 'onPanel',
        'change .js-exam': 'onExam',
        'click .js-panels-button': 'togglePanels',
        'click .js-shortcuts': 'onShortcuts',
        keydown: 'onKey'
    },

    initialize: function(options) {
        this.courseId = options.courseId;
        this.client = options.client || new desk.Client();
        this.store = options.store || new desk.Store();
        this.settings = options.settings;
        this.context = {
            courseId: this.courseId,
            client: this.client,
            store: this.store,
            settings: this.settings,
            preferences: new desk.Preferences(this.courseId),
            now: options.now || Date.now,
            say: _.bind(this.say, this),
            alert: _.bind(this.alert, this),
            complain: _.bind(this.complain, this),
            openDialog: _.bind(this.openDialog, this),
            isBusy: _.bind(this.isBusy, this),
            setCounts: _.bind(this.setCounts, this),
            outageChanged: _.bind(this.outageChanged, this)
        };
        this.$el.addClass('proctoring-desk');
        this.listenTo(this.store, 'change', this.onAddress);
        // By the panels below the desk.
        $(document).on('proctoring:changed.desk', _.bind(function() {
            if (this.panel) {
                this.panel.refresh(true);
            }
        }, this));
    },

    /** Fetch the templates and the first panel's script at the same time, then draw. Resolved when the panel is on its way. */
    start: function() {
        var self = this;
        var templates = desk.templates.load(TEMPLATES);
        // If this fails, the panel asks again when it is shown, and says so.
        desk.loadPanel(this.panelName());
        return templates.done(function() { self.render(); });
    },

    panelNames: function() {
        return _.pluck(_.filter(desk.panelList, function(panel) {
            return !panel.isAvailable || panel.isAvailable(this.settings);
        }, this), 'name');
    },

    render: function() {
        this.$el.html(desk.templates.html('desk', {
            exams: _.map(this.settings.exams, function(exam) {
                return {id: exam.id, label: exam.is_active ? exam.name : desk.words.fill(gettext('%(name)s (not active)'), {name: exam.name})};
            }),
            panels: _.map(this.panelNames(), function(name) {
                return {name: name, title: desk.panelNamed(name).title(), href: this.store.panelUrl(name)};
            }, this)
        }));
        this.status = new Announcer(_.bind(this.region, this, '.js-status'));
        this.alarm = new Announcer(_.bind(this.region, this, '.js-alert'));
        this.setCounts(this.settings.counts);
        this.showPanel();
        this.showDrawer();
        this.showOutages();
        return this;
    },

    panelName: function() {
        var names = this.panelNames();
        var wanted = this.store.get('panel');
        return _.contains(names, wanted) ? wanted : (_.contains(names, 'attempts') ? 'attempts' : names[0]);
    },

    /** Show the panel that the address names; `focus`: on its heading. */
    showPanel: function(focus) {
        var self = this;
        var name = this.panelName();
        if (this.panel) {
            this.panel.remove();
            this.panel = null;
        }
        this.shown = name;
        this.markPanel();
        desk.loadPanel(name).done(function() {
            // Not after the desk was left, or another panel was opened meanwhile.
            if (self.shown === name && !self.panel) {
                self.drawPanel(focus);
            }
        }).fail(function() {
            if (self.shown === name) {
                self.failPanel();
            }
        });
    },

    drawPanel: function(focus) {
        this.panel = new desk.panels[this.shown]({context: this.context, name: this.shown});
        this.dropUnknown();
        this.panel.$el.appendTo(this.$('.js-panel-place').empty());
        this.panel.render();
        if (focus) {
            this.panel.$('.js-heading').trigger('focus');
        }
    },

    /** Its script could not be fetched. */
    failPanel: function() {
        var problem = {detail: gettext('This part of the exam desk could not be loaded.'), requestId: ''};
        this.$('.js-panel-place').html(desk.templates.html('table', {state: 'failed', problem: problem, canRetry: true}))
            .find('.js-retry').on('click', _.bind(this.showPanel, this, true));
        this.alert(problem.detail);
    },

    markPanel: function() {
        var name = this.shown;
        this.$('.js-panel').each(function() {
            $(this).attr('aria-current', $(this).attr('data-panel') === name ? 'page' : null);
        });
        this.$('.js-panels-button').text(desk.words.fill(gettext('Panel: %(name)s'), {name: desk.panelNamed(name).title()}));
        this.$('.js-exam').val(this.store.get('exam'));
        this.togglePanels(null, false);
    },

    /** Leave out what the address has and nothing here knows, and say so: a misspelt filter must not show everything. */
    dropUnknown: function() {
        var known = this.panel.parameters();
        var exams = _.map(this.settings.exams, function(exam) { return String(exam.id); });
        var dropped = _.filter(_.keys(this.store.values), function(name) {
            var value = this.store.get(name);
            if (name === 'exam') {
                return !_.contains(exams, value);
            }
            if (name === 'attempt') {
                return !(/^[1-9]\d{0,9}$/).test(value);
            }
            if (name === 'panel') {
                return value !== this.shown;
            }
            return !known[name] || !known[name](value);
        }, this);
        if (dropped.length) {
            this.banner('address', desk.words.fill(
                gettext('Unknown values in the address were ignored: %(names)s'), {names: dropped.join(', ')}
            ));
            _.each(dropped, function(name) { delete this.store.values[name]; }, this);
            this.store.show(false);
        }
    },

    /** Show a sentence above everything; '' removes it. `name`: of several banners; `isAlarm`: read out at once. */
    banner: function(name, text, isAlarm) {
        var $banners = this.$('.js-banners');
        $banners.find('[data-banner="' + name + '"]').remove();
        if (text) {
            $('<p class="proctoring-desk__banner"></p>').attr('data-banner', name).text(text).appendTo($banners);
            this[isAlarm ? 'alert' : 'say'](text);
        }
    },

    /**
     * Show above everything what failed; `retry`, if given, is offered beside it. It goes when something else is done, but
     * not if it has a `name` of its own.
     */
    complain: function(text, retry, name) {
        var self = this;
        var banner = name || 'failure';
        this.banner(banner, text, true);
        if (text && retry) {
            this.$('[data-banner="' + banner + '"]').append(
                ' ', $('<button type="button" class="js-again proctoring-desk__button"></button>').text(gettext('Try again')).on('click', function() {
                    self.banner(banner, '');
                    self.$('.js-heading').trigger('focus');
                    retry();
                })
            );
        }
    },

    /** Links of the panels lead to the chosen exam, also in a new tab. */
    drawLinks: function() {
        var store = this.store;
        this.$('.js-panel').each(function() { $(this).attr('href', store.panelUrl($(this).attr('data-panel'))); });
    },

    onAddress: function(names) {
        this.drawLinks();
        if (_.contains(names, 'attempt')) {
            this.showDrawer();
        }
        if (_.without(names, 'attempt').length === 0) {
            return;
        }
        this.banner('address', '');
        this.complain('');
        if (this.panelName() !== this.shown) {
            this.showPanel(true);
        } else {
            this.$('.js-exam').val(this.store.get('exam'));
            if (this.panel) {
                this.panel.onAddress(_.without(names, 'panel'));
            }
        }
    },

    onPanel: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.togglePanels(null, false);
            this.store.open($(event.currentTarget).attr('data-panel'));
        }
    },

    onExam: function(event) {
        this.store.set({exam: $(event.currentTarget).val(), page: ''}, true);
    },

    onShortcuts: function() {
        desk.showShortcuts(this.context);
    },

    onKey: function(event) {
        desk.onShortcut(this.panel, event);
    },

    togglePanels: function(event, isOpen) {
        var $button = this.$('.js-panels-button');
        var open = isOpen === undefined ? $button.attr('aria-expanded') !== 'true' : isOpen;
        $button.attr('aria-expanded', String(open));
        this.$('.proctoring-desk__panels').toggleClass('is-open', open);
    },

    /** How many things wait, beside the panels' names. */
    setCounts: function(counts) {
        var self = this;
        this.counts = _.extend(this.counts || {}, counts);
        this.$('.js-panel-count').each(function() {
            var count = desk.panelNamed($(this).attr('data-panel')).count;
            $(this).text(count && count(self.counts) || '');
        });
    },

    // The drawer.

    showDrawer: function() {
        var self = this;
        var before = this.drawer;
        if (before && before.attemptId !== this.store.get('attempt')) {
            this.drawer = null;
            before.close();
        }
        if (this.drawer || !this.store.get('attempt')) {
            return;
        }
        this.complain('');
        desk.load(['attempt', 'effects', 'drawer']).done(function() {
            if (self.store.get('attempt') && !self.drawer) {
                self.openDrawer(self.store.get('attempt'));
            }
        }).fail(function() {
            var id = self.store.get('attempt');
            self.store.set({attempt: ''});
            self.complain(gettext('This part of the exam desk could not be loaded.'), function() {
                self.store.set({attempt: id}, true);
            });
        });
    },

    openDrawer: function(id) {
        this.drawer = new desk.Drawer({context: this.context, attemptId: id});
        this.listenTo(this.drawer, 'closed', _.partial(this.onDrawerClosed, this.drawer));
        this.listenTo(this.drawer, 'changed', function() {
            if (this.panel) {
                this.panel.refresh();
            }
        });
        this.drawer.open(this.el, this.context);
    },

    onDrawerClosed: function(drawer) {
        // Not when another one has taken its place.
        if (this.drawer === drawer) {
            this.drawer = null;
            this.store.set({attempt: ''}, true);
        }
    },

    // Outages.

    /** Say above everything which exams are taken without their provider. */
    showOutages: function() {
        var self = this;
        if (!desk.panelNamed('outage').isAvailable(this.settings)) {
            return;
        }
        desk.load(['outage']).done(function() {
            self.outages = new desk.OutageBanners({context: self.context});
            self.listenTo(self.outages, 'changed', function() {
                if (self.panel) {
                    self.panel.relabelTools();
                }
            });
            self.outages.$el.prependTo(self.$('.js-banners'));
            self.outages.render();
        }).fail(function() {
            self.complain(gettext('This part of the exam desk could not be loaded.'), _.bind(self.showOutages, self), 'outages');
        });
    },

    /** This page has begun or ended one, or decided about attempts. */
    outageChanged: function() {
        if (this.outages) {
            this.outages.refresh();
        }
        if (this.panel) {
            this.panel.refresh(true);
        }
    },

    // What panels use.

    openDialog: function(dialog) {
        // Inside the drawer, if that is open: everything else is inert then.
        return dialog.open(this.drawer ? this.drawer.el : this.el, this.context);
    },

    /** The live region of the topmost dialog: what is behind it is inert, and says nothing. */
    region: function(name) {
        var $dialogs = this.$('dialog[open]');
        return ($dialogs.length ? $dialogs.last() : this.$el).children(name);
    },

    isBusy: function() {
        return desk.menu.isOpen() || this.$('dialog[open]').length > 0;
    },

    say: function(text) {
        this.status.say(text);
    },

    alert: function(text) {
        this.alarm.say(text);
    },

    remove: function() {
        if (this.panel) {
            this.panel.remove();
        }
        this.shown = '';
        if (this.status) {
            this.status.stop();
            this.alarm.stop();
        }
        if (this.outages) {
            this.outages.remove();
        }
        this.store.remove();
        $(document).off('.desk');
        return Backbone.View.prototype.remove.call(this);
    }
});
