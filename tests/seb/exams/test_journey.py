"""A learner takes an exam in Safe Exam Browser, from the link in the course to the end."""

import json

import pytest
from django.test import Client

from edx_proctoring.models import ProctoredExamStudentAttempt
from seb_openedx.exam_models import SebSession
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE
from tests.seb.exams.conftest import ANSWER, ATTEMPTS, EXAM, JUMP, OTHER_PAGE, PAGE, answer, launch_link
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = pytest.mark.django_db


def timed_exam():
    return make_exam("timed", course_id=COURSE, content_id=EXAM, time_limit_mins=60)


@pytest.mark.contract("seb-exams#access", "seb-exams#gate", "seb-exams#launch", "seb-exams#urls")
def test_a_learner_takes_the_exam_from_the_link_to_the_end(require, browser, seb, learner):
    exam, row = timed_exam(), require()

    link = launch_link(browser)
    page = seb.follow(link)
    assert page.content == b"jump_to"
    assert seb.address.endswith(JUMP)
    assert seb.get(PAGE).content == b"render_xblock"

    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    attempt_id = seb.send("POST", ATTEMPTS, body).json()["exam_attempt_id"]
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    assert attempt.status == "started"
    assert seb.send("POST", ANSWER).content == b"handle_xblock_callback"
    stopped = seb.send("PUT", f"{ATTEMPTS}/{attempt_id}", json.dumps({"action": "submit"}))
    assert stopped.status_code == 200
    attempt.refresh_from_db()
    assert attempt.status == "submitted"
    assert SebSession.objects.get().end_reason == "submitted"

    quit_url = f"http://testserver/seb-openedx/quit/{row.quit_nonce}/"
    assert seb.settings["quitURL"] == quit_url
    assert seb.get(quit_url).status_code == 200
    assert seb.has_ended


@pytest.mark.contract("seb-exams#script", "seb-exams#session")
def test_a_browser_without_headers_takes_the_exam_by_its_script_interface(require, browser, mac):
    exam = timed_exam()
    require()

    check = mac.follow(launch_link(browser))
    reply = answer(mac, check)
    assert reply.json()["verified"] is True, reply.content
    assert mac.get(reply.json()["next"]).content == b"jump_to"
    assert mac.get(PAGE, HTTP_SEC_FETCH_DEST="iframe").content == b"render_xblock"
    assert mac.send("POST", ANSWER).content == b"handle_xblock_callback"
    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    started = mac.send("POST", ATTEMPTS, body)
    assert started.status_code == 200, started.content


@pytest.mark.contract("seb-exams#access", "seb-exams#gate")
def test_another_browser_gets_to_nothing_of_the_exam(require, browser):
    exam = timed_exam()
    require()

    refused = browser.get(PAGE, HTTP_ACCEPT="text/html")
    assert b"render_xblock" not in refused.content
    assert b"sebs" in refused.content or b"seb://" in refused.content
    assert browser.get(JUMP, HTTP_ACCEPT="text/html").status_code == 403
    assert browser.post(ANSWER).json()["code"] == "seb_required"
    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    started = browser.post(ATTEMPTS, body, content_type="application/json")
    assert started.status_code == 403
    assert started.json()["code"] == "seb_required"
    assert started.json()["launch_url"].startswith("seb://testserver/seb-openedx/config/")
    assert browser.get(OTHER_PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-exams#gate")
@pytest.mark.parametrize("action", ["stop", "submit", "error", "decline"])
def test_an_attempt_can_be_ended_from_any_browser(require, browser, seb, action):
    exam = timed_exam()
    require()
    seb.follow(launch_link(browser))
    body = json.dumps({"exam_id": exam.id, "start_clock": action != "decline"})
    attempt_id = seb.send("POST", ATTEMPTS, body).json()["exam_attempt_id"]

    ended = browser.put(f"{ATTEMPTS}/{attempt_id}", json.dumps({"action": action}), content_type="application/json")

    assert ended.status_code == 200, ended.content


@pytest.mark.contract("seb-exams#launch")
def test_a_learner_who_is_not_logged_in_there_logs_in_first(require, browser, learner):
    require()
    seb = SafeExamBrowser()
    link = launch_link(browser)

    seb.follow(link)
    assert "/accounts/login/" in seb.address
    seb.client.force_login(learner)

    assert seb.follow(link).content == b"jump_to"


@pytest.mark.contract("seb-exams#requirement")
def test_without_a_row_nothing_is_demanded(browser):
    exam = timed_exam()

    assert browser.get(PAGE).content == b"render_xblock"
    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    assert browser.post(ATTEMPTS, body, content_type="application/json").status_code == 200


@pytest.mark.contract("seb-exams#requirement")
def test_switched_off_nothing_is_demanded(require, browser):
    require()
    require("off")

    assert browser.get(PAGE).content == b"render_xblock"


def test_a_visitor_gets_to_nothing_of_the_exam(require):
    require()

    assert b"render_xblock" not in Client().get(PAGE).content
