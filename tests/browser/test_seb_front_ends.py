"""Exams with Safe Exam Browser in front ends: on another host, in the React client's data layer, and for staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from demo.credentials import SEB_EXAM_COURSE_ID
from demo.seb_browser import exam_file

from .conftest import FRONT_END
from .demo_process import Demo
from .people import Administrator
from .seb import Seb, Window, apple_object, launch_link, playing, windows_object
from .test_react_client import Client, quiet
from .test_react_client import bundle as bundle
from .test_seb_journeys import BLOCKS, CONFIGURATION, EXAM, KEY, ONLY_THERE, PAGE, START, enter

UNIT = f"{BLOCKS}sequential+block@seb_exam"
ADDRESS = f"{FRONT_END}/learning/course/{SEB_EXAM_COURSE_ID}/{EXAM}/{BLOCKS}vertical+block@seb_exam_unit"
SECTION_ONLY_THERE = "This section opens only in Safe Exam Browser."
SESSIONS = "/seb-openedx/dashboard/sessions/"


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
def exam(demo: Demo, new_page: Callable[[], Page], name: str) -> exam_file.Exam:
    """What the learner's launch link stands for, in a browser that sends no headers."""
    page = new_page()
    page.goto(f"{demo.host}/login/{name}")
    page.goto(demo.host + PAGE)
    return replace(exam_file.load(launch_link(page)), sends_hashes=False)


def open_front_end(demo: Demo, window: Window, *, proves: bool) -> FrameLocator:
    """Open the learning front end at the exam, with the script that proves the browser or without; return the frame."""
    script = f'<script src="{demo.host}/static/seb_openedx/mfe-proof.js" data-lms="{demo.host}"></script>'
    html = (
        f'<!doctype html><html lang="en"><title>Learning</title>'
        f'<iframe title="unit" src="{demo.host}/xblock/{UNIT}" width="800" height="600"></iframe>'
        f"{script if proves else ''}"
    )

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    window.page.route(f"{FRONT_END}/**", answer)
    window.page.goto(ADDRESS)
    return window.page.frame_locator("iframe[title=unit]")


def sessions_of(gina: Administrator, username: str) -> str:
    """What staff read about a learner's sessions."""
    gina.page.goto(f"{gina.demo.host}{SESSIONS}?username={username}")
    return gina.page.get_by_role("table").first.inner_text()


@pytest.mark.contract("seb-exams#front-ends", "seb-exams#challenge")
@pytest.mark.parametrize("style", [windows_object, apple_object])
def test_a_front_end_on_another_host_after_the_check(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, style: Callable[[str], str]
) -> None:
    window = enter(seb, exam, name, script=style(exam.config_key))
    expect(window.page.get_by_role("button", name=START)).to_be_visible()
    frame = open_front_end(demo, window, proves=False)
    expect(frame.get_by_role("button", name=START)).to_be_visible()
    assert window.errors == []


@pytest.mark.contract("seb-exams#front-ends")
@pytest.mark.parametrize("style", [windows_object, apple_object])
def test_a_front_end_on_another_host_proves_the_browser_itself(
    demo: Demo, exam: exam_file.Exam, name: str, seb: Seb, gina: Administrator, style: Callable[[str], str]
) -> None:
    window = seb.window(exam, script=style(exam.config_key))
    window.open(f"{demo.host}/login/{name}?next=/healthz")
    refused = open_front_end(demo, window, proves=False)
    expect(refused.get_by_role("alert")).to_have_text(SECTION_ONLY_THERE)

    frame = open_front_end(demo, window, proves=True)
    expect(frame.get_by_role("button", name=START)).to_be_visible()
    assert window.errors == []
    assert "script" in sessions_of(gina, name).lower()


