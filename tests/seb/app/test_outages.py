"""Sources, database, cache and site configuration that fail: never an error page, never open by accident."""

import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, ProgrammingError, connection
from django.dispatch import Signal
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from seb_openedx import handlers, models, seb_keys_sources, user_banning
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from seb_openedx.seb_keys_sources import from_django_model, get_config_by_course
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, proof

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"


def break_site(host: Any) -> None:
    host.site.error = RuntimeError("no site configuration")


def break_store(host: Any) -> None:
    host.store.error = ConnectionError("no store")


@pytest.fixture
def database_without_rows(monkeypatch):
    """Makes reading the table fail as a lost connection does."""

    def install(error: type[Exception] = OperationalError) -> None:
        def fail(course_id: Any) -> Any:
            raise error("server has gone away")

        monkeypatch.setattr(models.SebCourseConfiguration, "get_as_dict_by_course_id", fail)

    return install


@pytest.mark.contract("safe-exam-browser#broken-source")
@pytest.mark.parametrize("place", ["course", "site", "database"])
def test_a_course_stays_protected_while_its_source_fails(
    browser, staff_browser, host, database_without_rows, place, caplog
):
    value = {"CONFIG_KEYS": [KEY]}
    if place == "course":
        host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = value
    elif place == "site":
        host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: value}
    else:
        SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY, permission_components="")
    assert browser.get(PAGE).status_code == 403  # the course is seen to be protected
    {"course": break_store, "site": break_site, "database": lambda host: database_without_rows()}[place](host)

    answer = browser.get(PAGE, **proof(KEY, PAGE))
    assert answer.status_code == 403
    assert b"cannot be read at the moment" in answer.content
    assert staff_browser.get(PAGE).status_code == 200
    assert browser.get(f"/courses/{OTHER}/progress").status_code == 200  # was never protected
    told = [record for record in caplog.records if "fails" in record.message or "tables" in record.message]
    # One per source and course; two of the sources ask the site.
    assert len(told) == {"course": 2, "site": 4, "database": 1}[place]


@pytest.mark.contract("safe-exam-browser#broken-source")
def test_an_outage_does_not_open_courses_that_are_switched_on_one_by_one(browser, host, settings):
    settings.SEB_INDIVIDUAL_COURSE_ACTIVATION = True
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = {"CONFIG_KEYS": [KEY], "ENABLED": True}
    assert browser.get(PAGE).status_code == 403
    break_store(host)
    assert browser.get(PAGE).status_code == 403


@pytest.mark.contract("safe-exam-browser#broken-source")
def test_an_outage_bans_nobody(browser, host, settings):
    settings.SEB_USER_BANNING_ENABLED = True
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = {"CONFIG_KEYS": [KEY]}
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    break_store(host)
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 403
    assert not ForbiddenCourseAccess.objects.exists()


@pytest.mark.contract("safe-exam-browser#broken-source")
def test_another_source_with_a_configuration_is_enough(browser, host, protect):
    protect(CONFIG_KEYS=[KEY])
    break_store(host)
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    assert browser.get(PAGE).status_code == 403


def test_keys_that_cannot_be_read_are_not_keys_that_do_not_exist(browser, host, protect):
    protect(WHITELIST_PATHS=["about"])
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = [KEY]
    assert browser.get(PAGE).status_code == 403
    break_store(host)
    assert browser.get(PAGE).status_code == 403
    host.store.error = None
    host.store.courses[COURSE_KEY].other_course_settings.clear()
    assert browser.get(PAGE).status_code == 200


def test_a_failing_source_is_logged_with_its_traceback_once(browser, host, caplog):
    break_site(host)
    for _ in range(5):
        assert browser.get(PAGE).status_code == 200
    failures = [record for record in caplog.records if record.exc_info and "source" in record.message]
    assert [record.levelno for record in failures] == [logging.ERROR] * 2  # two of the sources ask the site


@pytest.mark.contract("safe-exam-browser#no-tables")
@pytest.mark.parametrize("error", [ProgrammingError, OperationalError])
def test_missing_tables_are_told_in_the_log(database_without_rows, error, caplog):
    database_without_rows(error)
    assert from_django_model(COURSE_KEY) is None
    assert "migrate seb_openedx" in caplog.text


