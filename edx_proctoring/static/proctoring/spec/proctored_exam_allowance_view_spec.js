describe('ProctoredExamAllowanceView', function() {
    'use strict';

    const panel = useAllowancesPanel();

    it('registers itself at the section of the host', function() {
        const $section = $('<section></section>');
        const view = panel.open({}, $section);
        expect($section.data('wrapper')).toBe(view);
        expect(_.isFunction(view.onClickTitle)).toBe(true);
    });

    it('sends no request on a page without the panel', function() {
        setFixtures('');
        new edx.instructor_dashboard.proctoring.ProctoredExamAllowanceView();
        expect(panel.server.requests.length).toBe(0);
    });

    it('shows each allowance below its learner', function() {
        const text = panel.open({learner: [panel.allowance()]}).$('tr.allowance-items').text();
        expect(text).toContain('learner@example.com');
        expect(text).toContain('Final');
        expect(text).toContain('Additional Time (minutes)');
        expect(text).toContain('30');
    });

    it('shows an unknown type unchanged', function() {
        const view = panel.open({learner: [panel.allowance({key: 'Additional time (minutes)'})]});
        expect(view.$('tr.allowance-items').text()).toContain('Additional time (minutes)');
    });

    it('says that there is no allowance when the list is empty', function() {
        expect(panel.open({}).$('.no-allowances-data').length).toBe(1);
    });

    it('expands the group of a learner whose username is an e-mail address', function() {
        const view = panel.open({'a.b@example.com': [panel.allowance()]});
        view.$('.accordion-trigger').trigger('click');
        expect(view.$('.accordion-trigger').attr('aria-expanded')).toBe('true');
        expect($('#ui-id-abexamplecom').hasClass('is-hidden')).toBe(false);
        expect(view.$('.fa-chevron-down').hasClass('fa-rotate-180')).toBe(true);
    });

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
