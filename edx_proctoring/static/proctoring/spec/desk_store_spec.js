describe('The exam desk keeps what is shown in the address', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;

    // @contract staff-desk#address
    it('reads its own parameters and leaves those of others', function() {
        const search = '?course=x%2By&pd=attempts&pd.status=error,started&pd.search=a%20b&pdx=1&bad=%E0%A4%A';
        expect(desk.address.read(search)).toEqual({panel: 'attempts', status: 'error,started', search: 'a b'});
        expect(desk.address.write(search, {panel: 'reviews', exam: 3})).toBe('?course=x%2By&pdx=1&bad=%E0%A4%A&pd=reviews&pd.exam=3');
        expect(desk.address.write('?pd=attempts', {})).toBe('');
    });

    ['a&b=c', 'ünï cödé', '50%', 'a+b', '#x', ''].forEach(function(text) {
        it('reads back what it wrote: ' + text, function() {
            const written = desk.address.write('', {panel: 'attempts', search: text});
            expect(desk.address.read(written).search || '').toBe(text);
        });
    });

    // @contract staff-desk#address
    it('makes a step for the Back button of a panel, not of typing', function() {
        const fake = page.fakeWindow('?pd=attempts');
        const store = new desk.Store({window: fake});
        const changes = [];
        store.on('change', (names) => changes.push(names));
        store.set({search: 'an'});
        store.set({search: 'ann'});
        expect(fake.steps()).toBe(1);
        store.open('reviews');
        expect(fake.steps()).toBe(2);
        expect(fake.location.search).toBe('?pd=reviews');
        fake.back();
        expect(store.get('panel')).toBe('attempts');
        expect(store.get('search')).toBe('ann');
        expect(changes.length).toBe(4);
        expect(fake.location.hash).toBe('#view-special_exams');
    });

    it('says nothing when nothing changed', function() {
        const store = new desk.Store({window: page.fakeWindow('?pd.page=2')});
        const heard = jasmine.createSpy('change');
        store.on('change', heard);
        store.set({page: 2, search: ''});
        expect(heard).not.toHaveBeenCalled();
    });

    it('keeps the exam and drops the filters when a panel is opened', function() {
        const store = new desk.Store({window: page.fakeWindow('?pd=attempts&pd.exam=3&pd.status=error&pd.page=2')});
        store.open('reviews', {state: 'all'});
        expect(store.values).toEqual({panel: 'reviews', exam: '3', state: 'all'});
    });

    it('leaves no listener behind', function() {
        const fake = page.fakeWindow('');
        new desk.Store({window: fake}).remove();
        expect(fake.listeners.length).toBe(0);
    });

    it('remembers preferences by course', function() {
        new desk.Preferences('a').set('size', 50);
        expect(new desk.Preferences('a').get('size', 25)).toBe(50);
        expect(new desk.Preferences('b').get('size', 25)).toBe(25);
    });
});

describe('The selection of rows', function() {
    'use strict';

    const {desk} = edx.instructor_dashboard.proctoring;
    let selection;

    beforeEach(function() {
        selection = new desk.Selection();
    });

    it('has the rows that were chosen, on whatever page', function() {
        selection.set([1, 2], true, [1, 2, 3]);
        selection.set([7], true, [6, 7]);
        selection.set([2], false, [1, 2, 3]);
        expect(selection.list()).toEqual([1, 7]);
        expect([selection.state([1, 2, 3]), selection.state([1]), selection.state([4]), selection.state([])]).toEqual(['some', 'all', 'none', 'none']);
    });

    it('becomes those of the page when one of all is released', function() {
        selection.selectAll(812);
        expect(selection.size()).toBe(812);
        expect(selection.has(999)).toBe(true);
        selection.set([2], false, [1, 2, 3]);
        expect(selection.list()).toEqual([1, 3]);
        expect(selection.size()).toBe(2);
    });

    it('is empty after it was cleared, and says so once', function() {
        const heard = jasmine.createSpy('change');
        selection.set([1], true, [1]);
        selection.on('change', heard);
        selection.clear();
        selection.clear();
        expect(heard).toHaveBeenCalledTimes(1);
        expect(selection.size()).toBe(0);
    });
});

describe('The preferences of the exam desk', function() {
    'use strict';

    const {Preferences} = edx.instructor_dashboard.proctoring.desk;

    it('hold until the page is left where the browser stores nothing', function() {
        const preferences = new Preferences('a', {
            getItem: () => { throw new Error('denied'); }, setItem: () => { throw new Error('denied'); }
        });
        preferences.set('automatic', false);
        expect(preferences.get('automatic', true)).toBe(false);
    });

    ['"text"', '5', 'null', '{broken'].forEach(function(stored) {
        it('begin again when ' + stored + ' is stored', function() {
            const kept = {};
            const preferences = new Preferences('a', {getItem: () => stored, setItem: (key, value) => { kept[key] = value; }});
            expect(preferences.get('size', 25)).toBe(25);
            preferences.set('size', 50);
            expect(kept).toEqual({'edx.proctoring.desk.a': '{"size":50}'});
        });
    });
});
