"""One log line for each request to a provider, and what monitoring learns of it.

Contract: contract/events-and-logs#provider-calls.
"""

import logging
import time
from typing import Final
from urllib.parse import urlsplit

import requests
from edx_django_utils.monitoring import accumulate, set_custom_attribute

log = logging.getLogger(__name__)

# Characters of a path that are logged.
_MOST_OF_A_PATH: Final = 300


class Call:
    """A request that is being sent, with its repetitions. ``tries``: how often it has been sent so far.

    Its path has the provider's ids of exam and attempt; query, headers and bodies, which may hold more, are left out.
    """

    def __init__(self, request: requests.PreparedRequest, backend: str) -> None:
        self._method = request.method
        self._path = urlsplit(request.url or "").path
        self._backend = backend
        self._began = time.monotonic()
        self.tries = 0

    def answered(self, status: int) -> None:
        """Log that the provider answered, with which HTTP status."""
        self._end("answered", status)

    def failed(self, error: Exception) -> None:
        """Log that there was no answer, with the class of the error."""
        self._end(type(error).__name__, None)

    def _end(self, outcome: str, status: int | None) -> None:
        seconds = time.monotonic() - self._began
        log.info(
            "provider called: backend=%s method=%s path=%s outcome=%s status=%s seconds=%s tries=%s",
            self._backend,
            self._method,
            self._path[:_MOST_OF_A_PATH],
            outcome,
            status,
            f"{seconds:.3f}",
            self.tries,
        )
        # Sums of the request of ours that is being answered: it may call a provider more than once.
        accumulate("proctoring_provider_calls", 1)
        accumulate("proctoring_provider_seconds", seconds)
        set_custom_attribute("proctoring_provider", self._backend)
