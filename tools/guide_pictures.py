"""Take the pictures of README and guides from a running demo, into ``docs/_static``.

Run ``make demo``, load a thousand learners as it says, then ``make guide-pictures``. Each picture is the part of a page
that a window of a laptop shows; ``make screenshots`` takes whole pages of every state.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect, sync_playwright

STATIC = Path(__file__).resolve().parents[1] / "docs/_static"
COURSE = "course-v1:Demo+PROC+2026"
TIMED, MIDTERM = "Timed quiz: the inner planets", "Midterm exam: stars"
WINDOW = {"width": 1100, "height": 640}
LARGEST = 150_000  # bytes of a picture

Keep = Callable[[str], None]


def learner(page: Page, host: str, keep: Keep) -> None:
    """A new learner at the entrance, in the timed quiz and in front of the set-up of a proctored exam."""
    made = page.request.post(
        f"{host}/_demo/learners", headers={"Accept": "application/json"}, data={"name": "Ann Learner"}
    ).json()
    page.goto(f"{host}/login/{made['username']}")
    page.goto(f"{host}/courses/{COURSE}/outline")
    page.get_by_role("link", name=TIMED).click()
    expect(page.get_by_role("button", name=re.compile("ready to start"))).to_be_visible()
    keep("learner-entrance")
    page.get_by_role("button", name=re.compile("ready to start")).click()
    expect(page.locator("h3#time_remaining_id b")).to_be_visible()
    page.wait_for_load_state("networkidle")
    keep("learner-running")
    page.goto(f"{host}/courses/{COURSE}/outline")
    page.get_by_role("link", name=MIDTERM).click()
    page.get_by_role("button", name=re.compile("Continue to my proctored exam")).click()
    expect(page.get_by_role("button", name=re.compile("Start System Check"))).to_be_visible()
    keep("learner-set-up")


def course_team(page: Page, host: str, keep: Keep) -> None:
    """The exam desk."""
    page.goto(f"{host}/login/stan")
    for panel, query in (("attempts", "&pd.status=verified"), ("allowances", "")):
        page.goto(f"{host}/courses/{quote(COURSE)}/instructor?pd={panel}{query}")
        desk = page.locator(".proctoring-desk")
        expect(desk.get_by_role("table").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        desk.evaluate("element => window.scrollTo(0, element.getBoundingClientRect().top + window.scrollY)")
        keep(f"desk-{panel}")


def author(page: Page, host: str, keep: Keep) -> None:
    """A subsection in Studio."""
    page.goto(f"{host}/login/stan")
    page.goto(f"{host}/courses/{COURSE}/outline")
    page.get_by_role("link", name="Studio").click()
    page.get_by_role("link", name=MIDTERM).first.click()
    page.wait_for_load_state("networkidle")
    keep("studio-exam")


def main() -> None:
    """Take all pictures. Raises ``RuntimeError`` if one is too big."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="http://127.0.0.1:18000", help="the demo (default: %(default)s)")
    host = parser.parse_args().host
    STATIC.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in (learner, course_team, author):
            page = browser.new_page(viewport=WINDOW, locale="en-US")

            def keep(name: str, page: Page = page) -> None:
                path = STATIC / f"{name}.png"
                page.screenshot(path=path)
                if path.stat().st_size > LARGEST:
                    raise RuntimeError(f"{path.name} has {path.stat().st_size} bytes, more than {LARGEST}")

            scene(page, host, keep)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
