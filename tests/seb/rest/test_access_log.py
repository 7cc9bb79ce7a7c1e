"""The audit log over version 2 of the REST API."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from seb_openedx.audit_models import SebAccessLog
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, block
from tests.seb.rest.test_configuration import fields, refusal

pytestmark = pytest.mark.django_db

URL = "/seb-openedx/api/v2/access-log"
CSV = f"{URL}.csv"


def log(**values: Any) -> SebAccessLog:
    now = timezone.now()
    given = {"created": now, "last_seen": now, "decision": "refused", "reason": "no_header", "course_id": COURSE_KEY}
    row: SebAccessLog = SebAccessLog.objects.create(**{**given, "username": "ann", **values})
    return row


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [entry["username"] for entry in answer.json()["results"]]


@pytest.mark.contract("seb-rest#access-log")
def test_an_entry_says_what_happened_and_what_helps(staff_browser, browser, learner, protect):
    protect(CONFIG_KEYS=[KEY])
    browser.get(f"/courses/{COURSE}/progress")
    [entry] = staff_browser.get(URL).json()["results"]
    assert (entry["username"], entry["user_id"], entry["course_id"]) == ("ann", learner.pk, COURSE)
    assert (entry["decision"], entry["reason"], entry["reason_name"]) == ("refused", "no_header", "No key sent")
    assert entry["advice"].startswith("The browser sent no key")
    assert entry["expected_prefixes"] == {"config_keys": [KEY[:7]], "browser_keys": []}


@pytest.mark.contract("seb-rest#access-log", "seb-rest#filters")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["eve", "dan", "cid", "bob", "ann"]),
        ({"username": "bob"}, ["bob"]),
        ({"course_id": OTHER}, ["cid"]),
        ({"content_id": block("sequence")}, ["bob"]),
        ({"reason": "banned"}, ["dan"]),
        ({"decision": "granted"}, ["eve"]),
        ({"since": "2026-03-01T12:00:00Z"}, ["eve", "dan", "cid"]),
        ({"since": "2026-03-02"}, ["eve", "dan"]),
        ({"username": "", "reason": ""}, ["eve", "dan", "cid", "bob", "ann"]),
        ({"username": "nobody"}, []),
    ],
)
def test_filters(staff_browser, query, expected):
    march = datetime(2026, 3, 1, 11, tzinfo=UTC)
    for number, (name, values) in enumerate(
        [
            ("ann", {}),
            ("bob", {"content_id": block("sequence")}),
            ("cid", {"course_id": OTHER}),
            ("dan", {"reason": "banned"}),
            ("eve", {"decision": "granted", "reason": ""}),
        ]
    ):
        log(username=name, last_seen=march + timedelta(hours=12 * (number - 1)), **values)
    assert names(staff_browser.get(URL, query)) == expected
    lines = list(csv.DictReader(b"".join(staff_browser.get(CSV, query)).decode().splitlines()))
    assert [line["username"] for line in lines] == expected


@pytest.mark.contract("seb-rest#access-log")
def test_the_file_is_safe_to_open_in_a_spreadsheet(staff_browser):
    log(username="=cmd()", path="+1", user_agent='a "quoted", name', user_id=None)
    answer = staff_browser.get(CSV)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="access-log.csv"'
    [line] = csv.DictReader(b"".join(answer).decode().splitlines())
    assert (line["username"], line["path"], line["user_agent"], line["user_id"]) == (
        "'=cmd()", "'+1", 'a "quoted", name', ""
    )  # fmt: skip


@pytest.mark.contract("seb-rest#filters")
@pytest.mark.parametrize("url", [URL, CSV])
@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ({"reason": "bad weather"}, 422, "reason"),
        ({"decision": "maybe"}, 422, "decision"),
        ({"since": "yesterday"}, 422, "since"),
        ({"course_id": "nonsense"}, 422, "course_id"),
        ({"username": "a\0"}, 422, "username"),
        ({"username": "a" * 151}, 422, "username"),
        ({"user": "ann"}, 422, "user"),
    ],
)
def test_bad_filters(staff_browser, url, query, status, named):
    answer = staff_browser.get(url, query)
    assert refusal(answer)[0] == status
    assert fields(answer) == [named]


@pytest.mark.contract("seb-rest#access", "seb-rest#filters")
@pytest.mark.parametrize("url", [URL, CSV])
@pytest.mark.parametrize(
    ("caller", "course", "allowed"),
    [
        ("anonymous", COURSE, False),
        ("learner", COURSE, False),
        ("course staff", COURSE, True),
        ("course staff", OTHER, False),
        ("course staff", None, False),
        ("global staff", OTHER, True),
        ("global staff", None, True),
    ],
)
def test_who_may_read(callers, url, caller, course, allowed):
    log()
    log(course_id=OTHER, username="bob")
    answer = callers[caller].get(url, {} if course is None else {"course_id": course})
    assert answer.status_code == (200 if allowed else 403)
    if allowed and url == CSV:
        assert (b"bob" in b"".join(answer)) is (caller == "global staff")
    elif allowed:
        assert ("bob" in names(answer)) is (caller == "global staff")


@pytest.mark.parametrize("url", [URL, CSV])
def test_queries_do_not_grow_with_the_log(staff_browser, queries_of, url):
    def read() -> None:
        answer = staff_browser.get(url, {"course_id": COURSE})
        assert answer.status_code == 200
        _ = list(answer) if answer.streaming else answer.json()

    log()
    few = queries_of(read)
    now = timezone.now()
    rows = (
        SebAccessLog(created=now, last_seen=now, decision="refused", course_id=COURSE_KEY, username=f"u{number}")
        for number in range(10_000)
    )
    SebAccessLog.objects.bulk_create(rows, batch_size=1000)
    assert queries_of(read) == few
