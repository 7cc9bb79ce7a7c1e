"""Turns a review of Software Secure into the normalised form. Contract: contract/rpnow#review-conversion."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from edx_proctoring import conf
from edx_proctoring.exceptions import (
    ProctoredBaseException,
    ProctoredExamBadReviewStatus,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.statuses import SoftwareSecureReviewStatus


def normalized_review(attempt: Mapping[str, Any], payload: Any) -> dict[str, Any]:
    """Return the vendor's review of an attempt in normalised form.

    Raises ``ProctoredExamSuspiciousLookup`` for the review of another attempt,
    ``ProctoredExamBadReviewStatus`` for an unknown verdict, ``ProctoredBaseException`` (400) for
    comments that are not in a list.
    """
    if not isinstance(payload, Mapping):
        raise ProctoredExamSuspiciousLookup("The review must be an object with 'examMetaData'.")
    _require_same_attempt(attempt, payload)
    status = payload.get("reviewStatus")
    if not isinstance(status, str):
        raise ProctoredExamBadReviewStatus("'reviewStatus' of the review must be a text.")
    SoftwareSecureReviewStatus.validate(status)
    return {
        "status": SoftwareSecureReviewStatus.to_standard_status[status],
        "comments": [
            _normalized_comment(comment)
            for source in ("webCamComments", "desktopComments")
            for comment in _comments_in(payload, source)
        ],
        "payload": payload,
        "reviewed_by": None,
    }


def _require_same_attempt(attempt: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    """Compare record locators. Only the vendor and we know the locator, so it authenticates the review."""
    if conf.proctoring.allow_callback_simulation:
        return
    meta = payload.get("examMetaData")
    sent = meta.get("ssiRecordLocator") if isinstance(meta, Mapping) else None
    ours = attempt["external_id"]
    if not isinstance(sent, str) or not ours:
        raise ProctoredExamSuspiciousLookup(
            f"The review and the attempt must both have a record locator; attempt_code={attempt['attempt_code']}"
        )
    if not hmac.compare_digest(sent.lower().encode("utf-8", "surrogatepass"), str(ours).lower().encode()):
        raise ProctoredExamSuspiciousLookup(
            f"The record locator of the review is not that of attempt_code={attempt['attempt_code']}"
        )


def _comments_in(payload: Mapping[str, Any], source: str) -> Sequence[Any]:
    comments = payload.get(source)
    if comments is None:
        return ()
    if not isinstance(comments, (list, tuple)):
        raise ProctoredBaseException(f"{source!r} of the review must be a list.")
    return comments


def _normalized_comment(comment: Any) -> Any:
    if not isinstance(comment, Mapping):
        # Returned as it is: comments of all providers are validated later, with their numbers.
        return comment
    return {
        "start": comment.get("eventStart") or 0,
        "stop": comment.get("eventFinish") or 0,
        "duration": comment.get("duration") or 0,
        "comment": comment.get("comments") or "",
        "status": comment.get("eventStatus") or "",
    }
