"""The HTTP session of one REST provider: it fetches, caches and sends an OAuth2 token.

Contract: contract/provider-wire#token.

Cache entries are those of ``edx_rest_api_client``; the keys end with a digest of the secret.
"""

import hashlib
import logging
import threading
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests
from django.utils import timezone
from edx_django_utils.cache import TieredCache
from edx_rest_api_client.client import USER_AGENT, OAuthAPIClient

from edx_proctoring.backends import reply_errors
from edx_proctoring.backends.http_limits import Guard, mount_limits

log = logging.getLogger(__name__)

# Seconds to connect, and between two pieces of the reply.
TOKEN_TIMEOUT: Final = (3.05, 5)

# For how long a thread waits for the token request of another one: longer than such a request takes, which its limits
# end after about 20 s. Beyond them are name servers that hang, and threads that were killed.
LONGEST_WAIT_SECONDS: Final = 60.0

# A token that is about to expire could expire before the provider checks it.
_EXPIRY_MARGIN: Final = timedelta(seconds=5)


class ProviderSession(OAuthAPIClient):
    """A session with the limits of ``http_limits``, also for the token request.

    One per provider object, for its whole life. A plug-in may set ``oauth_uri`` at any time.
    """

    def __init__(
        self, base_url: str, client_id: str | None, client_secret: str | None, guard: Guard | None = None
    ) -> None:
        super().__init__(base_url, client_id, client_secret)
        self._guard = guard
        self._token_lock = threading.Lock()
        self._token_request: Future[str] | None = None
        mount_limits(self, guard)

    def request(self, method: Any, url: Any, headers: Any = None, **kwargs: Any) -> requests.Response:
        """Send a request with a token; a request whose token is refused is repeated once with a new one.

        A request that is answered with 401 was not carried out, so any method may be repeated. Raises
        ``BreakerOpen`` with nothing sent if the provider has not answered lately.
        """
        if self._guard is not None:
            # Here and not in the adapter, because the token is fetched before the adapter is reached.
            self._guard.require_closed()
        response = super().request(method, url, headers=headers, **kwargs)
        if response.status_code != 401:
            return response
        log.info("token refused, asking for a new one: client_id=%s", self._client_id)
        TieredCache.delete_all_tiers(self._token_key(self._token_url()))
        return super().request(method, url, headers=headers, **kwargs)

    def _token_url(self) -> str:
        return _token_url(self._base_url + (self.oauth_uri or ""))

    def _token_key(self, url: str) -> str:
        # With the secret, so that a new secret does not get the token of the old one.
        digest = hashlib.sha256(str(self._client_secret).encode()).hexdigest()[:12]
        return f"edx_rest_api_client.access_token.jwt.client_credentials.{self._client_id}.{url}.{digest}"

    def _ensure_authentication(self) -> None:
        """Make sure there is an unexpired token. Raises ``requests.RequestException`` if the provider gives none.

        Overrides the client's method, whose token request has no limit for the whole reply.
        """
        url = self._token_url()
        key = self._token_key(url)
        cached = TieredCache.get_cached_response(key)
        if cached.is_found and _utc_now() < cached.value[1] - _EXPIRY_MARGIN:
            self.auth.token = cached.value[0]
            return
        self.auth.token = self._shared_token(url, key)

    def _shared_token(self, url: str, key: str) -> str:
        """Request a token, or wait for the request of another thread and get what it gets, also its error.

        Otherwise each thread would send a request of its own when a token expires while many learners start.
        """
        with self._token_lock:
            request, is_ours = self._token_request, self._token_request is None
            if request is None:
                request = self._token_request = Future()
        if not is_ours:
            return self._awaited_token(request, url)
        try:
            token, expires_at = self._fetch_token(url)
            seconds = (expires_at - _utc_now() - _EXPIRY_MARGIN).total_seconds()
            TieredCache.set_all_tiers(key, (token, expires_at), seconds)
            request.set_result(token)
        except Exception as error:
            request.set_exception(error)
            raise
        except BaseException as error:
            # What ends this thread (``SystemExit``, a time limit of its worker) does not end those that wait.
            request.set_exception(_token_error(requests.ConnectionError, type(error).__name__, url))
            raise
        finally:
            self._drop_token_request(request)
        return token

    def _awaited_token(self, request: Future[str], url: str) -> str:
        """Return the token that another thread requests. Raises its error, or ``requests.ConnectTimeout``.

        The breaker counts a failure for each thread that waited, as if each had sent a request.
        """
        if request in wait([request], LONGEST_WAIT_SECONDS).done:
            error = request.exception()
        else:
            self._drop_token_request(request)
            error = _token_error(requests.ConnectTimeout, "The token request of another thread does not end.", url)
        if error is None:
            return request.result()
        if self._guard is not None and isinstance(error, requests.RequestException):
            status = None if error.response is None else error.response.status_code
            if status is None or status >= 500:
                self._guard.note_failure(type(error).__name__ if status is None else str(status))
        raise error

    def _drop_token_request(self, request: Future[str]) -> None:
        """Let the next thread that needs a token send a request of its own."""
        with self._token_lock:
            if self._token_request is request:
                self._token_request = None

    def _fetch_token(self, url: str) -> tuple[str, datetime]:
        now = _utc_now()
        # A second session: this one would need a token in order to request a token.
        with requests.Session() as session:
            mount_limits(session, None if self._guard is None else replace(self._guard, counts_success=False))
            response = session.post(
                url,
                data={
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret,
                    "token_type": "jwt",
                },
                headers={"User-Agent": USER_AGENT},
                timeout=TOKEN_TIMEOUT,
            )
        reply_errors.raise_for_status(response, "no token: ")
        try:
            reply = response.json()
            return reply["access_token"], now + timedelta(seconds=reply["expires_in"])
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise requests.RequestException("The provider's token reply is malformed.", response=response) from exc


def _token_error(kind: type[requests.RequestException], message: str, url: str) -> requests.RequestException:
    # With the request, by which ``reply_errors`` sees that nothing else was sent.
    return kind(message, request=requests.Request("POST", url))


def _token_url(url: str) -> str:
    """Return the URL of the token endpoint; ``url`` may have all of its path, the first part or nothing."""
    stripped = url.rstrip("/")
    if stripped.endswith("/access_token"):
        return url
    return f"{stripped}/access_token" if stripped.endswith("/oauth2") else f"{stripped}/oauth2/access_token"


def _utc_now() -> datetime:
    # Naive, because the client keeps naive datetimes in the cache entries that we share with it.
    return timezone.now().astimezone(UTC).replace(tzinfo=None)
