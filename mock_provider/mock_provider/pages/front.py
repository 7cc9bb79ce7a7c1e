"""The front page, and the style sheet and scripts of all pages."""

from __future__ import annotations

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from mock_provider.components import components

from .labels import add_filters
from .rendering import missing_page, page

blueprint = Blueprint("front", __name__)
add_filters(blueprint)


@blueprint.get("/")
def index() -> Response:
    """What this is and where to go."""
    return page("index", lms=components().lms_host, counts=components().store.counts())


@blueprint.get("/static/<name>")
def static(name: str) -> Response:
    """A style sheet or script."""
    try:
        return send_from_directory("static", name)
    except NotFound:
        return missing_page()
