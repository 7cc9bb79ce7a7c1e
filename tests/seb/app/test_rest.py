"""The REST API of version 1, as SEB Server and course tools use it."""

import logging

import pytest
from django.test import Client

from seb_openedx import __version__
from seb_openedx.models import SebCourseConfiguration
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER_KEY, proof

pytestmark = pytest.mark.django_db

URL = f"/seb-openedx/api/v1/course/{COURSE}/configuration/"
PAGE = f"/courses/{COURSE}/progress"
JSON = {"content_type": "application/json"}


@pytest.mark.contract("safe-exam-browser#rest", "safe-exam-browser#urls")
def test_the_conversation_of_seb_server(staff_browser, browser):
    assert staff_browser.get("/seb-openedx/seb-info").json() == {
        "version": __version__, "name": "seb_openedx", "git": "", "middleware_installed": True
    }  # fmt: skip
    answer = staff_browser.get(URL)
    assert (answer.status_code, answer.content) == (404, b"")
    body = {
        "PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashBrowserExamKeyOrConfigKey"],
        "CONFIG_KEYS": [KEY],
        "BROWSER_KEYS": [],
        "WHITELIST_PATHS": ["about"],
        "BLACKLIST_CHAPTERS": [],
        "USER_BANNING_ENABLED": False,
    }
    answer = staff_browser.put(URL, body, **JSON)
    assert (answer.status_code, answer.json()) == (200, body)
    assert staff_browser.get(URL).json() == body
    assert browser.get(PAGE).status_code == 403
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    answer = staff_browser.delete(URL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert staff_browser.delete(URL).status_code == 204
    assert staff_browser.get(URL).status_code == 404
    assert browser.get(PAGE).status_code == 200


@pytest.mark.contract("safe-exam-browser#rest-no-keys")
def test_empty_lists_leave_the_course_open(staff_browser, browser):
    body = {"PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashConfigKey"], "CONFIG_KEYS": []}
    assert staff_browser.put(URL, body, **JSON).status_code == 200
    assert browser.get(PAGE).status_code == 200


@pytest.mark.contract("safe-exam-browser#rest")
def test_post_creates_once(staff_browser):
    answer = staff_browser.post(URL, {"CONFIG_KEYS": [KEY]}, **JSON)
    assert (answer.status_code, answer.json()) == (200, {"CONFIG_KEYS": [KEY]})
    answer = staff_browser.post(URL, {"CONFIG_KEYS": [OTHER_KEY]}, **JSON)
    assert answer.status_code == 422
    assert COURSE in answer.json()
    assert SebCourseConfiguration.objects.get().config_keys == KEY


@pytest.mark.contract("safe-exam-browser#rest-patch")
def test_patch_keeps_what_it_does_not_name(staff_browser):
    SebCourseConfiguration.objects.create(
        course_id=COURSE_KEY,
        seb_enabled=True,
        allow_mfe_access=True,
        blacklist_sequences="s1,s2",
        blacklist_verticals="v1",
        config_keys=KEY,
    )
    answer = staff_browser.patch(URL, {"BROWSER_KEYS": [OTHER_KEY]}, **JSON)
    assert answer.status_code == 200
    assert answer.json()["BLACKLIST_SEQUENCES"] == ["s1", "s2"]
    row = SebCourseConfiguration.objects.get()
    assert (row.seb_enabled, row.allow_mfe_access, row.blacklist_sequences) == (True, True, "s1,s2")
    assert (row.blacklist_verticals, row.config_keys, row.browser_keys) == ("v1", KEY, OTHER_KEY)


def test_patch_does_not_change_the_settings(staff_browser, protect, settings):
    protect(CONFIG_KEYS=[KEY])
    staff_browser.patch(URL, {"WHITELIST_PATHS": ["about"]}, **JSON)
    assert settings.SAFE_EXAM_BROWSER == {COURSE: {"CONFIG_KEYS": [KEY]}}


@pytest.mark.contract("safe-exam-browser#rest")
def test_keys_in_the_simple_form_are_shown_in_the_detailed_one(staff_browser, protect):
    protect([KEY])
    assert staff_browser.get(URL).json() == {"BROWSER_KEYS": [KEY], "CONFIG_KEYS": [KEY]}


