"""Bans: who gets one, what it closes, and how it ends."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import freezegun
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection
from django.test import Client

from seb_openedx import user_banning
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, proof

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"
ABOUT = f"/courses/{COURSE}/about"


@pytest.mark.contract("safe-exam-browser#banning")
def test_a_refusal_bans_until_staff_let_the_learner_in(browser, staff_browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, WHITELIST_PATHS=["about"])
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    first = browser.get(PAGE)
    assert b"are therefore banned" in first.content
    again = browser.get(PAGE, **proof(KEY, PAGE))
    assert again.status_code == 403
    assert b"You are banned" in again.content
    assert browser.get(ABOUT).status_code == 200  # what is open to everybody stays so
    row = ForbiddenCourseAccess.objects.get()
    assert (row.username, row.course_id, row.access_blocked) == ("ann", COURSE_KEY, True)
    assert row.last_modified_by_username == "ann"

    staff_browser.post("/seb-openedx/dashboard/", {"action": "unban", "username": "ann", "course_id": COURSE})
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    row.refresh_from_db()
    assert (row.access_blocked, row.last_modified_by_username) == (False, "gina")


@pytest.mark.contract("safe-exam-browser#banning")
def test_bans_do_not_count_where_banning_is_off(browser, protect):
    ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE_KEY, last_modified_by_username="gina")
    protect(CONFIG_KEYS=[KEY])
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200


@pytest.mark.contract("safe-exam-browser#banning")
def test_a_ban_by_hand_counts_for_staff_too(staff_browser, protect):
    ForbiddenCourseAccess.objects.create(username="gina", course_id=COURSE_KEY, last_modified_by_username="root")
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    assert staff_browser.get(PAGE).status_code == 403


@pytest.mark.contract("safe-exam-browser#banning")
@pytest.mark.parametrize("who", ["anonymous", "masquerading staff"])
def test_nobody_is_banned_for(masquerading, learner, protect, who):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    client = Client() if who == "anonymous" else masquerading(learner.username)
    assert client.get(PAGE).status_code == 403
    assert not ForbiddenCourseAccess.objects.exists()


class Masquerade:
    """As whom staff see a course; the platform keeps such an object in the session."""

    def __init__(self, role: str, user_name: str | None) -> None:
        self.role, self.user_name = role, user_name


@pytest.fixture
def masquerading(staff_browser: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    """Staff who look at the course as somebody else."""

    def start(user_name: str | None, role: str = "student") -> Client:
        # A session in JSON cannot hold what the platform's pickled one does.
        stored = {"masquerade_settings": {COURSE_KEY: Masquerade(role, user_name)}}
        original = SessionStore.get
        monkeypatch.setattr(
            SessionStore, "get", lambda self, key, default=None: stored.get(key) or original(self, key, default)
        )
        return staff_browser

    return start


@pytest.mark.contract("safe-exam-browser#masquerade")
@pytest.mark.parametrize(("role", "status"), [("student", 403), ("staff", 200)])
def test_staff_who_look_as_a_learner_are_refused_as_one(masquerading, protect, role, status):
    protect([KEY])
    assert masquerading(None, role).get(PAGE).status_code == status


@pytest.mark.contract("safe-exam-browser#banning")
def test_ending_a_ban_that_does_not_exist_writes_nothing():
    user_banning.unban_user("ann", COURSE_KEY, "gina")
    assert not ForbiddenCourseAccess.objects.exists()


def test_times_are_aware(settings):
    settings.SEB_USER_BANNING_ENABLED = True
    settings.SEB_KEY_SOURCES = []
    user_banning.ban_user("ann", COURSE_KEY, "gina")
    with freezegun.freeze_time("2026-11-29 12:00:00"):
        user_banning.unban_user("ann", COURSE_KEY, "gina")
    assert ForbiddenCourseAccess.objects.get().last_modified_time == datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_a_dotted_path_names_the_backend(settings):
    settings.SEB_USER_BANNING_ENABLED = True
    settings.SEB_KEY_SOURCES = []
    settings.SEB_USER_BANNING_BACKEND = "seb_openedx.user_banning.DatabaseBannedUsersBackend"
    assert user_banning.ban_user("ann", COURSE_KEY, "gina") == (True, True)
    assert user_banning.ban_user("ann", COURSE_KEY, "gina") == (True, False)
    assert user_banning.is_user_banned("ann", COURSE_KEY) is True
    assert user_banning.is_user_banned("", COURSE_KEY) is False
    assert [str(row) for row in user_banning.get_all_banning_data()] == [f"ann {COURSE}"]


def test_the_published_backend_without_a_function_says_so():
    backend = user_banning.UserprofileBannedUsersBackend()
    for call in (
        lambda: backend.is_user_banned("ann", COURSE_KEY),
        lambda: backend.ban_user("ann", COURSE_KEY, datetime.now(UTC), "gina"),
        lambda: backend.unban_user("ann", COURSE_KEY, datetime.now(UTC), "gina"),
        backend.get_all_banning_data,
    ):
        with pytest.raises(NotImplementedError):
            call()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("control", [True, False], ids=["control-read-then-write-fails", "one-row"])
def test_two_requests_at_once_write_one_row(settings, monkeypatch, control):
    settings.SEB_USER_BANNING_ENABLED = True
    settings.SEB_KEY_SOURCES = []
    barrier = threading.Barrier(2)
    outcomes: list[Any] = []
    backend = user_banning.DatabaseBannedUsersBackend
    original: Callable[..., bool] = backend.is_user_banned

    def meet(self: Any, *args: Any) -> bool:
        found = original(self, *args)
        barrier.wait(timeout=10)  # both have seen that there is no ban
        return found

    def write(self: Any, username: str, course_key: Any, *args: Any) -> None:
        ForbiddenCourseAccess.objects.create(username=username, course_id=course_key, last_modified_by_username="x")

    monkeypatch.setattr(backend, "is_user_banned", meet)
    if control:
        monkeypatch.setattr(backend, "ban_user", write)

    def ban() -> None:
        try:
            outcomes.append(user_banning.ban_user("ann", COURSE_KEY, "ann"))
        except IntegrityError as error:
            outcomes.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=ban) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes, key=str) == ([(True, True), IntegrityError] if control else [(True, False), (True, True)])
    assert ForbiddenCourseAccess.objects.count() == 1


# --- The dashboard ----------------------------------------------------------------------------------------------------

DASHBOARD = "/seb-openedx/dashboard/"


@pytest.fixture
def bans(db: Any) -> None:
    for name, course in (("ann", COURSE), ("bob", COURSE), ("cid<b>", OTHER)):
        ForbiddenCourseAccess.objects.create(username=name, course_id=course, last_modified_by_username=name)


def rows(answer: Any) -> list[str]:
    return [row.username for row in answer.context["all_instances"]]


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_the_list_is_searched_sorted_and_paged(staff_browser, bans):
    assert sorted(rows(staff_browser.get(DASHBOARD))) == ["ann", "bob", "cid<b>"]
    assert rows(staff_browser.get(DASHBOARD, {"sort": "username"})) == ["ann", "bob", "cid<b>"]
    assert rows(staff_browser.get(DASHBOARD, {"sort": "-username"})) == ["cid<b>", "bob", "ann"]
    assert rows(staff_browser.get(DASHBOARD, {"username": "BO"})) == ["bob"]
    assert rows(staff_browser.get(DASHBOARD, {"course_id": "other"})) == ["cid<b>"]
    assert sorted(rows(staff_browser.get(DASHBOARD, {"sort": "password", "page": "x"}))) == ["ann", "bob", "cid<b>"]
    ForbiddenCourseAccess.objects.bulk_create(
        ForbiddenCourseAccess(username=f"u{n}", course_id=COURSE, last_modified_by_username="x") for n in range(60)
    )
    assert len(rows(staff_browser.get(DASHBOARD))) == 50
    assert len(rows(staff_browser.get(DASHBOARD, {"page": "2"}))) == 13


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_the_page_is_escaped_complete_and_loads_nothing_from_elsewhere(staff_browser, bans):
    page = staff_browser.get(DASHBOARD).content.decode()
    assert "<b>" not in page
    assert "Let ann into" in page
    assert "http" not in page.replace(COURSE, "")
    assert "<script" not in page
    for part in ("<caption>", '<th scope="col"', '<html lang="en', "<title>", "csrfmiddlewaretoken"):
        assert part in page


@pytest.mark.contract("safe-exam-browser#dashboard")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "ban"},
        {"action": "ban", "username": "ann"},
        {"action": "ban", "username": "ann", "course_id": "nonsense"},
        {"action": "ban", "username": "ann", "course_id": COURSE},  # banning is off
        {"action": "hug", "username": "ann", "course_id": COURSE},
    ],
)
def test_what_makes_no_sense_is_a_bad_request(staff_browser, body):
    assert staff_browser.post(DASHBOARD, body).status_code == 400


@pytest.mark.contract("safe-exam-browser#dashboard")
@pytest.mark.parametrize(
    ("username", "course_id"),
    [
        pytest.param("a\0b", COURSE, id="null-character"),
        pytest.param("a" * 151, COURSE, id="long-name"),
        pytest.param("ann", f"course-v1:{'o' * 250}+c+r", id="long-course"),
    ],
)
def test_what_no_row_can_hold_is_a_bad_request(host, staff_browser, username, course_id):
    host.settings.SEB_USER_BANNING_ENABLED = True
    ban = {"action": "ban", "username": "a" * 150, "course_id": COURSE}
    assert staff_browser.post(DASHBOARD, ban).status_code == 302
    assert staff_browser.post(DASHBOARD, {**ban, "username": username, "course_id": course_id}).status_code == 400
    assert ForbiddenCourseAccess.objects.count() == 1


@pytest.mark.contract("safe-exam-browser#dashboard")
@pytest.mark.parametrize("field", ["username", "course_id"])
def test_a_search_ignores_null_characters(staff_browser, bans, field):
    text = {"username": "bo\0b", "course_id": "Demo\0X"}[field]
    assert "bob" in rows(staff_browser.get(DASHBOARD, {field: text}))


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_a_button_leads_back_to_the_same_search(staff_browser, bans):
    search = f"{DASHBOARD}?username=ann&sort=-username"
    answer = staff_browser.post(search, {"action": "unban", "username": "ann", "course_id": COURSE})
    assert answer["Location"] == search


def test_the_redirect_keeps_the_prefix_of_the_host(staff_browser):
    answer = staff_browser.post(
        DASHBOARD, {"action": "unban", "username": "ann", "course_id": COURSE}, SCRIPT_NAME="/lms"
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/lms{DASHBOARD}")


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_who_may_see_the_list(browser, bans, register_service, instructor):
    assert browser.get(DASHBOARD).status_code == 302  # to the login; no course is named
    assert Client().get(DASHBOARD).status_code == 302
    course = {"course_id": COURSE}
    assert sorted(rows(browser.get(DASHBOARD, course))) == ["ann", "bob"]
    answer = browser.post(DASHBOARD, {"action": "unban", "username": "bob", **course})
    assert answer["Location"].startswith(f"{DASHBOARD}?course_id=")
    assert not ForbiddenCourseAccess.objects.get(username="bob").access_blocked
    instructor.service.is_user_course_staff = False
    assert browser.get(DASHBOARD, course).status_code == 302
    assert browser.post(DASHBOARD, {"action": "unban", "username": "ann", **course}).status_code == 302
    assert ForbiddenCourseAccess.objects.get(username="ann").access_blocked


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_a_course_id_can_be_pasted_into_the_address(browser, staff_browser, bans, register_service, instructor):
    # Its plus signs arrive as spaces.
    assert sorted(rows(browser.get(f"{DASHBOARD}?course_id={COURSE}"))) == ["ann", "bob"]
    assert sorted(rows(staff_browser.get(f"{DASHBOARD}?course_id={COURSE}"))) == ["ann", "bob"]


def test_another_backends_list_is_shown_too(staff_browser, monkeypatch):
    row = ForbiddenCourseAccess(username="zoe", course_id=COURSE_KEY, last_modified_by_username="x")
    monkeypatch.setattr("seb_openedx.dashboard.views.get_all_banning_data", lambda: iter([row]))
    assert rows(staff_browser.get(DASHBOARD)) == ["zoe"]
    assert rows(staff_browser.get(DASHBOARD, {"username": "ann"})) == []
