"""Each published place of a course's configuration protects a course: open with the key, closed without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.credentials import SEB_CONFIG_KEY, SEB_COURSE_ID, SEB_EXAM_COURSE_ID
from demo.seb_browser import exam_file

from .demo_process import Demo
from .people import Administrator
from .seb import Seb, command_of, playing

KEY = "fedcba9876543210" * 4
COURSE = SEB_EXAM_COURSE_ID
Place = Callable[[Administrator, Demo], object]


@pytest.fixture
def seb(chromium: Browser) -> Iterator[Seb]:
    """Played browsers."""
    with playing(chromium) as seb:
        yield seb


def _write_advanced(gina: Administrator, demo: Demo, value: object) -> None:
    gina.page.goto(f"{demo.host}/course/{COURSE}/advanced")
    gina.page.get_by_role("main").locator("textarea").fill(json.dumps(value))
    gina.page.get_by_role("button", name="Save", exact=True).click()
    expect(gina.page.get_by_text("Advanced settings saved.")).to_be_visible()


@contextmanager
def studio(gina: Administrator, demo: Demo) -> Iterator[None]:
    """Studio's advanced settings, the value directly."""
    _write_advanced(gina, demo, {"SAFE_EXAM_BROWSER": [KEY]})
    yield
    _write_advanced(gina, demo, {})


@contextmanager
def studio_with_course_id(gina: Administrator, demo: Demo) -> Iterator[None]:
    """Studio's advanced settings, the value under the course id, in the detailed form."""
    _write_advanced(gina, demo, {"SAFE_EXAM_BROWSER": {COURSE: {"CONFIG_KEYS": [KEY], "WHITELIST_PATHS": ["outline"]}}})
    yield
    _write_advanced(gina, demo, {})


@contextmanager
def admin(gina: Administrator, demo: Demo) -> Iterator[None]:
    """A row in Django admin."""
    page = gina.page
    page.goto(f"{demo.host}/admin/seb_openedx/sebcourseconfiguration/add/")
    page.locator("#id_course_id").fill(COURSE)
    page.locator("#id_config_keys").fill(KEY)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    yield
    staff = demo.session("gina")
    url = f"{demo.host}/seb-openedx/api/v1/course/{quote(COURSE)}/configuration/"
    assert staff.delete(url, headers={"Referer": demo.host}, timeout=20).status_code == 204


@contextmanager
def site(gina: Administrator, demo: Demo) -> Iterator[None]:
    """The site's configuration."""
    page = gina.page
    page.goto(f"{demo.host}/admin/demo_host/siteconfiguration/add/")
    page.locator("#id_site").select_option(index=1)
    page.locator("#id_site_values").fill(json.dumps({"SAFE_EXAM_BROWSER": {COURSE: {"CONFIG_KEYS": [KEY]}}}))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    yield
    page.goto(f"{demo.host}/admin/demo_host/siteconfiguration/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name=re.compile("^Yes")).click()


def _look(demo: Demo, page: Page, seb: Seb, course_id: str, key: str) -> None:
    """A learner in three browsers: any other, one with another key, and the right one."""
    block = f"{course_id.replace('course-v1', 'block-v1')}+type@sequential+block@orbits"
    reading = f"/courses/{course_id}/courseware/{block}"
    name = demo.new_learner()
    login = f"{demo.host}/login/{name}?next={quote(reading)}"
    page.goto(login)
    expect(page.get_by_role("alert")).to_have_text("This course opens only in Safe Exam Browser.")
    for used, opens in (("0" * 64, False), (key, True)):
        window = seb.window(exam_file.Exam(login, used, sends_hashes=True))
        window.open()
        if opens:
            # Page and frame, each with the hash of its own address.
            expect(window.page.get_by_role("heading", name="Reading: how planets move")).to_be_visible()
            expect(window.page.frame_locator("iframe").first.get_by_role("radio", name="Gravity")).to_be_visible()
        else:
            expect(window.page.get_by_role("alert").first).to_be_visible()
            expect(window.page.get_by_role("heading", name="Reading: how planets move")).to_have_count(0)


@pytest.mark.contract("safe-exam-browser#sources")
@pytest.mark.parametrize("place", [studio, studio_with_course_id, admin, site], ids=lambda place: place.__name__)
def test_a_place_protects_the_course(
    demo: Demo, new_page: Callable[[], Page], seb: Seb, gina: Administrator, place: Place
) -> None:
    with place(gina, demo):  # type: ignore[attr-defined]
        _look(demo, new_page(), seb, COURSE, KEY)


@pytest.mark.contract("safe-exam-browser#sources")
def test_the_global_setting_protects_its_course(demo: Demo, new_page: Callable[[], Page], seb: Seb) -> None:
    page = new_page()
    _look(demo, page, seb, SEB_COURSE_ID, SEB_CONFIG_KEY)
    # No file has this key, so the demo's command names it.
    assert command_of(page).endswith(f"--config-key {SEB_CONFIG_KEY}")
