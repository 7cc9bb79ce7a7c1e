"""Which requests belong to an exam, who is exempt, what a course's own rules change, and what outages do."""

import json
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from edx_proctoring.runtime import get_runtime_service
from edx_proctoring.tests.test_services import MockInstructorService
from seb_openedx.exam_models import SebChallenge, SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.exams import requirements
from seb_openedx.exams.start_gate import register
from seb_openedx.protocol import header_hash
from seb_openedx.user_banning import ban_user, is_user_banned
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, ORIGIN, OTHER_KEY, block
from tests.seb.exams.conftest import ANSWER, ATTEMPTS, EXAM, JUMP, OTHER_PAGE, PAGE, answer, launch_link

pytestmark = pytest.mark.django_db

SECTION = f"/courses/{COURSE}/courseware/chapter1/sequence1/"
OF_THE_EXAM = [
    PAGE,
    f"/xblock/{block('problem', 1)}",
    f"/xblock/{EXAM}",
    ANSWER,
    JUMP,
    SECTION,
    f"/api/courseware/sequence/{EXAM}",
    f"/api/courses/v1/blocks/{block('vertical', 1)}",
    f"/api/by_key/{block('vertical', 1)}",
    f"/xblock/{PAGE.rpartition('/')[2].replace('+type@', '+branch@published-branch+type@')}",
]
NOT_OF_THE_EXAM = [
    OTHER_PAGE,
    f"/xblock/{block('chapter', 1)}",
    f"/courses/{COURSE}/courseware/chapter2/sequence2/",
    f"/courses/{COURSE}/progress",
    f"/courses/{COURSE}/about",
    f"/courses/{COURSE}/jump_to/{block('sequence', 2)}",
    f"/api/courseware/course/{COURSE}",
    f"/api/courseware/sequence/{block('sequence', 2)}",
    "/dashboard",
    ANSWER.replace("/handler/", "/handler_noauth/"),
]
UNKNOWN = "/xblock/block-v1:edX+DemoX+Demo_Course+type@problem+block@gone"


def is_refused(response) -> bool:
    text = response.content.decode()
    return response.status_code == 403 or "seb-link-to-unit" in text


@pytest.mark.contract("seb-exams#sequence")
@pytest.mark.parametrize("path", OF_THE_EXAM)
def test_what_belongs_to_the_exam_is_refused(require, browser, path):
    require()

    assert is_refused(browser.get(path))


@pytest.mark.contract("seb-exams#sequence")
@pytest.mark.parametrize("path", NOT_OF_THE_EXAM)
def test_what_does_not_belong_to_it_stays_open(require, browser, path):
    require()

    assert browser.get(path).status_code == 200


@pytest.mark.contract("seb-exams#gate")
def test_where_the_addresses_of_this_app_are_missing_the_start_is_refused_without_a_link(require, browser, settings):
    require()
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    settings.ROOT_URLCONF = "test_urls"

    refused = browser.post(ATTEMPTS.removeprefix("/api"), body, content_type="application/json")

    assert refused.status_code == 403
    assert refused.json()["code"] == "seb_required"
    assert refused.json()["launch_url"] is None


@pytest.mark.contract("seb-exams#gate")
@pytest.mark.parametrize("course_id", ["nonsense", "", "course-v1:a", "a/b"])
def test_an_exam_with_an_id_of_no_course_starts(require, browser, course_id):
    require()
    exam = make_exam("timed", course_id=course_id, content_id=EXAM)
    body = json.dumps({"exam_id": exam.id, "start_clock": True})

    assert browser.post(ATTEMPTS, body, content_type="application/json").status_code == 200


@pytest.mark.contract("seb-exams#sequence")
def test_a_block_whose_place_is_not_found_waits_for_the_browser(require, browser):
    assert browser.get(UNKNOWN).content == b"render_xblock", "without exams nobody looks"
    row = require()
    right = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + UNKNOWN, row.config_key)}

    assert is_refused(browser.get(UNKNOWN))
    assert browser.get(UNKNOWN, **right).content == b"render_xblock"


@pytest.mark.contract("seb-exams#pages")
def test_the_page_of_a_refusal_says_how_to_go_on_and_is_not_cached(require, browser):
    require(min_versions={"win": "3.7"})

    page = browser.get(JUMP, HTTP_ACCEPT="text/html")

    text = page.content.decode()
    assert 'id="seb-launch-link" href="seb://' in text
    assert 'id="seb-config-link"' in text
    assert "Windows 3.7" in text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.contract("seb-exams#tables")
def test_the_tables_refer_to_no_table_of_another_app():
    for model in (SebExamConfiguration, SebConfigTemplate, SebSession, SebChallenge):
        assert model._meta.db_table == f"seb_openedx_{model.__name__.lower()}"
        related = [field.related_model._meta.app_label for field in model._meta.get_fields() if field.is_relation]
        assert set(related) <= {"seb_openedx"}


