"""Courses that Safe Exam Browser does not concern cost next to nothing, and are closed at once when it does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from seb_openedx import configuration_reading
from seb_openedx.configuration_reading import note_key
from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, block

pytestmark = [pytest.mark.django_db, pytest.mark.contract("safe-exam-browser#read-once")]

PAGE = f"/courses/{COURSE}/progress"


@pytest.fixture(autouse=True)
def _cached(settings: Any) -> None:
    settings.SEB_CONFIG_CACHE_SECONDS = 60


@pytest.fixture
def noted(browser: Client, host: SimpleNamespace) -> SimpleNamespace:
    """A host whose course is noted as unprotected."""
    assert browser.get(PAGE).status_code == 200
    assert cache.get(note_key(COURSE)) is not None
    return host


def test_a_noted_course_costs_no_look_at_the_modulestore(browser, noted):
    calls = len(noted.store.calls)
    assert browser.get(PAGE).status_code == 200
    assert len(noted.store.calls) == calls


def _row(host: SimpleNamespace, settings: Any) -> None:
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)


def _global_setting(host: SimpleNamespace, settings: Any) -> None:
    settings.SAFE_EXAM_BROWSER = {COURSE: [KEY]}


def _global_default(host: SimpleNamespace, settings: Any) -> None:
    settings.SAFE_EXAM_BROWSER = {"default": [KEY]}


def _site(host: SimpleNamespace, settings: Any) -> None:
    host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: [KEY]}


def _components(host: SimpleNamespace, settings: Any) -> None:
    settings.SEB_PERMISSION_COMPONENTS = ["AlwaysDenyAccess"]


def _ban(host: SimpleNamespace, settings: Any) -> None:
    settings.SEB_USER_BANNING_ENABLED = True
    ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE_KEY, last_modified_by_username="gina")


@pytest.mark.parametrize("change", [_row, _global_setting, _global_default, _site, _components, _ban])
def test_a_noted_course_is_closed_by(
    browser: Client, noted: SimpleNamespace, settings: Any, change: Callable[[SimpleNamespace, Any], None]
) -> None:
    change(noted, settings)
    assert browser.get(PAGE).status_code == 403


def test_a_process_reads_a_note_once_a_second(browser, noted, monkeypatch):
    """So long it may miss that another process has dropped it."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(configuration_reading, "monotonic", lambda: clock.now)
    calls = len(noted.store.calls)
    assert browser.get(PAGE).status_code == 200
    cache.clear()  # as if by another process
    clock.now += 0.9
    assert browser.get(PAGE).status_code == 200
    assert len(noted.store.calls) == calls
    clock.now += 0.2
    assert browser.get(PAGE).status_code == 200
    assert len(noted.store.calls) > calls


def test_a_course_is_not_noted_once_it_has_an_exam_in_the_browser(browser, noted):
    SebExamConfiguration.objects.create(
        course_id=COURSE_KEY, content_id=block("sequence"), mode="client", client_config_keys=[KEY]
    )
    assert browser.get(PAGE).status_code == 200  # no part of the exam
    assert cache.get(note_key(COURSE)) is None
    assert b"only in Safe Exam Browser" in browser.get(f"/xblock/{block('vertical')}").content


def test_no_course_is_noted_without_the_setting_or_where_components_decide(browser, host, settings):
    settings.SEB_CONFIG_CACHE_SECONDS = 0
    assert browser.get(PAGE).status_code == 200
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    settings.SEB_PERMISSION_COMPONENTS = ["AlwaysAllowStaff"]
    assert browser.get(PAGE).status_code == 403
    assert cache.get(note_key(COURSE)) is None


def test_a_source_that_fails_is_left_to_the_full_decision(browser, noted, caplog):
    noted.site.error = RuntimeError("no site configuration")
    assert browser.get(PAGE).status_code == 200
    assert "a source of Safe Exam Browser configurations fails" in caplog.text
