describe('The exam desk asks the server', function() {
    'use strict';

    const page = useDesk();
    const {desk} = edx.instructor_dashboard.proctoring;
    let client, done, failed;

    beforeEach(function() {
        client = new desk.Client();
        done = jasmine.createSpy('done');
        failed = jasmine.createSpy('failed');
    });

    function ask(path, query, channel, once) {
        return client.get(path, query, channel, once).done(done).fail(failed);
    }

    it('leaves out what is empty', function() {
        expect(client.url('courses/a/attempts', {exam: '', page: undefined, status: 'error,started', search: 'a&b'}))
            .toBe('/api/edx_proctoring/v2/courses/a/attempts?status=error,started&search=a%26b');
    });

    // @contract staff-desk#requests
    it('asks for what has changed only', function() {
        page.serve('GET', 'exams/3', 200, {id: 3}, {ETag: 'W/"1"'});
        ask('exams/3');
        page.respond();
        page.serve('GET', 'exams/3', 304, '');
        ask('exams/3');
        page.respond();
        expect(page.requests('exams/3')[1].requestHeaders['If-None-Match']).toBe('W/"1"');
        expect(done.calls.argsFor(1)[0]).toBe(done.calls.argsFor(0)[0]);
    });

    function read(path, etag) {
        page.serve('GET', path, 200, {path: path}, {ETag: etag});
        ask(path);
        page.respond();
    }

    it('keeps the replies that were read last, not all of a day', function() {
        read('exams/1', '"1"');
        _.range(2, 51).forEach((id) => read('exams/' + id, '"x"'));
        read('exams/1', '"1"');
        read('exams/51', '"x"');
        expect(Object.keys(client.known).length).toBe(50);
        // The one that was read again is kept, the oldest one is not.
        read('exams/1', '"1"');
        expect(page.requests('exams/1').pop().requestHeaders['If-None-Match']).toBe('"1"');
        read('exams/2', '"x"');
        expect(page.requests('exams/2').pop().requestHeaders['If-None-Match']).toBe(undefined);
    });

    it('knows a reply that was forgotten while it was asked whether it has changed', function() {
        read('exams/1', '"1"');
        page.serve('GET', 'exams/1', 304, '');
        ask('exams/1');
        client.known = {};
        page.respond();
        expect(done.calls.mostRecent().args[0]).toEqual({path: 'exams/1'});
    });

    // @contract staff-desk#requests
    it('tries a read again after 2, 4 and 8 seconds', function() {
        page.serve('GET', 'exams/3', 503, page.problem(503, 'provider_unavailable'));
        ask('exams/3');
        page.respond();
        [2000, 4000, 8000].forEach(function(pause, index) {
            jasmine.clock().tick(pause - 1);
            page.respond();
            expect(page.requests('exams/3').length).toBe(index + 1);
            jasmine.clock().tick(1);
            page.respond();
        });
        expect(page.requests('exams/3').length).toBe(4);
        expect(failed).toHaveBeenCalledTimes(1);
        expect(failed.calls.argsFor(0)[0]).toEqual({
            status: 503, code: 'provider_unavailable', detail: 'Reason of provider_unavailable.', errors: [], requestId: 'request-77'
        });
    });

    it('recovers when the server comes back', function() {
        page.serve('GET', 'exams/3', 502, '');
        ask('exams/3');
        page.respond();
        page.serve('GET', 'exams/3', 200, {id: 3});
        jasmine.clock().tick(2000);
        page.respond();
        expect(done).toHaveBeenCalledOnceWith({id: 3});
    });

    [400, 403, 404, 409, 422, 500].forEach(function(status) {
        it('does not repeat a request that was answered with ' + status, function() {
            page.serve('GET', 'exams/3', status, page.problem(status, 'not_found'));
            ask('exams/3');
            page.respond();
            jasmine.clock().tick(60000);
            page.respond();
            expect(page.requests('exams/3').length).toBe(1);
            expect(failed).toHaveBeenCalledTimes(1);
        });
    });

    // @contract staff-desk#requests
    it('forgets a request that a newer one replaces', function() {
        page.serve('GET', 'courses/a/attempts', 200, {n: 1});
        ask('courses/a/attempts', {page: 1}, 'panel');
        ask('courses/a/attempts', {page: 2}, 'panel');
        page.respond();
        expect(page.requests('courses/a/attempts')[0].aborted).toBe(true);
        expect(done).toHaveBeenCalledTimes(1);
        expect(failed).not.toHaveBeenCalled();
    });

    it('gives up a repetition that is planned when a newer request comes', function() {
        page.serve('GET', 'courses/a/attempts', 503, '');
        ask('courses/a/attempts', {page: 1}, 'panel');
        page.respond();
        page.serve('GET', 'courses/a/attempts', 200, {n: 1});
        ask('courses/a/attempts', {page: 2}, 'panel');
        page.respond();
        jasmine.clock().tick(20000);
        page.respond();
        expect(page.requests('courses/a/attempts').length).toBe(2);
    });

    // @contract staff-desk#requests
    it('sends a change once, with token and key', function() {
        document.cookie = 'csrftoken=secret%3D';
        page.serve('POST', 'attempts/7/extend', 503, '');
        client.send('POST', 'attempts/7/extend', {minutes: 5}, 'key-1').fail(failed);
        page.respond();
        jasmine.clock().tick(60000);
        page.respond();
        const requests = page.requests('attempts/7/extend', 'POST');
        expect(requests.length).toBe(1);
        expect(requests[0].requestHeaders['X-CSRFToken']).toBe('secret=');
        expect(requests[0].requestHeaders['Idempotency-Key']).toBe('key-1');
        expect(JSON.parse(requests[0].requestBody)).toEqual({minutes: 5});
        expect(failed.calls.argsFor(0)[0].detail).toMatch(/does not answer/);
        document.cookie = 'csrftoken=; max-age=0';
    });

    it('accepts a reply without a body', function() {
        page.serve('DELETE', 'attempts/7', 204, '');
        client.send('DELETE', 'attempts/7').done(done);
        page.respond();
        expect(done.calls.argsFor(0)[0]).toBe(null);
    });

    [
        [403, 'not_authenticated', /logged out/],
        [403, 'csrf_failed', /security token/],
        [403, 'feature_off', /Reason of feature_off/],
        [403, 'staff_required', /no longer staff/],
        [409, 'conflict', /Reason of conflict/]
    ].forEach(function([status, code, text]) {
        it('says what ' + code + ' means', function() {
            page.serve('GET', 'exams/3', status, page.problem(status, code));
            ask('exams/3');
            page.respond();
            expect(failed.calls.argsFor(0)[0].detail).toMatch(text);
        });
    });

    it('has another key for each click', function() {
        expect(client.newKey()).not.toBe(client.newKey());
        expect(client.newKey()).toMatch(/^[\x21-\x7e]{8,255}$/);
    });
});
