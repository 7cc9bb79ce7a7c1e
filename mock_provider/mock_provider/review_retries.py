"""Sends a review until the LMS accepts it, with pauses that grow and an end, as real providers do.

Contract: contract/mock-provider#callbacks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .lms import Outcome
from .store import Store

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 300


def pause_before_retry(number: int) -> float:
    """Seconds before the retry of this number, counted from 0: 5, 10, 20, …, at most 300."""
    # The exponent is limited too: a float overflows at some 1,000 retries.
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(number, 10), LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True)
class Review:
    """A verdict that is ready to be sent. ``send`` posts it once; every copy has the same content."""

    attempt_id: str
    status: str
    summary: str
    max_retries: int
    send: Callable[[], Outcome]


class ReviewSender:
    """Sends reviews and retries. ``later``: runs an action after so many seconds."""

    def __init__(self, store: Store, later: Callable[[float, Callable[[], object]], None]) -> None:
        self._store = store
        self._later = later
        self._lock = threading.Lock()
        # Per attempt: the latest review, until the LMS accepts it or its retries are used up.
        self._unaccepted: dict[str, Review] = {}

    def send(self, review: Review, *, copies: int) -> Outcome:
        """Send so many copies at once and return the answer to the last; if it is a refusal, retry later.

        The review replaces an earlier one of the attempt that still waits for its retry.
        """
        with self._lock:
            self._unaccepted[review.attempt_id] = review
        for _ in range(copies):
            outcome = self._send(review)
        self._after_sending(review, outcome, retries=0)
        return outcome

    def _send(self, review: Review) -> Outcome:
        outcome = review.send()
        self._store.add_verdict(review.attempt_id, review.status, review.summary, outcome.status, outcome.answer)
        return outcome

    def _after_sending(self, review: Review, outcome: Outcome, *, retries: int) -> None:
        """Plan the next retry of a review that was not accepted. ``retries``: how many there were."""
        if not outcome.accepted and retries < review.max_retries:
            self._later(pause_before_retry(retries), lambda: self._send_again(review, retries + 1))
            return
        if not outcome.accepted:
            log.error("review given up: attempt_id=%s retries=%s", review.attempt_id, retries)
        self._forget(review)

    def _send_again(self, review: Review, retry: int) -> None:
        """Send a review once more, unless a newer one replaced it or the attempt was removed."""
        if self._unaccepted.get(review.attempt_id) is not review:
            return
        if self._store.attempt(review.attempt_id) is None:
            self._forget(review)
            return
        self._after_sending(review, self._send(review), retries=retry)

    def _forget(self, review: Review) -> None:
        with self._lock:
            if self._unaccepted.get(review.attempt_id) is review:
                del self._unaccepted[review.attempt_id]
