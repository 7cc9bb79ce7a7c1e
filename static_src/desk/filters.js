/** The kinds of filters of a list: how each is drawn, read, accepted from the address, and sent. */
/* global desk -- desk/namespace.js */

var DAY = /^\d{4}-\d\d-\d\d$/;

/** Midnight of a day in the reader's zone, `days` later, as an instant. */
function startOfDay(text, days) {
    var parts = _.map(text.split('-'), Number);
    return new Date(parts[0], parts[1] - 1, parts[2] + days).toISOString();
}

function wordsOf(filter) {
    return _.map(filter.options, function(option) { return String(option.value); });
}

desk.filters = {
    /** Whether a value of the address is one of the filter. */
    accepts: function(filter, value) {
        switch (filter.type) {
        case 'chips':
            return _.difference(value.split(','), wordsOf(filter)).length === 0;
        case 'select':
            return _.contains(wordsOf(filter), value);
        case 'check':
            return value === 'true';
        case 'day':
            return DAY.test(value) && !isNaN(new Date(value).getTime());
        default:
            return value.length <= 100;
        }
    },

    /** The query parameters of the API for a value. */
    query: function(filter, value) {
        var query = {};
        if (value !== '') {
            query[filter.parameter || filter.name] = filter.type === 'day' ? startOfDay(value, filter.isEnd ? 1 : 0) : value;
        }
        return query;
    },

    /** What the filter says, in words: `Status: Error, Started`. */
    text: function(filter, value) {
        var chosen;
        if (filter.type === 'check') {
            return filter.label;
        }
        if (filter.type === 'chips' || filter.type === 'select') {
            chosen = value.split(',');
            value = _.pluck(_.filter(filter.options, function(option) {
                return _.contains(chosen, String(option.value));
            }), 'label').join(', ');
        } else if (filter.type === 'day') {
            value = desk.words.day(startOfDay(value, 0));
        }
        return desk.words.fill(gettext('%(filter)s: %(value)s'), {filter: filter.label, value: value});
    }
};
