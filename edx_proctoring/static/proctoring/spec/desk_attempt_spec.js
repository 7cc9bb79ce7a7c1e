describe('An attempt on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    let view;

    function deadline(more) {
        return {
            exam_id: 3, user_id: 41, attempt_id: 1, base_limit_minutes: 90, allowance_minutes: 30, carry_over_seconds: null,
            limit_minutes: 120, due_date: '2026-03-01T15:20:00Z', due_date_source: 'exam', course_end: null, allowed_minutes: 120,
            started_at: '2026-03-01T13:10:00Z', ends_at: '2026-03-01T15:10:00Z', is_running: true, extensions: [],
            binding: 'limit', sentence: 'Two hours.', too_late_minutes: null, ...more
        };
    }

    function openMenuItem(label) {
        view.$('.js-menu').first().trigger('click');
        return view.$('[role="menuitem"]').filter(function() { return $(this).text() === label; });
    }

    function openExtend(settings) {
        page.serveAttempts([page.attempt(1)]);
        page.serve('GET', 'attempts/1/deadline', 200, deadline());
        view = page.open('', settings);
        openMenuItem('Change the time').trigger('click');
        page.respond();
        return view.$('dialog');
    }

    function enter(minutes, reason) {
        page.type(view.$('[name="minutes"]'), minutes);
        page.type(view.$('[name="reason"]'), reason);
    }

    function submit() {
        view.$('dialog form').trigger('submit');
        page.respond();
    }

    // @contract staff-desk#attempts
    it('can be extended while it runs, and says before when it will end', function() {
        const $dialog = openExtend();
        expect(document.activeElement.name).toBe('minutes');
        page.type(view.$('[name="minutes"]'), '10');
        expect($dialog.find('.js-preview').text()).toMatch(/Ends .* → /);
        page.type(view.$('[name="minutes"]'), '11');
        expect($dialog.find('.js-preview').text()).toMatch(/at most 10 minutes can be added/);
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 200, deadline({ends_at: '2026-03-01T15:20:00Z'}));
        page.serveAttempts([page.attempt(1, {extended_minutes: 10})]);
        submit();
        expect(JSON.parse(page.requests('attempts/1/extend', 'POST')[0].requestBody))
            .toEqual({minutes: 10, reason: 'fire alarm', past_due: false});
        expect(view.$('dialog').length).toBe(0);
        expect(view.$('tr.is-changed').length).toBe(1);
        expect($(document.activeElement).attr('data-focus-key')).toBe('menu-1');
    });

    it('offers to go beyond the due date to global staff only', function() {
        openExtend();
        expect(view.$('[name="past_due"]').length).toBe(0);
        view.$('dialog .js-close').first().trigger('click');
        view.remove();
        openExtend({is_global_staff: true});
        view.$('[name="past_due"]').prop('checked', true).trigger('change');
        page.type(view.$('[name="minutes"]'), '60');
        expect(view.$('.js-preview').text()).toMatch(/Ends .* → /);
    });

    describe('that runs can be ended', function() {
        function openEnd() {
            page.serveAttempts([page.attempt(1)]);
            view = page.open();
            openMenuItem('End the exam').trigger('click');
            return view.$('dialog');
        }

        function answered(status, body) {
            page.serve('POST', 'attempts/1/transitions', status, body);
            submit();
        }

        // @contract staff-desk#end
        it('with a reason, for the learner who is named', function() {
            const $dialog = openEnd();
            expect($dialog.text()).toContain('End the exam of user1, Midterm');
            submit();
            expect(page.requests('attempts/1/transitions', 'POST').length).toBe(0);
            page.type(view.$('[name="reason"]'), 'evacuated');
            page.serveAttempts([page.attempt(1, {status: 'submitted', time_remaining_seconds: null, actions: []})]);
            answered(200, {attempt_id: 1, changed: true, attempt: page.attempt(1, {status: 'submitted'})});
            expect(JSON.parse(page.requests('attempts/1/transitions', 'POST')[0].requestBody))
                .toEqual({action: 'end', reason: 'evacuated', expected_status: 'started'});
            expect(view.$('dialog').length).toBe(0);
            expect(view.$('tbody').text()).toContain('Submitted');
            expect(openMenuItem('End the exam').length).toBe(0);
        });

        // @contract staff-desk#end
        it('and says what it has become when the learner was faster', function() {
            openEnd();
            page.type(view.$('[name="reason"]'), 'evacuated');
            answered(409, page.problem(409, 'conflict', {errors: [{field: 'expected_status', message: 'x', status: 'ready_to_submit'}]}));
            expect(view.$('dialog .js-refusal').text()).toContain('Nothing was done');
            expect(view.$('[name="reason"]').val()).toBe('evacuated');
            expect(page.requests('courses/' + page.COURSE + '/attempts').length).toBe(2);
            answered(409, page.problem(409, 'illegal_transition'));
            expect(JSON.parse(page.requests('attempts/1/transitions', 'POST')[1].requestBody).expected_status).toBe('ready_to_submit');
            expect(view.$('dialog .js-refusal').text()).toContain('Reason of illegal_transition.');
            expect(page.requests('courses/' + page.COURSE + '/attempts').length).toBe(3);
        });

        it('unless it does not run', function() {
            page.serveAttempts([page.attempt(1, {status: 'submitted', time_remaining_seconds: null, actions: []})]);
            view = page.open();
            expect(openMenuItem('End the exam').length).toBe(0);
        });
    });

    [['0', 'x', 'minutes'], ['1.5', 'x', 'minutes'], ['', 'x', 'minutes'], ['5', '  ', 'reason']].forEach(function([minutes, reason, field]) {
        // @contract staff-desk#dialogs
        it('is not sent with ' + JSON.stringify([minutes, reason]), function() {
            openExtend();
            enter(minutes, reason);
            submit();
            expect(page.requests('attempts/1/extend', 'POST').length).toBe(0);
            expect(document.activeElement.name).toBe(field);
            expect(document.activeElement.getAttribute('aria-invalid')).toBe('true');
            expect(view.$('dialog .js-refusal').prop('hidden')).toBe(false);
        });
    });

    // @contract staff-desk#dialogs
    it('keeps what was entered when there is no connection, and tries the same change again', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 503, '');
        submit();
        expect(view.$('[name="reason"]').val()).toBe('fire alarm');
        expect(view.$('dialog .js-refusal').text()).toMatch(/does not answer/);
        page.serve('POST', 'attempts/1/extend', 200, deadline());
        submit();
        const [first, second] = page.requests('attempts/1/extend', 'POST').map((request) => request.requestHeaders['Idempotency-Key']);
        expect(second).toBe(first);
        expect(view.$('dialog').length).toBe(0);
    });

    it('sends another change with another key', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 503, '');
        submit();
        page.type(view.$('[name="minutes"]'), '5');
        submit();
        const [first, second] = page.requests('attempts/1/extend', 'POST').map((request) => request.requestHeaders['Idempotency-Key']);
        expect(second).not.toBe(first);
    });

    // @contract staff-desk#dialogs
    it('keeps what was entered when the session has ended', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 403, page.problem(403, 'not_authenticated'));
        submit();
        expect(view.$('dialog .js-refusal').text()).toMatch(/Log in again in another tab/);
        expect(view.$('[name="minutes"]').val()).toBe('10');
    });

    it('takes the most minutes that fit, when the server knows better', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 409, page.problem(409, 'past_due', {errors: [{field: 'minutes', message: 'm', max_minutes: 4}]}));
        submit();
        view.$('dialog .js-use').trigger('click');
        expect(view.$('[name="minutes"]').val()).toBe('4');
    });

    it('shows how it is now when it has ended meanwhile, and keeps the dialog', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 409, page.problem(409, 'illegal_transition'));
        page.serveAttempts([page.attempt(1, {status: 'submitted', time_remaining_seconds: null})]);
        submit();
        expect(view.$('tbody').text()).toContain('Submitted');
        expect(view.$('[name="reason"]').val()).toBe('fire alarm');
        expect(view.$('dialog .js-refusal').text()).toMatch(/Reason of illegal_transition/);
    });

    it('shows errors of the server at their fields', function() {
        openExtend();
        enter('-119', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 422, page.problem(422, 'too_short', {errors: [{field: 'minutes', message: 'Leave a minute.'}]}));
        submit();
        expect(view.$('.js-error[data-field="minutes"]').text()).toBe('Leave a minute.');
        expect(document.activeElement.name).toBe('minutes');
    });

    it('says after ten seconds that it still works, and sends a change once', function() {
        openExtend();
        enter('10', 'fire alarm');
        page.serve('POST', 'attempts/1/extend', 200, deadline());
        view.$('dialog form').trigger('submit').trigger('submit');
        jasmine.clock().tick(10000);
        expect(view.$('.js-working').text()).toMatch(/Still working/);
        expect(page.requests('attempts/1/extend', 'POST').length).toBe(1);
        page.respond();
    });

    // @contract staff-desk#view
    it('leads to the progress of the learner, where the host says that it is', function() {
        const original = desk.progressUrl;
        page.serveAttempts([page.attempt(1)]);
        view = page.open();
        expect(openMenuItem('Progress of the learner').attr('href')).toBe('/courses/' + page.COURSE + '/progress/41/');
        desk.menu.close(false);
        desk.progressUrl = (courseId, user) => '/mfe/' + user.username;
        expect(openMenuItem('Progress of the learner').attr('href')).toBe('/mfe/user1');
        desk.menu.close(false);
        desk.progressUrl = () => '';
        expect(openMenuItem('Progress of the learner').length).toBe(0);
        desk.progressUrl = original;
    });

    it('cannot be extended when its clock does not run', function() {
        page.serveAttempts([page.attempt(1, {status: 'submitted', time_remaining_seconds: null})]);
        view = page.open();
        expect(openMenuItem('Change the time').length).toBe(0);
        expect(openMenuItem('Details').length).toBe(0);  // a second press closes the menu
    });

    describe('in the drawer', function() {
        beforeEach(function() {
            page.serveAttempts([page.attempt(1)]);
            page.serve('GET', 'attempts/1', 200, page.attempt(1));
            page.serve('GET', 'attempts/1/deadline', 200, deadline({
                extensions: [{minutes: 10, at: '2026-03-01T14:00:00Z', by: 2, reason: '<b>fire</b>'}]
            }));
            page.serve('GET', 'attempts/1/review', 409, page.problem(409, 'no_review'));
        });

        function openSection(name) {
            const details = view.$('details[data-name="' + name + '"]')[0];
            details.open = true;
            details.dispatchEvent(new window.Event('toggle'));
            page.respond();
            return $(details);
        }

        // @contract staff-desk#drawer
        it('opens from its row, with the focus on the heading, and gives it back', function() {
            view = page.open();
            view.$('.js-open').trigger('focus').trigger('click');
            page.respond();
            expect(page.window.location.search).toBe('?pd.attempt=1');
            expect(view.$('.js-title').text()).toBe('user1, Midterm');
            expect(document.activeElement).toBe(view.$('.js-title')[0]);
            view.$('.proctoring-desk__drawer .js-close').trigger('click');
            expect(page.window.location.search).toBe('');
            expect($(document.activeElement).hasClass('js-open')).toBe(true);
        });

        it('opens from the address, and closes with Back', function() {
            view = page.open('?pd.attempt=1');
            expect(view.$('.proctoring-desk__drawer').length).toBe(1);
            view.$('.proctoring-desk__drawer .js-close').trigger('click');
            view.store.set({attempt: 1}, true);
            page.respond();
            page.window.back();
            expect(view.$('.proctoring-desk__drawer').length).toBe(0);
        });

        // @contract staff-desk#drawer
        it('loads a part when it is opened, not before', function() {
            view = page.open('?pd.attempt=1');
            expect(page.requests('attempts/1/deadline').length).toBe(0);
            const $section = openSection('deadline');
            expect($section.text()).toContain('Two hours.');
            expect($section.text()).toContain('<b>fire</b>');
            expect(openSection('review').text()).toMatch(/no review of this attempt yet/);
        });

        // @contract staff-desk#drawer
        it('lets one part fail on its own', function() {
            view = page.open('?pd.attempt=1');
            page.serve('GET', 'attempts/1/deadline', 500, page.problem(500, 'internal_error'));
            const $section = openSection('deadline');
            expect($section.text()).toMatch(/Reason of internal_error/);
            expect(openSection('review').text()).toMatch(/no review/);
            page.serve('GET', 'attempts/1/deadline', 200, deadline());
            $section.find('.js-retry').trigger('click');
            page.respond();
            expect($section.text()).toContain('Two hours.');
        });

        it('lists the comments of a review', function() {
            page.serve('GET', 'attempts/1/review', 200, {
                review_status: 'Suspicious', is_passing: false, received_at: '2026-03-01T14:00:00Z', reviewed_by: null,
                attempt_id: 1, attempt_code: 'c', attempt_status: 'second_review_required', exam: {id: 3, name: 'Midterm', type: 'proctored'},
                user: page.attempt(1).user, is_decided: false, video_url: '/x', 
                comments: [{start: 65, stop: 130, duration: 65, status: 'Suspicious', comment: 'looks away'}]
            });
            view = page.open('?pd.attempt=1');
            const text = openSection('review').text();
            expect(text).toContain('looks away');
            expect(text).toContain('Suspicious, 1:05 to 2:10');
        });

        it('lists the other attempts of the learner', function() {
            page.serve('GET', 'attempts/1', 200, page.attempt(1, {attempt_count: 2}));
            view = page.open('?pd.attempt=1');
            page.serveAttempts([page.attempt(1), page.attempt(9, {status: 'error'})]);
            page.serve('GET', 'attempts/9', 200, page.attempt(9, {status: 'error'}));
            const $section = openSection('others');
            expect(page.asked()).toEqual({exam: '3', user: '41', latest_only: 'false', page_size: '100'});
            expect($section.find('li').length).toBe(1);
            $section.find('.js-open').trigger('click');
            page.respond();
            expect(page.window.location.search).toBe('?pd.attempt=9');
            expect(view.$('.proctoring-desk__drawer .js-title').text()).toBe('user9, Midterm');
        });

        describe('what was not delivered', function() {
            const EFFECTS = 'courses/' + page.COURSE + '/effects';

            function effect(id, more) {
                return {
                    id: id, attempt_id: 1, exam: {id: 3, name: 'Midterm', type: 'proctored'}, user: page.attempt(1).user, kind: 'mail',
                    call: 'send', to_status: 'submitted', state: 'due', tries: 2, next_try_at: '2026-03-01T15:00:00Z',
                    last_error: '<b>Timeout</b>: 5 s', created_at: '2026-03-01T13:00:00Z', ...more
                };
            }

            function openEffects(rows) {
                page.serve('GET', EFFECTS, 200, page.list(rows));
                view = page.open('?pd.attempt=1');
                return openSection('effects');
            }

            function press($section, label) {
                $section.find('.js-action').filter(function() { return $(this).text().startsWith(label); })
                    .trigger('focus').trigger('click');
            }

            // @contract staff-desk#drawer-effects
            it('is listed with what the receiver said, of this attempt only', function() {
                const $section = openEffects([effect(1), effect(2, {kind: 'grade', state: 'failed', next_try_at: null})]);
                expect(page.asked(EFFECTS)).toEqual({attempt: '1', page_size: '100'});
                expect($section.find('li').eq(0).text()).toMatch(/E-mail to the learner.*Will be retried.*<b>Timeout<\/b>: 5 s.*2 tries/);
                expect($section.find('li').eq(1).find('.js-action').map(function() { return $(this).text().trim(); }).get()).toEqual(['Try now Grade']);
            });

            it('goes away when one more try succeeds', function() {
                const $section = openEffects([effect(1)]);
                page.serve('POST', 'effects/1/retry', 200, {id: 1, state: 'delivered'});
                page.serve('GET', EFFECTS, 200, page.list([]));
                press($section, 'Try now');
                page.respond();
                expect($section.text()).toContain('Nothing is waiting');
                expect(document.activeElement).toBe($section.children('summary')[0]);
                jasmine.clock().tick(1500);
                expect(view.$('.proctoring-desk__drawer > .js-status').text()).toContain('done');
                expect(page.requests('courses/' + page.COURSE + '/attempts').length).toBe(2);
            });

            // @contract staff-desk#drawer-effects
            it('keeps its place and says why when the try fails', function() {
                const $section = openEffects([effect(1)]);
                page.serve('POST', 'effects/1/retry', 200, effect(1, {tries: 3, last_error: 'Refused: no'}));
                page.serve('GET', EFFECTS, 200, page.list([effect(1, {tries: 3, last_error: 'Refused: no'})]));
                press($section, 'Try now');
                press($section, 'Try now');
                page.respond();
                expect(page.requests('effects/1/retry', 'POST').length).toBe(1);
                expect($section.find('li').text()).toMatch(/did not work this time either\. Refused: no/);
                expect($(document.activeElement).text()).toContain('Try now');
                jasmine.clock().tick(1500);
                expect(view.$('.proctoring-desk__drawer > .js-alert').text()).toContain('Refused: no');
            });

            it('is read again when the request fails, or a colleague settled it', function() {
                const $section = openEffects([effect(1)]);
                page.serve('POST', 'effects/1/retry', 503, page.problem(503, 'provider_unavailable'));
                press($section, 'Try now');
                page.respond();
                expect($section.find('li').text()).toContain('Reason of provider_unavailable.');
                page.serve('POST', 'effects/1/retry', 409, page.problem(409, 'not_due'));
                page.serve('GET', EFFECTS, 200, page.list([]));
                press($section, 'Try now');
                page.respond();
                expect($section.text()).toMatch(/Reason of not_due\..*Nothing is waiting/);
            });

            it('changes nothing in the drawer of another attempt when a reply comes late', function() {
                const $section = openEffects([effect(1)]);
                page.serve('POST', 'effects/1/retry', 503, page.problem(503, 'provider_unavailable'));
                press($section, 'Try now');
                const asked = page.requests(EFFECTS).length;
                const lists = page.requests('courses/' + page.COURSE + '/attempts').length;
                page.serve('GET', 'attempts/2', 200, page.attempt(2));
                page.store.set({attempt: '2'}, true);
                page.respond();
                expect(view.$('.proctoring-desk__drawer').length).toBe(1);
                expect(page.requests('effects/1/retry', 'POST').length).toBe(1);
                expect(page.requests(EFFECTS).length).toBe(asked);
                expect(page.requests('courses/' + page.COURSE + '/attempts').length).toBe(lists);
                expect(page.requests('attempts/2').map((request) => Boolean(request.aborted))).toEqual([false]);
            });

            it('is given up with a reason, and the timeline follows', function() {
                const entries = {attempt_id: 1, attempt_code: 'CODE-1', is_removed: false, is_more: false, entries: []};
                page.serve('GET', 'attempts/1/history', 200, entries);
                const $section = openEffects([effect(1)]);
                openSection('timeline');
                press($section, 'Give up');
                page.type(view.$('.proctoring-desk__dialog [name="reason"]'), 'no such mailbox');
                page.serve('POST', 'effects/1/give-up', 200, effect(1, {state: 'failed', next_try_at: null}));
                page.serve('GET', EFFECTS, 200, page.list([effect(1, {state: 'failed', next_try_at: null})]));
                view.$('.proctoring-desk__dialog form').trigger('submit');
                page.respond();
                expect(JSON.parse(page.requests('effects/1/give-up', 'POST')[0].requestBody)).toEqual({reason: 'no such mailbox'});
                expect($section.find('li').text()).toContain('Given up');
                expect(page.requests('attempts/1/history').length).toBe(2);
            });
        });

        describe('notes', function() {
            const SETTINGS = {note_categories: ['conduct', 'weather']};

            function note(id, more) {
                return {
                    id: id, kind: 'note', exam: {id: 3, name: 'Midterm', type: 'proctored'}, user: page.attempt(1).user, attempt_id: 1,
                    source: 'staff', opened_at: '2026-03-01T13:30:00Z', opened_by: {id: 2, username: 'stan'}, closed_at: null,
                    closed_by: null, outcome: '', category: 'conduct', text: '<b>a phone</b>', ...more
                };
            }

            function openNotes(rows) {
                page.serve('GET', 'attempts/1/notes', 200, page.list(rows));
                view = page.open('?pd.attempt=1', SETTINGS);
                return openSection('notes');
            }

            function press(label) {
                view.$('[data-section="notes"] .js-action').filter(function() { return $(this).text().startsWith(label); })
                    .first().trigger('focus').trigger('click');
            }

            function send() {
                view.$('.proctoring-desk__dialog form').trigger('submit');
                page.respond();
            }

            // @contract staff-desk#notes
            it('are listed, and retracted ones cannot be retracted again', function() {
                const $section = openNotes([note(1), note(2, {category: 'weather', outcome: 'retracted', closed_at: '2026-03-01T14:00:00Z'})]);
                expect($section.find('li').eq(0).text()).toMatch(/Conduct.*<b>a phone<\/b>.*by stan/);
                expect($section.find('li').eq(1).text()).toMatch(/weather.*Retracted/);
                expect($section.find('li').eq(1).find('.js-action').length).toBe(0);
            });

            // @contract staff-desk#notes
            it('are added with a category', function() {
                const $section = openNotes([]);
                expect($section.text()).toContain('There are no notes');
                press('Add a note');
                expect(view.$('.proctoring-desk__dialog option').map(function() { return $(this).text(); }).get()).toEqual(['Conduct', 'weather']);
                send();
                expect(page.requests('attempts/1/notes', 'POST').length).toBe(0);
                page.type(view.$('.proctoring-desk__dialog [name="text"]'), 'a phone');
                page.serve('POST', 'attempts/1/notes', 201, note(1));
                page.serve('GET', 'attempts/1/notes', 200, page.list([note(1)]));
                send();
                expect(JSON.parse(page.requests('attempts/1/notes', 'POST')[0].requestBody)).toEqual({category: 'conduct', text: 'a phone'});
                expect($section.find('li').length).toBe(1);
                expect($(document.activeElement).text()).toContain('Add a note');
            });

            // @contract staff-desk#notes
            it('are retracted with a reason, also if a colleague was faster', function() {
                const $section = openNotes([note(1)]);
                press('Retract');
                page.type(view.$('.proctoring-desk__dialog [name="reason"]'), 'it was the radio');
                page.serve('DELETE', 'notes/1', 409, page.problem(409, 'conflict'));
                page.serve('GET', 'attempts/1/notes', 200, page.list([note(1, {outcome: 'retracted', closed_at: '2026-03-01T14:00:00Z'})]));
                send();
                expect(JSON.parse(page.requests('notes/1', 'DELETE')[0].requestBody)).toEqual({reason: 'it was the radio'});
                expect(view.$('.proctoring-desk__dialog .js-refusal').text()).toContain('Reason of conflict.');
                expect($section.find('li').text()).toContain('Retracted');
            });

            // @contract staff-desk#notes
            it('change nothing when the drawer was left before the reply', function() {
                openNotes([note(1)]);
                press('Add a note');
                page.type(view.$('.proctoring-desk__dialog [name="text"]'), 'a phone');
                page.serve('POST', 'attempts/1/notes', 201, note(2));
                view.$('.proctoring-desk__dialog form').trigger('submit');
                const asked = page.requests('attempts/1/notes').length;
                page.store.set({attempt: ''}, true);
                page.respond();
                expect(page.requests('attempts/1/notes', 'POST').length).toBe(1);
                expect(page.requests('attempts/1/notes').length).toBe(asked);
            });

            it('keep their line breaks, and are told apart by their moment', function() {
                const $section = openNotes([note(1, {text: 'a phone\nand a book'})]);
                expect($section.find('.proctoring-desk__text').first().text()).toBe('a phone\nand a book');
                expect($section.find('.js-action').first().text()).toMatch(/^Retract .*2026/);
                expect($section.find('.js-action').first().text()).not.toContain('phone');
            });

            it('are not offered where the site has no categories', function() {
                page.serve('GET', 'attempts/1/notes', 200, page.list([]));
                view = page.open('?pd.attempt=1', {note_categories: []});
                expect(openSection('notes').find('.js-action').length).toBe(0);
            });
        });

        it('says so when the attempt was removed', function() {
            page.serve('GET', 'attempts/1', 404, page.problem(404, 'not_found'));
            view = page.open('?pd.attempt=1');
            expect(view.$('.js-title').text()).toMatch(/does not exist any more/);
        });

        it('extends from there, and returns there', function() {
            view = page.open('?pd.attempt=1');
            view.$('.js-action').filter(function() { return $(this).text() === 'Change the time'; }).trigger('focus').trigger('click');
            page.respond();
            enter('5', 'fire');
            page.serve('POST', 'attempts/1/extend', 200, deadline());
            page.serve('GET', 'attempts/1', 200, page.attempt(1, {extended_minutes: 5}));
            view.$('.proctoring-desk__dialog form').trigger('submit');
            page.respond();
            expect(view.$('.proctoring-desk__drawer').text()).toMatch(/5 minutes of them added/);
            expect($(document.activeElement).text()).toBe('Change the time');
        });
    });

    describe('and the menu of its row', function() {
        beforeEach(function() {
            page.serveAttempts([page.attempt(1, {dashboard_url: '/provider'})]);
            view = page.open();
            view.$('.js-menu').trigger('focus').trigger('click');
        });

        it('moves by arrows, ends and letters, and closes with Escape', function() {
            const $menu = view.$('[role="menu"]');
            const focused = () => $(document.activeElement).text();
            expect(focused()).toBe('Details');
            page.press($(document.activeElement), 'ArrowDown');
            expect(focused()).toBe('Change the time');
            page.press($(document.activeElement), 'ArrowUp');
            page.press($(document.activeElement), 'ArrowUp');
            expect(focused()).toBe('Progress of the learner');
            page.press($(document.activeElement), 'Home');
            expect(focused()).toBe('Details');
            page.press($(document.activeElement), 't');
            expect(focused()).toMatch(/^The provider/);
            page.press($(document.activeElement), 'End');
            expect(focused()).toBe('Progress of the learner');
            page.press($(document.activeElement), 'Escape');
            expect($menu.closest('body').length).toBe(0);
            expect($(document.activeElement).hasClass('js-menu')).toBe(true);
            expect(view.$('.js-menu').attr('aria-expanded')).toBe('false');
        });

        it('closes when the focus or a press goes elsewhere', function() {
            view.$('.js-refresh').trigger('mousedown');
            expect(desk.menu.isOpen()).toBe(false);
        });
    });

    // @contract staff-desk#drawer
    it('shows the time that is left now, also when the server says that nothing has changed', function() {
        page.serveAttempts([page.attempt(1)]);
        page.serve('GET', 'attempts/1', 200, page.attempt(1), {ETag: '"1"'});
        view = page.open('?pd.attempt=1');
        expect(view.$('dialog').text()).toContain('66 minutes left');
        jasmine.clock().tick(30 * 60 * 1000);
        view.drawer.refresh();
        page.respond();
        expect(view.$('dialog').text()).toContain('36 minutes left');
    });

    describe('has a timeline', function() {
        function openTimeline(entries, more) {
            page.serveAttempts([page.attempt(1)]);
            page.serve('GET', 'attempts/1', 200, page.attempt(1));
            page.serve('GET', 'attempts/1/history', 200, {attempt_id: 1, attempt_code: 'CODE-1', is_removed: false, entries: entries, is_more: false, ...more});
            view = page.open('?pd.attempt=1');
            const details = view.$('details[data-name="timeline"]')[0];
            details.open = true;
            $(details).trigger('toggle');
            page.respond();
            return view.$('[data-section="timeline"]');
        }

        function entry(kind, data, more) {
            return {at: '2026-03-01T14:00:00Z', kind: kind, text: '', actor: null, data: data || {}, ...more};
        }

        // @contract staff-desk#drawer
        it('with each kind of entry in words, the newest first', function() {
            const $section = openTimeline([
                entry('created', {to: 'created'}), entry('status', {from: 'created', to: 'started'}),
                entry('extension', {minutes: 10, limit: 130}, {text: '<b>fire</b>', actor: {id: 2, username: 'stan'}}),
                entry('note', {source: 'staff', category: 'x'}, {text: 'saw a phone'}), entry('help', {}), entry('help', {outcome: 'answered'}),
                entry('review_received', {outcome: 'held'}), entry('effect', {kind: 'mail', state: 'failed'}), entry('effect', {kind: 'grade', state: 'due'})
            ]);
            expect($section.find('li').map(function() { return $(this).find('.proctoring-desk__line').first().text(); }).get()).toEqual([
                'Grade: not delivered yet', 'E-mail to the learner: given up', 'Review received: Kept for later', 'Request for help answered',
                'Request for help', 'Note', 'Time limit changed to 130 minutes', 'Created → Started', 'Started as: Created'
            ]);
            expect($section.text()).toContain('saw a phone');
            expect($section.text()).toContain('<b>fire</b>');
            expect($section.text()).toContain('by stan');
        });

        // @contract staff-desk#drawer
        it('of which one group can be shown alone, also after a refresh', function() {
            const $section = openTimeline([entry('created', {to: 'created'}), entry('note', {}, {text: 'saw a phone'})]);
            expect($section.find('.js-choice option').map(function() { return this.value; }).get()).toEqual(['', 'status', 'note']);
            $section.find('.js-choice').val('note').trigger('change');
            jasmine.clock().tick(1500);
            expect(view.$('dialog > .js-status').text()).toBe('1 entry');
            view.drawer.refresh();
            page.respond();
            const shown = view.$('[data-section="timeline"] li:not([hidden])');
            expect(shown.length).toBe(1);
            expect(shown.text()).toContain('saw a phone');
        });

        it('that says when there is more', function() {
            expect(openTimeline([entry('removed')], {is_more: true}).text()).toContain('There is more than is shown');
        });
    });
});
