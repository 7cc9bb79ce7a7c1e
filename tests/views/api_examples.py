"""The objects that the examples of ``docs/reference/openapi.json`` name, and the users that send them.

Their ids are larger than those that a database gives to other rows of the tests.
"""

from typing import Any, Final

import rules
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockEnrollmentsService
from tests import factories
from tests.constructor.account import make_provider, vendor_token
from tests.views.conftest import CourseStaff
from tools.openapi_v1.shapes import BLOCK, COURSE

RETIREMENT: Final = "accounts.can_retire_user"
ROLES: Final = ("anonymous", "learner", "course_staff", "global_staff", "reviewer", "retirement", "constructor")


def build() -> dict[str, User | None]:
    """Make the objects; return the user of each role, None where nobody signs in."""
    learner = factories.make_user("ada", id=1000031)
    staff = {name: factories.make_user(name) for name in ("course_staff", "reviewer", "retirement")}
    for group in ("test_review", "constructor_review"):
        staff["reviewer"].groups.add(Group.objects.create(name=group))
    staff["retirement"].groups.add(Group.objects.create(name="retirement"))
    boss = factories.make_staff("global_staff")
    runtime.set_runtime_service("instructor", CourseStaff({staff["course_staff"]: [COURSE]}))
    runtime.set_runtime_service("enrollments", MockEnrollmentsService([{"user": learner, "mode": "verified"}]))
    apps.get_app_config("edx_proctoring").backends["constructor"] = make_provider()  # type: ignore[attr-defined]
    exams = {
        number: factories.make_exam(
            kind, id=number, course_id=COURSE, content_id=f"{BLOCK}{name}", exam_name=name.title(), **more
        )
        for number, kind, name, more in (
            (1000011, "proctored", "midterm", {}),
            (1000012, "timed", "quiz", {}),
            (1000013, "onboarding", "onboarding", {}),
            (1000014, "proctored", "broken", {}),
            (1000015, "proctored", "reviewed", {}),
            (1000016, "proctored", "waiting", {}),
            (1000017, "proctored", "rpnow", {"backend": "software_secure"}),
            (1000018, "proctored", "framed", {"backend": "constructor"}),
        )
    }
    for number, exam, status, more in (
        (1000021, 1000011, S.started, {}),
        (1000022, 1000014, S.error, {"is_resumable": True, "time_remaining_seconds": 600}),
        (1000023, 1000015, S.submitted, {}),
        (1000024, 1000016, S.created, {}),
        (1000025, 1000017, S.submitted, {"external_id": "locator-25"}),
    ):
        fields = {"attempt_code": f"CODE-{number % 100}", "external_id": f"acme-{number % 100}", **more}
        attempt = factories.make_attempt(exams[exam], learner, status, **fields)
        # Receivers of the signals take an attempt with an id for a stored one.
        attempt.history.update(id=number)
        type(attempt).objects.filter(pk=attempt.pk).update(id=number)
    factories.make_allowance(exams[1000011], learner)
    factories.make_policy(exams[1000011], boss)
    ConstructorSession.objects.create(
        session_id="0123456789abcdef" * 2,
        backend="constructor",
        attempt_code="CODE-26",
        user_subject="ada",
        course_id=COURSE,
        content_id=exams[1000018].content_id,
        registration={},
        created=timezone.now(),
    )
    return {"anonymous": None, "constructor": None, "learner": learner, "global_staff": boss, **staff}


def grant_retirement() -> Any:
    """Grant the permission to the user ``retirement`` too; return what was granted before."""
    before = rules.permissions.permissions[RETIREMENT]
    rules.set_perm(RETIREMENT, before | rules.is_group_member("retirement"))
    return before


def client_of(role: str, user: User | None) -> APIClient:
    """Return a client that is signed in as this role."""
    client = APIClient()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if role == "constructor":
        client.credentials(HTTP_AUTHORIZATION=vendor_token())
    return client
