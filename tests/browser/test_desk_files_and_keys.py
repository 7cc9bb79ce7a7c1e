"""The exam desk beside its lists: allowances from a file, the timeline of an attempt, received reviews, keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from .people import TIMED
from .test_desk import Desk, answer, desk, inspect, running_learner
from .test_desk_allowances import page_of

__all__ = ["desk", "inspect"]

INBOX = re.compile(r"/v2/courses/[^/]+/inbox(\?|$)")


def test_a_file_with_two_bad_lines_gives_the_others_their_allowance(desk: Desk, inspect: Any) -> None:
    username = desk.demo.new_learner()
    lines = [
        "learner;exam;type;value",
        f"{username};{TIMED};additional_time_granted;20",
        f"nobody-{username};{TIMED};additional_time_granted;20",
        f"{username};No such exam;additional_time_granted;20",
    ]
    desk.open(f"?pd=allowances&pd.search={username}")
    desk.root.get_by_role("button", name="From a file").focus()
    desk.page.keyboard.press("Enter")
    dialog = desk.page.get_by_role("dialog", name="Allowances from a file")
    expect(dialog.get_by_label("CSV file")).to_be_focused()
    dialog.get_by_label("CSV file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"not a table"})
    expect(dialog.get_by_role("alert").filter(has_text="The first line must name these columns")).to_be_visible()
    inspect(desk.page, "a file that cannot be read")
    dialog.get_by_label("CSV file").set_input_files(
        {"name": "b.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    )
    expect(dialog.get_by_role("button", name="Carry out 1 change")).to_be_visible()
    expect(dialog).to_contain_text("Line 3: No user has this name")
    expect(dialog).to_contain_text("Line 4:")
    inspect(desk.page, "a file, before")
    dialog.get_by_role("button", name="Carry out 1 change").focus()
    desk.page.keyboard.press("Enter")
    expect(dialog).to_contain_text("1 done, 0 skipped, 2 failed")
    expect(dialog.get_by_role("listitem").filter(has_text="Line 3")).to_be_visible()
    inspect(desk.page, "a file, after")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(desk.root.get_by_role("row").filter(has_text=username)).to_contain_text("20")
    expect(desk.root.get_by_role("button", name="From a file")).to_be_focused()


def test_keys_lead_to_an_attempt_and_its_timeline(desk: Desk, new_page: Callable[[], Page], inspect: Any) -> None:
    learner = running_learner(desk.demo, new_page())
    desk.open(f"?pd.search={learner.username}")
    expect(desk.row(learner.username)).to_be_visible()
    desk.root.get_by_role("button", name="Keyboard shortcuts").focus()
    desk.page.keyboard.press("Enter")
    shortcuts = desk.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts.get_by_role("checkbox")).to_be_focused()
    inspect(desk.page, "shortcuts")
    desk.page.keyboard.press("Space")
    desk.page.keyboard.press("Enter")
    expect(shortcuts).to_have_count(0)
    for key in ("j", "o"):
        desk.page.keyboard.press(key)
    drawer = desk.page.get_by_role("dialog", name=re.compile(learner.username))
    expect(drawer.get_by_role("heading", level=2)).to_be_focused()
    drawer.locator("summary").filter(has_text="Timeline").focus()
    desk.page.keyboard.press("Enter")
    expect(drawer.get_by_role("listitem").filter(has_text="Created → Started")).to_be_visible()
    inspect(desk.page, "timeline")
    desk.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(desk.row(learner.username).get_by_role("link", name=learner.username)).to_be_focused()
    desk.page.keyboard.press("/")
    expect(desk.root.get_by_role("searchbox")).to_be_focused()


def test_received_reviews(desk: Desk, inspect: Any) -> None:
    entry = {"id": 5, "received_at": "2026-03-01T13:00:00Z", "attempt_code": "CODE-1", "backend": "acme"}
    answer(desk.page, INBOX, 200, page_of({**entry, "outcome": "refused: bad signature"}))
    desk.open("?pd=inbox")
    desk.heading("Received reviews")
    expect(desk.root.get_by_role("row").filter(has_text="CODE-1")).to_contain_text("bad signature")
    inspect(desk.page, "received reviews")
