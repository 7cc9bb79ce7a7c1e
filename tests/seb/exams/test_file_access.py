"""Who may have the file of an exam."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from seb_openedx.exams import file_responses, requirements
from tests.seb.app.conftest import COURSE, COURSE_KEY, block

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#download")]


class Enrollments:
    """The platform's: ``ann`` takes the demonstration course."""

    @staticmethod
    def is_enrolled(user: User, course_key: Any) -> bool:
        return user.username == "ann" and course_key == COURSE_KEY


class StaffOfOneCourse:
    """The host's service: ``tess`` is on the staff of the demonstration course."""

    def is_course_staff(self, user: User, course_id: str) -> bool:
        return user.username == "tess" and course_id == COURSE


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, register_service: Any) -> None:
    """A host with enrolments and course teams."""
    students: Any = ModuleType("common.djangoapps.student.models")
    students.CourseEnrollment = Enrollments
    monkeypatch.setitem(__import__("sys").modules, "common.djangoapps.student.models", students)
    register_service("instructor", StaffOfOneCourse())


def path_of(row: Any) -> str:
    return f"/seb-openedx/config/{row.public_id}/exam.seb"


def path_with_token(row: Any, user: User) -> str:
    token = file_responses.token_for(requirements.from_row(row), user.pk)
    return f"/seb-openedx/config/{row.public_id}/{token}/exam.seb"


CALLERS = {
    "ann, who is enrolled": (200, 200),
    "bob, who is not": (404, 401),
    "tess, of the course team": (200, 200),
    "gina, of global staff": (200, 200),
}


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("caller", list(CALLERS))
def test_learners_and_staff_of_the_course_get_the_file(platform, require, learner, staff, caller, method):
    row = require()
    user = User.objects.get_or_create(username=caller.partition(",")[0])[0]
    client = Client()
    client.force_login(user)

    with_login = getattr(client, method)(path_of(row))
    with_token = getattr(Client(), method)(path_with_token(row, user))

    assert (with_login.status_code, with_token.status_code) == CALLERS[caller]
    for response in (with_login, with_token):
        is_file = response.status_code == 200
        assert (response.headers["Content-Type"] == "application/seb") is is_file
        assert b"hashedQuitPassword" not in response.content
        assert (b"startURL" in response.content) is (is_file and method == "get")


def test_nobody_gets_it_without_login(platform, require):
    assert Client().get(path_of(require())).status_code == 401


def test_a_learner_who_has_left_the_course_or_the_platform_gets_it_no_more(platform, require, learner, monkeypatch):
    row = require()
    path = path_with_token(row, learner)
    monkeypatch.setattr(Enrollments, "is_enrolled", staticmethod(lambda user, course_key: False))
    assert Client().get(path).status_code == 401
    monkeypatch.undo()

    User.objects.filter(pk=learner.pk).update(is_active=False)
    assert Client().get(path).status_code == 401
    User.objects.all().delete()
    assert Client().get(path).status_code == 401


def test_on_a_host_without_enrolments_every_user_gets_it(require, browser):
    assert browser.get(path_of(require())).status_code == 200


def _fails(user, course_key):
    raise RuntimeError("database is down")


@pytest.mark.parametrize(
    "module", [SimpleNamespace(is_enrolled=_fails), None], ids=["the host fails", "there is no such module"]
)
def test_while_the_host_does_not_say_who_is_enrolled_nobody_is(require, browser, settings, monkeypatch, module, caplog):
    settings.SEB_ENROLLMENTS_MODULE = "an_operators.enrolments"
    if module is not None:
        monkeypatch.setitem(__import__("sys").modules, "an_operators.enrolments", module)
        monkeypatch.setitem(__import__("sys").modules, "an_operators", SimpleNamespace())

    assert browser.get(path_of(require())).status_code == 404
    assert "does not say who is enrolled" in caplog.text


def test_the_operator_chooses_who_says_it(require, browser, settings, monkeypatch):
    asked = []
    module = SimpleNamespace(is_enrolled=lambda user, course_key: asked.append((user.username, course_key)) or False)
    monkeypatch.setitem(__import__("sys").modules, "an_operators", SimpleNamespace())
    monkeypatch.setitem(__import__("sys").modules, "an_operators.enrolments", module)
    settings.SEB_ENROLLMENTS_MODULE = "an_operators.enrolments"

    assert browser.get(path_of(require())).status_code == 404
    assert asked == [("ann", COURSE_KEY)]


def test_the_cost_does_not_grow(platform, require, browser, learner):
    row = require()
    path, token_path = path_of(row), path_with_token(row, learner)

    def costs() -> list[int]:
        found = []
        for client, address in ((browser, path), (Client(), token_path)):
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    before = costs()
    for number in range(2, 12):
        require(content_id=block("sequence", number))
        User.objects.create(username=f"learner{number}")
    assert costs() == before
    # Login and session, the row; by the link the row and the user.
    assert before == [3, 2]
