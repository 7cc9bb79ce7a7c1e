describe('The layout of the timer bar', function() {
    'use strict';

    const bar = useTimerBar();

    // @contract timer#hide
    it('hides and shows the digits', function() {
        const view = bar.show();
        view.$('#toggle_timer').trigger('click');
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(true);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('true');
        view.$('#toggle_timer').trigger('click');
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(false);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('false');
    });

    // @contract timer#hide
    it('keeps the digits hidden on the next page', function() {
        bar.show().$('#toggle_timer').trigger('click');
        bar.view.remove();
        const view = bar.show();
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(true);
        expect(view.$('#toggle_timer').attr('aria-pressed')).toBe('true');
    });

    it('shows the digits of another attempt again', function() {
        bar.show().$('#toggle_timer').trigger('click');
        bar.view.remove();
        const view = bar.show({attempt_id: 3});
        expect(view.$('#time_remaining_id b').hasClass('timer-hidden')).toBe(false);
    });

    // @contract timer#explanation
    it('shows the whole explanation on a wide screen', function() {
        expect(bar.show().$('.js-exam-additional-text').hasClass('hidden')).toBe(false);
    });

    // @contract timer#explanation
    it('folds the explanation on a narrow screen until the learner unfolds it', function() {
        bar.isWideScreen = false;
        const view = bar.show();
        expect(view.$('.js-exam-additional-text').hasClass('hidden')).toBe(true);
        view.$('.js-toggle-show-more').trigger('click');
        expect(view.$('.js-exam-additional-text').hasClass('hidden')).toBe(false);
        expect(view.$('.js-toggle-show-more').text()).toBe('Show less');
        expect(view.$('.js-toggle-show-more').attr('aria-expanded')).toBe('true');
    });

    it('fixes the bar to the top while the page is scrolled below it', function() {
        const view = bar.show();
        const $below = $('<div class="wrapper-course-material"></div>').appendTo('#spec-fixtures');
        view.timerBarTopPosition = -1;
        $(window).trigger('scroll');
        expect(view.$el.hasClass('is-fixed')).toBe(true);
        expect($below.css('margin-top')).toBe(view.$el.outerHeight() + 'px');
        view.timerBarTopPosition = 0;
        $(window).trigger('scroll');
        expect(view.$el.hasClass('is-fixed')).toBe(false);
    });
});
