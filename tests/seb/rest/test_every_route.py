"""Every route of version 2 with each of its methods: who may, what an odd request gets, and what it costs.

Contract: contract/seb-rest#access.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from seb_openedx.api.v2 import urls
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.models import ForbiddenCourseAccess
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, KEY, ORIGIN, OTHER
from tests.seb.protocol.vectors import FILE, SMALL
from tests.seb.rest.test_configuration import fields, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#access")]

API = "/seb-openedx/api/v2"
SESSION_ID = "6f0f6f0f-0000-4000-8000-00000000000{}"
TEMPLATE_ID = 77


@dataclass(frozen=True)
class Case:
    """One method of one route. ``path`` and ``body`` hold ``{course}``, ``{exam}``, ``{session}``.

    ``form``: the body is a form, with a file. ``lists``: takes pages. ``global_only``: not for the staff of a course.
    """

    route: str
    method: str
    path: str
    status: int = 200
    body: dict[str, Any] | None = None
    form: bool = False
    lists: bool = False
    global_only: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


EXAM = "/courses/{course}/exams/{exam}"
CASES = [
    Case("config-key", "POST", "/config-key", body={"settings": SMALL, "course_id": "{course}"}),
    Case("validate-keys", "POST", "/validate-keys",
         body={"course_id": "{course}", "content_id": "{exam}", "url": "https://lms.example.com/"}),
    Case("access-log", "GET", "/access-log?course_id={course}", lists=True),
    Case("access-log-csv", "GET", "/access-log.csv?course_id={course}"),
    Case("sessions", "GET", "/sessions?course_id={course}", lists=True),
    Case("session", "DELETE", "/sessions/{session}", 204),
    Case("bans", "GET", "/bans?course_id={course}", lists=True),
    Case("bans", "POST", "/bans", 201, body={"course_id": "{course}", "username": "ann"}),
    Case("ban", "DELETE", "/bans/bob/{course}", 204),
    Case("exams", "GET", "/courses/{course}/exams", lists=True),
    Case("exam", "GET", EXAM),
    Case("exam", "PUT", EXAM, body={"mode": "manual", "settings": {"max_displays": 2}}),
    Case("exam", "PATCH", EXAM, body={"on_leave": "release"}),
    Case("exam", "DELETE", EXAM, 204, body={"force": True}),
    Case("exam-file", "GET", EXAM + "/config.seb"),
    Case("exam-launch", "GET", EXAM + "/launch"),
    Case("exam-upload", "POST", EXAM + "/upload", body={"policy": "adapt"}, form=True),
    Case("release", "POST", EXAM + "/release", body={"user_id": 1, "reason": "fire alarm"}),
    Case("course-configuration", "GET", "/courses/{course}/configuration"),
    Case("course-configuration", "PUT", "/courses/{course}/configuration", body={"CONFIG_KEYS": [KEY]}),
    Case("course-configuration", "PATCH", "/courses/{course}/configuration", body={"CONFIG_KEYS": [KEY]}),
    Case("course-configuration", "DELETE", "/courses/{course}/configuration", 204),
    Case("templates", "GET", "/templates", lists=True, global_only=True),
    Case("templates", "POST", "/templates", 201, body={"name": "Room 4"}, global_only=True),
    Case("template", "GET", "/templates/77", global_only=True),
    Case("template", "PUT", "/templates/77", global_only=True,
         body={"name": "Room 4", "settings": {"max_displays": 2}}),
    Case("template", "DELETE", "/templates/78", 204, global_only=True),
]  # fmt: skip


def section(course: str, number: int = 0) -> str:
    return f"block-{course.partition('-')[2]}+type@sequential+block@exam{number}"


@dataclass
class World:
    """Rows of two courses, of which the caller may have many."""

    client: Client
    rows: int = field(default=0)

    def add(self, upto: int) -> None:
        now, common = timezone.now(), {"course_id": CourseKey.from_string(COURSE)}
        for number in range(self.rows, upto):
            make_exam("timed", course_id=COURSE, content_id=section(COURSE, number))
            exam(COURSE, number, mode="template", template_id=TEMPLATE_ID)
            session(COURSE, number, user_id=1, ended=now, end_reason="quit")
            ban(f"u{number}", COURSE)
            SebConfigTemplate.objects.create(name=f"Template {number}")
            SebAccessLog.objects.create(created=now, last_seen=now, decision="refused", username=f"u{number}", **common)
        self.rows = upto


def exam(course: str, number: int, **values: Any) -> None:
    SebExamConfiguration.objects.create(
        course_id=course,
        content_id=section(course, number),
        origin=ORIGIN,
        config_key=KEY,
        config_xml=FILE.decode(),
        source_name="exam.seb",
        **values,
    )


def session(course: str, number: int, **values: Any) -> None:
    now = timezone.now()
    SebSession.objects.create(
        username=f"u{number}",
        course_id=course,
        content_id=section(course),
        proof="js_ck",
        created=now,
        last_proof=now,
        last_seen=now,
        expires=now + timedelta(hours=1),
        **{"user_id": 2, **values},
    )


def ban(username: str, course: str) -> None:
    ForbiddenCourseAccess.objects.create(username=username, course_id=course, access_blocked=True)


@pytest.fixture
def world(staff_browser: Client, learner: Any, host: Any) -> World:
    host.settings.SEB_USER_BANNING_ENABLED = True
    SebConfigTemplate.objects.create(pk=TEMPLATE_ID, name="Room 3")
    SebConfigTemplate.objects.create(pk=TEMPLATE_ID + 1, name="Unused")
    for number, course in enumerate((COURSE, OTHER)):
        make_exam("timed", course_id=course, content_id=section(course, 900))
        exam(course, 900, mode="manual")
        session(course, 900, id=SESSION_ID.format(number))
        ban("bob", course)
    made = World(staff_browser)
    made.add(2)
    return made


def sent(case: Case, client: Client, course: str = COURSE, more: Any = None, query: str = "") -> Any:
    values = {
        "course": course,
        "exam": section(course, 900),
        "session": SESSION_ID.format(0 if course == COURSE else 1),
    }

    def filled(value: Any) -> Any:
        return value.format(**values) if isinstance(value, str) else value

    path = API + case.path.format(**values)
    path += ("&" if "?" in path else "?") + query if query else ""
    if case.body is None:
        return client.generic(case.method, path)
    body = {name: filled(value) for name, value in case.body.items()} | (more if isinstance(more, dict) else {})
    if case.form:
        data = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("exam.seb", FILE), **body})
        return client.generic(case.method, path, data, MULTIPART_CONTENT)
    text = json.dumps(body) if more is None or isinstance(more, dict) else more
    return client.generic(case.method, path, text, "application/json")


def undone(action: Callable[[], Any]) -> Any:
    """Return what an action returns, and take back what it wrote."""
    with transaction.atomic():
        answer = action()
        if answer.streaming:
            answer.streaming_content = [b"".join(answer.streaming_content)]
        transaction.set_rollback(True)
    return answer


def test_every_route_is_in_the_table():
    assert {case.route for case in CASES} == {pattern.name for pattern in urls.urlpatterns}


def test_every_method_is_in_the_table():
    methods = {
        (pattern.name, method.upper())
        for pattern in urls.urlpatterns
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.cls, method)
    }
    assert {(case.route, case.method) for case in CASES} == methods


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    ("caller", "course", "allowed"),
    [
        pytest.param("anonymous", COURSE, "nobody", id="anonymous"),
        pytest.param("learner", COURSE, "nobody", id="learner"),
        pytest.param("course staff", COURSE, "of one course", id="course-staff"),
        pytest.param("course staff", OTHER, "nobody", id="staff-of-another-course"),
        pytest.param("global staff", OTHER, "everything", id="global-staff"),
    ],
)
def test_who_may(world, callers, case, caller, course, allowed):
    answer = sent(case, callers[caller], course)
    may = allowed == "everything" or (allowed == "of one course" and not case.global_only)
    assert answer.status_code == (case.status if may else 403), answer.content
    if not may:
        assert refusal(answer)[1] == ("not_authenticated" if caller == "anonymous" else "staff_required")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_query_parameter_that_it_does_not_have(world, case):
    answer = sent(case, world.client, query="colour=red")
    assert (refusal(answer), fields(answer)) == ((422, "unknown_parameter"), ["colour"])


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize("case", [case for case in CASES if case.body is not None], ids=str)
def test_a_member_that_it_does_not_have(world, case):
    answer = sent(case, world.client, more={"colour": "red"})
    assert (refusal(answer), fields(answer)) == ((422, "unknown_parameter"), ["colour"])


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize("text", ["[]", "{", '"x"', "null", "7", '{"a":' * 3000, "\xff"], ids=range(7))
@pytest.mark.parametrize("case", [case for case in CASES if case.body is not None and not case.form], ids=str)
def test_a_body_that_is_no_object(world, case, text):
    assert refusal(sent(case, world.client, more=text)) == (400, "bad_request")


@pytest.mark.parametrize("case", [case for case in CASES if case.method != "GET"], ids=str)
def test_writes_from_another_site_are_refused(world, staff, case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    assert refusal(sent(case, client)) == (403, "csrf_failed")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_it_costs_does_not_grow(world, case):
    def cost() -> int:
        query = "page_size=100" if case.lists else ""
        undone(lambda: sent(case, world.client, query=query))  # fills what is cached
        with CaptureQueriesContext(connection) as captured:
            answer = undone(lambda: sent(case, world.client, query=query))
        assert answer.status_code == case.status
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    few = cost()
    world.add(30)
    assert cost() == few
    assert few <= 20
