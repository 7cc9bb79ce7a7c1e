// @spec learner-experience.md 6.7
describe('The npm module in a worker', function() {
    'use strict';

    var listener, posted, made;

    /** Wrap a handler with these methods, in a worker's scope that keeps what is posted. */
    function wrap(methods) {
        var scope = {
            addEventListener: function(type, callback) { listener = callback; },
            postMessage: function(message) { posted.push(message); }
        };
        function Handler(options) {
            made.push(options);
        }
        _.extend(Handler.prototype, methods);
        return workerModule(scope)(Handler);
    }

    function send(message, then) {
        listener({data: message});
        setTimeout(then, 5);
    }

    beforeEach(function() {
        posted = [];
        made = [];
    });

    it('makes the handler at once, with an object that it can take apart', function() {
        wrap({});
        expect(made).toEqual([{}]);
    });

    it('makes it anew with the options of the page', function(done) {
        wrap({});
        send({type: 'config', options: {port: 1}}, function() {
            expect(made).toEqual([{}, {port: 1}]);
            expect(posted).toEqual([]);
            done();
        });
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
            it('calls ' + action.method + ' and tells when its promise is kept', function(done) {
                var method = jasmine.createSpy(action.method).and.returnValue(Promise.resolve('anything'));
                wrap(methods(method));
                send(message, function() {
                    expect(method.calls.allArgs()).toEqual([action.args]);
                    expect(posted).toEqual([{type: action.done}]);
                    done();
                });
            });

            it('takes a result that is no promise for done', function(done) {
                wrap(methods(function() { return undefined; }));
                send(message, function() {
                    expect(posted).toEqual([{type: action.done}]);
                    done();
                });
            });

            it('has nothing to do without ' + action.method + ', and says so', function(done) {
                wrap({});
                send(message, function() {
                    expect(posted).toEqual([{type: action.done}]);
                    done();
                });
            });

            it('tells why its promise is broken', function(done) {
                wrap(methods(function() { return Promise.reject('no camera'); }));
                send(message, function() {
                    expect(posted).toEqual([{type: action.failed, error: 'no camera'}]);
                    done();
                });
            });

            it('tells why it threw at once', function(done) {
                wrap(methods(function() { throw new TypeError('no camera'); }));
                send(message, function() {
                    expect(posted).toEqual([{type: action.failed, error: {name: 'TypeError', message: 'no camera'}}]);
                    done();
                });
            });
        });
    });

    [
        {name: 'an object with what cannot be cloned', error: {message: 'gone', node: function() {}}, sent: {message: 'gone'}},
        {name: 'a function', error: String, sent: String(String)},
        {name: 'nothing', error: undefined, sent: undefined}
    ].forEach(function(example) {
        it('sends a reason that a page can receive: ' + example.name, function(done) {
            wrap({onPing: function() { return Promise.reject(example.error); }});
            send({type: 'ping'}, function() {
                expect(posted).toEqual([{type: 'pingFailed', error: example.sent}]);
                expect(function() { structuredClone(posted[0]); }).not.toThrow();
                done();
            });
        });
    });

    [{type: 'other'}, {type: 'constructor'}, {}, undefined].forEach(function(message) {
        it('ignores ' + JSON.stringify(message), function(done) {
            wrap({});
            send(message, function() {
                expect(posted).toEqual([]);
                done();
            });
        });
    });
});

describe('The templates of the browser code', function() {
    'use strict';

    _.each(templateNames, function(name) {
        // @spec learner-experience.md 7:escaped-in-browser-templates
        it('can be compiled and never print a value unescaped: ' + name, function() {
            var source = templateSource(name);
            expect(function() { _.template(source); }).not.toThrow();
            expect(source).not.toMatch(/<%=/);
        });
    });
});
