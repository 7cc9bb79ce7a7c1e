"""The exam page as a browser in the vendor's frame sees it."""

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from edx_proctoring.constructor.models import ConstructorSession

from .account import FRAMED, PREFIX, VENDOR

ORIGIN = f"?examus-client-origin={VENDOR}"
CONFIG = re.compile(r'<script id="proctoring-guard-config" type="application/json">(.*?)</script>')
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def config_in(page: HttpResponse) -> dict[str, Any]:
    """The configuration that the page gives to the guard."""
    found = CONFIG.search(page.content.decode())
    assert found is not None
    config: dict[str, Any] = json.loads(found[1])
    return config


def code_of(page: HttpResponse) -> str:
    """The code of a refusal page."""
    found = re.search(r'data-proctoring-code="(\w+)"', page.content.decode())
    assert found is not None, page.content.decode()
    return found[1]


class Page:
    """The exam page as a browser shows it in the vendor's frame."""

    def __init__(self, browser: Client, session: ConstructorSession, query: str = ORIGIN) -> None:
        self.browser, self.session = browser, session
        self.answer = browser.get(f"{PREFIX}/entry/{session.session_id}/{query}", headers=FRAMED)

    @property
    def config(self) -> dict[str, Any]:
        """The guard's configuration."""
        return config_in(self.answer)

    def verify(self, code: Any = None, *, headers: dict[str, str] | None = None, **body: Any) -> Any:
        """As the guard does when the message came."""
        sent = {"origin": VENDOR, "form": "string", **({} if code is None else {"assess_code": code}), **body}
        return self.browser.post(
            self.config["verifyUrl"],
            data=json.dumps(sent),
            content_type="application/json",
            headers={"X-Proctoring-Page-Token": self.config["pageToken"]} if headers is None else headers,
        )

    def heartbeat(self) -> Any:
        """As the guard does while the page is open."""
        return self.browser.get(
            self.config["statusUrl"], headers={"X-Proctoring-Page-Token": self.config["pageToken"]}
        ).json()
