describe('An underscore template', function() {
    'use strict';

    _.each(templateNames, function(name) {
        // @contract languages#browser-templates
        it('compiles and never prints a value unescaped: ' + name, function() {
            var source = templateSource(name);
            expect(function() { _.template(source); }).not.toThrow();
            expect(source).not.toMatch(/<%=/);
        });
    });
});
