"""Whether the exams of a course can be taken: each check in its bad state."""

import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import runtime
from edx_proctoring.api.course_staff import readiness
from edx_proctoring.api.course_staff.readiness import check_readiness
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import (
    MockCreditService,
    MockEnrollmentsService,
    MockInstructorService,
)
from tests import factories
from tests.factories import COURSE

pytestmark = [pytest.mark.django_db, pytest.mark.contract("rest-v2#readiness")]

SHARED = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/nonexistent"}}


class Rest(BaseRestProctoringProvider):
    """A provider over REST that is never called."""

    base_url = "http://provider.invalid"
    verbose_name = "Acme"
    supports_onboarding = True
    npm_module = "acme-worker"
    script = "/static/acme.js"

    def on_exam_saved(self, exam: Any) -> Any:
        return exam["external_id"]

    def get_javascript(self) -> str:
        return self.script


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Rest:
    config: Any = apps.get_app_config("edx_proctoring")
    provider = Rest()
    provider.backend_name = "acme"
    monkeypatch.setitem(config.backends, "acme", provider)
    return provider


class Instructor(MockInstructorService):
    email: str | None = "exams@example.com"

    def get_proctoring_escalation_email(self, course_key: Any) -> str | None:
        return self.email


@pytest.fixture
def in_order(rest: Rest, settings: Any) -> ProctoredExam:
    """A course in which everything is in order; its proctored exam."""
    settings.CACHES, settings.SITE_NAME, settings.HTTPS = SHARED, "exams.example.org", "on"
    Group.objects.create(name="acme_review").user_set.add(factories.make_user())
    learner = factories.make_user("learner")
    onboarding = factories.make_exam("onboarding", backend="acme", exam_name="Onboarding")
    factories.make_attempt(onboarding, learner, status=S.verified)
    runtime.set_runtime_service("instructor", Instructor())
    runtime.set_runtime_service("enrollments", MockEnrollmentsService([{"user": learner, "mode": "verified"}]))
    runtime.set_runtime_service("credit", MockCreditService())
    return factories.make_exam(backend="acme", exam_name="Final")


def levels(**options: Any) -> dict[str, str]:
    """Return code → level, the worst of those with the code."""
    report = check_readiness(COURSE, now=timezone.now(), **{"ask_providers": False, **options})
    return {check.code: check.level for check in reversed(report.checks)}


def bad(**options: Any) -> dict[str, tuple[str, str]]:
    """Return code → level and the fix, of what is not in order."""
    report = check_readiness(COURSE, now=timezone.now(), **{"ask_providers": False, **options})
    return {check.code: (check.level, check.fix) for check in report.checks if check.level in ("warning", "error")}


def test_a_course_in_order(in_order: ProctoredExam) -> None:
    found = levels()
    assert {code for code, level in found.items() if level == "unknown"} == {
        "provider_reachable",
        "provider_credentials",
        "provider_clock",
    }
    assert set(found.values()) == {"ok", "unknown"}
    assert set(found) == {
        "provider_configured",
        "provider_reachable",
        "provider_credentials",
        "provider_clock",
        "reviewer_group",
        "worker_bundle",
        "callback_address",
        "exam_registered",
        "exam_limit",
        "exam_active",
        "exam_due",
        "review_policy_length",
        "onboarding_exam",
        "prerequisites",
        "escalation_email",
        "eligible_learners",
        "without_onboarding",
        "allowances_on_inactive",
        "effects_pending",
        "inbox_refused",
        "cache_shared",
    }


def no_reviewer(exam: ProctoredExam) -> None:
    Group.objects.get(name="acme_review").user_set.clear()


def inactive_reviewer(exam: ProctoredExam) -> None:
    Group.objects.get(name="acme_review").user_set.update(is_active=False)


def no_bundle(exam: ProctoredExam) -> None:
    apps.get_app_config("edx_proctoring").backends["acme"].script = ""  # type: ignore[attr-defined]


def changed(**fields: Any) -> Callable[[ProctoredExam], None]:
    return lambda exam: ProctoredExam.objects.filter(pk=exam.pk).update(**fields)


def due_too_early(exam: ProctoredExam) -> None:
    changed(due_date=timezone.now() + timedelta(minutes=100))(exam)
    factories.make_allowance(exam, value="11")


def past_due(exam: ProctoredExam) -> None:
    changed(due_date=timezone.now() - timedelta(minutes=1))(exam)


