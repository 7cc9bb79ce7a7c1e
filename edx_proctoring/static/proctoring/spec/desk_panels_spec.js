describe('The panels of the exam desk', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    const JOBS = 'courses/' + page.COURSE + '/jobs';
    let script, taken;

    /** Take a part away, as if its script had not been fetched yet. */
    function forget(owner, name) {
        taken = {owner: owner, name: name, value: owner[name]};
        delete owner[name];
        script = $.Deferred();
        spyOn(edx.instructor_dashboard.proctoring, 'loadDeskScripts').and.callFake(() => script.promise());
    }

    function arrive() {
        taken.owner[taken.name] = taken.value;
        script.resolve();
        page.respond();
    }

    beforeEach(function() {
        page.serveAttempts([page.attempt(1)]);
        page.serve('GET', JOBS, 200, page.list([]));
        page.serve('GET', 'attempts/1', 200, page.attempt(1));
    });

    afterEach(function() {
        if (taken) {
            taken.owner[taken.name] = taken.value;
            taken = null;
        }
    });

    // @contract staff-desk#files
    it('are fetched when they are first opened', function() {
        forget(desk.panels, 'jobs');
        const view = page.open();
        expect(edx.instructor_dashboard.proctoring.loadDeskScripts).not.toHaveBeenCalled();
        view.$('.js-panel[data-panel="jobs"]').trigger('click');
        page.respond();
        expect(edx.instructor_dashboard.proctoring.loadDeskScripts).toHaveBeenCalledOnceWith(['panels/jobs']);
        expect(view.$('.js-panel[aria-current]').attr('data-panel')).toBe('jobs');
        arrive();
        expect(view.$('.js-heading').text()).toBe('Jobs');
        expect(document.activeElement).toBe(view.$('.js-heading')[0]);
    });

    // @contract staff-desk#files
    it('can be asked for again when they do not arrive', function() {
        forget(desk.panels, 'jobs');
        const view = page.open('?pd=jobs');
        script.reject();
        expect(view.$('.js-panel-place').text()).toContain('could not be loaded');
        script = $.Deferred();
        view.$('.js-panel-place .js-retry').trigger('click');
        arrive();
        expect(view.$('.js-heading').text()).toBe('Jobs');
    });

    it('do not appear when another one was opened meanwhile', function() {
        forget(desk.panels, 'jobs');
        const view = page.open('?pd=jobs');
        view.$('.js-panel[data-panel="attempts"]').trigger('click');
        page.respond();
        arrive();
        expect(view.$('.js-heading').map(function() { return $(this).text(); }).get()).toEqual(['Attempts']);
    });

    // @contract staff-desk#files
    it('open an attempt whose script arrives later', function() {
        forget(desk, 'Drawer');
        const view = page.open('?pd=overview&pd.attempt=1');
        expect(view.$('dialog').length).toBe(0);
        arrive();
        expect(view.$('dialog .js-title').text()).toContain('user1');
    });

    it('say that an attempt could not be opened, and leave it out of the address', function() {
        forget(desk, 'Drawer');
        const view = page.open('?pd=overview&pd.attempt=1');
        script.reject();
        jasmine.clock().tick(1500);
        expect(view.$('> [role="alert"]').text()).toContain('could not be loaded');
        expect(page.window.location.search).toBe('?pd=overview');
        expect(view.$('.js-banners').text()).toContain('could not be loaded');
        script = $.Deferred();
        view.$('.js-again').trigger('click');
        arrive();
        expect(view.$('dialog .js-title').text()).toContain('user1');
        expect(view.$('[data-banner]').length).toBe(0);
    });

    // @contract staff-desk#files
    it('say that a dialog could not be loaded, and offer it again', function() {
        forget(desk, 'shortcutsDialog');
        const view = page.open();
        view.$('.js-shortcuts').trigger('click');
        script.reject();
        expect(view.$('.js-banners').text()).toContain('could not be loaded');
        script = $.Deferred();
        view.$('.js-again').trigger('click');
        arrive();
        expect(view.$('dialog').length).toBe(1);
        expect(view.$('[data-banner]').length).toBe(0);
    });

    // @contract staff-desk#files
    it('say that the outages could not be loaded, and offer them again', function() {
        forget(desk, 'OutageBanners');
        const view = page.open();
        script.reject();
        expect(view.$('.js-banners').text()).toContain('could not be loaded');
        page.store.set({exam: '3'});
        page.respond();
        script = $.Deferred();
        view.$('.js-again').trigger('click');
        arrive();
        expect(view.$('.proctoring-desk__outages').length).toBe(1);
        expect(view.$('[data-banner]').length).toBe(0);
    });
});
