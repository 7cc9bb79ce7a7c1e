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
    """A client, signed in by session as ``user``, anonymous without one.

    ``handler``: the application to call; without one that of the settings when the first client was made.
    ``session_key``: the key of the session, empty for an anonymous client.
    """

    _shared_handler: WSGIHandler | None = None

    def __init__(self, user: Any = None, handler: WSGIHandler | None = None) -> None:
        if handler is None:
            if Caller._shared_handler is None:
                Caller._shared_handler = WSGIHandler()
            handler = Caller._shared_handler
        self._handler = handler
        self._cookie = f"csrftoken={CSRF}"
        self.session_key = ""
        if user is not None:
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            self.session_key = str(session.session_key)
            self.add_cookie(settings.SESSION_COOKIE_NAME, self.session_key)

    def add_cookie(self, name: str, value: str) -> None:
        """Send this cookie too."""
        self._cookie += f"; {name}={value}"

    def send(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and read the response.

        Raises RuntimeError for any status but ``expect``, so that error pages are never what is timed.
        """
        answer = self.ask(path, method, body, headers=headers)
        if answer.status != expect:
            raise RuntimeError(f"{method} {path} answered {answer.status} instead of {expect}: {answer.body[:300]!r}")
        return answer

    def ask(
        self, path: str, method: str = "GET", body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and read the response, whatever its status."""
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
        response = self._handler(environ, lambda status, _headers: seen.append(status))
        content = b"".join(response)
        response.close()
        return Answer(int(seen[0].partition(" ")[0]), content)
