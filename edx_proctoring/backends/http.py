"""How we talk to providers: with limits on time and size. Spec: backends.md 5.2, 14.1, 14.2.

The limits sit in the adapter of the session, because interceptors and suites hook the session
above it and ``requests.adapters.HTTPAdapter.send`` below it.
"""

import http.client
import io
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests
import urllib3
from django.utils import timezone
from edx_django_utils.cache import TieredCache
from edx_rest_api_client.client import USER_AGENT, OAuthAPIClient
from requests.adapters import HTTPAdapter

# Larger than any reply of the protocol; a page of onboarding profiles has some ten thousand bytes.
MAX_REPLY_BYTES: Final = 1024 * 1024

# A reply may trickle in: each piece within the read limit, all of them within this many times the read limit.
DEADLINE_FACTOR: Final = 2

# For a token: seconds to connect, and between two pieces of the reply.
TOKEN_TIMEOUT: Final = (3.05, 5)

# A token that is about to expire might do so on its way.
_TOKEN_MARGIN: Final = timedelta(seconds=5)

_DEFAULT_READ_SECONDS: Final = 30.0
_CHUNK_BYTES: Final = 64 * 1024
_POOL_MAXSIZE: Final = 20
_MAX_REDIRECTS: Final = 5

# A number of seconds, or one for connecting and one for reading; None is no limit.
Timeout = float | tuple[float | None, float | None] | None


class ReplyTooLarge(requests.RequestException):
    """A provider's reply has more bytes than any reply should have."""


class _ReaderUntil(io.RawIOBase):
    """What a socket receives, up to a moment (``time.monotonic``)."""

    def __init__(self, raw: Any, sock: Any, deadline: float) -> None:
        self._raw = raw
        self._socket = sock
        self._pause = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def readinto(self, buffer: Any) -> int | None:
        """Read. Raises ``TimeoutError`` past the moment, or when nothing comes for the read limit."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The reply took too long as a whole.")
        self._socket.settimeout(left if self._pause is None else min(left, self._pause))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            if self._socket.fileno() >= 0:
                # The connection may serve another request.
                self._socket.settimeout(self._pause)
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response all of which arrives in time: status line, headers and body.

    The limit is ``DEADLINE_FACTOR`` times the read limit of the socket, from the moment at which the request was sent.
    """

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if isinstance(self.fp, io.BufferedReader):
            # Anything else was put there by an interceptor, and waits for no network.
            deadline = time.monotonic() + DEADLINE_FACTOR * _read_seconds(sock.gettimeout())
            self.fp = io.BufferedReader(_ReaderUntil(self.fp.detach(), sock, deadline))


class _BoundedConnection(urllib3.connection.HTTPConnection):
    response_class = _BoundedResponse


class _BoundedTlsConnection(urllib3.connection.HTTPSConnection):
    response_class = _BoundedResponse


class _BoundedPool(urllib3.HTTPConnectionPool):
    ConnectionCls: Any = _BoundedConnection


class _BoundedTlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls: Any = _BoundedTlsConnection


_POOLS: Final[Mapping[str, Any]] = {"http": _BoundedPool, "https": _BoundedTlsPool}


