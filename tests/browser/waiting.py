"""Waiting for what a page comes to show, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Error, Page

Answer = TypeVar("Answer")

INTERRUPTED = "is interrupted by another navigation"


def eventually(
    question: Callable[[], Answer], what: str, seconds: float = 30, *, pause: Callable[[float], object] = time.sleep
) -> Answer:
    """Ask until the answer is true, and return it; fail with ``what`` if it is not within so many seconds.

    ``pause``: waits for so many seconds between two questions. Playwright handles nothing during ``time.sleep``.
    """
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause(0.1)
    return answer


def visit(page: Page, url: str) -> None:
    """Go to an address on a page that may be about to load itself again: the later of two navigations wins."""
    try:
        page.goto(url)
    except Error as error:
        if INTERRUPTED not in error.message:
            raise
        page.goto(url)
