"""``/download``: the learner's exam software, played by a page."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from mock_provider.components import components
from mock_provider.store import Row

from .rendering import Notice, page, see_other
from .same_site import same_site

# The current step of a learner whose set-up is finished.
STEPS = {"created": "start", "started": "exam", "submitted": "done"}

blueprint = Blueprint("software", __name__)


@blueprint.get("/download")
def software() -> Response:
    """The software; it may report the learner ready automatically, and then closes itself."""
    attempt = components().store.attempt(request.args.get("attempt", ""))
    if attempt is None:
        return page("no_software", status=404)
    ready_delay = components().control.scenario.ready_delay
    is_automatic = ready_delay is not None and _is_setting_up(attempt)
    if ready_delay is not None and is_automatic:
        components().callbacks.report_ready_later(ready_delay, attempt["id"])
    return _software(attempt, _notice(attempt), is_automatic=is_automatic)


@blueprint.post("/download")
@same_site
def report_ready() -> Response:
    """The learner finished the checks; tell the LMS."""
    attempt = components().store.attempt(request.form.get("attempt", ""))
    if attempt is None:
        return page("no_software", status=404)
    outcome = components().callbacks.report_ready(attempt)
    if outcome.accepted:
        query = urlencode({"attempt": attempt["id"], "exam": attempt["exam_id"]})
        return see_other(f"/download?{query}")
    refusal = Notice("bad", "Your exam page was not told that you are ready.", f"{outcome.advice} No time was used.")
    return _software(attempt, refusal, status=502, button="Try again")


def _is_setting_up(attempt: Row) -> bool:
    return attempt["status"] == "created" and not attempt["ready_at"]


def _software(
    attempt: Row,
    notice: Notice | None,
    *,
    status: int = 200,
    button: str = "I am ready",
    is_automatic: bool = False,
) -> Response:
    is_setting_up = _is_setting_up(attempt)
    return page(
        "software",
        status=status,
        attempt=attempt,
        notice=notice,
        button=button,
        is_setting_up=is_setting_up,
        is_automatic=is_automatic,
        step="set-up" if is_setting_up else STEPS.get(attempt["status"]),
        exam_url=_exam_url(attempt),
        window=components().desktop.open_window(attempt),
    )


def _exam_url(attempt: Row) -> str | None:
    """The exam's page, if the LMS sent enough to know its address."""
    exam = components().store.exam(attempt["exam_id"])
    content_id = json.loads(exam["document"]).get("content_id") if exam else None
    if not exam or not exam["course_id"] or not content_id:
        return None
    return f"{attempt['lms_host'].rstrip('/')}/courses/{exam['course_id']}/jump_to/{content_id}"


def _notice(attempt: Row) -> Notice | None:
    if attempt["status"] == "submitted":
        return Notice("good", "Your recording was handed in.", "You can close this window.")
    if attempt["status"] == "created" and attempt["ready_at"]:
        text = "Keep this window open, go back to the exam page and start your exam."
        return Notice("good", "You are ready.", text)
    return None
