"""``/rpnow``: RPNow's exam software and secure browser, played by pages.

Contract: contract/mock-provider#rpnow-registration.

A learner pastes the exam code into the software (``/rpnow``), passes the checks, and the secure browser opens the exam
at the LMS's launch address (``/rpnow?code=``). The LMS does not tell the vendor that the exam is over: the learner
closes the secure browser, which hands in the recording.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from mock_provider.callbacks import Callbacks
from mock_provider.components import components
from mock_provider.desktop import RUNNING, UPLOADING, Desktop
from mock_provider.store import Row, Store

from .rendering import Notice, missing_page, page, see_other
from .same_site import same_site

# Which part of the software's page an attempt shows; "running" for every other status.
PARTS = {"created": "checks", "submitted": "done"}

blueprint = Blueprint("rpnow", __name__, url_prefix="/rpnow")


@blueprint.get("")
def secure_browser() -> Response:
    """Ask for the exam code; with ``?code=`` open the exam, as the secure browser does."""
    if "code" not in request.args:
        return page("rpnow_code", notice=None, code="")
    code = request.args["code"]
    found = _find(code)
    if found is None:
        return _unknown_code(code)
    attempt, registration = found
    if attempt["status"] == "created":
        store, callbacks, desktop = components().store, components().callbacks, components().desktop
        store.set_status(attempt["id"], "started")
        desktop.change(attempt["id"], RUNNING)
        upload_delay = components().control.scenario.rpnow.upload_delay
        if upload_delay is not None:
            callbacks.later(upload_delay, lambda: _upload(attempt["id"], store, callbacks, desktop))
    return see_other(registration["document"]["examUrl"])


@blueprint.get("/session")
def session() -> Response:
    """The software's window beside the exam."""
    code = request.args.get("code", "")
    found = _find(code)
    if found is None:
        return _unknown_code(code)
    attempt, registration = found
    return page(
        "rpnow_session",
        attempt=attempt,
        code=registration["exam_code"],
        part=PARTS.get(attempt["status"], "running"),
    )


@blueprint.post("/session")
@same_site
def hand_in() -> Response:
    """The learner closes the secure browser; the recording is handed in."""
    code = request.form.get("code", "")
    found = _find(code)
    if found is None:
        return _unknown_code(code)
    attempt, registration = found
    _upload(attempt["id"], components().store, components().callbacks, components().desktop)
    query = urlencode({"code": registration["exam_code"]})
    return see_other(f"/rpnow/session?{query}")


@blueprint.get("/recording/DirectLink-Generic")
@blueprint.get("/recording/DirectLink-HTML5")
def recording() -> Response:
    """The target of a review's link to the recording."""
    attempt = components().store.attempt(request.args.get("id", ""))
    if attempt is None:
        return missing_page()
    return page("recording", framed=True, attempt=attempt)


def _upload(attempt_id: str, store: Store, callbacks: Callbacks, desktop: Desktop) -> None:
    """Hand in the recording, once. The components are arguments: a delayed upload runs outside of a request."""
    before = store.set_status(attempt_id, "submitted")
    if before in (None, "submitted"):
        return
    desktop.change(attempt_id, UPLOADING)
    callbacks.review_after_submission(attempt_id)


def _find(code: str) -> tuple[Row, Row] | None:
    """The newest registration with an exam code, and its attempt. People paste codes with spaces around them."""
    registration = components().store.registration_by_code(code.strip().upper())
    attempt = registration and components().store.attempt(registration["attempt_id"])
    return (attempt, registration) if attempt and registration else None


def _unknown_code(code: str) -> Response:
    notice = Notice(
        "bad",
        "We do not know this exam code.",
        "Copy it again from your exam page. A code stops working when the course team resets the exam. No exam time is "
        "used before you start.",
    )
    return page("rpnow_code", status=404, notice=notice, code=code)
