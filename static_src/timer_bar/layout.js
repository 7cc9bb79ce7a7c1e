/** What the learner can fold away, and where the bar stays while the page scrolls. */
/* exported layout */

var HIDDEN_TIMER_KEY = 'edx_proctoring.timerHidden';

var layout = {
    toggleTimerVisibility: function(event) {
        var hide = !this.$('#time_remaining_id b').hasClass('timer-hidden');

        if (event) {
            event.preventDefault();
            event.stopPropagation();
        }
        this.hideTimer(hide);
        try {
            window.sessionStorage.setItem(HIDDEN_TIMER_KEY, hide ? String(this.model.get('attempt_id')) : '');
        } catch (e) {
            // Storage is switched off: the next page shows the time again.
        }
    },

    /** Whether the learner has hidden the time of this attempt, on this page or an earlier one. */
    isTimerHidden: function() {
        try {
            return window.sessionStorage.getItem(HIDDEN_TIMER_KEY) === String(this.model.get('attempt_id'));
        } catch (e) {
            return false;
        }
    },

    hideTimer: function(hide) {
        var $button = this.$('#toggle_timer');
        this.$('#time_remaining_id b').toggleClass('timer-hidden', hide);
        $button.attr('aria-pressed', String(hide));
        $button.find('i').toggleClass('fa-eye', hide).toggleClass('fa-eye-slash', !hide);
    },

    toggleShowText: function(event) {
        if (event) {
            event.preventDefault();
        }
        this.showText(this.$('.js-exam-additional-text').hasClass('hidden'));
    },

    showText: function(show) {
        var $toggle = this.$('.js-toggle-show-more');
        this.$('.js-exam-additional-text').toggleClass('hidden', !show);
        this.$('.js-exam-text').attr('data-show-long', String(show));
        $toggle.text($toggle.attr(show ? 'data-show-less-text' : 'data-show-more-text') || $toggle.text())
            .attr('aria-expanded', String(show));
    },

    /** Keep the bar in view; a margin on the content below replaces the space that the bar took. */
    detectScroll: function() {
        var fixed = $(window).scrollTop() > this.timerBarTopPosition;
        var $below = $('.wrapper-course-material');

        if (!$below.length) {
            $below = $('.course-tabs');
        }
        this.$el.toggleClass('is-fixed', fixed);
        $below.css('margin-top', fixed ? this.$el.outerHeight() + 'px' : '');
    }
};
