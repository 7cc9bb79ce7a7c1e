/** The desk's part of the page's address: `?pd=attempts&pd.status=error&pd.page=2`. Contract: contract/staff-desk#address. */
/* global desk -- desk/namespace.js */

var PREFIX = 'pd';

function pairsOf(search) {
    return _.map(_.compact(search.replace(/^\?/, '').split('&')), function(part) {
        var index = part.indexOf('=');
        var name = index < 0 ? part : part.slice(0, index);
        var value = index < 0 ? '' : part.slice(index + 1);
        try {
            return [decodeURIComponent(name), decodeURIComponent(value.replace(/\+/g, ' ')), part];
        } catch (error) {
            // Not encoded as URLs are: not a parameter of the desk.
            return [name, value, part];
        }
    });
}

function isOurs(name) {
    return name === PREFIX || name.indexOf(PREFIX + '.') === 0;
}

desk.address = {
    /** The values in a query string, by name: `panel`, and `status` for `pd.status`. Empty ones are left out. */
    read: function(search) {
        var values = {};
        _.each(pairsOf(search), function(pair) {
            if (isOurs(pair[0]) && pair[1] !== '') {
                values[pair[0] === PREFIX ? 'panel' : pair[0].slice(PREFIX.length + 1)] = pair[1];
            }
        });
        return values;
    },

    /** The query string with these values instead of the present ones. Parameters of others stay as they are. */
    write: function(search, values) {
        var parts = _.map(_.reject(pairsOf(search), function(pair) { return isOurs(pair[0]); }), _.last);
        _.each(values, function(value, name) {
            if (value !== '' && value !== null && value !== undefined) {
                // Commas and colons are legal in a query, and easier to read.
                parts.push((name === 'panel' ? PREFIX : PREFIX + '.' + encodeURIComponent(name)) + '='
                    + encodeURIComponent(value).replace(/%2C/g, ',').replace(/%3A/g, ':'));
            }
        });
        return parts.length ? '?' + parts.join('&') : '';
    }
};
