"""The window: a Chromium with a profile of its own, all of whose requests go through the proxy."""

from __future__ import annotations

import os
import shutil

from demo.seb_browser.exam_file import LaunchError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36 SEB/3.7.0"
)


def find() -> str:
    """Return the program: ``CHROMIUM``, else what is installed. Raises ``LaunchError`` that says what to do."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*NAMES, MAC]
    for name in candidates:
        if name and (found := shutil.which(name)):
            return found
    if named:
        raise LaunchError(f"CHROMIUM names {named}, which is no program. Correct it, or unset it to search.")
    raise LaunchError(
        "No Chromium or Chrome was found. Install one (Debian, Ubuntu: apt-get install chromium; macOS, Windows: "
        "Google Chrome), or name the program in CHROMIUM."
    )


def command(program: str, *, profile: str, proxy: str, url: str, is_root: bool) -> list[str]:
    """Return the command that opens a window."""
    return [
        program,
        f"--user-data-dir={profile}",
        f"--proxy-server={proxy}",
        # Chromium goes around a proxy to this very machine unless this rule is taken away.
        "--proxy-bypass-list=<-loopback>",
        f"--user-agent={USER_AGENT}",
        *("--no-first-run", "--no-default-browser-check", "--disable-sync", "--disable-quic"),
        *("--disable-background-networking", "--disable-component-update"),
        *(["--no-sandbox"] if is_root else []),
        *(["--headless=new"] if os.environ.get("DEMO_SEB_HEADLESS") == "1" else []),
        "--new-window",
        url,
    ]
