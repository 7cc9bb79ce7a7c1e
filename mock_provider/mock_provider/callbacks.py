"""What the provider tells the LMS: the learner is ready, the verdict is in. Spec: backends.md 6.2, 13.2, 14.5."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from . import rpnow_wire
from .scenario import ReviewPlan, RpnowPlan
from .store import Row, Store

log = logging.getLogger(__name__)

TIMEOUT = (3.05, 20)
STOP_SECONDS = 2
RPNOW_CALLBACK_PATH = "/api/edx_proctoring/proctoring_review_callback/"
CALLBACK_PATH = "/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}/{kind}"
DEFAULT_COMMENTS: dict[str, list[dict[str, Any]]] = {
    "passed": [{"comment": "Everything looks good", "status": "ok"}],
    "violation": [{"comment": "Someone else was in the room", "status": "violation", "start": 60, "stop": 95}],
    "suspicious": [{"comment": "The learner looked away often", "status": "suspicious", "start": 120, "stop": 180}],
    "not_reviewed": [{"comment": "The recording could not be played", "status": "error"}],
}


@dataclass(frozen=True)
class Outcome:
    """What became of a callback. ``status`` None: the LMS did not answer."""

    status: int | None
    answer: str

    @property
    def accepted(self) -> bool:
        """The LMS took the message."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def advice(self) -> str:
        """One sentence for the person in front of the screen."""
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


def signature_headers(secret: str, path: str, body: bytes) -> dict[str, str]:
    """The headers of a signed POST. Spec: backends.md 14.5."""
    timestamp, nonce = str(int(time.time())), secrets.token_urlsafe(24)
    return {
        "X-Proctoring-Timestamp": timestamp,
        "X-Proctoring-Nonce": nonce,
        "X-Proctoring-Signature": signature(secret, timestamp, nonce, "POST", path, body),
    }


def signature(secret: str, timestamp: str, nonce: str, method: str, path: str, body: bytes) -> str:
    """``v1=<hex>`` over the parts of a request, each on its own line."""
    message = "\n".join(("v1", timestamp, nonce, method, path, hashlib.sha256(body).hexdigest()))
    return "v1=" + hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


class Lms:
    """The LMS as this provider calls it, with the credentials of an OAuth2 application there."""

    def __init__(self, host: str, client_id: str, client_secret: str) -> None:
        self.host = host.rstrip("/")
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._lock = threading.Lock()
        self._token: tuple[str, float] | None = None

    def post(self, attempt: Row, kind: str, document: dict[str, Any], secret: str = "") -> Outcome:
        """Post ``ready`` or ``reviewed`` for an attempt to the LMS that registered it. Never raises for the network.

        ``secret`` signs the message. A token that the LMS no longer takes is replaced once.
        """
        url = attempt["lms_host"].rstrip("/") + CALLBACK_PATH.format(attempt_id=attempt["id"], kind=kind)
        body = json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        if secret:
            headers |= signature_headers(secret, urlsplit(url).path, body)
        try:
            response = self._send(url, body, headers)
            if response.status_code == 401:
                self._token = None
                response = self._send(url, body, headers)
        except requests.HTTPError as error:
            # Only the token request raises this.
            outcome = Outcome(error.response.status_code, "The LMS gave no access token.")
        except (requests.RequestException, ValueError, KeyError) as error:
            outcome = Outcome(None, type(error).__name__)
        else:
            outcome = Outcome(response.status_code, response.text[:2000])
        level = logging.INFO if outcome.accepted else logging.WARNING
        log.log(level, "callback: kind=%s attempt_id=%s status=%s", kind, attempt["id"], outcome.status)
        return outcome

    @staticmethod
    def post_anonymously(host: str, document: dict[str, Any], secret: str = "") -> Outcome:
        """Post a review as RPNow does: without a login, to the platform that registered the exam."""
        url, body = host.rstrip("/") + RPNOW_CALLBACK_PATH, json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        if secret:
            headers |= signature_headers(secret, urlsplit(url).path, body)
        try:
            response = requests.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            outcome = Outcome(None, type(error).__name__)
        else:
            outcome = Outcome(response.status_code, response.text[:2000])
        log.log(logging.INFO if outcome.accepted else logging.WARNING, "callback: kind=rpnow status=%s", outcome.status)
        return outcome

    def _send(self, url: str, body: bytes, headers: dict[str, str]) -> requests.Response:
        authorization = {"Authorization": f"JWT {self._access_token()}"}
        # No redirects: they would turn the POST into a GET, and a GET that succeeds would look like a delivery.
        return requests.post(url, data=body, headers=headers | authorization, timeout=TIMEOUT, allow_redirects=False)

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
                # Half a minute early: the token must still be good when the message arrives.
                self._token = (reply["access_token"], time.monotonic() + max(float(reply["expires_in"]) - 30, 0))
            return self._token[0]


