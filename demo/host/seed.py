"""The people, the course and the clients of the demo (Spec: host-platform.md 13.8).

Seeding twice changes nothing but due dates that have come too near.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import transaction
from django.test.utils import override_settings
from django.utils import timezone
from oauth2_provider.models import get_application_model
from waffle import get_waffle_switch_model

from demo.host import publishing
from demo.host.models import (
    Certificate,
    CourseRole,
    CourseRun,
    Enrollment,
    Problem,
    Section,
    Sequence,
    Unit,
    UserProfile,
    VerifiedName,
)
from edx_proctoring.api import add_allowance_for_user, get_exam_by_content_id
from edx_proctoring.exceptions import ProctoredExamNotFoundException

COURSE_ID = "course-v1:Demo+PROC+2026"
PROVIDER = "mock_provider"
RPNOW = "software_secure"
# Providers that a start of the demo chooses; a provider that somebody chose in Studio stays.
STARTED_WITH = (PROVIDER, RPNOW)
# Credentials with which the mock provider calls the host. Local and invented, like everything here.
PROVIDER_CLIENT = ("mock-provider-client", "mock-provider-client-secret")
RETIREMENT_CLIENT = ("retirement-client", "retirement-client-secret")
ADDITIONAL_TIME = "additional_time_granted"


@dataclass(frozen=True, slots=True)
class Persona:
    """One person of the cast. ``mode`` None: not enrolled."""

    username: str
    name: str
    shows: str
    mode: str | None = None
    is_active: bool = True
    role: str = ""
    is_staff: bool = False
    is_superuser: bool = False


PERSONAS = [
    Persona("vera", "Vera Lindqvist", "verified learner with 15 minutes of extra time", mode="verified"),
    Persona("victor", "Victor Okafor", "verified learner", mode="verified"),
    Persona("adam", "Adam Novak", "audit learner: may not be proctored", mode="audit"),
    Persona("hana", "Hana Sato", "honor learner", mode="honor"),
    Persona("ines", "Inês Duarte", "has left the course", mode="verified", is_active=False),
    Persona("nora", "Nora Haddad", "not enrolled"),
    Persona("stan", "Stan Kowalski", "course staff", role=CourseRole.STAFF),
    Persona("iris", "Iris Moreau", "course instructor", role=CourseRole.INSTRUCTOR),
    Persona("gina", "Gina Ferrari", "global staff, may enter Django admin", is_staff=True, is_superuser=True),
    Persona("rey", "Rey Castillo", "service user of the proctoring provider"),
    Persona("wanda", "Wanda Fischer", "retirement worker"),
    Persona("sam", "Sam Adeyemi", "support staff", is_staff=True),
]


@dataclass(frozen=True, slots=True)
class Question:
    """A problem of the demo. No choices: the learner types the answer."""

    prompt: str
    answer: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExamPlan:
    """One subsection. ``kind`` as in the editor; ``due_in`` from the moment of seeding."""

    block: str
    title: str
    kind: str
    questions: tuple[Question, ...]
    minutes: int | None = None
    due_in: timedelta | None = None
    rules: str = ""


READING = ExamPlan(
    "orbits",
    "Reading: how planets move",
    "none",
    (
        Question("What keeps a planet on its path around a star?", "Gravity", ("Friction", "Gravity", "Magnetism")),
        Question("How many planets orbit our Sun? Type a number.", "8"),
    ),
)
EXAMS = [
    ExamPlan(
        "timed_quiz",
        "Timed quiz: the inner planets",
        "timed",
        (
            Question("Which planet is closest to the Sun?", "Mercury", ("Mars", "Mercury", "Venus")),
            Question("Which planet is the hottest?", "Venus", ("Earth", "Mercury", "Venus")),
            Question("How many moons does Mars have? Type a number.", "2"),
        ),
        minutes=10,
        due_in=timedelta(days=180),
    ),
    ExamPlan(
        "closed_quiz",
        "Timed quiz: the Moon (due date has passed)",
        "timed",
        (Question("How long is a lunar month, in days? Type a whole number.", "29"),),
        minutes=10,
        due_in=timedelta(days=-7),
    ),
    ExamPlan(
        "practice_exam",
        "Practice exam: try the proctoring software",
        "practice",
        (Question("Is this exam graded?", "No", ("No", "Yes")),),
        minutes=15,
    ),
    ExamPlan(
        "midterm",
        "Midterm exam: stars",
        "proctored",
        (
            Question("What is the nearest star to Earth?", "The Sun", ("Proxima Centauri", "Sirius", "The Sun")),
            Question("What do stars fuse for most of their lives?", "Hydrogen", ("Carbon", "Helium", "Hydrogen")),
            Question("Which color do the hottest stars have?", "Blue", ("Blue", "Red", "Yellow")),
        ),
        minutes=30,
        due_in=timedelta(days=120),
        rules="One sheet of handwritten notes is allowed. No calculator, no phone.",
    ),
    ExamPlan(
        "final",
        "Final exam: galaxies",
        "proctored",
        (
            Question("What is our galaxy called?", "The Milky Way", ("Andromeda", "The Milky Way")),
            Question("What lies at the centre of most large galaxies?", "A black hole", ("A black hole", "A pulsar")),
        ),
        minutes=60,
        due_in=timedelta(days=2),
        rules="Closed book. Head and hands must stay visible.",
    ),
]


def seed() -> str:
    """Create what is missing; returns one line for people."""
    _site()
    _clients_and_groups(_people())
    course, is_new = _course()
    if is_new:
        with transaction.atomic():
            _content(course)
            _members(course)
    _recordings_switch()
    changed = [_keep_near_date_ahead(course), _keep_provider(course)]
    if is_new or any(changed):
        with override_settings(DEMO_EAGER_TASKS=True):  # the host starts afterwards and finds everything registered
            publishing.publish(course)
    if is_new:
        _extra_time()
    return f"course {course.course_id}: {'created' if is_new else 'already there'}"


def _people() -> dict[str, Any]:
    known = get_user_model().objects.filter(username__in=[persona.username for persona in PERSONAS])
    users = {user.username: user for user in known}
    for persona in PERSONAS:
        if persona.username in users:
            continue
        user = get_user_model().objects.create_user(
            persona.username,
            email=f"{persona.username}@demo.example",
            is_staff=persona.is_staff,
            is_superuser=persona.is_superuser,
        )
        UserProfile.objects.create(user=user, name=persona.name, country="SE", persona=persona.shows)
        users[persona.username] = user
    return users


def _clients_and_groups(users: dict[str, Any]) -> None:
    for backend in STARTED_WITH:
        group, _ = Group.objects.get_or_create(name=f"{backend}_review")
        group.user_set.add(users["rey"])
    application = get_application_model()
    for (client_id, secret), user in ((PROVIDER_CLIENT, users["rey"]), (RETIREMENT_CLIENT, users["wanda"])):
        if not application.objects.filter(client_id=client_id).exists():
            application.objects.create(
                client_id=client_id,
                client_secret=secret,
                user=user,
                name=client_id,
                client_type=application.CLIENT_CONFIDENTIAL,
                authorization_grant_type=application.GRANT_CLIENT_CREDENTIALS,
            )


def _site() -> None:
    Site.objects.update_or_create(
        pk=settings.SITE_ID, defaults={"domain": settings.SITE_NAME, "name": settings.PLATFORM_NAME}
    )


def _course() -> tuple[CourseRun, bool]:
    now = timezone.now()
    return CourseRun.objects.get_or_create(
        course_id=COURSE_ID,
        defaults={
            "display_name": "Astronomy 101: proctored exams",
            "starts_at": now - timedelta(days=30),
            "ends_at": now + timedelta(days=365),
            "allow_proctoring_opt_out": True,
            "proctoring_provider": settings.COURSE_PROVIDER,
            "proctoring_escalation_email": "course-team@demo.example",
            "is_credit_course": True,
            "rejected_exam_overrides_grade": True,
        },
    )


def _content(course: CourseRun) -> None:
    key = COURSE_ID.replace("course-v1:", "block-v1:")
    for position, (block, title, plans) in enumerate(
        [("week1", "Week 1: the solar system", [READING]), ("exams", "Exams", EXAMS)]
    ):
        section = Section.objects.create(
            course=course,
            usage_key=f"{key}+type@chapter+block@{block}",
            display_name=title,
            position=position,
        )
        for place, plan in enumerate(plans):
            _sequence(section, key, plan, place)


def _sequence(section: Section, key: str, plan: ExamPlan, position: int) -> None:
    kind = plan.kind
    sequence = Sequence.objects.create(
        section=section,
        usage_key=f"{key}+type@sequential+block@{plan.block}",
        display_name=plan.title,
        position=position,
        is_time_limited=kind != "none",
        is_proctored_enabled=kind in ("proctored", "practice", "onboarding"),
        is_practice_exam=kind == "practice",
        is_onboarding_exam=kind == "onboarding",
        default_time_limit_minutes=plan.minutes,
        exam_review_rules=plan.rules,
        due=_rounded(timezone.now() + plan.due_in) if plan.due_in else None,
        # One a day: credit requirements are taken in the order of their start dates (host-platform.md 6.8), and
        # the midterm shall not wait for the final.
        starts_at=section.course.starts_at + timedelta(days=position),
        edited_by=get_user_model().objects.get(username="stan").pk,
    )
    # Two questions a page: learners shall have something to turn over.
    for page, first in enumerate(range(0, len(plan.questions), 2)):
        unit = Unit.objects.create(
            sequence=sequence,
            usage_key=f"{key}+type@vertical+block@{plan.block}_page{page + 1}",
            display_name=f"Page {page + 1}",
            position=page,
        )
        for place, question in enumerate(plan.questions[first : first + 2]):
            Problem.objects.create(
                unit=unit,
                usage_key=f"{key}+type@problem+block@{plan.block}_question{first + place + 1}",
                prompt=question.prompt,
                choices=list(question.choices),
                answer=question.answer,
                position=place,
            )


def _members(course: CourseRun) -> None:
    users = {user.username: user for user in get_user_model().objects.all()}
    for persona in PERSONAS:
        user = users[persona.username]
        if persona.mode:
            Enrollment.objects.create(user=user, course=course, mode=persona.mode, is_active=persona.is_active)
        if persona.role:
            CourseRole.objects.create(user=user, course=course, role=persona.role)
    for username in ("vera", "victor"):
        Certificate.objects.create(user=users[username], course=course)
    VerifiedName.objects.create(user=users["vera"], verified_name="Vera Maria Lindqvist", profile_name="Vera Lindqvist")


def _extra_time() -> None:
    for block in ("timed_quiz", "midterm"):
        content_id = f"{COURSE_ID.replace('course-v1:', 'block-v1:')}+type@sequential+block@{block}"
        try:
            exam = get_exam_by_content_id(COURSE_ID, content_id)
        except ProctoredExamNotFoundException:  # special exams are switched off
            return
        add_allowance_for_user(exam["id"], "vera", ADDITIONAL_TIME, "15")


def _keep_near_date_ahead(course: CourseRun) -> bool:
    """A due date "in two days" must not lie in the past when the demo is started again next week."""
    near = next(plan for plan in EXAMS if plan.block == "final")
    final = Sequence.objects.filter(section__course=course, usage_key__endswith=f"+block@{near.block}").first()
    if final is None or near.due_in is None or final.due is None or final.due > timezone.now() + timedelta(hours=12):
        return False
    final.due = _rounded(timezone.now() + near.due_in)
    final.save(update_fields=["due"])
    return True


def _keep_provider(course: CourseRun) -> bool:
    """The demo may be started again with another provider."""
    if course.proctoring_provider == settings.COURSE_PROVIDER or course.proctoring_provider not in STARTED_WITH:
        return False
    course.proctoring_provider = settings.COURSE_PROVIDER
    course.save(update_fields=["proctoring_provider"])
    return True


def _recordings_switch() -> None:
    """With RPNow the course team may open recordings, which a platform switches on when it is ready for that."""
    get_waffle_switch_model().objects.get_or_create(
        name="edx_proctoring.reds_api_redirect", defaults={"active": settings.COURSE_PROVIDER == RPNOW}
    )


def _rounded(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
