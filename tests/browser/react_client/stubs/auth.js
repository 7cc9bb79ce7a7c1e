// In place of @edx/frontend-platform/auth: an HTTP client that answers and fails as axios does, signed in by the
// session, with the CSRF token of the cookie. Each exchange is kept for the test to read.
export const exchanges = [];

function csrfToken() {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? decodeURIComponent(found[1]) : '';
}

async function send(method, url, body) {
    const headers = {Accept: 'application/json, text/plain, */*'};
    if (method !== 'GET') {
        headers['Content-Type'] = 'application/json';
        headers['X-CSRFToken'] = csrfToken();
    }
    const response = await fetch(url, {
        method, headers, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body)
    });
    const text = await response.text();
    let data = text;
    try {
        data = JSON.parse(text);
    } catch {
        // As axios: what is no JSON is text.
    }
    const path = url.replace(window.location.origin, '');
    exchanges.push({method, path, body, status: response.status, data});
    if (!response.ok) {
        throw new Error(`Request failed with status code ${response.status}`);
    }
    return {data, status: response.status};
}

export function getAuthenticatedHttpClient() {
    return {
        get: (url) => send('GET', url),
        post: (url, body) => send('POST', url, body),
        put: (url, body) => send('PUT', url, body)
    };
}
