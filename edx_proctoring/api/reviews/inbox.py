"""The inbox: every review that arrived, and what became of it.

The entry is the only write before a review is validated. What one attempt can fill is limited, because
some providers do not sign in: beyond the limit, its least useful entries are deleted first.
"""

import json
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils import timezone

from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ReviewInboxEntry
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.utils.storable import storable

__all__: list[str] = []

# Characters of a received body that are kept. A review with its comments has some ten thousand.
MAX_BODY_LENGTH: Final = 1024 * 1024
# Of one attempt. Bodies are ASCII (JSON with escapes), so characters are bytes.
MAX_ENTRIES: Final = 50
MAX_BYTES: Final = 4 * 1024 * 1024

# The link to the recording is stored encrypted or not at all.
_VIDEO_LINK: Final = "videoReviewLink"


def write(
    attempt: Mapping[str, Any],
    data: Mapping[str, Any],
    request: HttpRequest | None,
    *,
    key: str = "",
) -> ReviewInboxEntry:
    """Keep what arrived. ``attempt``: attempt dict; ``data``: the body as received.

    ``key``: ``message_key`` of a signed message. A retired learner's body is blanked when the review is taken, refused
    or held: only a process that dies in between leaves it, until the sweeper receives it.
    """
    user = getattr(request, "user", None)
    code = attempt["attempt_code"] or ""
    body = json_without_video_link(data)[:MAX_BODY_LENGTH]
    _make_space(code, len(body))
    return ReviewInboxEntry.objects.create(
        attempt_code=code,
        external_id=attempt["external_id"] or "",
        backend=attempt["proctored_exam"]["backend"] or "",
        body=body,
        actor_id=getattr(user, "pk", None),
        message_key=key,
    )


def settle(
    entry: ReviewInboxEntry, outcome: str, *, reason: Exception | str | None = None, keeps_body: bool = True
) -> None:
    """Note what became of an entry. ``keeps_body``: False if the sender has proved nothing, and about retired learners.

    Of foreign exceptions only the class is kept, because their texts may hold personal data.
    """
    if isinstance(reason, Exception):
        reason = str(reason) if isinstance(reason, ProctoredBaseException) else type(reason).__name__
    if outcome == ReviewInboxEntry.OUTCOME_REFUSED and reason is not None:
        # The reason may quote the input that caused it.
        outcome = storable(f"{outcome}: {reason}")
    changes: dict[str, Any] = {"outcome": outcome[:255]}
    if not keeps_body:
        changes["body"] = ""
    for name, value in changes.items():
        setattr(entry, name, value)
    ReviewInboxEntry.objects.filter(pk=entry.pk).update(**changes, modified=timezone.now())


def has_newer(entry: ReviewInboxEntry) -> bool:
    """Return whether a review of the same attempt that arrived later than this one was applied."""
    later = ReviewInboxEntry.objects.filter(attempt_code=entry.attempt_code, pk__gt=entry.pk)
    return later.filter(outcome=ReviewInboxEntry.OUTCOME_APPLIED).exists()


@cache
def _sizes() -> QuerySet[ReviewInboxEntry, tuple[int, str, int]]:
    """Return the query for what decides which entries go, without its conditions.

    Built once, because building it takes Django a third of the time of the whole query; not at import, when models may
    not be loaded yet.
    """
    return ReviewInboxEntry.objects.values_list("pk", "outcome", Length("body"))


def _make_space(attempt_code: str, size: int) -> None:
    """Delete entries of an attempt until one more, with a body of ``size`` characters, is within the limits."""
    entries = list(_sizes().filter(attempt_code=attempt_code))
    count, total = len(entries) + 1, sum(length for _pk, _outcome, length in entries) + size
    superfluous: list[int] = []
    open_outcomes = ReviewInboxEntry.OPEN_OUTCOMES
    # Settled ones first; of each sort the empty ones, which anyone who knows the attempt code can cause; oldest first.
    for pk, _outcome, length in sorted(entries, key=lambda entry: (entry[1] in open_outcomes, entry[2] > 0, entry[0])):
        if count <= MAX_ENTRIES and total <= MAX_BYTES:
            break
        superfluous.append(pk)
        count, total = count - 1, total - length
    if superfluous:
        ReviewInboxEntry.objects.filter(pk__in=superfluous).delete()


def hold_verdict(entry: ReviewInboxEntry, outcome: str, data: Any) -> None:
    """Keep what a retired learner's review needs to be received later, and nothing that anybody has written."""
    entry.outcome, entry.body = outcome, _verdict_of(data, entry.external_id)
    ReviewInboxEntry.objects.filter(pk=entry.pk).update(outcome=outcome, body=entry.body, modified=timezone.now())


def forget_texts_of(attempt_codes: Collection[str]) -> None:
    """Blank the received reviews of a retired learner; of those that still wait, keep the verdict.

    The outcome of a refusal quotes the payload, so only its first word is kept.
    """
    received = ReviewInboxEntry.objects.filter(attempt_code__in=attempt_codes)
    waiting = list(received.filter(outcome__in=ReviewInboxEntry.OPEN_OUTCOMES).exclude(body=""))
    refused = ReviewInboxEntry.OUTCOME_REFUSED
    received.update(
        body="",
        outcome=Case(When(outcome__startswith=refused, then=Value(refused)), default=F("outcome")),
    )
    for entry in waiting:
        try:
            entry.body = _verdict_of(json.loads(entry.body), entry.external_id)
        except ValueError:
            # The body was cut.
            entry.body = ""
    ReviewInboxEntry.objects.bulk_update(waiting, ["body"], batch_size=MAX_ENTRIES)


def _verdict_of(data: Any, external_id: str) -> str:
    """Return as JSON the known words of a verdict, in the forms of the shipped providers, and our id of the attempt."""
    if not isinstance(data, Mapping):
        return ""
    known = {"status": SoftwareSecureReviewStatus.from_standard_status}
    known["reviewStatus"] = SoftwareSecureReviewStatus.to_standard_status
    kept: dict[str, Any] = {
        key: data[key] for key, words in known.items() if isinstance(data.get(key), str) and data[key] in words
    }
    meta = data.get("examMetaData")
    locator = meta.get("ssiRecordLocator") if isinstance(meta, Mapping) else None
    if external_id and isinstance(locator, str) and locator.lower() == external_id.lower():
        kept["examMetaData"] = {"ssiRecordLocator": external_id}
    return json.dumps(kept) if kept else ""


def json_without_video_link(data: Any) -> str:
    """Return the received body as JSON text, without the link to the recording."""
    if isinstance(data, Mapping):
        kept = {key: value for key, value in data.items() if key != _VIDEO_LINK}
        inner = kept.get("payload")
        if isinstance(inner, Mapping) and _VIDEO_LINK in inner:
            kept["payload"] = {key: value for key, value in inner.items() if key != _VIDEO_LINK}
        data = kept
    return json.dumps(data)
