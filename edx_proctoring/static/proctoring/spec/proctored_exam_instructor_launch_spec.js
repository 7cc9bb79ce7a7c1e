describe('ProctoredExamDashboardView', function() {
    'use strict';

    var server;

    /** The panel inside the host's accordion; `open`: whether it is the open one when the page comes. */
    function load(open) {
        var view;
        setFixtures(
            '<div id="proctoring-accordion">'
            + '<div class="other"></div>'
            + '<div class="mine' + (open ? ' ui-accordion-content-active' : '') + '">'
            + '<div class="student-review-dashboard-container" data-course-id="a/b/c"></div></div></div>'
        );
        server.respondWith('GET', '/static/proctoring/templates/dashboard.underscore', [
            200, {'Content-Type': 'text/html'}, templateSource('dashboard.underscore')
        ]);
        view = new edx.instructor_dashboard.proctoring.ProctoredExamDashboardView();
        server.respond();
        return view;
    }

    function activate(selector) {
        $('#proctoring-accordion').trigger('accordionactivate', {newPanel: $(selector)});
    }

    beforeEach(function() {
        server = sinon.fakeServer.create();
    });

    afterEach(function() {
        server.restore();
    });

    it('does not load the provider\'s page before somebody looks', function() {
        expect(load(false).$('iframe').length).toBe(0);
    });

    it('does not load it when another panel is opened', function() {
        var view = load(false);
        activate('.other');
        expect(view.$('iframe').length).toBe(0);
    });

    it('loads it when its panel is opened', function() {
        var view = load(false);
        activate('.mine');
        expect(view.$('iframe').attr('src')).toBe('/api/edx_proctoring/v1/instructor/a/b/c');
        expect(view.$('iframe').attr('title')).toBe('Review Dashboard');
    });

    it('loads it when its panel was opened before the template came', function() {
        var view;
        setFixtures(
            '<div id="proctoring-accordion">'
            + '<div class="student-review-dashboard-container" data-course-id="a/b/c"></div></div>'
        );
        view = new edx.instructor_dashboard.proctoring.ProctoredExamDashboardView();
        activate('.student-review-dashboard-container');
        server.respondWith('GET', '/static/proctoring/templates/dashboard.underscore', [
            200, {'Content-Type': 'text/html'}, templateSource('dashboard.underscore')
        ]);
        server.respond();
        expect(view.$('iframe').length).toBe(1);
    });

    it('loads it once', function() {
        var view = load(false);
        var frame;
        activate('.mine');
        frame = view.$('iframe')[0];
        activate('.mine');
        expect(view.$('iframe')[0]).toBe(frame);
    });

    it('loads it at once where the panel is open already', function() {
        expect(load(true).$('iframe').length).toBe(1);
    });
});
