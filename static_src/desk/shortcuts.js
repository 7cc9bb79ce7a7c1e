/**
 * Keys for those who work in a list all day. Off until a person switches them on, and only inside the desk, because
 * assistive technology has keys of its own. Contract: contract/staff-desk#shortcuts.
 */
/* global desk -- desk/namespace.js */

/** The row that has the focus, else the last one that had it; empty if there is none. */
function currentRow(panel) {
    var $row = $(document.activeElement).closest('tr[data-key]');
    var key = $row.attr('data-key') || panel.currentKey;
    return panel.$('tr[data-key]').filter(function() { return $(this).attr('data-key') === key; });
}

function goToRow(panel, step) {
    var $rows = panel.$('tr[data-key]');
    var index = $rows.index(currentRow(panel));
    var $row = $rows.eq(Math.max(0, Math.min(index < 0 ? 0 : index + step, $rows.length - 1)));
    panel.currentKey = $row.attr('data-key');
    $row.find('a, button').first().trigger('focus');
}

var KEYS = {
    '/': function(panel) { panel.$('.js-search').trigger('focus'); },
    j: function(panel) { goToRow(panel, 1); },
    k: function(panel) { goToRow(panel, -1); },
    x: function(panel) { currentRow(panel).find('.js-select').trigger('click'); },
    o: function(panel) { currentRow(panel).find('.js-open').first().trigger('click'); },
    r: function(panel) { panel.refresh(); },
    '?': function(panel) { desk.showShortcuts(panel.context); }
};

/** Act on a key; whether it was one of these. */
desk.onShortcut = function(panel, event) {
    var isTyping = $(event.target).is('input:not([type="checkbox"]), select, textarea, [contenteditable]');
    if (!panel || !panel.context.preferences.get('shortcuts', false) || !_.has(KEYS, event.key) || isTyping
            || event.ctrlKey || event.metaKey || event.altKey || panel.context.isBusy()) {
        return false;
    }
    event.preventDefault();
    KEYS[event.key](panel);
    return true;
};

desk.showShortcuts = function(context) {
    desk.need(context, 'dialogs/shortcuts', function() { desk.shortcutsDialog(context); });
};
