"""What stays open on protected courses, what stays closed there, and which requests concern a course at all."""

from types import SimpleNamespace

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey, UsageKey

from seb_openedx.access import requests
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, block, proof

pytestmark = pytest.mark.django_db

XBLOCK = f"/xblock/{block('problem')}"
HANDLER = f"/courses/{COURSE}/xblock/{block('problem')}/handler/xmodule_handler"
SECTION = f"/courses/{COURSE}/courseware/chapter1/sequence1/"
PAGES = {
    "about": f"/courses/{COURSE}/about",
    "progress": f"/courses/{COURSE}/progress",
    "a learner's progress": f"/courses/{COURSE}/progress/7/",
    "section": SECTION,
    "block": XBLOCK,
    "answer": HANDLER,
    "jump": f"/courses/{COURSE}/jump_to/{block('problem')}",
    "jump by id": f"/courses/{COURSE}/jump_to_id/problem1",
    "forum": f"/courses/{COURSE}/discussion/forum/",
    "wiki": f"/courses/{COURSE}/course_wiki",
    "home": f"/courses/{COURSE}/course/",
    "course data": f"/api/courseware/course/{COURSE}",
    "sequence data": f"/api/courseware/sequence/{block('sequence')}",
    "outline data": f"/api/course_home/outline/{COURSE}",
    "navigation data": f"/api/course_home/v1/navigation/{COURSE}",
    "attempt data": f"/api/edx_proctoring/v1/proctored_exam/attempt/course_id/{COURSE}",
    "blocks": f"/api/courses/v1/blocks/?course_id={COURSE}",
    "block tree": f"/api/courses/v1/blocks/{block('chapter')}",
    "grades": f"/api/grades/v1/courses/{COURSE}/",
}
DATA = {"course data", "sequence data", "outline data", "navigation data", "attempt data", "jump"}
CONTENT = {"section", "block", "answer"}
JUMPS = {"jump", "jump by id"}


def open_pages(client: Client, pages: dict[str, str] = PAGES) -> set[str]:
    found = set()
    for name, path in pages.items():
        answer = client.get(path)
        if b"Safe Exam Browser" not in answer.content:
            assert answer.status_code == 200, (name, answer)
            found.add(name)
        else:
            # A frame's page keeps status 200, and so does the message inside the courseware page.
            expected = 200 if name in ("block", "section") else 403
            assert answer.status_code == expected, (name, answer)
    return found


@pytest.mark.contract("safe-exam-browser#whitelist")
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"WHITELIST_PATHS": ["about"]}, {"about", *JUMPS}, id="about"),
        pytest.param({"WHITELIST_PATHS": ["progress"]}, {"progress", *JUMPS}, id="progress-is-a-prefix-of-names"),
        pytest.param(
            {"WHITELIST_PATHS": ["courseware"]}, {"section", "block", "answer", *JUMPS, "course data"}, id="cw"
        ),
        pytest.param({"WHITELIST_PATHS": ["discussion"]}, {"forum", *JUMPS}, id="discussion"),
        pytest.param({"WHITELIST_PATHS": ["wiki"]}, {"wiki", *JUMPS}, id="wiki"),
        pytest.param(
            {"WHITELIST_PATHS": ["course-outline"]}, {"home", "outline data", "navigation data", *JUMPS}, id="outline"
        ),
        pytest.param({"WHITELIST_PATHS": [""]}, JUMPS, id="an-empty-entry-opens-nothing-else"),
        pytest.param({"ALLOW_MFE_ACCESS": True}, DATA, id="data-of-front-ends"),
        pytest.param({"ALLOW_MFE_ACCESS": "true"}, DATA, id="as-text"),
    ],
)
def test_whitelist(browser, protect, config, expected):
    protect(CONFIG_KEYS=[KEY], **config)
    assert open_pages(browser) == expected


