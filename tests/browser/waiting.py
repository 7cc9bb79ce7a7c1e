"""Waiting for what a page comes to show, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Error, Page

INTERRUPTED = "is interrupted by another navigation"


def eventually(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until the condition holds; fail with ``what`` if it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def visit(page: Page, url: str) -> None:
    """Go to an address on a page that may be about to load itself again: the later of two navigations wins."""
    try:
        page.goto(url)
    except Error as error:
        if INTERRUPTED not in error.message:
            raise
        page.goto(url)
