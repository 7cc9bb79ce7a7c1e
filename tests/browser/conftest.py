"""The running demo, a browser, and the people in front of it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .demo_process import REPOSITORY, Demo, migrated_database
from .people import Administrator, Camera, CourseTeam, Learner, Reviewer

CHROMIUM_FLAGS = [
    # As root, in a container, without reaching out to anybody (build notes).
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# A front end on another host, whose pages tests serve themselves.
FRONT_END = "http://127.0.0.1:9"
SCREENSHOTS = REPOSITORY / "screenshots"
# The fixture ``new_demo``.
NewDemo = Callable[..., AbstractContextManager[Demo]]

# Two cores may be busy with the other worker, and its demo and browser.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def new_demo(tmp_path_factory: pytest.TempPathFactory) -> NewDemo:
    """Runs a demo on free ports and in a folder of its own; it leaves no process behind. Arguments: of ``Demo``."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    @contextmanager
    def run(folder: Path, *options: str, **more: Any) -> Iterator[Demo]:
        demo = Demo(folder / "data", *options, database=migrated_database(shared / "migrated-demo"), **more)
        try:
            demo.wait_until_it_runs()
            yield demo
        finally:
            left = demo.stop()
        assert left == [], f"the demo left processes behind: {left}"

    return run


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """One demo for all journeys of a worker that need nothing special."""
    front_ends = {"DEMO_FRONT_ENDS": FRONT_END}
    with new_demo(tmp_path_factory.mktemp("demo"), configure=lambda _provider: front_ends) as demo:
        yield demo


@pytest.fixture(autouse=True)
def healthy_provider(demo: Demo) -> None:
    """No journey inherits the faults of the one before."""
    demo.heal()


def find_chromium() -> str:
    """The path of Chromium."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        pytest.fail("no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    return executable


# Scope "package": the loop that playwright leaves running would make Django refuse database work in later tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium with a new profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a page with cookies of its own: another person's browser. A script error on it fails the test."""
    contexts = []
    errors: list[str] = []

    def open_page() -> Page:
        context = chromium.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
        context.set_default_timeout(30_000)
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
