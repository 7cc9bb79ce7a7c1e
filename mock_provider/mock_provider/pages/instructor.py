"""``/api/v1/instructor/``: the course team's dashboard behind a signed link.

Contract: contract/provider-wire#dashboard-link.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from mock_provider.components import components
from mock_provider.tokens import InvalidToken

from .rendering import Notice, page

UNKNOWN_EXAM = Notice("bad", "We do not know this exam yet.", "Publish the course again to register it.")

blueprint = Blueprint("instructor", __name__)


@blueprint.get("/api/v1/instructor/<client_id>/")
def dashboard(client_id: str) -> Response:
    """The exams of a course, with the attempts or the rules of the chosen exam."""
    token = request.args.get("jwt", "")
    if not token:
        return _no_dashboard("The link is incomplete. Open the dashboard from your course again.")
    try:
        claims = components().tokens.instructor_claims(client_id, token)
    except InvalidToken as error:
        return _no_dashboard(f"We could not check your link: {error}. Open it from your course again.")
    store, exam_id, user = components().store, _text(claims.get("exam_id")), claims.get("user")
    show_rules = bool(claims.get("config"))
    return page(
        "instructor",
        framed=True,
        course_id=claims["course_id"],
        name=user.get("full_name") if isinstance(user, dict) else None,
        exams=store.exams_of_course(claims["course_id"]),
        exam_id=exam_id,
        attempt_id=claims.get("attempt_id"),
        show_rules=show_rules,
        exam=store.exam(exam_id) if show_rules else None,
        unknown_exam=UNKNOWN_EXAM,
        attempts=[] if show_rules or not exam_id else store.attempts(exam_id=exam_id),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _no_dashboard(text: str) -> Response:
    return page("no_dashboard", status=403, framed=True, text=text)
