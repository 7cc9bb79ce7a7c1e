"""No answer of a host makes reading raise.

Hosts have no credit service, or one that returns None, half a dictionary or dates without a zone; ids come as text, as
key objects or as bytes; the user may be anonymous. Hypothesis makes the hosts, and each reader is called on each.
"""

import logging
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import api, runtime
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    ProctoredExamReviewPolicyNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAllowance
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, NOON, make_attempt, make_exam, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.learner_view.host_urls"),
    pytest.mark.contract("host-services#reads-never-fail"),
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
    """What a host's service raises: a class unknown to us."""


class Service:
    """A service whose methods all return the same answer, or all fail."""

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
    "summary-without-a-user": lambda at: api.get_attempt_status_summary(None, at.course, at.content),
    "summary-of-an-unknown-user": lambda at: api.get_attempt_status_summary(4711, at.course, at.content),
    "summary-of-an-unknown-exam": lambda at: api.get_attempt_status_summary(at.user_id, at.content, at.course),
    "summaries": lambda at: api.get_attempt_status_summaries(at.user_id, at.course, [at.content, at.course]),
    "page": lambda at: api.get_student_view(at.user_id, at.course, at.content, {**at.context}),
    "page-of-staff": lambda at: api.get_student_view(None, at.course, at.content, {**at.context}, "staff"),
    "exam": lambda at: api.get_exam_by_content_id(at.course, at.content),
    "exams": lambda at: api.get_all_exams_for_course(at.course),
    "current-attempt": lambda at: api.get_current_exam_attempt(at.exam["id"], at.user_id),
    "current-attempt-without-a-user": lambda at: api.get_current_exam_attempt(at.exam["id"], None),  # type: ignore[arg-type]
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


