"""Every screen of a learner, one by one, in real Chromium: pictures, axe-core, narrow and enlarged pages, Arabic,
forced colours, reduced motion.

``make screenshots`` keeps the pictures in ``screenshots/gallery/<page>-<width>.png``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import SCREENSHOTS, NewDemo
from .demo_process import REPOSITORY, Demo
from .gallery import PICTURES, Picture, tokens
from .test_accessibility import AXE

GALLERY = SCREENSHOTS / "gallery"
DESKTOP, ENLARGED, NARROW = 1280, 640, 320
RTL = {name: picture for name, picture in PICTURES.items() if picture.rtl}


def configure(folder: Path) -> Callable[[str], dict[str, str]]:
    """The demo's settings file with the gallery's providers, written into a folder."""

    def write(provider_url: str) -> dict[str, str]:
        base = json.loads((REPOSITORY / "demo/settings/tokens.json").read_text("utf-8"))
        file = folder / "tokens.json"
        file.write_text(json.dumps(tokens(base, provider_url)), "utf-8")
        return {"DEMO_TOKENS_FILE": str(file)}

    return write


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """A demo of the gallery's own: it has more providers, and its courses are in every state."""
    folder = tmp_path_factory.mktemp("gallery")
    with new_demo(folder, configure=configure(folder)) as demo:
        yield demo


@pytest.fixture(scope="module")
def stage(demo: Demo) -> dict[str, dict[str, str]]:
    """Picture -> who looks at which address."""
    staged: dict[str, dict[str, str]] = json.loads(demo.run("tests.browser.gallery_stage"))
    return staged


class Visitor:
    """Walks through the gallery with one browser profile: always in the shoes of the learner of the picture."""

    def __init__(self, demo: Demo, stage: dict[str, dict[str, str]], browser: Browser, **options: Any) -> None:
        self._demo, self._stage = demo, stage
        self._context = browser.new_context(viewport={"width": DESKTOP, "height": 900}, **options)
        self._context.set_default_timeout(30_000)
        self.errors: list[str] = []
        self._context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.page = self._context.new_page()

    def visit(self, name: str) -> Page:
        """Stand in front of a picture, at the desk."""
        picture, place = PICTURES[name], self._stage[name]
        self.errors.clear()
        self.page.unroute_all()
        if picture.is_provider_down:
            self._demo.scenario(drop_connection=[{"path": "^/api/"}])
        self.page.set_viewport_size({"width": DESKTOP, "height": 900})
        self.page.goto(f"{self._demo.host}/login/{place['username']}?{urlencode({'next': place['address']})}")
        if picture.is_dialog_ours:
            # Not before: what a redirect leads to is not routed.
            self.page.route("**/courseware/**", without_the_hosts_dialog)
            self.page.reload()
        for button in picture.act:
            self.page.get_by_role("button", name=button).click()
        if picture.dialog:
            expect(self.page.get_by_role("dialog").get_by_role("heading", name=picture.dialog)).to_be_visible()
        elif is_interstitial(picture):
            expect(self.page.locator("h2:visible").first).to_be_visible()
        elif "running" in name:
            expect(self.page.locator("h3#time_remaining_id b")).to_be_visible()
        return self.page

    def resize(self, width: int) -> None:
        """Another window, or the same one with bigger letters."""
        self.page.set_viewport_size({"width": width, "height": 900})

    def close(self) -> None:
        """Go home."""
        self._context.close()


def without_the_hosts_dialog(route: Route) -> None:
    """The page as a host gives it that has no dialog for errors; the package's own is then used."""
    reply = route.fetch()
    text, count = re.subn(
        r'<div id="accessible-error-modal" class="modal" role="dialog".*?\n</div>', "", reply.text(), flags=re.DOTALL
    )
    assert count == 1
    route.fulfill(response=reply, body=text)


def is_interstitial(picture: Picture) -> bool:
    """Whether one of the package's pages stands in the place of the exam's content."""
    return bool(picture.situation) or picture.backend == "nobody"


def keep(page: Page, name: str, width: int) -> None:
    """Hang the picture, when pictures are wanted."""
    if os.environ.get("SCREENSHOTS") == "1":
        GALLERY.mkdir(parents=True, exist_ok=True)
        # A dialog's backdrop is as high as the window.
        page.screenshot(path=GALLERY / f"{name}-{width}.png", full_page=not PICTURES[name.removesuffix("-ar")].dialog)


@pytest.fixture(scope="module", autouse=True)
def _empty_walls() -> None:
    """No picture of a page that is gone stays behind."""
    if os.environ.get("SCREENSHOTS") == "1":
        for file in GALLERY.glob("*.png"):
            if file.stem.rpartition("-")[0].removesuffix("-ar") not in PICTURES:
                file.unlink()


@pytest.fixture(scope="module")
def visitor(demo: Demo, stage: dict[str, dict[str, str]], chromium: Browser) -> Iterator[Visitor]:
    """Somebody who reads English."""
    visitor = Visitor(demo, stage, chromium, locale="en-US")
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def arab(demo: Demo, stage: dict[str, dict[str, str]], chromium: Browser) -> Iterator[Visitor]:
    """Somebody who reads Arabic."""
    visitor = Visitor(demo, stage, chromium, locale="ar")
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def sensitive(demo: Demo, stage: dict[str, dict[str, str]], chromium: Browser) -> Iterator[Visitor]:
    """Somebody who set few colours and no motion in the operating system."""
    visitor = Visitor(demo, stage, chromium, locale="en-US", forced_colors="active", reduced_motion="reduce")
    yield visitor
    visitor.close()


