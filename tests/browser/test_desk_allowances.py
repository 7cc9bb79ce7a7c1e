"""Allowances, problems and onboarding on the exam desk, in Chromium, with axe at two widths."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from .people import TIMED
from .test_desk import Desk, answer, desk, inspect, running_learner

__all__ = ["desk", "inspect"]

PROBLEM_LIST = re.compile(r"/v2/courses/[^/]+/effects(\?|$)")
ONBOARDING_LIST = re.compile(r"/v2/courses/[^/]+/onboarding(\?|$)")
SETTINGS = re.compile(r"/v2/courses/[^/]+/desk(\?|$)")

EFFECT = {
    "id": 1,
    "attempt_id": None,
    "exam": {"id": 1, "name": "Midterm", "type": "proctored"},
    "user": None,
    "kind": "provider",
    "call": "stop_exam_attempt",
    "to_status": "submitted",
    "state": "due",
    "tries": 3,
    "next_try_at": "2026-03-01T15:00:00Z",
    "last_error": "ReadTimeout: 5 s",
    "created_at": "2026-03-01T13:00:00Z",
}
LEARNER = {
    "user": {"id": 7, "username": "ann", "email": "ann@example.com", "full_name": "Ann Doe"},
    "enrollment_mode": "verified",
    "status": "verified",
    "modified_at": "2026-03-01T13:00:00Z",
    "expires_at": "2028-03-01T13:00:00Z",
    "attempt_id": None,
    "source": "local",
}


def page_of(*rows: Any, **more: Any) -> dict[str, Any]:
    return {
        "next": None,
        "previous": None,
        "count": len(rows),
        "num_pages": 1,
        "current_page": 1,
        "start": 0,
        "results": list(rows),
        **more,
    }


def test_allowances_are_added_changed_removed_and_restored(desk: Desk, inspect: Any) -> None:
    username = desk.demo.new_learner()
    desk.open(f"?pd=allowances&pd.search={username}")
    desk.heading("Allowances")
    expect(desk.root).to_contain_text("Clear filters")
    inspect(desk.page, "no allowance")
    desk.root.get_by_role("button", name="Add allowances").click()
    dialog = desk.page.get_by_role("dialog", name="Add allowances")
    expect(dialog.get_by_label("Learners")).to_be_focused()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert").filter(has_text="Some fields need to be corrected.")).to_be_visible()
    expect(dialog.get_by_label("Learners")).to_be_focused()
    dialog.get_by_label("Learners").fill(f"{username}\nnobody-{username}")
    dialog.get_by_label("Exam").select_option(label=TIMED)
    dialog.get_by_label("Value").fill("15")
    expect(dialog).to_contain_text(re.compile(f"nobody-{username}: No user has this name"))
    expect(dialog).to_contain_text("1 allowance changes.")
    inspect(desk.page, "add, with a preview")
    dialog.get_by_role("button", name="Add", exact=True).click()
    # Who was not given it stays in the field.
    expect(dialog.get_by_label("Learners")).to_have_value(f"nobody-{username}")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    row = desk.root.get_by_role("row").filter(has_text=username)
    expect(row).to_contain_text("in total")
    inspect(desk.page, "allowances")
    desk.act(row, re.compile("^Change$"))
    change = desk.page.get_by_role("dialog", name=re.compile("Change the allowance"))
    change.get_by_label("Value").fill("much")
    change.get_by_role("button", name="Change", exact=True).click()
    expect(change).to_contain_text("Enter whole minutes")
    expect(change.get_by_label("Value")).to_be_focused()
    inspect(desk.page, "change, refused")
    change.get_by_label("Value").fill("37")
    change.get_by_role("button", name="Change", exact=True).click()
    expect(row).to_contain_text("37")
    desk.act(row, "Remove")
    undo = desk.root.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_focused()
    expect(row).to_have_count(0)
    inspect(desk.page, "removed")
    desk.page.keyboard.press("Enter")
    expect(row).to_contain_text("37")
    desk.act(row, "Remove")
    expect(row).to_have_count(0)


def test_problems_are_tried_again_and_given_up(desk: Desk, inspect: Any) -> None:
    answer(desk.page, PROBLEM_LIST, 200, page_of(EFFECT))
    answer(desk.page, "**/v2/effects/1/retry", 200, {**EFFECT, "tries": 4, "last_error": "Refused: no"})
    answer(desk.page, "**/v2/effects/1/give-up", 200, {**EFFECT, "state": "failed", "next_try_at": None})
    desk.open("?pd=problems")
    desk.heading("Problems")
    row = desk.root.get_by_role("row").filter(has_text="Message to the provider")
    expect(row).to_contain_text("ReadTimeout: 5 s")
    inspect(desk.page, "problems")
    desk.act(row, "Try now")
    expect(desk.root.get_by_role("alert").filter(has_text="did not work")).to_contain_text("Refused: no")
    expect(row).to_contain_text("4 tries")
    desk.act(row, "Give up")
    dialog = desk.page.get_by_role("dialog", name=re.compile("Give up"))
    dialog.get_by_label("Reason").fill("the service is gone")
    inspect(desk.page, "give up")
    dialog.get_by_role("button", name="Give up", exact=True).click()
    expect(row).to_contain_text("Given up")


def test_problems_are_tried_again_and_given_up_in_the_drawer(
    desk: Desk, new_page: Callable[[], Page], inspect: Any
) -> None:
    learner = running_learner(desk.demo, new_page())
    effect = {**EFFECT, "attempt_id": desk.demo.attempts(learner.username)[0]["id"]}
    answer(desk.page, PROBLEM_LIST, 200, page_of(effect))
    answer(desk.page, "**/v2/effects/1/retry", 200, {**effect, "tries": 4, "last_error": "Refused: no"})
    answer(desk.page, "**/v2/effects/1/give-up", 200, {**effect, "state": "failed", "next_try_at": None})
    desk.open(f"?pd=problems&pd.attempt={effect['attempt_id']}")
    drawer = desk.page.get_by_role("dialog", name=re.compile(learner.username))
    drawer.locator("summary").filter(has_text="What was not delivered").press("Enter")
    item = drawer.get_by_role("listitem").filter(has_text="Message to the provider")
    inspect(desk.page, "drawer, problems")
    item.get_by_role("button", name="Try now").press("Enter")
    expect(item).to_contain_text("Refused: no")
    expect(item.get_by_role("button", name="Try now")).to_be_focused()
    inspect(desk.page, "drawer, tried in vain")
    item.get_by_role("button", name="Give up").press("Enter")
    dialog = desk.page.get_by_role("dialog", name=re.compile("^Give up"))
    dialog.get_by_label("Reason").fill("the service is gone")
    answer(desk.page, PROBLEM_LIST, 200, page_of({**effect, "state": "failed", "next_try_at": None}))
    dialog.get_by_role("button", name="Give up", exact=True).click()
    expect(item).to_contain_text("Given up")
    expect(item.get_by_role("button", name="Give up")).to_have_count(0)
    desk.team.look("drawer-problems")


def test_nothing_waits(desk: Desk, inspect: Any) -> None:
    answer(desk.page, PROBLEM_LIST, 200, page_of())
    desk.open("?pd=problems")
    expect(desk.root).to_contain_text("Nothing is waiting")
    inspect(desk.page, "no problems")


def test_onboarding_with_numbers_that_filter(desk: Desk, inspect: Any) -> None:
    def with_onboarding(route: Route) -> None:
        response = route.fetch()
        settings = response.json()
        settings["features"]["onboarding"] = True
        route.fulfill(response=response, json=settings)

    desk.page.route(SETTINGS, with_onboarding)
    answer(desk.page, ONBOARDING_LIST, 200, page_of(LEARNER, counts={"verified": 1, "not_started": 3}))
    desk.open("?pd=onboarding")
    desk.heading("Onboarding")
    expect(desk.root.get_by_role("row").filter(has_text="ann@example.com")).to_contain_text("Verified")
    inspect(desk.page, "onboarding")
    desk.root.get_by_role("button", name="Not Started 3").click()
    expect(desk.page).to_have_url(re.compile(r"pd\.status=not_started"))
