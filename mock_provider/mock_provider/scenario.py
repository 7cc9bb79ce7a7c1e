"""How the provider is told to behave, well or badly. Spec: backends.md 13.4.

A ``Scenario`` is data; ``Faults`` applies its network part to each request, the other rooms read the rest.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .web import Endpoint, Reply, Request

REVIEW_STATUSES = ("passed", "violation", "suspicious", "not_reviewed")
ONBOARDING_REFUSALS = ("onboarding_missing", "onboarding_pending", "onboarding_failed", "onboarding_expired")
PROFILE_STATUSES = (
    "no-profile",
    "approved-in-course",
    "approved-in-different-course",
    "rejected",
    "expired",
    "pending",
)
LOCATORS = ("right", "wrong", "missing")
DELETE_MODES = ("deleted", "404", "pending", "500")
# The endpoints whose users are programs: what `true` means for a fault without a path.
PROGRAM_PATHS = r"^/(api|oauth2|edx/oauth2|desktop|exams)/"


class BadScenario(ValueError):
    """A scenario that cannot be; the text says which key and why."""


@dataclass
class Fault:
    """One kind of failure for the requests that fit.

    ``method`` is a verb or ``*``; ``path`` a regular expression searched in the path; ``times`` how often it still
    happens, None for always.
    """

    method: str = "*"
    path: str = PROGRAM_PATHS
    status: int = 500
    body: Any = None
    times: int | None = None

    def fits(self, request: Request) -> bool:
        """True when this request shall suffer; does not count it."""
        return (
            self.times != 0 and self.method in ("*", request.method) and re.search(self.path, request.path) is not None
        )


@dataclass
class ReviewPlan:
    """The verdict that is sent without a person.

    ``delay`` in seconds after the submission, None leaves it to a person; ``repeat`` sends it that many times;
    ``signed`` is the secret of a signed callback (backends.md 14.5), empty for none.
    """

    status: str = "passed"
    comments: list[dict[str, Any]] | None = None
    delay: float | None = None
    reviewed_by: str | None = None
    repeat: int = 1
    signed: str = ""


@dataclass
class RpnowPlan:
    """What RPNow mode does of its own.

    ``upload_delay``: seconds after the secure browser opened the exam at which it hands in the recording by itself,
    None leaves it to the learner. ``other_secret``: registrations are checked with another secret than the LMS's.
    ``locator``: which record locator reviews carry.
    """

    upload_delay: float | None = None
    other_secret: bool = False
    locator: str = "right"


@dataclass
class Scenario:
    """Everything that can be set at ``/_control/scenario``. The empty scenario is a healthy provider.

    ``ready_delay``: seconds after the software was opened at which it reports the learner ready by itself, None leaves
    it to the learner. ``clock_factor`` multiplies both delays. ``onboarding``: user id (or ``*``) to a refusal of
    registration or a profile status.
    """

    latency_ms: int = 0
    fail: list[Fault] = field(default_factory=list)
    malformed_json: list[Fault] = field(default_factory=list)
    drop_connection: list[Fault] = field(default_factory=list)
    onboarding: dict[str, str] = field(default_factory=dict)
    review: ReviewPlan = field(default_factory=ReviewPlan)
    ready_delay: float | None = None
    clock_factor: float = 1.0
    delete_mode: str = "deleted"
    rpnow: RpnowPlan = field(default_factory=RpnowPlan)

    def onboarding_of(self, user_id: str) -> str | None:
        """What is configured for a user, None for nothing."""
        return self.onboarding.get(user_id, self.onboarding.get("*"))

    def change(self, wishes: Mapping[str, Any]) -> None:
        """Take over the given keys, all or none; raises ``BadScenario``."""
        known = {item.name for item in fields(self)}
        unknown = sorted(set(wishes) - known)
        if unknown:
            raise BadScenario(f"unknown keys: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        values = {name: PARSERS[name](self, name, wish) for name, wish in wishes.items()}
        for name, value in values.items():
            setattr(self, name, value)


def _number(_: Scenario, name: str, wish: Any) -> float:
    if isinstance(wish, bool) or not isinstance(wish, int | float) or wish < 0:
        raise BadScenario(f"{name}: a number of at least 0 is needed")
    return wish


def _number_or_none(scenario: Scenario, name: str, wish: Any) -> float | None:
    return None if wish is None else _number(scenario, name, wish)


def _faults(_: Scenario, name: str, wish: Any) -> list[Fault]:
    if isinstance(wish, bool):
        return [Fault()] if wish else []
    if not isinstance(wish, list) or not all(isinstance(item, dict) for item in wish):
        raise BadScenario(f"{name}: true, false or a list of objects is needed")
    try:
        faults = [Fault(**item) for item in wish]
        for fault in faults:
            re.compile(fault.path)
    except (TypeError, re.error) as error:
        raise BadScenario(f"{name}: {error}") from error
    return faults


def _onboarding(_: Scenario, name: str, wish: Any) -> dict[str, str]:
    known = ONBOARDING_REFUSALS + PROFILE_STATUSES
    if not isinstance(wish, dict) or not all(value in known for value in wish.values()):
        raise BadScenario(f"{name}: an object user id -> status is needed; statuses: {', '.join(known)}")
    return dict(wish)


def _review(scenario: Scenario, name: str, wish: Any) -> ReviewPlan:
    if not isinstance(wish, dict):
        raise BadScenario(f"{name}: an object is needed")
    try:
        plan = ReviewPlan(**{**vars(scenario.review), **wish})
    except TypeError as error:
        raise BadScenario(f"{name}: {error}") from error
    _number_or_none(scenario, f"{name}.delay", plan.delay)
    if not isinstance(plan.repeat, int) or plan.repeat < 1:
        raise BadScenario(f"{name}.repeat: a whole number of at least 1 is needed")
    # The status is not checked: a provider that sends a wrong one is a fault worth playing.
    return plan


def _rpnow(scenario: Scenario, name: str, wish: Any) -> RpnowPlan:
    if not isinstance(wish, dict):
        raise BadScenario(f"{name}: an object is needed")
    try:
        plan = RpnowPlan(**{**vars(scenario.rpnow), **wish})
    except TypeError as error:
        raise BadScenario(f"{name}: {error}") from error
    _number_or_none(scenario, f"{name}.upload_delay", plan.upload_delay)
    if plan.locator not in LOCATORS:
        raise BadScenario(f"{name}.locator: one of {', '.join(LOCATORS)} is needed")
    if not isinstance(plan.other_secret, bool):
        raise BadScenario(f"{name}.other_secret: true or false is needed")
    return plan


def _delete_mode(_: Scenario, name: str, wish: Any) -> str:
    if wish not in DELETE_MODES:
        raise BadScenario(f"{name}: one of {', '.join(DELETE_MODES)} is needed")
    return str(wish)


PARSERS: dict[str, Callable[[Scenario, str, Any], Any]] = {
    "latency_ms": _number,
    "fail": _faults,
    "malformed_json": _faults,
    "drop_connection": _faults,
    "onboarding": _onboarding,
    "review": _review,
    "ready_delay": _number_or_none,
    "clock_factor": _number,
    "delete_mode": _delete_mode,
    "rpnow": _rpnow,
}


class Faults:
    """Stands before the application and spoils what the scenario says. ``scenario`` is asked anew each time."""

    def __init__(self, application: Endpoint, scenario: Callable[[], Scenario]) -> None:
        self._application = application
        self._scenario = scenario
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        """The application's answer, late, wrong or missing."""
        scenario = self._scenario()
        if scenario.latency_ms:
            time.sleep(scenario.latency_ms / 1000)
        if self._strikes(scenario.drop_connection, request):
            return Reply(drop=True)
        failure = self._strikes(scenario.fail, request)
        if failure:
            text = isinstance(failure.body, str)
            body = failure.body if text else "" if failure.body is None else json.dumps(failure.body)
            return Reply(failure.status, body.encode(), "text/plain; charset=utf-8" if text else "application/json")
        reply = self._application(request)
        if reply.content_type == "application/json" and self._strikes(scenario.malformed_json, request):
            reply.body = reply.body[:-1] + b",,"
        return reply

    def _strikes(self, faults: list[Fault], request: Request) -> Fault | None:
        with self._lock:
            for fault in faults:
                if fault.fits(request):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None
