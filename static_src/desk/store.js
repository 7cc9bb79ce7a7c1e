/**
 * What is shown: panel, exam, filters, page, open attempt. Kept in the page's address, so that reload, Back and a sent
 * link show the same. Triggers `change` with the names that changed. Contract: contract/staff-desk#address.
 */
/* global desk -- desk/namespace.js, desk/address.js */

desk.Store = function(options) {
    this.window = (options && options.window) || window;
    this.values = desk.address.read(this.window.location.search);
    _.bindAll(this, 'onBack');
    this.window.addEventListener('popstate', this.onBack);
};

_.extend(desk.Store.prototype, Backbone.Events, {
    /** The value of a name, '' if it has none. */
    get: function(name) {
        return this.values[name] || '';
    },

    /**
     * Set values by name; an empty one is removed. `push`: a step of its own for the Back button, as a panel, a page
     * and an opened attempt are; typing is none.
     */
    set: function(changes, push) {
        var changed = _.filter(_.keys(changes), function(name) {
            return String(changes[name] || '') !== this.get(name);
        }, this);
        if (!changed.length) {
            return;
        }
        _.each(changed, function(name) {
            if (changes[name]) {
                this.values[name] = String(changes[name]);
            } else {
                delete this.values[name];
            }
        }, this);
        this.show(push);
        this.trigger('change', changed);
    },

    /** Go to a panel. Its own filters start empty; the exam stays. */
    open: function(panel, values) {
        this.set(this.changesTo(panel, values), true);
    },

    /** The address of a panel, for links: what `open` would show. */
    panelUrl: function(panel, values) {
        return this.url(this.changesTo(panel, values));
    },

    changesTo: function(panel, values) {
        var gone = _.object(_.map(_.keys(this.values), function(name) { return [name, '']; }));
        return _.extend(gone, {exam: this.get('exam')}, values, {panel: panel});
    },

    /** The page's address with other values, for links. */
    url: function(changes) {
        var search = desk.address.write(this.window.location.search, _.extend({}, this.values, changes));
        return this.window.location.pathname + search + this.window.location.hash;
    },

    show: function(push) {
        this.window.history[push ? 'pushState' : 'replaceState'](this.window.history.state, '', this.url());
    },

    onBack: function() {
        var before = this.values;
        var names;
        this.values = desk.address.read(this.window.location.search);
        names = _.filter(_.union(_.keys(before), _.keys(this.values)), function(name) {
            return before[name] !== this.values[name];
        }, this);
        if (names.length) {
            this.trigger('change', names);
        }
    },

    remove: function() {
        this.window.removeEventListener('popstate', this.onBack);
        this.off();
    }
});
