"""The page of refusals: why learners were refused, in words, and what staff can do at once."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from edx_proctoring.models import ProctoredExam
from seb_openedx import reasons, user_banning
from seb_openedx.audit_models import SebAccessLog, SebBanState
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER
from tests.seb.dashboard.conftest import DASHBOARD, EXAM, OTHER_EXAM, REFUSALS, SESSIONS, names
from tests.seb.rest.test_bans_and_sessions import CALLERS

pytestmark = [pytest.mark.django_db, pytest.mark.contract("safe-exam-browser#dashboard-refusals")]


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def ban(username: str, course: str = COURSE, **values: Any) -> None:
    ForbiddenCourseAccess.objects.create(
        username=username, course_id=course, last_modified_by_username="gina", **values
    )


def test_a_refusal_is_told_in_words(staff_browser, browser, learner, protect):
    protect(CONFIG_KEYS=[KEY])
    browser.get(f"/courses/{COURSE}/progress")
    text = page(staff_browser.get(REFUSALS))
    assert "<strong>No key sent</strong>" in text
    assert str(reasons.advice("no_header")) in text
    assert f"Accepted: <bdi>Config Key {KEY[:7]}…</bdi>" in text
    assert KEY not in text


def test_the_exam_has_its_name(staff_browser, log):
    ProctoredExam.objects.create(course_id=COURSE, content_id=EXAM, exam_name="Midterm: stars", time_limit_mins=9)
    log()
    log("bob", content_id=OTHER_EXAM)
    entries = staff_browser.get(REFUSALS).context["rows"]
    assert [entry["exam"] for entry in entries] == [OTHER_EXAM, "Midterm: stars"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["eve", "cid", "bobby", "ann"]),
        ({"username": "BOB"}, ["bobby"]),
        ({"course_id": OTHER}, ["cid"]),
        ({"course_id": OTHER.replace("+", " ")}, ["cid"]),
        ({"content_id": OTHER_EXAM}, ["bobby"]),
        ({"course_id": COURSE, "content_id": OTHER_EXAM}, ["bobby"]),
        ({"reason": "not_seb"}, ["eve"]),
        ({"since": "2026-03-01T12:00"}, ["eve", "cid"]),
        ({"since": "2026-03-01"}, ["eve", "cid", "bobby"]),
        ({"username": "", "reason": "", "since": "", "course_id": ""}, ["eve", "cid", "bobby", "ann"]),
    ],
)
def test_filters(staff_browser, log, query, expected):
    days = {"ann": "2026-02-01T00:00Z", "bobby": "2026-03-01T11:00Z", "cid": "2026-03-01T12:00Z"}
    log("ann", created=days["ann"], last_seen=days["ann"])
    log("bobby", created=days["bobby"], last_seen=days["bobby"], content_id=OTHER_EXAM)
    log("cid", created=days["cid"], last_seen=days["cid"], course_id=OTHER)
    log("eve", reason="not_seb")
    log("fay", decision="granted", reason="")
    assert names(staff_browser.get(REFUSALS, query)) == expected
    file = staff_browser.get(REFUSALS, {**query, "format": "csv"})
    rows = list(csv.DictReader(b"".join(file).decode().splitlines()))
    assert [row["username"] for row in rows] == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param({"course_id": "nonsense"}, "course_id", id="no-course"),
        pytest.param({"course_id": "c" * 256}, "course_id", id="long-course"),
        pytest.param({"content_id": "a\0b"}, "content_id", id="null-character"),
        pytest.param({"content_id": "a\0b", "course_id": COURSE}, "content_id", id="null-character-in-a-course"),
        pytest.param({"username": "a" * 151}, "username", id="long-name"),
        pytest.param({"reason": "boredom"}, "reason", id="unknown-reason"),
        pytest.param({"since": "yesterday"}, "since", id="no-time"),
        pytest.param({"since": "0001-01-01T00:00", "reason": "x"}, "reason", id="old-time"),
    ],
)
def test_a_filter_that_makes_no_sense_shows_nothing(staff_browser, log, query, field):
    log("xaver")
    for format_ in ("", "csv"):
        answer = staff_browser.get(REFUSALS, {**query, "format": format_})
        assert answer.status_code == 400
        assert list(answer.context["filters_form"].errors) == [field]
        text = page(answer)
        assert f'id="{field}_error" role="alert"' in text
        assert f'aria-describedby="{field}_error"' in text
        assert "xaver" not in text


def test_pages_are_linked_with_their_search(staff_browser, log):
    now = timezone.now()
    SebAccessLog.objects.bulk_create(
        SebAccessLog(username=f"u{n}", course_id=COURSE_KEY, decision="refused", created=now, last_seen=now)
        for n in range(120)
    )
    query = {"course_id": COURSE, "username": "u"}
    first = staff_browser.get(REFUSALS, query)
    assert (len(names(first)), len(names(staff_browser.get(REFUSALS, {**query, "page": "3"})))) == (50, 20)
    for part in ("username=u&page=2", "username=u&page=3", "Page (of 3)", "120 entries"):
        assert part.replace("&", "&amp;") in page(first)
    assert len(names(staff_browser.get(REFUSALS, {**query, "page": "nonsense"}))) == 50


def test_nothing_was_refused(staff_browser):
    text = page(staff_browser.get(REFUSALS))
    assert "No refusals match." in text
    assert "format=csv" not in text


def test_what_learners_send_is_escaped(staff_browser, log):
    log("<b>ann", user_agent="<script>alert(1)</script>", path="/<i>")
    text = page(staff_browser.get(REFUSALS))
    assert "<b>" not in text
    assert "<script" not in text


def test_odd_rows_are_shown(staff_browser, log):
    log(expected_prefixes=["odd"], reason="unheard_of", content_id="", username="")
    log(expected_prefixes={"config_keys": "odd", "browser_keys": ["abc"]})
    entries = staff_browser.get(REFUSALS).context["rows"]
    assert [entry["expected"] for entry in entries] == [["Browser Exam Key abc…"], []]
    assert "Nobody is logged in" in page(staff_browser.get(REFUSALS))


@pytest.mark.parametrize("backend", ["database", "another"])
def test_who_is_banned_is_let_in_from_here(staff_browser, log, monkeypatch, backend):
    now = timezone.now()
    ban("ann")
    ban("bob", access_blocked=False)
    ban("cid", OTHER)
    for name, until in (("dan", now - timedelta(hours=1)), ("eve", now + timedelta(hours=1))):
        ban(name)
        SebBanState.objects.create(username=name, course_id=COURSE_KEY, banned_until=until)
    for name in ("ann", "bob", "cid", "dan", "eve"):
        log(name, reason="banned")
    if backend == "another":
        rows = list(ForbiddenCourseAccess.objects.all())
        monkeypatch.setattr("seb_openedx.dashboard.views.get_all_banning_data", lambda: iter(rows))
    answer = staff_browser.get(REFUSALS)
    banned = [entry["row"].username for entry in answer.context["rows"] if entry["is_banned"]]
    assert banned == ["eve", "ann"]
    assert f"Let ann into {COURSE}" in page(answer)


def test_the_button_leads_back_to_the_same_search(staff_browser, log, host):
    host.settings.SEB_USER_BANNING_ENABLED = True
    ban("ann")
    log(reason="banned")
    search = f"{REFUSALS}?username=an&page=1"
    answer = staff_browser.post(search, {"action": "unban", "username": "ann", "course_id": COURSE}, follow=True)
    assert answer.redirect_chain == [(search, 302)]
    assert f"ann is no longer banned from {COURSE}." in page(answer)
    assert not user_banning.is_user_banned("ann", COURSE_KEY)


def test_who_waits_for_staff_is_found_among_the_sessions(staff_browser, log, session, exam):
    exam()
    session(ended=timezone.now(), end_reason="quit")
    session("bob", ended=timezone.now(), end_reason="quit")
    log(reason="release_needed")
    [entry] = staff_browser.get(REFUSALS).context["rows"]
    assert entry["sessions_url"].startswith(SESSIONS)
    assert names(staff_browser.get(entry["sessions_url"])) == ["ann"]


NAMELESS = [("course staff", "", False), ("course staff", "nonsense", False), ("global staff", "", True)]


@pytest.mark.parametrize(("caller", "course", "allowed"), [*CALLERS, *NAMELESS])
@pytest.mark.parametrize("url", [DASHBOARD, REFUSALS, SESSIONS])
def test_who_may_see_the_pages(callers, log, session, caller, course, allowed, url):
    log(user_agent="SEB/3.9 of ann")
    session(seb_version="SEB/3.9 of ann")
    answer = callers[caller].get(url, {"course_id": course} if course else {})
    assert answer.status_code == (200 if allowed else 302)
    assert ("of ann" in page(answer)) is (allowed and course != OTHER and url != DASHBOARD)
    if allowed:
        assert answer["Cache-Control"] == "no-store"


def test_staff_see_their_course_only(callers, log):
    log("ann")
    log("bob", course_id=OTHER)
    tess = callers["course staff"]
    assert names(tess.get(REFUSALS, {"course_id": COURSE})) == ["ann"]
    # The last of two counts for the check and for the list.
    assert tess.get(f"{REFUSALS}?course_id={COURSE}&course_id={OTHER}").status_code == 302
    file = tess.get(REFUSALS, {"course_id": COURSE, "format": "csv"})
    assert [row["username"] for row in csv.DictReader(b"".join(file).decode().splitlines())] == ["ann"]


@pytest.mark.parametrize(("caller", "course", "allowed"), CALLERS)
def test_who_may_unban(callers, caller, course, allowed):
    ban("ann", course)
    # The course that is shown is one that the caller may see; the ban is of another one.
    shown = f"{REFUSALS}?course_id={COURSE}"
    answer = callers[caller].post(shown, {"action": "unban", "username": "ann", "course_id": course})
    assert answer.status_code == 302
    assert ForbiddenCourseAccess.objects.get().access_blocked is not allowed


@pytest.mark.parametrize("url", [DASHBOARD, REFUSALS, SESSIONS])
def test_writes_from_another_site_are_refused(staff, host, session, url):
    ban("ann")
    row = session()
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    body = {"action": "unban", "username": "ann", "course_id": COURSE, "session": str(row.pk)}
    for action in ("unban", "end"):
        assert client.post(url, {**body, "action": action}).status_code == 403
    assert ForbiddenCourseAccess.objects.get().access_blocked
    row.refresh_from_db()
    assert row.ended is None


def test_what_cannot_be_done_is_said_on_the_page(staff_browser, log):
    log()
    answer = staff_browser.post(REFUSALS, {"action": "ban", "username": "ann", "course_id": COURSE})
    assert answer.status_code == 400
    assert '<p class="notice notice--error" role="alert">Banning is switched off for this course.</p>' in page(answer)
    assert [entry["row"].username for entry in answer.context["rows"]] == ["ann"]


@pytest.mark.parametrize("query", [{}, {"course_id": COURSE}, {"course_id": COURSE, "username": "u"}])
def test_queries_do_not_grow(staff_browser, queries_of, log, exam, query):
    def read() -> None:
        assert staff_browser.get(REFUSALS, query).status_code == 200

    log("u")
    ban("u")
    exam()
    few = queries_of(read)
    now = timezone.now()
    for number in range(60):
        exam(f"{EXAM}{number}")
        ban(f"u{number}")
    SebAccessLog.objects.bulk_create(
        SebAccessLog(
            username=f"u{number % 60}",
            course_id=COURSE_KEY,
            content_id=f"{EXAM}{number % 60}",
            decision="refused",
            reason="no_header",
            created=now,
            last_seen=now,
        )
        for number in range(10_000)
    )
    assert queries_of(read) == few <= 10


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is read in the words of SQLite")
def test_the_list_of_a_course_is_read_by_its_index(staff_browser, log):
    log()
    entries = staff_browser.get(REFUSALS, {"course_id": COURSE}).context["page"].paginator.object_list
    assert "seb_openedx_log_course" in entries.explain()
    assert "TEMP B-TREE" not in entries.explain()
    everything = staff_browser.get(REFUSALS).context["page"].paginator.object_list
    assert "TEMP B-TREE" not in everything.explain()
