"""Files that staff upload for an exam, over version 2 of the REST API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.protocol import decode, encode
from tests.factories import make_attempt, make_exam
from tests.seb.app.conftest import COURSE, KEY
from tests.seb.protocol.vectors import ENCRYPTED, FILE, KEY_OF_SETTINGS, KEY_OF_SMALL, PASSWORD
from tests.seb.rest.test_config_key import upload
from tests.seb.rest.test_configuration import fields, refusal
from tests.seb.rest.test_exams import EXAM, EXAMS, OTHER_EXAM, URL, put, row, saved, shown

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#upload")]

UPLOAD = f"{URL}/upload"
TRY = f"{UPLOAD}?dry_run=1"


def send(client: Client, data: bytes = FILE, url: str = UPLOAD, **more: Any) -> Any:
    return upload(client, data, url, **more)


@pytest.mark.parametrize(
    ("policy", "key"), [("preserve", KEY_OF_SETTINGS), ("adapt", None)], ids=["unchanged", "adapted"]
)
def test_a_file_becomes_the_exams(staff_browser, policy, key):
    answer = send(staff_browser, policy=policy)
    body = saved(answer)
    assert (body["format"], body["encrypted"], body["served_encrypted"]) == ("xml", False, False)
    assert body["settings_summary"]["has_quit_password"] is True
    exam = shown(staff_browser)
    assert (exam["mode"], exam["upload_policy"], exam["source_name"]) == ("upload", policy, "exam.seb")
    assert (exam["config_key"], exam["version"]) == (body["config_key"], 1)
    assert answer["ETag"] == staff_browser.get(URL)["ETag"]
    served = staff_browser.get(f"{URL}/config.seb").content
    assert decode(served).config_key() == body["config_key"]
    assert (served == FILE) is (policy == "preserve")
    if key is None:
        assert decode(served).settings["startURL"] == exam["start_url"]
    else:
        assert body["config_key"] == key


def test_an_encrypted_file_is_adapted_decrypted(staff_browser):
    body = saved(send(staff_browser, ENCRYPTED, password=PASSWORD))
    assert (body["format"], body["encrypted"], body["served_encrypted"]) == ("pswd", True, False)
    assert decode(staff_browser.get(f"{URL}/config.seb").content).settings["allowQuit"] is False
    assert PASSWORD not in str(SebExamConfiguration.objects.values().get())


def test_an_exam_whose_file_asks_for_a_password_serves_an_adapted_file_encrypted(staff_browser):
    put(staff_browser, {"mode": "manual", "encrypt_password": "say-it"})
    assert saved(send(staff_browser))["served_encrypted"] is True
    assert staff_browser.get(f"{URL}/config.seb").content.startswith(b"pswd")


@pytest.mark.parametrize("policy", ["preserve", "adapt"])
def test_a_dry_run_stores_nothing_and_tells_the_key(staff_browser, policy):
    tag = put(staff_browser, {"mode": "client"})["ETag"]
    before = SebExamConfiguration.objects.values().get()
    answer = send(staff_browser, url=TRY, policy=policy)
    assert (answer["ETag"], SebExamConfiguration.objects.values().get()) == (tag, before)
    assert saved(send(staff_browser, policy=policy)) == saved(answer)


@pytest.mark.parametrize(("policy", "key"), [("preserve", KEY_OF_SMALL), ("adapt", "")])
def test_a_dry_run_for_an_exam_without_a_row(staff_browser, policy, key):
    assert saved(send(staff_browser, ENCRYPTED, TRY, password=PASSWORD, policy=policy))["config_key"] == key
    assert not SebExamConfiguration.objects.exists()


def test_without_a_policy_it_stays_as_it_was(staff_browser):
    saved(send(staff_browser))
    assert row().upload_policy == "adapt"
    saved(send(staff_browser, policy="preserve"))
    saved(send(staff_browser))
    assert row().upload_policy == "preserve"


@pytest.mark.parametrize("url", [UPLOAD, TRY], ids=["stored", "dry"])
@pytest.mark.parametrize(
    ("data", "more", "code", "field"),
    [
        pytest.param(b"nonsense", {}, "not_seb", "file", id="nonsense"),
        pytest.param(b"x" * 262145, {}, "too_large", "file", id="too-large"),
        pytest.param(ENCRYPTED, {}, "password_required", "password", id="without-password"),
        pytest.param(ENCRYPTED, {"password": "x"}, "wrong_password", "password", id="wrong-password"),
    ],
)
def test_files_that_cannot_be_read(staff_browser, url, data, more, code, field):
    answer = send(staff_browser, data, url, **more)
    assert (refusal(answer), fields(answer)) == ((400, code), [field])
    assert not SebExamConfiguration.objects.exists()


@pytest.mark.parametrize(
    ("send_it", "expected", "named"),
    [
        pytest.param(lambda client: client.post(UPLOAD, {}), (422, "validation_error"), ["file"], id="no-file"),
        pytest.param(
            lambda client: send(client, policy="burn"), (422, "validation_error"), ["policy"], id="no-policy"
        ),
        pytest.param(lambda client: send(client, force="x"), (422, "validation_error"), ["force"], id="force"),
        pytest.param(
            lambda client: send(client, url=f"{UPLOAD}?dry_run=x"), (422, "validation_error"), ["dry_run"], id="dry"
        ),
        pytest.param(
            lambda client: send(client, url=f"{UPLOAD}?dryrun=1"), (422, "unknown_parameter"), ["dryrun"], id="misspelt"
        ),
        pytest.param(lambda client: send(client, mode="x"), (422, "unknown_parameter"), ["mode"], id="unknown"),
        pytest.param(
            lambda client: client.post(UPLOAD, "{}", content_type="application/json"),
            (415, "unsupported_media_type"),
            None,
            id="json",
        ),
        pytest.param(
            lambda client: client.post(UPLOAD, b"x", content_type="multipart/form-data"),
            (400, "bad_request"),
            None,
            id="no-boundary",
        ),
        pytest.param(
            lambda client: client.post(UPLOAD, {"file": [SimpleUploadedFile(name, b"1") for name in "ab"]}),
            (400, "not_seb"),
            ["file"],
            id="two-files",
        ),
        pytest.param(lambda client: client.post(UPLOAD), (422, "validation_error"), ["file"], id="nothing"),
    ],
)  # fmt: skip
def test_bad_forms(staff_browser, send_it, expected, named):
    answer = send_it(staff_browser)
    assert refusal(answer) == expected
    assert named is None or fields(answer) == named
    assert not SebExamConfiguration.objects.exists()


def test_settings_on_which_clients_do_not_agree_are_not_stored(staff_browser):
    data = encode({"a": True, "zz": {}})
    found = saved(send(staff_browser, data, TRY, policy="preserve"))
    assert (found["config_key"], [finding["code"] for finding in found["findings"]]) == ("", ["trailing_omitted_entry"])
    answer = send(staff_browser, data, policy="preserve")
    assert (refusal(answer), fields(answer)) == ((422, "validation_error"), ["file"])
    assert not SebExamConfiguration.objects.exists()


def test_a_quit_password_would_not_reach_a_file_that_is_served_unchanged(staff_browser):
    put(staff_browser, {"mode": "manual", "quit_password": "quit-me"})
    answer = send(staff_browser, policy="preserve")
    assert (refusal(answer), fields(answer)) == ((422, "validation_error"), ["policy"])
    assert row().mode == "manual"


@pytest.mark.contract("seb-rest#exam-versions")
def test_an_upload_does_not_write_over_a_newer_version(staff_browser):
    old = put(staff_browser, {"mode": "manual"})["ETag"]
    put(staff_browser, {"mode": "client", "browser_keys": KEY})
    data = {"file": SimpleUploadedFile("exam.seb", FILE)}
    assert refusal(staff_browser.post(UPLOAD, data, headers={"If-Match": old})) == (412, "precondition_failed")
    assert row().mode == "client"


@pytest.mark.contract("seb-rest#exam-running")
def test_an_upload_that_puts_learners_out_has_to_be_forced(staff_browser):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    put(staff_browser, {"mode": "manual"})
    make_attempt(exam, status="started")
    assert refusal(send(staff_browser)) == (409, "attempts_running")
    assert send(staff_browser, url=TRY).status_code == 200
    assert send(staff_browser, force="true").status_code == 200


def test_addresses_that_no_file_can_hold_are_no_error_of_the_server(staff_browser, settings):
    put(staff_browser, {"mode": "client"})
    SebExamConfiguration.objects.update(origin="lms.example.com")
    for url in (UPLOAD, TRY):
        answer = send(staff_browser, url=url)
        assert (refusal(answer), set(fields(answer))) == ((422, "validation_error"), {""})


def test_what_cannot_be_an_exam_of_the_course_is_not_found(staff_browser):
    for content_id in (OTHER_EXAM, "nonsense", "a\0b"):
        assert refusal(send(staff_browser, url=f"{EXAMS}/{content_id}/upload")) == (404, "not_found")
