"""Proofs by pages of front ends on other hosts."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from seb_openedx.exam_models import SebChallenge, SebSession
from seb_openedx.exams import front_ends
from seb_openedx.protocol import decode, header_hash
from tests.factories import make_attempt, make_exam
from tests.seb.app.conftest import COURSE, KEY, OTHER
from tests.seb.exams.conftest import ANSWER, EXAM, JUMP, PAGE, answer

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#front-ends")]

VERIFY = "/seb-openedx/api/v2/verify"
MFE = "https://apps.example.com"
LOADED = f"{MFE}/learning/course/{COURSE}/{EXAM}"
FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}


@pytest.fixture
def inside(require, mac, host):
    """Safe Exam Browser with the exam's file, on a page of the learning micro-frontend."""
    host.settings.CSRF_TRUSTED_ORIGINS = [MFE]
    row = require()
    mac.file = decode(row.config_xml.encode())
    return mac


def post(browser, *, origin=MFE, **changes):
    """Send what mfe-proof.js sends."""
    token = browser.client.get(VERIFY, HTTP_ORIGIN=origin)
    page_url = changes.get("page_url", LOADED)
    body = {
        "course_id": COURSE,
        "content_id": EXAM,
        "config_key_hash": header_hash(page_url, browser.config_key),
        "page_url": page_url,
        "version": "SEB_macOS_14.0_3.5_1_org.safeexambrowser",
        **changes,
    }
    return browser.client.post(
        VERIFY,
        json.dumps(body),
        content_type="application/json",
        HTTP_ORIGIN=origin,
        HTTP_X_CSRFTOKEN=token.json()["csrfToken"],
    )


def test_a_page_of_the_front_end_proves_the_browser(inside):
    reply = post(inside)

    session = SebSession.objects.get()
    assert reply.json() == {"verified": True, "next": None, "expires": session.expires.isoformat()}
    assert (session.proof, session.is_replayable, session.content_id) == ("js_ck", True, EXAM)
    assert reply["Access-Control-Allow-Origin"] == MFE
    assert reply["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in reply["Vary"]
    assert inside.get(PAGE, **FRAME).content == b"render_xblock"
    assert inside.client.post(ANSWER, HTTP_X_CSRFTOKEN=inside.client.cookies["csrftoken"].value).status_code == 200


def test_the_fragment_of_the_address_does_not_count(inside):
    assert post(inside, page_url=LOADED + "#top", config_key_hash=header_hash(LOADED, inside.config_key)).json()[
        "verified"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"page_url": f"https://evil.example.com/learning/course/{COURSE}/home"}, id="page-of-another-origin"
        ),
        pytest.param({"page_url": f"{MFE}/learning/course/{OTHER}/home"}, id="page-of-another-course"),
        pytest.param({"page_url": f"{MFE}/learning/home?course={COURSE}"}, id="page-of-no-course"),
        pytest.param({"page_url": f"{MFE}:8443/learning/course/{COURSE}/home"}, id="other-port"),
        pytest.param({"page_url": f"{MFE}@evil.example.com/{COURSE}/home"}, id="origin-as-user-name"),
        pytest.param({"page_url": "https://[/"}, id="no-address"),
    ],
)
def test_only_pages_of_the_front_end_and_the_course_count(inside, changes):
    reply = post(inside, **changes)

    assert (reply.status_code, reply.json()["code"]) == (400, "url_mismatch")
    assert not SebSession.objects.exists()


def test_another_origin_may_not_ask(inside, host):
    host.settings.CSRF_TRUSTED_ORIGINS = ["https://evil.example.com"]
    url = f"https://evil.example.com/{COURSE}/"

    reply = post(inside, origin="https://evil.example.com", page_url=url)

    assert reply.json()["code"] == "url_mismatch"
    assert not reply.has_header("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"config_key_hash": "0" * 64}, 403, "config_key_mismatch"),
        ({"config_key_hash": ""}, 403, "no_header"),
        ({"content_id": "block-v1:edX+DemoX+Demo_Course+type@sequential+block@sequence2"}, 404, "not_required"),
        ({"content_id": ""}, 404, "not_required"),
        ({"course_id": "", "nonce": ""}, 400, "bad_request"),
        ({"course_id": 7}, 400, "bad_request"),
    ],
)
def test_what_proves_nothing_is_refused_with_a_reason(inside, changes, status, code):
    reply = post(inside, **changes)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert not SebSession.objects.exists()


