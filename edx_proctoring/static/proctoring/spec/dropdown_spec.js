// @contract staff-tab#menu
describe('The menu behind the gear', function() {
    'use strict';

    var rowClicked;

    function key(name, extra) {
        $(document.activeElement).trigger($.Event('keydown', _.extend({key: name}, extra)));
    }

    beforeEach(function() {
        rowClicked = jasmine.createSpy('row');
        setFixtures(
            '<div id="row"><button class="action action-more" id="actions-dropdown-link-0" aria-expanded="false" '
            + 'aria-controls="actions-dropdown-0" data-dashboard-index="0"></button>'
            + '<div class="actions-dropdown" id="actions-dropdown-0"><ul class="actions-dropdown-list">'
            + '<li class="actions-item"><a href="#" class="action" id="resume">Resume</a></li>'
            + '<li class="actions-item"><a href="#" class="action" id="reset">Reset</a></li></ul></div></div>'
        );
        $('#row').on('click', '.action-more', rowClicked);
        edx.dashboard.dropdown.bindToggleButtons('.action-more');
        $('.action-more').trigger('click');
    });

    it('opens with the focus on its first entry, and the row does not see the click', function() {
        expect($('#actions-dropdown-0').hasClass('is-visible')).toBe(true);
        expect($('.action-more').attr('aria-expanded')).toBe('true');
        expect(document.activeElement.id).toBe('resume');
        expect(rowClicked).not.toHaveBeenCalled();
    });

    it('closes on a second click', function() {
        $('.action-more').trigger('click');
        expect($('#actions-dropdown-0').hasClass('is-visible')).toBe(false);
        expect($('.action-more').attr('aria-expanded')).toBe('false');
    });

    [
        {name: 'arrow down', key: 'ArrowDown', ends: 'reset'},
        {name: 'arrow up', key: 'ArrowUp', ends: 'reset'},
        {name: 'Tab', key: 'Tab', ends: 'reset'}
    ].forEach(function(example) {
        it('moves the focus on ' + example.name, function() {
            key(example.key);
            expect(document.activeElement.id).toBe(example.ends);
        });
    });

    [
        {name: 'Escape', key: 'Escape'},
        {name: 'the space bar', key: ' '}
    ].forEach(function(example) {
        it('closes on ' + example.name + ' and returns the focus to the gear', function() {
            key(example.key);
            expect($('#actions-dropdown-0').hasClass('is-visible')).toBe(false);
            expect(document.activeElement.id).toBe('actions-dropdown-link-0');
        });
    });

    it('can be toggled by a host that passes the event of a click', function() {
        edx.dashboard.dropdown.toggleExamAttemptActionDropdownMenu(
            $.Event('click', {target: $('.action-more')[0], currentTarget: $('.action-more')[0]})
        );
        expect($('#actions-dropdown-0').hasClass('is-visible')).toBe(false);
    });

    it('closes on a click outside', function() {
        $('body').trigger('click');
        expect($('#actions-dropdown-0').hasClass('is-visible')).toBe(false);
    });
});
