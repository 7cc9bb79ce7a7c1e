"""The guard of forms: other people's pages must not send them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Response, request

from .rendering import missing_page

Parameters = ParamSpec("Parameters")


def same_site(view: Callable[Parameters, Response]) -> Callable[Parameters, Response]:
    """The same view, closed to forms on pages of another origin (403)."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None and _netloc(origin) != request.headers.get("Host"):
            return missing_page(403)
        return view(*args, **kwargs)

    return guarded


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
