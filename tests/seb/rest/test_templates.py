"""Templates over version 2 of the REST API."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration
from seb_openedx.protocol import decode, encode
from tests.factories import make_attempt, make_exam
from tests.seb.app.conftest import COURSE, COURSE_KEY, ORIGIN, block
from tests.seb.exams.test_races import at_once
from tests.seb.protocol.vectors import ENCRYPTED, FILE, PASSWORD
from tests.seb.rest.test_configuration import JSON, fields, refusal
from tests.seb.rest.test_exams import EXAM, URL, patch, put, row, saved, shown

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#templates")]

TEMPLATES = "/seb-openedx/api/v2/templates"


def make(client: Client, **more: Any) -> dict[str, Any]:
    return saved(client.post(TEMPLATES, {"name": "Room 3", **more}, **JSON))


def of(body: dict[str, Any]) -> str:
    return f"{TEMPLATES}/{body['id']}"


def form(client: Client, url: str, method: str = "POST", **values: Any) -> Any:
    return client.generic(method, url, encode_multipart(BOUNDARY, values), MULTIPART_CONTENT)


def file(data: bytes = FILE) -> SimpleUploadedFile:
    return SimpleUploadedFile("exam.seb", data)


def test_a_template_is_made_listed_changed_and_deleted(staff_browser):
    answer = staff_browser.post(TEMPLATES, {"name": " Room 3 ", "settings": {"max_displays": 2}}, **JSON)
    body = answer.json()
    assert answer.status_code == 201
    assert {name: body[name] for name in ("name", "description", "enabled", "kind", "settings", "exams")} == {
        "name": "Room 3", "description": "", "enabled": True, "kind": "settings", "settings": {"max_displays": 2},
        "exams": 0,
    }  # fmt: skip
    assert (body["modified_by"], body["version"], body["settings_summary"]) == ("gina", 1, None)
    one = saved(staff_browser.get(of(body)))
    assert one == {name: value for name, value in body.items() if name != "remade"}
    [listed] = staff_browser.get(TEMPLATES).json()["results"]
    assert listed == {name: value for name, value in one.items() if name != "settings_summary"}
    changed = saved(put(staff_browser, {"name": "Room 4", "enabled": False}, of(body)))
    assert (changed["name"], changed["enabled"], changed["settings"], changed["version"]) == ("Room 4", False, {}, 2)
    assert staff_browser.delete(of(body)).status_code == 204
    assert refusal(staff_browser.get(of(body))) == (404, "not_found")


def test_an_exam_is_made_from_a_template_and_follows_it(staff_browser):
    template = make(staff_browser, settings={"max_displays": 2, "allow_quit": False})
    body = {"mode": "template", "template_id": template["id"], "settings": {"allow_quit": True}}
    exam = saved(put(staff_browser, body))
    assert (exam["mode"], exam["template_id"]) == ("template", template["id"])
    settings = decode(staff_browser.get(f"{URL}/config.seb").content).settings
    assert (settings["allowedDisplaysMaxNumber"], settings["allowQuit"]) == (2, True)
    assert saved(staff_browser.get(of(template)))["exams"] == 1
    changed = saved(put(staff_browser, {"name": "Room 3", "settings": {"max_displays": 3}}, of(template)))
    assert changed["remade"] == 1
    after = shown(staff_browser)
    assert after["config_key"] != exam["config_key"]
    assert (after["version"], [entry["key"] for entry in after["previous_config_keys"]]) == (2, [exam["config_key"]])
    assert saved(put(staff_browser, {"mode": "template"}))["template_id"] == template["id"]


def test_a_template_from_a_file(staff_browser):
    answer = form(staff_browser, TEMPLATES, name="Room 3", file=file(ENCRYPTED), password=PASSWORD)
    body = saved(answer)
    assert (answer.status_code, body["kind"], body["settings_summary"]["allow_quit"]) == (201, "xml", False)
    assert "xml" not in body
    exam = saved(put(staff_browser, {"mode": "template", "template_id": body["id"]}))
    assert decode(staff_browser.get(f"{URL}/config.seb").content).settings["startURL"] == exam["start_url"]
    kept = saved(put(staff_browser, {"name": "Room 4", "kind": "xml"}, of(body)))
    assert (kept["name"], kept["remade"], kept["settings_summary"]) == ("Room 4", 0, body["settings_summary"])
    replaced = saved(form(staff_browser, of(body), "PUT", name="Room 4", file=file(encode({"allowQuit": True}))))
    assert (replaced["remade"], replaced["settings_summary"]["allow_quit"]) == (1, True)


def test_a_template_that_exams_use_is_not_deleted(staff_browser):
    template = make(staff_browser)
    put(staff_browser, {"mode": "template", "template_id": template["id"]})
    answer = staff_browser.delete(of(template))
    assert refusal(answer) == (409, "in_use")
    assert answer.json()["exams"] == [{"course_id": COURSE, "content_id": EXAM}]
    assert SebConfigTemplate.objects.exists()


def test_a_change_that_puts_learners_out_names_the_exam_and_has_to_be_forced(staff_browser):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    template = make(staff_browser)
    put(staff_browser, {"mode": "template", "template_id": template["id"]})
    make_attempt(exam, status="started")
    key = row().config_key
    change = {"name": "Room 3", "settings": {"max_displays": 2}}
    answer = put(staff_browser, change, of(template))
    assert refusal(answer) == (409, "attempts_running")
    assert answer.json()["exams"] == [{"course_id": COURSE, "content_id": EXAM}]
    assert (row().config_key, SebConfigTemplate.objects.get().version) == (key, 1)
    assert saved(put(staff_browser, {**change, "force": True}, of(template)))["remade"] == 1


def test_a_template_that_is_switched_off_cannot_be_chosen(staff_browser):
    template = make(staff_browser, enabled=False)
    for wanted in (template["id"], 999_999):
        answer = put(staff_browser, {"mode": "template", "template_id": wanted})
        assert (refusal(answer), fields(answer)) == ((422, "validation_error"), ["template_id"])
    answer = put(staff_browser, {"mode": "template"})
    assert (refusal(answer), fields(answer)) == ((422, "validation_error"), ["template_id"])


@pytest.mark.contract("seb-rest#exam-versions")
def test_of_two_browsers_with_the_same_version_the_second_is_refused(staff_browser):
    answer = staff_browser.post(TEMPLATES, {"name": "Room 3"}, **JSON)
    url, tag = of(answer.json()), answer["ETag"]
    assert put(staff_browser, {"name": "Room 4"}, url, **{"If-Match": tag}).status_code == 200
    assert refusal(put(staff_browser, {"name": "Room 5"}, url, **{"If-Match": tag})) == (412, "precondition_failed")
    assert refusal(staff_browser.delete(url, headers={"If-Match": tag})) == (412, "precondition_failed")
    assert SebConfigTemplate.objects.get().name == "Room 4"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_of_two_deletions_at_once_one_finds_nothing(staff_browser):
    url = of(make(staff_browser))

    def send() -> int:
        client = Client()
        client.cookies.update(staff_browser.cookies)
        return client.delete(url).status_code

    assert sorted(at_once(send)) == [204, 404]


@pytest.mark.parametrize(
    ("body", "expected", "named"),
    [
        ({}, (422, "validation_error"), ["name"]),
        ({"name": " "}, (422, "validation_error"), ["name"]),
        ({"name": "x" * 256}, (422, "validation_error"), ["name"]),
        ({"name": "a\nb"}, (422, "validation_error"), ["name"]),
        ({"name": ["x"]}, (422, "validation_error"), ["name"]),
        ({"name": "Taken"}, (422, "validation_error"), ["name"]),
        ({"name": "x", "description": "a\x07b"}, (422, "validation_error"), ["description"]),
        ({"name": "x", "enabled": "perhaps"}, (422, "validation_error"), ["enabled"]),
        ({"name": "x", "kind": "magic"}, (422, "validation_error"), ["kind"]),
        ({"name": "x", "kind": "xml"}, (422, "validation_error"), ["file"]),
        ({"name": "x", "settings": []}, (422, "validation_error"), ["settings"]),
        ({"name": "x", "settings": {"max_displays": 9}}, (422, "validation_error"), ["settings.max_displays"]),
        ({"name": "x", "settings": {"min_versions": {}}}, (422, "validation_error"), ["settings.min_versions"]),
        ({"name": "x", "force": "perhaps"}, (422, "validation_error"), ["force"]),
        ({"name": "x", "xml": "<plist/>"}, (422, "unknown_parameter"), ["xml"]),
        ([], (400, "bad_request"), None),
    ],
    ids=json.dumps,
)
def test_bad_bodies_name_the_field(staff_browser, body, expected, named):
    make(staff_browser, name="Taken")
    other = of(make(staff_browser, name="Other"))
    for answer in (
        staff_browser.post(TEMPLATES, json.dumps(body), **JSON),
        staff_browser.put(other, json.dumps(body), **JSON),
    ):
        assert refusal(answer) == expected
        assert named is None or fields(answer) == named
    assert sorted(SebConfigTemplate.objects.values_list("name", "version")) == [("Other", 1), ("Taken", 1)]


@pytest.mark.parametrize(
    ("values", "expected", "named"),
    [
        ({"name": "x"}, (422, "validation_error"), ["file"]),
        ({"file": file()}, (422, "validation_error"), ["name"]),
        ({"name": "x", "file": file(), "settings": "{}"}, (422, "unknown_parameter"), ["settings"]),
        ({"name": "x", "file": file(b"nonsense")}, (400, "not_seb"), ["file"]),
        ({"name": "x", "file": file(ENCRYPTED)}, (400, "password_required"), ["password"]),
        ({"name": "x", "file": file(ENCRYPTED), "password": "x"}, (400, "wrong_password"), ["password"]),
        ({"name": "x", "file": file(encode({"a": True, "zz": {}}))}, (422, "validation_error"), ["file"]),
    ],
    ids=["no-file", "no-name", "settings", "nonsense", "no-password", "wrong-password", "clients-disagree"],
)
def test_bad_forms_name_the_field(staff_browser, values, expected, named):
    if "file" in values:
        values["file"].seek(0)
    answer = form(staff_browser, TEMPLATES, **values)
    assert (refusal(answer), fields(answer)) == (expected, named)
    assert not SebConfigTemplate.objects.exists()


def test_a_template_that_an_exam_cannot_be_made_from_is_not_saved(staff_browser):
    template = make(staff_browser)
    put(staff_browser, {"mode": "template", "template_id": template["id"]})
    SebExamConfiguration.objects.update(origin="no-address")
    answer = put(staff_browser, {"name": "Room 3", "settings": {"max_displays": 2}}, of(template))
    assert (refusal(answer), set(fields(answer))) == ((422, "validation_error"), {""})
    assert answer.json()["exams"] == [{"course_id": COURSE, "content_id": EXAM}]
    assert SebConfigTemplate.objects.get().settings == {}
    # The exam's own change says it of the exam.
    assert set(fields(patch(staff_browser, {"on_leave": "release"}))) == {""}


@pytest.mark.parametrize("template_id", ["nonsense", "0", "-1", "999999", "9" * 500, "²", "a\0b"])
def test_there_is_no_such_template(staff_browser, template_id):
    url = f"{TEMPLATES}/{template_id}"
    for answer in (staff_browser.get(url), put(staff_browser, {"name": "x"}, url), staff_browser.delete(url)):
        assert refusal(answer) == (404, "not_found")


def test_a_damaged_file_is_shown_without_a_summary(staff_browser):
    body = saved(form(staff_browser, TEMPLATES, name="Room 3", file=file()))
    SebConfigTemplate.objects.update(xml="<plist>")
    assert saved(staff_browser.get(of(body)))["settings_summary"] is None


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize("caller", ["anonymous", "learner", "course staff", "global staff"])
def test_templates_are_for_global_staff(callers, staff_browser, caller):
    url = of(make(staff_browser))
    client = callers[caller]
    answers = [
        client.get(TEMPLATES),
        client.post(TEMPLATES, {"name": "x"}, **JSON),
        client.get(url),
        put(client, {"name": "y"}, url),
        client.delete(url),
    ]
    expected = [200, 201, 200, 200, 204] if caller == "global staff" else [403] * 5
    assert [answer.status_code for answer in answers] == expected


def test_queries_do_not_grow(staff_browser, queries_of):
    template = make(staff_browser, name="First")
    displays = iter(range(100))

    def read() -> None:
        assert staff_browser.get(TEMPLATES, {"page_size": 100}).status_code == 200

    def write() -> None:
        body = {"name": "First", "settings": {"max_displays": 1 + next(displays) % 3}}
        assert saved(put(staff_browser, body, of(template)))["remade"] > 0

    def add(numbers: range) -> None:
        for number in numbers:
            SebConfigTemplate.objects.create(name=f"Room {number}")
            exam = {"content_id": block("sequence", number), "mode": "template", "template_id": template["id"]}
            SebExamConfiguration.objects.create(course_id=COURSE_KEY, origin=ORIGIN, config_key="f" * 64, **exam)

    add(range(1, 3))
    few = queries_of(read), queries_of(write)
    add(range(3, 60))
    assert (queries_of(read), queries_of(write)) == few
