"""The LMS as an HTTP service: its access tokens and the addresses of its callbacks.

Contract: contract/provider-wire#ready, contract/provider-wire#reviewed.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from .callback_signature import signature_headers
from .store import Row

log = logging.getLogger(__name__)

TIMEOUT = (3.05, 20)
MAX_ANSWER = 2000
RPNOW_CALLBACK_PATH = "/api/edx_proctoring/proctoring_review_callback/"
CALLBACK_PATH = "/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}/{kind}"


@dataclass(frozen=True)
class Outcome:
    """What the LMS answered to a callback. ``status`` None: it did not answer."""

    status: int | None
    answer: str

    @property
    def accepted(self) -> bool:
        """The LMS answered 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def advice(self) -> str:
        """One sentence for the person who waits for the answer."""
        if self.accepted:
            return "The learning platform accepted it."
        if self.status is None:
            return "The learning platform cannot be reached. Check that it is running, then try again."
        if self.status in (401, 403):
            return (
                "The learning platform refused us. Check the client id and secret this server was started with, and "
                "that their user is in the reviewer group."
            )
        if self.status == 400:
            return "The learning platform refused the message. Its answer is in the list below."
        if self.status == 404:
            return "The learning platform does not know this attempt. It may have been reset."
        return f"The learning platform answered with an error ({self.status})."


class Lms:
    """An LMS with the credentials of an OAuth2 application there. No method raises because of the network."""

    def __init__(self, host: str, client_id: str, client_secret: str) -> None:
        self.host = host.rstrip("/")
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._lock = threading.Lock()
        self._token: tuple[str, float] | None = None

    def post(self, attempt: Row, kind: str, document: dict[str, Any], secret: str = "") -> Outcome:
        """Post ``ready`` or ``reviewed`` about an attempt to the LMS that registered it.

        ``secret`` signs the message. A token that the LMS no longer accepts is replaced once.
        """
        url = attempt["lms_host"].rstrip("/") + CALLBACK_PATH.format(attempt_id=attempt["id"], kind=kind)

        def send() -> requests.Response:
            return _post(url, document, secret, {"Authorization": f"JWT {self._access_token()}"})

        def send_with_fresh_token() -> requests.Response:
            response = send()
            if response.status_code != 401:
                return response
            self._token = None
            return send()

        return _outcome(kind, attempt["id"], send_with_fresh_token)

    def post_anonymously(self, attempt: Row, document: dict[str, Any], secret: str = "") -> Outcome:
        """Post a review as RPNow does: without a login, to the LMS that registered the exam."""
        url = attempt["lms_host"].rstrip("/") + RPNOW_CALLBACK_PATH
        return _outcome("rpnow", attempt["id"], lambda: _post(url, document, secret, {}))

    def post_with_token(self, attempt: Row, path: str, document: dict[str, Any], token: str) -> Outcome:
        """Post a message of Constructor Proctor, which signs with a token of its own."""

        def send() -> requests.Response:
            return _post(attempt["lms_host"].rstrip("/") + path, document, "", {"Authorization": f"JWT {token}"})

        return _outcome("constructor", attempt["id"], send)

    def _access_token(self) -> str:
        with self._lock:
            if self._token is None or self._token[1] <= time.monotonic():
                response = requests.post(
                    f"{self.host}/oauth2/access_token",
                    data={"grant_type": "client_credentials", "token_type": "jwt", **self._credentials},
                    timeout=TIMEOUT,
                )
                response.raise_for_status()
                reply = response.json()
                # Half a minute early: the token must still be valid when the message arrives.
                self._token = (reply["access_token"], time.monotonic() + max(float(reply["expires_in"]) - 30, 0))
            return self._token[0]


def _post(url: str, document: dict[str, Any], secret: str, headers: dict[str, str]) -> requests.Response:
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json", **headers}
    if secret:
        headers |= signature_headers(secret, _signed_path(url), body)
    # No redirects: they would turn the POST into a GET, and a GET that succeeds would look like a delivery.
    return requests.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)


def _outcome(kind: str, attempt_id: str, send: Callable[[], requests.Response]) -> Outcome:
    try:
        response = send()
    except requests.HTTPError as error:
        # Only the token request raises this.
        outcome = Outcome(error.response.status_code, "The LMS gave no access token.")
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        outcome = Outcome(None, type(error).__name__)
    else:
        outcome = Outcome(response.status_code, response.text[:MAX_ANSWER])
    level = logging.INFO if outcome.accepted else logging.WARNING
    log.log(level, "callback: kind=%s attempt_id=%s status=%s", kind, attempt_id, outcome.status)
    return outcome


def _signed_path(url: str) -> str:
    """The path of a URL, with the query string where there is one."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
