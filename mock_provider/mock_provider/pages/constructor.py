"""Constructor Proctor's web application, played by pages: checks, the frame with the exam, the record for staff.

Contract: contract/mock-provider#constructor. The platform sends the learner to ``start/`` with a signed token. After
the checks the exam runs in a frame, and the page around it says so by ``postMessage``. The scenario's ``constructor``
makes the application misbehave.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from mock_provider.callbacks import Callbacks
from mock_provider.components import components
from mock_provider.constructor import messages, tokens
from mock_provider.request_data import base_url
from mock_provider.store import Row, Store

from .labels import CONSTRUCTOR_MESSAGES
from .rendering import Notice, missing_page, page, see_other
from .same_site import same_site

blueprint = Blueprint("constructor", __name__)

_VENDOR = "/integration/simple/<integration>"


@blueprint.post(f"{_VENDOR}/start/")
def start(integration: str) -> Response:
    """Take the start token. A session that the vendor knows goes on where it is."""
    try:
        claims = tokens.read_start(request.form.get("token", ""), integration)
    except tokens.BadToken as problem:
        return _refusal(str(problem))
    store, session_id = components().store, claims["sessionId"]
    store.save_exam(
        str(claims["examId"]),
        {
            "course_id": claims.get("courseName"),
            "exam_name": claims["examName"],
            "is_practice_exam": bool(claims.get("trial")),
        },
    )
    if store.attempt(session_id) is None:
        rules = claims.get("rules") or {}
        names = (claims.get("firstName"), claims.get("lastName"))
        store.add_attempt(
            str(claims["examId"]),
            {
                "user_id": claims["userId"],
                "full_name": " ".join(str(name) for name in names if name),
                "email": claims.get("email"),
                "lms_host": components().lms_host,
                "status": "created",
                "time_limit_mins": claims["duration"],
                "review_policy": rules.get("custom_rules"),
            },
            attempt_id=session_id,
        )
    store.save_constructor_session(session_id, integration, claims, base_url())
    return see_other(f"/proctor/{session_id}/")


@blueprint.get("/proctor/<session_id>/")
def application(session_id: str) -> Response:
    """The learner's page: the checks, then the exam in a frame, then the end."""
    session = components().store.constructor_session(session_id)
    attempt = components().store.attempt(session_id)
    if session is None or attempt is None:
        return missing_page()
    if session["status"] == "started":
        plan = components().control.scenario.constructor
        return page(
            "constructor_exam",
            frames=_origin_of(session["claims"]["sessionUrl"]),
            session=session,
            attempt=attempt,
            plan=json.dumps(asdict(plan)),
        )
    if session["status"] == "finished":
        return page("constructor_end", attempt=attempt, finish_url=_finish_url(session))
    return page("constructor_checks", attempt=attempt, session=session)


@blueprint.post("/proctor/<session_id>/")
@same_site
def go_on(session_id: str) -> Response:
    """Book a time, begin after the checks, or end."""
    session, step = components().store.constructor_session(session_id), request.form.get("step", "")
    if session is None:
        return missing_page()
    store, callbacks = components().store, components().callbacks
    if step == "book":
        store.set_constructor_status(session_id, "ready_to_start")
        callbacks.send_message(session, "schedule", messages.booking(session, "scheduled"))
    elif step == "begin" and session["status"] != "finished":
        store.set_constructor_status(session_id, "started")
        callbacks.send_message(session, "agreement", messages.agreement(session))
        ends_after = components().control.scenario.constructor.ends_after
        if ends_after is not None:
            callbacks.later(ends_after, lambda: _end(session_id, store, callbacks))
    elif step == "end":
        _end(session_id, store, callbacks)
    return see_other(f"/proctor/{session_id}/")


@blueprint.get("/proctor/<session_id>/state")
def state(session_id: str) -> Response:
    """What the page around the exam asks again and again."""
    session = components().store.constructor_session(session_id)
    return jsonify(status=session["status"] if session else None, finish_url=_finish_url(session) if session else None)


@blueprint.post("/proctor/<session_id>/messages")
@same_site
def send_message(session_id: str) -> Response:
    """Send the platform one message, from the reviewer desk."""
    session, kind = components().store.constructor_session(session_id), request.form.get("kind", "")
    if session is None or kind not in CONSTRUCTOR_MESSAGES:
        return missing_page()
    callbacks = components().callbacks
    if kind == "draft":
        outcome = callbacks.send_message(session, "review", messages.draft(session))
    elif kind == "badly_signed":
        body = messages.review(session, "passed", [])
        outcome = callbacks.send_message(session, "review", body, signed_as="somebody-else")
    elif kind in ("scheduled", "canceled"):
        outcome = callbacks.send_message(session, "schedule", messages.booking(session, kind))
    else:
        body = messages.agreement(session) if kind == "agreement" else messages.warning(session)
        outcome = callbacks.send_message(session, kind, body)
    return see_other(f"/reviewer/{session_id}/?message={kind}&status={outcome.status or 0}")


@blueprint.post(f"{_VENDOR}/archive/<session_id>/")
def archive(integration: str, session_id: str) -> Response:
    """The record of a session, for staff who come with a signed token."""
    try:
        claims = tokens.read(request.form.get("token", ""), integration)
    except tokens.BadToken as problem:
        return _refusal(str(problem))
    if claims.get("sessionId") != session_id or not claims.get("userId"):
        return _refusal("the token is about another session")
    return report(session_id)


@blueprint.get("/proctor/<session_id>/report/")
def report(session_id: str) -> Response:
    """The record of a session: the target of a review's links."""
    attempt = components().store.attempt(session_id)
    if attempt is None:
        return missing_page()
    return page("recording", framed=True, attempt=attempt)


def _end(session_id: str, store: Store, callbacks: Callbacks) -> None:
    """End a session from the vendor's side. The components are arguments: this may run outside of a request."""
    if store.end_constructor_session(session_id, ""):
        callbacks.review_after_submission(session_id)


def _finish_url(session: Row) -> str:
    return str(session["finish_url"] or session["claims"].get("sessionFinishUrl") or "")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _refusal(reason: str) -> Response:
    notice = Notice("bad", "The proctoring system does not take this link.", f"Reason: {reason}.")
    return page("constructor_refused", status=400, notice=notice)
