/** What this browser remembers of a course's desk, such as the page size. A browser that forbids it forgets it with the page. */
/* global desk -- desk/namespace.js */

desk.Preferences = function(courseId, storage) {
    var stored = null;
    this.key = 'edx.proctoring.desk.' + courseId;
    try {
        this.storage = storage || window.localStorage;
        stored = JSON.parse(this.storage.getItem(this.key));
    } catch (forbiddenOrUnreadable) {
        stored = null;
    }
    this.values = _.isObject(stored) ? stored : {};
};

_.extend(desk.Preferences.prototype, {
    get: function(name, otherwise) {
        return _.has(this.values, name) ? this.values[name] : otherwise;
    },

    set: function(name, value) {
        this.values[name] = value;
        try {
            this.storage.setItem(this.key, JSON.stringify(this.values));
        } catch (forbiddenOrFull) {
            // Remembered until the page is left.
        }
    }
});
