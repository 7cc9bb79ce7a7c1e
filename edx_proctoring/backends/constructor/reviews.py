"""The vendor's review in the form of the core. Contract: contract/constructor#review."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import get_language

from edx_proctoring.backends.constructor.configuration import ConstructorOptions
from edx_proctoring.backends.constructor.vendor import read_date
from edx_proctoring.exceptions import ReviewNotUnderstood

# Not a conclusion yet.
_DRAFT: Final = frozenset({"", "unknown"})
# Longer texts are no titles.
_LONGEST_TEXT: Final = 4000
_LONGEST_KIND: Final = 255
_LARGEST_NUMBER: Final = 2**31 - 1
COMMENT: Final = "comment"


def conclusion_of(body: Mapping[str, Any]) -> str | None:
    """Return the conclusion, None for a draft. Raises ``ReviewNotUnderstood`` if it is not a text."""
    value = body.get("conclusion")
    if value is None:
        return None
    if not isinstance(value, str):
        raise ReviewNotUnderstood("'conclusion' must be a text.")
    return None if value.strip() in _DRAFT else value.strip()


def normalized_review(body: Any, options: ConstructorOptions) -> dict[str, Any]:
    """Return a concluded review in normalised form (contract/reviews#payload). Raises ``ReviewNotUnderstood``."""
    if not isinstance(body, Mapping):
        raise ReviewNotUnderstood("The review must be an object.")
    conclusion = conclusion_of(body)
    if conclusion is None:
        raise ReviewNotUnderstood("The review has no conclusion.")
    status = options.conclusions.get(conclusion, "suspicious")
    score = number(body.get("score"))
    if status == "passed" and options.suspicious_from is not None and score is not None:
        status = "suspicious" if score >= options.suspicious_from else status
    payload = dict(body)
    # A link that a browser would run as a script is no link.
    payload["videoReviewLink"] = https_address(body.get("reportUrl"))
    return {"status": status, "comments": _comments(body), "payload": payload, "reviewed_by": None}


def https_address(value: Any) -> str | None:
    """Return a web address of the vendor, None for any other text."""
    is_address = isinstance(value, str) and value.startswith("https://") and len(value) <= _LONGEST_TEXT
    return value if is_address and value.isprintable() else None


def number(value: Any) -> float | None:
    """Return a score, None if it is not a number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    # A number that is larger is a mistake, and not every database stores it.
    return float(value) if -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER else None


def slim(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with titles in the platform's language and in English only: there may be twenty."""
    titles = body.get("warningTitles")
    if not isinstance(titles, Mapping):
        return dict(body)
    kept = {
        kind: {name: text for name, text in names.items() if name in _languages()}
        for kind, names in titles.items()
        if isinstance(names, Mapping)
    }
    return {**body, "warningTitles": kept}


def _comments(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    warnings = body.get("warnings") or []
    if not isinstance(warnings, list):
        raise ReviewNotUnderstood("'warnings' must be a list.")
    begins = read_date(body.get("sessionStart"))
    titles = body.get("warningTitles")
    comments = [
        _comment(warning, titles if isinstance(titles, Mapping) else {}, begins)
        for warning in warnings
        if isinstance(warning, Mapping)
    ]
    text = body.get("comment")
    if isinstance(text, str) and text.strip():
        comments.append(
            {"start": 0, "stop": 0, "duration": 0, "comment": text.strip()[:_LONGEST_TEXT], "status": COMMENT}
        )
    return comments


def _comment(warning: Mapping[str, Any], titles: Mapping[str, Any], begins: datetime | None) -> dict[str, Any]:
    kind = str(warning.get("type") or "warning")[:_LONGEST_KIND]
    start, stop = (_seconds(warning.get(name), begins) for name in ("start", "end"))
    return {
        "start": start,
        "stop": max(stop, start),
        "duration": max(stop - start, 0),
        "comment": _title(kind, titles.get(kind)),
        "status": kind,
    }


def _title(kind: str, names: Any) -> str:
    if isinstance(names, Mapping):
        for language in _languages():
            text = names.get(language)
            if isinstance(text, str) and text.strip():
                return text.strip()[:_LONGEST_TEXT]
    return kind


def _languages() -> tuple[str, ...]:
    own = (get_language() or "en").partition("-")[0]
    return (own, "en")


def _seconds(value: Any, begins: datetime | None) -> int:
    """Return whole seconds since the session began; the vendor sends dates or numbers."""
    as_number = number(value)
    if as_number is None:
        instant = read_date(value)
        if instant is None or begins is None:
            return 0
        as_number = (instant - begins).total_seconds()
    return min(max(int(as_number), 0), _LARGEST_NUMBER)
