describe('ProctoredExamAllowanceView', function() {
    'use strict';

    const panel = useAllowancesPanel();

    // @contract staff-tab#creation
    it('registers itself at the section of the host', function() {
        const $section = $('<section></section>');
        const view = panel.open({}, $section);
        expect($section.data('wrapper')).toBe(view);
        expect(_.isFunction(view.onClickTitle)).toBe(true);
    });

    // @contract staff-tab#containers
    it('sends no request on a page without the panel', function() {
        setFixtures('');
        new edx.instructor_dashboard.proctoring.ProctoredExamAllowanceView();
        expect(panel.server.requests.length).toBe(0);
    });

    // @contract staff-tab#allowances
    it('shows each allowance below its learner', function() {
        const text = panel.open({learner: [panel.allowance()]}).$('tr.allowance-items').text();
        expect(text).toContain('learner@example.com');
        expect(text).toContain('Final');
        expect(text).toContain('Additional Time (minutes)');
        expect(text).toContain('30');
    });

    // @contract staff-tab#allowances
    it('shows an unknown type unchanged', function() {
        const view = panel.open({learner: [panel.allowance({key: 'Additional time (minutes)'})]});
        expect(view.$('tr.allowance-items').text()).toContain('Additional time (minutes)');
    });

    // @contract staff-tab#allowances
    it('draws a template of a theme with the variables of the contract', function() {
        const view = panel.open({learner: [panel.allowance()]});
        let variables;
        view.template = function(data) {
            variables = data;
            return '';
        };
        view.render();
        expect(Object.keys(variables).sort()).toEqual([
            'allowance_types', 'generateDomId', 'proctored_exam_allowances'
        ]);
        expect(variables.proctored_exam_allowances.learner[0].value).toBe('30');
        expect(_.map(variables.allowance_types, _.first)).toContain('additional_time_granted');
        expect(variables.generateDomId('a.b@example.com')).toBe('ui-id-abexamplecom');
    });

    it('says that there is no allowance when the list is empty', function() {
        expect(panel.open({}).$('.no-allowances-data').length).toBe(1);
    });

    // @contract staff-tab#allowances
    it('expands the group of a learner whose username is an e-mail address', function() {
        const view = panel.open({'a.b@example.com': [panel.allowance()]});
        view.$('.accordion-trigger').trigger('click');
        expect(view.$('.accordion-trigger').attr('aria-expanded')).toBe('true');
        expect($('#ui-id-abexamplecom').hasClass('is-hidden')).toBe(false);
        expect(view.$('.fa-chevron-down').hasClass('fa-rotate-180')).toBe(true);
    });

    // @contract staff-tab#allowances
    it('removes an allowance and shows the rest', function() {
        const view = panel.open({learner: [panel.allowance()]});
        panel.serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/allowance', 200, '');
        panel.serve('GET', panel.LIST_URL, 200, {});
        view.$('.remove_allowance').trigger('click');
        expect(panel.sentFields()).toEqual(['exam_id=1', 'user_id=3', 'key=additional_time_granted']);
        panel.respond();
        expect(view.$('tr.allowance-items').length).toBe(0);
    });

    it('keeps an allowance that could not be removed', function() {
        const view = panel.open({learner: [panel.allowance()]});
        panel.serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/allowance', 403, {detail: 'Must be staff.'});
        view.$('.remove_allowance').trigger('click');
        panel.server.respond();
        expect(view.$('.js-panel-message').text()).toContain('Must be staff.');
        expect(view.$('tr.allowance-items').length).toBe(1);
    });
});
