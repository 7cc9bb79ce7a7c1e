/**
 * Charts of the overview, drawn with HTML: `desk.charts.html(chart)` and `desk.charts.draw($place)`, which sets the sizes.
 * Each has a button that shows its numbers as a table. Contract: contract/staff-desk#charts.
 *
 * A chart: `name`; `title`; `sentence`; `heads`, the columns of its table; `rows`, each a list of texts, the first one its
 * heading; and what is drawn:
 *   - `columns`: `{label, text, part, isBeyond}`; `part`: 0 to 1 of the height, `isBeyond`: in another pattern;
 *   - or `bars`: `{label, segments}`; a segment is `{text, part, tone, pattern}`, its `part` of the width and the
 *     number of its pattern, from 1; the last pattern is that of all higher numbers.
 */
/* global desk -- desk/namespace.js, desk/templates.js */

var PATTERNS = 13;  // in desk.css

desk.charts = {
    html: function(chart, isTable) {
        function look(segment) {
            return 'proctoring-desk__segment--' + segment.tone + ' is-pattern-' + Math.min(segment.pattern, PATTERNS);
        }
        return desk.templates.html('chart', _.extend({sentence: '', columns: [], bars: [], isTable: Boolean(isTable), look: look}, chart));
    },

    /** Not in the template, as sites may forbid styles in attributes. */
    draw: function($place) {
        $place.find('.js-column > span').each(function() {
            $(this).css('block-size', (100 * Number($(this).parent().attr('data-part'))) + '%');
        });
        $place.find('.js-segment').each(function() {
            $(this).css('inline-size', (100 * Number($(this).attr('data-part'))) + '%');
        });
        $place.find('.js-columns').each(function() {
            $(this).children().first().attr('tabindex', '0');
        });
    },

    /** Show the numbers as a table, or the drawing again; whether it is the table now. */
    toggle: function(button) {
        var $button = $(button);
        var isTable = $button.attr('aria-pressed') !== 'true';
        var $figure = $button.attr('aria-pressed', String(isTable)).closest('figure');
        $figure.find('.js-drawing').prop('hidden', isTable);
        $figure.find('.js-numbers').prop('hidden', !isTable);
        return isTable;
    },

    /** What a column says, beside the chart: it has the focus, or the pointer is on it. */
    tell: function(column) {
        $(column).closest('figure').find('.js-value').text($(column).attr('aria-label'));
    },

    /** Arrows, Home and End go from column to column: one stop of the Tab key for all. */
    onKey: function(event) {
        var $column = $(event.currentTarget);
        var $all = $column.parent().children();
        var isRightToLeft = $column.css('direction') === 'rtl';
        var step = {ArrowRight: isRightToLeft ? -1 : 1, ArrowLeft: isRightToLeft ? 1 : -1}[event.key];
        var at = {Home: 0, End: $all.length - 1}[event.key];
        var $next = $all.eq(at === undefined ? Math.max(0, $all.index($column) + step) : at);
        // With Alt, Ctrl or Meta a key belongs to the browser.
        if ((step || at !== undefined) && $next.length && !event.altKey && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            $all.attr('tabindex', '-1');
            $next.attr('tabindex', '0').trigger('focus');
        }
    }
};