@pytest.mark.contract("safe-exam-browser#whitelist")
def test_the_setting_opens_data_of_front_ends_for_every_course(browser, protect, settings):
    protect([KEY])
    settings.SEB_ALLOW_MFE_ACCESS = True
    del settings.USAGE_ID_PATTERN  # some hosts have none
    assert open_pages(browser) == DATA
    settings.SEB_MFE_PATHS = ["/api/grades/", "("]
    assert open_pages(browser) == {*DATA, "grades"}


def test_a_course_can_always_be_configured(staff_browser, protect):
    protect(CONFIG_KEYS=[KEY], PERMISSION_COMPONENTS=["AlwaysDenyAccess"])
    assert staff_browser.get(f"/seb-openedx/api/v1/course/{COURSE}/configuration/").status_code == 200


@pytest.mark.contract("safe-exam-browser#masquerade")
def test_staff_can_always_leave_a_masquerade(browser, protect):
    protect([KEY])
    assert browser.get(f"/courses/{COURSE}/masquerade").content == b"handle_ajax"


# --- Blacklists -----------------------------------------------------------------------------------------------------

TWO = {
    "section": f"/courses/{COURSE}/courseware/chapter2/sequence2/",
    "block": f"/xblock/{block('problem', 2)}",
    "answer": f"/courses/{COURSE}/xblock/{block('problem', 2)}/handler/x",
}
ONE = {"section": SECTION, "block": XBLOCK, "answer": HANDLER}


@pytest.mark.contract("safe-exam-browser#blacklist")
@pytest.mark.parametrize(
    ("name", "entry", "still_open"),
    [
        pytest.param("CHAPTERS", "chapter1", set(), id="chapter"),
        pytest.param("CHAPTERS", block("chapter"), set(), id="chapter-as-a-whole-key"),
        pytest.param("SEQUENCES", "sequence1", set(), id="sequence"),
        pytest.param("SEQUENCES", block("sequence"), set(), id="sequence-as-a-whole-key"),
        pytest.param("VERTICALS", "vertical1", {"section"}, id="vertical"),
    ],
)
def test_what_is_listed_stays_closed(browser, protect, name, entry, still_open):
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["courseware"], **{f"BLACKLIST_{name}": [entry]})
    assert open_pages(browser, ONE) == still_open
    assert open_pages(browser, TWO) == set(TWO)


@pytest.mark.contract("safe-exam-browser#blacklist")
def test_data_of_a_listed_sequence_stays_closed(browser, protect):
    protect(CONFIG_KEYS=[KEY], ALLOW_MFE_ACCESS=True, BLACKLIST_SEQUENCES=["sequence1"])
    assert browser.get(PAGES["sequence data"]).status_code == 403
    assert browser.get(f"/api/courseware/sequence/{block('sequence', 2)}").status_code == 200


@pytest.mark.contract("safe-exam-browser#blacklist")
@pytest.mark.parametrize("level", ["CHAPTERS", "SEQUENCES", "VERTICALS"])
@pytest.mark.parametrize("reason", ["unknown", "store down"])
def test_a_block_whose_place_is_not_found_counts_as_listed(browser, host, protect, settings, level, reason):
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["courseware"], **{f"BLACKLIST_{level}": ["other"]})
    page = {"block": f"/xblock/{block('problem', 9)}"}
    if reason == "store down":
        host.store.error = ConnectionError("no store")
        page = {"block": XBLOCK}
    assert open_pages(browser, page) == set()
    settings.SEB_BLACKLIST_FAIL_CLOSED = False
    assert open_pages(browser, page) == {"block"}


def test_three_lists_ask_for_one_path(browser, host, protect):
    lists = {f"BLACKLIST_{level}": ["other"] for level in ("CHAPTERS", "SEQUENCES", "VERTICALS")}
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["courseware"], **lists)
    browser.get(HANDLER)
    assert [call for call in host.store.calls if call[0] == "path"] == [("path", block("problem"))]


def test_with_the_right_key_a_listed_chapter_opens(browser, protect):
    protect(CONFIG_KEYS=[KEY], WHITELIST_PATHS=["courseware"], BLACKLIST_CHAPTERS=["chapter1"])
    assert browser.get(XBLOCK, **proof(KEY, XBLOCK)).content == b"render_xblock"


