"""Users, clients and objects for the tests of the REST API."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from edx_proctoring import constants, runtime
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockInstructorService
from tests import factories

# Ids of the old form; other tests use the new one.
COURSE_A = "edX/Physics/2026"
COURSE_B = "edX/History/2026"


class CourseStaff(MockInstructorService):
    """An instructor service that knows who is staff of which course."""

    def __init__(self, staff: Mapping[User, Iterable[str]]) -> None:
        super().__init__()
        self._courses = {user.pk: set(courses) for user, courses in staff.items()}

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        return course_id in self._courses.get(user.pk, ())


@pytest.fixture
def client_of() -> Callable[[User | None], APIClient]:
    """Return a function that signs a user in by session and returns the client; None for an anonymous one."""

    def sign_in(user: User | None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@dataclass
class World:
    """Course A with a running proctored exam, course B with another team."""

    exam: ProctoredExam
    attempt: ProctoredExamStudentAttempt
    foreign_exam: ProctoredExam
    foreign_attempt: ProctoredExamStudentAttempt
    people: dict[str, User | None]
    failed_attempt: ProctoredExamStudentAttempt | None = None

    def __getitem__(self, role: str) -> User | None:
        return self.people[role]


@pytest.fixture
def world(db: None, credit: Any) -> World:
    """One user per role, and the objects of their requests."""
    owner = factories.make_user("owner")
    exam = factories.make_exam(course_id=COURSE_A, content_id="physicsexam")
    foreign_exam = factories.make_exam(course_id=COURSE_B, content_id="historyexam")
    reviewer = factories.make_user("reviewer")
    reviewer.groups.add(Group.objects.create(name="test_review"))
    people: dict[str, User | None] = {
        "anonymous": None,
        "stranger": factories.make_user("stranger"),
        "owner": owner,
        "course_staff": factories.make_user("course_staff"),
        "foreign_staff": factories.make_user("foreign_staff"),
        "global_staff": factories.make_staff("global_staff"),
        "reviewer": reviewer,
    }
    runtime.set_runtime_service(
        "instructor",
        CourseStaff({people["course_staff"]: [COURSE_A], people["foreign_staff"]: [COURSE_B]}),  # type: ignore[dict-item]
    )
    return World(
        exam=exam,
        attempt=factories.make_attempt(exam, owner, status=S.started, external_id="vendor-1"),
        foreign_exam=foreign_exam,
        foreign_attempt=factories.make_attempt(foreign_exam, status=S.started, external_id="vendor-2"),
        people=people,
    )


@pytest.fixture
def as_role(client_of: Callable[[User | None], APIClient], world: World) -> Callable[[str], APIClient]:
    """Return a function that gives the client of a role of the world."""
    return lambda role: client_of(world[role])


@pytest.fixture
def learner(db: None) -> User:
    """A learner."""
    return factories.make_user("learner")


@pytest.fixture
def staff(db: None) -> User:
    """Global staff."""
    return factories.make_staff("boss")


@pytest.fixture
def learner_client(client_of: Callable[[User | None], APIClient], learner: User) -> APIClient:
    """The learner's client."""
    return client_of(learner)


@pytest.fixture
def staff_client(client_of: Callable[[User | None], APIClient], staff: User) -> APIClient:
    """The global staff's client."""
    return client_of(staff)


@pytest.fixture
def course_staff_client(client_of: Callable[[User | None], APIClient], world: World) -> APIClient:
    """The client of the staff of course A."""
    return client_of(world["course_staff"])


@pytest.fixture
def provider(db: None) -> User:
    """The user that the provider ``test`` signs in as."""
    user = factories.make_user("test_provider")
    user.groups.add(Group.objects.create(name="test_review"))
    return user


@pytest.fixture
def provider_client(client_of: Callable[..., APIClient], provider: User) -> APIClient:
    """The provider's client."""
    return client_of(provider)


@pytest.fixture
def rpnow_attempt() -> ProctoredExamStudentAttempt:
    """A submitted attempt at an exam of RPNow."""
    return factories.make_attempt(
        factories.make_exam(backend="software_secure"), status=S.submitted, external_id="Locator-1"
    )


@pytest.fixture
def profiles(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Any]]:
    """Return a function that sets the provider's reply and returns the arguments of its calls."""
    monkeypatch.setattr(constants, "ONBOARDING_PROFILE_API", True)

    def answer(reply: Any) -> list[Any]:
        asked: list[Any] = []

        def get_onboarding_profile_info(course_id: str, **kwargs: Any) -> Any:
            asked.append((course_id, kwargs))
            if isinstance(reply, Exception):
                raise reply
            return reply

        monkeypatch.setattr(test_backend, "get_onboarding_profile_info", get_onboarding_profile_info)
        return asked

    return answer
