/**
 * `Backbone.ModalView`: a view that shows itself as a dialog. Contract: contract/staff-tab#modal.
 *
 * A subclass renders into its own element and calls `showModal()`. `hideModal()` removes the dialog, triggers
 * `closeModalWindow` and returns the focus to where it was.
 */
(function($, _, Backbone) {
    'use strict';

    var CONTROLS = 'a[href], button, input, select, textarea, [tabindex]';

    /** The elements in the dialog that the keyboard can reach, in order. */
    function controlsIn($container) {
        return $container.find(CONTROLS).filter(function() {
            return !this.disabled && this.tabIndex >= 0 && $(this).closest('.hidden, [hidden]').length === 0;
        });
    }

    Backbone.ModalView = Backbone.View.extend({
        className: 'modal',

        /** Show the view as a dialog, in the element `options.container` (default: body). */
        showModal: function(options) {
            var $title;

            this.hideModal();
            this.$returnFocusTo = $(document.activeElement);
            this.$blanket = $('<div id="modal-blanket"></div>').css({
                position: 'fixed', top: 0, right: 0, bottom: 0, left: 0,
                'z-index': 10000, background: 'rgba(0, 0, 0, 0.6)'
            });
            this.$modalContainer = $('<div id="modalContainer" role="dialog" aria-modal="true" tabindex="-1"></div>').css({
                position: 'fixed', top: '5vh', left: '50%', transform: 'translateX(-50%)',
                'z-index': 10001, width: '40rem', 'max-width': '94vw', 'max-height': '90vh',
                overflow: 'auto', background: 'rgb(255, 255, 255)'
            });
            this.$closeButton = $('<button type="button" id="modalCloseButton"></button>')
                .attr('aria-label', gettext('Close'))
                .css({position: 'absolute', top: '0.25rem', right: '0.25rem', width: '2.5rem', height: '2.5rem'})
                .append('<span aria-hidden="true">&times;</span>');

            this.$el.addClass('modal').css({display: 'block', position: 'static', width: 'auto', margin: 0});
            this.$modalContainer.append(this.$closeButton, this.$el);
            $((options && options.container) || document.body).append(this.$blanket, this.$modalContainer);

            $title = this.$('h1, h2, h3').first();
            if ($title.length) {
                $title.attr('id', $title.attr('id') || _.uniqueId('modal-title-'));
                this.$modalContainer.attr('aria-labelledby', $title.attr('id'));
            }
            this.$blanket.on('click', _.bind(this.hideModal, this));
            this.$closeButton.on('click', _.bind(this.hideModal, this));
            this.$modalContainer.on('keydown', _.bind(this.onModalKey, this));
            this.focusFirstControl();
            return this;
        },

        focusFirstControl: function() {
            var $first = controlsIn(this.$el).first();
            ($first.length ? $first : this.$modalContainer).trigger('focus');
        },

        onModalKey: function(event) {
            var $controls, last, here;

            if (event.key === 'Escape' || event.which === 27) {
                event.stopPropagation();
                this.hideModal();
                return;
            }
            if (event.key !== 'Tab') {
                return;
            }
            // The focus wraps around inside the dialog, so that it never reaches the page behind it.
            $controls = controlsIn(this.$modalContainer);
            last = $controls.length - 1;
            here = $controls.index(document.activeElement);
            if (event.shiftKey && here <= 0) {
                event.preventDefault();
                $controls.eq(last).trigger('focus');
            } else if (!event.shiftKey && here === last) {
                event.preventDefault();
                $controls.eq(0).trigger('focus');
            }
        },

        /** Remove the dialog. Does nothing if it is not shown. */
        hideModal: function() {
            if (!this.$modalContainer) {
                return this;
            }
            this.$el.detach();
            this.$modalContainer.remove();
            this.$blanket.remove();
            this.$modalContainer = this.$blanket = this.$closeButton = null;
            if (this.$returnFocusTo && this.$returnFocusTo.length) {
                this.$returnFocusTo.trigger('focus');
            }
            this.trigger('closeModalWindow');
            return this;
        },

        remove: function() {
            this.hideModal();
            return Backbone.View.prototype.remove.call(this);
        }
    });
}(window.jQuery, window._, window.Backbone));
