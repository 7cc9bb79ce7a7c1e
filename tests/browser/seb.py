"""Safe Exam Browser in the journeys: the demo's played one, in a page that a test can look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import Browser, Page, expect

from demo.seb_browser import chromium, exam_file, proxy

MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605 SEB"
)


@dataclass
class Window:
    """One played browser. ``errors``: of scripts on its pages."""

    page: Page
    exam: exam_file.Exam
    server: proxy.Proxy
    errors: list[str]

    def open(self, url: str = "") -> Any:
        """Go to an address, by default to the one with which the exam starts."""
        return self.page.goto(url or self.exam.start_url)

    def log_in(self, username: str) -> None:
        """On the page of logins: become somebody, and go on to where the link led."""
        [target] = parse_qs(urlsplit(self.page.url).query)["next"]
        parts = urlsplit(self.page.url)
        self.page.goto(f"{parts.scheme}://{parts.netloc}/login/{username}?next={quote(target)}")

    @property
    def has_ended(self) -> bool:
        """Whether the browser has met the address at which it ends."""
        return self.server.has_ended.wait(10)


class Seb:
    """Opens windows, and closes them at the end of the test."""

    def __init__(self, browser: Browser, stack: ExitStack) -> None:
        self._browser = browser
        self._stack = stack

    def window(self, exam: exam_file.Exam, *, script: str = "") -> Window:
        """Open a window for an exam. ``script``: plays the object ``SafeExamBrowser``, and the browser of a Mac."""
        server = self._stack.enter_context(proxy.running(exam))
        context = self._browser.new_context(
            locale="en-US",
            viewport={"width": 1200, "height": 900},
            user_agent=MAC if script else chromium.USER_AGENT,
            proxy={"server": server.address, "bypass": "<-loopback>"},
        )
        context.set_default_timeout(30_000)
        errors: list[str] = []
        context.on("weberror", lambda error: errors.append(str(error.error)))
        self._stack.callback(context.close)
        if script:
            context.add_init_script(script)
        return Window(context.new_page(), exam, server, errors)

    def follow(self, link: str) -> Window:
        """Open a launch link: file, key, page."""
        window = self.window(exam_file.load(link))
        window.open()
        return window


@contextmanager
def playing(browser: Browser) -> Iterator[Seb]:
    """Windows inside this block."""
    with ExitStack() as stack:
        yield Seb(browser, stack)


def launch_link(page: Page) -> str:
    """Return the link of the page that leads into the browser."""
    link = page.locator("#seb-launch-link")
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def command_of(page: Page) -> str:
    """Return the command that the demo shows beside a launch link."""
    return page.locator(".demo-seb code").inner_text()


# The object of the modern web views, whose values belong to the address at which the page was made. ``%(key)s``: the
# key; ``%(style)s``: who calls back, and how.
_SCRIPT = """
(() => {
    if (!crypto.subtle) { return; } // the empty page before the first
    const hex = async text => Array.from(new Uint8Array(
        await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    )).map(byte => byte.toString(16).padStart(2, '0')).join('');
    const address = location.href.split('#')[0];
    const mine = hex(address + '%(key)s');
    const other = hex(address + 'b'.repeat(64));
    const security = {configKey: '%(unset)s', browserExamKey: '%(unset)s'};
    const fill = async () => {
        security.configKey = await mine;
        security.browserExamKey = await other;
    };
    security.updateKeys = callback => {
        // By its name, as on Apple's systems, or the object itself, as on Windows.
        const name = callback.name;
        fill().then(() => { %(call)s; });
    };
    window.SafeExamBrowser = {version: '%(version)s', security};
})();
"""


def windows_object(config_key: str) -> str:
    """Return a script that plays the object as old releases for Windows have it: values come later, as ``:``."""
    return _SCRIPT % {"key": config_key, "unset": ":", "call": "callback()", "version": "SEB_Windows_3.3.1"}


def apple_object(config_key: str) -> str:
    """Return a script that plays the object as on Apple's systems: the callback is called by its name."""
    version = "Safe Exam Browser_macOS_3.4_1234_org.safeexambrowser.SafeExamBrowser"
    return _SCRIPT % {"key": config_key, "unset": "", "call": "window[name]()", "version": version}
