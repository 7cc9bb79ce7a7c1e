"""The journal: what the provider was sent, without the secrets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from flask import request

from .request_data import json_body, path_as_sent

LENGTH = 500
SECRET_HEADERS = frozenset(("authorization", "cookie", "x-control-token"))
SECRET_FIELDS = frozenset(("client_secret", "jwt", "token"))


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=LENGTH)

    def note(self) -> None:
        """Add the current request."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in SECRET_HEADERS}
        entry = {
            "method": request.method,
            "path": path_as_sent(),
            "query": _masked(request.args),
            "headers": headers,
            "body": _readable_body(),
        }
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """What was noted since the last ``clear``."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget every entry."""
        with self._lock:
            self._entries.clear()


def _masked(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name in SECRET_FIELDS else value for name, value in fields.items()}


def _readable_body() -> Any:
    """The body as a person wants to see it: JSON, a form without its secrets, or text."""
    document = json_body()
    if document is not None:
        return document
    if request.mimetype == "application/x-www-form-urlencoded":
        return _masked(request.form)
    return request.get_data(as_text=False).decode("utf-8", "replace")
