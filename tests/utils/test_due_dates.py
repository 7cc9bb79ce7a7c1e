"""A due date that is read fresh is the one that the date service would give after reloading everything.

With the real ``edx_when``, whose cache knows the date from before a change.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from edx_django_utils.cache import RequestCache
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring.models import ProctoredExam
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import due_dates, get_exam_due_date
from tests.factories import NOON, make_exam, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("timing#fresh-dates"),
    pytest.mark.contract("host-services#stored-dates"),
]

DAY = timedelta(days=1)


class Host:
    """A course with an exam, and what its team and staff do to the due date of a learner."""

    def __init__(self, when: ModuleType) -> None:
        self._when = when
        self.exam: ProctoredExam = make_exam(due_date=NOON - DAY)
        self.learner: User = make_user()
        self._course = CourseKey.from_string(self.exam.course_id)
        self._block = UsageKey.from_string(self.exam.content_id)

    def set_date(self, date: Any) -> None:
        """Store a date or a timedelta for everybody."""
        self._when.set_date_for_block(self._course, self._block, "due", date)

    def extend(self, *dates: Any, user: User | None = None) -> None:
        """Grant extensions, one after the other."""
        models = self._when.models
        for date in dates:
            # Not by ``set_date_for_block``, which refuses extensions of relative dates without the platform.
            content_date = models.ContentDate.objects.get(location=self._block)
            models.UserDate.objects.create(user=user or self.learner, content_date=content_date, abs_date=date)

    def publish_without_date(self) -> None:
        """Publish the course without a due date for the exam."""
        self._when.set_dates_for_course(self._course, [])

    def take_extensions_back(self) -> None:
        """Delete the learner's extensions."""
        self._when.models.UserDate.objects.filter(user=self.learner).delete()

    def cached_date(self) -> Any:
        """The date as a page shows it: from the cache, if that knows one."""
        RequestCache.clear_all_namespaces()
        return get_exam_due_date(exam_dict(self.exam), self.learner.pk)

    def fresh_date(self) -> Any:
        """The date that decides."""
        RequestCache.clear_all_namespaces()
        return get_exam_due_date(exam_dict(self.exam), self.learner.pk, fresh=True)


@pytest.fixture
def host(date_service: ModuleType) -> Host:
    """A host with dates."""
    return Host(date_service)


# What happens to the date of an exam that everybody may write until NOON + 7 days.
CHANGES: Final[Mapping[str, Callable[[Host], None]]] = {
    "nothing": lambda host: None,
    "new-date": lambda host: host.set_date(NOON + 6 * DAY),
    "no-date": lambda host: host.set_date(None),
    "published-without-it": Host.publish_without_date,
    "relative-date": lambda host: host.set_date(5 * DAY),
    "extension": lambda host: host.extend(NOON + 8 * DAY),
    "second-extension-is-shorter": lambda host: host.extend(NOON + 9 * DAY, NOON + 8 * DAY),
    "extension-without-date": lambda host: host.extend(None),
    "extension-of-another-learner": lambda host: host.extend(NOON + 9 * DAY, user=make_user()),
    "extension-taken-back": Host.take_extensions_back,
}


@pytest.mark.parametrize("after", CHANGES)
@pytest.mark.parametrize("before", CHANGES)
def test_a_fresh_date_is_that_of_the_service_reloaded(
    host: Host, date_service: ModuleType, before: str, after: str
) -> None:
    host.set_date(NOON + 7 * DAY)
    CHANGES[before](host)
    host.cached_date()
    CHANGES[after](host)

    fresh = host.fresh_date()

    assert host.cached_date() == fresh, "the cache was reloaded, so that pages agree"
    date_service.get_dates_for_course(host.exam.course_id, user=host.learner.pk, use_cached=False)
    assert host.cached_date() == fresh


@pytest.mark.parametrize(
    "change", ["nothing", "new-date", "published-without-it", "extension", "second-extension-is-shorter"]
)
def test_a_date_that_has_not_changed_takes_one_query_and_no_dates_of_the_course(
    host: Host,
    date_service: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
    change: str,
) -> None:
    host.set_date(NOON + 7 * DAY)
    CHANGES[change](host)
    date = host.cached_date()
    get_dates_for_course = date_service.get_dates_for_course

    def only_cached(*args: Any, **kwargs: Any) -> Any:
        assert kwargs.get("use_cached", True), "reads all dates of the course"
        return get_dates_for_course(*args, **kwargs)

    monkeypatch.setattr(date_service, "get_dates_for_course", only_cached)

    with django_assert_num_queries(1):
        assert host.fresh_date() == date


def test_an_exam_without_any_date_takes_one_query(host: Host, django_assert_num_queries: Any) -> None:
    host.cached_date()

    with django_assert_num_queries(1):
        assert host.fresh_date() == NOON - DAY


@pytest.mark.contract("host-services#dates")
def test_a_host_may_replace_the_function_that_gives_the_date(
    host: Host, date_service: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.set_date(NOON + 7 * DAY)
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: NOON + 3 * DAY)

    assert host.fresh_date() == NOON + 3 * DAY


def test_two_dates_of_one_block_are_left_to_the_service(host: Host, date_service: ModuleType) -> None:
    host.set_date(NOON + 7 * DAY)
    host.cached_date()
    models = date_service.models
    [date] = models.ContentDate.objects.all()
    date.policy = models.DatePolicy.objects.create(abs_date=NOON + 6 * DAY)
    date.pk = None
    date.save()

    assert host.fresh_date() == host.cached_date()
    assert models.ContentDate.objects.count() == 2


@pytest.mark.parametrize("error", [FieldError, LookupError], ids=["other-columns", "other-tables"])
def test_a_release_with_other_tables_costs_time_and_no_exam(
    error: type[Exception], host: Host, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    host.set_date(NOON)
    host.cached_date()
    host.set_date(NOON + DAY)

    def fail(*args: Any) -> bool:
        raise error

    monkeypatch.setattr(due_dates, "_is_in_tables", fail)
    assert get_exam_due_date(exam_dict(host.exam), host.learner.pk, fresh=True) == NOON + DAY
    assert "tables of the date service" in caplog.text


def test_hosts_pass_keys_as_well_as_texts(host: Host) -> None:
    host.set_date(NOON + 7 * DAY)
    exam = exam_dict(host.exam)
    keys = {
        "course_id": CourseKey.from_string(exam["course_id"]),
        "content_id": UsageKey.from_string(exam["content_id"]),
    }
    assert get_exam_due_date({**exam, **keys}, host.learner.pk, fresh=True) == NOON + 7 * DAY
