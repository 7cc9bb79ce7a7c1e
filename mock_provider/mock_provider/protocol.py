"""The REST protocol of a provider, as the LMS calls it. Spec: backends.md 6.1, 13.2."""

from __future__ import annotations

import logging
import math
from typing import Any
from urllib.parse import unquote, urlencode

from .auth import Authority
from .callbacks import Messenger
from .control import Control
from .scenario import ONBOARDING_REFUSALS
from .store import Row, Store, new_id
from .texts import texts_for
from .web import Reply, Request, Router, json_reply

log = logging.getLogger(__name__)

NAME = "Mock Proctoring"
# What a learner's onboarding profile is while registration is refused so.
PROFILE_OF_REFUSAL = {
    "onboarding_missing": "no-profile",
    "onboarding_pending": "pending",
    "onboarding_failed": "rejected",
    "onboarding_expired": "expired",
}
PROFILE_OF_VERDICT = {"passed": "approved-in-course", "violation": "rejected", "suspicious": "pending"}
REQUIRED_OF_ATTEMPT = ("status", "user_id", "full_name", "email", "lms_host")


class Protocol:
    """The endpoints under ``/api/v1/`` that need an access token. ``quirks`` answers unknown exams like mockprock."""

    def __init__(self, store: Store, control: Control, messenger: Messenger, *, quirks: bool = False) -> None:
        self._store = store
        self._control = control
        self._messenger = messenger
        self._quirks = quirks

    def routes(self, router: Router, authority: Authority) -> None:
        """Add every endpoint, each for token holders only."""
        exam, attempt = "/api/v1/exam/{exam_id}/", "/api/v1/exam/{exam_id}/attempt/{attempt_id}/"
        for method, path, endpoint in (
            ("GET", "/api/v1/config/", self.config),
            ("POST", "/api/v1/exam/", self.create_exam),
            ("POST", exam, self.save_exam),
            ("GET", exam, self.show_exam),
            ("POST", exam + "attempt/", self.register),
            ("GET", attempt, self.show_attempt),
            ("PATCH", attempt, self.change_attempt),
            ("DELETE", attempt, self.remove_attempt),
            ("DELETE", "/api/v1/user/{user_id}/", self.remove_user),
            ("GET", "/api/v1/courses/{course_id*}/onboarding_statuses", self.onboarding_statuses),
        ):
            router.add(method, path, authority.required(endpoint))

    def config(self, request: Request) -> Reply:
        """``GET config/``: name, rules, instructions and the download of the software."""
        texts = texts_for(request.headers.get("Accept-Language", ""))
        return json_reply(
            {
                "name": NAME,
                "rules": texts.rules,
                "instructions": texts.instructions,
                "download_url": f"{request.base_url}/download",
            }
        )

    def create_exam(self, request: Request) -> Reply:
        """``POST exam/``: a new exam, or a known one under its ``external_id``."""
        given = request.document.get("external_id")
        exam_id = given if isinstance(given, str) and given else new_id()
        self._store.save_exam(exam_id, request.document)
        return json_reply({"id": exam_id})

    def save_exam(self, request: Request) -> Reply:
        """``POST exam/{id}/``: insert or replace."""
        exam_id = request.params["exam_id"]
        self._store.save_exam(exam_id, request.document)
        return json_reply({"id": exam_id})

    def show_exam(self, request: Request) -> Reply:
        """``GET exam/{id}/``."""
        exam = self._store.exam(request.params["exam_id"])
        if exam is None:
            return json_reply({}) if self._quirks else _unknown("exam")
        return json_reply(
            {"id": exam["id"], "name": exam["exam_name"], "course_id": exam["course_id"], "rules": exam["rules"]}
        )

    def register(self, request: Request) -> Reply:
        """``POST exam/{id}/attempt/``: register an attempt, or refuse it for want of onboarding."""
        fields = request.document
        missing = [name for name in REQUIRED_OF_ATTEMPT if name not in fields]
        missing += [name for name in ("status", "user_id", "lms_host") if name in fields and not fields[name]]
        if missing:
            return json_reply({"error": f"missing: {', '.join(missing)}"}, 400)
        exam_id = request.params["exam_id"]
        exam = self._store.exam(exam_id)
        if exam is None:
            # Not refused: a mock that lost its database must not lock every exam of a developer's LMS.
            log.warning("registration for an unknown exam: exam_id=%s", exam_id)
        refusal = self._control.scenario.onboarding_of(str(fields["user_id"]))
        if refusal in ONBOARDING_REFUSALS and not (exam and exam["is_practice"]):
            return json_reply({"status": refusal})
        return json_reply({"id": self._store.add_attempt(exam_id, fields)})

    def show_attempt(self, request: Request) -> Reply:
        """``GET attempt/{id}/``: state, instructions and where this learner opens the software."""
        attempt = self._attempt(request)
        if attempt is None:
            return _unknown("attempt")
        exam = self._store.exam(attempt["exam_id"])
        link = urlencode({"attempt": attempt["id"], "exam": attempt["exam_id"]})
        return json_reply(
            {
                **{name: attempt[name] for name in ("id", "status", "exam_id", "lms_host", "user_id", "email")},
                "download_url": f"{request.base_url}/download?{link}",
                "instructions": texts_for(request.headers.get("Accept-Language", "")).instructions,
                "rules": exam["rules"] if exam else {},
            }
        )

    def change_attempt(self, request: Request) -> Reply:
        """``PATCH attempt/{id}/``: the LMS's new status. The first ``submitted`` sets the review going."""
        status = request.document.get("status")
        if not isinstance(status, str) or not status:
            return json_reply({"error": "missing: status"}, 400)
        attempt = self._attempt(request)
        before = attempt and self._store.set_status(attempt["id"], status)
        if attempt is None or before is None:
            return _unknown("attempt")
        scenario = self._control.scenario
        if status == "submitted" and before != "submitted" and scenario.review.delay is not None:
            seconds = scenario.review.delay * scenario.clock_factor
            self._messenger.later(seconds, "review", attempt["id"], scenario.review)
        return json_reply({"id": attempt["id"], "status": status})

    def remove_attempt(self, request: Request) -> Reply:
        """``DELETE attempt/{id}/``, in the mood that the scenario's ``delete_mode`` names."""
        mode = self._control.scenario.delete_mode
        if mode == "500":
            return json_reply({"error": "internal error"}, 500)
        if mode == "pending":
            return json_reply({"status": "pending"})
        attempt = self._attempt(request)
        if mode == "404" or attempt is None or not self._store.remove_attempt(attempt["id"]):
            return _unknown("attempt")
        return json_reply({"status": "deleted"})

    def remove_user(self, request: Request) -> Reply:
        """``DELETE user/{id}/``: true when there was something to delete."""
        return json_reply(self._store.remove_user(request.params["user_id"]))

    def onboarding_statuses(self, request: Request) -> Reply:
        """``GET courses/{id}/onboarding_statuses``: one user's profile, or a page of the course's."""
        course_id = unquote(request.params["course_id"])
        found = {row["user_id"]: self._profile(row) for row in self._store.practice_attempts(course_id)}
        for user_id, status in self._control.scenario.onboarding.items():
            if user_id != "*":
                found[user_id] = PROFILE_OF_REFUSAL.get(status, status)
        if "user_id" in request.query:
            user_id = request.query["user_id"]
            return json_reply(_onboarding(user_id, found.get(user_id, "no-profile")))
        wanted = [status for status in request.query.get("status", "").split(",") if status]
        results = [_onboarding(user, status) for user, status in found.items() if not wanted or status in wanted]
        return json_reply(_page(request, results))

    def _attempt(self, request: Request) -> Row | None:
        attempt = self._store.attempt(request.params["attempt_id"])
        return attempt if attempt and attempt["exam_id"] == request.params["exam_id"] else None

    @staticmethod
    def _profile(attempt: Row) -> str:
        if attempt["verdict"]:
            return PROFILE_OF_VERDICT.get(attempt["verdict"], "no-profile")
        return "pending" if attempt["status"] == "submitted" else "no-profile"


def _unknown(noun: str) -> Reply:
    return json_reply({"error": f"unknown {noun}"}, 404)


def _onboarding(user_id: str, status: str) -> dict[str, Any]:
    return {"user_id": user_id, "status": status, "expiration_date": None}


def _page(request: Request, results: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of a list, with the addresses of its neighbours."""

    def number(name: str, default: int) -> int:
        text = request.query.get(name, "")
        return max(int(text), 1) if text.isdigit() else default

    size = number("page_size", 50)
    pages = max(math.ceil(len(results) / size), 1)
    page = min(number("page", 1), pages)

    def address(other: int) -> str | None:
        if not 1 <= other <= pages:
            return None
        return f"{request.base_url}{request.path}?{urlencode({**request.query, 'page': other, 'page_size': size})}"

    return {
        "results": results[(page - 1) * size : page * size],
        "count": len(results),
        "num_pages": pages,
        "next": address(page + 1),
        "previous": address(page - 1),
    }
