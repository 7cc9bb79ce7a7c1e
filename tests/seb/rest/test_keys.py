"""Whether hashes are right, over version 2 of the REST API."""

import pytest

from seb_openedx.exam_models import SebChallenge, SebExamConfiguration, SebSession
from seb_openedx.exams import setup
from seb_openedx.protocol import header_hash
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, ORIGIN, OTHER, OTHER_KEY, block
from tests.seb.rest.test_configuration import fields, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#validate-keys")]

URL = "/seb-openedx/api/v2/validate-keys"
EXAM = block("sequence", 1)
PAGE = "https://lms.example.com/any/page?of=it"


@pytest.fixture
def exam(db):
    return setup.save(
        SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM),
        setup.Change(mode="manual", browser_keys=[{"key": KEY, "active": True}, {"key": OTHER_KEY, "active": False}]),
        origin=ORIGIN,
        by="gina",
    )


def ask(client, **body):
    return client.post(URL, {"course_id": COURSE, "url": PAGE, **body}, content_type="application/json")


def test_each_hash_is_compared_with_the_keys_of_its_kind(staff_browser, exam):
    right = {"configkey": header_hash(PAGE, exam.config_key), "browserexamkey": header_hash(PAGE, KEY)}

    assert ask(staff_browser, content_id=EXAM, **right).json() == {"configkey": True, "browserexamkey": True}
    assert ask(staff_browser, content_id=EXAM).json() == {"configkey": False, "browserexamkey": False}
    swapped = {"configkey": right["browserexamkey"], "browserexamkey": right["configkey"]}
    assert ask(staff_browser, content_id=EXAM, **swapped).json() == {"configkey": False, "browserexamkey": False}


@pytest.mark.parametrize(
    ("url", "sent", "is_right"),
    [
        (PAGE, f"{PAGE}#top", True),
        (f"{PAGE}#top", PAGE, True),
        (PAGE, f"{PAGE}&x=1", False),
        (f"{PAGE}/", PAGE, False),
    ],
)
def test_the_address_counts_without_its_fragment(staff_browser, exam, url, sent, is_right):
    answer = ask(staff_browser, content_id=EXAM, url=url, configkey=header_hash(sent, exam.config_key))

    assert answer.json()["configkey"] is is_right


def test_a_key_that_is_switched_off_is_wrong_and_an_earlier_one_is_still_right(staff_browser, exam):
    earlier = exam.config_key
    setup.save(exam, setup.Change(settings={"max_displays": 3}), origin=ORIGIN, by="gina")
    hashes = {"configkey": header_hash(PAGE, earlier), "browserexamkey": header_hash(PAGE, OTHER_KEY)}

    assert ask(staff_browser, content_id=EXAM, **hashes).json() == {"configkey": True, "browserexamkey": False}


def test_without_an_exam_the_keys_of_the_course_are_meant(staff_browser, protect):
    protect(CONFIG_KEYS=[KEY], BROWSER_KEYS=[OTHER_KEY])
    hashes = {"configkey": header_hash(PAGE, KEY), "browserexamkey": header_hash(PAGE, OTHER_KEY)}

    assert ask(staff_browser, **hashes).json() == {"configkey": True, "browserexamkey": True}


def test_nothing_is_stored(staff_browser, exam):
    ask(staff_browser, content_id=EXAM, configkey=header_hash(PAGE, exam.config_key))

    assert not SebSession.objects.exists()
    assert not SebChallenge.objects.exists()


@pytest.mark.parametrize("body", [{"content_id": EXAM}, {}, {"course_id": OTHER}, {"course_id": "nonsense"}])
def test_what_demands_nothing_is_not_found(staff_browser, body):
    assert refusal(ask(staff_browser, **body)) == (404, "not_found")


@pytest.mark.contract("seb-rest#access")
@pytest.mark.parametrize(
    ("caller", "course_id", "status"),
    [
        ("anonymous", COURSE, 403),
        ("learner", COURSE, 403),
        ("course staff", COURSE, 200),
        ("course staff", OTHER, 403),
        ("global staff", COURSE, 200),
    ],
)
def test_staff_may_ask_about_their_own_courses(callers, exam, caller, course_id, status):
    assert ask(callers[caller], course_id=course_id, content_id=EXAM).status_code == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a.example/" + "x" * 2048}, "url"),
        ({"url": None}, "url"),
        ({"configkey": ["x"]}, "configkey"),
        ({"browserexamkey": "x" * 256}, "browserexamkey"),
        ({"course_id": ""}, "course_id"),
        ({"config_key": "x"}, "config_key"),
    ],
)
def test_a_mistake_is_named_with_its_field(staff_browser, body, field):
    answer = ask(staff_browser, **body)

    assert answer.status_code == 422
    assert fields(answer) == [field]


@pytest.mark.parametrize("body", ["[]", "7", "{", '"text"'])
def test_what_is_no_object_is_refused(staff_browser, body):
    assert refusal(staff_browser.post(URL, body, content_type="application/json")) == (400, "bad_request")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize(("caller", "status"), [("learner", 400), ("global staff", 400), ("anonymous", (401, 403))])
def test_json_that_is_nested_too_deep_is_a_bad_request(callers, caller, status):
    reply = callers[caller].post(URL, "[" * 4000, content_type="application/json")

    assert reply.status_code in (status if isinstance(status, tuple) else (status,))


@pytest.mark.contract("safe-exam-browser#rest")
def test_version_1_refuses_json_that_is_nested_too_deep(staff_browser):
    url = f"/seb-openedx/api/v1/course/{COURSE}/configuration/"

    assert staff_browser.put(url, "[" * 4000, content_type="application/json").status_code == 400
