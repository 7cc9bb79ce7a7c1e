"""Limits on the time and size of a provider's reply.

Contract: contract/provider-wire#time-limits, contract/provider-wire#config-cache.

``requests`` limits each read from the socket, not the reply: with ``timeout=1``, a server that sends
one byte every half second is read without end, first through its headers, then through its body. A
learner's page would wait as long, so each exchange also has a deadline for the whole reply.

- The body is read here in pieces, against the deadline and a maximum size.
- Headers are read by ``http.client`` before ``requests`` sees anything, and nothing above the socket
  can interrupt that. So the deadline for them is in the classes around the socket: they use the
  documented class attributes of ``http.client`` and urllib3 (``response_class``, ``ConnectionCls``),
  ``PoolManager.pool_classes_by_scheme``, and ``HTTPResponse.fp``, which is not documented.
  ``tests/backends/test_frozen_provider.py`` runs them against a real socket and fails if a new
  release reads past them.

All of it is in the adapter of the session, because interceptors and test suites replace the session
above it and ``requests.adapters.HTTPAdapter.send`` below it.
"""

import http.client
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter

from edx_proctoring.backends import call_options
from edx_proctoring.backends.call_log import Call
from edx_proctoring.backends.circuit_breakers import Breaker
from edx_proctoring.backends.inline_retries import MOST_RETRIES, with_retries

BREAKER_MODES: Final = ("page", "all", "off")

# Larger than any reply of the protocol: a page of onboarding profiles has about 10 kB.
MAX_REPLY_BYTES: Final = 1024 * 1024

# The deadline of a whole reply, in read limits.
DEADLINE_FACTOR: Final = 2

_DEFAULT_READ_SECONDS: Final = 30.0
_CHUNK_BYTES: Final = 64 * 1024
_POOL_MAXSIZE: Final = 20
_MAX_REDIRECTS: Final = 5

# Seconds, for connecting and for each read, or a pair of both; None means no limit.
Timeout = float | tuple[float | None, float | None] | None


class ReplyTooLarge(requests.RequestException):
    """A provider's reply has more than the allowed number of bytes."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How one provider object is spared. ``mode`` and ``retries`` are read at each call, because they are options.

    ``counts_success``: False for token requests, because a provider that gives tokens may still hang.
    ``mode``: ``page`` (only calls that a page waits for are refused while the breaker is open), ``all``, ``off``.
    """

    breaker: Breaker
    mode: Callable[[], str]
    retries: Callable[[], int]
    counts_success: bool = True

    def require_closed(self) -> None:
        """Raise ``BreakerOpen`` if the current call is not to be sent. To be asked once per call."""
        mode, options = self.mode(), call_options.current()
        if mode == "off":
            return
        refused = not options.is_sent_anyway and (mode == "all" or options.is_page_waiting)
        self.breaker.require_closed(may_be_refused=refused)

    def note_failure(self, error: str) -> None:
        """Note that the provider did not answer, or answered with a server error."""
        if self.mode() != "off":
            self.breaker.note_failure(error)

    def note_success(self) -> None:
        """Note that the provider answered."""
        if self.counts_success and self.mode() != "off":
            self.breaker.note_success()


def guard_of(provider: Any) -> Guard:
    """Return the guard of a provider object, with its options ``breaker`` and ``inline_retries``."""

    def retries() -> int:
        count = getattr(provider, "inline_retries", MOST_RETRIES)
        return min(max(count, 0), MOST_RETRIES) if isinstance(count, int) else MOST_RETRIES

    def name() -> str:
        configured = getattr(provider, "backend_name", None)
        return configured if isinstance(configured, str) else type(provider).__name__

    def mode() -> str:
        configured = getattr(provider, "breaker", "page")
        return configured if configured in BREAKER_MODES else "page"

    return Guard(Breaker(name), mode, retries)


def mount_limits(session: requests.Session, guard: Guard | None = None) -> None:
    """Give a session the limits of this module, and the breaker and retries of its provider."""
    session.max_redirects = _MAX_REDIRECTS
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(guard=guard, pool_maxsize=_POOL_MAXSIZE))


