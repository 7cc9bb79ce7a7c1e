"""Whatever a host answers, reading raises nothing. Spec: python-api.md 4; host-platform.md 16.1; issue: the boundary.

Hosts have no credit service, or one that answers None, half a dictionary or dates without a zone; ids come as text, as
key objects or as bytes; nobody may be signed in. Hypothesis makes the hosts, each reader is asked at each of them.
"""

import logging
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import api, runtime
from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.learner_view.host_urls"),
    pytest.mark.spec("python-api.md", "4:tolerance"),
]

# Dates as hosts have them: none, with a zone, in another zone, without one.
DATES = st.one_of(
    st.none(),
    st.sampled_from([-9000, -1, 0, 1, 9000]).flatmap(
        lambda minutes: st.sampled_from(
            [
                NOON + timedelta(minutes=minutes),
                (NOON + timedelta(minutes=minutes)).astimezone(timezone(timedelta(hours=-5))),
                (NOON + timedelta(minutes=minutes)).replace(tzinfo=None),
            ]
        )
    ),
)
WORDS = st.one_of(
    st.none(),
    st.sampled_from(["", "satisfied", "failed", "declined", "pending", "proctored_exam", "grade", "ünï"]),
)
REQUIREMENTS = st.fixed_dictionaries(
    {},
    optional={"namespace": WORDS, "name": WORDS, "status": WORDS, "order": st.one_of(st.none(), st.integers(-1, 3))},
)
CREDIT_STATES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "enrollment_mode": WORDS,
            "profile_fullname": WORDS,
            "student_email": WORDS,
            "course_name": WORDS,
            "course_end_date": DATES,
            "credit_requirement_status": st.one_of(st.none(), st.lists(REQUIREMENTS, max_size=3)),
        },
    ),
)


class Fails(Exception):
    """What a host's service raises; nobody outside of it knows the class."""


