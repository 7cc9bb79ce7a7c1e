"""A provider's review, checked and typed. Contract: contract/reviews#payload.

Everything is checked before anything is stored: a malformed review is refused with the reason, and the
attempt stays as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edx_proctoring.exceptions import ReviewNotUnderstood
from edx_proctoring.models import ProctoredExamSoftwareSecureComment
from edx_proctoring.utils.storable import storable

__all__ = ["NormalizedReview", "ReviewComment", "parse_review"]

# The most comments that one review stores; beyond it, the last one says how many were cut.
MAX_COMMENTS: Final = 2000
CUT_HEADING: Final = "Cut"

# The range of the columns that hold seconds.
_MAX_SECONDS: Final = 2**31 - 1
_MAX_HEADING_LENGTH: Final[int] = ProctoredExamSoftwareSecureComment._meta.get_field("status").max_length or 255


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """One remark. ``start``, ``stop``, ``duration``: seconds from the start of the recording."""

    start: int
    stop: int
    duration: int
    comment: str
    status: str


@dataclass(frozen=True, slots=True)
class NormalizedReview:
    """What every provider's review comes down to.

    ``status``: a word, not yet known to be one of ``ReviewStatus``. ``video_url``: where the
    recording can be seen, or None.
    """

    status: str
    comments: tuple[ReviewComment, ...]
    video_url: str | None


def parse_review(review: Any) -> NormalizedReview:
    """Return what a provider's ``on_review_callback`` gave, typed. Raises ``ReviewNotUnderstood``."""
    if review is None:
        raise ReviewNotUnderstood("The provider of this exam does not review attempts.")
    if not isinstance(review, Mapping):
        raise ReviewNotUnderstood("The review must be an object.")
    status = review.get("status")
    if not isinstance(status, str):
        raise ReviewNotUnderstood("'status' of the review must be a text.")
    comments = review.get("comments")
    if comments is None:
        comments = []
    if not isinstance(comments, (list, tuple)):
        raise ReviewNotUnderstood("'comments' of the review must be a list.")
    return NormalizedReview(
        status=status,
        comments=_parse_comments(comments),
        video_url=_video_url(review.get("payload")),
    )


def _parse_comments(comments: Sequence[Any]) -> tuple[ReviewComment, ...]:
    kept = comments if len(comments) <= MAX_COMMENTS else comments[: MAX_COMMENTS - 1]
    parsed = [_parse_comment(comment, number) for number, comment in enumerate(kept, start=1)]
    cut = len(comments) - len(kept)
    if cut:
        text = f"{cut} more comments of this review were not stored; a review has at most {MAX_COMMENTS}."
        parsed.append(ReviewComment(start=0, stop=0, duration=0, comment=text, status=CUT_HEADING))
    return tuple(parsed)


def _parse_comment(comment: Any, number: int) -> ReviewComment:
    if not isinstance(comment, Mapping):
        raise ReviewNotUnderstood(f"Comment {number} of the review must be an object.")
    heading = _text(comment, "status", number)
    if len(heading) > _MAX_HEADING_LENGTH:
        raise ReviewNotUnderstood(f"'status' of comment {number} is longer than {_MAX_HEADING_LENGTH} characters.")
    return ReviewComment(
        start=_seconds(comment, "start", number),
        stop=_seconds(comment, "stop", number),
        duration=_seconds(comment, "duration", number),
        comment=_text(comment, "comment", number),
        status=heading,
    )


def _text(comment: Mapping[str, Any], key: str, number: int) -> str:
    value = comment.get(key)
    if not isinstance(value, str):
        raise ReviewNotUnderstood(f"{key!r} of comment {number} must be a text.")
    # A verdict is worth more than a character that was cut in two.
    return storable(value)


def _seconds(comment: Mapping[str, Any], key: str, number: int) -> int:
    value = comment.get(key)
    if value is None:
        return 0
    try:
        # Providers send whole numbers, fractions, and numbers in quotes.
        seconds = int(float(value)) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        seconds = None
    if seconds is None or abs(seconds) > _MAX_SECONDS:
        raise ReviewNotUnderstood(f"{key!r} of comment {number} must be a number of seconds.")
    return seconds


def _video_url(payload: Any) -> str | None:
    url = payload.get("videoReviewLink") if isinstance(payload, Mapping) else None
    return url if isinstance(url, str) and url else None
