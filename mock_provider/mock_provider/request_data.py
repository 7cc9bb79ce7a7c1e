"""What endpoints read from a request, beside Flask's own ``request``."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

MAX_BODY_BYTES = 1024 * 1024
MAX_DIGITS = len(str(MAX_BODY_BYTES))
# Underscores too: services of a Docker Compose file have them, and Werkzeug's ``request.host`` drops such names.
HOST_PATTERN = re.compile(r"[A-Za-z0-9.\-\[\]:_]{1,255}")


def limit_body() -> None:
    """Refuse a body that is too large, or whose length is not a number (413), before anything else looks at it."""
    length = request.headers.get("Content-Length", "0")
    if not length.isdecimal() or len(length) > MAX_DIGITS or int(length) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    # Flask keeps the body for later readers. A body that is sent in chunks has no length: Flask cuts it off at
    # MAX_CONTENT_LENGTH without an error, which is why that limit is one byte more than ours.
    if len(request.get_data()) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge


def json_body() -> Any:
    """The body as JSON, whatever its content type. None when it is empty, not JSON, or text that UTF-8 cannot hold."""
    try:
        document = json.loads(request.get_data())
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return document


def json_object() -> dict[str, Any]:
    """The body as a JSON object; empty when it is anything else."""
    document = json_body()
    return document if isinstance(document, dict) else {}


def path_as_sent() -> str:
    """The path of the request line. ``request.path`` is decoded, which hides what the LMS really sent."""
    return urlsplit(request.environ.get("RAW_URI", request.path)).path


def base_url() -> str:
    """Our own address as this client reaches it, without a trailing slash."""
    host = request.headers.get("Host", "")
    if not HOST_PATTERN.fullmatch(host):
        host = f"{request.environ['SERVER_NAME']}:{request.environ['SERVER_PORT']}"
    return f"{request.scheme}://{host}"
