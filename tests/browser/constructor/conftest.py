"""A demo over https whose courses Constructor Proctor proctors, and browsers with and without cookies of other sites.

Host (``127.0.0.1``) and vendor (``localhost``) are two sites for a browser; ``*.example`` is this machine, too, and
stands for sites of strangers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import CHROMIUM_FLAGS, NewDemo, find_chromium
from tests.browser.demo_process import REPOSITORY, Demo
from tests.browser.people import Camera

from .accounts import tokens
from .people import Candidate

FLAGS = [*CHROMIUM_FLAGS, "--host-resolver-rules=MAP *.example 127.0.0.1"]


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """A demo of Constructor Proctor with all accounts of these tests."""
    folder = tmp_path_factory.mktemp("constructor")
    base = json.loads((REPOSITORY / "demo" / "settings" / "tokens.json").read_text("utf-8"))

    def configure(vendor: str) -> dict[str, str]:
        path = folder / "tokens.json"
        path.write_text(json.dumps(tokens(base, vendor)), "utf-8")
        return {"DEMO_TOKENS_FILE": str(path)}

    with new_demo(folder, "--provider", "constructor", configure=configure, over_https=True) as demo:
        demo.run("tests.browser.constructor.stage")
        yield demo


@pytest.fixture(scope="package")
def strict_chromium(chromium: Browser) -> Iterator[Browser]:
    """A Chromium that blocks cookies of other sites, as it does in each context that is not a profile's."""
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=FLAGS)
    yield browser
    browser.close()


class Browsers:
    """Opens browsers of people, each with cookies of its own. A script error on a page fails the test."""

    def __init__(self, strict: Browser, folder: Path) -> None:
        self._strict = strict
        self._folder = folder
        self._opened: list[BrowserContext] = []
        self.errors: list[str] = []

    def open(self, *, third_party_cookies: bool = False, scripts: bool = True, **options: object) -> BrowserContext:
        """A browser that is new to all sites, with one page. ``options``: of the context."""
        wishes: dict[str, Any] = {
            "ignore_https_errors": True,
            "java_script_enabled": scripts,
            "locale": "en-US",
            "viewport": {"width": 1200, "height": 900},
            **options,
        }
        if third_party_cookies:
            context = self._launch_with_profile(**wishes)
        else:
            context = self._strict.new_context(**wishes)
            context.new_page()
        context.set_default_timeout(30_000)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self._opened.append(context)
        return context

    def _launch_with_profile(self, **wishes: Any) -> BrowserContext:
        """Only a profile's settings allow cookies of other sites."""
        profile = self._folder / f"profile-{len(self._opened)}"
        preferences = profile / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}), "utf-8")
        return self._strict.browser_type.launch_persistent_context(
            profile, executable_path=find_chromium(), args=FLAGS, **wishes
        )

    def close(self) -> None:
        for context in self._opened:
            context.close()


@pytest.fixture
def browsers(strict_chromium: Browser, tmp_path: Path) -> Iterator[Browsers]:
    """Browsers for this test; they are closed at its end."""
    browsers = Browsers(strict_chromium, tmp_path)
    yield browsers
    browsers.close()
    assert browsers.errors == [], "scripts on the pages failed"


@pytest.fixture
def new_page(browsers: Browsers) -> Callable[[], Page]:
    """As in the other journeys: a browser of its own for each person."""
    return lambda: browsers.open().pages[0]


@pytest.fixture
def new_candidate(demo: Demo, browsers: Browsers, camera: Camera) -> Callable[..., Candidate]:
    """Puts a fresh learner in front of a browser. ``options``: of ``Browsers.open``."""

    def make(backend: str = "constructor", **options: object) -> Candidate:
        page = browsers.open(**options).pages[0]  # type: ignore[arg-type]
        name = f"Lena Berg {secrets.token_hex(3)}"
        return Candidate(demo, page, demo.new_learner(name), camera, name, backend=backend)

    return make


@pytest.fixture
def candidate(new_candidate: Callable[..., Candidate]) -> Candidate:
    """A learner whose browser blocks cookies of other sites."""
    return new_candidate()
