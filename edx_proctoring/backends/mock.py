"""A provider without a vendor, for development: attempts become ready by themselves.

Contract: contract/mock-provider#in-process.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from django.db import connections

from edx_proctoring.backends.backend import ProctoringBackendProvider

# The only upward import of this package (architecture#layers): this provider imitates the vendor's
# software, which calls back. Imported by name, because test suites replace it in this module.
from edx_proctoring.callbacks import start_exam_callback

log = logging.getLogger(__name__)


class MockProctoringBackendProvider(ProctoringBackendProvider):
    """Registers every attempt and reports it ready a second later, as the vendor's software would."""

    verbose_name = "Mock Backend"

    configuration_keys = ("ready_after",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Contract: options do not become attributes, so all flags stay off.
        super().__init__()
        self.args = args
        self.kwargs = kwargs
        # Seconds between registration and readiness. 0 calls back before registration returns, for test
        # suites; the attempt's row does not exist yet at that moment.
        self.ready_after: float = kwargs.get("ready_after", 1.0)

    def register_exam_attempt(self, exam: Mapping[str, Any] | None, context: dict[str, Any]) -> str:
        attempt_code: str = context["attempt_code"]
        if self.ready_after <= 0:
            start_exam_callback(None, attempt_code)
        else:
            timer = threading.Timer(self.ready_after, _report_ready, args=(attempt_code,))
            # The process may end without waiting for this timer.
            timer.daemon = True
            timer.start()
        return attempt_code

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        return True

    def get_software_download_url(self) -> str:
        return "mockurl"

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> None:
        return None

    def on_exam_saved(self, exam: dict[str, Any]) -> None:
        return None


def _report_ready(attempt_code: str) -> None:
    try:
        # This thread has no request, and the callback accepts None.
        start_exam_callback(None, attempt_code)
    except Exception:
        # Nothing waits for this thread; an uncaught exception would only be printed.
        log.exception("mock provider could not report an attempt ready: attempt_code=%s", attempt_code)
    finally:
        # Connections belong to the thread; nothing else would close these.
        connections.close_all()
