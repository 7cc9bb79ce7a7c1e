"""Sends requests straight to the WSGI handler: no web server, and none of a test client's overhead."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler

CSRF = "b" * 32


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read to its end."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Caller:
    """A client, signed in by session as ``user``, anonymous without one."""

    _handler: WSGIHandler | None = None

    def __init__(self, user: Any = None) -> None:
        if Caller._handler is None:
            Caller._handler = WSGIHandler()
        self._cookie = f"csrftoken={CSRF}"
        if user is not None:
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            self._cookie += f"; {settings.SESSION_COOKIE_NAME}={session.session_key}"

    def send(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and read the response.

        Raises RuntimeError for any status but ``expect``, so that error pages are never what is timed.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path),
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": self._cookie,
            "HTTP_X_CSRFTOKEN": CSRF,
            "HTTP_ACCEPT": "application/json",
            "CONTENT_TYPE": "application/json" if payload else "",
            "CONTENT_LENGTH": str(len(payload)),
            "wsgi.input": io.BytesIO(payload),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **(headers or {}),
        }
        seen: list[str] = []
        assert self._handler is not None
        response = self._handler(environ, lambda status, _headers: seen.append(status))
        content = b"".join(response)
        response.close()
        status = int(seen[0].partition(" ")[0])
        if status != expect:
            raise RuntimeError(f"{method} {path} answered {status} instead of {expect}: {content[:300]!r}")
        return Answer(status, content)
