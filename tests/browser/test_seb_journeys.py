"""Whole journeys through an exam that demands Safe Exam Browser, which the demo plays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.credentials import SEB_EXAM_COURSE_ID
from demo.seb_browser import exam_file

from .demo_process import Demo
from .people import Administrator
from .seb import Seb, Window, apple_object, command_of, launch_link, playing, windows_object

BLOCKS = f"{SEB_EXAM_COURSE_ID.replace('course-v1', 'block-v1')}+type@"
EXAM = f"{BLOCKS}sequential+block@seb_exam"
PAGE = f"/courses/{SEB_EXAM_COURSE_ID}/courseware/{EXAM}"
READING = f"/courses/{SEB_EXAM_COURSE_ID}/courseware/{BLOCKS}sequential+block@orbits"
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"
CONFIGURATION = f"/seb-openedx/api/v1/course/{quote(SEB_EXAM_COURSE_ID)}/configuration/"
KEY = "0123456789abcdef" * 4
START = "I am ready to start this timed exam."
ONLY_THERE = "This exam opens only in Safe Exam Browser."


@pytest.fixture
def seb(chromium: Browser) -> Iterator[Seb]:
    """Played browsers."""
    with playing(chromium) as seb:
        yield seb


@pytest.fixture
def name(demo: Demo) -> str:
    """A fresh learner's user name."""
    return demo.new_learner()


@pytest.fixture
def ordinary(demo: Demo, new_page: Callable[[], Page], name: str) -> Page:
    """The learner in an ordinary browser, on the page of the exam."""
    page = new_page()
    page.goto(f"{demo.host}/login/{name}")
    page.goto(demo.host + PAGE)
    return page


@pytest.fixture
def exam(ordinary: Page) -> exam_file.Exam:
    """What the learner's launch link stands for."""
    return exam_file.load(launch_link(ordinary))


def enter(seb: Seb, exam: exam_file.Exam, name: str, **how: str) -> Window:
    """Open an exam's start page and log in there."""
    window = seb.window(exam, **how)
    window.open()
    window.log_in(name)
    return window


@pytest.mark.contract("seb-exams#launch", "seb-exams#session-end")
def test_an_exam_from_the_launch_link_to_the_quit_link(
    demo: Demo, ordinary: Page, name: str, seb: Seb, gina: Administrator
) -> None:
    expect(ordinary.get_by_role("alert")).to_have_text(ONLY_THERE)
    link = launch_link(ordinary)
    assert link in command_of(ordinary)

    window = seb.follow(link)
    window.log_in(name)
    page = window.page
    expect(page.get_by_role("heading", name=re.compile("is a Timed Exam"))).to_be_visible()
    page.get_by_role("button", name=START).click()
    questions = page.frame_locator("iframe").first
    questions.get_by_role("radio", name="Gas and dust").check()
    questions.get_by_role("button", name="Submit").first.click()
    expect(questions.get_by_text("Answer saved.")).to_be_visible()

    # Meanwhile the content stays closed elsewhere.
    ordinary.goto(demo.host + PAGE)
    expect(ordinary.get_by_role("alert")).to_have_text(ONLY_THERE)

    page.get_by_role("button", name=re.compile("End My Exam", re.I)).click()
    page.get_by_role("button", name="Yes, submit my timed exam.").click()
    expect(page.get_by_role("heading", name="You have submitted your timed exam.")).to_be_visible()
    window.open(window.exam.quit_url)
    expect(page.get_by_role("heading", name="The exam is over")).to_be_visible()
    assert window.has_ended
    assert window.errors == []

    gina.page.goto(f"{demo.host}/seb-openedx/dashboard/sessions/?username={name}")
    expect(gina.page.get_by_role("row").filter(has_text=name).first).to_be_visible()


@pytest.mark.contract("seb-exams#access", "seb-audit#log")
def test_a_browser_with_other_settings_is_refused_and_staff_read_why(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, gina: Administrator
) -> None:
    window = enter(seb, replace(exam, config_key="0" * 64), name)
    expect(window.page.get_by_role("alert").first).to_contain_text("does not have the settings of this exam")
    gina.page.goto(f"{demo.host}/seb-openedx/dashboard/refusals/?username={name}")
    row = gina.page.get_by_role("row").filter(has_text=name).first
    expect(row).to_contain_text(re.compile("settings|key", re.I))