def test_a_course_is_proved_without_exam(inside, protect):
    protect(CONFIG_KEYS=[inside.config_key])

    assert post(inside, content_id="").json()["verified"] is True
    assert SebSession.objects.get().content_id == ""


def test_a_visitor_proves_nothing(inside):
    inside.client.logout()

    assert post(inside).status_code == 401


def test_a_request_without_the_token_against_forged_ones_is_refused(inside):
    reply = inside.client.post(VERIFY, json.dumps({}), content_type="application/json", HTTP_ORIGIN=MFE)

    assert reply.status_code == 403


@pytest.mark.contract("seb-exams#release")
def test_a_learner_who_waits_for_staff_is_refused_here_too(inside, require, learner):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    require(on_leave="release")
    post(inside)
    make_attempt(exam, learner, "started", started_at=timezone.now())
    inside.get("http://testserver" + inside.settings["quitURL"].partition("testserver")[2])

    reply = post(inside)

    assert (reply.status_code, reply.json()["code"]) == (403, "release_needed")
    assert not SebSession.objects.open().exists()


def test_more_than_thirty_proofs_a_minute_are_too_many(inside):
    statuses = [post(inside, config_key_hash="").status_code for _ in range(31)]

    assert statuses == [403] * 30 + [429]


def test_a_page_of_this_host_is_checked_in_spite_of_the_weaker_proof(inside):
    post(inside)

    check = inside.get("http://testserver" + JUMP)
    assert "/verify/" in inside.address
    assert answer(inside, check).json()["verified"] is True

    assert SebSession.objects.get(ended=None).is_replayable is False
    assert inside.get(JUMP).content == b"jump_to"


def test_the_weaker_proof_renews_no_stronger_session(inside):
    inside.get("http://testserver" + JUMP)
    answer(inside, inside.get("http://testserver" + JUMP))
    stronger = SebSession.objects.get()

    assert post(inside).json()["verified"] is True
    assert SebSession.objects.get().last_proof == stronger.last_proof

    SebSession.objects.update(last_proof=timezone.now() - timedelta(minutes=10))
    assert post(inside).json()["verified"] is True
    assert sorted(SebSession.objects.values_list("is_replayable", flat=True)) == [False, True]
    assert SebChallenge.objects.filter(used=None).count() == 1


@pytest.mark.parametrize(("origin", "allowed"), [(MFE, True), ("https://evil.example.com", False), ("null", False)])
def test_a_browser_is_told_which_origins_may_ask(inside, origin, allowed):
    reply = inside.client.options(VERIFY, HTTP_ORIGIN=origin)

    assert reply.status_code == 204
    assert reply.has_header("Access-Control-Allow-Methods") is allowed
    assert reply.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Apps.Example.com/x", MFE),
        ("https://apps.example.com:443", MFE),
        ("http://localhost:2000/learning", "http://localhost:2000"),
        ("http://[::1]:2000/", "http://[::1]:2000"),
        ("ftp://apps.example.com", ""),
        ("https://apps.example.com:port", ""),
        ("//apps.example.com", ""),
        ("", ""),
    ],
)
def test_the_origin_of_an_address(url, origin):
    assert front_ends.origin_of(url) == origin


def test_the_key_of_another_exam_does_not_count(inside, require):
    require(settings={"max_displays": 3}, force=True)

    assert post(inside, config_key_hash=header_hash(LOADED, KEY)).json()["code"] == "config_key_mismatch"


@pytest.mark.parametrize("field", ["content_id", "version"])
@pytest.mark.parametrize("text", ["\0", "\ud800"], ids=["null", "half-of-a-pair"])
def test_text_that_no_table_can_hold_is_a_bad_request(inside, field, text):
    reply = post(inside, **{field: text})

    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")


def test_json_that_is_nested_too_deep_is_a_bad_request(inside):
    token = inside.client.get(VERIFY, HTTP_ORIGIN=MFE).json()["csrfToken"]
    reply = inside.client.post(
        VERIFY, "[" * 4000, content_type="application/json", HTTP_ORIGIN=MFE, HTTP_X_CSRFTOKEN=token
    )

    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")


def test_a_form_is_a_bad_request(inside):
    token = inside.client.get(VERIFY, HTTP_ORIGIN=MFE).json()["csrfToken"]
    reply = inside.client.post(VERIFY, {"course_id": COURSE}, HTTP_ORIGIN=MFE, HTTP_X_CSRFTOKEN=token)

    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")
