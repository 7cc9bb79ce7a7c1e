"""What exams demand, over version 2 of the REST API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from seb_openedx.edxapp_wrapper import special_exams
from seb_openedx.exam_models import SebExamConfiguration, SebSession, SebStartToken
from seb_openedx.exams import setup
from seb_openedx.protocol import compute_config_key, decode, hash_password, header_hash
from tests.factories import make_attempt, make_exam
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, ORIGIN, OTHER, OTHER_KEY, block
from tests.seb.exams.test_races import at_once, meeting
from tests.seb.rest.test_bans_and_sessions import session
from tests.seb.rest.test_configuration import JSON, fields, refusal

pytestmark = pytest.mark.django_db

EXAM = block("sequence")
EXAMS = f"/seb-openedx/api/v2/courses/{COURSE}/exams"
URL = f"{EXAMS}/{EXAM}"
OTHER_EXAM = "block-v1:edX+Other+2026+type@sequential+block@x"
PAGE = f"/xblock/{block('vertical')}"
OFF = {
    "course_id": COURSE,
    "content_id": EXAM,
    "exam": None,
    "mode": "off",
    "template_id": None,
    "settings": {},
    "min_versions": {},
    "has_quit_password": False,
    "has_encrypt_password": False,
    "upload_policy": "adapt",
    "source_name": "",
    "config_key": "",
    "previous_config_keys": [],
    "browser_keys": [],
    "client_config_keys": [],
    "exempt_username": [],
    "on_leave": "allow",
    "start_url": "",
    "quit_url": "",
    "warnings": [],
    "modified": None,
    "modified_by": "",
    "version": 0,
}
ENTRY = {"key": KEY, "label": "Room 3", "platform": "win", "version": "3.7.1", "active": True}


@pytest.fixture
def exam(db: None) -> Any:
    return make_exam("timed", course_id=COURSE, content_id=EXAM, exam_name="Final")


def put(client: Client, body: dict[str, Any], url: str = URL, **headers: str) -> Any:
    return client.put(url, body, **JSON, headers=headers)


def patch(client: Client, body: dict[str, Any], url: str = URL, **headers: str) -> Any:
    return client.patch(url, body, **JSON, headers=headers)


def saved(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.content
    body: dict[str, Any] = answer.json()
    return body


def shown(client: Client, url: str = URL) -> dict[str, Any]:
    return saved(client.get(url))


def row() -> SebExamConfiguration:
    found: SebExamConfiguration = SebExamConfiguration.objects.get()
    return found


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exams")
def test_the_exams_of_a_course_by_name_then_what_is_no_exam(exam, staff_browser):
    make_exam("practice", course_id=COURSE, content_id=block("sequence", 3), exam_name="Try it", is_active=False)
    make_exam("timed", course_id=OTHER)
    saved(put(staff_browser, {"mode": "manual"}))
    saved(put(staff_browser, {"mode": "client"}, f"{EXAMS}/{block('sequence', 2)}"))
    results = staff_browser.get(EXAMS).json()["results"]
    assert [(found["content_id"], found["mode"], found["version"]) for found in results] == [
        (EXAM, "manual", 1),
        (block("sequence", 3), "off", 0),
        (block("sequence", 2), "client", 1),
    ]
    assert [found["exam"] and (found["exam"]["exam_name"], found["exam"]["is_active"]) for found in results] == [
        ("Final", True),
        ("Try it", False),
        None,
    ]
    assert results[0] == shown(staff_browser)


@pytest.mark.contract("seb-rest#exams")
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_each_exam_is_on_one_page(staff_browser, size):
    for number in (1, 2, 3):
        make_exam("timed", course_id=COURSE, content_id=block("sequence", number), exam_name=f"{number}")
    for number in (3, 4, 5, 6):
        saved(put(staff_browser, {"mode": "off"}, f"{EXAMS}/{block('sequence', number)}"))
    found, page = [], EXAMS + f"?page_size={size}"
    for _ in range(6):
        body = staff_browser.get(page).json()
        found += [result["content_id"] for result in body["results"]]
        page = body["next"]
        if not page:
            break
    assert page is None
    assert found == [block("sequence", number) for number in range(1, 7)]
    assert body["count"] == 6


@pytest.mark.contract("seb-rest#exams")
def test_a_host_without_special_exams_has_what_demands_the_browser(staff_browser, monkeypatch):
    monkeypatch.setattr(special_exams, "of_course", lambda course_id: None)
    assert staff_browser.get(EXAMS).json()["results"] == []
    saved(put(staff_browser, {"mode": "client"}))
    assert [found["mode"] for found in staff_browser.get(EXAMS).json()["results"]] == ["client"]


# --- One exam ---------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exam")
def test_an_exam_that_demands_nothing(exam, staff_browser):
    about = {
        "id": exam.pk, "exam_name": "Final", "is_proctored": False, "is_practice_exam": False, "is_active": True
    }  # fmt: skip
    assert shown(staff_browser) == {**OFF, "exam": about}
    assert staff_browser.get(URL)["ETag"] == '"0"'


@pytest.mark.contract("seb-rest#exam")
def test_what_is_put_protects_the_exam_until_it_is_deleted(exam, staff_browser, browser):
    answer = put(staff_browser, {"mode": "manual", "quit_password": "quit-me"})
    body = saved(answer)
    assert (answer.status_code, body["mode"], body["version"], body["modified_by"]) == (201, "manual", 1, "gina")
    assert (body["start_url"], body["quit_url"]) == (
        f"{ORIGIN}/seb-openedx/start/{row().public_id}/", f"{ORIGIN}/seb-openedx/quit/{row().quit_nonce}/"
    )  # fmt: skip
    assert shown(staff_browser) == body
    proof = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, body["config_key"])}
    assert browser.get(PAGE).content != b"render_xblock"
    assert browser.get(PAGE, **proof).content == b"render_xblock"
    assert put(staff_browser, {"mode": "manual"}).status_code == 200
    answer = staff_browser.delete(URL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert browser.get(PAGE).content == b"render_xblock"
    assert refusal(staff_browser.delete(URL)) == (404, "not_found")
    assert shown(staff_browser)["mode"] == "off"


@pytest.mark.contract("seb-rest#exam")
def test_put_resets_what_is_left_out_except_the_quit_password(staff_browser):
    everything = {
        "mode": "manual",
        "settings": {"max_displays": 2},
        "min_versions": {"win": "3.7"},
        "quit_password": "quit-me",
        "upload_policy": "preserve",
        "browser_keys": [ENTRY],
        "client_config_keys": [OTHER_KEY],
        "exempt_username": ["ann"],
        "on_leave": "release",
    }
    body = saved(put(staff_browser, everything))
    sent = {name: value for name, value in everything.items() if name != "quit_password"}
    assert {name: body[name] for name in sent} == sent
    body = saved(put(staff_browser, {"mode": "manual"}))
    assert {name: body[name] for name in sent} == {**{name: OFF[name] for name in sent}, "mode": "manual"}
    assert body["has_quit_password"] is True


@pytest.mark.contract("seb-rest#exam")
def test_patch_keeps_what_is_left_out(staff_browser):
    before = saved(
        put(staff_browser, {"mode": "manual", "settings": {"max_displays": 2}, "min_versions": {"win": "3.7"}})
    )
    after = saved(patch(staff_browser, {"on_leave": "release"}))
    volatile = {"on_leave", "version", "modified"}
    assert {name: before[name] for name in before if name not in volatile} == {
        name: after[name] for name in after if name not in volatile
    }
    assert (after["on_leave"], after["version"]) == ("release", 2)


@pytest.mark.contract("seb-rest#exam")
def test_patch_of_an_exam_that_demands_nothing_does_not_switch_it_on(exam, staff_browser, browser):
    answer = patch(staff_browser, {"exempt_username": ["ann", "ann"]})
    assert (answer.status_code, saved(answer)["mode"], saved(answer)["exempt_username"]) == (201, "off", ["ann"])
    assert browser.get(PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-rest#exam")
def test_the_quit_password_is_written_and_never_read(staff_browser, caplog):
    hashed = hash_password("quit-me")
    answers = [put(staff_browser, {"mode": "manual", "quit_password": "quit-me"}), staff_browser.get(URL)]
    assert saved(answers[1])["has_quit_password"] is True
    assert row().quit_password_hash == hashed
    assert decode(row().config_xml.encode()).settings["hashedQuitPassword"] == hashed
    assert not any(secret in str(answer.content) for answer in answers for secret in ("quit-me", hashed))
    assert "quit-me" not in caplog.text
    assert saved(patch(staff_browser, {"on_leave": "allow"}))["has_quit_password"] is True
    assert saved(patch(staff_browser, {"quit_password": ""}))["has_quit_password"] is False


@pytest.mark.contract("seb-rest#exam", "seb-rest#exam-warnings", "seb-rest#preview")
def test_the_password_of_the_file_is_written_and_never_read(staff_browser, settings, caplog):
    answers = [put(staff_browser, {"mode": "manual", "encrypt_password": "say-it"}), staff_browser.get(URL)]
    assert saved(answers[1])["has_encrypt_password"] is True
    assert not any(secret in str(answer.content) for answer in answers for secret in ("say-it", "gAAAA"))
    assert "say-it" not in caplog.text
    file = staff_browser.get(f"{URL}/config.seb").content
    assert decode(file, password="say-it").config_key() == row().config_key
    settings.SECRET_KEY, old = "another", settings.SECRET_KEY
    gina = User.objects.get(username="gina")
    staff_browser.force_login(gina)  # sessions are signed with the key too
    assert refusal(staff_browser.get(f"{URL}/config.seb")) == (503, "password_unreadable")
    assert [warning["code"] for warning in shown(staff_browser)["warnings"]] == ["password_unreadable"]
    settings.SECRET_KEY = old
    staff_browser.force_login(gina)
    assert saved(put(staff_browser, {"mode": "manual"}))["has_encrypt_password"] is True
    assert saved(patch(staff_browser, {"encrypt_password": ""}))["has_encrypt_password"] is False


@pytest.mark.contract("seb-rest#exam")
def test_an_earlier_key_is_listed(staff_browser):
    earlier = saved(put(staff_browser, {"mode": "manual"}))["config_key"]
    body = saved(patch(staff_browser, {"settings": {"max_displays": 3}}))
    assert [entry["key"] for entry in body["previous_config_keys"]] == [earlier]
    assert body["config_key"] not in ("", earlier)


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exam-keys")
@pytest.mark.parametrize(
    "pasted", [f" {KEY.upper()};\n{OTHER_KEY},{KEY} ", [KEY.upper(), OTHER_KEY]], ids=["one-text", "a-list"]
)
def test_keys_can_be_pasted(staff_browser, pasted):
    body = saved(put(staff_browser, {"mode": "client", "browser_keys": pasted, "client_config_keys": pasted}))
    assert [entry["key"] for entry in body["browser_keys"]] == [KEY, OTHER_KEY]
    assert body["browser_keys"][0] == {"key": KEY, "label": "", "platform": "", "version": "", "active": True}
    assert body["client_config_keys"] == [KEY, OTHER_KEY]


@pytest.mark.contract("seb-rest#exam-keys")
def test_what_is_known_about_a_pasted_key_stays_and_it_is_switched_on(staff_browser):
    switched_off = {**ENTRY, "active": False}
    body = saved(put(staff_browser, {"mode": "client", "browser_keys": [switched_off, OTHER_KEY]}))
    assert body["browser_keys"][0] == switched_off
    body = saved(patch(staff_browser, {"browser_keys": KEY}))
    assert body["browser_keys"] == [ENTRY]


@pytest.mark.contract("seb-rest#exam-keys")
def test_a_key_that_is_switched_off_opens_nothing(staff_browser, browser):
    saved(put(staff_browser, {"mode": "client", "browser_keys": [{**ENTRY, "active": False}, OTHER_KEY]}))

    def opens(key: str) -> bool:
        sent = {"HTTP_X_SAFEEXAMBROWSER_REQUESTHASH": header_hash(ORIGIN + PAGE, key)}
        return bool(browser.get(PAGE, **sent).content == b"render_xblock")

    assert (opens(KEY), opens(OTHER_KEY)) == (False, True)


# --- Versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exam-versions")
def test_of_two_browsers_with_the_same_version_the_second_is_refused(staff_browser, course_staff_browser):
    tag = put(staff_browser, {"mode": "manual"})["ETag"]
    assert staff_browser.get(URL)["ETag"] == tag
    newer = patch(staff_browser, {"on_leave": "release"}, **{"If-Match": tag})["ETag"]
    for answer in (
        put(course_staff_browser, {"mode": "off"}, **{"If-Match": tag}),
        patch(course_staff_browser, {"mode": "off"}, **{"If-Match": tag}),
        course_staff_browser.delete(URL, headers={"If-Match": tag}),
    ):
        assert (refusal(answer), answer["ETag"]) == ((412, "precondition_failed"), newer)
    assert (row().mode, row().on_leave, row().version) == ("manual", "release", 2)
    assert patch(course_staff_browser, {"mode": "off"}, **{"If-Match": newer}).status_code == 200


@pytest.mark.contract("seb-rest#exam-versions")
@pytest.mark.parametrize(
    ("tag", "allowed"),
    [
        pytest.param("{}", True, id="the-version"),
        pytest.param('"9.9", {}', True, id="among-others"),
        pytest.param("W/{}", True, id="made-weak-by-compression"),
        pytest.param("*", True, id="any"),
        pytest.param('"0"', False, id="no-row"),
        pytest.param('"1"', False, id="another"),
        pytest.param("nonsense", False, id="nonsense"),
        pytest.param("", False, id="empty"),
    ],
)
def test_if_match(staff_browser, tag, allowed):
    present = put(staff_browser, {"mode": "manual"})["ETag"]
    answer = patch(staff_browser, {"on_leave": "release"}, **{"If-Match": tag.format(present)})
    assert answer.status_code == (200 if allowed else 412)
    assert row().version == (2 if allowed else 1)


@pytest.mark.contract("seb-rest#exam-versions")
def test_a_new_exam_is_not_written_over(staff_browser):
    assert put(staff_browser, {"mode": "manual"}, **{"If-Match": "*"}).status_code == 412
    assert put(staff_browser, {"mode": "manual"}, **{"If-None-Match": "*"}).status_code == 201
    assert put(staff_browser, {"mode": "off"}, **{"If-None-Match": "*"}).status_code == 412
    assert put(staff_browser, {"mode": "off"}, **{"If-Match": '"0"'}).status_code == 412
    assert row().mode == "manual"


@pytest.mark.contract("seb-rest#exam-versions")
def test_a_row_that_was_made_anew_is_another_version(staff_browser):
    tag = put(staff_browser, {"mode": "manual"})["ETag"]
    make_attempt()  # other rows in between
    assert staff_browser.delete(URL).status_code == 204
    SebExamConfiguration.objects.create(pk=row_id_after(tag), course_id=COURSE_KEY, content_id=EXAM, version=1)
    assert put(staff_browser, {"mode": "off"}, **{"If-Match": tag}).status_code == 412


def row_id_after(tag: str) -> int:
    """Return the id that databases which count on give to the next row."""
    return int(tag.strip('"').partition(".")[0]) + 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.contract("seb-rest#exam-versions")
@pytest.mark.parametrize(
    ("locked", "statuses"), [(False, [200, 200]), (True, [200, 412])], ids=["control-overwrites", "one-is-refused"]
)
def test_of_two_changes_at_once_without_a_version_none_is_lost(staff_browser, monkeypatch, locked, statuses):
    put(staff_browser, {"mode": "manual"})
    monkeypatch.setattr(setup, "prepare", meeting(setup.prepare, 2))
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    bodies = [{"on_leave": "release"}, {"exempt_username": ["ann"]}]

    def send() -> int:
        client = Client()
        client.cookies.update(staff_browser.cookies)
        return patch(client, bodies.pop()).status_code

    assert sorted(at_once(send)) == statuses


# --- Learners in the exam ---------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exam-running")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda client, force: patch(client, {"settings": {"max_displays": 2}, **force}), id="patch"),
        pytest.param(lambda client, force: put(client, {"mode": "off", **force}), id="put"),
        pytest.param(lambda client, force: client.delete(URL, json.dumps(force), **JSON), id="delete"),
    ],
)
def test_a_change_that_puts_learners_out_has_to_be_forced(exam, staff_browser, change):
    put(staff_browser, {"mode": "manual"})
    make_attempt(exam, status="started")
    prefix = row().config_key[:8]
    open_session = session(key_prefix=prefix)
    assert refusal(change(staff_browser, {})) == (409, "attempts_running")
    assert refusal(change(staff_browser, {"force": False})) == (409, "attempts_running")
    assert (row().version, SebSession.objects.open().count()) == (1, 1)
    assert change(staff_browser, {"force": True}).status_code in (200, 204)
    open_session.refresh_from_db()
    assert open_session.end_reason == "configuration_changed"


@pytest.mark.contract("seb-rest#exam-running")
def test_a_change_that_puts_nobody_out_is_free(exam, staff_browser):
    put(staff_browser, {"mode": "manual"})
    make_attempt(exam, status="started")
    assert patch(staff_browser, {"on_leave": "release"}).status_code == 200


# --- Bad input --------------------------------------------------------------------------------------------------------

MODE = {"mode": "manual"}
BAD_BODIES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no-mode": ({}, ["mode"]),
    "unknown-mode": ({"mode": "magic"}, ["mode"]),
    "mode-null": ({"mode": None}, ["mode"]),
    "upload-without-a-file": ({"mode": "upload"}, ["mode"]),
    "template-a-text": ({**MODE, "template_id": "x"}, ["template_id"]),
    "template-zero": ({**MODE, "template_id": 0}, ["template_id"]),
    "template-beyond-what-ids-are": ({**MODE, "template_id": 2**31}, ["template_id"]),
    "template-null": ({**MODE, "template_id": None}, ["template_id"]),
    "settings-a-text": ({**MODE, "settings": "x"}, ["settings"]),
    "unknown-option": ({**MODE, "settings": {"colour": "red"}}, ["settings.colour"]),
    "wrong-option": ({**MODE, "settings": {"max_displays": 9, "allow_quit": "perhaps"}},
                     ["settings.allow_quit", "settings.max_displays"]),
    "no-regular-expression": ({**MODE, "settings": {"url_filter": True, "allowed_regex": ["("]}},
                              ["settings.allowed_regex"]),
    "versions-among-options": ({**MODE, "settings": {"min_versions": {"win": "3.7"}}}, ["settings.min_versions"]),
    "wrong-option-of-another-mode": ({"mode": "off", "settings": {"max_displays": 9}}, ["settings.max_displays"]),
    "no-version": ({**MODE, "min_versions": {"win": "new"}}, ["min_versions"]),
    "no-platform": ({**MODE, "min_versions": {"beos": "3.7"}}, ["min_versions"]),
    "version-a-list": ({**MODE, "min_versions": {"win": ["3.7"]}}, ["min_versions.win"]),
    "password-a-number": ({**MODE, "quit_password": {"a": 1}}, ["quit_password"]),
    "password-too-long": ({**MODE, "quit_password": "x" * 256}, ["quit_password"]),
    "password-that-would-not-reach-the-computers": ({"mode": "client", "quit_password": "x"}, ["quit_password"]),
    "password-that-no-file-asks-for": ({"mode": "client", "encrypt_password": "x"}, ["encrypt_password"]),
    "password-of-the-file-a-list": ({**MODE, "encrypt_password": ["x"]}, ["encrypt_password"]),
    "no-policy": ({**MODE, "upload_policy": "burn"}, ["upload_policy"]),
    "key-too-short": ({**MODE, "browser_keys": "abc"}, ["browser_keys"]),
    "key-in-a-list-too-short": ({**MODE, "browser_keys": [KEY, "abc"]}, ["browser_keys.1"]),
    "entry-without-a-key": ({**MODE, "browser_keys": [{"label": "x"}]}, ["browser_keys.0.key"]),
    "entry-with-an-unknown-member": ({**MODE, "browser_keys": [{**ENTRY, "os": "x"}]}, ["browser_keys.0.os"]),
    "entry-of-no-platform": ({**MODE, "browser_keys": [{**ENTRY, "platform": "beos"}]}, ["browser_keys.0.platform"]),
    "entry-perhaps-active": ({**MODE, "browser_keys": [{**ENTRY, "active": "perhaps"}]}, ["browser_keys.0.active"]),
    "entry-a-number": ({**MODE, "browser_keys": [7]}, ["browser_keys.0"]),
    "entries-a-number": ({**MODE, "browser_keys": 7}, ["browser_keys"]),
    "entry-twice": ({**MODE, "browser_keys": [ENTRY, KEY.upper()]}, ["browser_keys.1"]),
    "too-many-keys": ({**MODE, "browser_keys": [f"{number:064x}" for number in range(201)]}, ["browser_keys"]),
    "every-key-switched-off": ({"mode": "client", "browser_keys": [{**ENTRY, "active": False}]}, ["mode"]),
    "no-config-key": ({**MODE, "client_config_keys": ["abc"]}, ["client_config_keys.0"]),
    "names-a-text": ({**MODE, "exempt_username": "ann"}, ["exempt_username"]),
    "name-with-a-null": ({**MODE, "exempt_username": ["a\0b"]}, ["exempt_username.0"]),
    "name-with-half-a-character": ({**MODE, "exempt_username": ["\ud800"]}, ["exempt_username.0"]),
    "perhaps-on-leave": ({**MODE, "on_leave": "perhaps"}, ["on_leave"]),
    "perhaps-forced": ({**MODE, "force": "perhaps"}, ["force"]),
    "the-config-key-is-read-only": ({**MODE, "config_key": KEY}, ["config_key"]),
    "unknown-member": ({**MODE, "colour": "red"}, ["colour"]),
}  # fmt: skip


@pytest.mark.contract("seb-rest#exam", "seb-rest#problems")
@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_bodies_name_the_field(exam, staff_browser, name):
    body, named = BAD_BODIES[name]
    answer = put(staff_browser, body)
    code = "unknown_parameter" if named[0] in ("config_key", "colour") else "validation_error"
    assert (refusal(answer), fields(answer)) == ((422, code), named)
    assert all(error["message"] for error in answer.json()["errors"])
    assert not SebExamConfiguration.objects.exists()
    if body.get("mode"):
        assert fields(patch(staff_browser, body)) == named


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"mode": "\ud800"}, "mode"),
        ({"browser_keys": [{**ENTRY, "platform": "\ud800"}]}, "browser_keys.0.platform"),
        ({"\ud800": 1}, "\N{REPLACEMENT CHARACTER}"),
    ],
    ids=["word", "word-in-a-list", "name"],
)
def test_half_a_character_is_quoted_as_a_mark(exam, staff_browser, more, field):
    answer = put(staff_browser, {**MODE, **more})
    assert (answer.status_code, fields(answer)) == (422, [field])


@pytest.mark.contract("seb-rest#problems")
def test_of_a_long_word_the_beginning_is_quoted(exam, staff_browser):
    [error] = put(staff_browser, {**MODE, "mode": "x" * 101}).json()["errors"]
    assert error["message"].startswith(f"“{'x' * 100}”")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize("body", ["[]", '"x"', "{", "null", "1"])
def test_a_body_that_is_no_object(exam, staff_browser, body):
    for answer in (staff_browser.put(URL, body, **JSON), staff_browser.patch(URL, body, **JSON)):
        assert refusal(answer) == (400, "bad_request")


@pytest.mark.contract("seb-rest#problems")
def test_a_body_beyond_the_limit_of_the_host(exam, staff_browser, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert refusal(put(staff_browser, {"mode": "manual", "exempt_username": ["x" * 100]})) == (413, "too_large")


@pytest.mark.contract("seb-rest#exam")
@pytest.mark.parametrize(
    "content_id",
    ["nonsense", OTHER_EXAM, "a\0b", "x" * 300, f"{EXAM}/"],
    ids=["nonsense", "another-course", "null", "too-long", "slash"],
)
def test_what_cannot_be_an_exam_of_the_course_is_not_found(staff_browser, content_id):
    url = f"{EXAMS}/{content_id}"
    answers = [staff_browser.get(url), put(staff_browser, MODE, url), patch(staff_browser, MODE, url)]
    answers += [staff_browser.delete(url)]
    assert {answer.status_code for answer in answers} == {404}
    assert not SebExamConfiguration.objects.exists()


@pytest.mark.contract("seb-rest#exam")
@pytest.mark.parametrize("content_id", ["i4x://edX/DemoX/sequential/sequence1", "an-exam-by-another-name"])
def test_ids_of_other_forms(staff_browser, content_id):
    make_exam("timed", course_id=COURSE, content_id=content_id)
    url = f"{EXAMS}/{content_id}"
    assert saved(put(staff_browser, MODE, url))["content_id"] == content_id
    assert shown(staff_browser, url)["mode"] == "manual"


@pytest.mark.contract("seb-rest#exam")
@pytest.mark.parametrize("course", ["nonsense", f"{COURSE}+branch@draft", "course-v1:a+b"])
def test_what_is_no_course_is_not_found(staff_browser, course):
    for url in (EXAMS.replace(COURSE, course), URL.replace(COURSE, course)):
        assert refusal(staff_browser.get(url)) == (404, "not_found")
    assert refusal(put(staff_browser, MODE, URL.replace(COURSE, course))) == (404, "not_found")


# --- Warnings ---------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exam-warnings")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"mode": "manual"}, [], id="none"),
        pytest.param({"mode": "client"}, ["no_keys_weak"], id="no-key"),
        pytest.param({"mode": "client", "browser_keys": [KEY]}, [], id="a-key"),
        pytest.param({"mode": "off"}, [], id="off"),
    ],
)
def test_warnings(staff_browser, change, expected):
    assert [warning["code"] for warning in saved(put(staff_browser, change))["warnings"]] == expected


@pytest.mark.contract("seb-rest#exam-warnings")
def test_warnings_about_the_server_and_the_row(staff_browser, settings):
    saved(put(staff_browser, MODE))
    settings.LMS_ROOT_URL = "https://lms.example.com"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "seb_openedx" not in name]
    SebExamConfiguration.objects.update(config_key="")
    found = shown(staff_browser)["warnings"]
    assert [warning["code"] for warning in found] == ["not_enforced", "unusable", "other_origin"]
    assert all(warning["message"] for warning in found)
    body = saved(patch(staff_browser, {"renew_origin": True}))
    assert (body["start_url"][:23], [warning["code"] for warning in body["warnings"]]) == (
        "https://lms.example.com", ["not_enforced"]
    )  # fmt: skip


# --- The file and the links -------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#preview")
@pytest.mark.parametrize("accepted", ["*/*", "application/seb", "text/html"])
def test_staff_see_the_file_that_learners_get(staff_browser, accepted):
    key = saved(put(staff_browser, MODE))["config_key"]
    answer = staff_browser.get(f"{URL}/config.seb", HTTP_ACCEPT=accepted)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/seb")
    assert answer.content == row().config_xml.encode()
    assert compute_config_key(decode(answer.content).settings) == key
    assert staff_browser.head(f"{URL}/config.seb")["Content-Length"] == str(len(answer.content))


@pytest.mark.contract("seb-rest#preview")
@pytest.mark.parametrize("body", [None, {"mode": "off"}, {"mode": "client"}], ids=["no-row", "off", "client"])
def test_an_exam_without_a_file(exam, staff_browser, body):
    if body:
        put(staff_browser, body)
    assert refusal(staff_browser.get(f"{URL}/config.seb")) == (404, "not_found")


@pytest.mark.contract("seb-rest#preview")
def test_staff_see_the_links_of_learners(staff_browser):
    saved(put(staff_browser, {"mode": "manual", "min_versions": {"win": "3.7"}}))
    body = staff_browser.get(f"{URL}/launch").json()
    file = body["launch_url"].replace("seb://", "http://")
    assert Client().get(file).content == row().config_xml.encode()
    assert body["config_url"] == f"{ORIGIN}/seb-openedx/config/{row().public_id}/exam.seb"
    assert (body["mode"], body["min_versions"]) == ("manual", {"win": "3.7"})
    assert (body["start_url"], body["quit_url"]) == (
        shown(staff_browser)["start_url"], shown(staff_browser)["quit_url"]
    )  # fmt: skip


@pytest.mark.contract("seb-rest#preview")
def test_the_link_of_a_member_of_staff_logs_nobody_in(staff_browser, settings):
    settings.SEB_LAUNCH_LOGIN = True
    saved(put(staff_browser, MODE))
    assert "??st=" not in staff_browser.get(f"{URL}/launch").json()["launch_url"]
    assert not SebStartToken.objects.exists()


@pytest.mark.contract("seb-rest#preview")
def test_computers_with_their_own_settings_begin_with_the_start_page(staff_browser):
    saved(put(staff_browser, {"mode": "client", "browser_keys": [KEY]}))
    body = staff_browser.get(f"{URL}/launch").json()
    assert (body["launch_url"], body["config_url"]) == (body["start_url"].replace("http://", "seb://"), None)


@pytest.mark.contract("seb-rest#preview")
def test_an_exam_that_demands_nothing_has_no_links(exam, staff_browser):
    assert refusal(staff_browser.get(f"{URL}/launch")) == (404, "not_found")
    put(staff_browser, {"mode": "off"})
    assert refusal(staff_browser.get(f"{URL}/launch")) == (404, "not_found")


# --- Cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#exams")
def test_queries_do_not_grow(staff_browser, queries_of: Callable[[Callable[[], Any]], int]):
    def read(url: str) -> Callable[[], None]:
        return lambda: saved(staff_browser.get(url)) and None

    def add(numbers: range) -> None:
        for number in numbers:
            make_exam("timed", course_id=COURSE, content_id=block("sequence", number))
            for exam in (block("sequence", number), block("sequence", number + 1000)):
                SebExamConfiguration.objects.create(course_id=COURSE_KEY, content_id=exam, mode="client", origin=ORIGIN)

    urls = (f"{EXAMS}?page_size=100", URL, f"{URL}/launch")
    add(range(1, 3))
    few = [queries_of(read(url)) for url in urls]
    add(range(3, 60))
    assert [queries_of(read(url)) for url in urls] == few
    # Session, user and configuration of the course; then two numbers, a page of each, and the rows of the exams.
    assert few[0] == 8