@pytest.mark.contract("seb-exams#front-ends")
def test_a_front_end_with_another_key_is_refused(demo: Demo, exam: exam_file.Exam, name: str, seb: Seb) -> None:
    window = seb.window(exam, script=apple_object("0" * 64))
    window.open(f"{demo.host}/login/{name}?next=/healthz")
    with window.page.expect_response(
        lambda response: (
            response.url.endswith("/api/v2/verify")
            and response.request.method == "POST"
            # The page is proved for the whole course, too; its address has the exam in it either way.
            and response.request.post_data_json["content_id"] == EXAM
        )
    ) as answer:
        frame = open_front_end(demo, window, proves=True)
    assert (answer.value.status, answer.value.json()["code"]) == (403, "config_key_mismatch")
    expect(frame.get_by_role("alert")).to_have_text(SECTION_ONLY_THERE)


@pytest.mark.contract("seb-exams#gate", "rest-clients#react-proctored")
def test_the_react_client_shows_why_an_exam_does_not_start(
    demo: Demo, new_page: Callable[[], Page], bundle: str
) -> None:
    client = Client(demo, new_page(), bundle)
    state: dict[str, Any] = client.do("getExamAttemptsData", SEB_EXAM_COURSE_ID, EXAM)
    assert quiet(state)
    assert state["exam"]["seb"]["required"] is True
    assert state["exam"]["seb"]["verified"] is False
    assert state["exam"]["seb"]["launch_url"].startswith("seb://")
    assert state["exam"]["attempt"] == {}

    state = client.do("startTimedExam")
    # The library shows its own words for every refusal; the answer has ours.
    assert state["apiErrorMsg"] == "Request failed with status code 403"
    assert (state["isLoading"], state["exam"]["attempt"]) == (False, {})
    [refused] = [exchange for exchange in client.exchanges if exchange["method"] == "POST"]
    assert refused["status"] == 403
    assert refused["data"]["detail"] == "Open this exam in Safe Exam Browser."
    assert refused["data"]["code"] == "seb_required"
    assert refused["data"]["launch_url"].startswith("seb://")


@pytest.mark.contract("seb-exams#exempt")
@pytest.mark.parametrize("staff", ["gina", "stan"])
def test_staff_preview_the_exam_and_see_what_a_learner_sees(
    demo: Demo, name: str, new_page: Callable[[], Page], staff: str
) -> None:
    page = new_page()
    page.goto(f"{demo.host}/login/{staff}")
    page.goto(demo.host + PAGE)
    expect(page.frame_locator("iframe").first.get_by_role("radio", name="Gas and dust")).to_be_visible()
    for viewed in ("learner", f"user:{name}"):
        page.goto(f"{demo.host}{PAGE}?masquerade={quote(viewed)}")
        expect(page.get_by_role("alert")).to_have_text(ONLY_THERE)
        expect(page.locator("#seb-launch-link")).to_be_visible()
    # The view of a learner ends with the request.
    page.goto(demo.host + PAGE)
    expect(page.frame_locator("iframe").first.get_by_role("radio", name="Gas and dust")).to_be_visible()


@pytest.mark.contract("safe-exam-browser#banning", "seb-exams#exempt")
def test_staff_who_view_a_course_as_a_learner_ban_no_learner(
    demo: Demo, name: str, new_page: Callable[[], Page], gina: Administrator
) -> None:
    page, reading = gina.page, f"/courses/{SEB_EXAM_COURSE_ID}/courseware/{BLOCKS}sequential+block@orbits"
    staff, headers = demo.session("gina"), {"Referer": demo.host}
    config = {"CONFIG_KEYS": [KEY], "USER_BANNING_ENABLED": True}
    staff.put(demo.host + CONFIGURATION, json=config, headers=headers, timeout=20).raise_for_status()
    try:
        page.goto(f"{demo.host}{reading}?masquerade={quote(f'user:{name}')}")
        expect(page.get_by_role("alert")).to_have_text("This course opens only in Safe Exam Browser.")
        page.goto(demo.host + reading)
        expect(page.get_by_role("heading", name="Reading: how planets move")).to_be_visible()
        page.goto(f"{demo.host}/seb-openedx/dashboard/?username={name}")
        expect(page.get_by_role("row").filter(has_text=name)).to_have_count(0)
    finally:
        staff.delete(demo.host + CONFIGURATION, headers=headers, timeout=20)
