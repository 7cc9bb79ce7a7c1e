"""The configuration of a course over version 2 of the REST API."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from seb_openedx import ban_policy
from seb_openedx.models import SebCourseConfiguration
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, OTHER_KEY, proof

pytestmark = pytest.mark.django_db

URL = f"/seb-openedx/api/v2/courses/{COURSE}/configuration"
PAGE = f"/courses/{COURSE}/progress"
JSON = {"content_type": "application/json"}
DEFAULTS = {
    "PERMISSION_COMPONENTS": [],
    "BROWSER_KEYS": [],
    "CONFIG_KEYS": [],
    "WHITELIST_PATHS": [],
    "BLACKLIST_CHAPTERS": [],
    "BLACKLIST_SEQUENCES": [],
    "BLACKLIST_VERTICALS": [],
    "USER_BANNING_ENABLED": False,
    "ALLOW_MFE_ACCESS": False,
    "ENABLED": False,
}
NO_BAN_KEYS = {"BAN_THRESHOLD": None, "BAN_WINDOW_SECONDS": None, "BAN_DURATION_SECONDS": None}


def shown(client, url=URL):
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    return answer.json()


def codes(body):
    return [warning["code"] for warning in body["warnings"]]


def refusal(answer):
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert body["type"] == f"urn:edx-proctoring:problem:{body['code']}"
    assert body["status"] == answer.status_code
    assert answer["X-Proctoring-Error"] == body["code"]
    assert answer["X-Request-Id"] == body["request_id"]
    assert body["instance"]
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"]


def fields(answer):
    return [error["field"] for error in answer.json()["errors"]]


@pytest.mark.contract("seb-rest#configuration")
def test_what_is_put_protects_the_course_until_it_is_deleted(staff_browser, browser):
    assert shown(staff_browser) == {
        "course_id": COURSE, **DEFAULTS, **NO_BAN_KEYS, "source": None, "shadowed_by": None, "warnings": []
    }  # fmt: skip
    body = {
        "PERMISSION_COMPONENTS": ["AlwaysAllowCourseStaff", "CheckSEBHashConfigKey"],
        "CONFIG_KEYS": [KEY],
        "WHITELIST_PATHS": ["about"],
        "BLACKLIST_SEQUENCES": ["sequence1"],
        "ALLOW_MFE_ACCESS": True,
    }
    answer = staff_browser.put(URL, body, **JSON)
    expected = {
        "course_id": COURSE,
        **DEFAULTS,
        **NO_BAN_KEYS,
        **body,
        "source": "from_django_model",
        "shadowed_by": None,
        "warnings": [],
    }
    assert (answer.status_code, answer.json()) == (200, expected)
    assert shown(staff_browser) == expected
    assert browser.get(PAGE).status_code == 403
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    answer = staff_browser.delete(URL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert browser.get(PAGE).status_code == 200


@pytest.mark.contract("seb-rest#configuration")
def test_put_resets_what_is_left_out(staff_browser):
    staff_browser.put(URL, {"CONFIG_KEYS": [KEY], "BLACKLIST_VERTICALS": ["v"], "ENABLED": True}, **JSON)
    assert staff_browser.put(URL, {"CONFIG_KEYS": [OTHER_KEY]}, **JSON).status_code == 200
    row = SebCourseConfiguration.get_as_dict_by_course_id(COURSE_KEY)
    assert row == {**DEFAULTS, "CONFIG_KEYS": [OTHER_KEY]}


@pytest.mark.contract("seb-rest#configuration")
def test_patch_keeps_what_is_left_out(staff_browser):
    staff_browser.put(URL, {"CONFIG_KEYS": [KEY], "BLACKLIST_VERTICALS": ["v"], "ENABLED": True}, **JSON)
    body = staff_browser.patch(URL, {"CONFIG_KEYS": [OTHER_KEY]}, **JSON).json()
    assert (body["CONFIG_KEYS"], body["BLACKLIST_VERTICALS"], body["ENABLED"]) == ([OTHER_KEY], ["v"], True)


@pytest.mark.contract("seb-rest#configuration")
def test_patch_of_a_plain_list_of_keys_keeps_the_keys(staff_browser, protect, host):
    protect([KEY])
    assert shown(staff_browser)["source"] == "from_global_settings"
    staff_browser.patch(URL, {"WHITELIST_PATHS": ["about"]}, **JSON)
    host.settings.SAFE_EXAM_BROWSER = {}
    body = shown(staff_browser)
    assert (body["BROWSER_KEYS"], body["CONFIG_KEYS"], body["WHITELIST_PATHS"]) == ([KEY], [KEY], ["about"])


@pytest.mark.contract("seb-rest#configuration")
def test_a_course_has_ban_keys_of_its_own(staff_browser):
    own = {"BAN_THRESHOLD": 3, "BAN_WINDOW_SECONDS": 600, "BAN_DURATION_SECONDS": 0}
    staff_browser.put(URL, {"CONFIG_KEYS": [KEY], **own}, **JSON)
    body = staff_browser.patch(URL, {"BAN_WINDOW_SECONDS": None}, **JSON).json()
    assert {key: body[key] for key in own} == {**own, "BAN_WINDOW_SECONDS": None}
    assert ban_policy.of_course(COURSE_KEY).threshold == 3
    assert staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).json()["BAN_THRESHOLD"] is None
    assert fields(staff_browser.put(URL, {"BAN_THRESHOLD": 0}, **JSON)) == ["BAN_THRESHOLD"]
    assert fields(staff_browser.put(URL, {"BAN_WINDOW_SECONDS": 2**31}, **JSON)) == ["BAN_WINDOW_SECONDS"]


@pytest.mark.contract("seb-rest#shadowed")
def test_a_saved_configuration_that_another_source_hides_is_told(staff_browser, protect):
    protect(CONFIG_KEYS=[KEY])
    body = staff_browser.put(URL, {"CONFIG_KEYS": [OTHER_KEY]}, **JSON).json()
    assert (body["source"], body["shadowed_by"], body["CONFIG_KEYS"]) == (
        "from_global_settings", "from_global_settings", [KEY]
    )  # fmt: skip
    assert shown(staff_browser)["shadowed_by"] == "from_global_settings"


@pytest.mark.contract("seb-rest#shadowed")
def test_a_saved_configuration_that_says_the_same_is_not_hidden(staff_browser, protect):
    protect(CONFIG_KEYS=[KEY])
    assert staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).json()["shadowed_by"] is None


@pytest.mark.contract("seb-rest#warnings")
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({"PERMISSION_COMPONENTS": ["CheckSEBHashConfigKey"]}, ["no_keys_open"], id="no-key-at-all"),
        pytest.param(
            {"PERMISSION_COMPONENTS": ["CheckSEBHashConfigKey"], "BROWSER_KEYS": [KEY]},
            ["no_keys_open"],
            id="only-keys-of-the-other-kind",
        ),
        pytest.param(
            {"PERMISSION_COMPONENTS": ["CheckSEBHashBrowserExamKeyOrConfigKey"], "BROWSER_KEYS": [KEY]},
            [],
            id="one-kind-is-enough-for-the-either-key-component",
        ),
        pytest.param({"WHITELIST_PATHS": ["about"]}, ["no_keys_open"], id="the-components-of-the-setting"),
        pytest.param({"PERMISSION_COMPONENTS": ["AlwaysGrantAccess"]}, ["grants_everybody"], id="always-grant"),
        pytest.param({"CONFIG_KEYS": ["short"]}, ["unlikely_key"], id="no-key-of-the-browser"),
        pytest.param({"CONFIG_KEYS": [KEY]}, [], id="control"),
    ],
)
def test_what_leaves_the_course_open_is_pointed_out(staff_browser, config, expected):
    assert codes(staff_browser.put(URL, config, **JSON).json()) == expected
    assert codes(shown(staff_browser)) == expected


@pytest.mark.contract("seb-rest#warnings")
def test_a_course_that_is_not_switched_on_is_pointed_out(staff_browser, host):
    host.settings.SEB_INDIVIDUAL_COURSE_ACTIVATION = True
    assert codes(staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON).json()) == ["not_enabled"]
    assert codes(staff_browser.patch(URL, {"ENABLED": True}, **JSON).json()) == []


@pytest.mark.contract("seb-rest#warnings")
def test_a_component_that_does_not_exist_is_pointed_out(staff_browser, protect):
    protect(PERMISSION_COMPONENTS=["Nothing"], CONFIG_KEYS=[KEY])
    assert codes(shown(staff_browser)) == ["unknown_component"]


@pytest.mark.contract("seb-rest#warnings")
def test_without_the_middleware_nothing_is_enforced(staff_browser, host):
    host.settings.MIDDLEWARE = [name for name in host.settings.MIDDLEWARE if "seb_openedx" not in name]
    assert codes(shown(staff_browser)) == ["not_enforced"]


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize(
    ("caller", "course", "allowed"),
    [
        ("anonymous", COURSE, False),
        ("learner", COURSE, False),
        ("course staff", COURSE, True),
        ("course staff", OTHER, False),
        ("global staff", COURSE, True),
        ("global staff", OTHER, True),
    ],
)
def test_who_may_read_and_write(callers, method, caller, course, allowed):
    body = {} if method == "get" else {"data": {"CONFIG_KEYS": [KEY]}, **JSON}
    answer = getattr(callers[caller], method)(f"/seb-openedx/api/v2/courses/{course}/configuration", **body)
    if allowed:
        assert answer.status_code in (200, 204)
    else:
        code = "not_authenticated" if caller == "anonymous" else "staff_required"
        assert refusal(answer) == (403, code)
        assert not SebCourseConfiguration.objects.exists()


@pytest.mark.contract("seb-rest#access")
def test_course_staff_need_a_host_that_knows_them(course_staff_browser, register_service):
    register_service("instructor", None)
    assert refusal(course_staff_browser.get(URL)) == (403, "staff_required")


@pytest.mark.contract("seb-rest#access")
def test_a_write_from_another_site_is_refused(staff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    assert refusal(client.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON)) == (403, "csrf_failed")


@pytest.mark.contract("seb-rest#access")
def test_staff_who_were_deactivated_are_refused(staff_browser):
    User.objects.update(is_active=False)
    assert refusal(staff_browser.get(URL)) == (403, "not_authenticated")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(
    ("body", "expected", "named"),
    [
        pytest.param("{", (400, "bad_request"), None, id="not-json"),
        pytest.param("[]", (400, "bad_request"), None, id="a-list"),
        pytest.param("null", (400, "bad_request"), None, id="null"),
        pytest.param('{"CONFIG_KEY": []}', (422, "unknown_parameter"), ["CONFIG_KEY"], id="misspelt"),
        pytest.param('{"CONFIG_KEYS": "abc"}', (422, "validation_error"), ["CONFIG_KEYS"], id="text-for-a-list"),
        pytest.param('{"CONFIG_KEYS": null}', (422, "validation_error"), ["CONFIG_KEYS"], id="null-for-a-list"),
        pytest.param('{"CONFIG_KEYS": ["a", "b,c"]}', (422, "validation_error"), ["CONFIG_KEYS.1"], id="odd-key"),
        pytest.param('{"CONFIG_KEYS": ["a\\nb"]}', (422, "validation_error"), ["CONFIG_KEYS.0"], id="line-break"),
        pytest.param(
            '{"WHITELIST_PATHS": ["a,b"]}', (422, "validation_error"), ["WHITELIST_PATHS.0"], id="comma-in-an-item"
        ),
        pytest.param(
            '{"WHITELIST_PATHS": ["a\\u0000"]}', (422, "validation_error"), ["WHITELIST_PATHS.0"], id="null-character"
        ),
        pytest.param(
            '{"PERMISSION_COMPONENTS": ["os.system"]}',
            (422, "validation_error"),
            ["PERMISSION_COMPONENTS.0"],
            id="foreign-component",
        ),
        pytest.param('{"ENABLED": "perhaps"}', (422, "validation_error"), ["ENABLED"], id="no-boolean"),
        pytest.param(
            '{"CONFIG_KEYS": [' + ",".join(['"a"'] * 201) + "]}",
            (422, "validation_error"),
            ["CONFIG_KEYS"],
            id="too-many",
        ),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_bad_body_is_refused_by_field(staff_browser, method, body, expected, named):
    answer = getattr(staff_browser, method)(URL, body, **JSON)
    assert refusal(answer) == expected
    assert named is None or fields(answer) == named
    assert not SebCourseConfiguration.objects.exists()


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("courses/nonsense/configuration", (404, "not_found"), id="no-course-id"),
        pytest.param(f"courses/course-v1:a+b+{'c' * 300}/configuration", (404, "not_found"), id="long-course-id"),
        pytest.param(f"courses/{COURSE}/configuration?exm=1", (422, "unknown_parameter"), id="unknown-parameter"),
    ],
)
def test_a_bad_address_is_refused(staff_browser, path, expected):
    assert refusal(staff_browser.get(f"/seb-openedx/api/v2/{path}")) == expected


@pytest.mark.contract("seb-rest#problems")
def test_ids_with_slashes_are_course_ids(staff_browser):
    assert shown(staff_browser, "/seb-openedx/api/v2/courses/edX/Old/2012/configuration")["course_id"] == "edX/Old/2012"


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize("path", [f"{URL}/", f"{URL}s", f"{URL}/more", f"/seb-openedx/api/v2/x{URL}"])
def test_paths_are_exact(staff_browser, path):
    assert staff_browser.get(path).status_code == 404


@pytest.mark.contract("seb-rest#problems")
def test_a_method_that_does_not_exist_here_is_refused(staff_browser):
    assert refusal(staff_browser.post(URL, {}, **JSON)) == (405, "method_not_allowed")


@pytest.mark.contract("seb-rest#problems")
def test_a_form_is_no_json(staff_browser):
    assert refusal(staff_browser.put(URL, "CONFIG_KEYS=a", content_type="application/x-www-form-urlencoded")) == (
        415, "unsupported_media_type"
    )  # fmt: skip


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(("sent", "kept"), [("abcdefgh-1", True), ("short", False), ("line\tbreak!", False)])
def test_the_request_id_of_the_caller_is_kept(staff_browser, sent, kept):
    answer = staff_browser.get(URL, headers={"X-Request-Id": sent})
    assert (answer["X-Request-Id"] == sent) is kept


@pytest.mark.contract("seb-rest#problems")
def test_what_can_be_saved_nowhere_is_a_failure(staff_browser, host):
    host.settings.SEB_KEY_DESTINATIONS = []
    assert refusal(staff_browser.put(URL, {"CONFIG_KEYS": [KEY]}, **JSON)) == (503, "not_saved")


@pytest.mark.contract("seb-rest#problems")
def test_a_failure_of_the_server_tells_its_id_and_nothing_else(staff_browser, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("secret")

    monkeypatch.setattr("seb_openedx.api.v2.configuration.effective_source", fail)
    answer = staff_browser.get(URL, headers={"X-Request-Id": "findable-1"})
    assert refusal(answer) == (500, "internal_error")
    assert b"secret" not in answer.content
    assert "findable-1" in caplog.text


@pytest.mark.contract("seb-rest#configuration")
def test_reading_costs_the_same_with_one_and_with_many_courses(staff_browser, queries_of):
    few = queries_of(lambda: shown(staff_browser))
    SebCourseConfiguration.objects.bulk_create(
        SebCourseConfiguration(course_id=f"course-v1:edX+C{number}+1") for number in range(500)
    )
    # Most are those of the middleware; each source is read once there and once here.
    assert queries_of(lambda: shown(staff_browser)) == few <= 5
