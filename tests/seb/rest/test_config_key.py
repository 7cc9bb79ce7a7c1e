"""The Config Key of files and settings, over version 2 of the REST API."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from seb_openedx.exam_models import SebExamConfiguration
from tests.seb.app.conftest import COURSE, OTHER
from tests.seb.protocol.vectors import ENCRYPTED, FILE, KEY_OF_SETTINGS, KEY_OF_SMALL, PASSWORD, SMALL, xml
from tests.seb.rest.test_configuration import JSON, fields, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#config-key", "seb-rest#files")]

URL = "/seb-openedx/api/v2/config-key"


def upload(client: Client, data: bytes, url: str = URL, **more: Any) -> Any:
    return client.post(url, {"file": SimpleUploadedFile("exam.seb", data), **more})


def test_the_key_of_a_file(staff_browser):
    body = upload(staff_browser, FILE).json()
    assert (body["config_key"], body["format"], body["encrypted"]) == (KEY_OF_SETTINGS, "xml", False)
    assert body["originator"] == "SEB_Win_3.7.0"
    summary = body["settings_summary"]
    assert (summary["allow_quit"], summary["has_quit_password"], summary["has_admin_password"]) == (True, True, False)
    assert "f7167c94" not in str(summary)


def test_the_key_of_an_encrypted_file(staff_browser):
    body = upload(staff_browser, gzip.compress(ENCRYPTED), password=PASSWORD).json()
    assert (body["config_key"], body["format"], body["encrypted"]) == (KEY_OF_SMALL, "pswd", True)


def test_settings_of_which_clients_compute_different_keys_have_none(staff_browser):
    body = staff_browser.post(URL, {"settings": {"a": True, "originatorVersion": "x"}}, **JSON).json()
    assert (body["config_key"], body["findings"][0]["code"]) == ("", "trailing_omitted_entry")


def test_the_key_of_settings(staff_browser):
    body = staff_browser.post(URL, {"settings": SMALL}, **JSON).json()
    assert sorted(body) == ["config_key", "findings", "settings_summary"]
    assert (body["config_key"], body["findings"]) == (KEY_OF_SMALL, [])


def test_what_clients_would_disagree_about_is_told(staff_browser):
    body = staff_browser.post(URL, {"settings": {"allowQuit": True, "zoom": "7"}}, **JSON).json()
    assert [(found["level"], found["code"], found["key"]) for found in body["findings"]] == [
        ("warning", "integer_as_string", "zoom")
    ]
    assert body["findings"][0]["message"]


@pytest.mark.parametrize(
    ("data", "more", "code", "field"),
    [
        pytest.param(b"", {}, "not_seb", "file", id="empty"),
        pytest.param(b"nonsense", {}, "not_seb", "file", id="nonsense"),
        pytest.param(b"\x1f\x8b" + b"x" * 20, {}, "bad_gzip", "file", id="gzip"),
        pytest.param(b"<?xml version='1.0'?><plist><dict>", {}, "bad_xml", "file", id="xml"),
        pytest.param(xml("<array/>").replace(b"<dict>", b"").replace(b"</dict>", b""), {}, "not_a_dictionary", "file",
                     id="root"),
        pytest.param(b"x" * 262145, {}, "too_large", "file", id="too-large"),
        pytest.param(gzip.compress(b"x" * 3_000_000), {}, "too_large", "file", id="unpacks-to-too-much"),
        pytest.param(ENCRYPTED, {}, "password_required", "password", id="without-password"),
        pytest.param(ENCRYPTED, {"password": "x"}, "wrong_password", "password", id="wrong-password"),
        pytest.param(b"pkhs" + b"x" * 99, {}, "certificate_encrypted", "file", id="certificate"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(staff_browser, data, more, code, field):
    answer = upload(staff_browser, data, **more)
    assert (refusal(answer), fields(answer)) == ((400, code), [field])


@pytest.mark.parametrize(
    ("send", "expected", "named"),
    [
        pytest.param(lambda client: client.post(URL, {}), (422, "validation_error"), ["file"], id="no-file"),
        pytest.param(
            lambda client: client.post(URL, {"file": "text"}), (422, "validation_error"), ["file"], id="no-upload"
        ),
        pytest.param(
            lambda client: upload(client, b"", colour="red"), (422, "unknown_parameter"), ["colour"], id="unknown"
        ),
        pytest.param(
            lambda client: upload(client, b"", course_id="x"), (422, "validation_error"), ["course_id"], id="course"
        ),
        pytest.param(
            lambda client: client.post(URL, {}, **JSON), (422, "validation_error"), ["settings"], id="no-settings"
        ),
        pytest.param(
            lambda client: client.post(URL, {"settings": [1]}, **JSON),
            (422, "validation_error"),
            ["settings"],
            id="a-list",
        ),
        pytest.param(
            lambda client: client.post(URL, {"settings": {"a": 2**64}}, **JSON),
            (422, "validation_error"),
            ["settings"],
            id="an-integer-of-more-than-64-bits",
        ),
        pytest.param(
            lambda client: client.post(URL, {"settings": {"a": "\ud800"}}, **JSON),
            (422, "validation_error"),
            ["settings"],
            id="half-a-character",
        ),
        pytest.param(
            lambda client: client.post(URL, {"settings": {"a": "x" * 262144}}, **JSON),
            (400, "too_large"),
            ["settings"],
            id="more-than-a-file-may-have",
        ),
        pytest.param(
            lambda client: client.post(URL, {"settings": {"a": None}}, **JSON),
            (422, "validation_error"),
            ["settings"],
            id="null",
        ),
        pytest.param(
            lambda client: client.post(URL, '{"settings": ' + '{"a":' * 70 + "1" + "}" * 71, **JSON),
            (422, "validation_error"),
            ["settings"],
            id="nested-too-deeply",
        ),
        pytest.param(
            lambda client: client.post(URL, '{"a":' * 3000, **JSON), (400, "bad_request"), None, id="endless-brackets"
        ),
        pytest.param(
            lambda client: client.post(URL, b"x", content_type="text/plain"),
            (415, "unsupported_media_type"),
            None,
            id="text",
        ),
    ],
)
def test_bad_bodies(staff_browser, send: Callable[[Client], Any], expected, named):
    answer = send(staff_browser)
    assert refusal(answer) == expected
    assert named is None or fields(answer) == named


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize(
    ("caller", "more", "allowed"),
    [
        ("anonymous", {}, False),
        ("learner", {}, False),
        ("learner", {"course_id": COURSE}, False),
        ("course staff", {}, False),
        ("course staff", {"course_id": OTHER}, False),
        ("course staff", {"course_id": COURSE}, True),
        ("global staff", {}, True),
    ],
)
def test_who_may_ask(callers, caller, more, allowed):
    assert upload(callers[caller], FILE, **more).status_code == (200 if allowed else 403)
    answer = callers[caller].post(URL, {"settings": SMALL, **more}, **JSON)
    assert answer.status_code == (200 if allowed else 403)


def test_nothing_is_stored(staff_browser):
    with CaptureQueriesContext(connection) as captured:
        upload(staff_browser, ENCRYPTED, password=PASSWORD)
    assert not [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert not SebExamConfiguration.objects.exists()
