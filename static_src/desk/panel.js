/**
 * A panel of the desk. A file in `panels/` makes one: `desk.panels.<name> = desk.Panel.extend({...})`, or of
 * `desk.ListPanel` for a list; it is fetched when the panel is first opened. How to add one: CONTRIBUTING.rst.
 *
 * A panel gets `context`: `courseId`, `client`, `store`, `preferences`, `settings` (the reply of `courses/<id>/desk`), `now`,
 * and the shell's `say(text)` and `alert(text)`, which are only read out, `complain(text, retry)`, which is shown too,
 * `openDialog(dialog)`, `isBusy()`.
 */
/* global desk -- desk/namespace.js, desk/templates.js, desk/panel_list.js */

var SECOND = 1000;
var FIRST_PAUSE = 15;  // seconds, after a refresh that failed; doubled up to the last one
var LAST_PAUSE = 120;

desk.Panel = Backbone.View.extend({
    tagName: 'section',
    className: 'proctoring-desk__panel',

    // Of the automatic refresh.
    refreshSeconds: 60,

    initialize: function(options) {
        this.name = options.name;
        this.context = options.context;
        this.client = this.context.client;
        this.store = this.context.store;
        this.failures = 0;
        this.$el.attr('aria-labelledby', 'proctoring-desk-panel-title');
        _.bindAll(this, 'onVisible');
        document.addEventListener('visibilitychange', this.onVisible);
    },

    title: function() {
        return desk.panelNamed(this.name).title();
    },

    /** Names of the address's parameters that the panel uses, each with a function that accepts a value. */
    parameters: function() {
        return {};
    },

    /** Path of a resource of this course. */
    coursePath: function(name) {
        return 'courses/' + this.context.courseId + '/' + name;
    },

    /** Called when parameters of the panel changed. */
    onAddress: function() {},

    /** Called when outages have begun or ended. */
    relabelTools: function() {},

    /**
     * Ask the server again. `isAutomatic`: no one waits for it. Nothing happens after the panel was left: replies to what was
     * done in it may come later.
     */
    refresh: function() {},

    /** Whether the list refreshes itself. */
    isAutomatic: function() {
        return this.context.preferences.get('automatic', true);
    },

    setAutomatic: function(isAutomatic) {
        this.context.preferences.set('automatic', isAutomatic);
        this.plan();
    },

    /** Plan the next automatic refresh; after failures with longer and longer pauses. */
    plan: function() {
        var self = this;
        var seconds = this.failures
            ? Math.min(FIRST_PAUSE * Math.pow(2, this.failures - 1), LAST_PAUSE)
            : this.refreshSeconds;
        clearTimeout(this.timer);
        if (this.isRemoved || (!this.isAutomatic() && !this.failures)) {
            return;
        }
        this.timer = setTimeout(function() {
            // Nothing moves while a person works on it.
            if (document.visibilityState === 'hidden' || self.context.isBusy()) {
                self.plan();
            } else {
                self.refresh(true);
            }
        }, seconds * SECOND);
    },

    onVisible: function() {
        if (document.visibilityState !== 'hidden' && this.isAutomatic() && this.asOf
                && this.context.now() - this.asOf > this.refreshSeconds * SECOND && !this.context.isBusy()) {
            this.refresh(true);
        }
    },

    remove: function() {
        this.isRemoved = true;
        clearTimeout(this.timer);
        document.removeEventListener('visibilitychange', this.onVisible);
        this.client.abort('panel');
        desk.menu.close(false);
        return Backbone.View.prototype.remove.call(this);
    }
});