def violations(page: Page) -> list[str]:
    """Everything that axe-core has against a page, of whatever gravity; the rule on the size of targets is on, too."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})")
    return [
        f"{found['id']} ({found['help']}) at {'; '.join(str(node['target']) for node in found['nodes'][:3])}"
        for found in result["violations"]
    ]


STICKING_OUT = """() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')].filter(element => {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        if (!box.width || !box.height || style.visibility === 'hidden' || style.clipPath !== 'none') { return false; }
        return (box.right > width + 1 || box.left < -1) && style.position !== 'absolute';
    }).slice(0, 3).map(element => element.tagName + '.' + element.className).concat(
        document.documentElement.scrollWidth > width ? ['the page itself: ' + document.documentElement.scrollWidth] : []
    );
}"""


@pytest.mark.contract("accessibility#axe", "accessibility#reflow")
@pytest.mark.parametrize("name", PICTURES)
def test_a_screen_is_accessible_and_fits(visitor: Visitor, name: str) -> None:
    page = visitor.visit(name)
    keep(page, name, DESKTOP)
    assert violations(page) == []
    # 1280 pixels at 200 % are 640 of them.
    visitor.resize(ENLARGED)
    assert page.evaluate(STICKING_OUT) == [], "at 200 %"
    visitor.resize(NARROW)
    keep(page, name, NARROW)
    assert page.evaluate(STICKING_OUT) == [], "at 320 pixels"
    assert violations(page) == [], "at 320 pixels"
    assert visitor.errors == [], "scripts on the page failed"


MIRRORED = """() => {
    const root = document.querySelector('.sequence[data-exam-id]');
    const heading = root.querySelector('h2');
    const range = document.createRange();
    range.selectNodeContents(heading);
    const words = range.getBoundingClientRect(), box = root.getBoundingClientRect(), style = getComputedStyle(root);
    return {
        page: document.documentElement.dir,
        bar: parseFloat(style.borderRightWidth) > parseFloat(style.borderLeftWidth) ? 'right' : 'left',
        heading: box.right - words.right < words.left - box.left ? 'right' : 'left',
        language: document.documentElement.lang
    };
}"""


@pytest.mark.contract("languages#mirrored")
@pytest.mark.parametrize("name", RTL)
@pytest.mark.parametrize("width", [DESKTOP, NARROW])
def test_a_screen_in_arabic_is_mirrored(arab: Visitor, name: str, width: int) -> None:
    page = arab.visit(name)
    arab.resize(width)
    keep(page, f"{name}-ar", width)
    seen = page.evaluate(MIRRORED)
    assert {**seen, "heading": "right" if width == NARROW else seen["heading"]} == {
        "page": "rtl",
        "language": "ar",
        "bar": "right",
        "heading": "right",
    }
    assert violations(page) == []
    assert page.evaluate(STICKING_OUT) == []


# What stays visible when the system takes all colours of ours away, and what still moves when it asks for rest.
WITHOUT_COLOURS = """() => {
    const faults = [];
    // Behind a dialog nothing can be reached.
    const visible = element => element.getClientRects().length > 0 && !element.closest('[inert]');
    const hasBorder = element => parseFloat(getComputedStyle(element).borderTopWidth) >= 1
        && getComputedStyle(element).borderTopStyle !== 'none';
    const boxes = '.sequence[data-exam-id], .exam-timer, [role=dialog] .modal__box, [role=dialog].inner-wrapper';
    document.querySelectorAll(boxes).forEach(box => {
        if (visible(box) && !hasBorder(box)) { faults.push('no edge: ' + box.className); }
    });
    document.querySelectorAll('.sequence button, .exam-timer button, [role=dialog] button').forEach(button => {
        if (visible(button) && !hasBorder(button) && getComputedStyle(button).textDecorationLine !== 'underline') {
            faults.push('a button like text: ' + button.textContent.trim());
        }
        if (visible(button) && !button.disabled) {
            button.focus();
            const style = getComputedStyle(button);
            if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) {
                faults.push('focus cannot be seen: ' + button.textContent.trim());
            }
        }
    });
    return faults;
}"""
MOVING = """() => document.getAnimations().filter(a => a.playState === 'running').map(
    a => (a.animationName || a.transitionProperty) + ' of ' + a.effect.target.className)"""


@pytest.mark.contract("accessibility#motion-and-colours")
@pytest.mark.parametrize("name", PICTURES)
def test_a_screen_without_colours_and_motion(sensitive: Visitor, name: str) -> None:
    page = sensitive.visit(name)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(MOVING) == []
    # Focus that a script moves is shown as the keyboard's once the keyboard was used.
    page.keyboard.press("Tab")
    assert page.evaluate(WITHOUT_COLOURS) == []


def test_the_search_for_motion_finds_it(visitor: Visitor, sensitive: Visitor) -> None:
    """The control: a spinning icon is found where motion is welcome, and stands still where it is not."""
    spin = "document.querySelector('h2').insertAdjacentHTML('beforeend', '<i class=\"fa fa-spinner fa-spin\"></i>')"
    page = visitor.visit("timed-entrance")
    page.evaluate(spin)
    assert page.evaluate(MOVING) != []
    page = sensitive.visit("timed-entrance")
    page.evaluate(spin)
    assert page.evaluate(MOVING) == []


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("root.style.border = '0'", "no edge"),
        ("root.querySelector('button').style.border = '0'", "a button like text"),
        ("root.querySelector('button').style.outline = '0'", "focus cannot be seen"),
    ],
)
def test_the_search_for_edges_finds_what_is_missing(sensitive: Visitor, fault: str, found: str) -> None:
    """The control."""
    page = sensitive.visit("timed-entrance")
    page.evaluate(f"const root = document.querySelector('.sequence[data-exam-id]'); {fault}")
    page.keyboard.press("Tab")
    assert found in "; ".join(page.evaluate(WITHOUT_COLOURS))
