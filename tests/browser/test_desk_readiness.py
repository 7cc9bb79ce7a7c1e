"""The panel Readiness of the exam desk, in Chromium, with axe at two widths."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from .exam_driver import exam_of
from .people import MIDTERM
from .test_desk import NARROW, Desk, answer, desk, inspect

__all__ = ["desk", "inspect"]

READINESS = re.compile(r"/v2/courses/[^/]+/readiness(\?|$)")


def test_a_fault_is_found_and_what_to_do(desk: Desk, inspect: Any) -> None:
    exam = exam_of(desk.demo, MIDTERM)
    desk.open(f"?pd=readiness&pd.exam={exam['id']}")
    desk.heading("Readiness")
    expect(desk.root.locator(".js-count")).not_to_have_text("")
    expect(desk.root.get_by_role("row").filter(has_text="The provider answers")).to_have_count(0)
    inspect(desk.page, "readiness")
    desk.demo.scenario(drop_connection=[{"path": "^/"}])
    desk.root.get_by_role("button", name="Refresh", exact=True).click()
    row = desk.root.get_by_role("row").filter(has_text="The provider answers")
    expect(row).to_contain_text("Error")
    inspect(desk.page, "readiness, provider down")
    desk.team.look("provider-down")
    desk.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    desk.team.look("provider-down-320")
    desk.page.set_viewport_size({"width": 1280, "height": 900})
    desk.demo.heal()
    desk.root.get_by_role("button", name="Refresh", exact=True).click()
    expect(row).to_have_count(0)
    desk.root.get_by_role("button", name=re.compile("^Passed")).click()
    expect(row).to_contain_text("Passed")
    expect(desk.page).to_have_url(re.compile(r"pd\.level=ok"))
    inspect(desk.page, "readiness, in order")
    desk.team.look("in-order")


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "staff_required"), (404, "not_found"), (409, "already_running"), (422, "invalid"), (500, "internal_error")],
)
def test_readiness_that_does_not_load(desk: Desk, inspect: Any, status: int, code: str) -> None:
    answer(desk.page, READINESS, status, code)
    desk.open("?pd=readiness")
    said = "You are no longer staff of this course." if status == 403 else "The reason in words."
    expect(desk.root.locator(".proctoring-desk__state")).to_contain_text(said)
    inspect(desk.page, f"readiness, {status}")


def test_readiness_when_all_is_in_order_and_while_it_loads(desk: Desk, inspect: Any) -> None:
    report = {
        "course_id": "course",
        "checked_at": "2026-03-01T14:00:00Z",
        "summary": {"ok": 1, "warning": 0, "error": 0, "unknown": 0},
        "checks": [
            {
                "code": "exam_limit",
                "level": "ok",
                "subject": {"kind": "exam", "id": "1", "name": "Midterm"},
                "text": "No problem was found.",
                "fix": "",
                "link": None,
            }
        ],
    }
    page = desk.page
    answer(page, READINESS, 200, report)
    desk.open("?pd=readiness")
    expect(desk.root).to_contain_text("All checks passed.")
    inspect(page, "readiness, all in order")
    page.unroute(READINESS)
    page.route(READINESS, lambda route: None)
    desk.open("?pd=readiness&pd.offline=true")
    expect(desk.root.get_by_text("Loading the list…")).to_be_visible()
    inspect(page, "readiness, loading")
    page.unroute(READINESS)


def test_readiness_by_keyboard_in_arabic_and_at_200_percent(desk: Desk, inspect: Any) -> None:
    page = desk.page
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": desk.demo.host}])
    desk.open("?pd=readiness&pd.offline=true")
    chip = desk.root.locator(".js-chip[data-value=ok]")
    expect(chip).to_be_visible()
    desk.root.locator(".js-exam").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if chip.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip).to_be_focused()
    expect(desk.root.locator("tbody tr").first).to_be_visible()
    text = desk.root.inner_text()
    for word in ("Readiness", "Passed", "What to do", "Time limit", "Skip checks"):
        assert word not in text
    inspect(page, "readiness, ar")
    desk.team.look("ar")
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
