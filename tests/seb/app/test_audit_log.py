"""The audit log: what it says about a decision, and that it harms nobody."""

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import freezegun
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from seb_openedx import access_log, log_once, reasons
from seb_openedx.access_log import Entry
from seb_openedx.audit_models import Decision, SebAccessLog
from tests.seb.app.conftest import (
    BROWSER_KEY_HEADER,
    CONFIG_KEY_HEADER,
    COURSE,
    COURSE_KEY,
    KEY,
    OTHER_KEY,
    block,
    proof,
)

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"
SEB = "Mozilla/5.0 SEB/3.9.0"


def row() -> SebAccessLog:
    return SebAccessLog.objects.get()


@pytest.mark.contract("seb-audit#tables", "seb-audit#log")
def test_a_refusal_is_one_row(browser, learner, protect):
    protect(CONFIG_KEYS=[KEY])
    sent = proof(OTHER_KEY, PAGE)
    browser.get(PAGE, HTTP_USER_AGENT=SEB, **sent)
    assert (row().decision, row().reason) == ("refused", "config_key_mismatch")
    assert (row().user_id, row().username, row().course_id) == (learner.pk, "ann", COURSE_KEY)
    assert (row().method, row().path, row().count) == ("GET", PAGE, 1)
    assert row().received_config_hash == sent[CONFIG_KEY_HEADER]
    assert row().expected_prefixes == {"config_keys": [KEY[:7]], "browser_keys": []}
    assert row().seb_version == "3.9.0"
    assert row().ip is None
    stored = str(SebAccessLog.objects.values().get())
    assert KEY not in stored
    assert OTHER_KEY not in stored


@pytest.mark.contract("seb-audit#log")
def test_the_same_within_a_minute_is_counted_in_its_row(browser, protect):
    protect(CONFIG_KEYS=[KEY])
    began = timezone.now()
    for seconds in (0, 30, 59):
        with freezegun.freeze_time(began + timedelta(seconds=seconds)):
            browser.get(PAGE)
    assert (row().count, row().created, row().last_seen) == (3, began, began + timedelta(seconds=59))
    with freezegun.freeze_time(began + timedelta(seconds=60)):
        browser.get(PAGE)
    assert [log.count for log in SebAccessLog.objects.order_by("pk")] == [3, 1]


@pytest.mark.contract("seb-audit#log")
def test_others_have_rows_of_their_own(browser, protect):
    protect(CONFIG_KEYS=[KEY])
    browser.get(PAGE)
    browser.get(PAGE, **proof(OTHER_KEY, PAGE))  # another reason
    other = Client()
    other.force_login(User.objects.create(username="bob"))
    other.get(PAGE)
    other.get(f"/courses/{COURSE}/course/")  # another view
    assert sorted(SebAccessLog.objects.values_list("username", "reason", "count")) == [
        ("ann", "config_key_mismatch", 1),
        ("ann", "no_header", 1),
        ("bob", "no_header", 1),
        ("bob", "no_header", 1),
    ]


@pytest.mark.contract("seb-audit#log")
def test_of_the_query_values_stay_out_unless_they_are_keys(browser, protect):
    protect(CONFIG_KEYS=[KEY])
    browser.get(PAGE, {"email": "ann@example.com", "block": block("problem")})
    assert row().path == f"{PAGE}?email=&block={block('problem')}"


@pytest.mark.contract("seb-audit#log")
def test_the_address_is_stored_if_the_operator_wants_it(browser, protect, settings):
    settings.SEB_AUDIT_STORE_IP = True
    protect(CONFIG_KEYS=[KEY])
    browser.get(PAGE, REMOTE_ADDR="192.0.2.7")
    assert row().ip == "192.0.2.7"


@pytest.mark.contract("seb-audit#reasons")
@pytest.mark.parametrize(
    ("config", "headers", "reason"),
    [
        ({"CONFIG_KEYS": [KEY]}, {}, "no_header"),
        ({"CONFIG_KEYS": [KEY]}, {CONFIG_KEY_HEADER: "0" * 64}, "config_key_mismatch"),
        ({"BROWSER_KEYS": [KEY]}, {BROWSER_KEY_HEADER: "0" * 64}, "browser_key_mismatch"),
        ({"CONFIG_KEYS": [KEY], "WHITELIST_PATHS": ["progress"], "BLACKLIST_CHAPTERS": ["x"]}, {}, None),
        ({"PERMISSION_COMPONENTS": ["AlwaysDenyAccess"]}, {}, "denied_by_component"),
    ],
)
def test_reasons(browser, protect, config, headers, reason):
    protect(**config)
    browser.get(PAGE, **headers)
    assert list(SebAccessLog.objects.values_list("reason", flat=True)) == ([reason] if reason else [])


