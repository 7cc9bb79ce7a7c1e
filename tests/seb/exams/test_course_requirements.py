"""Courses that their configuration protects, in browsers that send no hashes."""

from types import SimpleNamespace

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebChallenge, SebSession
from seb_openedx.models import ForbiddenCourseAccess
from seb_openedx.permissions import CheckSEBHashConfigKey
from seb_openedx.protocol import SebFile, header_hash
from seb_openedx.protocol.seb_file import Format
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, ORIGIN, OTHER_KEY
from tests.seb.exams.conftest import ANSWER, EXAM, PAGE, answer, launch_link
from tests.seb.exams.safe_exam_browser import HTML, SafeExamBrowser

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#course-session")]

PROGRESS = f"/courses/{COURSE}/progress"
OUTLINE = f"/api/course_home/outline/{COURSE}"
FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}


def settings_file(settings):
    return SebFile(settings=settings, format=Format.XML, gzipped=False)


@pytest.fixture
def school(mac, protect):
    """A browser with settings of the school, whose key the course's configuration has."""
    mac.file = settings_file({"sendBrowserExamKey": True, "allowQuit": False})
    protect(CONFIG_KEYS=[mac.config_key], USER_BANNING_ENABLED=True)
    mac.address = ORIGIN + "/"
    return mac


def test_a_page_leads_to_a_check_and_back(school):
    check = school.get(PROGRESS)
    assert "/verify/" in school.address

    reply = answer(school, check)

    assert reply.json()["next"] == PROGRESS
    assert school.get(PROGRESS).content == b"progress"
    session = SebSession.objects.get()
    assert (session.content_id, session.proof, session.key_prefix) == ("", "js_ck", school.config_key[:8])


def test_the_session_is_good_for_every_page_of_the_course(school):
    answer(school, school.get(PROGRESS))

    assert school.get(PAGE, **FRAME).content == b"render_xblock"
    assert school.send("GET", OUTLINE).status_code == 200
    assert school.send("POST", ANSWER).content == b"handle_xblock_callback"
    assert not ForbiddenCourseAccess.objects.exists()


def test_a_check_bans_nobody_and_a_refusal_after_it_does(school):
    page = school.get(PROGRESS)
    assert answer(school, page, config_key_hash="0" * 64).json()["code"] == "config_key_mismatch"
    assert not ForbiddenCourseAccess.objects.exists()

    assert school.get(PROGRESS).status_code == 403
    assert ForbiddenCourseAccess.objects.get().access_blocked


@pytest.mark.contract("seb-exams#cost")
def test_a_session_costs_one_query_more_than_a_hash(school):
    answer(school, school.get(PROGRESS))
    with CaptureQueriesContext(connection) as with_a_session:
        assert school.client.get(PAGE, **FRAME).content == b"render_xblock"
    del school.client.cookies["seb_session"]
    hashed = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, school.config_key)}
    with CaptureQueriesContext(connection) as with_a_hash:
        assert school.client.get(PAGE, **FRAME, **hashed).content == b"render_xblock"

    assert len(with_a_session) == len(with_a_hash) + 1


def test_a_banned_learner_is_not_checked(school, learner):
    ForbiddenCourseAccess.objects.create(
        username=learner.username, course_id=COURSE, access_blocked=True, last_modified_by_username="gina"
    )

    assert school.get(PROGRESS).status_code == 403
    assert not SebChallenge.objects.exists()


@pytest.mark.parametrize(
    ("request_of", "is_banned"),
    [
        pytest.param(lambda c: c.get(PROGRESS, HTTP_ACCEPT=HTML, HTTP_USER_AGENT="Firefox"), True, id="other"),
        # It may be the right browser, which has only not been checked yet.
        pytest.param(lambda c: c.get(OUTLINE), False, id="program"),
        pytest.param(lambda c: c.get(PAGE, **FRAME), False, id="frame"),
    ],
)
def test_what_cannot_be_checked_is_refused(school, request_of, is_banned):
    request_of(school.client)

    assert not SebChallenge.objects.exists()
    assert SebAccessLog.objects.get(decision="refused").reason == ("no_header" if is_banned else "session_missing")
    assert ForbiddenCourseAccess.objects.exists() is is_banned


def test_a_key_that_left_the_configuration_ends_what_it_proved(school, protect):
    answer(school, school.get(PROGRESS))
    assert school.get(PAGE, **FRAME).content == b"render_xblock"

    protect(CONFIG_KEYS=[KEY])

    assert school.get(PAGE, **FRAME).content != b"render_xblock"


def test_a_wrong_hash_is_refused_in_spite_of_the_session(school, protect):
    protect(CONFIG_KEYS=[school.config_key])  # without bans
    answer(school, school.get(PROGRESS))

    for _ in range(3):
        assert school.get(PAGE, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH="0" * 64, **FRAME).content != b"render_xblock"

    assert SebSession.objects.get().end_reason == "mismatch"


