"""Every dialog with the keyboard alone, and under axe without any finding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .demo_process import Demo
from .people import MIDTERM, TIMED, CourseTeam, Learner
from .test_accessibility import AXE

FOCUS_IS_INSIDE = "dialog => dialog.contains(document.activeElement)"


def axe_findings(page: Page, selector: str) -> list[str]:
    """Every violation within one element, whatever its impact."""
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("selector => axe.run(selector, {resultTypes: ['violations']})", selector)
    assert result["passes"], "axe has looked at something"
    return [
        f"{violation['id']} ({violation['impact']}): {[node['target'] for node in violation['nodes']]}"
        for violation in result["violations"]
    ]


def assert_the_keyboard_stays_inside(page: Page, dialog: Locator) -> None:
    """Tab and Shift+Tab go round in the dialog, and reach more than one place or the only one."""
    expect(dialog).to_be_visible()
    page.wait_for_timeout(100)
    assert dialog.evaluate(FOCUS_IS_INSIDE), "the dialog has the focus when it opens"
    for key in ("Tab", "Shift+Tab"):
        for _ in range(15):
            page.keyboard.press(key)
            assert dialog.evaluate(FOCUS_IS_INSIDE), f"{key} has left the dialog"


def assert_named(dialog: Locator, name: str) -> None:
    expect(dialog).to_have_accessible_name(name)


def assert_focus(button: Locator) -> None:
    expect(button).to_be_focused()


@pytest.mark.contract("accessibility#dialogs", "exam-buttons#error-dialog")
class TestTheErrorDialog:
    """What a learner gets to read when a step does not work."""

    NAME = "Your set-up is not complete"

    @pytest.fixture
    def at_the_set_up(self, learner: Learner) -> Learner:
        learner.open_exam(MIDTERM)
        learner.register()
        return learner

    def open_dialog(self, learner: Learner) -> Locator:
        button = learner.page.get_by_role("button", name="Start Proctored Exam")
        button.focus()
        learner.page.keyboard.press("Enter")
        return learner.page.locator("#accessible-error-modal")

    @pytest.mark.parametrize("close_with", ["Escape", "OK", "Close"])
    def test_of_the_host(self, at_the_set_up: Learner, close_with: str) -> None:
        page = at_the_set_up.page
        dialog = self.open_dialog(at_the_set_up)
        assert_the_keyboard_stays_inside(page, dialog)
        assert_named(page.get_by_role("dialog"), self.NAME)
        at_the_set_up.look("error-dialog")
        assert axe_findings(page, "#accessible-error-modal") == []
        if close_with == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name=close_with).press("Enter")
        expect(dialog).to_be_hidden()
        assert_focus(page.get_by_role("button", name="Start Proctored Exam"))

    def test_of_our_own_where_the_host_has_none(self, at_the_set_up: Learner) -> None:
        page = at_the_set_up.page

        def without_the_hosts_dialog(route: Route) -> None:
            answer = route.fetch()
            text = answer.text()
            # The host's stands behind the content, ours in it; ours is kept when it is the only one of its ids.
            for name in ("accessible-error-modal", "acessible-error-title", "confirm_open_button"):
                assert text.count(f'id="{name}"') == 2
                head, _, tail = text.rpartition(f'id="{name}"')
                text = f'{head}id="hosts-{name}"{tail}'
            route.fulfill(response=answer, body=text)

        page.route("**/courseware/**", without_the_hosts_dialog)
        page.reload()
        dialog = self.open_dialog(at_the_set_up)
        assert_the_keyboard_stays_inside(page, dialog)
        assert_named(page.locator("#accessible-error-modal [role=dialog]"), self.NAME)
        assert axe_findings(page, "#accessible-error-modal") == []
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert_focus(page.get_by_role("button", name="Start Proctored Exam"))

    def test_in_the_page_where_the_host_has_no_dialogs_at_all(self, at_the_set_up: Learner) -> None:
        page = at_the_set_up.page
        page.evaluate("delete window.accessible_modal")
        self.open_dialog(at_the_set_up)
        notice = page.get_by_role("alertdialog")
        assert_named(notice, self.NAME)
        assert_focus(notice)
        assert axe_findings(page, ".js-proctoring-alert-dialog") == []


@pytest.mark.contract("accessibility#dialogs")
class TestTheFormsOfTheCourseTeam:
    """Dialogs of the Special Exams tab."""

    @pytest.fixture
    def allowed(self, demo: Demo, new_page: Callable[[], Page], stan: CourseTeam) -> str:
        """A learner with an allowance."""
        username = demo.new_learner()
        stan.open_panel("Allowance Section")
        stan.press("Add Allowance")
        form = stan.page.get_by_role("dialog")
        form.get_by_label("Usernames or emails, separated by commas").fill(username)
        form.get_by_label("Kind of exam").select_option(label="Timed exams")
        form.get_by_label("Timed exams: choose one or more").select_option(label=TIMED)
        form.get_by_label("Allowance Type").select_option("additional_time_granted")
        form.locator("#allowance_value").fill("20")
        form.get_by_role("button", name="Save").click()
        expect(stan.page.get_by_role("button", name=username)).to_be_visible()
        return username

    def check(self, stan: CourseTeam, opener: Locator, name: str) -> None:
        page = stan.page
        opener.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        assert_named(dialog, name)
        assert_the_keyboard_stays_inside(page, dialog)
        stan.look(name)
        assert axe_findings(page, "#modalContainer") == []
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        assert_focus(opener)

    def test_add_an_allowance(self, stan: CourseTeam) -> None:
        stan.open_panel("Allowance Section")
        opener = stan.page.get_by_role("button", name="Add Allowance")
        self.check(stan, opener, "Add a New Allowance")

    def test_edit_an_allowance(self, stan: CourseTeam, allowed: str) -> None:
        row = stan.page.get_by_role("button", name=allowed)
        if row.get_attribute("aria-expanded") == "false":
            row.click()
        opener = stan.page.get_by_role("button", name=re.compile(f"Edit: .* for {allowed} in"))
        self.check(stan, opener, "Edit Allowance")


def test_the_findings_of_axe_are_not_empty_by_mistake(new_page: Callable[[], Page]) -> None:
    """The control: a dialog with faults of little impact, too, is reported."""
    page = new_page()
    page.set_content("<html lang='en'><div id='modal' role='dialog'><h4></h4><input><b style='color:#ccc'>Hi</b></div>")
    found: Any = {finding.split()[0] for finding in axe_findings(page, "#modal")}
    assert {"label", "color-contrast", "empty-heading", "aria-dialog-name"} <= found
