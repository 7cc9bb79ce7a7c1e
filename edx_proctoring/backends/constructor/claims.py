"""The claims of the start token, by which the vendor creates a session. Contract: contract/constructor#start-token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edx_proctoring.backends.constructor.configuration import PER_EXAM_KEYS, ConstructorOptions

# The vendor refuses a token without one of these.
REQUIRED: Final = frozenset(
    {
        *("userId", "accountId", "accountName", "examId", "examName", "duration", "schedule", "proctoring"),
        *("startDate", "endDate", "sessionId", "sessionUrl"),
    }
)
# The vendor's limits in characters.
_LENGTHS: Final = {
    **dict.fromkeys(("userId", "firstName", "lastName", "thirdName", "accountName", "examId"), 255),
    "courseName": 450,
    "examName": 500,
    "userAgreementUrl": 200,
    "sessionId": 230,
}
LANGUAGES: Final = frozenset(
    {
        *("ar", "de", "de-ch", "el", "en", "es", "fr", "hu", "id", "it", "kk", "lt", "ms", "pt", "ro", "ru", "th"),
        *("tr", "vi", "zh-cn"),
    }
)
# Names of languages here → the vendor's.
_LANGUAGE_NAMES: Final = {"zh": "zh-cn", "zh-hans": "zh-cn", "zh-sg": "zh-cn"}
# Option or setting of an exam → claim.
_CLAIM_OF: Final = {
    "rules": "rules",
    "score_config": "scoreConfig",
    "visible_warnings": "visibleWarnings",
    "identification": "identification",
    "user_agreement_url": "userAgreementUrl",
}


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a start token says about one session.

    ``user_id``: the obscured id. ``duration``: minutes. ``overrides``: the settings of this exam
    (``ConstructorExamSettings``). ``custom_rules``: review policy and exception, for the proctor.
    """

    session_id: str
    session_url: str
    user_id: str
    exam_id: str
    exam_name: str
    course_name: str
    duration: int
    starts: datetime
    ends: datetime
    finish_url: str | None = None
    full_name: str = ""
    email: str | None = None
    language: str | None = None
    is_trial: bool = False
    custom_rules: str = ""
    overrides: Mapping[str, Any] | None = None


def start_claims(options: ConstructorOptions, facts: SessionFacts, *, now: datetime) -> dict[str, Any]:
    """Return the claims of a start token, sorted by name."""
    exam = {key: getattr(options, key) for key in PER_EXAM_KEYS}
    for key, value in (facts.overrides or {}).items():
        # Dicts are merged, so that an exam need not repeat the account's rules.
        exam[key] = {**exam[key], **value} if isinstance(exam.get(key), Mapping) else value
    claims: dict[str, Any] = {
        "userId": facts.user_id,
        "accountId": options.account_id,
        "accountName": options.account_name,
        "courseName": facts.course_name,
        "examId": facts.exam_id,
        "examName": facts.exam_name,
        "duration": facts.duration,
        "schedule": bool(exam["schedule"]),
        "proctoring": exam["mode"],
        "startDate": written(facts.starts, options.date_format),
        "endDate": written(facts.ends, options.date_format),
        "trial": facts.is_trial,
        "sessionId": facts.session_id,
        "sessionUrl": facts.session_url,
    }
    if options.send_name:
        first, _, last = facts.full_name.strip().partition(" ")
        claims |= {name: value for name, value in (("firstName", first), ("lastName", last.strip())) if value}
    if options.send_email and facts.email:
        claims["email"] = facts.email
    if language := vendor_language(facts.language):
        claims["language"] = language
    if facts.finish_url:
        claims["sessionFinishUrl"] = facts.finish_url
    if options.start_token_ttl is not None:
        claims["exp"] = int(now.timestamp()) + options.start_token_ttl
    if options.use_review_policy and facts.custom_rules:
        exam["rules"] = {**exam["rules"], "custom_rules": facts.custom_rules}
    claims |= {claim: _without_nulls(exam[key]) for key, claim in _CLAIM_OF.items() if exam[key]}
    if exam["biometric"].get("enabled"):
        claims["biometricIdentification"] = dict(exam["biometric"])
    claims |= {name: value for name, value in options.extra_claims.items() if name not in REQUIRED}
    return {
        name: value[: _LENGTHS[name]] if name in _LENGTHS and isinstance(value, str) else value
        for name, value in sorted(claims.items())
    }


def window_end(due: datetime | None, *, starts: datetime, options: ConstructorOptions) -> datetime:
    """Return until when the session can be taken: the due date, else some days from the registration."""
    return due or starts + timedelta(days=options.window_days)


def written(instant: datetime, date_format: str) -> str:
    """Return a date as the option ``date_format`` says: ``2030-01-01T00:00:00Z`` or with ``+0000``."""
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("+0000" if date_format == "offset" else "Z")


def vendor_language(name: str | None) -> str | None:
    """Return a language as the vendor names it, None for one that it does not have."""
    lowered = (name or "").lower().replace("_", "-")
    for candidate in (lowered, lowered.partition("-")[0]):
        candidate = _LANGUAGE_NAMES.get(candidate, candidate)
        if candidate in LANGUAGES:
            return candidate
    return None


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: member for name, member in value.items() if member is not None}
