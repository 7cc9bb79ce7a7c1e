"""``/desktop/``: the software on the learner's machine, as the browser worker calls it.

Contract: contract/mock-provider#desktop.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.desktop import RUNNING, UPLOADING

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Cache-Control": "no-cache",
}

blueprint = Blueprint("desktop", __name__, url_prefix="/desktop/")


@blueprint.route("ping", methods=["OPTIONS"])
@blueprint.route("start", methods=["OPTIONS"])
@blueprint.route("stop", methods=["OPTIONS"])
@blueprint.route("quit", methods=["OPTIONS"])
def preflight() -> Response:
    """What a browser asks before it calls another origin."""
    return _allow_other_origins(Response(status=204))


@blueprint.get("ping")
def ping() -> Response:
    """The state."""
    return _answer(components().desktop.state(_attempt_id()))


@blueprint.post("start")
def start() -> Response:
    """The exam begins."""
    return _answer(components().desktop.change(_attempt_id(), RUNNING))


@blueprint.post("stop")
def stop() -> Response:
    """The exam is over."""
    return _answer(components().desktop.change(_attempt_id(), UPLOADING))


@blueprint.post("quit")
def quit_software() -> Response:
    """The learner quits the software, or closes its ``window``, during the exam. Not a part of the contract."""
    desktop, window = components().desktop, request.args.get("window")
    if window:
        return _answer(desktop.close_window(_attempt_id(), window))
    return _answer(desktop.change(_attempt_id(), None))


def _attempt_id() -> str:
    return request.args.get("attempt", "")


def _answer(state: str | None) -> Response:
    return _allow_other_origins(jsonify(status=state))


def _allow_other_origins(response: Response) -> Response:
    """The worker runs on the LMS's pages, which have another origin."""
    response.headers.update(CROSS_ORIGIN)
    return response
