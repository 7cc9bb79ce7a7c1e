"""Callers of the pages of the course team, and rows that they show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebExamConfiguration, SebSession
from tests.seb.app.conftest import COURSE_KEY, block
from tests.seb.app.conftest import _nothing_remembered as _nothing_remembered
from tests.seb.app.conftest import browser as browser
from tests.seb.app.conftest import host as host
from tests.seb.app.conftest import learner as learner
from tests.seb.app.conftest import protect as protect
from tests.seb.app.conftest import staff as staff
from tests.seb.app.conftest import staff_browser as staff_browser
from tests.seb.rest.conftest import callers as callers
from tests.seb.rest.conftest import one_course_team as one_course_team
from tests.seb.rest.conftest import queries_of as queries_of

DASHBOARD = "/seb-openedx/dashboard/"
REFUSALS = f"{DASHBOARD}refusals/"
SESSIONS = f"{DASHBOARD}sessions/"
EXAM = block("sequence")
OTHER_EXAM = block("sequence", 2)


@pytest.fixture
def log() -> Callable[..., SebAccessLog]:
    """Write an entry of the audit log."""

    def write(username: str = "ann", **values: Any) -> SebAccessLog:
        now = timezone.now()
        given = {"created": now, "last_seen": now, "decision": "refused", "reason": "no_header", "content_id": EXAM}
        row: SebAccessLog = SebAccessLog.objects.create(
            username=username, **{"course_id": COURSE_KEY, **given, **values}
        )
        return row

    return write


@pytest.fixture
def session() -> Callable[..., SebSession]:
    """Store a session."""

    def store(username: str = "ann", **values: Any) -> SebSession:
        now = timezone.now()
        given = {"course_id": COURSE_KEY, "content_id": EXAM, "user_id": 7, "proof": "header_ck"}
        times = {"created": now, "last_proof": now, "last_seen": now, "expires": now + timedelta(hours=1)}
        row: SebSession = SebSession.objects.create(username=username, **{**given, **times, **values})
        return row

    return store


@pytest.fixture
def exam(db: Any) -> Callable[..., SebExamConfiguration]:
    """Store what an exam demands; who leaves the browser waits for staff."""

    def store(content_id: str = EXAM, **values: Any) -> SebExamConfiguration:
        given = {"course_id": COURSE_KEY, "mode": "client", "on_leave": "release"}
        row: SebExamConfiguration = SebExamConfiguration.objects.create(content_id=content_id, **{**given, **values})
        return row

    return store


def names(answer: Any) -> list[str]:
    """Return the learners on a page."""
    assert answer.status_code == 200, answer.content
    return [entry["row"].username for entry in answer.context["rows"]]
