// @contract staff-tab#provider-dashboard
describe('ProctoredExamDashboardView', function() {
    'use strict';

    var server;

    /** The panel inside the host's accordion; `open`: whether it is open when the page is loaded. */
    function load(open) {
        var view;
        setFixtures(
            '<div id="proctoring-accordion">'
            + '<div class="other"></div>'
            + '<div class="dashboard' + (open ? ' ui-accordion-content-active' : '') + '">'
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

    it('does not load the provider\'s page before its panel is opened', function() {
        expect(load(false).$('iframe').length).toBe(0);
    });

    it('does not load the page when another panel is opened', function() {
        var view = load(false);
        activate('.other');
        expect(view.$('iframe').length).toBe(0);
    });

    it('loads the page when its panel is opened', function() {
        var view = load(false);
        activate('.dashboard');
        expect(view.$('iframe').attr('src')).toBe('/api/edx_proctoring/v1/instructor/a/b/c');
        expect(view.$('iframe').attr('title')).toBe('Review Dashboard');
    });

    it('loads the page when its panel was opened before the template arrived', function() {
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

    it('loads the page once', function() {
        var view = load(false);
        var frame;
        activate('.dashboard');
        frame = view.$('iframe')[0];
        activate('.dashboard');
        expect(view.$('iframe')[0]).toBe(frame);
    });

    it('loads the page at once when the panel is already open', function() {
        expect(load(true).$('iframe').length).toBe(1);
    });
});
