"""The file of an exam, and the links to it."""

import pytest
from django.test import Client
from freezegun import freeze_time

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import setup
from seb_openedx.protocol import compute_config_key, decode, parse_link
from tests.seb.app.conftest import COURSE_KEY, KEY, OTHER_KEY
from tests.seb.exams.conftest import EXAM, launch_link
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = pytest.mark.django_db

# The file of the protocol's published example.
PUBLIC_ID = "7f9c2ba4e88f827d616045507605853e"
QUIT_NONCE = "k3Jd9xQw"
CONFIG_KEY = "19d02bd4ac995a08f08647db714c035cde5f064239ff03304f65d7b8c8ff3672"


def path_of(link: str) -> str:
    return parse_link(link).url.removeprefix("http://testserver")


@pytest.mark.contract("seb-exams#file")
def test_the_file_has_the_published_key(db):
    row = SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM, public_id=PUBLIC_ID, quit_nonce=QUIT_NONCE)
    change = setup.Change(mode="manual", quit_password="quit-me")
    row = setup.save(row, change, origin="https://lms.example.com", by="gina")

    assert row.config_key == CONFIG_KEY
    assert compute_config_key(decode(row.config_xml.encode()).settings) == CONFIG_KEY
    again = setup.save(row, setup.Change(), origin="https://lms.example.com", by="gina")
    assert again.previous_config_keys == []


@pytest.mark.contract("seb-exams#file")
def test_the_browsers_own_client_gets_the_file_without_cookies(require, browser):
    row = require()
    path = path_of(launch_link(browser))

    with freeze_time("2026-03-02 12:00:00"):
        fresh = path_of(launch_link(browser))
        got = Client().get(fresh)
        head = Client().head(fresh)

    assert path.startswith(f"/seb-openedx/config/{row.public_id}/")
    assert got.content == row.config_xml.encode()
    assert head.content == b""
    for response in (got, head):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/seb"
        assert response.headers["Content-Disposition"] == 'attachment; filename="config.seb"'
        assert response.headers["Cache-Control"] == "private, max-age=1, no-transform"
        assert response.headers["Expires"] == "Mon, 02 Mar 2026 12:00:00 GMT"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Length"] == str(len(row.config_xml.encode()))
        assert not response.cookies


@pytest.mark.contract("seb-exams#file")
def test_equal_settings_give_equal_bytes(require, browser):
    path = f"/seb-openedx/config/{require().public_id}/exam.seb"
    first = browser.get(path).content
    require(exempt_usernames=["bob"])

    assert browser.get(path).content == first


@pytest.mark.contract("seb-exams#token")
def test_a_link_ends(require, browser):
    require()
    with freeze_time("2026-03-02 12:00:00") as clock:
        path = path_of(launch_link(browser))
        clock.tick(600)
        assert Client().get(path).status_code == 200
        clock.tick(2)
        over = Client().get(path)

    assert over.status_code == 401
    assert over.headers["Content-Type"].startswith("text/html")


@pytest.mark.contract("seb-exams#token")
@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: "x", lambda t: t.swapcase(), lambda t: f".{t}"])
def test_a_damaged_link_gives_no_file(require, browser, damage):
    require()
    start, token, end = path_of(launch_link(browser)).rsplit("/", 2)

    assert Client().get(f"{start}/{damage(token)}/{end}").status_code == 401


@pytest.mark.contract("seb-exams#token")
def test_a_link_is_for_one_exam(require, browser):
    require()
    other = require(content_id="block-v1:edX+DemoX+Demo_Course+type@sequential+block@sequence2")
    token = path_of(launch_link(browser)).rsplit("/", 2)[1]

    assert Client().get(f"/seb-openedx/config/{other.public_id}/{token}/exam.seb").status_code == 401


@pytest.mark.contract("seb-exams#download")
def test_a_learner_who_is_logged_in_can_download_the_file(require, browser):
    row = require()
    path = f"/seb-openedx/config/{row.public_id}/exam.seb"

    assert browser.get(path).content == row.config_xml.encode()
    assert Client().get(path).status_code == 401
    assert browser.get(f"/seb-openedx/config/{'0' * 32}/exam.seb").status_code == 404


@pytest.mark.contract("seb-exams#download")
@pytest.mark.parametrize("mode", ["off", "client"])
def test_without_a_file_of_ours_there_is_nothing_to_download(require, browser, mode):
    row = require(mode)

    assert browser.get(f"/seb-openedx/config/{row.public_id}/exam.seb").status_code == 404


@pytest.mark.contract("seb-exams#setup")
def test_a_key_that_is_replaced_is_good_for_another_quarter_of_an_hour(require, browser, learner):
    with freeze_time("2026-03-02 12:00:00") as clock:
        require()
        late = SafeExamBrowser()
        late.client.force_login(learner)
        late.follow(launch_link(browser))
        require(settings={"max_displays": 2})

        clock.tick(15 * 60 - 1)
        assert late.get("/xblock/block-v1:edX+DemoX+Demo_Course+type@vertical+block@vertical1").status_code == 200
        clock.tick(1)
        page = late.get(f"/courses/{COURSE_KEY}/jump_to/{EXAM}")
        assert page.status_code == 403


@pytest.mark.contract("seb-exams#setup")
def test_a_stale_row_is_not_saved(require):
    row = require()
    require(settings={"max_displays": 2})

    with pytest.raises(setup.SetupError) as caught:
        setup.save(row, setup.Change(mode="off"), origin="http://testserver", by="hal")
    assert caught.value.code == "stale"


@pytest.mark.contract("seb-exams#setup")
def test_every_wrong_setting_is_named(require):
    with pytest.raises(setup.SetupError) as caught:
        require(settings={"max_displays": 9, "allow_quit": "perhaps", "unheard_of": True})
    assert sorted(caught.value.errors) == ["allow_quit", "max_displays", "unheard_of"]


@pytest.mark.contract("seb-exams#proof")
def test_keys_that_are_all_switched_off_are_not_saved(require):
    with pytest.raises(setup.SetupError):
        require("client", browser_keys=[{"key": KEY, "active": False}])
    require("client", browser_keys=[{"key": KEY, "active": False}, {"key": OTHER_KEY, "active": True}])
