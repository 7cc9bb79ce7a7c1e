"""Every page that a learner meets on the way into Safe Exam Browser and out of it: axe, narrow windows, keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect

from demo.credentials import SEB_COURSE_ID, SEB_EXAM_COURSE_ID
from demo.seb_browser import exam_file
from seb_openedx.exams import learner_texts

from .demo_process import Demo
from .people import Camera
from .seb import Seb, launch_link, playing
from .test_accessibility import Inspector

BLOCKS = f"{SEB_EXAM_COURSE_ID.replace('course-v1', 'block-v1')}+type@sequential+block@"
EXAM = f"/courses/{SEB_EXAM_COURSE_ID}/courseware/{BLOCKS}seb_exam"
READING = (
    f"/courses/{SEB_COURSE_ID}/courseware/{SEB_COURSE_ID.replace('course-v1', 'block-v1')}+type@sequential+block@orbits"
)
WIDTHS = (1280, 320)


@pytest.fixture
def seb(chromium: Browser) -> Iterator[Seb]:
    """Played browsers."""
    with playing(chromium) as seb:
        yield seb


class Visit:
    """What a page needs to be shown."""

    def __init__(self, demo: Demo, page: Page, seb: Seb) -> None:
        self.demo, self.page, self.seb = demo, page, seb
        page.goto(f"{demo.host}/login/vera")

    def exam(self) -> exam_file.Exam:
        """The exam behind vera's launch link."""
        self.page.goto(self.demo.host + EXAM)
        return exam_file.load(launch_link(self.page))

    def window(self, exam: exam_file.Exam) -> Page:
        """A played browser in which vera opens an exam's start page."""
        window = self.seb.window(exam)
        window.open()
        window.log_in("vera")
        return window.page


def refusal_of_a_course(visit: Visit) -> Page:
    """An ordinary browser at a course that opens only there."""
    visit.page.goto(visit.demo.host + READING)
    return visit.page


def way_into_an_exam(visit: Visit) -> Page:
    """An ordinary browser at an exam: launch link, file, where to get the browser."""
    visit.page.goto(visit.demo.host + EXAM)
    return visit.page


def check_that_finds_no_browser(visit: Visit) -> Page:
    """The check of a browser that calls itself Safe Exam Browser and proves nothing."""
    page = visit.window(replace(visit.exam(), sends_hashes=False))
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    return page


def other_settings(visit: Visit) -> Page:
    """Safe Exam Browser with the settings of something else."""
    return visit.window(replace(visit.exam(), config_key="0" * 64))


def end(visit: Visit) -> Page:
    """The page behind the quit link."""
    visit.page.goto(visit.exam().quit_url)
    return visit.page


def link_that_is_over(visit: Visit) -> Page:
    """A launch link whose time is over, which the browser shows as a page."""
    public_id = visit.exam().start_url.rstrip("/").rpartition("/")[2]
    visit.page.goto(f"{visit.demo.host}/seb-openedx/config/{public_id}/over/exam.seb")
    return visit.page


def _rendered(visit: Visit, template: str, context: dict[str, Any]) -> Page:
    visit.page.set_content(render_to_string(template, context))
    return visit.page


def release_needed(visit: Visit) -> Page:
    """The learner has left the browser, and staff have to let them in again."""
    context = {
        "texts": learner_texts.page("release_needed", {"win": "3.7.0", "mac": "3.4"}),
        "launch_url": "seb://lms/exam.seb",
    }
    return _rendered(visit, "seb_openedx/exams/required.html", context)


def other_user(visit: Visit) -> Page:
    """The launch link belongs to another account."""
    shown = {
        "title": "This exam was opened for another account",
        "message": f"You are logged in as {'x' * 60}. Log out.",
    }
    context = {"texts": shown, "log_out": "Log out", "log_out_url": "/out", "query": "st", "start_token": "t"}
    return _rendered(visit, "seb_openedx/exams/other_user.html", context)


PAGES = (
    refusal_of_a_course,
    way_into_an_exam,
    check_that_finds_no_browser,
    other_settings,
    end,
    link_that_is_over,
    release_needed,
    other_user,
)


@pytest.mark.contract("seb-exams#pages")
@pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__)
def test_a_page_is_accessible_fits_a_phone_and_needs_no_mouse(
    demo: Demo, new_page: Callable[[], Page], seb: Seb, camera: Camera, show: Callable[[Visit], Page]
) -> None:
    page = show(Visit(demo, new_page(), seb))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    inspector = Inspector()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        camera(page, f"{show.__name__}-{width}")
        inspector(page, f"{show.__name__} at {width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"scrolls sideways at {width}"
    assert inspector.findings == []
    reachable = page.locator("main").locator("a[href]:visible, button:visible, input:visible")
    for number in range(reachable.count()):
        page.keyboard.press("Tab")
        expect(reachable.nth(number)).to_be_focused()