def test_missing_tables_do_not_break_the_transaction_of_the_caller(monkeypatch):
    def ask_for_a_missing_table(course_id: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM seb_openedx_no_such_table")

    monkeypatch.setattr(models.SebCourseConfiguration, "get_as_dict_by_course_id", ask_for_a_missing_table)
    assert from_django_model(COURSE_KEY) is None
    assert not ForbiddenCourseAccess.objects.exists()  # the transaction is usable


def test_a_cache_that_fails_is_done_without(browser, protect, settings, monkeypatch):
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    protect([KEY])

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("no cache")

    monkeypatch.setattr(
        "seb_openedx.configuration_reading.cache", SimpleNamespace(get=fail, set_many=fail, delete_many=fail)
    )
    assert browser.get(PAGE).status_code == 403
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200


def test_bans_that_cannot_be_read_refuse_learners_only(browser, staff_browser, protect, settings, monkeypatch):
    settings.SEB_USER_BANNING_ENABLED = True
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["about"])

    def fail(self: Any, *args: Any) -> Any:
        raise OperationalError("server has gone away")

    monkeypatch.setattr(user_banning.DatabaseBannedUsersBackend, "is_user_banned", fail)
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 403
    assert browser.get(f"/courses/{COURSE}/about").status_code == 200
    assert staff_browser.get(PAGE).status_code == 200


def test_a_ban_that_cannot_be_written_is_a_refusal(browser, protect, settings, monkeypatch):
    settings.SEB_USER_BANNING_ENABLED = True
    protect([KEY])

    def fail(self: Any, *args: Any) -> Any:
        raise OperationalError("read-only")

    monkeypatch.setattr(user_banning.DatabaseBannedUsersBackend, "ban_user", fail)
    assert browser.get(PAGE).status_code == 403


def test_a_broken_component_of_an_operator_refuses(browser, protect, monkeypatch, caplog):
    class Broken:
        def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
            raise KeyError("a mistake")

    monkeypatch.setattr("seb_openedx.permissions.AlwaysGrantAccess", Broken)
    protect(PERMISSION_COMPONENTS=["AlwaysGrantAccess"])
    for _ in range(2):
        assert browser.get(PAGE).status_code == 403
    assert caplog.text.count("a permission component fails") == 1


@pytest.mark.contract("safe-exam-browser#unknown-names")
def test_unknown_sources_are_left_out(host, settings, caplog):
    settings.SEB_KEY_SOURCES = ["no_such_source", "no.such.module", "seb_openedx.seb_keys_sources.from_global_settings"]
    settings.SAFE_EXAM_BROWSER = {COURSE: {"CONFIG_KEYS": [KEY]}}
    for _ in range(2):
        assert get_config_by_course(COURSE_KEY) == {"CONFIG_KEYS": [KEY]}
    assert caplog.text.count("which does not exist") == 2


@pytest.mark.parametrize("others", [None, "text", {"SAFE_EXAM_BROWSER": None}, {"SAFE_EXAM_BROWSER": 7}, {}])
def test_odd_settings_of_a_course_are_none(host, others):
    host.store.courses[COURSE_KEY].other_course_settings = others
    assert seb_keys_sources.from_other_course_settings(COURSE_KEY) is None
    host.store.courses.clear()
    assert seb_keys_sources.from_other_course_settings(COURSE_KEY) is None


# --- How much is read -------------------------------------------------------------------------------------------------


def queries_of(client: Client, path: str, **headers: str) -> int:
    client.get(path, **headers)
    with CaptureQueriesContext(connection) as captured:
        client.get(path, **headers)
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


@pytest.mark.contract("safe-exam-browser#read-once")
def test_queries(browser, host, settings, protect):
    base = queries_of(browser, "/dashboard")  # a page without a course
    assert base == 0  # session and user are read lazily
    login = 2
    settings.SEB_KEY_SOURCES = ["from_global_settings", "from_global_settings_default_keys"]
    assert queries_of(browser, PAGE) <= login
    common = [*settings.SEB_KEY_SOURCES, "from_other_course_settings", "from_django_model", "from_site_configuration"]
    settings.SEB_KEY_SOURCES = common
    assert queries_of(browser, PAGE) == login + 1  # the course's row, once
    settings.SEB_USER_BANNING_ENABLED = True
    protect([KEY])
    assert queries_of(browser, PAGE, **proof(KEY, PAGE)) == login + 2  # and the ban
    settings.SEB_USER_BANNING_ENABLED = False
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    assert queries_of(browser, PAGE, **proof(KEY, PAGE)) == login
    assert queries_of(browser, PAGE) == login + 1  # a refusal is counted in its row of the audit log


