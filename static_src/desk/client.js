/**
 * Requests to REST version 2. Contract: contract/staff-desk#requests.
 *
 * `get` and `send` return a jQuery promise: resolved with the body, rejected with a problem `{status, code, detail,
 * errors, requestId}`. `status` 0: no reply. A request that a newer one has replaced settles never.
 */
/* global proctoring, desk -- desk/namespace.js */

var RETRY_AFTER = [2000, 4000, 8000];  // milliseconds
var WORTH_A_RETRY = [0, 502, 503, 504];
var REQUEST_LIMIT = 60000;  // milliseconds
var MOST_KNOWN = 50;  // replies that are kept

function randomKey() {
    var random = [];
    if (window.crypto && window.crypto.getRandomValues) {
        random = window.crypto.getRandomValues(new window.Uint32Array(4));
    }
    return 'desk-' + _.map(_.range(4), function(index) {
        return (random[index] || Math.floor(Math.random() * 4294967296)).toString(36);
    }).join('-');
}

function sentenceFor(status) {
    if (status === 0) {
        return gettext('The server cannot be reached. Check your connection; what you entered stays here.');
    }
    if (status >= 502) {
        return gettext('The server does not answer at the moment. Try again in a minute.');
    }
    return gettext('The server did not answer as expected. Please try again.');
}

/** A reply as a problem, also when it is not one of ours but the page of a proxy. */
function problemOf(xhr) {
    var body = proctoring.failureBody(xhr);
    var known = _.isObject(body) && _.isString(body.code) ? body : {};
    var detail = known.detail || sentenceFor(xhr.status);
    if (known.code === 'not_authenticated') {
        detail = gettext('You are logged out. Log in again in another tab, then try again here: what you entered stays.');
    } else if (known.code === 'csrf_failed') {
        detail = gettext('The page’s security token has expired. Open the site in another tab, then try again here: what you entered stays.');
    } else if (known.code === 'staff_required') {
        detail = gettext('You are no longer staff of this course.');
    }
    return {
        status: xhr.status,
        code: known.code || '',
        detail: detail,
        errors: known.errors || [],
        requestId: known.request_id || xhr.getResponseHeader('X-Request-Id') || ''
    };
}

desk.Client = function(options) {
    options = options || {};
    this.base = options.base || proctoring.API_ROOT.replace(/v1\/$/, 'v2/');
    this.latest = {};  // channel → the request in flight
    this.known = {};  // URL → {etag, body}, the one that was read last is the last one
};

_.extend(desk.Client.prototype, {
    /** `https://…/v2/<path>?<query>`; `null`, '' and undefined are left out of the query. */
    url: function(path, query) {
        var used = _.pick(query || {}, function(value) { return value !== '' && value !== null && value !== undefined; });
        var text = $.param(used).replace(/%2C/g, ',');
        return this.base + path + (text ? '?' + text : '');
    },

    /**
     * Read. `channel`: a newer request of the same channel replaces this one. `once`: no further tries after a failure.
     * A body that has not changed since it was read last is that same object.
     */
    get: function(path, query, channel, once) {
        var self = this;
        var url = this.url(path, query);
        var done = $.Deferred();
        var turn = {};
        if (channel) {
            this.abort(channel);
            this.latest[channel] = turn;
        }

        function isReplaced() {
            return turn.isAborted;
        }

        function ask(tries) {
            var known = self.known[url];
            turn.xhr = $.ajax({
                url: url,
                dataType: 'json',
                timeout: REQUEST_LIMIT,
                headers: _.extend({Accept: 'application/json'}, known && known.etag ? {'If-None-Match': known.etag} : {})
            }).done(function(body, text, xhr) {
                if (!isReplaced()) {
                    done.resolve(self.remember(url, body, xhr, known));
                }
            }).fail(function(xhr) {
                if (isReplaced()) {
                    return;
                }
                if (!once && tries < RETRY_AFTER.length && _.contains(WORTH_A_RETRY, xhr.status)) {
                    turn.timer = setTimeout(function() { ask(tries + 1); }, RETRY_AFTER[tries]);
                } else {
                    done.reject(problemOf(xhr));
                }
            });
        }

        ask(0);
        return done.promise();
    },

    /** The rows of all pages of a list. */
    all: function(path, query) {
        var self = this;
        var done = $.Deferred();
        var rows = [];

        function next(page) {
            self.get(path, _.extend({page_size: 100, page: page}, query)).done(function(reply) {
                rows = rows.concat(reply.results);
                if (page < reply.num_pages) {
                    next(page + 1);
                } else {
                    done.resolve(rows);
                }
            }).fail(done.reject);
        }

        next(1);
        return done.promise();
    },

    /** Keep a reply; return its body. `asked`: what was known of the URL when it was asked. */
    remember: function(url, body, xhr, asked) {
        var known = this.known[url] || asked;
        var reply = {etag: xhr.getResponseHeader('ETag'), body: known && _.isEqual(known.body, body) ? known.body : body};
        if (xhr.status === 304 && asked) {
            reply = asked;
        }
        delete this.known[url];
        this.known[url] = reply;
        if (_.size(this.known) > MOST_KNOWN) {
            delete this.known[_.keys(this.known)[0]];
        }
        return reply.body;
    },

    /** Give up the request of a channel. */
    abort: function(channel) {
        var turn = this.latest[channel];
        if (turn) {
            turn.isAborted = true;
            clearTimeout(turn.timer);
            if (turn.xhr) {
                turn.xhr.abort();
            }
            delete this.latest[channel];
        }
    },

    /**
     * Change something. `key`: the same for each try of one click, so that a change whose reply was lost is not made
     * twice. `body`: an object, or a form with a file. Resolved with the body and the request.
     */
    send: function(method, path, body, key) {
        var done = $.Deferred();
        var isForm = body instanceof window.FormData;
        $.ajax({
            url: this.base + path,
            type: method,
            data: isForm || body === undefined ? body : JSON.stringify(body),
            processData: !isForm,
            contentType: isForm ? false : 'application/json',
            dataType: 'text',  // an empty body is not JSON
            timeout: REQUEST_LIMIT,
            headers: _.extend(
                {Accept: 'application/json', 'Idempotency-Key': key || randomKey()},
                proctoring.csrfHeader(proctoring.StaffPanel.prototype.getCSRFToken())
            )
        }).done(function(text, status, xhr) {
            done.resolve(text ? JSON.parse(text) : null, xhr);
        }).fail(function(xhr) {
            done.reject(problemOf(xhr));
        });
        return done.promise();
    },

    /** A key for one click. */
    newKey: randomKey
});
