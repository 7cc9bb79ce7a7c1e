/** The list of keys, and the switch for them. */
/* global desk -- desk/namespace.js, desk/form_dialog.js */

desk.shortcutsDialog = function(context) {
    context.openDialog(new desk.FormDialog({
        client: context.client,
        title: gettext('Keyboard shortcuts'),
        intro: [
            gettext('/ goes to the search.'),
            gettext('j goes to the next row, k to the one before.'),
            gettext('x selects the row, o opens it.'),
            gettext('r refreshes the list.'),
            gettext('? shows this.')
        ],
        fields: [{
            name: 'shortcuts', type: 'checkbox', label: gettext('Use these keys in the exam desk'), value: context.preferences.get('shortcuts', false)
        }],
        submitLabel: gettext('Save'),
        send: function() { return $.when(); },
        done: function(reply, values) {
            context.preferences.set('shortcuts', values.shortcuts);
            context.say(values.shortcuts ? gettext('The shortcuts are on.') : gettext('The shortcuts are off.'));
        }
    }));
};
