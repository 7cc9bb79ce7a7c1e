"""``/api/v2/integration/simple/<integration>/``: what the platform asks Constructor Proctor.

Contract: contract/mock-provider#constructor.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.constructor import tokens
from mock_provider.request_data import json_object
from mock_provider.responses import error
from mock_provider.store import Row

blueprint = Blueprint("constructor_api", __name__, url_prefix="/api/v2/integration/simple/<integration>")


@blueprint.before_request
def require_token() -> Response | None:
    """Refuse calls without the integration's token."""
    integration = str((request.view_args or {}).get("integration", ""))
    try:
        tokens.check_call(request.headers.get("Authorization", ""), integration)
    except tokens.BadToken as problem:
        return error(str(problem), 401)
    return None


@blueprint.get("/sessions/<session_id>/status/")
def status(integration: str, session_id: str) -> Response:
    """How far a session is; the scenario may say otherwise."""
    session = _find(integration, session_id)
    if session is None:
        return error("unknown session", 404)
    return jsonify(
        accountId=session["claims"]["accountId"],
        sessionId=session_id,
        status=components().control.scenario.constructor.status or session["status"],
        sessionStart=session["started_at"],
        sessionEnd=session["ended_at"],
    )


@blueprint.post("/sessions/<session_id>/finish/")
def finish(integration: str, session_id: str) -> Response:
    """End a session, or the booking of one that has not begun. Its page leads the learner to ``sessionFinishUrl``."""
    if _find(integration, session_id) is None:
        return error("unknown session", 404)
    address = json_object().get("sessionFinishUrl")
    is_ended = components().store.end_constructor_session(session_id, str(address or ""))
    if is_ended:
        components().callbacks.review_after_submission(session_id)
    return jsonify(message="finished" if is_ended else "not_changed")


@blueprint.post("/exams/")
def save_exam(integration: str) -> Response:
    """Take an exam once, to warm up. Nothing depends on it."""
    return jsonify(message="saved", examId=json_object().get("examId"))


def _find(integration: str, session_id: str) -> Row | None:
    session = components().store.constructor_session(session_id)
    return session if session and session["integration"] == integration else None
