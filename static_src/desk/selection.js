/**
 * The rows that are selected, by key; or all that match the filters, when `total` is their number.
 * Triggers `change`.
 */
/* global desk -- desk/namespace.js */

desk.Selection = function() {
    this.keys = {};
    this.total = null;
};

_.extend(desk.Selection.prototype, Backbone.Events, {
    has: function(key) {
        return this.total !== null || _.has(this.keys, key);
    },

    /** How many rows are selected. */
    size: function() {
        return this.total === null ? _.size(this.keys) : this.total;
    },

    /** The keys as they were given; empty when all that match are selected. */
    list: function() {
        return _.values(this.keys);
    },

    /** Select or release rows. Releasing one of all that match leaves those of this page. */
    set: function(keys, selected, shown) {
        if (this.total !== null) {
            this.total = null;
            this.keys = {};
            _.each(shown, function(key) { this.keys[key] = key; }, this);
        }
        _.each(keys, function(key) {
            if (selected) {
                this.keys[key] = key;
            } else {
                delete this.keys[key];
            }
        }, this);
        this.trigger('change');
    },

    /** Select all rows that match the filters, on every page. */
    selectAll: function(total) {
        this.keys = {};
        this.total = total;
        this.trigger('change');
    },

    clear: function() {
        if (this.size()) {
            this.keys = {};
            this.total = null;
            this.trigger('change');
        }
    },

    /** Of these keys: `none`, `some` or `all` are selected. */
    state: function(keys) {
        var selected = _.filter(keys, this.has, this).length;
        if (!selected) {
            return 'none';
        }
        return selected === keys.length ? 'all' : 'some';
    }
});