@pytest.mark.contract("safe-exam-browser#read-once")
def test_one_request_loads_the_course_once(browser, host):
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = {"CONFIG_KEYS": [KEY]}
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    assert host.store.calls == [("get_course", COURSE, 0)]
    browser.get(PAGE, **proof(KEY, PAGE))
    assert len(host.store.calls) == 2  # and the next request again


@pytest.mark.contract("safe-exam-browser#read-once")
def test_a_cached_configuration_is_dropped_when_it_changes(browser, host, settings):
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    assert browser.get(PAGE).status_code == 200
    row = SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)
    assert browser.get(PAGE).status_code == 403
    row.delete()
    assert browser.get(PAGE).status_code == 200


def test_a_cached_configuration_does_not_hide_another_site(browser, host, settings):
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    assert browser.get(PAGE).status_code == 200
    host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: [KEY]}  # what another site's request would read
    assert browser.get(PAGE).status_code == 403


@pytest.mark.contract("safe-exam-browser#broken-source")
def test_a_failed_reading_is_not_cached(staff_browser, browser, host, settings, monkeypatch):
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)

    def fail(course_id: Any) -> Any:
        raise OperationalError("server has gone away")

    with monkeypatch.context() as patch:
        patch.setattr(models.SebCourseConfiguration, "get_as_dict_by_course_id", fail)
        staff_browser.get(f"/seb-openedx/api/v1/course/{COURSE}/configuration/")
        browser.get(PAGE)
    assert browser.get(PAGE).status_code == 403


def test_a_user_who_cannot_be_read_is_anonymous(host, protect, middleware, request_factory):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)

    def load() -> Any:
        raise OperationalError("server has gone away")

    request = request_factory.get(PAGE, **proof(KEY, PAGE))
    request.user = SimpleLazyObject(load)
    assert middleware.process_view(request, load, (), {"course_id": COURSE}) is None
    del request.META["HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"]
    assert middleware.process_view(request, load, (), {"course_id": COURSE}).status_code == 403
    assert not ForbiddenCourseAccess.objects.exists()


def test_the_middleware_works_under_asgi(host, protect, learner):
    protect([KEY])
    client = AsyncClient()
    client.force_login(learner)

    async def status() -> int:
        return (await client.get(PAGE)).status_code

    assert async_to_sync(status)() == 403


@pytest.mark.contract("safe-exam-browser#broken-source")
def test_keys_for_every_course_are_a_configuration_too(browser, host):
    host.settings.SAFE_EXAM_BROWSER = {"default": [KEY]}
    assert browser.get(PAGE).status_code == 403
    break_store(host)
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    assert browser.get(PAGE).status_code == 403


def test_a_part_of_the_host_that_does_not_exist_is_no_outage(browser, host, protect):
    protect([KEY])
    assert browser.get(PAGE).status_code == 403
    host.settings.SAFE_EXAM_BROWSER = {}
    host.settings.SEB_COURSE_MODULE = host.settings.SEB_CONFIGURATION_HELPERS = "no.such.module"
    assert browser.get(PAGE).status_code == 200


def test_a_published_course_is_read_again(browser, host, settings):
    settings.SEB_CONFIG_CACHE_SECONDS = 60
    assert browser.get(PAGE).status_code == 200
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = [KEY]
    assert browser.get(PAGE).status_code == 200  # cached
    handlers.course_published(None, course_key=COURSE_KEY)
    assert browser.get(PAGE).status_code == 403


def test_the_app_listens_to_courses_being_published(host, monkeypatch):
    signal = Signal()
    handler = SimpleNamespace(course_published=signal)
    monkeypatch.setattr(sys.modules["xmodule.modulestore.django"], "SignalHandler", handler, raising=False)
    handlers.connect_to_host()
    assert signal.send(None, course_key=COURSE_KEY) == [(handlers.course_published, None)]
