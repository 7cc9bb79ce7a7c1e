"""An account, a vendor that answers and its messages, for the tests of this folder."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import responses
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from edx_proctoring.backends.constructor import ConstructorProctoringProvider, tokens

SECRET = "constructor-test-secret-0123456789ab"
VENDOR = "https://a.proctor.example"
API = f"{VENDOR}/api/v2/integration/simple/demo"
NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
# What browsers send with the document of a frame on another site.
FRAMED = {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site"}
_ANY = re.compile(re.escape(API) + "/.*")
PREFIX = "/edx_proctoring/constructor/v1"


def make_provider(name: str = "constructor", **options: Any) -> ConstructorProctoringProvider:
    """An account as an operator configures it."""
    base = {"proctor_url": "a.proctor.example", "integration_name": "demo", "jwt_secret": SECRET}
    provider = ConstructorProctoringProvider(constructor={**base, **options}, inline_retries=0)
    provider.backend_name = name  # type: ignore[attr-defined]
    return provider


def set_options(provider: ConstructorProctoringProvider, **options: Any) -> None:
    """Change options of a configured account."""
    provider.constructor = {**provider.constructor, **options}


class Vendor:
    """The vendor's server. ``status``: what it says about each session; ``fails_with``: a status or an exception."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.status: str | None = "started"
        self.fails_with: int | Exception | None = None
        self.calls: list[tuple[str, str, Any]] = []
        for method in (responses.GET, responses.POST):
            mock.add_callback(method, _ANY, callback=self._answer)

    def _answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        path = request.url.removeprefix(API)
        self.calls.append((request.method, path, json.loads(request.body) if request.body else None))
        tokens.verify(request.headers["Authorization"], [SECRET], now=datetime.now(tz=UTC))
        if isinstance(self.fails_with, Exception):
            raise self.fails_with
        if self.fails_with is not None:
            return self.fails_with, {}, "{}"
        if path.endswith("/finish/"):
            return 200, {}, json.dumps({"message": "finished"})
        if self.status is None:
            return 404, {}, "{}"
        session_id = path.split("/")[2]
        return 200, {}, json.dumps({"accountId": 1, "sessionId": session_id, "status": self.status})


def logged_in(user: User) -> Client:
    """A browser in which a user is logged in."""
    client = Client()
    client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


def vendor_token(secret: str = SECRET, *, seconds: int = 30, **claims: Any) -> str:
    """The header of a message of the vendor."""
    expires = int((datetime.now(tz=UTC) + timedelta(seconds=seconds)).timestamp())
    return f"JWT {tokens.sign({'exp': expires, **claims}, secret)}"


def send(kind: str, body: Any, *, token: str | None = None, backend: str = "constructor") -> Any:
    """Send a message as the vendor's server does."""
    return Client().post(
        f"{PREFIX}/{backend}/webhooks/{kind}",
        data=body if isinstance(body, (str, bytes)) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": vendor_token() if token is None else token},
    )
