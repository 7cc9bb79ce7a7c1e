"""From a launch link to what the browser does: the file is fetched and read as Safe Exam Browser does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from seb_openedx.protocol import FileError, SebError, decode, parse_link
from seb_openedx.protocol.links import start_address

# Of the HTTP client with which Safe Exam Browser fetches files.
USER_AGENT = "SEB/3.7.0"
SECONDS = 10
# A browser opens an answer of this type instead of reading settings from it.
HTML = "text/html"


class LaunchError(Exception):
    """The link does not lead into an exam. The text says why, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What a link stands for.

    ``config_key``: of the file, empty where the link leads to a page. ``sends_hashes``: the file switches the headers
    on. ``quit_url``: where the browser ends, empty without.
    """

    start_url: str
    config_key: str = field(default="", repr=False)
    quit_url: str = ""
    sends_hashes: bool = False

    @property
    def host(self) -> str:
        """The host name whose pages get the headers."""
        return urlsplit(self.start_url).hostname or ""

    def ends_at(self, url: str) -> bool:
        """Return whether the browser ends at an address: neither case nor one slash at the end counts."""
        return bool(self.quit_url) and _folded(url) == _folded(self.quit_url)


def _folded(url: str) -> str:
    return url.lower().removesuffix("/")


def load(link: str, *, password: str | None = None) -> Exam:
    """Return what a ``seb://`` link stands for. ``password``: of a file that is encrypted. Raises ``LaunchError``."""
    try:
        target = parse_link(link)
    except SebError as error:
        raise LaunchError(f"This is no launch link: {error}") from error
    if urlsplit(target.url).scheme != "http":
        raise LaunchError("This link leads to https. The played browser can add headers to http only.")
    reply = _fetch(target.url)
    if HTML in reply.headers.get("Content-Type", ""):
        if reply.status_code >= 400 and reply.status_code != 401:
            raise LaunchError(f"{target.url} answers {reply.status_code}. Open the exam's page again for a new link.")
        # A page, or a file that demands a login: the person goes on there.
        return Exam(start_url=target.url)
    if reply.status_code != 200:
        raise LaunchError(f"{target.url} answers {reply.status_code}. Open the exam's page again for a new link.")
    try:
        file = decode(reply.content, password=password)
    except FileError as error:
        hint = " Give it with --password." if error.code in ("password_required", "wrong_password") else ""
        raise LaunchError(f"The file cannot be read: {error}.{hint}") from error
    start_url = str(file.settings.get("startURL", ""))
    if urlsplit(start_url).scheme != "http":
        raise LaunchError(f"The file starts at {start_url or 'no address'}; the played browser can only open http.")
    appends = file.settings.get("startURLAppendQueryParameter") is True
    return Exam(
        start_url=start_address(start_url, target.start_query if appends else ""),
        config_key=file.config_key(),
        quit_url=str(file.settings.get("quitURL", "")),
        sends_hashes=file.settings.get("sendBrowserExamKey") is True,
    )


def _fetch(url: str) -> requests.Response:
    headers = {"User-Agent": USER_AGENT}
    try:
        # HEAD comes first, as the program does it; a server that refuses it is asked with GET.
        requests.head(url, headers=headers, timeout=SECONDS)
        return requests.get(url, headers=headers, timeout=SECONDS)
    except requests.RequestException as error:
        raise LaunchError(f"{url} does not answer. Is the demo running? ({type(error).__name__})") from error
