"""A client that behaves as Safe Exam Browser does: it knows a link, and everything else from the file behind it."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

from seb_openedx.protocol import SebFile, compute_config_key, decode, header_hash, parse_link
from seb_openedx.protocol.links import start_address

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 SEB/3.7.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15 SEB"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class SafeExamBrowser:
    """``sends_headers``: as on Windows; False as in the modern web view of Apple's systems, which scripts ask instead.

    ``password``: what the learner enters if the file asks for one. ``address``: what the address bar shows.
    ``has_ended``: the browser has met the address at which it ends.
    """

    def __init__(self, *, sends_headers: bool = True) -> None:
        self.client = Client(enforce_csrf_checks=True, HTTP_USER_AGENT=WINDOWS if sends_headers else MAC)
        self.sends_headers = sends_headers
        self.file: SebFile | None = None
        self.password: str | None = None
        self.address = ""
        self.has_ended = False

    @property
    def settings(self) -> dict[str, Any]:
        assert self.file is not None, "no file was loaded"
        return self.file.settings

    @property
    def config_key(self) -> str:
        return compute_config_key(self.settings)

    def follow(self, link: str) -> Any:
        """Open a seb:// link, then the page with which the exam begins."""
        target = parse_link(link)
        # The browser's own HTTP client, which knows no cookies.
        fetching = Client(HTTP_USER_AGENT="SEB/3.7.0")
        head = fetching.head(*self._request(target.url))
        reply = fetching.get(*self._request(target.url))
        assert head.headers["Content-Length"] == str(len(reply.content)), "HEAD and GET disagree"
        assert reply.status_code == 200, reply.content
        self.file = decode(reply.content, password=self.password)
        return self.get(start_address(self.settings["startURL"], target.start_query))

    def get(self, url: str, **headers: str) -> Any:
        """Open a page and follow its redirects: each address has a hash of its own."""
        self.address = urljoin(self.address, url)
        for _hop in range(10):
            if self.file is not None and self.address.rstrip("/").lower() == self._quit_url():
                self.has_ended = True
            path = self._request(self.address)[0]
            response = self.client.get(path, HTTP_ACCEPT=HTML, **self.hashes(self.address), **headers)
            if response.status_code not in (301, 302, 303):
                return response
            self.address = urljoin(self.address, response.headers["Location"])
        raise AssertionError(f"redirected in a circle: {self.address}")

    def send(self, method: str, path: str, data: Any = None) -> Any:
        """Send what a script of the page sends."""
        url = urljoin(self.address, path)
        # Pages of the host have set it.
        if "csrftoken" not in self.client.cookies:
            self.client.cookies["csrftoken"] = "a" * 32
        token = self.client.cookies["csrftoken"].value
        return self.client.generic(
            method,
            path,
            data or "",
            content_type="application/json",
            HTTP_ACCEPT="application/json",
            HTTP_X_CSRFTOKEN=token,
            HTTP_SEC_FETCH_DEST="empty",
            **self.hashes(url),
        )

    def hashes(self, url: str) -> dict[str, str]:
        """Return the headers of a request."""
        if not self.sends_headers or self.file is None or not self.settings.get("sendBrowserExamKey"):
            return {}
        return {
            "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH": header_hash(url, self.config_key),
            # This build of the program is known to nobody.
            "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH": header_hash(url, "b" * 64),
        }

    def script(self) -> dict[str, str]:
        """Return what ``SafeExamBrowser.security`` tells a script of the page."""
        return {"config_key_hash": header_hash(self.address, self.config_key), "page_url": self.address}

    def _quit_url(self) -> str:
        return str(self.settings.get("quitURL", "")).rstrip("/").lower()

    @staticmethod
    def _request(url: str) -> tuple[str]:
        parts = urlsplit(url)
        return (parts.path + (f"?{parts.query}" if parts.query else ""),)
