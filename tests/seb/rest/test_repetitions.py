"""Requests that are sent twice, and answers that have not changed."""

import json
import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from seb_openedx.api.v2 import idempotency
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration
from seb_openedx.protocol import encode
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, KEY, OTHER_KEY, block
from tests.seb.rest.test_configuration import JSON, refusal

pytestmark = pytest.mark.django_db

API = "/seb-openedx/api/v2"
EXAMS = f"{API}/courses/{COURSE}/exams"
EXAM = f"{EXAMS}/{block('sequence')}"
TEMPLATES = f"{API}/templates"


def post(client: Client, body: Any, key: str = "once", url: str = TEMPLATES) -> Any:
    return client.post(url, body, **JSON, headers={"Idempotency-Key": key})


@pytest.mark.contract("seb-rest#idempotency")
def test_a_repeated_request_gets_the_first_reply(staff_browser):
    first, second = (post(staff_browser, {"name": "Room 4"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first["ETag"] == second["ETag"]
    assert ("Idempotent-Replay" in first, second["Idempotent-Replay"]) == (False, "true")
    assert SebConfigTemplate.objects.count() == 1


@pytest.mark.contract("seb-rest#idempotency")
def test_without_a_key_a_request_is_no_repetition(staff_browser):
    answers = [staff_browser.post(TEMPLATES, {"name": "Room 4"}, **JSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 422]


@pytest.mark.contract("seb-rest#idempotency")
@pytest.mark.parametrize("other", ["body", "caller", "address", "method"])
def test_what_differs_is_no_repetition(staff_browser, course_staff_browser, other):
    make_exam("timed", course_id=COURSE, content_id=block("sequence"))
    body = {"mode": "client", "client_config_keys": [KEY]}
    headers = {"Idempotency-Key": "once"}
    assert staff_browser.put(EXAM, body, **JSON, headers=headers).status_code == 201
    client, url, method = staff_browser, EXAM, "PUT"
    if other == "body":
        body["client_config_keys"] = [OTHER_KEY]
    elif other == "caller":
        client = course_staff_browser
    elif other == "address":
        url = f"{EXAMS}/{block('sequence', 2)}"
    else:
        method = "PATCH"
    answer = client.generic(method, url, json.dumps(body), "application/json", headers=headers)
    if other == "body":
        assert refusal(answer) == (422, "idempotency_key_reused")
    else:
        assert (answer.status_code, "Idempotent-Replay" in answer) == (201 if other == "address" else 200, False)


@pytest.mark.contract("seb-rest#idempotency")
def test_a_refusal_is_not_kept(staff_browser):
    assert post(staff_browser, {"name": ""}).status_code == 422
    assert post(staff_browser, {"name": "Room 4"}).status_code == 201


@pytest.mark.contract("seb-rest#idempotency")
def test_a_request_whose_first_one_is_at_work(staff_browser, monkeypatch):
    kept = cache.set

    def dies(key: str, value: Any, *arguments: Any, **options: Any) -> None:
        if "status" not in value:
            kept(key, value, *arguments, **options)

    monkeypatch.setattr(idempotency.cache, "set", dies)
    assert post(staff_browser, {"name": "Room 4"}).status_code == 201
    assert refusal(post(staff_browser, {"name": "Room 4"})) == (409, "idempotency_in_progress")


@pytest.mark.contract("seb-rest#idempotency")
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"], ids=["empty", "too-long", "control-character"])
def test_a_key_that_is_none(staff_browser, key):
    assert refusal(post(staff_browser, {"name": "Room 4"}, key)) == (400, "bad_request")
    assert not SebConfigTemplate.objects.exists()


@pytest.mark.contract("seb-rest#idempotency")
def test_two_files_of_the_same_name_are_two_bodies(staff_browser):
    def upload(displays: int) -> Any:
        data = encode({"startURL": "https://lms.example.com/", "allowedDisplaysMaxNumber": displays})
        body = {"name": "Room 4", "file": SimpleUploadedFile("exam.seb", data)}
        return staff_browser.post(TEMPLATES, body, headers={"Idempotency-Key": "once"})

    first, second = upload(1), upload(1)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert refusal(upload(2)) == (422, "idempotency_key_reused")


@pytest.mark.contract("seb-rest#idempotency")
def test_nothing_is_done_while_repetitions_could_not_be_noticed(staff_browser, monkeypatch, caplog):
    def fails(*_arguments: Any, **_options: Any) -> None:
        raise ConnectionError("no cache")

    monkeypatch.setattr(idempotency.cache, "add", fails)
    with caplog.at_level(logging.ERROR, "seb_openedx"):
        assert refusal(post(staff_browser, {"name": "Room 4"})) == (503, "not_saved")
    assert "the cache fails" in caplog.text
    assert not SebConfigTemplate.objects.exists()


@pytest.mark.contract("seb-rest#idempotency")
def test_what_is_kept_has_no_passwords(staff_browser, monkeypatch):
    make_exam("timed", course_id=COURSE, content_id=block("sequence"))
    kept = []
    for name in ("add", "set"):
        stored = getattr(cache, name)
        monkeypatch.setattr(
            idempotency.cache, name, lambda *given, do=stored, **more: kept.append(repr(given)) or do(*given, **more)
        )
    body = {"mode": "manual", "quit_password": "quit-me-now", "encrypt_password": "open-me-now"}
    assert staff_browser.put(EXAM, body, **JSON, headers={"Idempotency-Key": "once"}).status_code == 201
    assert len([entry for entry in kept if "'body'" in entry]) == 2
    assert not any(word in entry for entry in kept for word in ("quit-me-now", "open-me-now"))


@pytest.mark.contract("seb-rest#etags")
@pytest.mark.parametrize("url", [f"{API}/courses/{COURSE}/configuration", EXAMS, TEMPLATES, f"{API}/bans"])
def test_what_has_not_changed_is_not_sent_again(staff_browser, url):
    first = staff_browser.get(url)
    assert first["Cache-Control"] == "private, no-cache"
    again = staff_browser.get(url, headers={"If-None-Match": f'"other", {first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-cache"


@pytest.mark.contract("seb-rest#etags")
def test_what_has_changed_is_sent_with_another_tag(staff_browser):
    tag = staff_browser.get(TEMPLATES)["ETag"]
    SebConfigTemplate.objects.create(name="Room 5")
    answer = staff_browser.get(TEMPLATES, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["count"]) == (200, 1)
    assert answer["ETag"] != tag


@pytest.mark.contract("seb-rest#etags")
def test_the_tag_of_a_version_saves_no_answer(staff_browser):
    """What an exam is called and warned of changes without its version."""
    exam = make_exam("timed", course_id=COURSE, content_id=block("sequence"), exam_name="Final")
    SebExamConfiguration.objects.create(course_id=COURSE, content_id=block("sequence"), mode="manual")
    tag = staff_browser.get(EXAM)["ETag"]
    exam.exam_name = "Finale"
    exam.save()
    answer = staff_browser.get(EXAM, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["exam"]["exam_name"]) == (200, "Finale")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.contract("seb-rest#etags")
def test_links_are_new_with_each_answer(staff_browser):
    make_exam("timed", course_id=COURSE, content_id=block("sequence"))
    staff_browser.put(EXAM, {"mode": "manual"}, **JSON)
    answer = staff_browser.get(f"{EXAM}/launch")
    assert ("ETag" in answer, answer["Cache-Control"]) == (False, "no-store")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(
    ("member", "choices"),
    [
        ("mode", "off, manual, template, upload, client"),
        ("upload_policy", "adapt, preserve"),
        ("on_leave", "allow, release"),
    ],
)
def test_a_refused_choice_names_what_can_be_chosen(staff_browser, member, choices):
    answer = staff_browser.patch(EXAM, {member: "sometimes"}, **JSON)
    assert refusal(answer) == (422, "validation_error")
    assert answer.json()["errors"] == [
        {"field": member, "message": f"“sometimes” cannot be chosen. Choose one of: {choices}."}
    ]


@pytest.mark.contract("seb-rest#idempotency")
def test_a_body_of_any_depth_is_no_error_of_the_server(staff_browser):
    codes = set()
    for depth in [*range(1, 1000, 37), 3000, 100_000]:
        body = '{"name": ' + "[" * depth + "]" * depth + "}"
        headers = {"Idempotency-Key": f"depth-{depth}"}
        codes.add(refusal(staff_browser.generic("POST", TEMPLATES, body, "application/json", headers=headers)))
    assert codes == {(422, "validation_error"), (400, "bad_request")}


@pytest.mark.contract("seb-rest#idempotency", "seb-rest#files")
@pytest.mark.parametrize("content", [b"x", b"\x1f\x8b", b"plnd", b"pswd\x03\x01"], ids=["text", "gzip", "plnd", "pswd"])
def test_a_file_of_ten_megabytes_is_refused(staff_browser, content):
    def upload() -> Any:
        file = SimpleUploadedFile("exam.seb", content + b"x" * 10_000_000)
        body = {"name": "Room 4", "file": file}
        return staff_browser.post(TEMPLATES, body, headers={"Idempotency-Key": "once"})

    assert [refusal(upload()) for _ in range(2)] == [(400, "too_large")] * 2
    assert not SebConfigTemplate.objects.exists()
