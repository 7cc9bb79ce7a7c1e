"""Who gets into a course: every form of configuration, in every place, with right, wrong and no headers."""

import json
from typing import Any

import pytest
import yaml
from django.test import Client, RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey

from seb_openedx.configuration import normalized
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.models import SebCourseConfiguration
from seb_openedx.seb_keys_sources import from_global_settings, get_config_by_course
from tests.seb.app.conftest import (
    BROWSER_KEY_HEADER,
    CONFIG_KEY_HEADER,
    COURSE,
    COURSE_KEY,
    KEY,
    OTHER,
    OTHER_KEY,
    proof,
)

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"
NO_HEADER: dict[str, str] = {}
CK = proof(KEY, PAGE, CONFIG_KEY_HEADER)
BEK = proof(KEY, PAGE, BROWSER_KEY_HEADER)
WRONG_CK = proof(OTHER_KEY, PAGE, CONFIG_KEY_HEADER)
WRONG_BEK = proof(OTHER_KEY, PAGE, BROWSER_KEY_HEADER)
OTHER_PAGE_CK = proof(KEY, f"/courses/{COURSE}/about", CONFIG_KEY_HEADER)

BROWSER, CONFIG, EITHER = (
    "CheckSEBHashBrowserExamKey",
    "CheckSEBHashConfigKey",
    "CheckSEBHashBrowserExamKeyOrConfigKey",
)


def passes(answer: Any) -> bool:
    assert answer.status_code in (200, 403), answer
    return answer.status_code == 200


@pytest.mark.contract(
    "safe-exam-browser#forms",
    "safe-exam-browser#components",
    "safe-exam-browser#either-key",
    "safe-exam-browser#detailed-form",
)
@pytest.mark.parametrize(
    ("config", "open_to"),
    [
        pytest.param({}, {"none", "ck", "bek", "wrong ck", "wrong bek", "other page"}, id="no-keys"),
        pytest.param([KEY], {"ck", "bek"}, id="simple-form-holds-keys-of-both-kinds"),
        pytest.param([], {"none", "ck", "bek", "wrong ck", "wrong bek", "other page"}, id="empty-list"),
        pytest.param({"CONFIG_KEYS": [KEY]}, {"ck"}, id="config-key-alone"),
        pytest.param({"BROWSER_KEYS": [KEY]}, {"bek"}, id="browser-key-alone"),
        pytest.param({"CONFIG_KEYS": [KEY], "BROWSER_KEYS": [KEY]}, {"ck", "bek"}, id="both-kinds"),
        pytest.param({"CONFIG_KEYS": [OTHER_KEY, KEY]}, {"ck", "wrong ck"}, id="several-keys"),
        pytest.param({"CONFIG_KEYS": [KEY], "PERMISSION_COMPONENTS": [CONFIG]}, {"ck"}, id="config-component"),
        pytest.param(
            {"CONFIG_KEYS": [KEY], "PERMISSION_COMPONENTS": [BROWSER]},
            {"none", "ck", "bek", "wrong ck", "wrong bek", "other page"},
            id="a-component-without-a-key-of-its-kind-grants",
        ),
        pytest.param({"PERMISSION_COMPONENTS": ["AlwaysDenyAccess"]}, set(), id="deny"),
        pytest.param(
            {"CONFIG_KEYS": [KEY], "PERMISSION_COMPONENTS": [EITHER, "AlwaysGrantAccess"]},
            {"none", "ck", "bek", "wrong ck", "wrong bek", "other page"},
            id="one-granting-component-is-enough",
        ),
        pytest.param({"SEB_PERMISSION_COMPONENTS": ["AlwaysDenyAccess"]}, set(), id="the-vendor's-other-name"),
        pytest.param({"CONFIG_KEYS": f"{KEY}, {OTHER_KEY}"}, {"ck", "wrong ck"}, id="a-text-for-a-list"),
        pytest.param([{"CONFIG_KEYS": [KEY]}, {"USER_BANNING_ENABLED": "false"}], {"ck"}, id="single-entry-maps"),
        pytest.param({"CONFIG_KEYS": [KEY.upper()]}, {"ck"}, id="an-upper-case-key"),
        pytest.param(
            {"WHITELIST_PATHS": ["about"]},
            {"none", "ck", "bek", "wrong ck", "wrong bek", "other page"},
            id="a-whitelist-alone-protects-nothing",
        ),
    ],
)
def test_a_course_lets_in(browser, protect, config, open_to):
    protect(config)
    headers = {"none": NO_HEADER, "ck": CK, "bek": BEK, "wrong ck": WRONG_CK, "wrong bek": WRONG_BEK}
    headers["other page"] = OTHER_PAGE_CK
    assert {name for name, sent in headers.items() if passes(browser.get(PAGE, **sent))} == open_to


