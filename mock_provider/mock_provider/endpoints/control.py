"""``/_control/``: how tests and demonstrations inspect and configure the provider.

Contract: contract/mock-provider#scenario.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.request_data import json_body, json_object
from mock_provider.responses import error
from mock_provider.scenario_input import BadScenario, change_scenario

PREFIX = "/_control/"
blueprint = Blueprint("control", __name__, url_prefix=PREFIX)


@blueprint.before_request
def guard() -> Response | None:
    """Let in holders of the control token, or, where none is set, programs on this machine."""
    token = components().control.token
    if token:
        allowed = hmac.compare_digest(request.headers.get("X-Control-Token", "").encode(), token.encode())
    else:
        # A page in the developer's browser runs on this machine too, but it always sends its origin.
        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")
        allowed = address.is_loopback and "Origin" not in request.headers
    return None if allowed else error("forbidden", 403)


@blueprint.get("requests")
def requests() -> Response:
    """The journal, oldest request first."""
    return jsonify(components().control.journal.entries())


@blueprint.post("reset")
def reset() -> Response:
    """Empty the journal and start the initial scenario; with ``{"data": true}`` empty the database too."""
    components().control.reset()
    if json_object().get("data"):
        components().store.clear()
    return show_scenario()


@blueprint.get("scenario")
def show_scenario() -> Response:
    """The scenario in force."""
    return jsonify(asdict(components().control.scenario))


@blueprint.post("scenario")
def update_scenario() -> Response:
    """Set the given keys of the scenario and leave the others; 400 says what is wrong."""
    changes = json_body()
    if not isinstance(changes, dict):
        return error("a JSON object is needed", 400)
    try:
        change_scenario(components().control.scenario, changes)
    except BadScenario as problem:
        return error(str(problem), 400)
    return show_scenario()
