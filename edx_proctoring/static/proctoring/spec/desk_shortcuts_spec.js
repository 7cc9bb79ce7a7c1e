describe('The shortcuts of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const LIST = 'courses/' + page.COURSE + '/attempts';
    let view;

    function press(key, target) {
        page.press($(target || document.activeElement), key);
        page.respond();
    }

    function focusedRow() {
        return $(document.activeElement).closest('tr').attr('data-key');
    }

    function switchOn() {
        view.$('.js-shortcuts').trigger('click');
        page.respond();
        view.$('dialog [name="shortcuts"]').prop('checked', true).trigger('change');
        view.$('dialog form').trigger('submit');
    }

    beforeEach(function() {
        page.serveAttempts([page.attempt(1), page.attempt(2)]);
        page.serve('GET', 'attempts/2', 200, page.attempt(2));
        view = page.open();
    });

    // @contract staff-desk#shortcuts
    it('are off at first', function() {
        view.$('.js-heading').trigger('focus');
        press('j');
        press('r');
        expect(focusedRow()).toBeUndefined();
        expect(page.requests(LIST).length).toBe(1);
    });

    // @contract staff-desk#shortcuts
    it('go through the rows, select and open them', function() {
        switchOn();
        expect(page.said()).toContain('are on');
        view.$('.js-heading').trigger('focus');
        press('j');
        expect(focusedRow()).toBe('1');
        press('j');
        press('j');
        expect(focusedRow()).toBe('2');
        press('x');
        expect(view.panel.selection.list()).toEqual([2]);
        press('k');
        expect(focusedRow()).toBe('1');
        press('j');
        press('o');
        expect(view.$('dialog .js-title').text()).toContain('user2');
    });

    // @contract staff-desk#shortcuts
    it('refresh, and go to the search, where keys are text again', function() {
        switchOn();
        press('r', view.$('.js-heading'));
        expect(page.requests(LIST).length).toBe(2);
        press('/', view.$('.js-heading'));
        expect(document.activeElement).toBe(view.$('.js-search')[0]);
        press('r');
        expect(page.requests(LIST).length).toBe(2);
    });

    // @contract staff-desk#shortcuts
    it('are listed, and mean nothing in a dialog', function() {
        switchOn();
        press('?', view.$('.js-heading'));
        expect(view.$('dialog').text()).toContain('j goes to the next row');
        press('r', view.$('dialog .js-close'));
        expect(page.requests(LIST).length).toBe(1);
    });

    // @contract staff-desk#shortcuts
    it('leave the combinations of the browser alone', function() {
        switchOn();
        view.$('.js-heading')[0].dispatchEvent(new window.KeyboardEvent('keydown', {key: 'r', ctrlKey: true, bubbles: true}));
        page.respond();
        expect(page.requests(LIST).length).toBe(1);
    });
});
