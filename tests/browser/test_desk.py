"""The exam desk of the course team, in Chromium: each panel in each of its states, with axe at two widths."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .demo_process import COURSE, Demo
from .people import MIDTERM, TIMED, CourseTeam, Learner, Reviewer
from .test_accessibility import Inspector, learner_who_broke_off

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 800}
API = "**/api/edx_proctoring/v2/"
LIST = re.compile(r"/v2/courses/[^/]+/attempts(\?|$)")


class Desk:
    """The desk in front of a member of the course team."""

    def __init__(self, team: CourseTeam) -> None:
        self.page = team.page
        self.team = team
        self.demo = team.demo

    @property
    def root(self) -> Locator:
        """The desk, without the panels below."""
        return self.page.locator(".proctoring-desk")

    def open(self, query: str = "") -> Desk:
        """Open the tab; the desk has arrived."""
        self.page.goto(f"{self.demo.host}/courses/{quote(COURSE)}/instructor{query}")
        expect(self.root).to_have_attribute("data-desk-state", "on")
        return self

    def heading(self, name: str) -> None:
        """The panel of this name is open."""
        expect(self.root.get_by_role("heading", name=name, level=3, exact=True)).to_be_visible()

    def row(self, username: str) -> Locator:
        """The row of a learner."""
        return self.root.get_by_role("row").filter(has=self.page.get_by_role("link", name=username, exact=True))

    def search(self, text: str) -> Locator:
        """Search, and return the one row that is left."""
        self.root.get_by_role("searchbox").fill(text)
        row = self.row(text)
        expect(row).to_be_visible()
        expect(self.root.locator(".js-count")).to_contain_text(re.compile(r"^1 "))
        return row

    def act(self, row: Locator, action: str | re.Pattern[str]) -> None:
        """Choose from the menu of a row."""
        row.get_by_role("button", name=re.compile("^Actions for")).click()
        self.page.get_by_role("menuitem", name=action).click()


@pytest.fixture
def desk(stan: CourseTeam) -> Desk:
    """Course staff at the tab."""
    return Desk(stan)


@pytest.fixture
def inspect() -> Iterator[Callable[[Page, str], None]]:
    """Looks at a page at both widths: no finding of axe, nothing sticks out. Complains when the test has ended."""
    inspector = Inspector()
    wide: list[str] = []

    def look(page: Page, step: str) -> None:
        for name, size in (("1280", WIDE), ("320", NARROW)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            inspector(page, f"{step} at {name}")
            excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if excess > 0:
                wide.append(f"{step} at {name}: {excess} px")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    yield look
    assert inspector.findings == []
    assert wide == []


def running_learner(demo: Demo, page: Page) -> Learner:
    """A learner whose clock runs."""
    learner = Learner(demo, page, demo.new_learner(), lambda page, step: None)
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    return learner


def answer(page: Page, url: Any, status: int, body: Any) -> None:
    """From now on, answer requests so, instead of the server."""

    def fulfil(route: Route) -> None:
        if status >= 400:
            problem = {
                "type": f"urn:edx-proctoring:problem:{body}",
                "title": body,
                "status": status,
                "code": body,
                "detail": "The reason in words.",
                "instance": "/",
                "request_id": "request-0815",
            }
            route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(problem))
        else:
            route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.route(url, fulfil)


def test_a_running_attempt_is_found_and_extended(desk: Desk, new_page: Callable[[], Page], inspect: Any) -> None:
    learner = running_learner(desk.demo, new_page())
    before = learner.seconds_left()
    desk.open()
    row = desk.search(learner.username)
    expect(row).to_contain_text("Started")
    inspect(desk.page, "attempts")
    desk.act(row, "Change the time")
    dialog = desk.page.get_by_role("dialog", name=re.compile("Change the time"))
    dialog.get_by_label("Minutes to add").fill("7")
    expect(dialog).to_contain_text(re.compile("Ends .+ → "))
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog.get_by_role("alert").filter(has_text="Some fields need to be corrected.")).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_be_focused()
    inspect(desk.page, "extend, refused")
    dialog.get_by_label("Reason").fill("fire alarm")
    desk.team.look("extend")
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("7 minutes of them added by staff")
    expect(row.get_by_role("button", name=re.compile("^Actions for"))).to_be_focused()
    inspect(desk.page, "extended")
    learner.reload()
    learner.see_questions()
    assert before + 6 * 60 < learner.seconds_left() <= before + 7 * 60
    # Why: in the drawer.
    row.get_by_role("link", name=learner.username).click()
    drawer = desk.page.get_by_role("dialog", name=re.compile(learner.username))
    drawer.get_by_text("Why this deadline").click()
    expect(drawer).to_contain_text("fire alarm")
    inspect(desk.page, "drawer")
    desk.team.look("drawer")


def test_what_is_shown_survives_a_reload_and_back(desk: Desk, new_page: Callable[[], Page]) -> None:
    running_learner(desk.demo, new_page())
    chip = desk.root.get_by_role("button", name=re.compile(r"^Started \d"))
    desk.open("?keep=1&pd=attempts&pd.status=started&pd.order=-username")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(desk.root.locator("th[aria-sort=descending]")).to_contain_text("Learner")
    desk.root.get_by_label("Exam", exact=True).select_option(label=TIMED)
    expect(desk.page).to_have_url(re.compile(r"\?keep=1&.*pd\.exam=\d+"))
    desk.page.reload()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(desk.root.get_by_label("Exam", exact=True)).not_to_have_value("")
    desk.page.go_back()
    expect(desk.root.get_by_label("Exam", exact=True)).to_have_value("")


def test_the_states_of_a_list(desk: Desk, inspect: Any) -> None:
    page = desk.page
    answer(page, LIST, 500, "internal_error")
    desk.open()
    expect(desk.root).to_contain_text("The reason in words.")
    expect(desk.root).to_contain_text("request-0815")
    inspect(page, "failed")
    desk.team.look("failed")

    page.unroute(LIST)
    answer(page, LIST, 403, "staff_required")
    desk.root.get_by_role("button", name="Try again").click()
    expect(desk.root.get_by_text("You are no longer staff of this course.").first).to_be_visible()
    expect(desk.root.get_by_role("button", name="Try again")).to_have_count(0)
    inspect(page, "no longer staff")

    page.unroute(LIST)
    nothing = {"next": None, "previous": None, "count": 0, "num_pages": 1, "current_page": 1, "start": 0, "results": []}
    answer(page, LIST, 200, nothing)
    desk.open()
    expect(desk.root).to_contain_text("No learner has started an exam yet.")
    inspect(page, "empty")
    desk.open("?pd.search=nobody-of-this-name")
    expect(desk.root).to_contain_text("Nothing matches these filters:")
    inspect(page, "nothing matches")
    desk.team.look("nothing-matches")

    page.unroute(LIST)
    page.route(LIST, lambda route: None)
    desk.page.goto(f"{desk.demo.host}/courses/{quote(COURSE)}/instructor")
    expect(desk.root.get_by_text("Loading the list…")).to_be_visible()
    inspect(page, "loading")
    page.unroute(LIST)


def test_a_refresh_that_fails_keeps_the_rows(desk: Desk, new_page: Callable[[], Page], inspect: Any) -> None:
    learner = running_learner(desk.demo, new_page())
    desk.open(f"?pd.search={learner.username}")
    expect(desk.row(learner.username)).to_be_visible()
    answer(desk.page, LIST, 500, "internal_error")
    desk.root.get_by_role("button", name="Refresh", exact=True).click()
    expect(desk.root).to_contain_text("could not be refreshed")
    expect(desk.row(learner.username)).to_be_visible()
    inspect(desk.page, "stale")
    desk.team.look("stale")


def test_no_input_is_lost_without_network_or_session(desk: Desk, new_page: Callable[[], Page], inspect: Any) -> None:
    learner = running_learner(desk.demo, new_page())
    desk.open(f"?pd.search={learner.username}")
    desk.act(desk.row(learner.username), "Change the time")
    dialog = desk.page.get_by_role("dialog", name=re.compile("Change the time"))
    dialog.get_by_label("Minutes to add").fill("3")
    dialog.get_by_label("Reason").fill("fire alarm")
    desk.page.context.set_offline(True)
    send = dialog.get_by_role("button", name="Change the time")
    send.click()
    expect(dialog.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    desk.page.context.set_offline(False)
    inspect(desk.page, "no network")
    cookies = desk.page.context.cookies()
    desk.page.context.clear_cookies(name="sessionid")
    send.click()
    expect(dialog.get_by_role("alert").filter(has_text="Log in again in another tab")).to_be_visible()
    desk.team.look("logged-out")
    desk.page.context.add_cookies([cookie for cookie in cookies if cookie.get("name") == "sessionid"])  # type: ignore[misc]
    expect(dialog.get_by_label("Reason")).to_have_value("fire alarm")
    send.click()
    expect(dialog).to_have_count(0)
    expect(desk.row(learner.username)).to_contain_text("3 minutes of them added by staff")


def test_the_keyboard_is_enough(desk: Desk, new_page: Callable[[], Page]) -> None:
    learner = running_learner(desk.demo, new_page())
    desk.open()
    page = desk.page
    desk.root.get_by_role("searchbox").focus()
    page.keyboard.type(learner.username)
    page.keyboard.press("Enter")
    expect(desk.root.locator(".js-count")).to_contain_text(re.compile("^1 "))
    menu = desk.row(learner.username).get_by_role("button", name=re.compile("^Actions for"))
    for _ in range(60):
        page.keyboard.press("Tab")
        if menu.evaluate("button => button === document.activeElement"):
            break
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Details")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Minutes to add")).to_be_focused()
    page.keyboard.type("4")
    page.keyboard.press("Tab")
    page.keyboard.type("fire alarm")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(desk.row(learner.username)).to_contain_text("4 minutes of them added by staff")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name=re.compile(learner.username))
    expect(drawer.get_by_role("heading", level=2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(menu).to_be_focused()


@pytest.mark.parametrize("language", ["ar", "es-419", "fr", "zh-cn"])
def test_the_desk_speaks_the_readers_language(desk: Desk, inspect: Any, language: str) -> None:
    desk.page.context.add_cookies([{"name": "django_language", "value": language, "url": desk.demo.host}])
    desk.open("?pd.search=nobody-of-this-name")
    text = desk.root.inner_text()
    for word in ("Attempts", "Refresh", "Nothing matches", "All exams", "Status", "Filters"):
        assert word not in text
    is_rtl = language == "ar"
    direction = desk.page.evaluate("getComputedStyle(document.querySelector('.proctoring-desk')).direction")
    assert direction == ("rtl" if is_rtl else "ltr")
    inspect(desk.page, language)
    desk.team.look(language)


def test_two_learners_may_resume_and_are_reset(desk: Desk, new_page: Callable[[], Page], inspect: Any) -> None:
    learners = [learner_who_broke_off(desk.demo, new_page()) for _ in range(2)]
    names = [learner.username for learner in learners]
    desk.open("?pd=attempts&pd.status=error&pd.size=100")

    def select() -> Locator:
        for name in names:
            desk.row(name).get_by_role("checkbox").check()
        return desk.root.get_by_role("region", name="Selected rows")

    bar = select()
    expect(bar).to_contain_text("2 selected")
    inspect(desk.page, "bulk bar")
    bar.get_by_role("button", name="Let resume").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("What would happen now: 2 done, 0 skipped, 0 failed.")
    dialog.get_by_label("Reason").fill("power cut")
    dialog.get_by_role("button", name="Release").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog).to_contain_text("2 done, 0 skipped, 0 failed")
    inspect(desk.page, "job is done")
    desk.team.look("job-is-done")
    dialog.get_by_role("button", name="Close").click()
    for name in names:
        expect(desk.row(name)).to_contain_text("Released: the learner may resume")

    select().get_by_role("button", name="Reset").click()
    expect(dialog).to_contain_text("This cannot be undone.")
    dialog.get_by_label("Reason").fill("again from the beginning")
    dialog.get_by_role("button", name="Reset").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog).to_contain_text("2 done, 0 skipped, 0 failed")
    dialog.get_by_role("button", name="Close").click()
    for name in names:
        expect(desk.row(name)).to_have_count(0)
        assert desk.demo.attempts(name) == []
    desk.open("?pd=jobs")
    expect(desk.root.get_by_role("row").filter(has_text="again from the beginning")).to_contain_text("2 done")
    inspect(desk.page, "jobs")
    desk.team.look("jobs")


def test_a_review_is_decided(demo: Demo, new_page: Callable[[], Page], gina: CourseTeam, inspect: Any) -> None:
    name = f"Rita Review {secrets.token_hex(3)}"
    learner = Learner(demo, new_page(), demo.new_learner(name), lambda page, step: None, name)
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    Reviewer(demo, new_page(), lambda page, step: None).give_verdict(name, "Suspicious", "A phone was seen.")
    desk = Desk(gina).open("?pd=reviews")
    row = desk.row(learner.username)
    expect(row).to_contain_text("Suspicious")
    inspect(desk.page, "reviews")
    desk.act(row, "Decide")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("A phone was seen.")
    inspect(desk.page, "decision")
    gina.look("decision")
    dialog.get_by_role("button", name="Decide").click()
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    dialog.get_by_role("radio", name=re.compile("^Verify")).check()
    dialog.get_by_label("Comment").fill("It was a calculator.")
    dialog.get_by_role("button", name="Decide").click()
    expect(row).to_have_count(0)
    desk.root.get_by_label("State").select_option(label="Decided")
    expect(row).to_contain_text("decided by gina")
    expect(row).to_contain_text("Verified")
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")


def test_the_overview_has_the_numbers_and_leads_to_the_attempts(
    desk: Desk, new_page: Callable[[], Page], inspect: Any
) -> None:
    running_learner(desk.demo, new_page())
    desk.open("?pd=overview")
    desk.heading("Overview")
    row = desk.root.get_by_role("row").filter(has_text=TIMED)
    expect(row).to_contain_text("Started: ")
    chart = desk.root.get_by_role("figure", name="Exams started")
    column = chart.get_by_role("img").last
    chart.get_by_role("button", name="Show as table").focus()
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("End")
    expect(column).to_be_focused()
    expect(chart.locator(".js-value")).to_have_text(str(column.get_attribute("aria-label")))
    inspect(desk.page, "overview")
    desk.team.look("overview-charts")
    chart.get_by_role("button", name="Show as table").press("Enter")
    expect(chart.get_by_role("table", name="Exams started")).to_be_visible()
    inspect(desk.page, "overview, as table")
    desk.team.look("overview")
    desk.act(row, "Attempts")
    desk.heading("Attempts")
    expect(desk.root.get_by_label("Exam", exact=True)).not_to_have_value("")
    answer(desk.page, re.compile(r"/v2/courses/[^/]+/summary"), 422, "too_many_points")
    desk.open("?pd=overview")
    expect(desk.root).to_contain_text("The reason in words.")
    inspect(desk.page, "overview, refused")