class Service:
    """A service of which every method gives the same answer, or fails."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            if isinstance(self._answer, Fails):
                raise self._answer
            return self._answer

        return method


def services(answers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """No service, one that answers, one that fails."""
    return st.one_of(st.none(), answers.map(Service), st.just(Service(Fails())))


OUTLINES = st.one_of(
    st.none(),
    st.just(
        SimpleNamespace(
            outline=SimpleNamespace(accessible_sequences=[]),
            schedule=SimpleNamespace(course_end=None, sequences={}),
        )
    ),
)
HOSTS = st.fixed_dictionaries(
    {
        "credit": services(CREDIT_STATES),
        "instructor": services(st.one_of(st.none(), st.just(""), st.just("team@example.com"))),
        "learning_sequences": services(OUTLINES),
        "grades": services(st.none()),
    }
)
IN_FORMS = st.sampled_from(["text", "key", "bytes"])
STATUSES = st.one_of(st.none(), st.sampled_from([S.created, S.started, S.submitted, S.error, S.rejected, "unheard-of"]))


def in_form(text: str, form: str, key_class: Any) -> Any:
    return {"text": text, "key": key_class.from_string(text), "bytes": text.encode()}[form]


READERS: dict[str, Callable[[Any], Any]] = {
    "summary": lambda at: api.get_attempt_status_summary(at.user_id, at.course, at.content),
    "summary-of-nobody": lambda at: api.get_attempt_status_summary(None, at.course, at.content),
    "summary-of-a-stranger": lambda at: api.get_attempt_status_summary(4711, at.course, at.content),
    "summary-of-an-unknown-exam": lambda at: api.get_attempt_status_summary(at.user_id, at.content, at.course),
    "summaries": lambda at: api.get_attempt_status_summaries(at.user_id, at.course, [at.content, at.course]),
    "page": lambda at: api.get_student_view(at.user_id, at.course, at.content, {**at.context}),
    "page-of-staff": lambda at: api.get_student_view(None, at.course, at.content, {**at.context}, "staff"),
    "exam": lambda at: api.get_exam_by_content_id(at.course, at.content),
    "exams": lambda at: api.get_all_exams_for_course(at.course),
    "current-attempt": lambda at: api.get_current_exam_attempt(at.exam["id"], at.user_id),
    "current-attempt-of-nobody": lambda at: api.get_current_exam_attempt(at.exam["id"], None),  # type: ignore[arg-type]
    "active-exams": lambda at: api.get_active_exams_for_user(at.user_id, at.course),
    "timer": lambda at: at.attempt and api.get_exam_attempt_data(at.exam["id"], at.attempt.pk),
    "allowed-time": lambda at: api.get_total_allowed_time_for_exam(at.exam, at.user_id),
    "past-due": lambda at: (api.is_exam_passed_due(at.exam, at.user_id), api.is_exam_passed_due(at.exam)),
    "deadline": lambda at: api.explain_deadline(exam_id=at.exam["id"], user_id=at.user_id),
    "prerequisites": lambda at: api.check_prerequisites({**at.exam}, at.user_id),
    "onboarding": lambda at: api.get_onboarding_attempt_data_for_learner(at.course, at.user, "test"),
    "onboarding-link": lambda at: api.get_onboarding_exam_link(at.course, at.user, False),
    "settings": lambda at: api.get_proctoring_settings_by_exam_id(at.exam["id"]),
    "dashboard": lambda at: (
        api.is_backend_dashboard_available(at.course),
        api.get_exam_configuration_dashboard_url(at.course, at.content),
    ),
    "lists": lambda at: (
        api.get_all_exam_attempts(at.course),
        api.get_filtered_exam_attempts(at.course, "x"),
        api.get_allowances_for_course(at.course),
    ),
    "report": lambda at: api.get_exam_violation_report(at.course),
    "completion": lambda at: api.get_last_exam_completion_date(at.course, at.user.username),
}


# Not shrunk: a host is small, and each step of shrinking makes a course anew.
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.parametrize("reader", READERS)
@given(
    host=HOSTS,
    kind=st.sampled_from(["timed", "proctored", "practice", "onboarding"]),
    status=STATUSES,
    form=IN_FORMS,
    limit=st.sampled_from([-5, 0, 90]),
    due=DATES,
    service_due=DATES,
    course_end=DATES,
    grace=st.one_of(st.none(), st.just(timedelta(days=1))),
    extra=st.one_of(st.none(), st.sampled_from(["10", "", "ten", "²", "1.5"])),
    state=st.one_of(st.none(), CREDIT_STATES),
)
def test_reading_raises_nothing(
    date_service: ModuleType, monkeypatch: pytest.MonkeyPatch, reader: str, **facts: Any
) -> None:
    logging.disable(logging.CRITICAL)
    try:
        with transaction.atomic(), freeze_time(NOON):
            READERS[reader](_at_a_host(date_service, monkeypatch, **facts))
            transaction.set_rollback(True)
    finally:
        logging.disable(logging.NOTSET)


def _at_a_host(
    date_service: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    *,
    host: dict[str, Any],
    kind: str,
    status: str | None,
    form: str,
    limit: int,
    due: Any,
    service_due: Any,
    course_end: Any,
    grace: Any,
    extra: str | None,
    state: Any,
) -> SimpleNamespace:
    for name, service in host.items():
        runtime.set_runtime_service(name, service)
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: service_due)
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda *args, **kwargs: {("course", "end"): course_end})
    user = make_user()
    aware = due and (due.replace(tzinfo=UTC) if due.tzinfo is None else due)
    exam = make_exam(kind, time_limit_mins=limit, due_date=aware)
    attempt = None
    if status is not None:
        attempt = make_attempt(exam, user, status)
    if extra is not None:
        # As a former release may have stored it.
        ProctoredExamStudentAllowance.objects.create(
            proctored_exam=exam, user=user, key="additional_time_granted", value=extra
        )
    return SimpleNamespace(
        user=user,
        user_id=user.pk,
        attempt=attempt,
        exam=api.get_exam_by_id(exam.pk),
        course=in_form(exam.course_id, form, CourseKey),
        content=in_form(exam.content_id, form, UsageKey),
        context={"due_date": due, "grace_period": grace, "credit_state": state},
    )
