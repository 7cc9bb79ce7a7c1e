"""The page of sessions: how learners have proved the browser, and two buttons."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring.models import ProctoredExam
from seb_openedx import session_texts
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import NO_LEAVE, Proof, SebSession
from tests.seb.app.conftest import COURSE, COURSE_KEY, OTHER
from tests.seb.dashboard.conftest import EXAM, OTHER_EXAM, SESSIONS, names
from tests.seb.rest.test_bans_and_sessions import CALLERS

pytestmark = [pytest.mark.django_db, pytest.mark.contract("safe-exam-browser#dashboard-sessions")]

OF_COURSE = {"course_id": COURSE}


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def left(end_reason: str = "quit", **values: Any) -> dict[str, Any]:
    return {"ended": timezone.now(), "end_reason": end_reason, **values}


def test_it_says_who_proved_what_and_when(staff_browser, session):
    ProctoredExam.objects.create(course_id=COURSE, content_id=EXAM, exam_name="Midterm: stars", time_limit_mins=9)
    row = session(seb_version="SEB_Windows_3.9.0")
    text = page(staff_browser.get(SESSIONS))
    for part in (
        "Midterm: stars",
        "Config Key in a header",
        "SEB_Windows_3.9.0",
        f"Open until <bdi>{row.expires:%Y-%m-%d}",
    ):
        assert part in text
    assert "Weak" not in text


@pytest.mark.parametrize(
    ("values", "weakness"),
    [
        ({"proof": "header_ck"}, ""),
        ({"proof": "js_bek"}, ""),
        ({"proof": "js_ck", "is_replayable": True}, "Weaker: the hash was for an address that was known in advance."),
        ({"proof": "user_agent"}, "Weak: any browser can call itself Safe Exam Browser."),
    ],
)
def test_weaker_proofs_are_shown_as_such(staff_browser, session, values, weakness):
    session(**values)
    [entry] = staff_browser.get(SESSIONS).context["rows"]
    assert entry["weakness"] == weakness
    assert weakness in page(staff_browser.get(SESSIONS))


def test_every_proof_and_every_end_has_words():
    assert all(session_texts.proof(word) != word for word in Proof.values)
    ends = (*NO_LEAVE, "mismatch", "quit", "logged_out", "banned", "left")
    assert all(session_texts.end(word) != word for word in ends)
    assert (session_texts.proof("odd"), session_texts.end("odd")) == ("odd", "odd")


@pytest.mark.parametrize(
    ("values", "is_open", "end"),
    [
        ({}, True, None),
        ({"expires": timezone.now() - timedelta(hours=1)}, False, "The session was too old."),
        (left("submitted"), False, "The exam was submitted."),
        (left("quit"), False, "The learner quit Safe Exam Browser."),
    ],
    ids=["open", "expired", "submitted", "quit"],
)
def test_it_says_whether_and_why_a_session_is_over(staff_browser, session, values, is_open, end):
    session(**values)
    answer = staff_browser.get(SESSIONS)
    [entry] = answer.context["rows"]
    assert entry["is_open"] is is_open
    assert ("End the session of ann" in page(answer)) is is_open
    if end:
        assert end in page(answer)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["fay", "eve", "dan", "cid", "bob", "ann"]),
        ({"username": "AN"}, ["dan", "ann"]),
        ({"course_id": OTHER}, ["cid"]),
        ({"course_id": COURSE, "content_id": OTHER_EXAM}, ["eve"]),
        ({"state": "open"}, ["cid", "ann"]),
        ({"state": "over"}, ["fay", "eve", "dan", "bob"]),
        ({"state": "waiting"}, ["bob"]),
    ],
)
def test_filters(staff_browser, session, exam, query, expected):
    exam()
    exam(OTHER_EXAM, on_leave="allow")
    session("ann")
    session("bob", **left())
    session("cid", course_id=OTHER)
    session("dan", expires=timezone.now())
    session("eve", content_id=OTHER_EXAM, **left())
    session("fay", **left("submitted"))
    assert names(staff_browser.get(SESSIONS, query)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "tired"}, "state"),
        ({"course_id": "nonsense"}, "course_id"),
        ({"username": "a\0b"}, "username"),
    ],
)
def test_a_filter_that_makes_no_sense_shows_nothing(staff_browser, session, query, field):
    session()
    answer = staff_browser.get(SESSIONS, query)
    assert answer.status_code == 400
    assert list(answer.context["filters_form"].errors) == [field]
    assert "End the session" not in page(answer)


def test_there_is_no_session(staff_browser):
    assert "No sessions match." in page(staff_browser.get(SESSIONS))


def test_a_session_is_ended_once_and_keeps_nobody_out(staff_browser, session, exam):
    exam()
    row = session()
    search = f"{SESSIONS}?state=open"
    answer = staff_browser.post(search, {"session": str(row.pk), "action": "end"}, follow=True)
    assert answer.redirect_chain == [(search, 302)]
    assert "The session of ann has ended." in page(answer)
    row.refresh_from_db()
    ended = row.ended
    assert row.end_reason == "staff"
    staff_browser.post(SESSIONS, {"session": str(row.pk), "action": "end"})
    row.refresh_from_db()
    assert row.ended == ended
    assert not SebSession.objects.left().exists()


def test_who_left_is_let_in_again(staff_browser, session, exam):
    exam()
    row = session(**left())
    text = page(staff_browser.get(SESSIONS))
    assert "Waiting for staff." in text
    assert "Let ann in again" in text
    body = {"session": str(row.pk), "action": "release", "reason": "fire alarm"}
    answer = staff_browser.post(SESSIONS, body, follow=True)
    assert "ann can open the exam again." in page(answer)
    assert "Let in again by <bdi>gina</bdi>" in page(answer)
    assert "fire alarm" in page(answer)
    row.refresh_from_db()
    assert (row.released_by_username, row.release_reason) == ("gina", "fire alarm")
    entry = SebAccessLog.objects.get(decision="released")
    assert (entry.username, entry.actor_username, entry.content_id) == ("ann", "gina", EXAM)


@pytest.mark.parametrize(
    ("end", "demands"),
    [
        (left(), {"on_leave": "allow"}),
        (left(), {"mode": "off"}),
        (left(), None),
        (left("submitted"), {}),
        (left("staff"), {}),
        (left("quit", released=timezone.now()), {}),
        ({}, {}),
    ],
    ids=["exam-lets-leave", "exam-is-off", "no-exam", "submitted", "by-staff", "released-before", "open"],
)
def test_nobody_else_is_let_in_again(staff_browser, session, exam, end, demands):
    if demands is not None:
        exam(**demands)
    row = session(**end)
    before = row.released
    assert "Let ann in again" not in page(staff_browser.get(SESSIONS))
    answer = staff_browser.post(SESSIONS, {"session": str(row.pk), "action": "release"})
    assert answer.status_code == 400
    assert "ann is not waiting for staff." in page(answer)
    row.refresh_from_db()
    assert row.released == before


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "This session no longer exists."),
        ({"session": "nonsense"}, "This session no longer exists."),
        ({"session": "a\0b"}, "This session no longer exists."),
        ({"session": "6f0f6f0f-0000-4000-8000-000000000001", "action": "end"}, "This session no longer exists."),
        ({"session": "{row}", "action": "hug"}, "The action is neither “end” nor “release”."),
        ({"session": "{row}"}, "The action is neither “end” nor “release”."),
        ({"session": "{row}", "action": "release", "reason": "r" * 256}, "The reason is too long"),
        ({"session": "{row}", "action": "release", "reason": "a\0b"}, "The reason is too long"),
    ],
    ids=["empty", "nonsense", "null-character", "gone", "other-action", "no-action", "long-reason", "null-in-reason"],
)
@pytest.mark.parametrize("caller", ["global staff", "course staff"])
def test_what_cannot_be_done_is_said_on_the_page(callers, session, exam, body, text, caller):
    exam()
    row = session(**left())
    body = {name: value.replace("{row}", str(row.pk)) for name, value in body.items()}
    answer = callers[caller].post(f"{SESSIONS}?course_id={COURSE}", body)
    assert answer.status_code == 400
    assert text in page(answer)
    assert [entry["row"].username for entry in answer.context["rows"]] == ["ann"]
    row.refresh_from_db()
    assert row.released is None


@pytest.mark.parametrize("action", ["end", "release"])
@pytest.mark.parametrize(("caller", "course", "allowed"), CALLERS)
def test_the_stored_row_decides_whose_staff_may_act(callers, session, exam, caller, course, allowed, action):
    exam(course_id=course)
    row = session(course_id=course, **(left() if action == "release" else {}))
    # Whatever course the form and the address name.
    body = {"session": str(row.pk), "action": action, "course_id": COURSE}
    answer = callers[caller].post(f"{SESSIONS}?course_id={COURSE}", body)
    assert answer.status_code == 302
    row.refresh_from_db()
    done = row.end_reason == "staff" if action == "end" else row.released is not None
    assert done is allowed


def test_staff_see_their_course_only(callers, session):
    session("ann")
    session("bob", course_id=OTHER)
    tess = callers["course staff"]
    assert names(tess.get(SESSIONS, OF_COURSE)) == ["ann"]
    assert tess.get(SESSIONS, {"course_id": OTHER}).status_code == 302
    row = session("cid")
    answer = tess.post(f"{SESSIONS}?course_id={OTHER}", {"session": str(row.pk), "action": "end"}, follow=True)
    assert names(answer) == ["cid", "ann"]


@pytest.mark.parametrize("query", [{}, OF_COURSE, {"state": "waiting"}, {**OF_COURSE, "username": "u"}])
def test_queries_do_not_grow(staff_browser, queries_of, session, exam, query):
    def read() -> None:
        assert staff_browser.get(SESSIONS, query).status_code == 200

    exam()
    session("u", **left())
    few = queries_of(read)
    now = timezone.now()
    for number in range(60):
        exam(f"{EXAM}{number}")
    SebSession.objects.bulk_create(
        SebSession(
            user_id=number,
            username=f"u{number}",
            course_id=COURSE_KEY,
            content_id=f"{EXAM}{number % 60}",
            proof="js_ck",
            created=now,
            last_proof=now,
            last_seen=now,
            expires=now,
            ended=now,
            end_reason="quit",
        )
        for number in range(10_000)
    )
    assert queries_of(read) == few <= 9


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is read in the words of SQLite")
def test_the_list_of_a_course_is_read_by_its_index(staff_browser, session):
    session()
    plan = staff_browser.get(SESSIONS, OF_COURSE).context["page"].paginator.object_list.explain()
    assert "seb_openedx_session_course" in plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan
