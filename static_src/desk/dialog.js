/**
 * What all dialogs of the desk have: modal, the focus inside, Escape, live regions of their own, and at the end the focus
 * where it came from. Contract: contract/staff-desk#dialogs.
 *
 * A subclass has `draw`, which fills the element, and may have `focusFirst`, `mayClose` and `onClose`. `context` is given by
 * `context.openDialog(dialog)`, the one way to open one.
 */
/* global desk -- desk/namespace.js */

/** Focus an element; whether it has the focus now. */
function takesFocus($element) {
    $element.first().trigger('focus');
    return $element.length > 0 && document.activeElement === $element[0];
}

desk.Dialog = Backbone.View.extend({
    tagName: 'dialog',
    className: 'proctoring-desk__dialog',

    events: {
        'click .js-close': 'close',
        click: 'onInside',
        keydown: 'onInside',
        cancel: 'onCancel',
        close: 'onClosed'
    },

    draw: function() {},

    /** Where the focus begins. */
    focusFirst: function() {
        this.$('.js-title').trigger('focus');
    },

    /** Whether Escape closes it now. */
    mayClose: function() {
        return true;
    },

    /** Called after it was closed, before the focus returns. */
    onClose: function() {},

    open: function(parent, context) {
        this.context = context || this.context;
        this.cameFrom = document.activeElement;
        this.$desk = $(parent).closest('.proctoring-desk');
        this.isOpen = true;
        this.$el.attr('aria-labelledby', this.cid + '-title').append(
            this.$content = $('<div></div>'),
            // Everything outside is inert while this is open, also the desk's own live regions.
            $('<div class="js-status proctoring-desk__sr" role="status"></div>'),
            $('<div class="js-alert proctoring-desk__sr" role="alert"></div>')
        ).appendTo(parent);
        this.draw();
        this.$('.js-title').first().attr('id', this.cid + '-title');
        this.el.showModal();
        this.focusFirst();
        return this;
    },

    /** Buttons and keys in here mean nothing to the drawer around and to the list behind. */
    onInside: function(event) {
        event.stopPropagation();
    },

    onCancel: function(event) {
        if (!this.mayClose()) {
            event.preventDefault();
        }
    },

    close: function() {
        if (this.el.open) {
            this.el.close();
        }
    },

    onClosed: function(event) {
        if (event.target !== this.el || !this.isOpen) {
            return;  // of a dialog inside
        }
        this.isOpen = false;
        this.trigger('closed');
        this.onClose();
        this.remove();
        this.returnFocus();
    },

    /** To where it came from, to what has been drawn in its place since, else to the panel's heading. */
    returnFocus: function() {
        var key = $(this.cameFrom).attr('data-focus-key');
        var $open = this.$desk.find('dialog[open]').last();
        var $place = $open.length ? $open : this.$desk;
        var $again = $place.find('[data-focus-key]').filter(function() { return key && $(this).attr('data-focus-key') === key; });
        if (document.activeElement !== document.body && $.contains($place[0], document.activeElement)) {
            return;  // what followed has its own place
        }
        if (!($.contains($place[0], this.cameFrom) && takesFocus($(this.cameFrom))) && !takesFocus($again)) {
            takesFocus($place.find('.js-title, .js-heading'));
        }
    }
});
