"""The header that says who is logged in (``SEB_SEND_USER_ID``)."""

import pytest

from tests.seb.app.conftest import COURSE, KEY, proof
from tests.seb.exams.conftest import OTHER_PAGE, PAGE, answer, launch_link

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#user-id")]

HEADER = "X-LMS-USER-ID"
PROGRESS = f"/courses/{COURSE}/progress"
FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}


@pytest.fixture
def switched_on(host):
    host.settings.SEB_SEND_USER_ID = True


@pytest.mark.usefixtures("switched_on")
def test_pages_of_an_exam_say_it_to_a_browser_that_has_proved_itself(require, browser, seb, mac, learner):
    require()
    seb.follow(launch_link(browser))
    answer(mac, mac.follow(launch_link(browser)))

    assert seb.get(PAGE)[HEADER] == learner.username
    assert mac.get(PAGE, **FRAME)[HEADER] == learner.username


@pytest.mark.usefixtures("switched_on")
def test_pages_of_a_protected_course_say_it(browser, protect, learner):
    protect(CONFIG_KEYS=[KEY])

    assert browser.get(PROGRESS, **proof(KEY, PROGRESS))[HEADER] == learner.username


@pytest.mark.usefixtures("switched_on")
def test_nobody_else_is_told(require, browser, seb, staff_browser, protect):
    require()
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["courseware"])

    for response in (
        browser.get(PAGE),  # refused
        browser.get(OTHER_PAGE),  # open
        staff_browser.get(PAGE),  # exempt
    ):
        assert HEADER not in response.headers


@pytest.mark.usefixtures("switched_on")
def test_a_name_alone_is_no_proof(require, browser):
    require("client")

    page = browser.get(PAGE, HTTP_USER_AGENT="Mozilla/5.0 SEB/3.7.0", **FRAME)

    assert page.content == b"render_xblock"
    assert HEADER not in page.headers


def test_by_default_pages_do_not_say_it(require, browser, seb):
    require()
    seb.follow(launch_link(browser))

    assert HEADER not in seb.get(PAGE).headers


@pytest.mark.usefixtures("switched_on")
def test_a_name_that_no_header_can_hold_breaks_nothing(require, browser, seb, learner):
    require()
    seb.follow(launch_link(browser))
    learner.username = "Анна"
    learner.save()

    page = seb.get(PAGE)

    assert page.content == b"render_xblock"
    assert page[HEADER].isascii()
