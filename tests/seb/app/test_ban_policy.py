"""Which refusals count, how many ban, and for how long."""

import threading
from datetime import timedelta

import freezegun
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from seb_openedx import ban_policy, user_banning
from seb_openedx.audit_models import SebAccessLog, SebBanState
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, proof

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"


def is_banned() -> bool:
    return ForbiddenCourseAccess.objects.filter(username="ann", access_blocked=True).exists()


@pytest.mark.contract("seb-audit#ban-policy")
@pytest.mark.parametrize("place", ["settings", "course"])
def test_so_many_refusals_ban(browser, protect, settings, place):
    own = {"BAN_THRESHOLD": 3} if place == "course" else {}
    settings.SEB_BAN_THRESHOLD = 3 if place == "settings" else 99
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, **own)
    for expected in (False, False, True):
        browser.get(PAGE)
        assert is_banned() is expected
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 403
    assert list(SebAccessLog.objects.filter(decision="banned").values_list("actor_username", flat=True)) == ["ann"]


@pytest.mark.contract("seb-audit#ban-policy")
@pytest.mark.parametrize(("later", "banned"), [(59, True), (60, False)])
def test_within_the_window(browser, protect, later, banned):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, BAN_THRESHOLD=2, BAN_WINDOW_SECONDS=60)
    began = timezone.now()
    for seconds in (0, later):
        with freezegun.freeze_time(began + timedelta(seconds=seconds)):
            browser.get(PAGE)
    assert is_banned() is banned


@pytest.mark.contract("seb-audit#ban-policy")
def test_a_ban_ends_with_its_duration_and_counting_starts_anew(browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, BAN_THRESHOLD=2, BAN_DURATION_SECONDS=600)
    began = timezone.now()
    with freezegun.freeze_time(began):
        browser.get(PAGE)
        browser.get(PAGE)
    with freezegun.freeze_time(began + timedelta(seconds=599)):
        assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 403
    with freezegun.freeze_time(began + timedelta(seconds=600)):
        assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
        assert not is_banned()
        browser.get(PAGE)
        assert not is_banned(), "the first of two"
    assert SebAccessLog.objects.filter(decision="unbanned", actor_username="").count() == 1


@pytest.mark.contract("seb-audit#ban-policy")
def test_staff_who_let_a_learner_in_start_the_count_anew(browser, staff_browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, BAN_THRESHOLD=2)
    browser.get(PAGE)
    browser.get(PAGE)
    assert is_banned()
    staff_browser.post("/seb-openedx/dashboard/", {"action": "unban", "username": "ann", "course_id": COURSE})
    browser.get(PAGE)
    assert not is_banned()
    assert SebAccessLog.objects.get(decision="unbanned").actor_username == "gina"


@pytest.mark.contract("seb-audit#ban-policy")
def test_nothing_is_counted_where_one_refusal_bans(browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    browser.get(PAGE)
    assert is_banned()
    assert not SebBanState.objects.exists()


@pytest.mark.contract("seb-audit#what-counts")
@pytest.mark.parametrize(
    ("destination", "banned"),
    [("document", True), ("iframe", True), (None, True), ("image", False), ("script", False), ("empty", False)],
)
def test_what_the_browser_fetches_by_itself_does_not_count(browser, protect, destination, banned):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    headers = {} if destination is None else {"HTTP_SEC_FETCH_DEST": destination}
    assert browser.get(PAGE, **headers).status_code == 403
    assert is_banned() is banned


@pytest.mark.contract("seb-audit#what-counts")
@pytest.mark.parametrize("who", ["platform staff", "course staff", "learner"])
def test_staff_are_refused_and_not_banned(browser, learner, protect, monkeypatch, who):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, PERMISSION_COMPONENTS=["CheckSEBHashConfigKey"])
    if who == "platform staff":
        User.objects.filter(pk=learner.pk).update(is_staff=True)
    monkeypatch.setattr(
        "seb_openedx.edxapp_wrapper.course_staff.is_course_staff", lambda user, course_key: who == "course staff"
    )
    assert browser.get(PAGE).status_code == 403
    assert is_banned() is (who == "learner")
    assert SebAccessLog.objects.filter(decision="refused").count() == 1


def test_unusable_ban_keys_count_as_absent(browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True, BAN_THRESHOLD="many", BAN_DURATION_SECONDS=-1)
    browser.get(PAGE)
    assert is_banned()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_two_refusals_at_once_count_as_two(settings):
    settings.SEB_USER_BANNING_ENABLED = True
    settings.SEB_KEY_SOURCES = []
    settings.SEB_BAN_THRESHOLD = 2
    barrier = threading.Barrier(2)
    outcomes: list[tuple[bool, bool]] = []

    def refuse() -> None:
        try:
            barrier.wait(timeout=10)
            outcomes.append(user_banning.refuse("ann", COURSE_KEY, "ann", reason="no_header"))
        finally:
            connection.close()

    threads = [threading.Thread(target=refuse) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == [(False, False), (True, True)]
    assert SebBanState.objects.get().strikes == 2
    assert ban_policy.ends_at("ann", COURSE_KEY) is None
