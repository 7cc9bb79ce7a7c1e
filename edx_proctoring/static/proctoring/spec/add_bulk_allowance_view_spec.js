// @contract staff-tab#add-allowance
describe('AddBulkAllowanceView', function() {
    'use strict';

    const BULK_URL = '/api/edx_proctoring/v1/proctored_exam/bulk_allowance';
    const panel = useAllowancesPanel();
    let list;

    beforeEach(function() {
        list = panel.open({});
        panel.serveTemplate('add-new-bulk-allowance.underscore');
        panel.serve('GET', '/api/edx_proctoring/v1/proctored_exam/exam/course_id/a/b/c', 200, panel.EXAMS);
        $('#add-allowance').trigger('click');
        panel.respond();
    });

    function choose(selector, id) {
        $(selector).val([String(id)]).trigger('change');
    }

    function fill(learners, value) {
        $('#user_info').val(learners);
        $('#allowance_value').val(value);
    }

    function optionsOf(selector) {
        return $(selector).find('option').map(function() { return $(this).text(); }).get();
    }

    it('has the fields of the contract', function() {
        [
            '#user_info', '#exam_type', '#proctored_exam', '#timed_exam', '#selected_exams', '#allowance_type',
            '#allowance_value', '#addNewAllowance'
        ].forEach(function(selector) {
            expect($('form').find(selector).length).withContext(selector).toBe(1);
        });
    });

    it('lists proctored and timed exams separately', function() {
        expect(optionsOf('#proctored_exam')).toEqual(['Final', 'Practice']);
        expect(optionsOf('#timed_exam')).toEqual(['Quiz']);
        expect($('#timed_exam').hasClass('hidden')).toBe(true);
    });

    it('marks all missing fields', function() {
        $('form').trigger('submit');
        expect(panel.errors()).toEqual(['Required field', 'Required field', 'Required field']);
        expect($('#allowance_value').attr('aria-invalid')).toBe('true');
        expect(document.activeElement.id).toBe('user_info');
    });

    it('marks only the missing field', function() {
        fill('learner', '');
        choose('#proctored_exam', 1);
        $('form').trigger('submit');
        expect(panel.errors()).toEqual(['Required field']);
    });

    it('moves a chosen exam to a tag, which can be removed again', function() {
        choose('#proctored_exam', 1);
        expect(optionsOf('#proctored_exam')).toEqual(['Practice']);
        expect($('#selected_exams .tag').text()).toContain('Final');
        $('.close-selected-exam').trigger('click');
        expect(optionsOf('#proctored_exam')).toEqual(['Practice', 'Final']);
        expect($('#selected_exams .tag').length).toBe(0);
    });

    it('offers no review policy exception for timed exams', function() {
        choose('#proctored_exam', 1);
        $('#exam_type').val('timed_exam').trigger('change');
        expect($('#allowance_type option[value="review_policy_exception"]').length).toBe(0);
        expect($('#timed_exam').hasClass('hidden')).toBe(false);
        expect($('#selected_exams .tag').length).toBe(0);
        $('#exam_type').val('proctored_exam').trigger('change');
        expect($('#allowance_type option[value="review_policy_exception"]').length).toBe(1);
    });

    it('labels the value by the type of the allowance', function() {
        const minutes = $('#allowance_value_label').text();
        $('#allowance_type').val('time_multiplier').trigger('change');
        expect($('#allowance_value_label').text()).not.toBe(minutes);
        expect($('#allowance_value_label').text()).toContain('Multiplier');
    });

    it('sends one request and shows the new list', function() {
        fill('learner, other@example.com', '20');
        choose('#proctored_exam', 1);
        choose('#proctored_exam', 2);
        panel.serve('PUT', BULK_URL, 200, '');
        panel.serve('GET', panel.LIST_URL, 200, {learner: [panel.allowance()]});
        $('form').trigger('submit');
        expect(panel.sentFields()).toEqual([
            'course_id=a/b/c', 'exam_ids=1,2', 'user_ids=learner, other@example.com',
            'allowance_type=additional_time_granted', 'value=20'
        ]);
        expect(panel.lastRequest().requestHeaders['X-CSRFToken']).toBe('token');
        panel.respond();
        expect($('#modalContainer').length).toBe(0);
        expect(list.$('tr.allowance-items').length).toBe(1);
    });

    it('keeps the learners that failed', function() {
        fill('learner, nobody', '20');
        choose('#proctored_exam', 1);
        panel.serve('PUT', BULK_URL, 207, [
            {exam_id: '1', user_id: 'learner', success: true},
            {exam_id: '1', user_id: 'nobody', success: false, error: 'no such user'}
        ]);
        $('form').trigger('submit');
        panel.server.respond();
        expect($('#user_info').val()).toBe('nobody');
        expect(panel.errors()).toEqual(['nobody: no such user']);
    });

    it('says each problem once and who has the allowance', function() {
        fill('ann\nnobody\nbob', '20');
        choose('#proctored_exam', 1);
        panel.serve('PUT', BULK_URL, 207, [
            {exam_id: '1', user_id: 'ann', success: true},
            {exam_id: '1', user_id: 'nobody', success: false, error: 'Cannot find user against nobody'},
            {exam_id: '2', user_id: 'nobody', success: false, error: 'Cannot find user against nobody'},
            {exam_id: '2', user_id: 'ann', success: false, error: 'The exam is not active.'},
            {exam_id: '2', user_id: 'bob', success: false, error: 'The exam is not active.'},
            {exam_id: '1', user_id: 'bob', success: true},
            {exam_id: '1', user_id: 'eve', success: true},
            {exam_id: '3', user_id: 'eve', success: true}
        ]);
        $('form').trigger('submit');
        panel.server.respond();
        expect(panel.errors()).toEqual(['Cannot find user against nobody', 'ann, bob: The exam is not active.']);
        expect($('.js-outcome').text()).toMatch(/Saved for: eve$/);
    });

    it('closes when the response marks no failures', function() {
        fill('learner', '20');
        choose('#proctored_exam', 1);
        panel.serve('PUT', BULK_URL, 207, [{exam_id: '1', user_id: 'learner'}]);
        $('form').trigger('submit');
        panel.server.respond();
        expect($('#modalContainer').length).toBe(0);
    });

    it('shows a refusal beside the field that it concerns', function() {
        fill('nobody', '20');
        choose('#proctored_exam', 1);
        panel.serve('PUT', BULK_URL, 400, {detail: 'Enter a valid username or email', field: 'user_info'});
        $('form').trigger('submit');
        panel.server.respond();
        expect($('#user_info').next('.error-message').text()).toBe('Enter a valid username or email');
    });

    it('shows a refusal without a field above the form', function() {
        fill('learner', '20');
        choose('#proctored_exam', 1);
        panel.serve('PUT', BULK_URL, 403, {detail: 'Must be staff.'});
        $('form').trigger('submit');
        panel.server.respond();
        expect(panel.errors()).toEqual(['Must be staff.']);
    });
});
