"""Repeats a request at once where that cannot do harm: nothing was sent, or the provider says when.

Contract: contract/provider-wire#inline-retries.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import requests
import urllib3
from django.utils import timezone

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_RETRY_AFTER_SECONDS: Final = 2.0
MOST_RETRIES: Final = 2

_MAY_ASK_TO_WAIT: Final = frozenset({429, 503})
# The provider has not carried out a request that it asks to repeat; a POST may be a registration, so it is left out.
_REPEATABLE_METHODS: Final = frozenset({"GET", "HEAD", "DELETE", "PATCH"})
_NEVER_SENT: Final = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


def with_retries(
    send: Callable[[], requests.Response], *, method: str | None, retries: int, seconds: float
) -> requests.Response:
    """Send a request, and again if that is safe; return the last response or raise the last error.

    ``seconds``: the limit of the whole call; no retry begins that could not pause within it.
    """
    began = time.monotonic()
    for number in range(1, retries + 1):
        try:
            response = send()
        except requests.RequestException as error:
            if not was_never_sent(error):
                raise
            # Jitter, so that the workers of a platform do not come back together.
            pause: float | None = FIRST_PAUSE_SECONDS * number * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
            if time.monotonic() - began + (pause or 0) >= seconds:
                raise
        else:
            pause = _asked_pause(response, method)
            if pause is None or time.monotonic() - began + pause >= seconds:
                return response
            response.close()
        log.debug("request repeated: method=%s try=%s", method, number + 1)
        time.sleep(pause or 0)
    return send()


def was_never_sent(error: requests.RequestException) -> bool:
    """Return whether a request failed before anything of it was sent."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, urllib3.exceptions.ProxyError):
        reason = reason.original_error
    return isinstance(reason, _NEVER_SENT)


def _asked_pause(response: requests.Response, method: str | None) -> float | None:
    """Return for how long the provider asks to wait, None if it does not, or for too long."""
    value = response.headers.get("Retry-After")
    if value is None or response.status_code not in _MAY_ASK_TO_WAIT or method not in _REPEATABLE_METHODS:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else _seconds_until(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, seconds) if seconds <= LONGEST_RETRY_AFTER_SECONDS else None


def _seconds_until(http_date: str) -> float:
    moment = parsedate_to_datetime(http_date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - timezone.now()).total_seconds()
