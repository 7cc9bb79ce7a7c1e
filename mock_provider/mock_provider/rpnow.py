"""RPNow mode: registrations of the vendor's own kind, and its secure browser played by pages. Spec: backends.md 13.3.

A learner pastes the exam code into the software (``/rpnow``), passes the checks, and the secure browser opens the
exam at the LMS's launch address (``/rpnow?code=``). The vendor does not hear from the LMS when the exam is over: the
learner closes the secure browser, which hands in the recording.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from .callbacks import Messenger
from .control import Control
from .pages import Markup, current_step, html, notice, page, same_site
from .rpnow_wire import Account, BadRegistration, CipherMissing, decrypt_password, verify
from .store import Row, Store
from .web import Reply, Request, Router, json_reply, redirect

log = logging.getLogger(__name__)

# The key id of the development account.
KEY_ID = "mock"
REQUIRED = ("examCode", "examPassword", "examUrl", "examName", "organization", "duration", "orgExtra")


class Rpnow:
    """The vendor's addresses. ``accounts``: key id to account."""

    def __init__(
        self, store: Store, control: Control, messenger: Messenger, accounts: Mapping[str, Account] | None = None
    ) -> None:
        self._store = store
        self._control = control
        self._messenger = messenger
        self._accounts = dict(accounts or {KEY_ID: Account()})

    def routes(self, router: Router) -> None:
        """Add every address."""
        router.add("POST", "/exams/registration/", self.register)
        router.add("GET", "/rpnow", self.secure_browser)
        router.add("GET", "/rpnow/session", self.session)
        router.add("POST", "/rpnow/session", same_site(self.hand_in))
        router.add("GET", "/rpnow/recording/DirectLink-Generic", self.recording)
        router.add("GET", "/rpnow/recording/DirectLink-HTML5", self.recording)

    # The LMS

    def register(self, request: Request) -> Reply:
        """``POST /exams/registration/``: check signature and password, answer with a record locator."""
        document = request.json
        if not isinstance(document, dict):
            return json_reply({"error": "the body must be a JSON object"}, 400)
        try:
            account = verify(
                document,
                request.headers.get("Authorization", ""),
                request.headers.get("Date", ""),
                self._accounts_in_force(),
                now=datetime.now(tz=UTC),
            )
            _require_complete(document)
            if decrypt_password(document["examPassword"], account.crypto_key) != document["examCode"]:
                raise BadRegistration("examPassword is not the examCode in encrypted form")
        except BadRegistration as error:
            log.warning("registration refused: reason=%s", error)
            return json_reply({"error": str(error)}, error.status)
        except CipherMissing as error:
            log.error("registration not checked: reason=%s", error)
            return json_reply({"error": str(error)}, 500)
        locator = str(uuid.uuid4()).upper()
        self._remember(locator, document, request.base_url)
        return json_reply({"ssiRecordLocator": locator})

    def _accounts_in_force(self) -> dict[str, Account]:
        """The accounts, with other secrets while the scenario says that ours and the LMS's differ."""
        if not self._control.scenario.rpnow.other_secret:
            return self._accounts
        return {
            name: Account(account.secret_key + "-changed", account.crypto_key)
            for name, account in self._accounts.items()
        }

    def _remember(self, locator: str, document: dict[str, Any], base_url: str) -> None:
        extra, host = document["orgExtra"], _host_of(document["examUrl"])
        # Exams have no id of their own at this vendor: one per exam of a platform, so that the desk can group them.
        exam_id = "rpnow-" + hashlib.sha256(f"{host} {extra.get('examID')}".encode()).hexdigest()[:26]
        self._store.save_exam(
            exam_id,
            {
                "course_id": extra.get("courseID"),
                "exam_name": document["examName"],
                "is_practice_exam": not document.get("reviewedExam", True),
            },
        )
        self._store.add_attempt(
            exam_id,
            {
                "user_id": f"exam code {document['examCode'][:8]}",
                "full_name": " ".join(filter(None, (extra.get("firstName"), extra.get("lastName")))),
                "email": extra.get("email"),
                "lms_host": host,
                "status": "created",
                "time_limit_mins": document["duration"],
                "review_policy": document.get("reviewerNotes"),
            },
            attempt_id=locator,
        )
        self._store.add_registration(locator, document["examCode"], document, base_url)

    # The learner

    def secure_browser(self, request: Request) -> Reply:
        """``GET /rpnow``: asks for the exam code; with ``?code=`` opens the exam, as the secure browser does."""
        if "code" not in request.query:
            return self._code_page()
        found = self._find(request.query["code"])
        if found is None:
            return self._code_page(request.query["code"])
        attempt, registration = found
        if attempt["status"] == "created":
            self._store.set_status(attempt["id"], "started")
            self._store.set_desktop(attempt["id"], "running")
            scenario = self._control.scenario
            if scenario.rpnow.upload_delay is not None:
                seconds = scenario.rpnow.upload_delay * scenario.clock_factor
                self._messenger.do_later(seconds, lambda: self._upload(attempt["id"]))
        return redirect(registration["document"]["examUrl"])

    def session(self, request: Request) -> Reply:
        """``GET /rpnow/session?code=``: the software's window beside the exam."""
        code = request.query.get("code", "")
        found = self._find(code)
        return self._code_page(code) if found is None else self._session(*found)

    def hand_in(self, request: Request) -> Reply:
        """``POST /rpnow/session``: the learner closes the secure browser; the recording is handed in."""
        code = request.form.get("code", "")
        found = self._find(code)
        if found is None:
            return self._code_page(code)
        self._upload(found[0]["id"])
        return redirect("/rpnow/session?" + urlencode({"code": found[1]["exam_code"]}))

    def recording(self, request: Request) -> Reply:
        """Where the link to a recording leads."""
        attempt = self._store.attempt(request.query.get("id", ""))
        if attempt is None:
            return page("missing", "Page not found", status=404)
        return page(
            "recording",
            "Recording",
            framed=True,
            learner=attempt["full_name"] or attempt["user_id"],
            exam=attempt["exam_name"],
        )

    def _upload(self, attempt_id: str) -> None:
        before = self._store.set_status(attempt_id, "submitted")
        if before in (None, "submitted"):
            return
        self._store.set_desktop(attempt_id, "uploading")
        review, factor = self._control.scenario.review, self._control.scenario.clock_factor
        if review.delay is not None:
            self._messenger.later(review.delay * factor, "review", attempt_id, review)

    def _find(self, code: str) -> tuple[Row, Row] | None:
        """The newest registration of an exam code with its attempt. People paste codes with blanks around them."""
        registration = self._store.registration_by_code(code.strip().upper())
        attempt = registration and self._store.attempt(registration["attempt_id"])
        return (attempt, registration) if attempt and registration else None

    @staticmethod
    def _code_page(code: str | None = None) -> Reply:
        message = Markup("")
        if code is not None:
            message = notice(
                "bad",
                "We do not know this exam code.",
                "Copy it again from your exam page. A code stops working when the course team resets the exam. No "
                "exam time is used before you start.",
            )
        return page(
            "rpnow_code", "RPNow exam software", status=200 if code is None else 404, message=message, code=code or ""
        )

    @staticmethod
    def _session(attempt: Row, registration: Row) -> Reply:
        state = {"created": "checks", "submitted": "done"}.get(attempt["status"], "running")
        parts = {name: Markup("" if name == state else "hidden") for name in ("checks", "running", "done")}
        return page(
            "rpnow_session",
            "RPNow exam software",
            exam=attempt["exam_name"] or "your exam",
            learner=attempt["full_name"] or "you",
            minutes=attempt["time_limit_mins"] or "-",
            rules=attempt["review_policy"] or "No special rules",
            code=registration["exam_code"],
            opens=html("/rpnow?$query", query=urlencode({"code": registration["exam_code"]})),
            attempt=attempt["id"],
            **parts,
            **current_step(state, parts),
        )


def _require_complete(document: Mapping[str, Any]) -> None:
    missing = [name for name in REQUIRED if not document.get(name)]
    if missing:
        raise BadRegistration(f"missing: {', '.join(missing)}")
    texts = ("examCode", "examPassword", "examUrl", "examName")
    if not isinstance(document["orgExtra"], dict) or not all(isinstance(document[name], str) for name in texts):
        raise BadRegistration(f"orgExtra must be an object; {', '.join(texts)} must be texts")
    if urlsplit(document["examUrl"]).scheme not in ("http", "https"):
        raise BadRegistration("examUrl must be a web address")


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