@pytest.mark.parametrize("kind", ["CONFIG_KEYS", "BROWSER_KEYS"])
def test_one_right_key_of_either_kind_is_enough(mac, protect, kind):
    protect(CONFIG_KEYS=[KEY], BROWSER_KEYS=[KEY])
    page = mac.get(ORIGIN + PROGRESS)
    hashes = {"config_key_hash": "0" * 64, "browser_exam_key_hash": "0" * 64, "page_url": mac.address}
    right = "config_key_hash" if kind == "CONFIG_KEYS" else "browser_exam_key_hash"
    hashes[right] = header_hash(mac.address, KEY)
    mac.file = settings_file({})

    assert answer(mac, page, **hashes).json()["verified"] is True


def test_a_component_compares_the_keys_of_its_own_kind_only(mac, protect):
    protect(PERMISSION_COMPONENTS=["CheckSEBHashConfigKey"], CONFIG_KEYS=[KEY], BROWSER_KEYS=[OTHER_KEY])
    page = mac.get(ORIGIN + PROGRESS)
    mac.file = settings_file({})

    reply = answer(mac, page, config_key_hash="", browser_exam_key_hash=header_hash(mac.address, OTHER_KEY))

    assert reply.json()["code"] == "config_key_mismatch"


class OnWeekdays(CheckSEBHashConfigKey):
    """A component of an operator, which asks for more than a hash."""

    def check(self, request, course_key, masquerade=None):
        return False


@pytest.mark.parametrize(
    "components",
    [["AlwaysDenyAccess"], ["AlwaysAllowStaff"], [f"{__name__}.OnWeekdays"]],
    ids=["nobody", "staff", "component-of-the-operator"],
)
def test_without_a_component_that_compares_keys_nothing_is_checked(mac, protect, components, monkeypatch):
    protect(PERMISSION_COMPONENTS=components, CONFIG_KEYS=[KEY])

    assert mac.get(ORIGIN + PROGRESS).status_code == 403
    assert not SebChallenge.objects.exists()


def test_staff_are_not_checked(protect, staff):
    seb = SafeExamBrowser(sends_headers=False)
    seb.client.force_login(staff)
    protect(CONFIG_KEYS=[KEY])

    assert seb.get(ORIGIN + PROGRESS).content == b"progress"


def test_staff_who_look_at_the_course_as_a_learner_are_checked(protect, staff, monkeypatch):
    seb = SafeExamBrowser(sends_headers=False)
    seb.client.force_login(staff)
    seb.file = settings_file({"sendBrowserExamKey": True})
    protect(CONFIG_KEYS=[seb.config_key])
    # A session in JSON cannot hold what the platform's pickled one does.
    masquerades = {COURSE_KEY: SimpleNamespace(role="student", user_name=None)}
    original = SessionStore.get
    monkeypatch.setattr(
        SessionStore,
        "get",
        lambda self, key, default=None: masquerades if key == "masquerade_settings" else original(self, key, default),
    )

    answer(seb, seb.get(ORIGIN + PROGRESS))

    assert seb.get(PROGRESS).content == b"progress"


def test_an_exam_whose_key_is_also_a_key_of_the_course_opens_both(mac, browser, require, protect):
    row = require()
    protect(CONFIG_KEYS=[row.config_key])
    answer(mac, mac.follow(launch_link(browser)))

    assert mac.get(PAGE, **FRAME).content == b"render_xblock"
    assert mac.send("GET", OUTLINE).status_code == 200


def test_the_sessions_of_course_and_exam_live_side_by_side(mac, browser, require, protect):
    require()
    link = launch_link(browser)
    mac.file = settings_file({"sendBrowserExamKey": True})
    protect(CONFIG_KEYS=[mac.config_key])
    answer(mac, mac.get(ORIGIN + PROGRESS))
    answer(mac, mac.follow(link))

    assert mac.get(PAGE, **FRAME).content == b"render_xblock"
    assert mac.send("GET", OUTLINE).status_code == 200
    assert {session.content_id for session in SebSession.objects.filter(ended=None)} == {"", EXAM}


def test_a_course_of_an_operator_who_forgot_the_tables_is_refused_not_broken(school, monkeypatch):
    from django.db import DatabaseError

    def fail(*args, **kwargs):
        raise DatabaseError("no such table")

    monkeypatch.setattr("seb_openedx.exams.challenges.was_checked", fail)

    assert school.get(PROGRESS).status_code == 403


@pytest.mark.contract("safe-exam-browser#refusal")
def test_the_page_of_a_refusal_leads_into_the_browser_and_to_its_maker(browser, protect):
    protect(CONFIG_KEYS=[KEY])

    page = browser.get(PROGRESS, HTTP_ACCEPT=HTML).content.decode()

    assert f'href="seb://testserver{PROGRESS}"' in page
    assert 'href="https://safeexambrowser.org/' in page


@pytest.mark.contract("safe-exam-browser#refusal")
def test_a_banned_learner_is_led_nowhere(browser, protect):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)

    page = browser.get(PROGRESS, HTTP_ACCEPT=HTML).content.decode()

    assert "seb://" not in page


def test_a_visitor_is_not_checked(protect):
    protect(CONFIG_KEYS=[KEY])
    seb = SafeExamBrowser(sends_headers=False)

    assert seb.get(ORIGIN + PROGRESS).status_code == 403
    assert Client().get(PROGRESS).status_code == 403
    assert not SebChallenge.objects.exists()
