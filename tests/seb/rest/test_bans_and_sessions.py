"""Bans and sessions over version 2 of the REST API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from seb_openedx import user_banning
from seb_openedx.audit_models import SebAccessLog, SebBanState
from seb_openedx.exam_models import SebSession
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE, COURSE_KEY, OTHER, block
from tests.seb.rest.test_configuration import JSON, fields, refusal

pytestmark = pytest.mark.django_db

BANS = "/seb-openedx/api/v2/bans"
SESSIONS = "/seb-openedx/api/v2/sessions"
EXAM = block("sequence")
RELEASE = f"/seb-openedx/api/v2/courses/{COURSE}/exams/{EXAM}/release"
CALLERS = [
    ("anonymous", COURSE, False),
    ("learner", COURSE, False),
    ("course staff", COURSE, True),
    ("course staff", OTHER, False),
    ("global staff", OTHER, True),
]


@pytest.fixture
def banning(host: Any) -> None:
    host.settings.SEB_USER_BANNING_ENABLED = True


def ban(username: str, course: str = COURSE, **values: Any) -> ForbiddenCourseAccess:
    given = {"access_blocked": True, "last_modified_by_username": "gina", **values}
    return ForbiddenCourseAccess.objects.create(username=username, course_id=course, **given)


def session(username: str = "ann", course: str = COURSE, **values: Any) -> SebSession:
    now = timezone.now()
    given = {
        "user_id": 1,
        "content_id": EXAM,
        "session_hash": "s",
        "user_agent_hash": "u",
        "proof": "js_ck",
        "created": now,
        "last_proof": now,
        "last_seen": now,
        "expires": now + timedelta(hours=1),
    }
    row: SebSession = SebSession.objects.create(username=username, course_id=course, **{**given, **values})
    return row


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["username"] for row in answer.json()["results"]]


# --- Bans -------------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#bans")
def test_a_ban_is_made_listed_and_ended(banning, staff_browser, learner):
    body = {"username": "ann", "course_id": COURSE}
    assert staff_browser.post(BANS, body, **JSON).status_code == 201
    assert staff_browser.post(BANS, body, **JSON).status_code == 200
    ends = timezone.now() + timedelta(hours=1)
    SebBanState.objects.create(username="ann", course_id=COURSE_KEY, banned_until=ends)
    [row] = staff_browser.get(BANS).json()["results"]
    assert (row["username"], row["course_id"], row["banned"], row["changed_by"]) == ("ann", COURSE, True, "gina")
    assert row["banned_until"] is not None
    assert user_banning.is_user_banned("ann", COURSE_KEY)
    assert staff_browser.delete(f"{BANS}/ann/{COURSE}").status_code == 204
    assert not user_banning.is_user_banned("ann", COURSE_KEY)
    assert refusal(staff_browser.delete(f"{BANS}/ann/{COURSE}")) == (404, "not_found")
    assert staff_browser.get(BANS).json()["results"][0]["banned"] is False
    decisions = SebAccessLog.objects.order_by("pk").values_list("decision", "actor_username")
    assert list(decisions) == [("banned", "gina"), ("unbanned", "gina")]


@pytest.mark.contract("seb-rest#bans")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["cid", "bob", "ann"]),
        ({"course_id": OTHER}, ["cid"]),
        ({"username": "bob"}, ["bob"]),
        ({"banned": "true"}, ["cid", "ann"]),
        ({"banned": "false"}, ["bob"]),
    ],
)
@pytest.mark.parametrize("backend", ["database", "another"])
def test_filters_of_bans(staff_browser, monkeypatch, query, expected, backend):
    ban("ann")
    ban("bob", access_blocked=False)
    ban("cid", OTHER)
    if backend == "another":
        rows = list(ForbiddenCourseAccess.objects.all())
        monkeypatch.setattr(user_banning, "get_all_banning_data", lambda: iter(rows))
    assert names(staff_browser.get(BANS, query)) == expected


@pytest.mark.contract("seb-rest#bans")
def test_where_banning_is_off_nobody_is_banned(staff_browser, learner):
    answer = staff_browser.post(BANS, {"username": "ann", "course_id": COURSE}, **JSON)
    assert refusal(answer) == (409, "conflict")
    assert not ForbiddenCourseAccess.objects.exists()


@pytest.mark.contract("seb-rest#bans")
@pytest.mark.parametrize(
    ("body", "expected", "named"),
    [
        ({"username": "nobody", "course_id": COURSE}, (422, "validation_error"), ["username"]),
        ({"username": "ann", "course_id": "nonsense"}, (422, "validation_error"), ["course_id"]),
        ({"username": "ann"}, (422, "validation_error"), ["course_id"]),
        ({"username": ["ann"], "course_id": COURSE}, (422, "validation_error"), ["username"]),
        ({"username": "ann", "course_id": COURSE, "for": 5}, (422, "unknown_parameter"), ["for"]),
        ([], (400, "bad_request"), None),
    ],
)
def test_bad_bodies_of_bans(banning, staff_browser, learner, body, expected, named):
    answer = staff_browser.post(BANS, body, **JSON)
    assert refusal(answer) == expected
    assert named is None or fields(answer) == named
    assert not ForbiddenCourseAccess.objects.exists()


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize(("caller", "course", "allowed"), CALLERS)
def test_who_may_ban(banning, callers, caller, course, allowed):
    client = callers[caller]
    listed = client.get(BANS, {"course_id": course})
    made = client.post(BANS, {"username": "ann", "course_id": course}, **JSON)
    assert (listed.status_code, made.status_code) == ((200, 201) if allowed else (403, 403))
    if not allowed:
        ban("ann", course)
    ended = client.delete(f"{BANS}/ann/{course}")
    assert ended.status_code == (204 if allowed else 403)
    assert ForbiddenCourseAccess.objects.get().access_blocked is not allowed


# --- Sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-rest#sessions")
def test_a_session_is_listed_and_ended_and_keeps_nobody_out(staff_browser):
    row = session()
    [shown] = staff_browser.get(SESSIONS).json()["results"]
    assert (shown["id"], shown["username"], shown["proof"], shown["open"]) == (str(row.pk), "ann", "js_ck", True)
    assert {"session_hash", "user_agent_hash"}.isdisjoint(shown)
    assert staff_browser.delete(f"{SESSIONS}/{row.pk}").status_code == 204
    row.refresh_from_db()
    assert (row.ended is not None, row.end_reason) == (True, "staff")
    assert not SebSession.objects.left().exists()


@pytest.mark.contract("seb-rest#sessions")
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"ended": timezone.now(), "end_reason": "quit"}, "quit", id="ended"),
        pytest.param({"expires": timezone.now()}, "expired", id="expired-and-nobody-noticed"),
    ],
)
def test_a_session_that_is_over_is_not_ended_again(staff_browser, values, reason):
    row = session(**values)
    answer = staff_browser.delete(f"{SESSIONS}/{row.pk}")
    assert (answer.status_code, answer.json()["open"], answer.json()["end_reason"]) == (200, False, reason)
    before = answer.json()["ended"]
    assert staff_browser.delete(f"{SESSIONS}/{row.pk}").json()["ended"] == before
    row.refresh_from_db()
    assert row.end_reason == reason


@pytest.mark.contract("seb-rest#sessions")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["dan", "cid", "bob", "ann"]),
        ({"course_id": OTHER}, ["cid"]),
        ({"username": "bob"}, ["bob"]),
        ({"content_id": EXAM, "open": "true"}, ["cid", "ann"]),
        ({"open": "false"}, ["dan", "bob"]),
    ],
)
def test_filters_of_sessions(staff_browser, query, expected):
    session("ann")
    session("bob", ended=timezone.now(), end_reason="quit")
    session("cid", OTHER)
    session("dan", expires=timezone.now())
    assert names(staff_browser.get(SESSIONS, query)) == expected


@pytest.mark.contract("seb-rest#sessions")
def test_a_learner_who_left_is_let_in_again(staff_browser):
    row = session(user_id=7, ended=timezone.now(), end_reason="quit")
    answer = staff_browser.post(RELEASE, {"user_id": 7, "reason": "fire alarm"}, **JSON)
    assert (answer.status_code, answer.json()) == (200, {"released": 1})
    assert staff_browser.post(RELEASE, {"user_id": 7}, **JSON).json() == {"released": 0}
    row.refresh_from_db()
    assert (row.released_by_username, row.release_reason) == ("gina", "fire alarm")
    entry = SebAccessLog.objects.get()
    assert (entry.decision, entry.user_id, entry.username, entry.actor_username, entry.content_id) == (
        "released", 7, "ann", "gina", EXAM
    )  # fmt: skip


@pytest.mark.contract("seb-rest#sessions")
@pytest.mark.parametrize("user_id", [None, "seven", 0, -1, 2**31, True, [7]])
def test_bad_bodies_of_a_release(staff_browser, user_id):
    answer = staff_browser.post(RELEASE, {"user_id": user_id}, **JSON)
    assert (refusal(answer), fields(answer)) == ((422, "validation_error"), ["user_id"])


@pytest.mark.contract("seb-rest#sessions")
@pytest.mark.parametrize("session_id", ["nonsense", "6f0f6f0f-0000-4000-8000-000000000001", "a\0b", "1" * 500])
def test_there_is_no_such_session(staff_browser, session_id):
    assert refusal(staff_browser.delete(f"{SESSIONS}/{session_id}")) == (404, "not_found")


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize(("caller", "course", "allowed"), CALLERS)
def test_who_may_end_sessions_and_release(callers, caller, course, allowed):
    client = callers[caller]
    row = session(course=course)
    assert client.get(SESSIONS, {"course_id": course}).status_code == (200 if allowed else 403)
    assert client.delete(f"{SESSIONS}/{row.pk}").status_code == (204 if allowed else 403)
    released = client.post(RELEASE.replace(COURSE, course), {"user_id": 1}, **JSON)
    assert released.status_code == (200 if allowed else 403)
    row.refresh_from_db()
    assert (row.ended is not None) is allowed


@pytest.mark.contract("seb-rest#access")
def test_writes_from_another_site_are_refused(banning, staff, learner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    row = session()
    for answer in (
        client.post(BANS, {"username": "ann", "course_id": COURSE}, **JSON),
        client.delete(f"{BANS}/ann/{COURSE}"),
        client.delete(f"{SESSIONS}/{row.pk}"),
        client.post(RELEASE, {"user_id": 1}, **JSON),
    ):
        assert refusal(answer) == (403, "csrf_failed")
    assert SebSession.objects.open().exists()


@pytest.mark.parametrize("url", [BANS, SESSIONS])
def test_queries_do_not_grow(staff_browser, queries_of, url):
    def read() -> None:
        assert staff_browser.get(url, {"course_id": COURSE, "page_size": 100}).status_code == 200

    ban("ann")
    session("ann")
    few = queries_of(read)
    now = timezone.now()
    for number in range(300):
        ban(f"u{number}")
    SebSession.objects.bulk_create(
        SebSession(
            user_id=number,
            username=f"u{number}",
            course_id=COURSE_KEY,
            content_id=EXAM,
            proof="js_ck",
            created=now,
            last_proof=now,
            last_seen=now,
            expires=now,
        )
        for number in range(2000)
    )
    assert queries_of(read) == few
