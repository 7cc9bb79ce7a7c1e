// @contract staff-tab#edit-allowance
describe('EditAllowanceView', function() {
    'use strict';

    const panel = useAllowancesPanel();

    beforeEach(function() {
        panel.open({learner: [panel.allowance()]});
        panel.serveTemplate('edit-allowance.underscore');
        $('.edit_allowance').trigger('click');
        panel.server.respond();
    });

    it('starts with the current value', function() {
        expect($('#allowance_value').val()).toBe('30');
        expect($('#modalContainer dl').text()).toContain('Final');
    });

    it('requires a value', function() {
        $('#allowance_value').val(' ');
        $('form').trigger('submit');
        expect(panel.errors()).toEqual(['Required field']);
    });

    it('sends the new value for this learner and exam', function() {
        $('#allowance_value').val('45');
        $('#editAllowance').trigger('click');
        expect(panel.sentFields()).toEqual([
            'course_id=a/b/c', 'exam_ids=1', 'user_ids=learner', 'allowance_type=additional_time_granted', 'value=45'
        ]);
    });
});