class BoundedAdapter(HTTPAdapter):
    """An adapter that waits for a whole reply, up to a size and a moment.

    The time limits of ``requests`` are per read from the socket: without this, a provider that
    sends a byte now and then could hold a learner's page for ever. Headers are watched by the
    connection, the body here as well: interceptors replace the connection.
    """

    def __init__(self, *, max_bytes: int = MAX_REPLY_BYTES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._max_bytes = max_bytes

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool of connections, each with a limit for headers too."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool of connections to a proxy; one of another protocol keeps its own."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if manager.pool_classes_by_scheme is urllib3.poolmanager.pool_classes_by_scheme:
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send, and return the response with its body read.

        Raises ``ReplyTooLarge``, ``requests.ReadTimeout`` past the deadline, and what ``requests``
        raises otherwise.
        """
        deadline = time.monotonic() + DEADLINE_FACTOR * _read_seconds(timeout)
        response = super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
        if not stream and hasattr(response.raw, "read"):
            try:
                body = self._read(response, deadline)
            except BaseException:
                # Half-read connections are of no use to the next request.
                response.close()
                raise
            # The attributes in which ``requests`` keeps a body that was read.
            response._content = body
            response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        # ``read1`` returns what has arrived; ``read`` waits for a full chunk, so with urllib3 below 2,
        # which lacks the former, it is the connection that looks at the deadline.
        read = getattr(response.raw, "read1", None) or response.raw.read
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := read(_CHUNK_BYTES, decode_content=True):
                size += len(chunk)
                if size > self._max_bytes:
                    raise ReplyTooLarge(f"The reply has more than {self._max_bytes} bytes.", request=response.request)
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout("The reply took too long as a whole.", request=response.request)
                chunks.append(chunk)
        except urllib3.exceptions.ReadTimeoutError as exc:
            raise requests.ReadTimeout(exc, request=response.request) from exc
        except urllib3.exceptions.DecodeError as exc:
            raise requests.exceptions.ContentDecodingError(exc, request=response.request) from exc
        except urllib3.exceptions.HTTPError as exc:
            raise requests.exceptions.ChunkedEncodingError(exc, request=response.request) from exc
        return b"".join(chunks)


class ProviderSession(OAuthAPIClient):
    """A session that fetches, caches and sends an OAuth2 token, within our limits.

    One per provider object, for its whole life. A plugin may set ``oauth_uri`` at any time.
    """

    def __init__(self, base_url: str, client_id: str | None, client_secret: str | None) -> None:
        super().__init__(base_url, client_id, client_secret)
        mount_limits(self)

    def _ensure_authentication(self) -> None:
        """Have an unexpired token. Raises ``requests.RequestException`` if the provider gives none.

        As the client does it, with its entries of the cache, but within the limits of this module:
        the client's own request may be held by a reply that trickles in.
        """
        url = _token_url(self._base_url + (self.oauth_uri or ""))
        key = f"edx_rest_api_client.access_token.jwt.client_credentials.{self._client_id}.{url}"
        cached = TieredCache.get_cached_response(key)
        if cached.is_found and _utc_now() < cached.value[1] - _TOKEN_MARGIN:
            self.auth.token = cached.value[0]
            return
        token, expires_at = self._fetch_token(url)
        TieredCache.set_all_tiers(key, (token, expires_at), (expires_at - _utc_now() - _TOKEN_MARGIN).total_seconds())
        self.auth.token = token

    def _fetch_token(self, url: str) -> tuple[str, datetime]:
        now = _utc_now()
        # A session of its own: this one would want a token before it asks for a token.
        with requests.Session() as session:
            mount_limits(session)
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
        response.raise_for_status()
        try:
            reply = response.json()
            return reply["access_token"], now + timedelta(seconds=reply["expires_in"])
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise requests.RequestException("The provider's token reply is malformed.", response=response) from exc


def _token_url(address: str) -> str:
    """Return where tokens are to be had: an address may name the place wholly, in part or not at all."""
    stripped = address.rstrip("/")
    if stripped.endswith("/access_token"):
        return address
    return f"{stripped}/access_token" if stripped.endswith("/oauth2") else f"{stripped}/oauth2/access_token"


def _utc_now() -> datetime:
    # Naive, as the client keeps it in the cache that we share with it.
    return timezone.now().astimezone(UTC).replace(tzinfo=None)


def mount_limits(session: requests.Session) -> None:
    """Put the limits under a session."""
    session.max_redirects = _MAX_REDIRECTS
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(pool_maxsize=_POOL_MAXSIZE))


def shortest(timeout: Any, limit: Any) -> Any:
    """Return the time limit ``limit``, but in no phase more than ``timeout``. Both as ``Timeout``."""
    connect, read = (
        min((seconds for seconds in phase if seconds is not None), default=None)
        for phase in zip(_phases(timeout), _phases(limit), strict=True)
    )
    return connect if connect == read else (connect, read)


def _phases(timeout: Any) -> tuple[float | None, float | None]:
    if isinstance(timeout, (tuple, list)):
        connect, read = timeout
        return connect, read
    return timeout, timeout


def _read_seconds(timeout: Any) -> float:
    read = timeout[1] if isinstance(timeout, (tuple, list)) and len(timeout) == 2 else timeout
    return read if isinstance(read, (int, float)) else _DEFAULT_READ_SECONDS
