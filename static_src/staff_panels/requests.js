/** What the requests of the course team's panels and forms share. */
/* global proctoring -- staff_panels/namespace.js */

/** Without a token the header is left out: `null` is not a header value. */
proctoring.csrfHeader = function(token) {
    return token ? {'X-CSRFToken': token} : {};
};

/** The parsed body of a failed response; null if it is not JSON, such as the error page of a proxy. */
proctoring.failureBody = function(xhr) {
    try {
        return JSON.parse(xhr.responseText);
    } catch (error) {
        return null;
    }
};

/** The server's reason for a refusal, or '' if it gave none that can be shown. */
proctoring.failureDetail = function(xhr) {
    var body = proctoring.failureBody(xhr);
    if (_.isString(body)) {
        return body;
    }
    return body && _.isString(body.detail) ? body.detail : '';
};
