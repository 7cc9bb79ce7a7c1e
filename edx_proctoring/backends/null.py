"""A provider that does nothing, for platforms without proctoring.

Contract: contract/provider-interface#null-provider.
"""

from collections.abc import Mapping
from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider


class NullBackendProvider(ProctoringBackendProvider):
    """Accepts every call and does nothing. Its attempts have no external id and are never reviewed."""

    verbose_name = "Null Backend"

    def register_exam_attempt(self, exam: Mapping[str, Any], context: dict[str, Any]) -> None:
        return None

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        return None

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        return True

    def get_software_download_url(self) -> None:
        return None

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> None:
        return None

    def on_exam_saved(self, exam: dict[str, Any]) -> None:
        return None
