"""Creates the people, the course and the OAuth2 clients of the demo.

Seeding again changes nothing, except that it keeps one due date in the future and follows the chosen provider.
"""

from __future__ import annotations

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
from opaque_keys.edx.keys import CourseKey
from waffle import get_waffle_switch_model

from demo.credentials import CONSTRUCTOR, PROVIDER_CLIENT, RETIREMENT_CLIENT, SEB_COURSE_ID, SEB_EXAM_COURSE_ID
from demo.host import onboarding, publishing
from demo.host.forms import apply_kind
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
from demo.host.seed_data import (
    COURSE_ID,
    IN_SAFE_EXAM_BROWSER,
    ONBOARDING,
    PERSONAS,
    PRACTICE,
    PROCTORED,
    READING,
    TIMED,
    SubsectionData,
)
from edx_proctoring.api import add_allowance_for_user, get_exam_by_content_id
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import setup

RPNOW = "software_secure"
# The providers that ``python -m demo --provider`` chooses from. Any other was chosen in Studio and stays.
STARTED_WITH = ("mock_provider", RPNOW, CONSTRUCTOR)
ADDITIONAL_TIME = "additional_time_granted"


def seed() -> str:
    """Create what is missing. Returns one line for people."""
    _update_site()
    _create_clients_and_groups(_create_people())
    course, is_new = _get_or_create_course()
    if is_new:
        with transaction.atomic():
            _create_content(course)
            _add_members(course)
    _set_recordings_switch()
    changed = [_keep_final_due_in_the_future(course), _follow_chosen_provider(course)]
    if is_new or any(changed):
        with override_settings(DEMO_EAGER_TASKS=True):  # when the host starts, the exams are registered
            publishing.publish(course)
    if is_new:
        _give_extra_time()
    _add_seb_courses()
    return f"course {course.course_id}: {'created' if is_new else 'already there'}"


def _create_people() -> dict[str, Any]:
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


def _create_clients_and_groups(users: dict[str, Any]) -> None:
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


def _update_site() -> None:
    Site.objects.update_or_create(
        pk=settings.SITE_ID, defaults={"domain": settings.SITE_NAME, "name": settings.PLATFORM_NAME}
    )


def _get_or_create_course() -> tuple[CourseRun, bool]:
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


def _add_seb_courses() -> None:
    """Create two more courses: the settings protect all of one, and one exam of the other demands the browser."""
    _add_seb_course(SEB_COURSE_ID, "Astronomy in Safe Exam Browser", [("week1", "Week 1: the solar system", [READING])])
    _add_seb_course(
        SEB_EXAM_COURSE_ID,
        "Astronomy: an exam in Safe Exam Browser",
        [("week1", "Week 1: the solar system", [READING]), ("exams", "Exams", [IN_SAFE_EXAM_BROWSER])],
    )
    _keep_seb_file_at_our_address()


def _add_seb_course(course_id: str, name: str, sections: list[tuple[str, str, list[SubsectionData]]]) -> None:
    now = timezone.now()
    course, is_new = CourseRun.objects.get_or_create(
        course_id=course_id,
        defaults={
            "display_name": name,
            "starts_at": now - timedelta(days=30),
            "ends_at": now + timedelta(days=365),
            "proctoring_provider": "null",
        },
    )
    if not is_new:
        return
    with transaction.atomic():
        _create_sections(course, sections)
        users = get_user_model().objects.in_bulk(["vera", "victor", "stan"], field_name="username")
        for username in ("vera", "victor"):
            Enrollment.objects.create(user=users[username], course=course, mode="verified")
        CourseRole.objects.create(user=users["stan"], course=course, role=CourseRole.STAFF)
    with override_settings(DEMO_EAGER_TASKS=True):
        publishing.publish(course)


def _keep_seb_file_at_our_address() -> None:
    """Make the exam's file, and make it again when the demo is started on another port."""
    content_id = (
        f"{SEB_EXAM_COURSE_ID.replace('course-v1:', 'block-v1:')}+type@sequential+block@{IN_SAFE_EXAM_BROWSER.block}"
    )
    where = {"course_id": CourseKey.from_string(SEB_EXAM_COURSE_ID), "content_id": content_id}
    row = SebExamConfiguration.objects.filter(**where).first()
    if row is None:
        row = SebExamConfiguration(**where)
        change = setup.Change(mode=Mode.MANUAL)
    elif row.origin != settings.LMS_ROOT_URL and row.mode == Mode.MANUAL:
        change = setup.Change(mode=Mode.MANUAL, renew_origin=True)
    else:
        return
    setup.save(row, change, origin=settings.LMS_ROOT_URL, by="stan", force=True)


