"""``/api/v1/``: configuration, exams, attempts and users, as the LMS calls them.

Contract: contract/provider-wire#endpoints.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.request_data import base_url, json_object
from mock_provider.responses import error
from mock_provider.scenario import ONBOARDING_REFUSALS
from mock_provider.store import Row, new_id
from mock_provider.translations import Translation, translation_for

from .token_required import token_required

log = logging.getLogger(__name__)

NAME = "Mock Proctoring"
REQUIRED_OF_ATTEMPT = ("status", "user_id", "full_name", "email", "lms_host")
# All of them but these may be empty.
NOT_EMPTY = ("status", "user_id", "lms_host")
SHOWN_OF_ATTEMPT = ("id", "status", "exam_id", "lms_host", "user_id", "email")

blueprint = Blueprint("rest_api", __name__, url_prefix="/api/v1/")
blueprint.before_request(token_required)


@blueprint.get("config/")
def config() -> Response:
    """Name, rules, instructions and the download of the software."""
    translation = _translation()
    return jsonify(
        name=NAME,
        rules=translation.rules,
        instructions=translation.instructions,
        download_url=f"{base_url()}/download",
    )


@blueprint.post("exam/")
def create_exam() -> Response:
    """A new exam, or a known one under its ``external_id``."""
    external_id = json_object().get("external_id")
    return save_exam(external_id if isinstance(external_id, str) and external_id else new_id())


@blueprint.post("exam/<exam_id>/")
def save_exam(exam_id: str) -> Response:
    """Insert or replace an exam."""
    components().store.save_exam(exam_id, json_object())
    return jsonify(id=exam_id)


@blueprint.get("exam/<exam_id>/")
def show_exam(exam_id: str) -> Response:
    """An exam as it was saved."""
    exam = components().store.exam(exam_id)
    if exam is None:
        return jsonify({}) if components().quirks else error("unknown exam", 404)
    return jsonify(id=exam["id"], name=exam["exam_name"], course_id=exam["course_id"], rules=exam["rules"])


@blueprint.post("exam/<exam_id>/attempt/")
def register_attempt(exam_id: str) -> Response:
    """Register an attempt; a learner whose onboarding the scenario refuses gets the refusal instead of an id."""
    fields = json_object()
    missing = [name for name in REQUIRED_OF_ATTEMPT if name not in fields]
    missing += [name for name in NOT_EMPTY if name in fields and not fields[name]]
    if missing:
        return error(f"missing: {', '.join(missing)}", 400)
    if not isinstance(fields["email"], str | None):
        return error("email must be a text or null", 400)
    store, scenario = components().store, components().control.scenario
    exam = store.exam(exam_id)
    if exam is None:
        # Not refused: after the loss of its database the mock must not lock every exam of a developer's LMS.
        log.warning("registration for an unknown exam: exam_id=%s", exam_id)
    refusal = scenario.onboarding_of(str(fields["user_id"]))
    if refusal in ONBOARDING_REFUSALS and not (exam and exam["is_practice"]):
        return jsonify(status=refusal)
    return jsonify(id=store.add_attempt_once(exam_id, fields, request.headers.get("Idempotency-Key", "")))


@blueprint.get("exam/<exam_id>/attempt/<attempt_id>/")
def show_attempt(exam_id: str, attempt_id: str) -> Response:
    """State, instructions and where this learner opens the software."""
    attempt = _attempt(exam_id, attempt_id)
    if attempt is None:
        return error("unknown attempt", 404)
    exam = components().store.exam(exam_id)
    query = urlencode({"attempt": attempt_id, "exam": exam_id})
    shown: dict[str, Any] = {name: attempt[name] for name in SHOWN_OF_ATTEMPT}
    return jsonify(
        **shown,
        download_url=f"{base_url()}/download?{query}",
        instructions=_translation().instructions,
        rules=exam["rules"] if exam else {},
    )


@blueprint.patch("exam/<exam_id>/attempt/<attempt_id>/")
def change_attempt(exam_id: str, attempt_id: str) -> Response:
    """Store the LMS's new status or new limit. The first ``submitted`` starts the review."""
    fields = json_object()
    if "status" not in fields and isinstance(fields.get("time_limit_mins"), int):
        return _change_limit(exam_id, attempt_id, fields["time_limit_mins"])
    status = fields.get("status")
    if not isinstance(status, str) or not status:
        return error("missing: status", 400)
    attempt = _attempt(exam_id, attempt_id)
    before = attempt and components().store.set_status(attempt_id, status)
    if before is None:
        return error("unknown attempt", 404)
    if status == "submitted" and before != "submitted":
        components().callbacks.review_after_submission(attempt_id)
    return jsonify(id=attempt_id, status=status)


def _change_limit(exam_id: str, attempt_id: str, minutes: int) -> Response:
    attempt = _attempt(exam_id, attempt_id)
    if attempt is None:
        return error("unknown attempt", 404)
    components().store.set_limit(attempt_id, minutes)
    return jsonify(id=attempt_id, status=attempt["status"])


@blueprint.delete("exam/<exam_id>/attempt/<attempt_id>/")
def remove_attempt(exam_id: str, attempt_id: str) -> Response:
    """Remove an attempt, or answer as the scenario's ``delete_mode`` says."""
    mode = components().control.scenario.delete_mode
    if mode == "500":
        return error("internal error", 500)
    if mode == "pending":
        return jsonify(status="pending")
    attempt = _attempt(exam_id, attempt_id)
    if mode == "404" or attempt is None or not components().store.remove_attempt(attempt_id):
        return error("unknown attempt", 404)
    return jsonify(status="deleted")


@blueprint.delete("user/<user_id>/")
def remove_user(user_id: str) -> Response:
    """Delete everything about a learner; true when there was something to delete."""
    return jsonify(components().store.remove_user(user_id))


def _attempt(exam_id: str, attempt_id: str) -> Row | None:
    """The attempt, if it is one in this exam."""
    attempt = components().store.attempt(attempt_id)
    return attempt if attempt and attempt["exam_id"] == exam_id else None


def _translation() -> Translation:
    return translation_for(request.headers.get("Accept-Language", ""))
