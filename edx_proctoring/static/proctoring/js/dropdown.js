/**
 * The menu of actions behind the gear of an attempt's row. Contract: contract/staff-tab#menu.
 *
 * One listener per document, however many menus there are, so opening a menu again adds none.
 */
(function($) {
    'use strict';

    var dropdown;
    var MENU = '.actions-dropdown';
    var ITEMS = '.actions-item a, .actions-item button';

    window.edx = window.edx || {};
    window.edx.dashboard = window.edx.dashboard || {};
    dropdown = window.edx.dashboard.dropdown = window.edx.dashboard.dropdown || {};

    function menuOf($button) {
        return $('#' + ($button.attr('aria-controls') || 'actions-dropdown-' + $button.data('dashboard-index')));
    }

    function buttonOf($menu) {
        return $('.action-more').filter(function() {
            return menuOf($(this)).is($menu);
        }).first();
    }

    function open($button) {
        closeAll();
        $button.attr('aria-expanded', 'true');
        menuOf($button).addClass('is-visible').find(ITEMS).first().trigger('focus');
    }

    function close($menu) {
        $menu.removeClass('is-visible');
        buttonOf($menu).attr('aria-expanded', 'false');
    }

    function closeAll() {
        $(MENU + '.is-visible').each(function() {
            close($(this));
        });
    }

    /** Move the focus by `step` entries within the menu, wrapping around at its ends. */
    function moveFocus($menu, step) {
        var $items = $menu.find(ITEMS);
        var here = $items.index(document.activeElement);
        $items.eq((here + step + $items.length) % $items.length).trigger('focus');
    }

    dropdown.toggleExamAttemptActionDropdownMenu = function(event) {
        var $button = $(event.currentTarget).closest('.action-more');
        var wasOpen;

        if (!$button.length) {
            $button = $(event.target).closest('.action-more');
        }
        wasOpen = menuOf($button).hasClass('is-visible');
        // The row around the gear reacts to clicks as well.
        event.preventDefault();
        event.stopPropagation();
        if (wasOpen) {
            close(menuOf($button));
            $button.trigger('focus');
        } else {
            open($button);
        }
    };

    dropdown.bindToggleButtons = function(selector) {
        $(selector).off('click.proctoringDropdown')
            .on('click.proctoringDropdown', dropdown.toggleExamAttemptActionDropdownMenu);
    };

    $(document).on('keydown.proctoringDropdown', MENU + '.is-visible', function(event) {
        var $menu = $(this);
        switch (event.key) {
        case 'Escape':
        case ' ':
            close($menu);
            buttonOf($menu).trigger('focus');
            break;
        case 'ArrowDown':
            moveFocus($menu, 1);
            break;
        case 'ArrowUp':
            moveFocus($menu, -1);
            break;
        case 'Tab':
            moveFocus($menu, event.shiftKey ? -1 : 1);
            break;
        default:
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    });

    // A click anywhere else, or on an entry, whose own handler has run by then.
    $(document).on('click.proctoringDropdown', closeAll);

    $(function() {
        dropdown.bindToggleButtons('.action-more');
    });
}(window.jQuery));
