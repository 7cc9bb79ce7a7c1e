/**
 * Shows an error in the host's modal if there is one, else as an alert in the page.
 */
/* global exam -- shared/exam_namespace.js */
/* global addLink -- exam_actions/messages.js */

/** Show the error as an alert in the page, where there is no modal. */
function showInlineAlert(title, message, address) {
    var $alert = $('.js-proctoring-alert-dialog');
    if (!$alert.length) {
        $alert = $('<div class="proctored-exam-message critical-time js-proctoring-alert-dialog"></div>')
            .attr({role: 'alertdialog', tabindex: '-1', 'aria-live': 'assertive'})
            .append('<strong></strong>', '<p></p>');
        if ($('.sequence').length) {
            $('.sequence').first().append($alert);
        } else {
            $('body').append($alert);
        }
    }
    $alert.attr('aria-label', title);
    $alert.find('strong').text(title);
    addLink($alert.find('p').text(message), address);
    $alert.trigger('focus');
}

/**
 * The modal for errors. An id must be unique, so the modal of the exam page is removed if the host has its own,
 * which fits the look of its site.
 */
function onlyErrorModal() {
    var $modals = $('[id="accessible-error-modal"]');
    var $ofExamPage = $modals.filter(function() { return $(this).closest('.sequence').length > 0; });
    if ($ofExamPage.length < $modals.length) {
        $ofExamPage.remove();
    } else {
        $ofExamPage.slice(1).remove();
    }
    return $('#accessible-error-modal');
}

/**
 * Show an error. The text is set before the modal opens, so that screen readers read all of it. `address`: where the
 * learner can go instead, if anywhere.
 */
function accessibleError(title, message, address) {
    var $modal = onlyErrorModal();

    if (!$modal.length || typeof window.accessible_modal !== 'function') {
        showInlineAlert(title, message, address);
        return;
    }
    // Out of the content, which the host hides from assistive technology while a modal is open.
    $modal.appendTo(document.body);
    $modal.find('#acessible-error-title').text(title);
    addLink($modal.find('.message-title').text(message), address);
    $modal.find('.ok-button').text(gettext('OK')).off('click.proctoring')
        .on('click.proctoring', function() {
            $modal.find('.close-modal').trigger('click');
        });
    window.accessible_modal(
        '#accessible-error-modal #confirm_open_button',
        '#accessible-error-modal .close-modal',
        '#accessible-error-modal',
        '.content-wrapper'
    );
    $modal.find('#confirm_open_button').trigger('click');
    if ($modal.is(':visible')) {
        $modal.attr('aria-hidden', 'false');
        if (!$modal.has(document.activeElement).length) {
            $modal.find('.ok-button').trigger('focus');
        }
    } else {
        // The host has the helper, but nothing opened the modal. An error must never go unseen.
        $modal.find('.close-modal').trigger('click');
        showInlineAlert(title, message, address);
    }
}

exam.accessibleError = accessibleError;
exam.onlyErrorModal = onlyErrorModal;
