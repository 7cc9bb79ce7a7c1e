/** A menu that opens from a button: arrow keys, Home, End, first letters, Escape. One is open at a time. */
/* global desk -- desk/namespace.js */

var openMenu = null;

function closeMenu(focus) {
    var $button = openMenu && openMenu.$button;
    if (!openMenu) {
        return;
    }
    $(document).off('.deskMenu');
    openMenu.$list.remove();
    openMenu = null;
    $button.attr('aria-expanded', 'false');
    if (focus) {
        $button.trigger('focus');
    }
}

function moveIn($items, event) {
    var index = $items.index(document.activeElement);
    var key = event.key;
    var found;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
        index += key === 'ArrowDown' ? 1 : -1;
        $items.eq((index + $items.length) % $items.length).trigger('focus');
    } else if (key === 'Home' || key === 'End') {
        $items.eq(key === 'Home' ? 0 : -1).trigger('focus');
    } else if (key === 'Escape') {
        closeMenu(true);
    } else if (key === 'Tab') {
        closeMenu(false);
        return;
    } else if (key.length === 1 && key !== ' ') {
        found = _.find($items.get().slice(index + 1).concat($items.get()), function(item) {
            return $(item).text().trim().toLowerCase().indexOf(key.toLowerCase()) === 0;
        });
        $(found).trigger('focus');
    } else {
        return;
    }
    event.preventDefault();
    event.stopPropagation();
}

desk.menu = {
    isOpen: function() {
        return Boolean(openMenu);
    },

    close: closeMenu,

    /**
     * Open a menu at a button, or close it. `items`: `{label, href}` for a link, `{label, run}` for an action. The menu
     * is put behind the button.
     */
    toggle: function(button, items) {
        var $button = $(button);
        var wasOpen = openMenu && openMenu.$button[0] === button;
        var $list, $items;
        closeMenu(false);
        if (wasOpen) {
            return;
        }
        $list = $('<ul role="menu" class="proctoring-desk__menu"></ul>').attr('aria-label', $button.attr('aria-label'));
        _.each(items, function(item) {
            var $item = item.href ? $('<a target="_blank" rel="noopener"></a>').attr('href', item.href) : $('<button type="button"></button>');
            $item.attr({role: 'menuitem', tabindex: '-1'}).text(item.label).on('click', function() {
                closeMenu(true);
                if (item.run) {
                    item.run();
                }
            });
            $('<li role="none"></li>').append($item).appendTo($list);
        });
        $items = $list.find('[role="menuitem"]');
        $list.on('keydown', _.partial(moveIn, $items));
        $button.attr('aria-expanded', 'true').after($list);
        openMenu = {$button: $button, $list: $list};
        $(document).on('mousedown.deskMenu focusin.deskMenu', function(event) {
            if (!$.contains($list[0], event.target) && event.target !== button && !$.contains(button, event.target)) {
                closeMenu(false);
            }
        });
        $items.eq(0).trigger('focus');
    }
};
