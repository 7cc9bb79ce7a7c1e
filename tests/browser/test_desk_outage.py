"""Outage mode on the exam desk, in Chromium, with axe at two widths: from its start to the decisions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .demo_process import Demo
from .exam_driver import HttpLearner, exam_of
from .people import MIDTERM, CourseTeam
from .test_desk import NARROW, Desk, answer, desk, inspect

__all__ = ["desk", "inspect"]

OUTAGE = re.compile(r"/v2/exams/\d+/outage$")
DECISIONS = re.compile(r"/v2/exams/\d+/outage/decisions$")


@pytest.fixture
def exam_id(demo: Demo) -> Iterator[int]:
    """The proctored exam; its provider is asked for again after the test."""
    found = int(exam_of(demo, MIDTERM)["id"])
    yield found
    url = f"{demo.host}/api/edx_proctoring/v2/exams/{found}/outage"
    session = demo.session("gina")
    if session.get(url, timeout=30).json()["measure"]:
        session.delete(url, json={"reason": "The test is over."}, timeout=30).raise_for_status()


@pytest.fixture
def gina_desk(gina: CourseTeam) -> Desk:
    """Global staff at the tab."""
    return Desk(gina)


def declare(desk: Desk, exam_id: int, text: str = "") -> None:
    """Open the dialog and let the exam go on, also for a learner who is being set up."""
    HttpLearner(desk.demo, exam_id).enter(proctored=True)
    desk.root.get_by_role("button", name="Continue without the provider").first.click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("The provider is down.")
    dialog.get_by_label("Message for learners").fill(text)
    dialog.get_by_label(re.compile("^Type the name of the exam")).fill(MIDTERM)
    dialog.get_by_role("button", name="Continue without the provider").click()
    # The request changes those who are being set up, maybe of other tests, and other workers keep the machine busy.
    expect(dialog.get_by_role("heading", name="Learners who were setting up")).to_be_visible(timeout=60_000)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_an_outage_from_its_start_to_the_decisions(
    gina_desk: Desk, desk: Desk, exam_id: int, inspect: Any, new_page: Callable[[], Page]
) -> None:
    page = gina_desk.page
    gina_desk.open(f"?pd=live&pd.exam={exam_id}")
    gina_desk.heading("Live")
    gina_desk.root.get_by_role("button", name="Continue without the provider").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile("Learners who enter before .+ take the exam without the provider."))
    inspect(page, "declare an outage")
    gina_desk.team.look("declare")
    dialog.get_by_role("button", name="Continue without the provider").click()
    expect(dialog.locator(".js-refusal")).to_contain_text("Some fields need to be corrected.")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    inspect(page, "declare an outage, refused")
    page.keyboard.press("Escape")
    expect(gina_desk.root.get_by_role("button", name="Continue without the provider")).to_be_focused()
    declare(gina_desk, exam_id, "An invigilator will come by.")
    banner = gina_desk.root.locator(".proctoring-desk__outage")
    expect(banner).to_contain_text(f"{MIDTERM} continues without its provider from")
    inspect(page, "outage in force")
    gina_desk.team.look("in-force")

    # Learners take it, without the provider.
    learners = [HttpLearner(gina_desk.demo, exam_id).enter(proctored=True) for _ in range(3)]
    assert [learner.poll()["status"] for learner in learners] == ["started"] * 3
    gina_desk.root.get_by_role("button", name="Refresh", exact=True).click()
    expect(gina_desk.row(learners[0].username)).to_contain_text("without the provider, during an outage")
    for learner in learners:
        learner.act("submit")

    # Course staff see it too, but neither end it nor decide.
    desk.open("?pd=overview")
    seen = desk.root.locator(".proctoring-desk__outage")
    expect(seen).to_contain_text("3 attempts are waiting for your decision.")
    expect(seen.get_by_role("button", name="End the outage")).to_have_count(0)
    desk.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    desk.team.look("banner-320")

    gina_desk.open()
    banner.get_by_role("button", name="Change the end").click()
    dialog.get_by_label("Reason").fill("still down")
    dialog.get_by_role("button", name="Change the end").click()
    expect(dialog).to_have_count(0)
    banner.get_by_role("button", name="End the outage").click()
    dialog.get_by_label("Reason").fill("it is back")
    gina_desk.team.look("end")
    dialog.get_by_role("button", name="End the outage").click()
    expect(banner).to_contain_text("was taken without its provider: 3 attempts are waiting for your decision.")

    banner.get_by_role("button", name="Decide").click()
    gina_desk.heading("Outage")
    inspect(page, "attempts of the outage")
    gina_desk.team.look("to-decide")
    for learner in learners[:2]:
        gina_desk.row(learner.username).get_by_role("checkbox").check()
    bar = gina_desk.root.get_by_role("region", name="Selected rows")
    bar.get_by_role("button", name="Accept").click()
    expect(dialog).to_contain_text("What would happen now: 2 done, 0 skipped, 0 failed.")
    inspect(page, "decide")
    dialog.get_by_label("Reason").fill("seen by an invigilator")
    dialog.get_by_role("button", name="Accept").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(gina_desk.row(learners[0].username)).to_have_count(0)
    expect(banner).to_contain_text("1 attempt is waiting for your decision.")
    gina_desk.act(gina_desk.row(learners[2].username), "Reject")
    dialog.get_by_label("Reason").fill("left the room")
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(banner).to_have_count(0)
    statuses = [gina_desk.demo.attempts(learner.username)[0]["status"] for learner in learners]
    assert statuses == ["verified", "verified", "rejected"]
    gina_desk.open("?pd=jobs")
    expect(gina_desk.root.get_by_role("row").filter(has_text="Outage: decisions").first).to_contain_text(
        "left the room"
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "not_allowed"), (404, "not_found"), (409, "measure_in_force"), (422, "invalid"), (502, "bad_gateway")],
)
def test_an_outage_that_is_refused(gina_desk: Desk, exam_id: int, inspect: Any, status: int, code: str) -> None:
    page = gina_desk.page
    gina_desk.open(f"?pd=outage&pd.exam={exam_id}")
    gina_desk.root.get_by_role("button", name="Continue without the provider").click()
    answer(page, OUTAGE, status, code)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("The provider is down.")
    dialog.get_by_label(re.compile("^Type the name of the exam")).fill(MIDTERM)
    dialog.get_by_role("button", name="Continue without the provider").click()
    expect(dialog.locator(".js-refusal")).to_contain_text("The reason in words.")
    expect(dialog.get_by_label("Reason")).to_have_value("The provider is down.")
    inspect(page, f"declare, {status}")


def test_an_outage_is_suggested_and_the_connection_is_cut(gina_desk: Desk, exam_id: int, inspect: Any) -> None:
    page = gina_desk.page
    answer(page, OUTAGE, 200, {"measure": None, "suggested": True, "undecided": 0})
    gina_desk.open(f"?pd=outage&pd.exam={exam_id}")
    banner = gina_desk.root.locator(".proctoring-desk__outage")
    expect(banner).to_contain_text(f"The provider of {MIDTERM} did not answer when it was last asked.")
    inspect(page, "outage suggested")
    gina_desk.team.look("suggested")
    page.unroute(OUTAGE)
    banner.get_by_role("button", name="Continue without the provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("The provider is down.")
    dialog.get_by_label(re.compile("^Type the name of the exam")).fill(MIDTERM)
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Continue without the provider").click()
    expect(dialog.locator(".js-refusal")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    inspect(page, "declare, no network")
    dialog.get_by_role("button", name="Continue without the provider").click()
    expect(banner).to_contain_text("continues without its provider from")


def test_outage_in_arabic_and_at_200_percent(gina_desk: Desk, exam_id: int, inspect: Any) -> None:
    page = gina_desk.page
    gina_desk.open(f"?pd=outage&pd.exam={exam_id}")
    declare(gina_desk, exam_id)
    expect(gina_desk.root.locator(".proctoring-desk__outage")).to_have_count(1)
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": gina_desk.demo.host}])
    gina_desk.open(f"?pd=outage&pd.exam={exam_id}")
    expect(gina_desk.root.locator(".proctoring-desk__outage")).to_have_count(1)
    text = gina_desk.root.inner_text()
    for word in ("Outage", "continues without", "End the outage", "Change the end", "Started by", "Waiting for"):
        assert word not in text
    # Latin names and sentences stand apart from the Arabic around them.
    for value in (MIDTERM, "gina", "The provider is down."):
        assert f"\u2068{value}\u2069" in text
    inspect(page, "outage, ar")
    gina_desk.team.look("ar")
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.locator("[data-action=end]").click()
    gina_desk.team.look("ar-200-percent")