@pytest.mark.contract("seb-audit#reasons")
def test_each_reason_says_what_staff_can_do():
    texts = [(reasons.name(reason), reasons.advice(reason)) for reason in reasons.Reason]
    assert all(name != reason for (name, _advice), reason in zip(texts, reasons.Reason, strict=True))
    assert len(set(texts)) == len(texts)
    assert reasons.advice("of a later version").startswith("There is no explanation")


@pytest.mark.contract("seb-audit#reasons")
def test_staff_read_it_in_the_admin_and_change_nothing(staff, browser, protect):
    protect(CONFIG_KEYS=[KEY])
    browser.get(PAGE)
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    client = Client()
    client.force_login(staff)
    listed = client.get(reverse("admin:seb_openedx_sebaccesslog_changelist"), {"q": "ann"}).content.decode()
    assert "No key sent" in listed
    address = reverse("admin:seb_openedx_sebaccesslog_change", args=[row().pk])
    assert "The browser sent no key" in client.get(address).content.decode()
    assert client.post(address, {"username": "bob"}).status_code == 403
    assert client.post(reverse("admin:seb_openedx_sebaccesslog_delete", args=[row().pk])).status_code == 403
    assert row().username == "ann"


@pytest.mark.contract("seb-audit#harmless")
def test_the_database_fails(browser, protect, monkeypatch, caplog):
    protect(CONFIG_KEYS=[KEY])

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server has gone away")

    monkeypatch.setattr(access_log, "_store", fail)
    with caplog.at_level(logging.ERROR, "seb_openedx.access_log"):
        assert [browser.get(PAGE).status_code for _ in range(3)] == [403, 403, 403]
    assert len([record for record in caplog.records if record.name == "seb_openedx.access_log"]) == 1


@pytest.mark.contract("seb-audit#harmless")
def test_a_failure_does_not_break_the_callers_transaction(monkeypatch):
    monkeypatch.setattr(access_log, "_text", lambda value, length: None)  # NULL where a text must be
    access_log.write(Entry(Decision.REFUSED, COURSE_KEY))
    assert User.objects.count() == 0  # the connection still answers
    assert not SebAccessLog.objects.exists()


@pytest.mark.contract("seb-audit#harmless")
@pytest.mark.parametrize("value", [Mock(), 7, None, b"bytes", "nul\0", "\ud800", "😀" * 600, ["list"]])
def test_values_of_any_type_are_taken(value):
    names = ("username", "content_id", "method", "path", "view_name", "user_agent", "config_hash", "user_id", "ip")
    access_log.write(Entry(Decision.REFUSED, COURSE_KEY, reason="no_header", **dict.fromkeys(names, value)))
    assert row().count == 1


@pytest.mark.contract("seb-audit#harmless")
def test_it_can_be_switched_off(browser, protect, settings):
    settings.SEB_AUDIT_LOG_ENABLED = False
    protect(CONFIG_KEYS=[KEY])
    assert browser.get(PAGE).status_code == 403
    assert not SebAccessLog.objects.exists()


@pytest.mark.contract("seb-audit#harmless")
def test_the_row_is_written_after_the_answer(middleware, request_factory, learner, protect, host):
    protect(CONFIG_KEYS=[KEY])
    seen: list[int] = []
    request = request_factory.get(PAGE)
    request.user = learner

    def answer(request: Any) -> Any:
        response = middleware.process_view(request, lambda: None, (), {"course_id": COURSE})
        seen.append(SebAccessLog.objects.count())
        return response

    middleware.get_response = answer
    assert middleware(request).status_code == 403
    assert (seen, SebAccessLog.objects.count()) == ([0], 1)


@pytest.mark.contract("seb-audit#events")
def test_a_flood_is_one_line_a_minute(browser, protect, caplog, monkeypatch):
    protect(CONFIG_KEYS=[KEY])
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(log_once.time, "monotonic", lambda: clock.now)
    with caplog.at_level(logging.INFO, "seb_openedx.access_log"):
        for _ in range(50):
            browser.get(PAGE)
        clock.now += 61
        browser.get(PAGE)
    lines = [record.getMessage() for record in caplog.records if record.name == "seb_openedx.access_log"]
    assert [line.split("left_out=")[1] for line in lines] == ["0", "49"]
    assert lines[0].startswith(f"edx.seb.access.refused: course_id={COURSE}")
    assert "ann" not in lines[0]
    assert KEY not in lines[0]


def test_what_a_refusal_costs(browser, protect):
    """One statement for a repeated refusal, two for a new one."""
    protect(CONFIG_KEYS=[KEY])
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            browser.get(PAGE)
        counts.append(len([query for query in captured if "accesslog" in query["sql"]]))
    assert counts == [2, 1]
