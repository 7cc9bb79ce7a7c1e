/** The desk's underscore templates: each is fetched once. */
/* global proctoring, desk -- desk/namespace.js */

var compiled = {};
var fetching = {};  // template → its request

desk.templates = {
    /** Fetch templates by name; resolved when all are there. */
    load: function(names) {
        return $.when.apply($, _.map(names, function(name) {
            if (compiled[name]) {
                return null;
            }
            fetching[name] = fetching[name] || $.ajax({url: proctoring.TEMPLATE_ROOT + 'desk/' + name + '.underscore', dataType: 'html'})
                .done(function(source) { compiled[name] = _.template(source); })
                .always(function() { delete fetching[name]; });
            return fetching[name];
        }));
    },

    /** The HTML of a template that was loaded. `fill` in it is `desk.words.fill`. */
    html: function(name, values) {
        return compiled[name](_.extend({fill: proctoring.fill}, values));
    },

    /**
     * What a cell or a fact says, as a list of lines. A line is a text or `{text, href, tone, kind, icon, label}`; `kind`:
     * `open` for a link that opens an attempt, `external` for one to another page.
     */
    lines: function(value) {
        return _.map(_.compact(_.isArray(value) ? value : [value]), function(line) {
            return _.extend({text: '', href: '', tone: '', kind: '', label: '', attempt: ''}, _.isObject(line) ? line : {text: String(line)});
        });
    }
};
