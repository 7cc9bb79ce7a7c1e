describe('Allowances', function() {
    'use strict';

    var LIST_URL = '/api/edx_proctoring/v1/proctored_exam/a/b/c/grouped/allowance';
    var BULK_URL = '/api/edx_proctoring/v1/proctored_exam/bulk_allowance';
    var EXAMS = [
        {id: 1, exam_name: 'Final', is_proctored: true, is_practice_exam: false},
        {id: 2, exam_name: 'Practice', is_proctored: true, is_practice_exam: true},
        {id: 3, exam_name: 'Quiz', is_proctored: false, is_practice_exam: false}
    ];
    var proctoring = edx.instructor_dashboard.proctoring;
    var server;

    function serve(method, url, status, body) {
        server.respondWith(method, url, [
            status, {'Content-Type': 'application/json'}, _.isString(body) ? body : JSON.stringify(body)
        ]);
    }

    function serveTemplate(name) {
        server.respondWith('GET', '/static/proctoring/templates/' + name, [
            200, {'Content-Type': 'text/html'}, templateSource(name)
        ]);
    }

    function allowance(facts) {
        return _.extend({
            id: 11,
            user: {id: 3, username: 'learner', email: 'learner@example.com'},
            key: 'additional_time_granted',
            value: '30',
            proctored_exam: EXAMS[0]
        }, facts);
    }

    function openList(byLearner, section) {
        var view;
        setFixtures('<div class="special-allowance-container" data-course-id="a/b/c"></div>');
        serveTemplate('course_grouped_allowances.underscore');
        serve('GET', LIST_URL, 200, byLearner);
        view = new proctoring.ProctoredExamAllowanceView(section);
        server.respond();
        server.respond();
        return view;
    }

    function last() {
        return server.requests[server.requests.length - 1];
    }

    function sent() {
        return decodeURIComponent(last().requestBody.replace(/\+/g, ' ')).split('&');
    }

    function errors() {
        return $('.error-message').map(function() { return $(this).text(); }).get();
    }

    beforeEach(function() {
        server = sinon.fakeServer.create();
        document.cookie = 'csrftoken=token';
    });

    afterEach(function() {
        server.restore();
    });

    describe('the list', function() {
        it('is found again by the host under the section', function() {
            var $section = $('<section></section>');
            var view = openList({}, $section);
            expect($section.data('wrapper')).toBe(view);
            expect(_.isFunction(view.onClickTitle)).toBe(true);
        });

        it('asks for nothing on a page without the panel', function() {
            setFixtures('');
            new proctoring.ProctoredExamAllowanceView();
            expect(server.requests.length).toBe(0);
        });

        it('shows each allowance below its learner', function() {
            var text = openList({learner: [allowance()]}).$('tr.allowance-items').text();
            expect(text).toContain('learner@example.com');
            expect(text).toContain('Final');
            expect(text).toContain('Additional Time (minutes)');
            expect(text).toContain('30');
        });

        it('shows an unknown kind as it is', function() {
            var view = openList({learner: [allowance({key: 'Additional time (minutes)'})]});
            expect(view.$('tr.allowance-items').text()).toContain('Additional time (minutes)');
        });

        it('says so when there is none', function() {
            expect(openList({}).$('.no-allowances-data').length).toBe(1);
        });

        it('opens the group of a learner whose name is an address', function() {
            var view = openList({'a.b@example.com': [allowance()]});
            view.$('.accordion-trigger').trigger('click');
            expect(view.$('.accordion-trigger').attr('aria-expanded')).toBe('true');
            expect($('#ui-id-abexamplecom').hasClass('is-hidden')).toBe(false);
            expect(view.$('.fa-chevron-down').hasClass('fa-rotate-180')).toBe(true);
        });

        it('removes an allowance and shows the rest', function() {
            var view = openList({learner: [allowance()]});
            serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/allowance', 200, '');
            serve('GET', LIST_URL, 200, {});
            view.$('.remove_allowance').trigger('click');
            expect(sent()).toEqual(['exam_id=1', 'user_id=3', 'key=additional_time_granted']);
            server.respond();
            server.respond();
            expect(view.$('tr.allowance-items').length).toBe(0);
        });

        it('keeps an allowance that could not be removed', function() {
            var view = openList({learner: [allowance()]});
            serve('DELETE', '/api/edx_proctoring/v1/proctored_exam/allowance', 403, {detail: 'Must be staff.'});
            view.$('.remove_allowance').trigger('click');
            server.respond();
            expect(view.$('.js-panel-message').text()).toContain('Must be staff.');
            expect(view.$('tr.allowance-items').length).toBe(1);
        });
    });

    describe('the form for new ones', function() {
        var list;

        beforeEach(function() {
            list = openList({});
            serveTemplate('add-new-bulk-allowance.underscore');
            serve('GET', '/api/edx_proctoring/v1/proctored_exam/exam/course_id/a/b/c', 200, EXAMS);
            $('#add-allowance').trigger('click');
            server.respond();
            server.respond();
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

        it('lists proctored and other exams apart', function() {
            expect(optionsOf('#proctored_exam')).toEqual(['Final', 'Practice']);
            expect(optionsOf('#timed_exam')).toEqual(['Quiz']);
            expect($('#timed_exam').hasClass('hidden')).toBe(true);
        });

        it('asks for all that is missing', function() {
            $('form').trigger('submit');
            expect(errors()).toEqual(['Required field', 'Required field', 'Required field']);
            expect($('#allowance_value').attr('aria-invalid')).toBe('true');
            expect(document.activeElement.id).toBe('user_info');
        });

        it('asks for a missing value only where it is missing', function() {
            fill('learner', '');
            choose('#proctored_exam', 1);
            $('form').trigger('submit');
            expect(errors()).toEqual(['Required field']);
        });

        it('turns a chosen exam into a tag that can be put back', function() {
            choose('#proctored_exam', 1);
            expect(optionsOf('#proctored_exam')).toEqual(['Practice']);
            expect($('#selected_exams .tag').text()).toContain('Final');
            $('.close-selected-exam').trigger('click');
            expect(optionsOf('#proctored_exam')).toEqual(['Practice', 'Final']);
            expect($('#selected_exams .tag').length).toBe(0);
        });

        it('knows no review policy for timed exams', function() {
            choose('#proctored_exam', 1);
            $('#exam_type').val('timed_exam').trigger('change');
            expect($('#allowance_type option[value="review_policy_exception"]').length).toBe(0);
            expect($('#timed_exam').hasClass('hidden')).toBe(false);
            expect($('#selected_exams .tag').length).toBe(0);
            $('#exam_type').val('proctored_exam').trigger('change');
            expect($('#allowance_type option[value="review_policy_exception"]').length).toBe(1);
        });

        it('says which value it wants', function() {
            var minutes = $('#allowance_value_label').text();
            $('#allowance_type').val('time_multiplier').trigger('change');
            expect($('#allowance_value_label').text()).not.toBe(minutes);
            expect($('#allowance_value_label').text()).toContain('Multiplier');
        });

        it('sends one request and shows the new list', function() {
            fill('learner, other@example.com', '20');
            choose('#proctored_exam', 1);
            choose('#proctored_exam', 2);
            serve('PUT', BULK_URL, 200, '');
            serve('GET', LIST_URL, 200, {learner: [allowance()]});
            $('form').trigger('submit');
            expect(sent()).toEqual([
                'course_id=a/b/c', 'exam_ids=1,2', 'user_ids=learner, other@example.com',
                'allowance_type=additional_time_granted', 'value=20'
            ]);
            expect(last().requestHeaders['X-CSRFToken']).toBe('token');
            server.respond();
            server.respond();
            expect($('#modalContainer').length).toBe(0);
            expect(list.$('tr.allowance-items').length).toBe(1);
        });

        it('keeps the learners that failed', function() {
            fill('learner, nobody', '20');
            choose('#proctored_exam', 1);
            serve('PUT', BULK_URL, 207, [
                {exam_id: '1', user_id: 'learner', success: true},
                {exam_id: '1', user_id: 'nobody', success: false, error: 'no such user'}
            ]);
            $('form').trigger('submit');
            server.respond();
            expect($('#user_info').val()).toBe('nobody');
            expect(errors()).toEqual(['nobody: no such user']);
        });

        it('takes an answer that marks no failures for a success', function() {
            fill('learner', '20');
            choose('#proctored_exam', 1);
            serve('PUT', BULK_URL, 207, [{exam_id: '1', user_id: 'learner'}]);
            $('form').trigger('submit');
            server.respond();
            expect($('#modalContainer').length).toBe(0);
        });

        it('shows a refusal at the field it is about', function() {
            fill('nobody', '20');
            choose('#proctored_exam', 1);
            serve('PUT', BULK_URL, 400, {detail: 'Enter a valid username or email', field: 'user_info'});
            $('form').trigger('submit');
            server.respond();
            expect($('#user_info').next('.error-message').text()).toBe('Enter a valid username or email');
        });

        it('shows a refusal without a field above the form', function() {
            fill('learner', '20');
            choose('#proctored_exam', 1);
            serve('PUT', BULK_URL, 403, {detail: 'Must be staff.'});
            $('form').trigger('submit');
            server.respond();
            expect(errors()).toEqual(['Must be staff.']);
        });
    });

    describe('the form for one', function() {
        beforeEach(function() {
            openList({learner: [allowance()]});
            serveTemplate('edit-allowance.underscore');
            $('.edit_allowance').trigger('click');
            server.respond();
        });

        it('starts from the value that is in force', function() {
            expect($('#allowance_value').val()).toBe('30');
            expect($('#modalContainer dl').text()).toContain('Final');
        });

        it('asks for a value', function() {
            $('#allowance_value').val(' ');
            $('form').trigger('submit');
            expect(errors()).toEqual(['Required field']);
        });

        it('sends it for this learner and exam', function() {
            $('#allowance_value').val('45');
            $('form').trigger('submit');
            expect(sent()).toEqual([
                'course_id=a/b/c', 'exam_ids=1', 'user_ids=learner', 'allowance_type=additional_time_granted', 'value=45'
            ]);
        });
    });
});
