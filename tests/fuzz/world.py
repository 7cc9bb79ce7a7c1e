"""The objects of generated requests: two courses, exams and attempts of each kind, a user per role."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import rules
from django.contrib.auth.models import Group, User
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import runtime
from edx_proctoring.api.exams import allowance_changes
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRemoveAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderOnboardingProfilesException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import (
    MockCreditService,
    MockEnrollmentsService,
    MockInstructorService,
    MockLearningSequencesService,
    MockScheduleItemData,
)
from tests import factories

# One course id of each form.
COURSE_A: Final = "course-v1:edX+Fuzz+2026"
COURSE_B: Final = "edX/Other/2026"

ROLES: Final = (
    "anonymous",
    "stranger",
    "owner",
    "course_staff",
    "foreign_staff",
    "global_staff",
    "reviewer",
    "retirement",
)

# Readable for the learner, the course team, global staff and the provider only.
SECRETS: Final = ("owner@secret.test", "CODE-SECRET")

# States of the provider ``test``, drawn by the fuzzer.
MOODS: Final = ("well", "down", "refusing", "onboarding")


class MoodyProvider(TestBackendProvider):
    """A provider that succeeds or fails according to its ``mood``."""

    mood = "well"

    def _complain(self, error: type[Exception], *more: Any) -> None:
        if self.mood == "down":
            raise error("The provider does not answer.", *more)

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        """Return an id, or fail according to the mood."""
        self._complain(BackendProviderCannotRegisterAttempt, 503)
        if self.mood == "refusing":
            raise BackendProviderCannotRegisterAttempt("<html>No</html>", 500)
        if self.mood == "onboarding":
            raise BackendProviderOnboardingException(S.onboarding_missing)
        return f"registered-{context['attempt_code']}"[:255]

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> bool:
        """Confirm, or fail according to the mood."""
        self._complain(BackendProviderCannotRemoveAttempt)
        return self.mood == "well"

    def retire_user(self, user_id: str) -> bool:
        """Confirm, or fail according to the mood."""
        self._complain(BackendProviderCannotRetireUser)
        return self.mood == "well"

    def get_onboarding_profile_info(self, course_id: str, **options: Any) -> Any:
        """Return no profiles, or fail according to the mood."""
        self._complain(BackendProviderOnboardingProfilesException, 503)
        return {"results": []} if self.mood == "refusing" else None


class CourseTeams(MockInstructorService):
    """An instructor service that knows who is staff of which course."""

    def __init__(self, staff: dict[int, str]) -> None:
        super().__init__()
        self._staff = staff

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        return self._staff.get(user.pk) == course_id


@dataclass
class World:
    """The users and rows that requests can refer to."""

    people: dict[str, User | None]
    exams: dict[str, ProctoredExam] = field(default_factory=dict)
    attempts: dict[str, ProctoredExamStudentAttempt] = field(default_factory=dict)
    effect_id: int = 0
    allowance_ids: list[int] = field(default_factory=list)
    change_id: int = 0
    inbox_id: int = 0
    note_id: int = 0
    job_code: str = ""
    # Of Safe Exam Browser, where there is one.
    session_id: str = ""
    template_id: int = 0

    @property
    def user_ids(self) -> list[int]:
        """Return the ids of all users."""
        return [user.pk for user in self.people.values() if user is not None]

    @property
    def names(self) -> list[str]:
        """Return usernames and e-mail addresses."""
        users = [user for user in self.people.values() if user is not None]
        return [user.username for user in users] + [user.email for user in users]


def build_world() -> World:
    """Create the rows. The caller rolls them back."""
    people: dict[str, User | None] = {role: factories.make_user(role) for role in ROLES if role != "anonymous"}
    people = {"anonymous": None, **people}
    owner, staff = people["owner"], people["global_staff"]
    assert owner is not None
    assert staff is not None
    owner.email = SECRETS[0]
    owner.save()
    staff.is_staff = True
    staff.save()
    for role, group in (("reviewer", "test_review"), ("reviewer", "software_secure_review"), ("retirement", "retire")):
        people[role].groups.add(Group.objects.get_or_create(name=group)[0])  # type: ignore[union-attr]
    world = World(people)
    _make_exams(world)
    _make_attempts(world, owner)
    factories.make_policy(world.exams["proctored"], staff)
    given = [
        factories.make_allowance(world.exams["timed"], owner),
        factories.make_allowance(world.exams["foreign"], people["stranger"]),
    ]
    world.allowance_ids = [allowance.pk for allowance in given]
    world.change_id = allowance_changes.change_allowance(given[0].pk, value="20", by=staff).row_id or 0
    world.effect_id = factories.make_effect(world.attempts["judged"], state="failed").pk
    world.job_code = factories.make_job(world.attempts["judged"]).code
    world.note_id = factories.make_incident(world.attempts["running"]).pk
    world.inbox_id = factories.make_inbox_entry(world.attempts["handed_in"]).pk
    return world


def _make_exams(world: World) -> None:
    past = timezone.now() - timedelta(days=1)
    for name, kind, more in (
        ("timed", "timed", {}),
        ("new_timed", "timed", {}),
        ("proctored", "proctored", {}),
        ("new_proctored", "proctored", {}),
        ("reviewed", "proctored", {}),
        ("onboarding", "onboarding", {}),
        ("overdue_onboarding", "onboarding", {"due_date": past}),
        ("practice", "practice", {}),
        ("rpnow", "proctored", {"backend": "software_secure"}),
        ("unconfigured", "proctored", {"backend": "gone"}),
        ("inactive", "timed", {"is_active": False}),
        ("foreign", "proctored", {"course_id": COURSE_B, "content_id": "foreign"}),
    ):
        fields = {
            "course_id": COURSE_A,
            "content_id": f"block-v1:edX+Fuzz+2026+type@sequential+block@{name}",
            "exam_name": name,
            **more,
        }
        world.exams[name] = factories.make_exam(kind, **fields)


def _make_attempts(world: World, owner: User) -> None:
    stranger = world.people["stranger"]
    code = SECRETS[1]
    for name, exam, user, status, more in (
        ("running", "timed", owner, S.started, {}),
        ("waiting", "proctored", owner, S.created, {}),
        ("judged", "reviewed", owner, S.submitted, {}),
        ("onboarded", "onboarding", owner, S.submitted, {}),
        ("overdue", "overdue_onboarding", owner, S.rejected, {}),
        ("broken", "practice", owner, S.error, {"is_resumable": True, "time_remaining_seconds": 600}),
        ("recorded", "rpnow", owner, S.submitted, {}),
        ("unwatched", "unconfigured", owner, S.created, {}),
        ("sitting", "proctored", stranger, S.started, {"attempt_code": "CODE-sitting"}),
        ("handed_in", "reviewed", stranger, S.submitted, {"attempt_code": "CODE-handed-in"}),
        ("foreign", "foreign", stranger, S.started, {"attempt_code": "CODE-foreign"}),
    ):
        fields = {"attempt_code": f"{code}-{name}", "external_id": f"vendor-{name}", **more}
        world.attempts[name] = factories.make_attempt(world.exams[exam], user, status, **fields)
    review = factories.make_review(world.attempts["judged"])
    factories.make_comment(review)


def install_services(world: World) -> None:
    """Install new host services. They record their calls, which must not leak from one request into the next."""
    people = world.people
    teams = {people["course_staff"].pk: COURSE_A, people["foreign_staff"].pk: COURSE_B}  # type: ignore[union-attr]
    learners = [{"user": people[role], "mode": "verified"} for role in ("owner", "stranger")]
    onboarding = UsageKey.from_string(world.exams["onboarding"].content_id)
    window = {onboarding: MockScheduleItemData(timezone.now() - timedelta(days=1))}
    for name, service in (
        ("instructor", CourseTeams(teams)),
        ("credit", MockCreditService()),
        ("enrollments", MockEnrollmentsService(learners)),
        ("learning_sequences", MockLearningSequencesService({onboarding}, window)),
    ):
        runtime.set_runtime_service(name, service)


def grant_retirement_permission() -> None:
    """Grant the permission as a host does: to the group of the retirement scripts, not to staff."""
    rules.set_perm("accounts.can_retire_user", rules.is_group_member("retire"))
