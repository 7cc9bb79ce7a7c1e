"""A configured account, a vendor that answers, and learners with attempts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from freezegun import freeze_time

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.backends.constructor import vendor as vendor_calls
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import NOON, Vendor, logged_in, make_provider
from .pages import Page


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    """The clock stands still."""
    with freeze_time(NOON) as clock:
        yield clock


@pytest.fixture(autouse=True)
def nothing_said() -> None:
    """No status of the vendor was logged before, as in a new process."""
    vendor_calls._say_once.cache_clear()


@pytest.fixture
def provider() -> ConstructorProctoringProvider:
    """The configured backend ``constructor``."""
    provider = make_provider()
    apps.get_app_config("edx_proctoring").backends["constructor"] = provider  # type: ignore[attr-defined]
    return provider


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor that says that every session runs."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Vendor(mock)


@pytest.fixture
def exam(db: Any, provider: ConstructorProctoringProvider) -> ProctoredExam:
    """An exam of this backend."""
    return factories.make_exam(backend="constructor")


@pytest.fixture
def learner(db: Any) -> User:
    """A learner."""
    return factories.make_user()


@pytest.fixture
def attempt(exam: ProctoredExam, learner: User) -> ProctoredExamStudentAttempt:
    """The learner's registered attempt."""
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


@pytest.fixture
def session(attempt: ProctoredExamStudentAttempt) -> ConstructorSession:
    """The session of the attempt."""
    return ConstructorSession.objects.get(session_id=attempt.external_id)


@pytest.fixture
def browser(learner: User) -> Client:
    """The learner's browser, logged in."""
    return logged_in(learner)


@pytest.fixture
def status_of(attempt: ProctoredExamStudentAttempt) -> Callable[[], str]:
    """Return the attempt's status now."""
    return lambda: ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


@pytest.fixture
def submitted(attempt: ProctoredExamStudentAttempt, vendor: Vendor) -> ProctoredExamStudentAttempt:
    """The attempt after the exam."""
    for status in (Status.ready_to_start, Status.started, Status.submitted):
        api.update_attempt_status(attempt.pk, status)
    attempt.refresh_from_db()
    return attempt


@pytest.fixture
def page(browser: Client, session: ConstructorSession, vendor: Vendor) -> Page:
    """The learner's page, still covered."""
    return Page(browser, session)
