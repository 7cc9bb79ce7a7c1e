/*
 * What specs find on every page: the translation functions of Django's JavaScript catalogue, which the host provides,
 * one element for fixtures, which is emptied after each spec, and small helpers.
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

    /* Put markup into the page for one spec; returns it as a jQuery object. */
    window.setFixtures = function(html) {
        var $fixtures = window.$('#spec-fixtures');
        if (!$fixtures.length) {
            $fixtures = window.$('<div id="spec-fixtures"></div>').appendTo(window.document.body);
        }
        return $fixtures.html(html);
    };

    /* A response of the fake server with a JSON body. */
    window.json = function(status, body) {
        return [status, {'Content-Type': 'application/json'}, JSON.stringify(body || {})];
    };

    /*
     * Resolves once the callbacks of all settled promises have run. A message is delivered after them, and it is not
     * a timer, so it arrives while the clock is mocked as well.
     */
    window.promisesSettled = function() {
        return new Promise(function(resolve) {
            var channel = new window.MessageChannel();
            channel.port1.onmessage = function() {
                channel.port1.close();
                resolve();
            };
            channel.port2.postMessage(null);
        });
    };

    window.afterEach(function() {
        window.$(window.document.body).empty();
    });
}(window));
