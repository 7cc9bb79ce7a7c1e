"""Learners who leave the browser during an exam."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.runtime import get_runtime_service
from seb_openedx.exam_models import SebExamConfiguration, SebSession
from seb_openedx.exams import learner_release, setup
from seb_openedx.exams.start_gate import register
from seb_openedx.user_banning import ban_user
from tests.factories import make_attempt, make_exam
from tests.seb.app.conftest import COURSE, COURSE_KEY, ORIGIN
from tests.seb.exams.conftest import ATTEMPTS, EXAM, PAGE, answer, launch_link
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#release")]

FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}


@pytest.fixture
def working(require, browser, mac, learner):
    """A learner works on an exam that wants a release, in Safe Exam Browser."""
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    require(on_leave="release")
    answer(mac, mac.follow(launch_link(browser)))
    attempt = make_attempt(exam, learner, "started", started_at=timezone.now(), allowed_time_limit_mins=60)
    return mac, attempt


def again(browser, learner, *, headers=False):
    """Start the browser again, as after it was ended; return it and the answer to its check."""
    seb = SafeExamBrowser(sends_headers=headers)
    seb.client.force_login(learner)
    page = seb.follow(launch_link(browser))
    return seb, page if headers else answer(seb, page).json()


def end(event, mac, learner, host, capture):
    service = get_runtime_service("safe_exam_browser")
    ids = {"user_id": learner.pk, "course_id": COURSE, "content_id": EXAM}
    with capture(execute=True):
        if event == "quit":
            mac.get(mac.settings["quitURL"])
        elif event == "logged_out":
            mac.client.logout()
        elif event == "banned":
            host.settings.SEB_USER_BANNING_ENABLED = True
            ban_user(learner.username, COURSE_KEY, "gina")
            host.settings.SEB_USER_BANNING_ENABLED = False
        elif event == "mismatch":
            for _ in range(3):
                mac.get(PAGE, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH="0" * 64, **FRAME)
        elif event in ("staff", "submitted"):
            service.end_session(reason=event, **ids)
        elif event == "expired":
            SebSession.objects.update(expires=timezone.now() - timedelta(seconds=1))
            mac.get(PAGE, **FRAME)
        elif event == "configuration_changed":
            change = setup.Change(settings={"max_displays": 2})
            setup.save(SebExamConfiguration.objects.get(), change, origin=ORIGIN, by="gina", force=True)
    if event != "killed":
        assert SebSession.objects.get().end_reason == event


LEAVES = ["quit", "logged_out", "banned", "mismatch", "killed"]


@pytest.mark.parametrize("event", [*LEAVES, "staff", "expired", "submitted", "configuration_changed"])
def test_who_has_left_waits_and_who_was_put_out_does_not(
    working, browser, learner, host, event, django_capture_on_commit_callbacks
):
    register()
    mac, _attempt = working
    end(event, mac, learner, host, django_capture_on_commit_callbacks)

    seb, reply = again(browser, learner)

    if event in LEAVES:
        assert (reply["verified"], reply["code"]) == (False, "release_needed")
        assert seb.get(PAGE, **FRAME).content != b"render_xblock"
    else:
        assert reply["verified"] is True
        assert seb.get(PAGE, **FRAME).content == b"render_xblock"


@pytest.mark.parametrize("event", LEAVES)
def test_without_the_demand_nobody_waits(
    working, browser, learner, require, host, event, django_capture_on_commit_callbacks
):
    require(on_leave="allow")
    end(event, working[0], learner, host, django_capture_on_commit_callbacks)

    assert again(browser, learner)[1]["verified"] is True


@pytest.mark.parametrize("status", [None, "created", "submitted", "error"])
def test_outside_of_a_running_exam_nobody_waits(working, browser, learner, status):
    mac, attempt = working
    mac.get(mac.settings["quitURL"])
    if status is None:
        attempt.delete()
    else:
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=status)

    assert again(browser, learner)[1]["verified"] is True


@pytest.mark.parametrize("headers", [False, True], ids=["by-script", "by-headers"])
def test_what_happened_before_the_start_does_not_count(working, browser, learner, headers):
    mac, attempt = working
    mac.get(mac.settings["quitURL"])
    later = timezone.now() + timedelta(minutes=1)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(started_at=later)

    seb, _reply = again(browser, learner, headers=headers)

    assert seb.get(PAGE, **FRAME).content == b"render_xblock"


def test_about_to_submit_is_still_inside(working, browser, learner):
    mac, attempt = working
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status="ready_to_submit")
    mac.get(mac.settings["quitURL"])

    assert again(browser, learner)[1]["code"] == "release_needed"


def test_hashes_in_headers_do_not_help(working, browser, learner):
    mac, _attempt = working
    mac.get(mac.settings["quitURL"])

    seb, page = again(browser, learner, headers=True)

    assert page.status_code == 403
    assert "let you in again" in page.content.decode()
    assert seb.get(PAGE).content != b"render_xblock"
    assert "let you in again" in seb.get(PAGE).content.decode()


def test_a_new_check_in_the_same_browser_is_no_leave(working):
    mac, _attempt = working
    SebSession.objects.update(last_proof=timezone.now() - timedelta(minutes=10))

    check = mac.get(f"/courses/{COURSE}/jump_to/{EXAM}")

    assert "/verify/" in mac.address
    assert answer(mac, check).json()["verified"] is True


def test_a_launch_link_that_logs_in_does_not_help_and_stays_good(working, browser, learner, host):
    host.settings.SEB_LAUNCH_LOGIN = True
    mac, _attempt = working
    mac.get(mac.settings["quitURL"])
    seb = SafeExamBrowser(sends_headers=False)
    check = seb.follow(launch_link(browser))

    assert answer(seb, check).json()["code"] == "release_needed"
    assert "_auth_user_id" not in seb.client.session


def test_staff_let_the_learner_in_again(working, browser, learner):
    mac, _attempt = working
    mac.get(mac.settings["quitURL"])
    assert again(browser, learner)[1]["code"] == "release_needed"

    released = learner_release.release_learner(COURSE, EXAM, learner.pk, by="gina", reason="the computer broke down")

    assert released == 1
    session = SebSession.objects.get(released__isnull=False)
    assert (session.released_by_username, session.release_reason) == ("gina", "the computer broke down")
    seb, reply = again(browser, learner)
    assert reply["verified"] is True
    assert seb.get(PAGE, **FRAME).content == b"render_xblock"
    assert learner_release.release_learner(COURSE, EXAM, learner.pk, by="gina") == 0


@pytest.mark.contract("seb-exams#admin")
def test_staff_do_so_in_the_admin(working, browser, learner, staff, staff_browser):
    mac, _attempt = working
    mac.get(mac.settings["quitURL"])
    staff.is_superuser = True
    staff.save()
    chosen = [str(session.pk) for session in SebSession.objects.all()]

    staff_browser.post("/admin/seb_openedx/sebsession/", {"action": "release", "_selected_action": chosen})

    assert SebSession.objects.get().released_by_username == staff.username
    assert again(browser, learner)[1]["verified"] is True


@pytest.mark.contract("seb-exams#gate")
def test_an_attempt_that_is_about_to_be_submitted_is_not_continued(working, browser, learner):
    mac, attempt = working
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status="ready_to_submit")
    mac.get(mac.settings["quitURL"])

    refused = browser.put(f"{ATTEMPTS}/{attempt.pk}", json.dumps({"action": "start"}), content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (403, "release_needed")


def test_who_leaves_once_more_waits_once_more(working, browser, learner):
    mac, _attempt = working
    mac.get(mac.settings["quitURL"])
    learner_release.release_learner(COURSE, EXAM, learner.pk, by="gina")
    seb, _reply = again(browser, learner)
    seb.get(seb.settings["quitURL"])

    assert again(browser, learner)[1]["code"] == "release_needed"


@pytest.mark.parametrize(("course_id", "content_id"), [("nonsense", EXAM), (COURSE, "nonsense"), (None, "")])
def test_nobody_is_released_from_what_is_no_exam(working, learner, course_id, content_id):
    working[0].get(working[0].settings["quitURL"])

    assert learner_release.release_learner(course_id, content_id, learner.pk, by="gina") == 0


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_the_exam_can_be_submitted_meanwhile(working, browser, action):
    mac, attempt = working
    mac.get(mac.settings["quitURL"])

    ended = browser.put(f"{ATTEMPTS}/{attempt.pk}", json.dumps({"action": action}), content_type="application/json")

    assert ended.status_code == 200


def test_another_learner_is_not_concerned(working, browser, learner, django_user_model):
    working[0].get(working[0].settings["quitURL"])
    other = django_user_model.objects.create(username="bob")
    client = Client()
    client.force_login(other)

    assert again(client, other)[1]["verified"] is True


@pytest.mark.parametrize(("on_leave", "more"), [("allow", 0), ("release", 2)])
def test_the_demand_costs_two_queries_where_it_is_made(require, browser, seb, on_leave, more):
    row = require(on_leave=on_leave)
    seb.follow(launch_link(browser))
    assert seb.get(PAGE).content == b"render_xblock"  # fills the cache

    with CaptureQueriesContext(connection) as queries:
        assert seb.get(PAGE).content == b"render_xblock"

    tables = [query["sql"] for query in queries if "attempt" in query["sql"] or "sebsession" in query["sql"]]
    assert len(tables) <= more, row


@pytest.mark.contract("seb-exams#admin")
def test_staff_choose_it_in_the_admin(require, staff, staff_browser):
    row = require()
    staff.is_superuser = True
    staff.save()
    page = staff_browser.get(f"/admin/seb_openedx/sebexamconfiguration/{row.pk}/change/").content.decode()

    assert 'name="on_leave"' in page
