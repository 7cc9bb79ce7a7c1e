/**
 * The banners above every panel: outages in force, attempts to decide about, and, of the chosen exam, a provider that did
 * not answer when it was last asked: nobody may have asked it since an outage in which it was left alone. They are asked for once a minute, while the page is visible and nobody works in a dialog.
 * Contract: contract/staff-desk#outage.
 */
/* global desk -- desk/namespace.js, desk/templates.js, desk/panel_list.js */

desk.OutageBanners = Backbone.View.extend({
    className: 'proctoring-desk__outages',
    events: {'click .js-outage': 'onAction'},
    refreshSeconds: 60,

    initialize: function(options) {
        this.context = options.context;
        this.setOutages(this.context.settings.outages || []);
        this.suggested = {};
        this.shown = '';
        this.listenTo(this.context.store, 'change', function(names) {
            if (_.contains(names, 'exam')) {
                this.ask();
            }
        });
        _.bindAll(this, 'refresh', 'onVisible');
        document.addEventListener('visibilitychange', this.onVisible);
    },

    render: function() {
        // A region of its own: what a panel says at the same time does not replace it.
        this.$el.append('<div class="js-outages-said proctoring-desk__sr" role="status"></div><div class="js-outages"></div>');
        this.draw();
        this.ask();
        this.plan();
        return this;
    },

    plan: function() {
        var self = this;
        clearTimeout(this.timer);
        this.timer = setTimeout(function() {
            if (document.visibilityState === 'hidden' || self.context.isBusy()) {
                self.plan();
            } else {
                self.refresh();
            }
        }, this.refreshSeconds * 1000);
    },

    onVisible: function() {
        if (document.visibilityState !== 'hidden' && !this.context.isBusy()) {
            this.refresh();
        }
    },

    /** Ask how it is now; the numbers beside the names of panels come with it. A failure changes nothing. */
    refresh: function() {
        var self = this;
        this.plan();
        this.ask();
        return this.context.client.get('courses/' + this.context.courseId + '/desk', {}, 'outages', true).done(function(settings) {
            if (settings.enabled) {
                self.context.setCounts(settings.counts);
                self.setOutages(settings.outages);
                self.draw();
            }
        });
    },

    setOutages: function(outages) {
        this.outages = this.context.settings.outages = outages;
        this.context.setCounts({undecided: _.reduce(outages, function(sum, outage) { return sum + outage.undecided; }, 0)});
        this.trigger('changed');
    },

    exam: function(id) {
        return _.find(this.context.settings.exams, function(exam) { return String(exam.id) === String(id); });
    },

    /** Whether the provider of the chosen exam answered when it was last asked. */
    ask: function() {
        var self = this;
        var exam = this.exam(this.context.store.get('exam'));
        if (!exam || exam.type !== 'proctored') {
            this.suggested = {};
            this.draw();
            return;
        }
        this.context.client.get('exams/' + exam.id + '/outage', {}, 'suggested', true).done(function(reply) {
            self.suggested = reply.suggested && !reply.measure ? exam : {};
            self.draw();
        });
    },

    banners: function() {
        var self = this;
        var words = desk.words;
        var features = this.context.settings.features;
        var found = _.compact(_.map(this.outages, function(outage) {
            var exam = self.exam(outage.exam_id);
            var measure = outage.measure;
            return exam && {
                exam: exam.id,
                lines: _.compact([
                    measure && words.fill(gettext('%(exam)s continues without its provider from %(since)s until %(until)s.'), {
                        exam: exam.name, until: words.moment(measure.ends_at), since: words.moment(measure.starts_at)
                    }),
                    measure && words.fill(measure.opened_by ? gettext('Started by %(name)s: %(reason)s') : gettext('Reason: %(reason)s'), {
                        name: measure.opened_by ? measure.opened_by.username : '', reason: measure.reason
                    }),
                    outage.undecided && (measure ? words.n(
                        ngettext('%(n)s attempt is waiting for your decision.', '%(n)s attempts are waiting for your decision.', outage.undecided), outage.undecided
                    ) : words.fill(
                        ngettext('%(exam)s was taken without its provider: %(n)s attempt is waiting for your decision.', '%(exam)s was taken without its provider: %(n)s attempts are waiting for your decision.', outage.undecided),
                        {exam: exam.name, n: words.number(outage.undecided)}
                    ))
                ]),
                actions: _.compact([
                    measure && features.outage && {name: 'end', label: gettext('End the outage')},
                    measure && features.outage && {name: 'prolong', label: gettext('Change the end')},
                    outage.undecided && {name: 'decide', label: features.decide_reviews ? gettext('Decide') : gettext('Attempts')}
                ])
            };
        }));
        var isKnown = _.some(this.outages, function(outage) { return outage.measure && outage.exam_id === self.suggested.id; });
        if (this.suggested.id && !isKnown) {
            found.push({
                exam: this.suggested.id,
                lines: [
                    words.fill(gettext('The provider of %(exam)s did not answer when it was last asked. Learners who are in the exam can continue; others may not be able to start it.'), {exam: this.suggested.name}),
                    features.outage ? '' : gettext('Global staff can let the exam continue without it.')
                ],
                actions: features.outage ? [{name: 'start', label: gettext('Continue without the provider')}] : []
            });
        }
        return found;
    },

    /** Only what has changed is drawn, and said. */
    draw: function() {
        var banners = this.banners();
        var text = JSON.stringify(banners);
        var focused = $.contains(this.el, document.activeElement) ? $(document.activeElement).attr('data-focus-key') : '';
        if (text === this.shown) {
            return;
        }
        this.shown = text;
        this.$('.js-outages').html(desk.templates.html('outages', {banners: banners}));
        this.$('.js-outages-said').text(_.map(banners, function(banner) { return _.compact(banner.lines).join(' '); }).join(' '));
        if (focused) {
            this.$('[data-focus-key]').filter(function() { return $(this).attr('data-focus-key') === focused; }).trigger('focus');
        }
    },

    onAction: function(event) {
        var context = this.context;
        var exam = this.exam($(event.currentTarget).attr('data-exam'));
        var outage = _.findWhere(this.outages, {exam_id: exam.id}) || {};
        var action = $(event.currentTarget).attr('data-action');
        if (action === 'decide') {
            context.store.open('outage', {exam: exam.id, waits: 'true'});
            return;
        }
        desk.need(context, 'dialogs/outage', function() {
            if (action === 'start') {
                desk.startOutage(context, exam, context.outageChanged);
            } else if (action === 'prolong') {
                desk.prolongOutage(context, exam, outage.measure, context.outageChanged);
            } else {
                desk.endOutage(context, exam, context.outageChanged);
            }
        });
    },

    remove: function() {
        clearTimeout(this.timer);
        document.removeEventListener('visibilitychange', this.onVisible);
        this.context.client.abort('outages');
        this.context.client.abort('suggested');
        return Backbone.View.prototype.remove.call(this);
    }
});
