// @contract browser-worker#wrapper
describe('handlerWrapper of the npm module', function() {
    'use strict';

    var listener, posted, created;

    /** Wrap a handler with these methods, in a worker's scope that records the messages posted. */
    function wrap(methods) {
        var scope = {
            addEventListener: function(type, callback) { listener = callback; },
            postMessage: function(message) { posted.push(message); }
        };
        function Handler(options) {
            created.push(options);
        }
        _.extend(Handler.prototype, methods);
        return workerModule(scope)(Handler);
    }

    /** Send a message to the worker; resolves once it has been handled. */
    function send(message) {
        listener({data: message});
        return promisesSettled();
    }

    beforeEach(function() {
        posted = [];
        created = [];
    });

    it('creates the handler at once, with an object that it can destructure', function() {
        wrap({});
        expect(created).toEqual([{}]);
    });

    it('creates a new handler with the options of the page', async function() {
        wrap({});
        await send({type: 'config', options: {port: 1}});
        expect(created).toEqual([{}, {port: 1}]);
        expect(posted).toEqual([]);
    });

    [
        {type: 'startExamAttempt', method: 'onStartExamAttempt', args: [5000, 'ext-1'], done: 'examAttemptStarted', failed: 'examAttemptStartFailed'},
        {type: 'endExamAttempt', method: 'onEndExamAttempt', args: ['ext-1'], done: 'examAttemptEnded', failed: 'examAttemptEndFailed'},
        {type: 'ping', method: 'onPing', args: [5000, 'ext-1'], done: 'echo', failed: 'pingFailed'}
    ].forEach(function(action) {
        var message = {type: action.type, timeout: 5000, attemptExternalId: 'ext-1'};

        function methods(method) {
            return _.object([[action.method, method]]);
        }

        describe('asked to ' + action.type, function() {
            it('calls ' + action.method + ' and posts success when its promise is resolved', async function() {
                var method = jasmine.createSpy(action.method).and.returnValue(Promise.resolve('anything'));
                wrap(methods(method));
                await send(message);
                expect(method.calls.allArgs()).toEqual([action.args]);
                expect(posted).toEqual([{type: action.done}]);
            });

            it('posts success when the result is not a promise', async function() {
                wrap(methods(function() { return undefined; }));
                await send(message);
                expect(posted).toEqual([{type: action.done}]);
            });

            it('posts success when there is no ' + action.method, async function() {
                wrap({});
                await send(message);
                expect(posted).toEqual([{type: action.done}]);
            });

            it('posts the reason when its promise is rejected', async function() {
                wrap(methods(function() { return Promise.reject('no camera'); }));
                await send(message);
                expect(posted).toEqual([{type: action.failed, error: 'no camera'}]);
            });

            it('posts the error that it throws', async function() {
                wrap(methods(function() { throw new TypeError('no camera'); }));
                await send(message);
                expect(posted).toEqual([{type: action.failed, error: {name: 'TypeError', message: 'no camera'}}]);
            });
        });
    });

    [
        {name: 'an object with a property that cannot be cloned', error: {message: 'gone', node: function() {}}, sent: {message: 'gone'}},
        {name: 'an object with a text of its own', error: {toString: () => 'gone'}, sent: {message: 'gone'}},
        {name: 'an object with another key', error: {code: 17}, sent: {message: '{"code":17}'}},
        {name: 'an object without a prototype', error: Object.create(null), sent: {message: 'failed without a reason'}},
        {name: 'a function', error: String, sent: String(String)},
        {name: 'undefined', error: undefined, sent: undefined}
    ].forEach(function(example) {
        it('posts a reason that can be cloned for ' + example.name, async function() {
            wrap({onPing: function() { return Promise.reject(example.error); }});
            await send({type: 'ping'});
            expect(posted).toEqual([{type: 'pingFailed', error: example.sent}]);
            expect(function() { structuredClone(posted[0]); }).not.toThrow();
        });
    });

    [{type: 'other'}, {type: 'constructor'}, {}, undefined].forEach(function(message) {
        it('ignores ' + JSON.stringify(message), async function() {
            wrap({});
            await send(message);
            expect(posted).toEqual([]);
        });
    });
});
