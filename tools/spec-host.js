/*
 * What the host's page gives to the bundle and a spec page does not have: the translation functions of
 * Django's JavaScript catalogue, and one fixture element that is emptied after each spec.
 */
(function(window) {
    'use strict';

    window.gettext = function(text) { return text; };
    window.ngettext = function(singular, plural, count) { return count === 1 ? singular : plural; };
    window.pgettext = function(context, text) { return text; };
    window.interpolate = function(format, values, named) {
        if (named) {
            return format.replace(/%\(\w+\)s/g, function(match) { return String(values[match.slice(2, -2)]); });
        }
        return format.replace(/%s/g, function() { return String(values.shift()); });
    };

    /* Puts markup into the page for one spec and returns it as a jQuery object. */
    window.setFixtures = function(html) {
        var $fixtures = window.$('#spec-fixtures');
        if (!$fixtures.length) {
            $fixtures = window.$('<div id="spec-fixtures"></div>').appendTo(window.document.body);
        }
        return $fixtures.html(html);
    };

    window.afterEach(function() {
        window.$(window.document.body).empty();
    });
}(window));