def _create_content(course: CourseRun) -> None:
    _create_sections(course, [("week1", "Week 1: the solar system", [READING]), ("exams", "Exams", _exams(course))])


def _create_sections(course: CourseRun, sections: list[tuple[str, str, list[SubsectionData]]]) -> None:
    key = course.course_id.replace("course-v1:", "block-v1:")
    for position, (block, title, subsections) in enumerate(sections):
        section = Section.objects.create(
            course=course,
            usage_key=f"{key}+type@chapter+block@{block}",
            display_name=title,
            position=position,
        )
        for number, data in enumerate(subsections):
            _create_sequence(section, key, data, number)


def _exams(course: CourseRun) -> list[SubsectionData]:
    has_onboarding = onboarding.is_supported_by(course.proctoring_provider)
    return [*TIMED, ONBOARDING if has_onboarding else PRACTICE, *PROCTORED]


def _create_sequence(section: Section, key: str, data: SubsectionData, position: int) -> None:
    sequence = Sequence(
        section=section,
        usage_key=f"{key}+type@sequential+block@{data.block}",
        display_name=data.title,
        position=position,
        default_time_limit_minutes=data.minutes,
        exam_review_rules=data.rules,
        due=_rounded(timezone.now() + data.due_in) if data.due_in else None,
        # One day after the other: credit requirements follow the start dates, so the midterm comes before the final.
        starts_at=section.course.starts_at + timedelta(days=position),
        edited_by=get_user_model().objects.get(username="stan").pk,
    )
    apply_kind(sequence, data.kind)
    sequence.save()
    # Two questions per page, so that some exams have several pages.
    for page, first in enumerate(range(0, len(data.questions), 2)):
        unit = Unit.objects.create(
            sequence=sequence,
            usage_key=f"{key}+type@vertical+block@{data.block}_page{page + 1}",
            display_name=f"Page {page + 1}",
            position=page,
        )
        for number, question in enumerate(data.questions[first : first + 2]):
            Problem.objects.create(
                unit=unit,
                usage_key=f"{key}+type@problem+block@{data.block}_question{first + number + 1}",
                prompt=question.prompt,
                choices=list(question.choices),
                answer=question.answer,
                position=number,
            )


def _add_members(course: CourseRun) -> None:
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


def _give_extra_time() -> None:
    for block in ("timed_quiz", "midterm"):
        content_id = f"{COURSE_ID.replace('course-v1:', 'block-v1:')}+type@sequential+block@{block}"
        try:
            exam = get_exam_by_content_id(COURSE_ID, content_id)
        except ProctoredExamNotFoundException:  # special exams are switched off
            return
        add_allowance_for_user(exam["id"], "vera", ADDITIONAL_TIME, "15")


def _keep_final_due_in_the_future(course: CourseRun) -> bool:
    """Move the final exam's due date when the demo is started again after some days."""
    data = next(exam for exam in PROCTORED if exam.block == "final")
    final = Sequence.objects.filter(section__course=course, usage_key__endswith=f"+block@{data.block}").first()
    if final is None or data.due_in is None or final.due is None or final.due > timezone.now() + timedelta(hours=12):
        return False
    final.due = _rounded(timezone.now() + data.due_in)
    final.save(update_fields=["due"])
    return True


def _follow_chosen_provider(course: CourseRun) -> bool:
    """Change the provider when the demo is started again with another one.

    A provider that is merely missing from the configuration stays the course's, as on the platform.
    """
    if settings.COURSE_PROVIDER not in STARTED_WITH or course.proctoring_provider not in STARTED_WITH:
        return False
    if course.proctoring_provider == settings.COURSE_PROVIDER:
        return False
    course.proctoring_provider = settings.COURSE_PROVIDER
    course.save(update_fields=["proctoring_provider"])
    return True


def _set_recordings_switch() -> None:
    """Let the course team open RPNow's recordings, which this switch allows."""
    get_waffle_switch_model().objects.get_or_create(
        name="edx_proctoring.reds_api_redirect", defaults={"active": settings.COURSE_PROVIDER == RPNOW}
    )


def _rounded(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