@pytest.mark.contract("safe-exam-browser#rest")
@pytest.mark.parametrize(
    "body",
    [
        {"CONFIG_KEYS": ["not a key!"]},
        {"CONFIG_KEYS": "text"},
        {"PERMISSION_COMPONENTS": ["NoSuchThing"]},
        {"USER_BANNING_ENABLED": "perhaps"},
        {"WHITELIST_PATHS": [["nested"]]},
        [1],
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_invalid_bodies_name_the_field(staff_browser, method, body):
    answer = getattr(staff_browser, method)(URL, body, **JSON)
    assert answer.status_code == 400
    assert answer.json()
    assert not SebCourseConfiguration.objects.exists()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_who_may(browser, method):
    assert getattr(browser, method)(URL).status_code == 403
    assert getattr(Client(), method)(URL).status_code in (401, 403)


@pytest.mark.parametrize("course", ["a+b+c", "nonsense:x+y+z", "course-v1:a+b+c%20d"])
def test_malformed_course_ids_are_not_found(staff_browser, course):
    for method in ("get", "delete"):
        path = f"/seb-openedx/api/v1/course/{course}/configuration/"
        assert getattr(staff_browser, method)(path).status_code == 404


@pytest.mark.contract("safe-exam-browser#rest")
def test_a_failure_of_every_destination_is_told(staff_browser, settings):
    settings.SEB_KEY_DESTINATIONS = []
    answer = staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON)
    assert answer.status_code == 503
    assert "SEB_KEY_DESTINATIONS" in answer.json()["detail"]


def test_an_empty_configuration_is_removed(staff_browser):
    for _ in range(2):
        assert staff_browser.put(URL, {}, **JSON).status_code == 200
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)
    assert staff_browser.put(URL, {}, **JSON).json() == {}
    assert not SebCourseConfiguration.objects.exists()


@pytest.mark.contract("safe-exam-browser#rest")
@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_nothing_can_be_saved_where_there_is_nothing(staff_browser, method):
    answer = getattr(staff_browser, method)(URL, {}, **JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    assert not SebCourseConfiguration.objects.exists()


@pytest.mark.contract("safe-exam-browser#rest")
def test_nothing_cannot_be_saved_over_what_no_destination_removes(staff_browser, protect, caplog):
    protect(CONFIG_KEYS=[KEY])
    with caplog.at_level(logging.WARNING, "seb_openedx"):
        answer = staff_browser.put(URL, {}, **JSON)
    assert answer.status_code == 503
    assert "from_global_settings" in answer.json()["detail"]
    assert f"not removed: course_id={COURSE} source=from_global_settings" in caplog.text


@pytest.mark.contract("safe-exam-browser#destinations")
def test_delete_reaches_every_place(staff_browser, host):
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)
    course = host.store.courses[COURSE_KEY].other_course_settings
    course["SAFE_EXAM_BROWSER"] = {"CONFIG_KEYS": [KEY]}
    host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: {"CONFIG_KEYS": [KEY]}, "default": {}}
    assert staff_browser.delete(URL).status_code == 204
    assert not SebCourseConfiguration.objects.exists()
    assert course == {}
    assert host.site.site_values["SAFE_EXAM_BROWSER"] == {"default": {}}
    assert staff_browser.get(URL).status_code == 404


@pytest.mark.contract("safe-exam-browser#destinations")
@pytest.mark.parametrize("attribute", ["site_values", "values"])
def test_a_configuration_is_saved_in_the_site(staff_browser, host, settings, attribute, monkeypatch):
    settings.SEB_KEY_DESTINATIONS = ["to_site_configuration"]
    if attribute == "values":  # as old platforms call it
        monkeypatch.delattr(host.site, "site_values")
        monkeypatch.setattr(host.site, "values", {}, raising=False)
        settings.SEB_KEY_SOURCES = []
    assert staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).status_code == 200
    assert getattr(host.site, attribute) == {"SAFE_EXAM_BROWSER": {COURSE: {"CONFIG_KEYS": [KEY]}}}
    assert host.site.saved


@pytest.mark.contract("safe-exam-browser#destinations")
def test_a_configuration_is_saved_in_the_course(staff_browser, staff, host, settings):
    settings.SEB_KEY_DESTINATIONS = ["to_other_course_settings"]
    assert staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).status_code == 200
    assert host.store.courses[COURSE_KEY].other_course_settings == {"SAFE_EXAM_BROWSER": {"CONFIG_KEYS": [KEY]}}
    saved = [call for call in host.store.calls if call[0] in ("update_item", "branch")]
    assert saved == [
        ("branch", "draft-preferred"),
        ("update_item", COURSE, staff.id),
        ("update_item", COURSE, staff.id),
    ]
    host.store.error = ConnectionError("no store")
    assert staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).status_code == 503


@pytest.mark.contract("safe-exam-browser#precedence")
def test_a_hidden_configuration_is_told_in_the_log(staff_browser, protect, caplog):
    protect(CONFIG_KEYS=[OTHER_KEY])
    staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON)
    assert "another source hides the saved configuration" in caplog.text


def test_unknown_keys_are_not_saved(caplog):
    from seb_openedx.seb_keys_sources import save_course_config, to_django_model

    assert to_django_model(COURSE_KEY, {"CONFIG_KEYS": [KEY], "COLOUR": "blue", "ENABLED": True})
    assert "COLOUR" in caplog.text
    assert SebCourseConfiguration.objects.get().seb_enabled
    assert save_course_config(COURSE_KEY, None) is True
    assert to_django_model(COURSE_KEY, None) is False