@pytest.mark.contract("seb-exams#access")
def test_the_whitelist_of_a_course_opens_no_exam(require, browser, host):
    host.settings.SAFE_EXAM_BROWSER = {COURSE: {"WHITELIST_PATHS": ["courseware"], "CONFIG_KEYS": [KEY]}}
    require()

    assert browser.get(OTHER_PAGE).content == b"render_xblock"
    assert is_refused(browser.get(PAGE))


@pytest.mark.contract("seb-exams#access")
def test_an_exam_is_protected_in_a_course_that_is_not_activated(require, browser, host):
    host.settings.SEB_INDIVIDUAL_COURSE_ACTIVATION = True
    require()

    assert is_refused(browser.get(PAGE))
    assert browser.get(OTHER_PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-exams#access")
def test_in_a_protected_course_the_keys_of_the_exam_open_the_exam_only(require, browser, host):
    host.settings.SAFE_EXAM_BROWSER = {COURSE: {"CONFIG_KEYS": [OTHER_KEY]}}
    row = require()

    def opens(path, key):
        sent = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + path, key)}
        return browser.get(path, **sent).content == b"render_xblock"

    assert opens(PAGE, row.config_key)
    assert not opens(PAGE, OTHER_KEY)
    assert opens(OTHER_PAGE, OTHER_KEY)
    assert not opens(OTHER_PAGE, row.config_key)


@pytest.mark.contract("seb-exams#access")
def test_in_a_course_that_denies_everybody_a_proof_does_not_help(require, browser, host):
    host.settings.SEB_PERMISSION_COMPONENTS = ["AlwaysDenyAccess"]
    row = require()
    sent = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, row.config_key)}

    assert is_refused(browser.get(PAGE, **sent))


@pytest.mark.contract("seb-exams#access")
def test_a_banned_learner_stays_out_with_the_right_browser(require, browser, host, learner):
    host.settings.SEB_USER_BANNING_ENABLED = True
    row = require()
    ban_user(learner.username, COURSE_KEY, "gina")
    sent = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, row.config_key)}

    assert browser.get(PAGE, **sent).content != b"render_xblock"


@pytest.mark.contract("seb-exams#access")
def test_looking_at_the_exam_in_another_browser_bans_nobody(require, browser, host, learner):
    host.settings.SEB_USER_BANNING_ENABLED = True
    require()
    browser.get(PAGE)

    assert not is_user_banned(learner.username, COURSE_KEY)


