describe('The bundle', function() {
    'use strict';

    bundleNames.concat(deskNames).forEach(function(name) {
        // @contract staff-tab#code staff-desk#files
        it('has a classic ES5 script in ' + name, function() {
            expect(errorsInES5(scriptSource(name))).toEqual([]);
        });
    });

    ['const left = 1;', 'import $ from "jquery";', 'export default 1;', 'fetch("/").then(x => x);'].forEach(function(source) {
        // @contract staff-tab#code
        it('would not pass with ' + source, function() {
            expect(errorsInES5(source).length).toBe(1);
        });
    });

    // @contract staff-tab#models
    it('uses the addresses that a host has set before it', function() {
        const host = {
            jQuery: $,
            _: _,
            Backbone: Backbone,
            edx: {instructor_dashboard: {proctoring: {API_ROOT: '/lms/proctoring/', TEMPLATE_ROOT: '/cdn/templates/'}}}
        };
        bundleNames.filter(function(name) {
            return /allowance|attempt|exam_collection|onboarding_(collection|view)|instructor_launch/.test(name);
        }).forEach(function(name) {
            new Function('window', scriptSource(name))(host);
        });
        const proctoring = host.edx.instructor_dashboard.proctoring;
        const addresses = _.flatten(_.map(proctoring, function(type) {
            return _.compact([type.prototype && type.prototype.url, type.prototype && type.prototype.templateUrl]);
        }));
        // Of three models, four collections and six views.
        expect(addresses.length).toBe(13);
        addresses.forEach(function(address) {
            expect(address).toMatch(/^\/(lms\/proctoring|cdn\/templates)\//);
        });
    });
});