def no_onboarding_exam(exam: ProctoredExam) -> None:
    ProctoredExam.objects.filter(exam_name="Onboarding").update(is_active=False)


def impossible_requirement(exam: ProctoredExam) -> None:
    credit: Any = runtime.get_runtime_service("credit")
    credit.get_credit_state = lambda *args, **kwargs: {
        "credit_requirement_status": [{"namespace": "proctored_exam", "name": "gone", "display_name": "Midterm"}]
    }


def no_address(exam: ProctoredExam) -> None:
    service = Instructor()
    service.email = ""
    runtime.set_runtime_service("instructor", service)


def nobody_enrolled(exam: ProctoredExam) -> None:
    runtime.set_runtime_service("enrollments", MockEnrollmentsService([]))


def not_onboarded(exam: ProctoredExam) -> None:
    rows = [{"user": factories.make_user(), "mode": "verified"} for _ in range(2)]
    runtime.set_runtime_service("enrollments", MockEnrollmentsService(rows))


def allowance_on_inactive(exam: ProctoredExam) -> None:
    factories.make_allowance(factories.make_exam("timed", is_active=False))


def undelivered(exam: ProctoredExam) -> None:
    factories.make_effect(factories.make_attempt(exam, status=S.submitted))


def refused(exam: ProctoredExam) -> None:
    factories.make_inbox_entry(factories.make_attempt(exam, status=S.submitted), outcome="refused: no attempt")