@pytest.mark.contract("safe-exam-browser#either-key")
@pytest.mark.parametrize("kind", ["CONFIG_KEYS", "BROWSER_KEYS"])
def test_keys_of_one_kind_open_a_course_to_everybody_only_where_the_old_rule_is_asked_for(
    browser, protect, kind, settings
):
    protect(**{kind: [KEY]})
    assert not passes(browser.get(PAGE))
    settings.SEB_LEGACY_MISSING_KEYS_GRANT = True
    assert passes(browser.get(PAGE))


@pytest.mark.contract("safe-exam-browser#sources")
@pytest.mark.parametrize("form", ["detailed", "simple"])
@pytest.mark.parametrize(
    "place",
    ["settings", "course directly", "course under its id", "database", "site", "settings default", "site default"],
)
def test_every_place_protects(browser, host, place, form):
    value: Any = {"CONFIG_KEYS": [KEY]} if form == "detailed" else [KEY]
    course = host.store.courses[COURSE_KEY].other_course_settings
    if place == "settings":
        host.settings.SAFE_EXAM_BROWSER = {COURSE: value}
    elif place == "settings default":
        host.settings.SAFE_EXAM_BROWSER = {"default": value}
    elif place == "course directly":
        course["SAFE_EXAM_BROWSER"] = value
    elif place == "course under its id":
        course["SAFE_EXAM_BROWSER"] = {COURSE: value, OTHER: []}
    elif place == "site":
        host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: value}
    elif place == "site default":
        host.site.site_values["SAFE_EXAM_BROWSER"] = {"default": value}
    else:
        SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=KEY)
    assert not passes(browser.get(PAGE))
    assert not passes(browser.get(PAGE, **WRONG_CK))
    assert passes(browser.get(PAGE, **CK))


@pytest.mark.contract("safe-exam-browser#precedence")
def test_the_first_place_with_the_detailed_form_is_the_configuration(host):
    host.store.courses[COURSE_KEY].other_course_settings["SAFE_EXAM_BROWSER"] = {"WHITELIST_PATHS": ["course"]}
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, whitelist_paths="database")
    host.site.site_values["SAFE_EXAM_BROWSER"] = {COURSE: {"WHITELIST_PATHS": ["site"]}}
    host.settings.SAFE_EXAM_BROWSER = {COURSE: [KEY], "default": {"WHITELIST_PATHS": ["default"]}}
    assert get_config_by_course(COURSE_KEY) == {"WHITELIST_PATHS": ["course"]}


@pytest.mark.contract("safe-exam-browser#precedence")
@pytest.mark.parametrize(("every_source", "second_key_counts"), [(True, True), (False, False)])
def test_keys_of_all_places_count_unless_the_setting_says_otherwise(
    browser, host, settings, every_source, second_key_counts
):
    settings.SEB_USE_ALL_SOURCES = every_source
    host.settings.SAFE_EXAM_BROWSER = {COURSE: {"CONFIG_KEYS": [KEY]}}
    SebCourseConfiguration.objects.create(course_id=COURSE_KEY, config_keys=OTHER_KEY)
    assert passes(browser.get(PAGE, **CK))
    assert passes(browser.get(PAGE, **WRONG_CK)) is second_key_counts


