"""The running demo, a browser, and the people in front of it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .demo_process import REPOSITORY, Demo
from .people import Administrator, Camera, CourseTeam, Learner, Reviewer

CHROMIUM_FLAGS = [
    # As root, in a container, without reaching out to anybody (build notes).
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SCREENSHOTS = REPOSITORY / "screenshots"

# Two cores may be busy with other test processes.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Scope "package": the loop that playwright leaves running would make Django refuse database work in later tests.


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all journeys, on free ports and in a folder of its own; it leaves no process behind."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "data")
    try:
        demo.wait_until_it_runs()
        yield demo
    finally:
        left = demo.stop()
    assert left == [], f"the demo left processes behind: {left}"


@pytest.fixture(autouse=True)
def healthy_provider(demo: Demo) -> None:
    """No journey inherits the faults of the one before."""
    demo.heal()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium with a new profile."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        pytest.fail("no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a page with cookies of its own: another person's browser. A script error on it fails the test."""
    contexts = []
    errors: list[str] = []

    def open_page() -> Page:
        context = chromium.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert errors == [], "scripts on the pages failed"


@pytest.fixture
def camera(request: pytest.FixtureRequest) -> Camera:
    """Keeps pictures in ``screenshots/<test>/`` when ``SCREENSHOTS=1``."""
    folder = SCREENSHOTS / re.sub(r"\W+", "-", request.node.name).strip("-")
    taken = 0
    wanted = os.environ.get("SCREENSHOTS") == "1"
    if wanted and folder.exists():
        shutil.rmtree(folder)

    def take(page: Page, step: str) -> None:
        nonlocal taken
        if not wanted:
            return
        taken += 1
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{taken:02}-{step}.png", full_page=True)

    return take


@pytest.fixture
def new_learner(demo: Demo, new_page: Callable[[], Page], camera: Camera) -> Callable[..., Learner]:
    """Makes a fresh verified learner and puts them in front of a browser. Every name is used once."""

    def make() -> Learner:
        name = f"Lena Berg {secrets.token_hex(3)}"
        return Learner(demo, new_page(), demo.new_learner(name), camera, name)

    return make


@pytest.fixture
def learner(new_learner: Callable[..., Learner]) -> Learner:
    """A fresh verified learner, logged in."""
    return new_learner()


@pytest.fixture
def reviewer(demo: Demo, new_page: Callable[[], Page], camera: Camera) -> Reviewer:
    """The provider's reviewer."""
    return Reviewer(demo, new_page(), camera)


@pytest.fixture
def stan(demo: Demo, new_page: Callable[[], Page], camera: Camera) -> CourseTeam:
    """Course staff."""
    return CourseTeam(demo, new_page(), "stan", camera)


@pytest.fixture
def gina(demo: Demo, new_page: Callable[[], Page], camera: Camera) -> Administrator:
    """Global staff, may enter Django admin."""
    return Administrator(demo, new_page(), "gina", camera)
