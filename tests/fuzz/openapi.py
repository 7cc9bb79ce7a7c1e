"""Requests that Schemathesis makes of the OpenAPI documents: each is answered, and as the document says.

``make fuzz-api`` runs this. It is not part of ``make test``, which has requests that know more of the app
(``test_routes.py``): here the documents are on trial, too. FUZZ_EXAMPLES says how many requests per operation and role.

Requests go through WSGI. Half of them name objects that exist, half are as the document allows or forbids.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from traceback import format_exception
from typing import Any, Final
from zlib import crc32

import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.checks import EXAMPLES, SEED, client_of, undone
from tests.fuzz.seb import add_rows
from tests.fuzz.world import COURSE_A, COURSE_B, MOODS, MoodyProvider, World, install_services

REFERENCE: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"
ROLES: Final = ("anonymous", "owner", "course_staff", "global_staff")
CHECKS: Final[list[Any]] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class _App(WSGIHandler):
    def get_response(self, request: Any) -> Any:
        """Answer without the CSRF check, which would refuse every change by a session."""
        request._dont_enforce_csrf_checks = True
        return super().get_response(request)


def _documented(name: str) -> Any:
    document = json.loads((REFERENCE / name).read_text("utf-8"))
    schema = schemathesis.openapi.from_dict(document)
    schema.app = _App()
    return schema


OPERATIONS: Final = [
    pytest.param(result.ok(), id=result.ok().definition.raw["operationId"])
    for name in ("openapi.json", "openapi-seb.json")
    for result in _documented(name).get_all_operations()
]


@pytest.fixture
def stage(world: World, settings: Any) -> Iterator[World]:
    """The world as the LMS shows it, with one connection to the database for all requests."""
    settings.ROOT_URLCONF = "tests.fuzz.openapi_urls"
    settings.SEB_USER_BANNING_ENABLED = True
    settings.ALLOWED_HOSTS = ["localhost"]
    add_rows(world)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield world
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _known(world: World) -> dict[str, list[Any]]:
    """Return values of the world by the names that the documents give to parameters and members."""
    exams, attempts = list(world.exams.values()), list(world.attempts.values())
    exam_ids, attempt_ids = [exam.pk for exam in exams], [attempt.pk for attempt in attempts]
    return {
        "course_id": [COURSE_A, COURSE_A, COURSE_B],
        "content_id": [exam.content_id for exam in exams],
        "exam_id": exam_ids,
        "exam": exam_ids,
        "exam_ids": [exam_ids[:2], exam_ids[:1]],
        "attempt_id": attempt_ids,
        "attempt_ids": [attempt_ids[:2], attempt_ids[:1]],
        "user_id": world.user_ids,
        "user": world.user_ids,
        "user_info": world.names,
        "user_ids": [",".join(world.names[:2])],
        "learners": [world.names[:2]],
        "username": world.names,
        "allowance_id": world.allowance_ids,
        "row_id": [world.change_id],
        "effect_id": [world.effect_id],
        "inbox_id": [world.inbox_id],
        "code": [world.job_code],
        "external_id": [attempt.external_id for attempt in attempts],
        "attempt_code": [attempt.attempt_code for attempt in attempts],
        "session_id": [world.session_id],
        "template_id": [world.template_id],
    }


@st.composite
def _cases(draw: st.DrawFn, operation: Any, mode: GenerationMode, known: Mapping[str, list[Any]]) -> Case:
    case: Case = draw(operation.as_strategy(generation_mode=mode))
    course = (case.path_parameters or {}).get("course_id")
    if course is not None and not re.fullmatch(settings.COURSE_ID_PATTERN, str(course)):
        # What follows would be taken for a part of it.
        case.path_parameters["course_id"] = COURSE_A
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            for name in place:
                if name in known and draw(st.booleans()):
                    place[name] = draw(st.sampled_from(known[name]))
    return case


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_described(
    operation: Any, stage: World, provider: MoodyProvider, record_property: Callable[[str, object], None]
) -> None:
    logins = {
        role: {name: morsel.value for name, morsel in client_of(stage.people[role]).cookies.items()} for role in ROLES
    }
    known, sent = _known(stage), 0
    raised: list[BaseException] = []
    # What is wrong → the first request that shows it.
    faults: dict[str, str] = {}

    def remember(sender: Any, **_more: Any) -> None:
        raised.append(sys.exc_info()[1] or AssertionError("an exception"))

    def send(case: Case, mood: str) -> None:
        nonlocal sent
        sent += 1
        provider.mood = mood
        for role, cookies in logins.items():
            install_services(stage)
            raised.clear()
            with undone():
                response = case.call(cookies=cookies)
            if raised:
                trace = "".join(format_exception(raised[0]))
                faults.setdefault(repr(raised[0]), f"{role}, {mood}: {case.as_curl_command()}\n{trace}")
            if not response.content and _may_be_empty(operation, response.status_code):
                continue
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as group:
                for failure in group.exceptions:
                    faults.setdefault(f"{response.status_code} {failure}", f"{role}, {mood}: {case.as_curl_command()}")

    got_request_exception.connect(remember)
    try:
        _run(operation, GenerationMode.NEGATIVE, known, send, EXAMPLES // 3)
        # Where nothing can be wrong, only what is right is sent. A run may end early, when it finds nothing new.
        for _attempt in range(EXAMPLES):
            if sent < EXAMPLES:
                _run(operation, GenerationMode.POSITIVE, known, send, EXAMPLES - sent)
    finally:
        got_request_exception.disconnect(remember)
    record_property("fuzz_requests", sent * len(ROLES))
    assert sent >= EXAMPLES
    assert not faults, "\n\n".join(f"{fault}\n{request}" for fault, request in faults.items())


def _may_be_empty(operation: Any, status: int) -> bool:
    described = operation.definition.raw["responses"].get(str(status), {})
    return bool(described.get("x-may-be-empty"))


def _run(
    operation: Any, mode: GenerationMode, known: Mapping[str, list[Any]], send: Callable[[Case, str], None], count: int
) -> None:
    @run_settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation, mode, known), mood=st.sampled_from((MOODS[0], *MOODS)))
    def attack(case: Case, mood: str) -> None:
        send(case, mood)

    try:
        seed(crc32(f"{SEED} {operation.label} {mode} {count}".encode()))(attack)()
    except (Unsatisfiable, pytest.skip.Exception):
        assert mode is GenerationMode.NEGATIVE