# Not shrunk: a host is small, and each step of shrinking creates another course.
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
def test_no_answer_of_a_host_makes_reading_raise(
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


# Writing, where hosts have no services, or services that return None


SERVICES = [
    "credit",
    "grades",
    "certificates",
    "instructor",
    "name_affirmation",
    "enrollments",
    "learning_sequences",
]


@pytest.mark.contract("host-services#absent")
@pytest.mark.parametrize("service", [None, Service(None)], ids=["absent", "answers-none"])
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice", "onboarding"])
def test_an_attempt_without_services_passes_through_all_steps(
    kind: str, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for name in SERVICES:
        runtime.set_runtime_service(name, service)
    exam, user, staff = make_exam(kind), make_user(), make_user(is_staff=True)

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.mark_exam_attempt_as_ready(attempt_id)
    api.start_exam_attempt(exam.pk, user.pk)
    api.stop_exam_attempt(attempt_id)
    for status in (S.submitted, S.rejected, S.verified, S.error):
        api.update_attempt_status(attempt_id, status, update_attributable_to=staff)
    api.mark_exam_attempt_as_ready_to_resume(attempt_id)
    second_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.update_attempt_status(second_id, S.declined)
    if exam.is_practice_exam:
        second_id = api.reset_practice_exam(exam.pk, user.pk, requesting_user=staff)
    api.remove_exam_attempt(second_id, requesting_user=staff)

    assert not AttemptEffect.objects.exists()
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


# Ids: the same answer in every form, none for a value that is not an id

LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "attempts": lambda course, at: api.get_all_exam_attempts(course),
    "found-attempts": lambda course, at: api.get_filtered_exam_attempts(course, at.user.username),
    "active-exams": lambda course, at: api.get_active_exams_for_user(at.user.pk, course),
    "completion": lambda course, at: api.get_last_exam_completion_date(course, at.finisher.username),
    "allowances": lambda course, at: api.get_allowances_for_course(course),
    "onboarding": lambda course, at: api.get_onboarding_attempt_data_for_learner(course, at.novice, "test"),
    "onboarding-link": lambda course, at: api.get_onboarding_exam_link(course, at.user, False),
    "dashboard": lambda course, at: api.is_backend_dashboard_available(course) or None,
    "dashboard-address": lambda course, at: api.get_exam_configuration_dashboard_url(course, at.exam.content_id),
    "report": lambda course, at: api.get_exam_violation_report(course),
    "enrolments": lambda course, at: list(api.get_enrollments_can_take_proctored_exams(course)),
}


@pytest.fixture
def course(enrol: Callable[..., Any], test_backend: Any) -> SimpleNamespace:
    """A course in which every list has an entry."""
    user, finisher, novice = make_user(), make_user(), make_user()
    test_backend.has_dashboard = True
    exam = make_exam()
    make_attempt(exam, user, S.started)
    make_attempt(exam, finisher, S.verified)
    make_attempt(make_exam("onboarding"), novice, S.submitted)
    ProctoredExamStudentAllowance.objects.create(proctored_exam=exam, user=user, key="any", value="thing")
    enrol(user)
    return SimpleNamespace(user=user, finisher=finisher, novice=novice, exam=exam)


@pytest.mark.contract("data-shapes#ids")
@pytest.mark.parametrize("form", ["key", "bytes"])
@pytest.mark.parametrize("name", LISTS)
def test_a_course_id_in_any_form_gives_the_same_answer(course: SimpleNamespace, name: str, form: str) -> None:
    by_text = LISTS[name](COURSE, course)

    assert by_text not in (None, [], "", {"onboarding_status": None, "expiration_date": None})
    assert LISTS[name](in_form(COURSE, form, CourseKey), course) == by_text


NOT_IDS = [None, "", "x", "²", "9" * 5000, 10**30, -1, b"x", 1.5, AnonymousUser()]


@pytest.mark.contract("data-shapes#ids")
@pytest.mark.parametrize("not_an_id", NOT_IDS, ids=[repr(not_an_id)[:12] for not_an_id in NOT_IDS])
def test_a_value_that_is_not_an_id_matches_nothing(not_an_id: Any) -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.declined, external_id=None, attempt_code=None)
    exam_dict = api.get_exam_by_id(exam.pk)

    for unknown_exam in (api.get_exam_by_id, api.get_proctoring_settings_by_exam_id):
        with pytest.raises(ProctoredExamNotFoundException):
            unknown_exam(not_an_id)
    with pytest.raises(ProctoredExamReviewPolicyNotFoundException):
        api.get_review_policy_by_exam_id(not_an_id)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(exam.pk, not_an_id)
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_attempt_data(not_an_id, not_an_id)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.explain_deadline(not_an_id)
    for subject in ({"exam_id": not_an_id, "user_id": user.pk}, {"exam_id": exam.pk, "user_id": not_an_id}):
        with pytest.raises((ProctoredExamNotFoundException, StudentExamAttemptDoesNotExistsException)):
            api.explain_deadline(**subject)
    assert api._get_review_policy_by_exam_id(not_an_id) is None
    assert api.get_exam_attempt_by_id(not_an_id) is None
    assert api.get_exam_attempt_by_code(not_an_id) is None
    assert api.get_exam_attempt_by_external_id(not_an_id) is None
    assert api.get_current_exam_attempt(not_an_id, user.pk) is None
    assert api.get_current_exam_attempt(exam.pk, not_an_id) is None
    assert api.get_user_attempts_by_exam_id(not_an_id, exam.pk) == []
    assert api.get_user_attempts_by_exam_id(user.pk, not_an_id) == []
    assert api.get_active_exams_for_user(not_an_id) == []
    assert api.get_filtered_exam_attempts(COURSE, None) == api.get_all_exam_attempts(COURSE)
    assert api.get_attempt_status_summary(not_an_id, COURSE, exam.content_id) is None
    assert api.get_attempt_status_summaries(not_an_id, COURSE) == {}
    assert api.get_last_verified_onboarding_attempts_per_user([not_an_id], "test") == {}
    no_onboarding = {"onboarding_status": None, "expiration_date": None}
    assert api.get_onboarding_attempt_data_for_learner(COURSE, not_an_id, "test") == no_onboarding
    assert api.get_total_allowed_time_for_exam(exam_dict, not_an_id) == "1 hour and 30 minutes"
    assert api.is_exam_passed_due(exam_dict, not_an_id) is False


@pytest.mark.contract("data-shapes#ids")
@pytest.mark.parametrize("form", [str, lambda number: str(number).encode()], ids=["text", "bytes"])
def test_an_id_in_digits_gives_the_same_answer_as_the_number(form: Callable[[int], Any]) -> None:
    attempt = make_attempt(status=S.started)
    exam_id, user_id = attempt.proctored_exam_id, attempt.user_id
    expected = api.get_exam_attempt_by_id(attempt.pk)

    assert api.get_exam_by_id(form(exam_id)) == api.get_exam_by_id(exam_id)
    assert api.get_exam_attempt_by_id(form(attempt.pk)) == expected
    assert api.get_current_exam_attempt(form(exam_id), form(user_id)) == expected
    assert api.get_user_attempts_by_exam_id(form(user_id), form(exam_id)) == [expected]
    assert api.get_exam_attempt_data(form(exam_id), form(attempt.pk))["attempt_id"] == attempt.pk
    assert api.is_exam_passed_due(api.get_exam_by_id(exam_id), form(user_id)) is False
    assert api.stop_exam_attempt(form(attempt.pk)) == attempt.pk
    assert api.create_exam_attempt(form(make_exam().pk), user_id)
