"""Checks of the browser, and the sessions that they begin."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from seb_openedx.exam_models import SebChallenge, SebExamConfiguration, SebSession
from seb_openedx.protocol import header_hash
from seb_openedx.user_banning import ban_user
from tests.seb.app.conftest import KEY, ORIGIN, OTHER_KEY
from tests.seb.exams.conftest import ANSWER, NONCE, PAGE, TOKEN, answer, launch_link
from tests.seb.exams.safe_exam_browser import WINDOWS, SafeExamBrowser

pytestmark = pytest.mark.django_db

NOON = "2026-03-02 12:00:00"
FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}
DOCUMENT = {"HTTP_SEC_FETCH_DEST": "document"}


@pytest.fixture
def checked(require, browser, mac):
    """A check that waits for its answer: the browser and its page."""
    require()
    return mac, mac.follow(launch_link(browser))


@pytest.mark.contract("seb-exams#challenge")
def test_a_right_answer_begins_a_session(checked):
    mac, page = checked

    reply = answer(mac, page)

    session = SebSession.objects.get()
    assert reply.json() == {
        "verified": True,
        "next": reply.json()["next"],
        "expires": session.expires.isoformat(),
    }
    assert session.proof == "js_ck"
    assert session.key_prefix == mac.config_key[:8]
    cookie = reply.cookies["seb_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert str(session.pk) not in mac.config_key


@pytest.mark.contract("seb-exams#challenge")
def test_an_answer_counts_once(checked):
    mac, page = checked
    assert answer(mac, page).status_code == 200

    again = answer(mac, page)

    assert (again.status_code, again.json()["code"]) == (403, "challenge_replayed")
    assert SebSession.objects.count() == 1


@pytest.mark.contract("seb-exams#challenge")
def test_a_wrong_answer_uses_the_check_up_and_offers_another(checked):
    mac, page = checked

    wrong = answer(mac, page, config_key_hash="0" * 64)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "config_key_mismatch")
    assert answer(mac, page).json()["code"] == "challenge_replayed"

    assert answer(mac, mac.get(wrong.json()["url"])).json()["verified"] is True


@pytest.mark.contract("seb-exams#challenge")
def test_a_check_ends_after_two_minutes(require, browser, mac):
    with freeze_time(NOON) as clock:
        require()
        page = mac.follow(launch_link(browser))
        clock.tick(120)
        assert answer(mac, page).json()["code"] == "challenge_expired"


@pytest.mark.contract("seb-exams#challenge")
@pytest.mark.parametrize("page_url", ["https://evil.example.com/", "http://testserver/", ""])
def test_the_hash_of_another_page_does_not_count(checked, page_url):
    mac, page = checked
    sent = {"page_url": page_url, "config_key_hash": header_hash(page_url, mac.config_key)}

    reply = answer(mac, page, **sent)

    assert reply.status_code == 400
    assert not SebSession.objects.exists()


@pytest.mark.contract("seb-exams#challenge")
def test_a_check_belongs_to_its_learner_and_login(checked, learner):
    mac, page = checked
    nonce = NONCE.search(page.content.decode())[1]
    body = json.dumps({"nonce": nonce, **mac.script()})
    for user in (learner, User.objects.create(username="eve")):
        other = Client()
        other.force_login(user)
        reply = other.post("/seb-openedx/api/v2/verify", body, content_type="application/json")
        assert (reply.status_code, reply.json()["code"]) == (403, "session_user_mismatch")
        assert other.get(mac.address.removeprefix(ORIGIN)).status_code == 403

    assert answer(mac, page).json()["verified"] is True, "nobody has used it up"


@pytest.mark.contract("seb-exams#challenge")
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"nonce": 1, "page_url": 2}', b'{"nonce": "' + b"a" * 9000 + b'"}']
)
def test_a_malformed_answer_is_refused(checked, body):
    mac, page = checked
    token = TOKEN.search(page.content.decode())[1]

    reply = mac.client.post("/seb-openedx/api/v2/verify", body, content_type="application/json", HTTP_X_CSRFTOKEN=token)

    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")


@pytest.mark.contract("seb-exams#challenge")
def test_an_answer_needs_the_token_against_forged_requests_and_a_login(checked, browser):
    mac, page = checked
    nonce = NONCE.search(page.content.decode())[1]
    body = json.dumps({"nonce": nonce, **mac.script()})

    assert mac.client.post("/seb-openedx/api/v2/verify", body, content_type="application/json").status_code == 403
    assert Client().post("/seb-openedx/api/v2/verify", body, content_type="application/json").status_code == 401
    assert not SebSession.objects.exists()


@pytest.mark.contract("seb-exams#challenge")
def test_more_than_thirty_answers_a_minute_are_too_many(checked):
    mac, page = checked
    statuses = [answer(mac, page, page_url="http://x/").status_code for _ in range(31)]

    assert statuses[-1] == 429
    assert 429 not in statuses[:30]


@pytest.mark.contract("seb-exams#challenge")
def test_a_header_with_a_wrong_key_is_refused_by_the_check(require, browser, seb):
    require()
    seb.follow(launch_link(browser))
    seb.file.settings["allowQuit"] = False  # the learner has changed the copy

    SebSession.objects.all().delete()

    page = seb.get(seb.settings["startURL"])

    assert page.status_code == 403
    assert "/verify/" in seb.address
    assert not SebSession.objects.exists()


@pytest.mark.contract("seb-exams#session")
def test_a_session_is_good_for_the_same_browser_only(checked, learner):
    mac, page = checked
    answer(mac, page)
    cookie = mac.client.cookies["seb_session"].value
    assert mac.get(PAGE, **FRAME).content == b"render_xblock"

    copied = Client(HTTP_USER_AGENT="Firefox")  # with login and cookie, by another program
    copied.cookies["sessionid"] = mac.client.cookies["sessionid"].value
    copied.cookies["seb_session"] = cookie
    assert copied.get(PAGE, **FRAME).content != b"render_xblock"

    other_login = Client(HTTP_USER_AGENT=mac.client.defaults["HTTP_USER_AGENT"])
    other_login.force_login(learner)
    other_login.cookies["seb_session"] = cookie
    assert other_login.get(PAGE, **FRAME).content != b"render_xblock"

    forged = Client(HTTP_USER_AGENT=mac.client.defaults["HTTP_USER_AGENT"])
    forged.cookies["sessionid"] = mac.client.cookies["sessionid"].value
    forged.cookies["seb_session"] = str(SebSession.objects.get().pk)
    assert forged.get(PAGE, **FRAME).content != b"render_xblock"


@pytest.mark.contract("seb-exams#session")
def test_a_page_needs_a_young_proof_but_a_frame_does_not(require, browser, mac):
    with freeze_time(NOON) as clock:
        row = require()
        answer(mac, mac.follow(launch_link(browser)))
        jump = f"/courses/{row.course_id}/jump_to/{row.content_id}"
        clock.tick(299)
        assert mac.get(jump, **DOCUMENT).content == b"jump_to"
        clock.tick(1)
        assert mac.get(PAGE, **FRAME).content == b"render_xblock"
        check = mac.get(jump, **DOCUMENT)
        reply = answer(mac, check).json()
        assert reply["next"] == jump
        assert mac.get(jump, **DOCUMENT).content == b"jump_to"
        assert SebSession.objects.count() == 1

        clock.tick(28800)
        assert mac.get(PAGE, **FRAME).content != b"render_xblock"
        assert mac.client.post(ANSWER, HTTP_X_CSRFTOKEN=mac.client.cookies["csrftoken"].value).status_code == 403


@pytest.mark.contract("seb-exams#session")
def test_a_clock_that_goes_back_makes_no_proof_younger(require, browser, mac):
    require()
    answer(mac, mac.follow(launch_link(browser)))
    SebSession.objects.update(last_proof=timezone.now() + timedelta(minutes=5))

    assert mac.get(PAGE, **FRAME).content != b"render_xblock"


@pytest.mark.contract("seb-exams#session")
def test_a_header_must_be_right_whatever_was_proved_before(checked):
    mac, page = checked
    answer(mac, page)
    wrong = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": "0" * 64, **FRAME}

    for _ in range(3):
        assert mac.get(PAGE, **FRAME).content == b"render_xblock"
        assert mac.get(PAGE, **wrong).content != b"render_xblock"

    assert SebSession.objects.get().end_reason == "mismatch"
    assert mac.get(PAGE, **FRAME).content != b"render_xblock"


@pytest.mark.contract("seb-exams#session")
def test_switched_off_sessions_count_for_nothing(checked, settings):
    mac, page = checked
    answer(mac, page)
    settings.SEB_EXAM_SESSIONS_ENABLED = False

    assert mac.get(PAGE, **FRAME).content != b"render_xblock"


@pytest.mark.contract("seb-exams#session-end")
@pytest.mark.parametrize("event", ["quit", "logged_out", "banned", "configuration_changed"])
def test_events_end_sessions(checked, require, learner, event, host, django_capture_on_commit_callbacks):
    mac, page = checked
    answer(mac, page)
    with django_capture_on_commit_callbacks(execute=True):
        if event == "quit":
            mac.get(mac.settings["quitURL"])
        elif event == "logged_out":
            mac.client.logout()
        elif event == "banned":
            host.settings.SEB_USER_BANNING_ENABLED = True
            ban_user(learner.username, SebSession.objects.get().course_id, "gina")
        else:
            require(settings={"max_displays": 3})

    session = SebSession.objects.get()
    assert session.ended is not None
    assert session.end_reason == event


@pytest.mark.contract("seb-exams#session-end")
def test_a_change_that_keeps_the_key_ends_no_session(checked, require):
    mac, page = checked
    answer(mac, page)
    require(exempt_usernames=["bob"])

    assert SebSession.objects.get().ended is None


@pytest.mark.contract("seb-exams#session-end")
@pytest.mark.parametrize("change", ["deleted", "written-to-the-table"])
def test_a_key_that_is_gone_ends_what_it_proved_however_it_went(checked, require, change):
    mac, page = checked
    answer(mac, page)
    assert mac.get(PAGE, **FRAME).content == b"render_xblock"
    if change == "deleted":
        SebExamConfiguration.objects.get().delete()
        require(settings={"max_displays": 3})
    else:
        SebExamConfiguration.objects.update(config_key=OTHER_KEY)
        cache.clear()

    assert mac.get(PAGE, **FRAME).content != b"render_xblock"


@pytest.mark.contract("seb-exams#session-end")
def test_who_has_begun_with_the_earlier_file_goes_on(checked, require):
    mac, page = checked
    require(settings={"max_displays": 3})
    answer(mac, page)

    with freeze_time(timezone.now() + timedelta(hours=1)):
        assert mac.get(PAGE, **FRAME).content == b"render_xblock"


@pytest.mark.contract("seb-exams#session-end")
def test_a_session_that_is_over_is_marked_when_it_is_met(checked):
    mac, page = checked
    answer(mac, page)
    SebSession.objects.update(expires=timezone.now())

    assert mac.get(PAGE, **FRAME).content != b"render_xblock"
    assert SebSession.objects.get().end_reason == "expired"


@pytest.mark.contract("seb-exams#session-end")
def test_the_quit_page_ends_what_the_browser_has_proved_for_the_course(require, browser, mac, protect):
    row = require()
    protect(CONFIG_KEYS=[row.config_key])
    answer(mac, mac.follow(launch_link(browser)))
    SebSession.objects.update(content_id="")

    mac.get(mac.settings["quitURL"])

    assert SebSession.objects.get().end_reason == "quit"


@pytest.mark.contract("seb-exams#proof")
@pytest.mark.parametrize(
    ("config", "browser_key", "passes"),
    [
        pytest.param(True, True, True, id="both"),
        pytest.param(True, False, False, id="settings-only"),
        pytest.param(False, True, False, id="program-only"),
    ],
)
def test_with_keys_of_both_kinds_both_are_proved(require, browser, config, browser_key, passes):
    row = require(browser_keys=[{"key": KEY, "active": True}, {"key": OTHER_KEY, "active": False}])
    url = ORIGIN + PAGE
    headers = {
        "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(url, row.config_key if config else OTHER_KEY),
        "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH": header_hash(url, KEY if browser_key else OTHER_KEY),
    }

    assert (browser.get(PAGE, **headers).content == b"render_xblock") is passes


@pytest.mark.contract("seb-exams#proof")
@pytest.mark.parametrize(
    ("keys", "headers", "passes"),
    [
        ({}, {"HTTP_USER_AGENT": WINDOWS}, True),
        ({}, {"HTTP_USER_AGENT": "Firefox"}, False),
        ({"client_config_keys": [KEY]}, {"HTTP_USER_AGENT": WINDOWS}, False),
        (
            {"client_config_keys": [KEY]},
            {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, KEY)},
            True,
        ),
        (
            {"browser_keys": [{"key": KEY}]},
            {"HTTP_X_SAFEEXAMBROWSER_REQUESTHASH": header_hash(ORIGIN + PAGE, KEY)},
            True,
        ),
    ],
    ids=["name", "no-name", "name-is-not-enough-with-keys", "config-key", "browser-key"],
)
def test_computers_with_their_own_settings(require, browser, keys, headers, passes):
    require("client", **keys)

    assert (browser.get(PAGE, **FRAME, **headers).content == b"render_xblock") is passes


@pytest.mark.contract("seb-exams#proof")
def test_a_client_that_says_it_is_too_old_is_refused(require, browser, seb):
    require(min_versions={"win": "3.8"})

    refused = seb.follow(launch_link(browser))

    assert refused.status_code == 403
    assert "3.8" in refused.content.decode()


@pytest.mark.contract("seb-exams#access")
def test_a_page_in_the_browser_without_headers_is_checked_once_not_in_a_circle(require, browser, learner):
    require()
    seb = SafeExamBrowser(sends_headers=False)
    seb.client.force_login(learner)
    link = launch_link(browser)
    seb.follow(link)
    jump = "/courses/course-v1:edX+DemoX+Demo_Course/jump_to/" + quote(
        "block-v1:edX+DemoX+Demo_Course+type@sequential+block@sequence1", safe=":+@"
    )

    check = seb.get(jump)
    assert "/verify/" in seb.address
    assert answer(seb, check).json()["verified"] is True
    del seb.client.cookies["seb_session"]  # a browser that keeps no cookies of ours
    final = seb.get(jump)

    assert final.status_code == 403
    assert SebChallenge.objects.filter(used__isnull=False).count() == 1
