"""Brings the demo's database into the situation of every picture: ``python -m tests.browser.gallery_stage``.

Runs with the demo's settings, in a process of its own. Prints JSON: picture -> learner and address. Rows are written
as they are, without transitions and their effects; only where the provider must know an attempt is it registered.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import quote


def main() -> None:
    """Stage everything."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings.combined"
    import django

    django.setup()

    from django.db import transaction

    from tests.browser.gallery import PICTURES

    with transaction.atomic():
        staged = {name: _stage(name, picture) for name, picture in PICTURES.items()}
    json.dump(staged, sys.stdout)


def _stage(name: str, picture: Any) -> dict[str, str]:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from demo.host import dates, published_course
    from demo.host.models import (
        CourseRun,
        CreditRequirement,
        CreditRequirementStatus,
        Enrollment,
        Problem,
        Section,
        Sequence,
        Unit,
        UserProfile,
    )
    from edx_proctoring import api
    from edx_proctoring.api import create_exam_review_policy
    from edx_proctoring.models import ProctoredExam
    from tests.browser.gallery import REST, WITH_ONBOARDING, WITHOUT_PROVIDER

    now = timezone.now()
    is_proctored = picture.kind != "timed"
    backend = picture.backend or (WITH_ONBOARDING if picture.kind == "onboarding" else REST)
    course_id = f"course-v1:Gallery+{name}+2026"
    key = course_id.replace("course-v1:", "block-v1:")
    usage_key = f"{key}+type@sequential+block@exam"
    due = None if picture.due is None else now + timedelta(minutes=picture.due)

    user = get_user_model().objects.create_user(
        f"gallery-{name}", email=f"{name}@demo.example", is_active=picture.is_account_active
    )
    UserProfile.objects.create(user=user, name="Lena Berg")
    course = CourseRun.objects.create(
        course_id=course_id,
        display_name="Astronomy 101: proctored exams",
        starts_at=now - timedelta(days=30),
        ends_at=now + timedelta(days=365),
        allow_proctoring_opt_out=picture.may_opt_out,
        proctoring_provider=backend,
        proctoring_escalation_email="course-team@demo.example",
        graceperiod=int(picture.grace * 60),
        is_credit_course=is_proctored,
    )
    Enrollment.objects.create(user=user, course=course, mode="verified")
    section = Section.objects.create(course=course, usage_key=f"{key}+type@chapter+block@c", display_name="Exams")
    sequence = Sequence.objects.create(
        section=section,
        usage_key=usage_key,
        display_name=_title(picture.kind),
        is_time_limited=True,
        is_proctored_enabled=is_proctored,
        is_practice_exam=picture.kind in ("practice", WITHOUT_PROVIDER),
        is_onboarding_exam=picture.kind == "onboarding",
        default_time_limit_minutes=picture.minutes,
        hide_after_due=picture.hide_after_due,
        due=due,
        starts_at=course.starts_at,
    )
    unit = Unit.objects.create(sequence=sequence, usage_key=f"{key}+type@vertical+block@u", display_name="Page 1")
    Problem.objects.create(
        unit=unit,
        usage_key=f"{key}+type@problem+block@p",
        prompt="Which planet is closest to the Sun?",
        choices=["Mars", "Mercury", "Venus"],
        answer="Mercury",
    )
    course.published = published_course.snapshot(course)
    course.published_version = 1
    course.save()
    dates.publish(course)

    exam = ProctoredExam(
        course_id=course_id,
        content_id=usage_key,
        exam_name=_title(picture.kind),
        time_limit_mins=picture.minutes,
        due_date=due,
        is_proctored=is_proctored,
        is_practice_exam=picture.kind in ("practice", "onboarding", WITHOUT_PROVIDER),
        is_active=True,
        hide_after_due=picture.hide_after_due,
        backend=backend if is_proctored else None,
        external_id=f"gallery-{name}",
    )
    if picture.is_registered:
        _register(exam, user)
    else:
        [exam] = ProctoredExam.objects.bulk_create([exam])
        if picture.status is not None:
            _attempt(exam, user, picture)
    if picture.kind == "proctored":
        create_exam_review_policy(exam.pk, user.pk, "One sheet of handwritten notes is allowed. No calculator.")
        if picture.status and "onboarding" in picture.status:
            _onboarding_exam(course, section, key)
    if picture.prerequisite:
        first = CreditRequirement.objects.create(
            course=course,
            namespace="proctored_exam",
            name=usage_key.replace("block@exam", "block@before"),
            display_name="Midterm exam: stars",
        )
        CreditRequirementStatus.objects.create(user=user, requirement=first, status=picture.prerequisite)
        CreditRequirement.objects.create(
            course=course, namespace="proctored_exam", name=usage_key, display_name=exam.exam_name, position=1
        )
    if picture.is_outage:
        api.start_outage(
            exam.pk,
            until=now + timedelta(hours=1),
            by=user,
            reason="The provider is down.",
            text="Keep your desk clear. An invigilator will come by.",
            include_setup=False,
        )
    _check_situation(name, picture, course, user)
    here = f"/courses/{quote(course_id)}/courseware/{quote(usage_key)}"
    address = picture.address.format(course=quote(course_id)) or here
    return {"username": user.username, "address": f"/xblock/{quote(usage_key)}" if picture.is_alone else address}