@pytest.mark.contract("safe-exam-browser#forms")
def test_the_published_samples_decide_alike():
    as_json = {
        "course-v1:Org+A+2019": [KEY, OTHER_KEY],
        "course-v1:Org+B+2019": {
            "PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashConfigKey"],
            "CONFIG_KEYS": [KEY],
            "USER_BANNING_ENABLED": True,
        },
    }
    as_yaml = f"""
    - "course-v1:Org+A+2019": ["{KEY}", "{OTHER_KEY}"]
    - "course-v1:Org+B+2019":
      - PERMISSION_COMPONENTS: [AlwaysAllowStaff, CheckSEBHashConfigKey]
      - CONFIG_KEYS: ["{KEY}"]
      - USER_BANNING_ENABLED: true
    """
    for value in (json.loads(json.dumps(as_json)), yaml.safe_load(as_yaml)):
        with override_settings(SAFE_EXAM_BROWSER=value):
            for course, expected in as_json.items():
                assert from_global_settings(CourseKey.from_string(course)) == expected


@pytest.mark.parametrize(
    ("user", "config", "open_"),
    [
        pytest.param("staff", {"CONFIG_KEYS": [KEY]}, True, id="global-staff"),
        pytest.param("staff", {"CONFIG_KEYS": [KEY], "PERMISSION_COMPONENTS": [CONFIG]}, False, id="staff-not-listed"),
        pytest.param("learner", {"CONFIG_KEYS": [KEY]}, False, id="learner"),
        pytest.param("anonymous", {"CONFIG_KEYS": [KEY]}, False, id="anonymous"),
    ],
)
def test_staff(staff_browser, browser, protect, user, config, open_):
    protect(config)
    client = {"staff": staff_browser, "learner": browser, "anonymous": Client()}[user]
    assert passes(client.get(PAGE)) is open_


@pytest.mark.contract("safe-exam-browser#course-staff")
def test_course_staff_pass_where_their_component_is_listed(browser, protect, instructor):
    protect(CONFIG_KEYS=[KEY], PERMISSION_COMPONENTS=[CONFIG, "AlwaysAllowCourseStaff"])
    assert passes(browser.get(PAGE))
    instructor.failing.add("is_course_staff")
    assert not passes(browser.get(PAGE))


def test_an_empty_list_of_components_refuses_everybody(staff_browser, host):
    host.settings.SEB_PERMISSION_COMPONENTS = []
    assert not passes(staff_browser.get(PAGE))


def test_without_the_setting_only_staff_pass(staff_browser, browser, host):
    del host.settings.SEB_PERMISSION_COMPONENTS
    assert passes(staff_browser.get(PAGE))
    assert not passes(browser.get(PAGE))


@pytest.mark.contract("safe-exam-browser#unknown-names")
def test_an_unknown_component_is_left_out_and_refuses(browser, host, protect, caplog):
    host.settings.SEB_PERMISSION_COMPONENTS = ["NoSuchThing"]
    for _ in range(3):
        assert not passes(browser.get(PAGE))
    assert caplog.text.count("NoSuchThing") == 1
    protect(PERMISSION_COMPONENTS=["NoSuchThing", "AlwaysGrantAccess"])
    assert not passes(browser.get(PAGE))  # the course's list is not used in part


def test_a_dotted_path_names_a_component(browser, protect):
    protect(PERMISSION_COMPONENTS=["seb_openedx.permissions.AlwaysDenyAccess"])
    assert not passes(browser.get(PAGE))


@pytest.mark.contract("safe-exam-browser#activation")
@pytest.mark.parametrize(
    ("enabled", "open_"), [(None, True), (False, True), ("false", True), (True, False), ("True", False)]
)
def test_courses_are_protected_one_by_one_if_the_setting_says_so(browser, protect, settings, enabled, open_):
    settings.SEB_INDIVIDUAL_COURSE_ACTIVATION = True
    protect(CONFIG_KEYS=[KEY], **({} if enabled is None else {"ENABLED": enabled}))
    assert passes(browser.get(PAGE)) is open_


@pytest.mark.contract("safe-exam-browser#decision")
def test_pages_without_a_course_and_other_courses_are_not_touched(browser, protect):
    protect([KEY])
    assert passes(browser.get("/dashboard"))
    assert passes(browser.get(f"/courses/{OTHER}/progress"))


@pytest.mark.contract("safe-exam-browser#decision")
def test_studio_is_not_touched(browser, protect, settings):
    protect([KEY])
    settings.SERVICE_VARIANT = "cms"
    assert passes(browser.get(PAGE))


