"""Launch links that log their learner in (``SEB_LAUNCH_LOGIN``)."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from freezegun import freeze_time

from seb_openedx.exam_models import SebSession, SebStartToken
from seb_openedx.exams import start_tokens
from seb_openedx.protocol import decode
from tests.seb.app.conftest import ORIGIN, block
from tests.seb.exams.conftest import PAGE, answer, launch_link
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#launch-login")]

FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}
NOON = "2026-03-02 12:00:00"


@pytest.fixture(autouse=True)
def _switched_on(host):
    host.settings.SEB_LAUNCH_LOGIN = True


@pytest.fixture
def fresh():
    """Safe Exam Browser in which nobody is logged in."""
    return SafeExamBrowser()


@pytest.fixture
def fresh_mac():
    """The same, without headers."""
    return SafeExamBrowser(sends_headers=False)


def who_is_logged_in(browser):
    found = browser.client.session.get("_auth_user_id")
    return int(found) if found else None


def token_of(link):
    return link.rpartition("??st=")[2]


def test_a_browser_with_headers_is_logged_in_and_lands_in_the_exam(require, browser, fresh, learner):
    require()
    link = launch_link(browser)
    assert len(token_of(link)) == 22

    page = fresh.follow(link)

    assert page.content == b"jump_to"
    assert who_is_logged_in(fresh) == learner.pk
    session = SebSession.objects.get()
    assert (session.user_id, session.proof) == (learner.pk, "header_ck")
    assert fresh.get(PAGE, **FRAME).content == b"render_xblock"
    assert SebStartToken.objects.get(used__isnull=False)


def test_a_browser_without_headers_is_logged_in_by_its_answer(require, browser, fresh_mac, learner):
    require()
    check = fresh_mac.follow(launch_link(browser))
    assert "/verify/" in fresh_mac.address
    assert who_is_logged_in(fresh_mac) is None

    reply = answer(fresh_mac, check)

    assert reply.json()["verified"] is True
    assert who_is_logged_in(fresh_mac) == learner.pk
    assert fresh_mac.get(reply.json()["next"]).content == b"jump_to"
    assert fresh_mac.get(PAGE, **FRAME).content == b"render_xblock"


def test_a_wrong_answer_logs_nobody_in_and_can_be_repeated(require, browser, fresh_mac, learner):
    require()
    check = fresh_mac.follow(launch_link(browser))

    wrong = answer(fresh_mac, check, config_key_hash="0" * 64)
    assert wrong.json()["code"] == "config_key_mismatch"
    assert who_is_logged_in(fresh_mac) is None
    assert not SebStartToken.objects.filter(used__isnull=False).exists()

    assert answer(fresh_mac, fresh_mac.get(wrong.json()["url"])).json()["verified"] is True
    assert who_is_logged_in(fresh_mac) == learner.pk


@pytest.mark.parametrize("name", ["Firefox", "Mozilla/5.0 SEB/3.7.0"])
def test_a_browser_that_proves_nothing_is_not_logged_in(require, browser, client, name):
    require()
    token = token_of(launch_link(browser))
    start = require().public_id

    page = client.get(f"/seb-openedx/start/{start}/?st={token}", follow=True, HTTP_USER_AGENT=name)

    assert b"seb-verify" in page.content
    assert "_auth_user_id" not in client.session


def test_a_link_works_once(require, browser, fresh, learner):
    require()
    link = launch_link(browser)
    fresh.follow(link)
    second = SafeExamBrowser()

    second.follow(link)

    assert "/accounts/login/" in second.address
    assert who_is_logged_in(second) is None


def test_a_link_that_was_used_by_the_one_who_is_logged_in_cannot_log_in_another_browser(require, browser, seb):
    require()
    link = launch_link(browser)
    assert seb.follow(link).content == b"jump_to"
    second = SafeExamBrowser()

    second.follow(link)

    assert who_is_logged_in(second) is None


def test_a_link_works_for_ten_minutes(require, browser, learner):
    with freeze_time(NOON) as clock:
        row = require()
        token = token_of(launch_link(browser))
        late = SafeExamBrowser()
        clock.tick(timedelta(seconds=600))
        late.get(f"{ORIGIN}/seb-openedx/start/{row.public_id}/?st={token}")

    assert "/accounts/login/" in late.address


def test_a_link_that_ends_during_the_check_logs_nobody_in(require, browser, fresh_mac):
    with freeze_time(NOON) as clock:
        require()
        link = launch_link(browser)
        clock.tick(timedelta(seconds=599))
        check = fresh_mac.follow(link)
        clock.tick(timedelta(seconds=2))
        reply = answer(fresh_mac, check)

    assert (reply.status_code, reply.json()["code"]) == (403, "challenge_replayed")
    assert who_is_logged_in(fresh_mac) is None
    assert not SebSession.objects.exists()


def test_a_token_belongs_to_its_exam(require, browser):
    require()
    other = require(content_id=block("sequence", 2))
    token = token_of(launch_link(browser))
    seb = SafeExamBrowser()

    seb.get(f"{ORIGIN}/seb-openedx/start/{other.public_id}/?st={token}")

    assert "/accounts/login/" in seb.address


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 5000, "' OR 1=1"])
def test_what_is_no_token_leads_to_the_login(require, token):
    row = require()
    seb = SafeExamBrowser()

    seb.client.get(f"/seb-openedx/start/{row.public_id}/", {"st": token.encode("utf-8", "replace").decode()})

    assert who_is_logged_in(seb) is None


def test_somebody_else_who_is_logged_in_can_log_out_and_go_on(require, browser, learner):
    require()
    link = launch_link(browser)
    seb = SafeExamBrowser()
    seb.client.force_login(User.objects.create(username="eve"))

    page = seb.follow(link)

    assert page.status_code == 403
    assert "eve" in page.content.decode()
    assert learner.username not in page.content.decode()
    assert not SebStartToken.objects.filter(used__isnull=False).exists(), "the token is not consumed"

    form = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page.content.decode()))
    action = re.search(r'action="([^"]+)"', page.content.decode())[1]
    reply = seb.client.post(action, form)
    assert parse_qs(urlsplit(reply["Location"]).query)["st"] == [token_of(link)]
    assert seb.get(reply["Location"]).content == b"jump_to"
    assert who_is_logged_in(seb) == learner.pk


def test_logging_out_needs_the_token_against_forged_requests(require, seb, learner):
    row = require()

    assert seb.client.post(f"/seb-openedx/start/{row.public_id}/log-out/").status_code == 403
    assert who_is_logged_in(seb) == learner.pk


def test_an_account_that_was_closed_is_not_logged_in(require, browser, fresh, learner):
    row = require()
    token = token_of(launch_link(browser))
    fresh.file = decode(row.config_xml.encode())
    learner.is_active = False
    learner.save()

    assert fresh.get(f"{ORIGIN}/seb-openedx/start/{row.public_id}/?st={token}").status_code == 403
    assert who_is_logged_in(fresh) is None
    assert not SebSession.objects.exists()


def test_switched_off_links_have_no_token_and_those_of_before_log_nobody_in(require, browser, fresh, host):
    row = require()
    token = token_of(launch_link(browser))
    host.settings.SEB_LAUNCH_LOGIN = False

    assert "?" not in launch_link(browser)
    fresh.get(f"{ORIGIN}/seb-openedx/start/{row.public_id}/?st={token}")
    assert "/accounts/login/" in fresh.address


def test_switching_it_off_stops_a_check_that_has_begun(require, browser, fresh_mac, host):
    require()
    check = fresh_mac.follow(launch_link(browser))
    host.settings.SEB_LAUNCH_LOGIN = False

    assert answer(fresh_mac, check).status_code == 403
    assert who_is_logged_in(fresh_mac) is None


def test_the_host_gets_to_set_its_cookies_of_a_login(require, browser, fresh, learner, monkeypatch):
    from seb_openedx.edxapp_wrapper import login_cookies

    calls = []
    monkeypatch.setattr(
        login_cookies,
        "import_module",
        lambda name: type("cookies", (), {"set_logged_in_cookies": lambda *args: calls.append((name, args[2]))}),
    )
    require()

    fresh.follow(launch_link(browser))

    assert calls == [("openedx.core.djangoapps.user_authn.cookies", learner)]


def test_a_host_whose_cookies_fail_keeps_the_login(require, browser, fresh, learner, monkeypatch):
    from seb_openedx.edxapp_wrapper import login_cookies

    monkeypatch.setattr(login_cookies, "import_module", lambda name: type("cookies", (), {"set_logged_in_cookies": 1}))
    require()

    assert fresh.follow(launch_link(browser)).content == b"jump_to"
    assert who_is_logged_in(fresh) == learner.pk


def test_without_its_table_the_link_is_one_without_login(require, browser, monkeypatch):
    from django.db import DatabaseError

    def fail(**values):
        raise DatabaseError("no such table")

    monkeypatch.setattr(start_tokens.SebStartToken.objects, "create", fail)
    require()

    assert "?" not in launch_link(browser)


def test_tokens_that_are_over_are_cleaned_up(require, browser):
    with freeze_time(NOON) as clock:
        require()
        for age, kept in ((0, 1), (599, 2), (1, 2), (600, 1)):
            clock.tick(timedelta(seconds=age))
            launch_link(browser)
            assert SebStartToken.objects.count() == kept
