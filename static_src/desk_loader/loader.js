/**
 * Brings the exam desk into the Special Exams tab, where it is on. Contract: contract/staff-desk#mounting.
 *
 * Part of the bundle, which learner pages load too, so it does nothing without the tab's containers. Scripts and styles
 * of the desk are fetched only when the server says that the desk is on.
 */
/* global proctoring -- staff_panels/namespace.js */

// What the desk begins with, in the order in which it runs. The desk fetches its panels itself.
var SCRIPTS = ['store', 'client', 'table', 'dialog', 'panels', 'desk'];

var REQUEST_LIMIT = 60000;  // milliseconds

var fetched = {};  // script → its promise
var hasStyles = false;

/** The desk's container: the host's, or one in front of the tab's accordion; empty if there is no place for it. */
function findContainer() {
    var $container = $('.proctoring-desk-container[data-course-id]').first();
    var $wrapper = $('.proctoring-wrapper').first();
    var courseId = $wrapper.find('[data-course-id]').first().attr('data-course-id');
    if ($container.length || !courseId) {
        return $container;
    }
    return $('<div class="proctoring-desk-container"></div>').attr('data-course-id', courseId).prependTo($wrapper);
}

function staticBase() {
    return proctoring.staticBase || proctoring.TEMPLATE_ROOT.replace(/templates\/$/, '');
}

function loadStyles() {
    if (!hasStyles) {
        $('<link rel="stylesheet">').attr('href', staticBase() + 'css/desk/desk.css').appendTo('head');
        hasStyles = true;
    }
}

function fetchScript(name) {
    var done = $.Deferred();
    var script = document.createElement('script');
    script.src = staticBase() + 'js/desk/' + name + '.js';
    script.async = false;
    script.onload = done.resolve;
    script.onerror = function() {
        delete fetched[name];
        done.reject();
    };
    document.head.appendChild(script);
    return done.promise();
}

/** Run scripts of the desk in their order, each once. Resolved after the last one; one that failed may be asked for again. */
proctoring.loadDeskScripts = function(names) {
    return $.when.apply($, _.map(names, function(name) {
        fetched[name] = fetched[name] || fetchScript(name);
        return fetched[name];
    }));
};

/** The panels below start closed: the desk shows the same, and more. At once, because an open panel loads its list. */
function closeAccordion() {
    var $accordion = $('#proctoring-accordion');
    var speed;
    if ($accordion.data('ui-accordion') || $accordion.data('uiAccordion')) {
        speed = $accordion.accordion('option', 'animate');
        $accordion.accordion('option', 'animate', false);
        $accordion.accordion('option', 'active', false);
        $accordion.accordion('option', 'animate', speed);
    }
}

function fail($container) {
    $container.attr('data-desk-state', 'failed').empty().append(
        $('<p role="alert"></p>').text(gettext('The exam desk could not be loaded. The panels below work without it.')),
        $('<button type="button"></button>').text(gettext('Try again')).on('click', proctoring.openDesk)
    );
}

function start($container, settings) {
    loadStyles();
    return (proctoring.ExamDeskView ? $.when() : proctoring.loadDeskScripts(SCRIPTS)).then(function() {
        // After a failure the same view begins again: a second one would listen to each click as well.
        if (!proctoring.examDesk || proctoring.examDesk.el !== $container[0]) {
            proctoring.examDesk = new proctoring.ExamDeskView({
                el: $container[0], courseId: $container.attr('data-course-id'), settings: settings
            });
        }
        return proctoring.examDesk.start();
    }).then(function() {
        $container.attr('data-desk-state', 'on');
        closeAccordion();
    });
}

/** Ask whether the desk is on, and show it. Called when the tab is opened; the first time counts. */
proctoring.openDesk = function() {
    var $container = findContainer();
    var state = $container.attr('data-desk-state');
    if (!$container.length || _.contains(['loading', 'on', 'off'], state)) {
        return null;
    }
    $container.attr('data-desk-state', 'loading').empty();
    // The panels below wait for the end of this, as they are closed then.
    proctoring.deskIsOpening = $.ajax({
        url: proctoring.API_ROOT.replace(/v1\/$/, 'v2/') + 'courses/' + $container.attr('data-course-id') + '/desk',
        dataType: 'json',
        timeout: REQUEST_LIMIT
    }).then(function(settings) {
        if (!settings.enabled) {
            $container.attr('data-desk-state', 'off');
            return null;
        }
        return start($container, settings).then(null, function() { fail($container); });
    }, function(xhr) {
        if (xhr.status === 403 || xhr.status === 404) {
            $container.attr('data-desk-state', 'off');
        } else {
            fail($container);
        }
    });
    return proctoring.deskIsOpening;
};