# --- Which course a request concerns ----------------------------------------------------------------------------------


@pytest.mark.contract("safe-exam-browser#course-of-request")
@pytest.mark.parametrize(
    "path",
    [
        f"/api/by_key/{block('problem')}",
        f"/api/by_str/{block('problem')}",
        f"/api/by_location/{block('problem')}",
        f"/api/by_block/{block('problem')}",
        f"/api/by_course/{COURSE}",
        f"/api/courses/v1/blocks/?course_id={COURSE}",
        f"/api/courses/v1/blocks/?course_id={COURSE.replace('+', '%2B')}&all_blocks=true",
        f"/api/courses/v1/blocks/?course_id={OTHER}&course_id={COURSE}",
    ],
)
def test_content_under_any_keyword_is_protected(browser, protect, path):
    protect([KEY])
    answer = browser.get(path)
    assert answer.status_code == 403
    assert answer.json()["code"] == "seb_required"


@pytest.mark.contract("safe-exam-browser#course-of-request")
@pytest.mark.parametrize(
    "path",
    [
        "/xblock/nonsense",
        "/xblock/i4x:;_;_edX;_DemoX;_problem;_p1",
        f"/courses/{OTHER}/xblock/nonsense/handler/x",
        "/courses/a+b+c/about",
        "/courses/a/b/c/about",
        "/courses/%00/%ff/%2F/about",
        "/api/by_block/17",
        "/api/by_key/block-v1:",
        "/api/courses/v1/blocks/",
        "/api/courses/v1/blocks/?course_id=",
        "/api/courses/v1/blocks/?course_id=%00%ff",
        "/api/courses/v1/blocks/nonsense",
        "/courses/course-v1:" + "x" * 3000 + "+y+z/about",
    ],
)
def test_malformed_keys_are_no_error(browser, protect, path):
    protect([KEY])
    assert browser.get(path).status_code in (200, 404)


@given(
    st.dictionaries(
        st.sampled_from(["course_key_string", "course_id", "usage_id", "usage_key_string", "location", "block_id"]),
        st.none() | st.integers() | st.binary(max_size=5) | st.text(max_size=40),
    )
)
def test_whatever_the_keywords_hold_is_a_course_or_none(kwargs):
    request = SimpleNamespace(path_info="/", GET={})
    found = requests.course_of(request, kwargs)
    assert found is None or isinstance(found, CourseKey)


@pytest.mark.parametrize(
    ("kwargs", "course"),
    [
        ({"course_id": COURSE, "usage_id": "block-v1:edX+Other+2026+type@problem+block@p"}, COURSE),
        ({"course_id": "nonsense", "usage_id": block("problem")}, COURSE),
        ({"usage_id": "i4x://edX/DemoX/problem/p1"}, None),
        ({"course_id": "edX/DemoX/old", "usage_id": "i4x://edX/DemoX/problem/p1"}, "edX/DemoX/old"),
        ({"usage_id": "i4x:;_;_edX;_DemoX;_problem;_p1", "course_id": "edX;_DemoX;_old"}, "edX/DemoX/old"),
        ({"course_key": COURSE_KEY}, COURSE),
        ({"usage_key": UsageKey.from_string(block("problem"))}, COURSE),
        ({"course_key_string": "library-v1:TestX+lib1"}, "library-v1:TestX+lib1"),
        ({"course_id": "ccx-v1:edX+DemoX+2026+ccx@1"}, "ccx-v1:edX+DemoX+2026+ccx@1"),
        ({"course_id": 7, "usage_id": ["x"]}, None),
        (None, None),
    ],
)
def test_course_of_request(kwargs, course):
    found = requests.course_of(SimpleNamespace(path_info="/", GET={}), kwargs)
    assert (None if found is None else str(found)) == course


def test_the_setting_names_the_keywords(browser, protect, settings):
    protect([KEY])
    settings.SEB_REQUEST_KWARGS = ["course_id"]
    assert browser.get(f"/api/by_key/{block('problem')}").status_code == 200
    assert browser.get(PAGES["grades"]).status_code == 403