@pytest.mark.parametrize(
    ("spoil", "code", "level"),
    [
        (changed(backend="gone"), "provider_configured", "error"),
        (no_reviewer, "reviewer_group", "error"),
        (inactive_reviewer, "reviewer_group", "error"),
        (no_bundle, "worker_bundle", "error"),
        (changed(external_id=None), "exam_registered", "error"),
        (changed(time_limit_mins=0), "exam_limit", "error"),
        (changed(is_active=False), "exam_active", "warning"),
        (due_too_early, "exam_due", "warning"),
        (past_due, "exam_due", "error"),
        (
            lambda exam: factories.make_policy(exam, review_policy="x" * 2001),
            "review_policy_length",
            "warning",
        ),
        (no_onboarding_exam, "onboarding_exam", "error"),
        (impossible_requirement, "prerequisites", "error"),
        (no_address, "escalation_email", "warning"),
        (nobody_enrolled, "eligible_learners", "warning"),
        (not_onboarded, "without_onboarding", "warning"),
        (allowance_on_inactive, "allowances_on_inactive", "warning"),
        (undelivered, "effects_pending", "warning"),
        (refused, "inbox_refused", "warning"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_check_in_its_bad_state_says_what_to_do(
    spoil: Callable[[ProctoredExam], Any], code: str, level: str, in_order: ProctoredExam
) -> None:
    spoil(in_order)
    found = bad()
    assert found[code][0] == level
    assert found[code][1]


def test_numbers_are_told(in_order: ProctoredExam) -> None:
    not_onboarded(in_order)
    [check] = [
        check
        for check in check_readiness(COURSE, now=timezone.now(), ask_providers=False).checks
        if check.code == "without_onboarding"
    ]
    assert check.text.endswith(": 2.")


@pytest.mark.parametrize(
    ("site", "https", "level"),
    [
        ("exams.example.org", "on", "ok"),
        ("exams.example.org", "off", "warning"),
        ("localhost:8000", "on", "warning"),
        ("lms.local", "on", "warning"),
        ("10.0.0.7", "on", "warning"),
        ("192.168.1.2:8000", "on", "warning"),
        ("8.8.8.8", "on", "ok"),
    ],
)
def test_the_address_that_the_provider_calls(
    site: str, https: str, level: str, in_order: ProctoredExam, settings: Any
) -> None:
    settings.SITE_NAME, settings.HTTPS = site, https
    assert levels()["callback_address"] == level


def test_a_cache_of_one_process(in_order: ProctoredExam, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert bad()["cache_shared"][0] == "warning"


def test_without_the_hosts_services_nothing_is_alarmed(in_order: ProctoredExam) -> None:
    for name in ("instructor", "enrollments", "credit"):
        runtime.set_runtime_service(name, None)
    found = levels()
    unknown = {"escalation_email", "eligible_learners", "without_onboarding", "prerequisites"}
    assert {found[code] for code in unknown} == {"unknown"}
    assert bad() == {}


def test_only_one_exam(in_order: ProctoredExam) -> None:
    other = factories.make_exam(time_limit_mins=0)
    assert "exam_limit" not in bad(exam_id=in_order.pk)
    assert bad(exam_id=other.pk)["exam_limit"][0] == "error"


class TestProviders:
    """What the providers answer."""

    def test_one_that_hangs_costs_five_seconds_in_all(
        self, in_order: ProctoredExam, monkeypatch: pytest.MonkeyPatch, rest: Rest
    ) -> None:
        released = threading.Event()
        config: Any = apps.get_app_config("edx_proctoring")
        hanging = {name: _Hanging(released) for name in ("hangs1", "hangs2")}
        for name, provider in hanging.items():
            monkeypatch.setitem(config.backends, name, provider)
            factories.make_exam(backend=name)
        monkeypatch.setattr(readiness, "ASK_SECONDS", 0.5)
        monkeypatch.setattr(Rest, "ask_for_config", lambda *args: pytest.fail("is not one of these exams"))
        ProctoredExam.objects.filter(backend="acme").update(is_active=False)
        try:
            found = bad(ask_providers=True)
            # Both are still being asked: neither was waited for, nor one after the other.
            assert [provider.is_asked for provider in hanging.values()] == [True, True]
        finally:
            released.set()
        assert found["provider_reachable"][0] == "error"

    @pytest.mark.parametrize(
        ("aspect", "code", "unknown"),
        [
            ("reachable", "provider_reachable", {"provider_credentials", "provider_clock"}),
            ("credentials", "provider_credentials", {"provider_clock"}),
            ("clock", "provider_clock", set()),
        ],
    )
    def test_what_a_problem_is_about(
        self, aspect: str, code: str, unknown: set[str], in_order: ProctoredExam, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called = aspect == "clock"

        def begin(*args: Any, **kwargs: Any) -> Any:
            return lambda: [readiness.health_check.Findings("acme", [], ["It is broken."], aspect, called)]

        monkeypatch.setattr(readiness.health_check, "begin", begin)
        found = levels(ask_providers=True)
        assert found[code] == "error"
        assert {name for name in unknown if found[name] == "unknown"} == unknown


class _Hanging:
    verbose_name = "Hangs"

    def __init__(self, released: threading.Event) -> None:
        self._released = released
        self.is_asked = False

    def on_exam_saved(self, exam: Any) -> None:
        """Take the exam."""

    def get_proctoring_config(self) -> Any:
        self.is_asked = True
        self._released.wait(20)
        self.is_asked = False


class TestCommand:
    """``check_exam_readiness``."""

    @pytest.mark.contract("commands#check-readiness")
    def test_in_order(self, in_order: ProctoredExam) -> None:
        out = io.StringIO()
        call_command("check_exam_readiness", COURSE, "--offline", stdout=out)
        assert "error: 0" in out.getvalue()

    @pytest.mark.contract("commands#check-readiness")
    def test_an_error_is_exit_code_1(self, in_order: ProctoredExam) -> None:
        changed(time_limit_mins=0)(in_order)
        out = io.StringIO()
        with pytest.raises(CommandError, match=r"Errors: 1\."):
            call_command("check_exam_readiness", COURSE, "--offline", stdout=out)
        assert f"error   exam_limit: exam {in_order.pk}" in out.getvalue()

    def test_json(self, in_order: ProctoredExam) -> None:
        out = io.StringIO()
        call_command("check_exam_readiness", COURSE, "--offline", "--json", f"--exam={in_order.pk}", stdout=out)
        report = json.loads(out.getvalue())
        assert report["course_id"] == COURSE
        assert report["summary"]["error"] == 0
        assert {"code", "level", "subject", "text", "fix", "link"} == set(report["checks"][0])

    def test_no_course_id(self) -> None:
        with pytest.raises(CommandError, match="is no course id"):
            call_command("check_exam_readiness", "physics")


def test_queries_do_not_grow(in_order: ProctoredExam) -> None:
    counted = []
    for size in (2, 20):
        for _ in range(size):
            exam = factories.make_exam(backend="acme")
            factories.make_allowance(exam)
            factories.make_policy(exam)
            factories.make_attempt(exam, status=S.submitted)
        with CaptureQueriesContext(connection) as queries:
            levels()
        counted.append(sum("edx_when" not in query["sql"] for query in queries.captured_queries))
    assert counted[0] == counted[1] <= 20