def test_nothing_is_enforced_without_the_middleware(browser, protect, settings):
    protect([KEY])
    settings.MIDDLEWARE = settings.MIDDLEWARE[:-1]
    assert passes(browser.get(PAGE))


# --- Every combination of components, keys and headers ----------------------------------------------------------------

SOME_KEYS = st.lists(st.sampled_from([KEY, OTHER_KEY]), max_size=2, unique=True)
SENT = st.none() | st.sampled_from([KEY, OTHER_KEY, "no key of the course"])


def should_pass(components: list[str], browser_keys: list[str], config_keys: list[str], bek: Any, ck: Any) -> bool:
    """The published rules, said in another way. ``bek`` and ``ck``: the keys from which the headers were made."""
    grants = {
        "AlwaysAllowStaff": False,
        "AlwaysDenyAccess": False,
        "AlwaysGrantAccess": True,
        BROWSER: not browser_keys or bek in browser_keys,
        CONFIG: not config_keys or ck in config_keys,
        EITHER: not (browser_keys or config_keys) or bek in browser_keys or ck in config_keys,
    }
    return any(grants[name] for name in components or ["AlwaysAllowStaff", EITHER])


@pytest.mark.contract("safe-exam-browser#components", "safe-exam-browser#either-key")
@given(
    components=st.lists(
        st.sampled_from(["AlwaysAllowStaff", "AlwaysDenyAccess", "AlwaysGrantAccess", BROWSER, CONFIG, EITHER]),
        max_size=3,
    ),
    browser_keys=SOME_KEYS,
    config_keys=SOME_KEYS,
    bek=SENT,
    ck=SENT,
)
def test_a_learner_passes_as_the_rules_say(components, browser_keys, config_keys, bek, ck):
    config = {"PERMISSION_COMPONENTS": components, "BROWSER_KEYS": browser_keys, "CONFIG_KEYS": config_keys}
    path = f"/api/grades/v1/courses/{COURSE}/"
    headers = {
        **(proof(bek, path, BROWSER_KEY_HEADER) if bek else {}),
        **(proof(ck, path, CONFIG_KEY_HEADER) if ck else {}),
    }
    with override_settings(
        SAFE_EXAM_BROWSER={COURSE: config},
        SEB_KEY_SOURCES=["from_global_settings"],
        SEB_PERMISSION_COMPONENTS=["AlwaysAllowStaff", EITHER],
    ):
        answer = SecureExamBrowserMiddleware().process_view(
            RequestFactory().get(path, **headers), passes, (), {"course_id": COURSE}
        )
    assert (answer is None) is should_pass(components, browser_keys, config_keys, bek, ck)


# --- The tolerant reading ---------------------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=JUNK
    | st.dictionaries(
        st.sampled_from(["CONFIG_KEYS", "BROWSER_KEYS", "WHITELIST_PATHS", "ENABLED", "PERMISSION_COMPONENTS"]), JUNK
    )
)
def test_whatever_is_configured_is_read_as_one_of_the_forms(value):
    found = normalized(value, COURSE)
    assert found is None or isinstance(found, list | dict)
    if isinstance(found, list):
        assert all(isinstance(item, str) for item in found)
    elif found:
        for key in ("CONFIG_KEYS", "BROWSER_KEYS", "WHITELIST_PATHS", "PERMISSION_COMPONENTS"):
            assert all(isinstance(item, str) for item in found.get(key, []))
        assert isinstance(found.get("ENABLED", False), bool)
    assert normalized(found, COURSE) == found


def test_what_cannot_be_used_is_logged_once(caplog):
    for _ in range(3):
        assert normalized({"CONFIG_KEYS": 5, "ENABLED": "perhaps"}, COURSE) == {}
        assert normalized(7, COURSE) is None
    assert caplog.text.count("unusable") == 3  # two parts and one whole


def test_the_operators_dict_stays_as_it_is():
    written = {"CONFIG_KEYS": KEY, "SEB_PERMISSION_COMPONENTS": ["AlwaysDenyAccess"]}
    before = dict(written)
    normalized(written, COURSE)
    assert written == before