def shortest(timeout: Any, limit: Any) -> Any:
    """Return the shorter of two ``Timeout`` values, separately for connecting and for reading."""
    connect, read = (
        min((seconds for seconds in phase if seconds is not None), default=None)
        for phase in zip(_phases(timeout), _phases(limit), strict=True)
    )
    return connect if connect == read else (connect, read)


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until a deadline (``time.monotonic``)."""

    def __init__(self, raw: Any, sock: Any, deadline: float) -> None:
        self._raw = raw
        self._socket = sock
        self._read_limit = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def readinto(self, buffer: Any) -> int | None:
        """Read. Raises ``TimeoutError`` after the deadline, or when the read limit passes without data."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The whole reply took too long.")
        self._socket.settimeout(left if self._read_limit is None else min(left, self._read_limit))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            if self._socket.fileno() >= 0:
                # The connection may be reused for another request.
                self._socket.settimeout(self._read_limit)
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body all arrive before the deadline."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # Any other type was put there by an interceptor, and does not wait for a network.
        if isinstance(self.fp, io.BufferedReader):
            deadline = time.monotonic() + DEADLINE_FACTOR * _read_seconds(sock.gettimeout())
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, deadline))


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
    """An adapter that reads a whole reply, up to a size and a deadline."""

    def __init__(self, *, max_bytes: int = MAX_REPLY_BYTES, guard: Guard | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._max_bytes = max_bytes
        self._guard = guard

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the connection pool, with connections that have a deadline for headers."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Create the connection pool for a proxy, likewise; a SOCKS proxy keeps its own connections."""
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

        Logs the call, and notes at the breaker what came of it. Raises ``ReplyTooLarge``, ``requests.ReadTimeout``
        after the deadline, and otherwise what ``requests`` raises.
        """
        guard = self._guard
        if guard is None:
            return self._send_once(request, stream, timeout, verify, cert, proxies)
        call = Call(request, guard.breaker.backend_name)

        def send_once() -> requests.Response:
            call.tries += 1
            return self._send_once(request, stream, timeout, verify, cert, proxies)

        try:
            response = with_retries(
                send_once, method=request.method, retries=guard.retries(), seconds=_read_seconds(timeout)
            )
        except Exception as error:
            call.failed(error)
            guard.note_failure(type(error).__name__)
            raise
        call.answered(response.status_code)
        if response.status_code >= 500:
            guard.note_failure(str(response.status_code))
        else:
            guard.note_success()
        return response

    def _send_once(
        self, request: requests.PreparedRequest, stream: bool, timeout: Any, verify: Any, cert: Any, proxies: Any
    ) -> requests.Response:
        deadline = time.monotonic() + DEADLINE_FACTOR * _read_seconds(timeout)
        response = super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
        if not stream and hasattr(response.raw, "read"):
            try:
                body = self._read(response, deadline)
            except BaseException:
                # A connection with an unread rest must not be reused.
                response.close()
                raise
            # The attributes in which ``requests`` keeps a body that has been read.
            response._content = body
            response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        # ``read1`` returns what has arrived, ``read`` waits for a full chunk. urllib3 1 has only the
        # latter; there the connection alone watches the deadline.
        read = getattr(response.raw, "read1", None) or response.raw.read
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := read(_CHUNK_BYTES, decode_content=True):
                size += len(chunk)
                if size > self._max_bytes:
                    raise ReplyTooLarge(f"The reply has more than {self._max_bytes} bytes.", request=response.request)
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout("The whole reply took too long.", request=response.request)
                chunks.append(chunk)
        except urllib3.exceptions.ReadTimeoutError as exc:
            raise requests.ReadTimeout(exc, request=response.request) from exc
        except urllib3.exceptions.DecodeError as exc:
            raise requests.exceptions.ContentDecodingError(exc, request=response.request) from exc
        except urllib3.exceptions.HTTPError as exc:
            raise requests.exceptions.ChunkedEncodingError(exc, request=response.request) from exc
        return b"".join(chunks)


def _phases(timeout: Any) -> tuple[float | None, float | None]:
    if isinstance(timeout, (tuple, list)):
        connect, read = timeout
        return connect, read
    return timeout, timeout


def _read_seconds(timeout: Any) -> float:
    read = timeout[1] if isinstance(timeout, (tuple, list)) and len(timeout) == 2 else timeout
    return read if isinstance(read, (int, float)) else _DEFAULT_READ_SECONDS
