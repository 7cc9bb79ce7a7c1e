"""The demo in a language that is read from right to left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .demo_process import Demo
from .people import Camera
from .test_accessibility import Inspector

pytestmark = pytest.mark.contract("languages#demo")

# A phone, and a laptop.
WIDTHS = (360, 1280)


def test_a_learner_chooses_hebrew(demo: Demo, new_page: Callable[[], Page], camera: Camera) -> None:
    page, inspector, wide = new_page(), Inspector(), []
    page.goto(f"{demo.host}/login/victor")
    page.get_by_label("Language", exact=True).select_option(label="עברית")
    page.get_by_role("button", name="Change language").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("הקורסים שלי")
    page.get_by_role("link", name="Astronomy 101: proctored exams").click()
    expect(page.get_by_role("navigation", name="קורס").get_by_role("link", name="התקדמות")).to_be_visible()
    for name in ("outline", "progress"):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["he", "rtl"]
            inspector(page, f"{name} at {width}")
            camera(page, f"{name}-{width}")
            if (excess := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                wide.append(f"{name} at {width}: {excess} px")
        # Lines begin at the right edge: the course's name stands right of the middle.
        box = page.locator(".course-bar__name bdi").bounding_box()
        assert box is not None
        assert box["x"] > WIDTHS[-1] / 2
        page.get_by_role("link", name="התקדמות").click()
    assert inspector.findings == []
    assert wide == []