def _title(kind: str) -> str:
    """Return the name of the exam. Without its provider, practice and onboarding are one kind."""
    return TITLES.get(kind, TITLES["onboarding"])


TITLES = {
    "timed": "Timed quiz: the inner planets",
    "practice": "Practice exam: try the proctoring software",
    "onboarding": "Onboarding: create your proctoring profile",
    "proctored": "Final exam: galaxies and the large-scale structure of the universe",
}


class _Rules(logging.Handler):
    """Remembers which rows of the decision tables decided."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if " rule=" in text:
            self.seen.append(text.partition(" rule=")[2])


def _check_situation(name: str, picture: Any, course: Any, user: Any) -> None:
    """Raise unless the row that the picture is to show decides what this learner sees."""
    from demo.host import exam_access, published_course
    from demo.host.view_as import Viewer

    if not picture.situation:
        return
    log, rules = logging.getLogger("edx_proctoring.api.learner.page"), _Rules()
    log.setLevel(logging.DEBUG)
    log.addHandler(rules)
    try:
        exam_access.exam_view(course, next(published_course.sequences(course)), Viewer(user_id=user.pk, role="student"))
    finally:
        log.removeHandler(rules)
        log.setLevel(logging.NOTSET)
    if rules.seen != [picture.situation]:
        raise AssertionError(f"{name}: the row that decides is {rules.seen}, not {picture.situation!r}")


def _register(exam: Any, user: Any) -> None:
    """Let the provider know exam and attempt, by the api's own way."""
    from edx_proctoring import api

    fields = ("course_id", "content_id", "exam_name", "time_limit_mins", "due_date", "is_proctored")
    more = ("is_practice_exam", "backend")
    exam.pk = api.create_exam(**{name: getattr(exam, name) for name in (*fields, *more)})
    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)


def _attempt(exam: Any, user: Any, picture: Any) -> None:
    from django.utils import timezone

    from edx_proctoring.models import ProctoredExamStudentAttempt

    fields = dict(picture.attempt)
    now = timezone.now()
    for column, ago in (("started_at", "started_ago"), ("completed_at", "ended_ago")):
        if ago in fields:
            fields[column] = now - timedelta(minutes=fields.pop(ago))
    if "started_at" in fields:
        fields["allowed_time_limit_mins"] = exam.time_limit_mins
    ProctoredExamStudentAttempt.objects.bulk_create(
        [
            ProctoredExamStudentAttempt(
                **{
                    "proctored_exam": exam,
                    "user": user,
                    "status": picture.status,
                    "attempt_code": f"7F3A-{exam.pk:04}",
                    "external_id": f"gallery-{exam.pk}",
                    "taking_as_proctored": exam.is_proctored,
                    "is_sample_attempt": exam.is_practice_exam,
                    **fields,
                }
            )
        ]
    )


def _onboarding_exam(course: Any, section: Any, key: str) -> None:
    """The exam that the learner is sent to."""
    from demo.host import published_course
    from demo.host.models import Sequence
    from edx_proctoring.models import ProctoredExam

    usage_key = f"{key}+type@sequential+block@onboarding"
    Sequence.objects.create(
        section=section,
        usage_key=usage_key,
        display_name=TITLES["onboarding"],
        position=1,
        is_time_limited=True,
        is_proctored_enabled=True,
        is_onboarding_exam=True,
        default_time_limit_minutes=15,
        starts_at=course.starts_at,
    )
    course.published = published_course.snapshot(course)
    course.save()
    ProctoredExam.objects.bulk_create(
        [
            ProctoredExam(
                course_id=course.course_id,
                content_id=usage_key,
                exam_name=TITLES["onboarding"],
                time_limit_mins=15,
                is_proctored=True,
                is_practice_exam=True,
                is_active=True,
                backend="onboarding_provider",
                external_id=f"onboarding-{course.pk}",
            )
        ]
    )


if __name__ == "__main__":
    main()
