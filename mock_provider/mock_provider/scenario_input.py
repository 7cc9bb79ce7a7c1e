"""Reads changes of a scenario from JSON; every refusal names the key and what is needed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .scenario import (
    CONSTRUCTOR_MESSAGES,
    DELETE_MODES,
    LOCATORS,
    ONBOARDING_REFUSALS,
    PROFILE_STATUSES,
    ConstructorPlan,
    Fault,
    ReviewPlan,
    RpnowPlan,
    Scenario,
)

# A year. A timer's delay has an upper limit too, which depends on the machine.
MAX_NUMBER = 366 * 24 * 3600


class BadScenario(ValueError):
    """A change that cannot be applied; the text says which key and why."""


def change_scenario(scenario: Scenario, changes: Mapping[str, Any]) -> None:
    """Set the given keys, all or none; raises ``BadScenario``."""
    unknown = sorted(set(changes) - set(PARSERS))
    if unknown:
        raise BadScenario(f"unknown keys: {', '.join(unknown)}; known: {', '.join(sorted(PARSERS))}")
    values = {name: PARSERS[name](scenario, name, value) for name, value in changes.items()}
    for name, value in values.items():
        setattr(scenario, name, value)


def _number(_: Scenario, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_NUMBER:
        raise BadScenario(f"{name}: a number of at least 0 is needed, at most {MAX_NUMBER}")
    return value


def _number_or_none(scenario: Scenario, name: str, value: Any) -> float | None:
    return None if value is None else _number(scenario, name, value)


def _whole_number(name: str, value: Any, *, least: int, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        limit = "" if most == math.inf else f", at most {most}"
        raise BadScenario(f"{name}: a whole number of at least {least} is needed{limit}")


def _faults(_: Scenario, name: str, value: Any) -> list[Fault]:
    if isinstance(value, bool):
        return [Fault()] if value else []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadScenario(f"{name}: true, false or a list of objects is needed")
    try:
        faults = [Fault(**item) for item in value]
        for fault in faults:
            re.compile(fault.path)
    except (TypeError, re.error, RecursionError, OverflowError) as error:
        raise BadScenario(f"{name}: {error}") from error
    for fault in faults:
        _whole_number(f"{name}.status", fault.status, least=200, most=599)
        if fault.times is not None:
            _whole_number(f"{name}.times", fault.times, least=0)
    return faults


def _onboarding(_: Scenario, name: str, value: Any) -> dict[str, str]:
    known = ONBOARDING_REFUSALS + PROFILE_STATUSES
    if not isinstance(value, dict) or not all(status in known for status in value.values()):
        raise BadScenario(f"{name}: an object user id -> status is needed; statuses: {', '.join(known)}")
    return dict(value)


def _review(scenario: Scenario, name: str, value: Any) -> ReviewPlan:
    if not isinstance(value, dict):
        raise BadScenario(f"{name}: an object is needed")
    try:
        plan = ReviewPlan(**{**vars(scenario.review), **value})
    except TypeError as error:
        raise BadScenario(f"{name}: {error}") from error
    # Not one of the known statuses: a provider that sends a wrong one is a fault worth playing.
    if not isinstance(plan.status, str) or not isinstance(plan.signed, str):
        raise BadScenario(f"{name}: status and signed must be texts")
    if not isinstance(plan.comments, list | None):
        raise BadScenario(f"{name}.comments: a list or null is needed")
    _number_or_none(scenario, f"{name}.delay", plan.delay)
    _whole_number(f"{name}.repeat", plan.repeat, least=1)
    _whole_number(f"{name}.retries", plan.retries, least=0)
    return plan


def _rpnow(scenario: Scenario, name: str, value: Any) -> RpnowPlan:
    if not isinstance(value, dict):
        raise BadScenario(f"{name}: an object is needed")
    try:
        plan = RpnowPlan(**{**vars(scenario.rpnow), **value})
    except TypeError as error:
        raise BadScenario(f"{name}: {error}") from error
    _number_or_none(scenario, f"{name}.upload_delay", plan.upload_delay)
    if plan.locator not in LOCATORS:
        raise BadScenario(f"{name}.locator: one of {', '.join(LOCATORS)} is needed")
    if not isinstance(plan.other_secret, bool):
        raise BadScenario(f"{name}.other_secret: true or false is needed")
    return plan


def _constructor(scenario: Scenario, name: str, value: Any) -> ConstructorPlan:
    if not isinstance(value, dict):
        raise BadScenario(f"{name}: an object is needed")
    try:
        plan = ConstructorPlan(**{**vars(scenario.constructor), **value})
    except TypeError as error:
        raise BadScenario(f"{name}: {error}") from error
    if plan.message not in CONSTRUCTOR_MESSAGES:
        raise BadScenario(f"{name}.message: one of {', '.join(CONSTRUCTOR_MESSAGES)} is needed")
    _whole_number(f"{name}.delay_ms", plan.delay_ms, least=0, most=MAX_NUMBER)
    _whole_number(f"{name}.repeat", plan.repeat, least=1, most=MAX_NUMBER)
    for key in ("assess_code", "client_origin", "status"):
        if not isinstance(getattr(plan, key), str | None):
            raise BadScenario(f"{name}.{key}: a text or null is needed")
    for key in ("ends_after", "reload_after"):
        _number_or_none(scenario, f"{name}.{key}", getattr(plan, key))
    return plan


def _delete_mode(_: Scenario, name: str, value: Any) -> str:
    if value not in DELETE_MODES:
        raise BadScenario(f"{name}: one of {', '.join(DELETE_MODES)} is needed")
    return str(value)


PARSERS: dict[str, Callable[[Scenario, str, Any], Any]] = {
    "latency_ms": _number,
    "fail": _faults,
    "malformed_json": _faults,
    "drop_connection": _faults,
    "drop_answer": _faults,
    "onboarding": _onboarding,
    "review": _review,
    "ready_delay": _number_or_none,
    "clock_factor": _number,
    "delete_mode": _delete_mode,
    "rpnow": _rpnow,
    "constructor": _constructor,
}