@pytest.mark.contract("seb-exams#gate")
def test_another_browser_cannot_start_the_exam_over_rest(demo: Demo, name: str, exam: exam_file.Exam) -> None:
    session = demo.session(name)
    found = session.get(
        f"{demo.host}/api/edx_proctoring/v1/proctored_exam/exam/course_id/{SEB_EXAM_COURSE_ID}", timeout=20
    ).json()
    [timed] = [listed for listed in found if listed["content_id"] == EXAM]
    reply = session.post(
        f"{demo.host}{ATTEMPTS}",
        json={"exam_id": timed["id"], "start_clock": True},
        headers={"Referer": demo.host},
        timeout=20,
    )
    assert reply.status_code == 403
    assert reply.json()["code"] == "seb_required"
    assert reply.json()["launch_url"].startswith("seb://")


@pytest.mark.contract("seb-exams#script")
@pytest.mark.parametrize("style", [windows_object, apple_object])
def test_a_browser_without_headers_proves_itself_by_its_object(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, style: Callable[[str], str]
) -> None:
    silent = replace(exam, sends_hashes=False)
    window = enter(seb, silent, name, script=style(exam.config_key))
    expect(window.page.get_by_role("button", name=START)).to_be_visible()
    assert window.errors == []


@pytest.mark.contract("seb-exams#script")
def test_an_object_with_another_key_is_refused(exam: exam_file.Exam, name: str, seb: Seb) -> None:
    window = enter(seb, replace(exam, sends_hashes=False), name, script=apple_object("0" * 64))
    expect(window.page.get_by_role("alert")).to_contain_text("does not have the settings of this exam")
    expect(window.page.get_by_role("link", name="Try again")).to_be_visible()


@pytest.mark.contract("seb-exams#session")
def test_a_cookie_copied_out_of_the_browser_opens_nothing(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, new_page: Callable[[], Page]
) -> None:
    window = enter(seb, exam, name)
    expect(window.page.get_by_role("button", name=START)).to_be_visible()
    thief = new_page()
    cookies = window.page.context.cookies()
    assert "seb_session" in {cookie["name"] for cookie in cookies}
    thief.context.add_cookies([{**cookie, "url": demo.host, "domain": None, "path": None} for cookie in cookies])  # type: ignore[typeddict-item]
    thief.goto(demo.host + PAGE)
    expect(thief.get_by_role("alert")).to_have_text(ONLY_THERE)


@pytest.mark.contract("seb-exams#session")
def test_the_next_learner_at_the_computer_proves_the_browser_anew(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, gina: Administrator
) -> None:
    window = enter(seb, exam, name)
    expect(window.page.get_by_role("button", name=START)).to_be_visible()
    first = {cookie["name"]: cookie["value"] for cookie in window.page.context.cookies()}["seb_session"]
    second = demo.new_learner()
    window.open(f"{demo.host}/login/{second}?next={quote(PAGE)}")
    expect(window.page.get_by_role("button", name=START)).to_be_visible()
    window.open()
    now = {cookie["name"]: cookie["value"] for cookie in window.page.context.cookies()}["seb_session"]
    assert now != first
    for username in (name, second):
        gina.page.goto(f"{demo.host}/seb-openedx/dashboard/sessions/?username={username}")
        expect(gina.page.get_by_role("row").filter(has_text=username).first).to_be_visible()


@pytest.mark.contract("seb-exams#exempt")
def test_course_staff_look_at_the_exam_in_any_browser(demo: Demo, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{demo.host}/login/stan")
    page.goto(demo.host + PAGE)
    expect(page.frame_locator("iframe").first.get_by_role("radio", name="Gas and dust")).to_be_visible()


@pytest.mark.contract("safe-exam-browser#banning", "safe-exam-browser#dashboard")
def test_a_ban_and_its_end(demo: Demo, name: str, seb: Seb, new_page: Callable[[], Page], gina: Administrator) -> None:
    staff = demo.session("gina")
    headers = {"Referer": demo.host}
    config = {"CONFIG_KEYS": [KEY], "USER_BANNING_ENABLED": True}
    saved = staff.put(demo.host + CONFIGURATION, json=config, headers=headers, timeout=20)
    assert saved.status_code == 200, saved.text
    try:
        page = new_page()
        page.goto(f"{demo.host}/login/{name}")
        page.goto(demo.host + READING)
        expect(page.get_by_role("alert")).to_contain_text("banned")
        exam = exam_file.Exam(f"{demo.host}/login/{name}?next={quote(READING)}", KEY, sends_hashes=True)
        window = seb.window(exam)
        window.open()
        expect(window.page.get_by_role("alert")).to_contain_text("banned")
        gina.page.goto(f"{demo.host}/seb-openedx/dashboard/?username={name}")
        gina.press(f"Let {name} into {SEB_EXAM_COURSE_ID}")
        window.open()
        expect(window.page.get_by_role("heading", name="Reading: how planets move")).to_be_visible()
    finally:
        staff.delete(demo.host + CONFIGURATION, headers=headers, timeout=20)
