/* The platform's half of the Special Exams tab: tabs, accordion, and creation of the package's views. */
(function() {
    'use strict';

    var $ = window.jQuery;
    var VIEWS = [
        'ProctoredExamAllowanceView',
        'ProctoredExamOnboardingView',
        'ProctoredExamAttemptView',
        'ProctoredExamDashboardView'
    ];
    var COOKIE = 'proctoring-accordion-open';

    function remembered() {
        var match = document.cookie.match(new RegExp('(?:^|; )' + COOKIE + '=(-?\\d+)'));
        return match ? parseInt(match[1], 10) : 0;
    }

    if (!$) {
        return;
    }
    $(function() {
        var $section = $('.idash-section#special_exams');
        var views = window.edx && window.edx.instructor_dashboard && window.edx.instructor_dashboard.proctoring;

        $('.idash-nav button').on('click', function() {
            var name = $(this).data('section');
            $('.idash-section').each(function() {
                var wrapper = $(this).data('wrapper');
                if (!this.hidden && this.id !== name && wrapper && wrapper.onExit) {
                    wrapper.onExit();
                }
                this.hidden = this.id !== name;
            });
            $('.idash-nav button').attr('aria-pressed', 'false');
            $(this).attr('aria-pressed', 'true');
            if ($('#' + name).data('wrapper')) {
                $('#' + name).data('wrapper').onClickTitle();
            }
        });

        if (views) {
            $.each(VIEWS, function(index, name) {
                window.setTimeout(function() {
                    if (views[name]) {
                        new views[name]($section);
                    }
                }, 0);
            });
        }

        // After the views, so that those that wait for the accordion's event do not miss the first one.
        window.setTimeout(function() {
            $('#proctoring-accordion').accordion({
                header: '> .wrap > .hd',
                active: remembered(),
                onToggle: function(index, open) {
                    document.cookie = COOKIE + '=' + (open ? index : -1) + '; path=/; SameSite=Lax';
                }
            });
            if ($section.data('wrapper')) {
                $section.data('wrapper').onClickTitle();
            }
        }, 0);
    });
}());
