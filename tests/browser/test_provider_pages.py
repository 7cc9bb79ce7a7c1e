"""The mock provider's own pages at two widths, and what the demo delivers later by itself."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

import jwt
import pytest
import requests
from playwright.sync_api import Error, Page, expect

from .demo_process import COURSE, Demo
from .people import MIDTERM, Learner, Reviewer
from .test_accessibility import Inspector
from .waiting import eventually

REDELIVERY_SECONDS = 60
CLOSING_SECONDS = 30


def instructor_link(provider: str, **claims: Any) -> str:
    """The link of an exam's dashboard, as the host signs it."""
    claims = {"iss": "mock", "exp": time.time() + 60, **claims}
    return f"{provider}/api/v1/instructor/mock/?jwt={jwt.encode(claims, 'mocksecret')}"


class Looker:
    """Stands where the camera stands: axe, sideways scrolling, and how much of the window is used."""

    def __init__(self, demo: Demo, camera) -> None:
        self.demo = demo
        self.inspector = Inspector()
        self.camera = camera
        self.too_wide: list[str] = []
        self.half_empty: list[str] = []

    def __call__(self, page: Page, step: str) -> None:
        """Look at this page, if it is the provider's."""
        if not page.url.startswith(self.demo.provider):
            return
        self.camera(page, step)
        self.inspector(page, step)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.too_wide.append(step)
        used = page.evaluate(
            "(document.querySelector('.stage__side') || document.querySelector('main')).getBoundingClientRect().bottom"
            " / window.innerHeight"
        )
        if step.startswith("software") and used < 0.8:
            self.half_empty.append(step)


@pytest.mark.parametrize("width", [1200, 320])
def test_the_providers_pages_fit_their_window(demo: Demo, new_page, camera, width: int) -> None:
    look = Looker(demo, camera)
    size = {"width": width, "height": 800}
    learner = Learner(demo, new_page(), demo.new_learner("Axel Axelson"), look, "Axel Axelson")
    learner.page.clock.install()
    learner.page.set_viewport_size(size)
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    learner.register()
    with learner.page.expect_popup() as popup:
        learner.press(re.compile("Start System Check"))
    software = learner.software = popup.value
    software.set_viewport_size(size)
    expect(software.get_by_text("All checks passed.")).to_be_visible()
    look(software, "software-checks")
    software.get_by_role("button", name="I am ready").click()
    expect(software.get_by_text("You are ready.")).to_be_visible()
    look(software, "software-ready")
    learner.read_rules()
    learner.start()
    expect(software.get_by_text("Monitoring. Your exam is running.")).to_be_visible()
    current = software.locator("[aria-current='step']")
    expect(current).to_have_text(re.compile("Work on the exam"))
    look(software, "software-monitoring")
    learner.submit()
    expect(software.get_by_text("Your recording was handed in.").first).to_be_visible()
    expect(current).to_have_text(re.compile("Hand the exam in"))
    look(software, "software-sent")

    page = new_page()
    page.set_viewport_size(size)
    Reviewer(demo, page, look).give_verdict(learner.username, "Suspicious", "Looked away.")
    expect(page.get_by_role("button", name="Send the verdict")).to_be_hidden()
    page.get_by_text("Correct the verdict").click()
    expect(page.get_by_role("button", name="Send the verdict")).to_be_visible()
    look(page, "correction")
    for path, step in (("/", "front-page"), ("/reviewer/?show=all", "all-attempts"), ("/reviewer/x/", "missing")):
        page.goto(demo.provider + path)
        look(page, step)

    token = {"course_id": COURSE, "exam_id": demo.attempts(learner.username)[0]["proctored_exam"]["external_id"]}
    page.goto(instructor_link(demo.provider, **token))
    expect(page.get_by_role("row").filter(has_text=learner.username)).to_be_visible()
    look(page, "instructor")

    assert {"software-checks", "software-ready", "software-monitoring", "reviewer-desk", "verdict-sent"} <= set(
        look.inspector.steps
    )
    assert look.inspector.findings == []
    assert look.too_wide == []
    assert look.half_empty == []


def test_the_stopped_software_leads_back_to_the_exam(learner: Learner) -> None:
    learner.page.clock.install()
    learner.reach_the_exam(MIDTERM)
    software = learner.software
    assert software is not None
    software.get_by_role("button", name="Quit the software").click()
    expect(software.get_by_text("Go to the exam page: it says how you go on.")).to_be_visible()
    expect(software.locator("[aria-current='step']")).to_have_count(0)
    learner.page.clock.run_for(31_000)
    learner.heading("A system error has occurred with your proctored exam")
    with software.expect_popup() as popup:
        software.get_by_role("link", name="Go to the exam page").click()
    heading = popup.value.get_by_role("heading", name="A system error has occurred with your proctored exam")
    expect(heading).to_be_visible()


def software_state(demo: Demo, learner: Learner) -> str | None:
    """What the exam page would be answered if it asked now whether the software runs."""
    [attempt] = demo.attempts(learner.username)
    reply = requests.get(f"{demo.provider}/desktop/ping", params={"attempt": attempt["external_id"]}, timeout=10)
    return reply.json()["status"]


def test_closing_the_software_during_the_exam_interrupts_the_exam(learner: Learner) -> None:
    learner.page.clock.install()
    learner.reach_the_exam(MIDTERM)
    software = learner.software
    assert software is not None
    # The control: a reload ends the page too, and the software goes on.
    software.reload()
    expect(software.get_by_text("Monitoring. Your exam is running.")).to_be_visible()
    assert software_state(learner.demo, learner) == "running"

    with software.expect_event("close"):
        software.evaluate("window.setTimeout(() => window.close())")
        # The clock is that of both pages, and one of them may be gone before it answers.
        with suppress(Error):
            learner.page.clock.run_for(1)
    eventually(lambda: software_state(learner.demo, learner) is None, "the software ends", CLOSING_SECONDS)
    # The page asks the software at half of its ping interval of 60 seconds.
    learner.page.clock.run_for(31_000)
    learner.heading("A system error has occurred with your proctored exam")


def test_what_the_provider_missed_is_delivered_without_anybodys_help(learner: Learner) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    demo.scenario(fail=[{"method": "PATCH", "path": "/attempt/", "status": 503}])
    learner.submit()
    [attempt] = demo.attempts(learner.username)

    def heard() -> bool:
        seen = demo.provider_saw("PATCH", f"/attempt/{attempt['external_id']}/")
        return any(entry["body"] == {"status": "submitted"} for entry in seen)

    assert heard(), "it was told, and answered with an error"
    demo.heal()  # the journal is empty now
    assert not heard()
    eventually(heard, "it is tried again", REDELIVERY_SECONDS)
