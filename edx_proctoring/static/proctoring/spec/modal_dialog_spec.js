// @contract staff-tab#modal
describe('Backbone.ModalView', function() {
    'use strict';

    var view, Dialog;

    beforeEach(function() {
        Dialog = Backbone.ModalView.extend({
            render: function() {
                this.$el.html('<h3>Add</h3><input id="first"><button id="last">Save</button>');
                return this;
            }
        });
        setFixtures('<button id="opener">Open</button>');
        $('#opener').trigger('focus');
        view = new Dialog();
        view.render().showModal();
    });

    it('is a labelled dialog with the focus in its first field', function() {
        var $dialog = $('#modalContainer');
        expect($dialog.attr('role')).toBe('dialog');
        expect($dialog.attr('aria-modal')).toBe('true');
        expect($('#' + $dialog.attr('aria-labelledby')).text()).toBe('Add');
        expect(document.activeElement.id).toBe('first');
    });

    ['#modalCloseButton', '#modal-blanket'].forEach(function(selector) {
        it('closes on a click on ' + selector, function() {
            var closed = jasmine.createSpy('closed');
            view.on('closeModalWindow', closed);
            $(selector).trigger('click');
            expect($('#modalContainer, #modal-blanket').length).toBe(0);
            expect(closed.calls.count()).toBe(1);
            expect(document.activeElement.id).toBe('opener');
        });
    });

    it('closes on Escape and returns the focus', function() {
        $('#first').trigger($.Event('keydown', {key: 'Escape', which: 27}));
        expect($('#modalContainer').length).toBe(0);
        expect(document.activeElement.id).toBe('opener');
    });

    it('is shown in the container that is asked for, and hidden by a call', function() {
        var closed = jasmine.createSpy('closed');
        $('#opener').after('<div id="place"></div>');
        view.showModal({container: '#place'});
        expect($('#place > #modalContainer').length).toBe(1);
        view.on('closeModalWindow', closed);
        view.hideModal();
        expect($('#modalContainer').length).toBe(0);
        expect(closed.calls.count()).toBe(1);
    });

    it('keeps the focus inside when Tab leaves the last control', function() {
        $('#last').trigger('focus').trigger($.Event('keydown', {key: 'Tab'}));
        expect($('#modalContainer').has(document.activeElement).length).toBe(1);
        expect(document.activeElement.id).toBe('modalCloseButton');
    });
});