class Messenger:
    """Sends messages now or later, and notes what the LMS said."""

    def __init__(self, store: Store, lms: Lms, rpnow_plan: Callable[[], RpnowPlan] = RpnowPlan) -> None:
        self._store = store
        self.lms = lms
        self._rpnow_plan = rpnow_plan
        self._timers: set[threading.Timer] = set()
        self._lock = threading.Lock()

    def ready(self, attempt: Row) -> Outcome:
        """Tell the LMS that the learner finished the set-up."""
        outcome = self.lms.post(attempt, "ready", {"status": "ready"})
        if outcome.accepted:
            self._store.mark_ready(attempt["id"])
        return outcome

    def review(self, attempt: Row, plan: ReviewPlan) -> Outcome:
        """Send a verdict (``plan.repeat`` times) and note each answer; returns the last."""
        comments = plan.comments if plan.comments is not None else DEFAULT_COMMENTS.get(plan.status, [])
        document: dict[str, Any] = {"status": plan.status, "comments": comments}
        if plan.reviewed_by:
            document["reviewed_by"] = plan.reviewed_by
        summary = "; ".join(str(item.get("comment", "")) for item in comments if isinstance(item, dict))
        registration = self._store.registration(attempt["id"])
        for _ in range(plan.repeat):
            if registration is None:
                outcome = self.lms.post(attempt, "reviewed", document, plan.signed)
            else:
                review = self._rpnow_review(registration, document)
                outcome = self.lms.post_anonymously(attempt["lms_host"], review, plan.signed)
            self._store.add_verdict(attempt["id"], plan.status, summary, outcome.status, outcome.answer)
        return outcome

    def _rpnow_review(self, registration: Row, document: dict[str, Any]) -> dict[str, Any]:
        """The same verdict in the words of RPNow."""
        # In the other letter case than we gave it out: the LMS must not care.
        locator: str | None = registration["attempt_id"].swapcase()
        if self._rpnow_plan().locator != "right":
            locator = "00000000-0000-0000-0000-000000000000" if self._rpnow_plan().locator == "wrong" else None
        link = f"{registration['base_url']}/rpnow/recording/DirectLink-Generic?id={registration['attempt_id']}"
        review = rpnow_wire.review(
            registration["document"],
            locator,
            document["status"],
            [item for item in document["comments"] if isinstance(item, dict)],
            now=datetime.now(tz=UTC),
            video_link=link,
        )
        if "reviewed_by" in document:
            review["reviewed_by"] = document["reviewed_by"]
        return review

    def later(self, seconds: float, message: str, attempt_id: str, plan: ReviewPlan | None = None) -> None:
        """Send ``ready`` or ``review`` after a while, unless the attempt is gone by then or the server stopped."""

        def deliver() -> None:
            attempt = self._store.attempt(attempt_id)
            if attempt is None:
                return
            if message == "ready":
                self.ready(attempt)
            elif plan is not None:
                self.review(attempt, plan)

        self.do_later(seconds, deliver)

    def do_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while, unless the server stopped by then."""

        def act() -> None:
            try:
                action()
            finally:
                self._timers.discard(timer)

        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._timers.add(timer)
        timer.start()

    def stop(self) -> None:
        """Forget the messages that are still to be sent."""
        timers = list(self._timers)
        for timer in timers:
            timer.cancel()
        # One that is being sent just now still needs the store.
        for timer in timers:
            timer.join(STOP_SECONDS)
        self._timers.clear()
