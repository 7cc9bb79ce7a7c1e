describe('The received reviews on the exam desk', function() {
    'use strict';

    const page = useDesk();
    const LIST = 'courses/' + page.COURSE + '/inbox';
    let view;

    function open(settings, search) {
        page.serve('GET', LIST, 200, page.list([
            {id: 5, received_at: '2026-03-01T13:00:00Z', attempt_code: 'CODE-1', outcome: 'refused: bad signature', backend: 'acme'},
            {id: 4, received_at: '2026-03-01T12:00:00Z', attempt_code: '', outcome: 'held', backend: 'acme'}
        ]));
        view = page.open('?pd=inbox&pd.exam=3' + (search || ''), settings);
    }

    // @contract staff-desk#inbox
    it('say what became of them', function() {
        open({}, '&pd.outcome=held');
        expect(page.asked(LIST)).toEqual({outcome: 'held', page_size: '25'});
        const text = view.$('tbody').text();
        ['CODE-1', 'acme', 'Refused', 'bad signature', 'Kept for later'].forEach((word) => expect(text).toContain(word));
        expect(view.$('.js-menu').length).toBe(0);
    });

    // @contract staff-desk#inbox
    it('can be received again by global staff', function() {
        open({is_global_staff: true});
        page.serve('POST', 'inbox/4/replay', 200, {outcome: 'applied'});
        view.$('.js-menu').eq(1).trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        page.respond();
        expect(page.said()).toBe('Review of #4: Applied');
        page.serve('POST', 'inbox/5/replay', 503, page.problem(503, 'provider_not_configured'));
        view.$('.js-menu').eq(0).trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        page.respond();
        jasmine.clock().tick(1500);
        expect(view.$('> .js-alert').text()).toBe('Reason of provider_not_configured.');
        expect(view.$('.js-banners').text().trim()).toBe('Reason of provider_not_configured.');
        page.serve('POST', 'inbox/5/replay', 200, {outcome: 'applied'});
        view.$('.js-menu').eq(0).trigger('click');
        view.$('[role="menuitem"]').trigger('click');
        page.respond();
        expect(view.$('.js-banners').text().trim()).toBe('');
    });
});
