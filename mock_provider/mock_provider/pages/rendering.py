"""A whole page from a template, with the headers that every page has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

POLICY = "default-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"


@dataclass(frozen=True)
class Notice:
    """A message box: ``good`` is announced politely, ``bad`` at once."""

    kind: str
    headline: str
    text: str


def page(name: str, /, *, status: int = 200, framed: bool = False, frames: str = "", **values: Any) -> Response:
    """The page ``templates/<name>.html``.

    ``framed`` allows other sites to show it in a frame; ``frames``: an origin whose pages it shows in a frame.
    """
    response = Response(render_template(f"{name}.html", page_name=name, **values), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    # Not no-referrer: with it browsers send "Origin: null" with our own forms (see same_site).
    response.headers["Referrer-Policy"] = "same-origin"
    policy = f"{POLICY}; frame-src {frames}" if frames else POLICY
    response.headers["Content-Security-Policy"] = policy if framed else f"{policy}; frame-ancestors 'none'"
    return response


def see_other(address: str) -> Response:
    """Send the browser on with GET, so that a reload does not send a form again."""
    return Response(status=303, headers={"Location": address})


def missing_page(status: int = 404) -> Response:
    """What an address about nothing shows."""
    return page("missing", status=status)