@pytest.mark.contract("seb-exams#exempt")
def test_staff_and_named_learners_may_use_any_browser(require, browser, staff_browser, register_service):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    require(exempt_usernames=["ann"])
    eve = Client()
    eve.force_login(User.objects.create(username="eve"))

    assert browser.get(PAGE).content == b"render_xblock"
    body = json.dumps({"exam_id": exam.id, "start_clock": True})
    assert browser.post(ATTEMPTS, body, content_type="application/json").status_code == 200
    assert staff_browser.get(PAGE).content == b"render_xblock"
    assert is_refused(eve.get(PAGE))
    register_service("instructor", MockInstructorService(is_user_course_staff=True))
    assert eve.get(PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-exams#exempt")
def test_staff_who_look_at_the_course_as_a_learner_need_the_browser(require, staff_browser):
    require(exempt_usernames=["gina"])
    session = staff_browser.session
    session["masquerade_settings"] = {COURSE_KEY: SimpleNamespace(role="student", user_name="ann")}
    with patch("django.contrib.sessions.backends.db.SessionStore.load", return_value=dict(session.items())):
        assert is_refused(staff_browser.get(PAGE))


# --- Outages ----------------------------------------------------------------------------------------------------------


class _Broken:
    """A table or cache that fails."""

    def __getattr__(self, name):
        def fail(*args, **kwargs):
            raise DatabaseError("the server is away")

        return fail


@pytest.mark.contract("seb-exams#outage")
def test_while_the_table_fails_a_known_exam_stays_protected(require, browser, monkeypatch):
    require()
    browser.get(PAGE)
    requirements.forget(COURSE_KEY)
    monkeypatch.setattr(SebExamConfiguration, "objects", _Broken())

    assert is_refused(browser.get(PAGE))
    assert browser.get(OTHER_PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-exams#outage")
def test_while_the_table_fails_a_course_without_exams_stays_open(browser, monkeypatch):
    monkeypatch.setattr(SebExamConfiguration, "objects", _Broken())

    assert browser.get(PAGE).content == b"render_xblock"


@pytest.mark.contract("seb-exams#outage")
def test_while_the_cache_fails_the_rows_count(require, browser, monkeypatch):
    row = require()
    for name in ("get", "set", "add", "incr", "set_many", "get_many", "delete_many"):
        monkeypatch.setattr(cache, name, _Broken().anything, raising=False)
    sent = {"HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, row.config_key)}

    assert is_refused(browser.get(PAGE))
    assert browser.get(PAGE, **sent).content == b"render_xblock"


@pytest.mark.contract("seb-exams#outage")
def test_while_sessions_cannot_be_read_they_do_not_count(require, browser, mac, monkeypatch):
    require()
    answer(mac, mac.follow(launch_link(browser)))
    frame = {"HTTP_SEC_FETCH_DEST": "iframe"}
    assert mac.get(PAGE, **frame).content == b"render_xblock"
    monkeypatch.setattr(SebSession, "objects", _Broken())

    assert is_refused(mac.get(PAGE, **frame))


@pytest.mark.contract("seb-exams#outage")
@pytest.mark.parametrize(
    "damage",
    [
        {"config_key": ""},
        {"config_key": "short"},
        {"mode": "unheard_of"},
        {"mode": ""},
        {"browser_keys": "text"},
        {"browser_keys": [1]},
        {"browser_keys": [{"key": "x"}]},
        {"browser_keys": [{"key": KEY, "active": False}]},
        {"mode": "client", "client_config_keys": ["x"]},
        {"mode": "client", "client_config_keys": {}},
        {"previous_config_keys": [{"key": KEY, "valid_until": "2026-99-99T00:00:00Z"}, 3], "config_key": ""},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_understood_lets_nobody_in(require, browser, damage):
    row = require()
    SebExamConfiguration.objects.update(**damage)
    requirements.forget(COURSE_KEY)
    for key in (row.config_key, KEY, ""):
        sent = {
            "HTTP_USER_AGENT": "SEB/3.7",
            "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(ORIGIN + PAGE, key),
            "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH": header_hash(ORIGIN + PAGE, key),
        }
        assert is_refused(browser.get(PAGE, **sent))
    assert browser.get(OTHER_PAGE).content == b"render_xblock"


# --- Cost -------------------------------------------------------------------------------------------------------------


def queries_of(client, path, **headers) -> int:
    client.get(path, **headers)  # fills the cache
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(path, **headers)
    return len(queries)


@pytest.mark.contract("seb-exams#cost")
def test_a_course_without_exams_costs_no_query_more(browser, monkeypatch):
    before = queries_of(browser, OTHER_PAGE)
    monkeypatch.setattr(requirements, "of_course", lambda course_key: ())

    assert queries_of(browser, OTHER_PAGE) == before


@pytest.mark.contract("seb-exams#cost")
@pytest.mark.parametrize("others", [0, 40], ids=["one-exam", "many-exams"])
def test_a_protected_page_costs_at_most_one_query_more(require, browser, mac, seb, others):
    ungated = queries_of(browser, OTHER_PAGE)
    for number in range(others):
        require(content_id=f"block-v1:edX+DemoX+Demo_Course+type@sequential+block@other{number}")
    require()
    link = launch_link(browser)
    seb.follow(link)
    assert answer(mac, mac.follow(link)).json()["verified"] is True

    assert queries_of(seb, PAGE) == ungated, "a hash in the header needs no table"
    assert queries_of(mac, PAGE, HTTP_SEC_FETCH_DEST="iframe") == ungated + 1
    assert queries_of(browser, OTHER_PAGE) == ungated


# --- The runtime service ----------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-exams#service")
def test_the_runtime_service_tells_what_a_page_needs(require, browser, mac, rf, learner):
    register()
    service = get_runtime_service("safe_exam_browser")
    request = rf.get("/", HTTP_USER_AGENT="Firefox")
    request.user = learner
    exam = {"course_id": COURSE, "content_id": EXAM}
    assert service.is_required(**exam) is False
    assert service.is_verified(request=request, **exam) is True
    assert service.get_launch_info(request=request, **exam) is None

    row = require(min_versions={"win": "3.7"})

    info = service.get_launch_info(request=request, **exam)
    assert info.pop("launch_url").startswith(f"seb://testserver/seb-openedx/config/{row.public_id}/")
    assert info == {
        "required": True,
        "verified": False,
        "mode": "manual",
        "config_url": f"http://testserver/seb-openedx/config/{row.public_id}/exam.seb",
        "quit_url": f"http://testserver/seb-openedx/quit/{row.quit_nonce}/",
        "min_versions": {"win": "3.7"},
    }
    answer(mac, mac.follow(launch_link(browser)), version="SEB_Windows_3.7.1")
    assert service.end_session(user_id=learner.pk, reason="staff", **exam) == 1
    nonsense = {"course_id": "nonsense", "content_id": EXAM}
    assert service.is_required(**nonsense) is False
    assert service.end_session(user_id=learner.pk, reason="staff", **nonsense) == 0
