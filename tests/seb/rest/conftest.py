"""Callers of version 2 of the REST API."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.seb.app.conftest import COURSE
from tests.seb.app.conftest import _nothing_remembered as _nothing_remembered
from tests.seb.app.conftest import browser as browser
from tests.seb.app.conftest import host as host
from tests.seb.app.conftest import learner as learner
from tests.seb.app.conftest import middleware as middleware
from tests.seb.app.conftest import protect as protect
from tests.seb.app.conftest import request_factory as request_factory
from tests.seb.app.conftest import staff as staff
from tests.seb.app.conftest import staff_browser as staff_browser


class StaffOfOneCourse:
    """The host's service: ``tess`` is on the staff of the demonstration course and of no other."""

    def is_course_staff(self, user: User, course_id: str) -> bool:
        return user.username == "tess" and course_id == COURSE


@pytest.fixture(autouse=True)
def one_course_team(host: Any, register_service: Callable[..., Any]) -> Iterator[None]:
    register_service("instructor", StaffOfOneCourse())
    return


@pytest.fixture
def callers(db: Any, staff_browser: Client, browser: Client) -> dict[str, Client]:
    """A browser of each kind of caller. Writes are protected as in production."""
    tess = User.objects.create(username="tess")
    found = {
        "anonymous": Client(),
        "learner": browser,
        "course staff": Client(),
        "global staff": staff_browser,
    }
    found["course staff"].force_login(tess)
    return found


@pytest.fixture
def course_staff_browser(callers: dict[str, Client]) -> Client:
    return callers["course staff"]


@pytest.fixture
def queries_of() -> Callable[[Callable[[], Any]], int]:
    """How many queries an action costs. Savepoints are those of the test's own transaction."""

    def count(action: Callable[[], Any]) -> int:
        action()  # fills what is cached for a minute
        with CaptureQueriesContext(connection) as captured:
            action()
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    return count
