/* What the platform's pages offer to plug-ins: CSRF headers, text and modal helpers, an accordion, and some
 * behaviour of the demo's own pages. Loaded before the exam bundle. */
(function() {
    'use strict';

    var $ = window.jQuery;

    function cookie(name) {
        var match = document.cookie.match(new RegExp('(?:^|; )' + name + '=([^;]*)'));
        return match ? decodeURIComponent(match[1]) : '';
    }

    $.ajaxSetup({
        beforeSend: function(xhr, settings) {
            if (!/^(GET|HEAD|OPTIONS|TRACE)$/i.test(settings.type) && !settings.crossDomain) {
                xhr.setRequestHeader('X-CSRFToken', cookie('csrftoken'));
            }
        }
    });

    // Replaces {name} by values[name]; the caller escapes.
    window.interpolate_text = function(text, values) {
        return text.replace(/\{(\w+)\}/g, function(whole, name) {
            return Object.prototype.hasOwnProperty.call(values, name) ? values[name] : whole;
        });
    };

    // accessible_modal(opener, closer, modal, page): clicking the opener shows the modal; closing it returns focus.
    window.accessible_modal = function(opener, closer, modal, page) {
        var $modal = $(modal);
        var cameFrom = null;

        function close() {
            $modal.prop('hidden', true);
            $(page).removeAttr('aria-hidden').prop('inert', false);
            if (cameFrom && document.contains(cameFrom)) {
                cameFrom.focus();
            }
        }

        $(opener).off('.accessibleModal').on('click.accessibleModal', function() {
            cameFrom = document.activeElement;
            $modal.prop('hidden', false);
            $(page).attr('aria-hidden', 'true').prop('inert', true);
            $modal.find('h2').first().trigger('focus');
        });
        $modal.off('.accessibleModal');
        $modal.on('click.accessibleModal', '.close-modal', close);
        $(closer).off('.accessibleModal').on('click.accessibleModal', close);
        $modal.on('keydown.accessibleModal', function(event) {
            var buttons = $modal.find('button:visible');
            if (event.key === 'Escape') {
                close();
            } else if (event.key === 'Tab' && buttons.length) {
                var edge = event.shiftKey ? buttons[0] : buttons[buttons.length - 1];
                if (document.activeElement === edge || !buttons.is(document.activeElement)) {
                    event.preventDefault();
                    (event.shiftKey ? buttons.last() : buttons.first()).trigger('focus');
                }
            }
        });
    };

    // Stand-in for the one jQuery UI widget that the instructor page uses: same options, same event, one method.
    $.fn.accordion = function(options, name, value) {
        if (options === 'option') {
            return this.each(function() {
                if (name === 'active' && value === false && $(this).data('ui-accordion')) {
                    $(this).data('ui-accordion').close();
                }
            });
        }
        return this.each(function() {
            var $root = $(this);
            var $headers = $root.find(options.header);

            function toggle(index, open) {
                var $header = $headers.eq(index);
                var $panel = $header.next();
                $header.find('button').attr('aria-expanded', String(open));
                $panel.prop('hidden', !open);
                if (options.onToggle) {
                    options.onToggle(index, open);
                }
                if (open) {
                    $root.trigger('accordionactivate', [{newHeader: $header, newPanel: $panel, oldHeader: $(), oldPanel: $()}]);
                }
            }

            $headers.each(function(index) {
                var $header = $(this);
                var id = 'accordion-panel-' + index;
                var $button = $('<button type="button" class="accordion-button" aria-expanded="false">')
                    .attr('aria-controls', id).text($header.text());
                $header.empty().append($button).next().attr('id', id).prop('hidden', true);
                $button.on('click', function() {
                    toggle(index, $button.attr('aria-expanded') !== 'true');
                });
            });
            $root.data('ui-accordion', {
                close: function() {
                    $headers.each(function(index) {
                        if ($(this).find('button').attr('aria-expanded') === 'true') {
                            toggle(index, false);
                        }
                    });
                }
            });
            if (typeof options.active === 'number' && options.active >= 0) {
                toggle(Math.min(options.active, $headers.length - 1), true);
            }
        });
    };

    // A unit's frame is as high as its content, so that the page has one scroll bar.
    function fit(frame) {
        var body;
        try {
            body = frame.contentDocument && frame.contentDocument.body;
        } catch (error) {
            return;
        }
        if (!body || !body.firstElementChild) {
            return;
        }
        frame.style.height = (body.scrollHeight + 8) + 'px';
    }

    $(function() {
        $('.js-unit-frame').each(function() {
            var frame = this;
            $(frame).on('load', function() { fit(frame); });
            fit(frame);
        });
        $(window).on('resize', function() { $('.js-unit-frame').each(function() { fit(this); }); });

        $('.js-problem').on('submit', function(event) {
            var $form = $(this);
            var $button = $form.find('button');
            var $result = $form.find('.js-result');
            event.preventDefault();
            $button.prop('disabled', true);
            $.ajax({url: $form.attr('action'), type: 'POST', data: $form.serialize()})
                .done(function(answer) { $result.removeClass('is-error').text(answer.detail); })
                .fail(function(xhr) {
                    var detail = xhr.responseJSON && xhr.responseJSON.detail;
                    $result.addClass('is-error').text(detail || window.gettext('Your answer could not be saved. Try again.'));
                })
                .always(function() { $button.prop('disabled', false); });
        });
    });
}());
