describe('A dialog of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    let view;

    function form(more) {
        return new desk.FormDialog({
            client: view.client, title: 'A question', fields: [{name: 'text', label: 'Text'}], submitLabel: 'Send',
            send: () => $.Deferred().promise(), done: () => {}, ...more
        });
    }

    function spoken(role) {
        jasmine.clock().tick(1500);
        return view.$('dialog > .js-' + (role || 'status')).last().text();
    }

    beforeEach(function() {
        page.serveAttempts([page.attempt(1), page.attempt(2)]);
        page.serve('GET', 'attempts/1', 200, page.attempt(1));
        view = page.open();
    });

    // @contract staff-desk#dialogs
    it('is named by its title', function() {
        view.openDialog(form());
        expect(view.$('#' + view.$('dialog').attr('aria-labelledby')).text()).toBe('A question');
    });

    // @contract staff-desk#dialogs
    it('returns the focus to the row, also if that was drawn again meanwhile', function() {
        view.$('.js-menu').eq(1).trigger('focus');
        const dialog = view.openDialog(form());
        view.panel.refresh();
        page.respond();
        dialog.close();
        expect($(document.activeElement).attr('data-focus-key')).toBe('menu-2');
    });

    // @contract staff-desk#dialogs
    it('returns the focus to the heading if the row has gone', function() {
        view.$('.js-menu').eq(1).trigger('focus');
        const dialog = view.openDialog(form());
        page.serveAttempts([page.attempt(1)]);
        view.panel.refresh();
        page.respond();
        dialog.close();
        expect(document.activeElement).toBe(view.$('.js-heading')[0]);
    });

    // @contract staff-desk#dialogs
    it('is the place of what is read out while it is open', function() {
        const dialog = view.openDialog(form());
        view.context.say('Something happened.');
        view.context.alert('Something went wrong.');
        expect(spoken()).toBe('Something happened.');
        expect(spoken('alert')).toBe('Something went wrong.');
        expect(view.$('> .js-alert').text()).toBe('');
        dialog.close();
        view.context.say('Later.');
        expect(page.said()).toBe('Later.');
    });

    // @contract staff-desk#dialogs
    it('reads out its preview when that has changed', function() {
        let lines = ['40 change.'];
        const said = spyOn(view.context, 'say');
        view.openDialog(form({preview: () => lines}));
        page.type(view.$('[name="text"]'), 'a');
        expect(said.calls.allArgs()).toEqual([['40 change.']]);
        lines = ['1', '2', '3', '4'];
        page.type(view.$('[name="text"]'), 'ab');
        expect(said.calls.mostRecent().args).toEqual(['1 2 3']);
        expect(view.$('.js-preview p').length).toBe(4);
    });

    // @contract staff-desk#dialogs
    it('cannot be closed by Escape while the server works on it', function() {
        view.openDialog(form());
        const escape = () => {
            const event = new window.Event('cancel', {cancelable: true});
            view.$('dialog')[0].dispatchEvent(event);
            return event.defaultPrevented;
        };
        expect(escape()).toBe(false);
        view.$('dialog form').trigger('submit');
        expect(escape()).toBe(true);
    });

    it('tells a refusal also after it was closed', function() {
        const reply = $.Deferred();
        const dialog = view.openDialog(form({send: () => reply.promise()}));
        view.$('dialog form').trigger('submit');
        dialog.close();
        reply.reject(page.problem(500, 'internal_error'));
        jasmine.clock().tick(1500);
        expect(view.$('> .js-alert').text()).toBe('Reason of internal_error.');
    });

    // @contract staff-desk#dialogs
    it('inside an open attempt closes alone', function() {
        page.store.set({attempt: '1'}, true);
        page.respond();
        view.openDialog(form());
        expect(view.$('dialog dialog').length).toBe(1);
        view.$('dialog dialog .js-close').first().trigger('click');
        expect(view.$('dialog').length).toBe(1);
        expect(page.store.get('attempt')).toBe('1');
    });
});
