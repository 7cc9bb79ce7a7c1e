"""The inbox: every review that arrived, and what became of it.

The entry is the only write before a review is validated. Spec: beyond.md 1, cross-cutting.md C16.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ReviewInboxEntry
from edx_proctoring.utils.storable import storable

__all__: list[str] = []

# Characters of a received body that are kept. A review with its comments has some ten thousand.
MAX_BODY_LENGTH: Final = 1024 * 1024

# The link to the recording is stored encrypted or not at all.
_VIDEO_LINK: Final = "videoReviewLink"


def write(attempt: Mapping[str, Any], data: Mapping[str, Any], request: HttpRequest | None) -> ReviewInboxEntry:
    """Keep what arrived. ``attempt``: attempt dict; ``data``: the body as received."""
    user = getattr(request, "user", None)
    return ReviewInboxEntry.objects.create(
        attempt_code=attempt["attempt_code"] or "",
        external_id=attempt["external_id"] or "",
        backend=attempt["proctored_exam"]["backend"] or "",
        body=json_without_video_link(data)[:MAX_BODY_LENGTH],
        actor_id=getattr(user, "pk", None),
    )


def settle(entry: ReviewInboxEntry, outcome: str, *, reason: Exception | str | None = None) -> None:
    """Note what became of an entry.

    Of foreign exceptions only the class is kept, because their texts may hold personal data.
    """
    if isinstance(reason, Exception):
        reason = str(reason) if isinstance(reason, ProctoredBaseException) else type(reason).__name__
    if outcome == ReviewInboxEntry.OUTCOME_REFUSED:
        # The reason may quote the input that caused it.
        outcome = storable(f"{outcome}: {reason}")
    entry.outcome = outcome[:255]
    ReviewInboxEntry.objects.filter(pk=entry.pk).update(outcome=entry.outcome, modified=timezone.now())


def json_without_video_link(data: Any) -> str:
    """Return the received body as JSON text, without the link to the recording."""
    if isinstance(data, Mapping):
        kept = {key: value for key, value in data.items() if key != _VIDEO_LINK}
        inner = kept.get("payload")
        if isinstance(inner, Mapping) and _VIDEO_LINK in inner:
            kept["payload"] = {key: value for key, value in inner.items() if key != _VIDEO_LINK}
        data = kept
    return json.dumps(data)
