"""``/reviewer/``: the desk where a reviewer sees attempts and gives verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, request

from mock_provider.callbacks import DEFAULT_COMMENTS
from mock_provider.components import components
from mock_provider.lms import Outcome
from mock_provider.scenario import REVIEW_STATUSES
from mock_provider.store import Row

from .labels import CONSTRUCTOR_MESSAGES, VERDICTS
from .rendering import Notice, missing_page, page, see_other
from .same_site import same_site

MAX_ANSWER_SHOWN = 200

blueprint = Blueprint("reviewer", __name__, url_prefix="/reviewer/")


@blueprint.get("")
def attempts() -> Response:
    """The attempts that wait for a verdict, or all."""
    show_all = request.args.get("show") == "all"
    return page("reviewer", attempts=components().store.attempts(waiting=not show_all), show_all=show_all)


@blueprint.get("<attempt_id>/")
def attempt(attempt_id: str) -> Response:
    """One attempt, its recording and the verdict form."""
    found = components().store.attempt(attempt_id)
    if found is None:
        return missing_page()
    return _review(found, _sent_notice() if "sent" in request.args else None, {})


@blueprint.post("<attempt_id>/")
@same_site
def give_verdict(attempt_id: str) -> Response:
    """Send the verdict to the LMS and show its answer."""
    found = components().store.attempt(attempt_id)
    if found is None:
        return missing_page()
    form = request.form
    verdict, comment = form.get("verdict", ""), form.get("comment", "").strip()
    if verdict not in REVIEW_STATUSES:
        return _review(found, Notice("bad", "Choose a verdict.", "Nothing was sent."), form, status=400)
    plan = replace(
        components().control.scenario.review,
        status=verdict,
        comments=[{"comment": comment, "status": DEFAULT_COMMENTS[verdict][0]["status"]}] if comment else [],
        reviewed_by=form.get("reviewed_by", "").strip() or None,
        repeat=1,
    )
    outcome = components().callbacks.send_review(found, plan)
    if outcome.accepted:
        return see_other(f"/reviewer/{attempt_id}/?sent=1")
    next_step = "We send it again automatically." if plan.retries else "Send it again when that is solved."
    notice = Notice("bad", "The verdict did not arrive.", f"{outcome.advice} {next_step}")
    return _review(found, notice, form, status=502)


def _sent_notice() -> Notice:
    waiting = components().store.counts()["waiting"]
    rest = f"{waiting} more to review." if waiting else "Nothing else waits for a verdict."
    return Notice("good", "Your verdict was sent.", f"The learning platform accepted it. {rest}")


def _review(attempt: Row, notice: Notice | None, form: Mapping[str, str], *, status: int = 200) -> Response:
    """The page of an attempt; ``form`` is what the reviewer entered."""
    store = components().store
    sent = [(verdict, _answer(verdict)) for verdict in store.verdicts(attempt["id"])]
    return page(
        "review",
        status=status,
        attempt=attempt,
        notice=notice,
        form=form,
        choices=VERDICTS,
        sent=sent,
        is_rpnow=store.registration(attempt["id"]) is not None,
        constructor_messages=CONSTRUCTOR_MESSAGES if store.constructor_session(attempt["id"]) else {},
        message_notice=_message_notice(request.args.get("message", ""), request.args.get("status", "")),
    )


def _message_notice(kind: str, status: str) -> Notice | None:
    """What became of a message of Constructor Proctor."""
    if kind not in CONSTRUCTOR_MESSAGES or not status.isdecimal():
        return None
    outcome = Outcome(int(status) or None, "")
    answer = f"The learning platform answered {outcome.status}." if outcome.status else "There was no answer."
    return Notice("good" if outcome.accepted else "bad", CONSTRUCTOR_MESSAGES[kind], answer)


def _answer(verdict: Row) -> str:
    """What the LMS answered to a verdict."""
    outcome = Outcome(verdict["lms_status"], verdict["lms_answer"])
    if outcome.status is None:
        return "No answer"
    if outcome.accepted:
        return f"Accepted ({outcome.status})"
    return f"Refused ({outcome.status}): {outcome.answer[:MAX_ANSWER_SHOWN]}"
