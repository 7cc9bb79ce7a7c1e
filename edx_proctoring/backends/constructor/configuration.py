"""The vendor's options: the dict ``constructor`` of a ``PROCTORING_BACKENDS`` entry, checked and typed.

Contract: contract/constructor#options. A mistake never keeps the platform from starting: it is a problem, which a
system check reports, and the default is used instead.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import conf
from edx_proctoring.backends import secret_references
from edx_proctoring.backends.constructor import origins, tokens

SHORTEST_SECRET: Final = 16
ADVISED_SECRET: Final = 32
MODES: Final = ("online", "offline", "auto", "identification")
IDENTIFICATIONS: Final = ("face", "passport", "face_and_passport", "skip")
MESSAGE_FORMS: Final = ("string", "object")
# Members of the dicts that the vendor is known to read. It adds names, so another one is a warning only.
KNOWN_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "rules": frozenset(
        {
            *("allow_to_use_websites", "allow_to_use_books", "allow_to_use_paper", "allow_to_use_messengers"),
            *("allow_to_use_calculator", "allow_to_use_excel", "allow_to_use_human_assistant"),
            *("allow_absence_in_frame", "allow_voices", "allow_wrong_gaze_direction", "custom_rules"),
        }
    ),
    "score_config": frozenset(
        {
            *("cheater_level", "extra_user", "user_replaced", "absent_user", "look_away", "active_window_changed"),
            *("forbidden_device", "voice", "phone"),
        }
    ),
    "visible_warnings": frozenset(
        {
            *("warning_extra_user_in_frame", "warning_substitution_user", "warning_no_user_in_frame"),
            *("warning_avert_eyes", "warning_change_active_window_on_computer", "warning_voice_detected"),
            *("warning_phone", "warning_forbidden_device"),
        }
    ),
    "biometric": frozenset({"enabled", "skip_fail", "flow", "theme", "photo_url"}),
}
# What one exam may set otherwise (model ``ConstructorExamSettings``).
PER_EXAM_KEYS: Final = (
    *("mode", "schedule", "identification", "rules", "score_config", "visible_warnings", "biometric"),
    "user_agreement_url",
)

# They travel in each start token.
_LONGEST_OVERRIDES: Final = 16_000
_SECONDS_OF_A_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class ConstructorOptions:
    """The options of one account with the vendor. See ``docs/guides/constructor.rst`` for their meaning.

    ``vendor``: the origin of the vendor's web application, empty if none is configured. ``jwt_secrets``: the current
    one first. ``problems``, ``hints``: what the system checks report as errors and as warnings.
    """

    vendor: str
    integration_name: str
    jwt_secrets: tuple[str, ...]
    account_id: int | str
    account_name: str
    trusted_origins: tuple[str, ...]
    mode: str
    schedule: bool
    window_days: int
    identification: str | None
    rules: Mapping[str, Any]
    score_config: Mapping[str, Any]
    visible_warnings: Mapping[str, Any]
    biometric: Mapping[str, Any]
    extra_claims: Mapping[str, Any]
    user_agreement_url: str | None
    send_email: bool
    send_name: bool
    use_review_policy: bool
    message_forms: tuple[str, ...]
    message_timeout_ms: int
    auto_redirect: bool
    content_mode: str
    entry_login: bool
    require_server_confirmation: bool
    status_ttl_seconds: int
    start_token_ttl: int | None
    api_token_ttl: int
    http_timeout: tuple[float, float]
    conclusions: Mapping[str, str]
    suspicious_from: float | None
    date_format: str
    webhook_always_200: bool
    archive_links: bool
    sync_exams: bool
    on_lost: str
    instructions: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())
    hints: tuple[str, ...] = field(default=())

    @property
    def is_usable(self) -> bool:
        """Whether the vendor can be addressed at all: a host, a name and a secret."""
        return bool(self.vendor and self.integration_name and self.jwt_secrets)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*words: Any) -> Callable[[Any], bool]:
    return lambda value: value in words


def _is_whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_url_safe(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.~-]+", value) is not None


def _is_dict(value: Any) -> bool:
    """Whether it is a dict that a token can carry."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return False
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_address(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.startswith("https://") and len(value) <= 200)


def _is_timeout(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(part, (int, float)) and not isinstance(part, bool) and part > 0 for part in value)
    )


def _is_forms(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(form in MESSAGE_FORMS for form in value)


def _is_conclusions(value: Any) -> bool:
    words = ("passed", "violation", "suspicious")
    return isinstance(value, Mapping) and all(isinstance(key, str) and word in words for key, word in value.items())


def _is_score_policy(value: Any) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and set(value) == {"suspicious_from"}
        and isinstance(value["suspicious_from"], (int, float))
        and not isinstance(value["suspicious_from"], bool)
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value)


# Option → default, whether a value is one, and what it must be.
_KEYS: Final[Mapping[str, tuple[Any, Callable[[Any], bool], str]]] = {
    "integration_name": ("", _is_url_safe, "the vendor's URL-safe name"),
    "account_id": (1, lambda value: _is_text(value) or _is_whole(0, 2**63)(value), "a number or a text"),
    "account_name": (None, lambda value: value is None or _is_text(value), "a text"),
    "mode": ("offline", _one_of(*MODES), f"one of {', '.join(MODES)}"),
    "schedule": (False, _is_flag, "True or False"),
    "window_days": (30, _is_whole(1, 3650), "a number of days"),
    "identification": (None, _one_of(None, *IDENTIFICATIONS), f"one of {', '.join(IDENTIFICATIONS)}"),
    "rules": ({}, _is_dict, "a dict of JSON values"),
    "score_config": ({}, _is_dict, "a dict of JSON values"),
    "visible_warnings": ({}, _is_dict, "a dict of JSON values"),
    "biometric": ({}, _is_dict, "a dict of JSON values"),
    "extra_claims": ({}, _is_dict, "a dict of JSON values"),
    "user_agreement_url": (None, _is_address, "an https address of at most 200 characters"),
    "send_email": (False, _is_flag, "True or False"),
    "send_name": (True, _is_flag, "True or False"),
    "use_review_policy": (True, _is_flag, "True or False"),
    "message_forms": (MESSAGE_FORMS, _is_forms, "a list of 'string' and 'object'"),
    "message_timeout_ms": (15_000, _is_whole(1_000, 600_000), "milliseconds from 1000 to 600000"),
    "auto_redirect": (False, _is_flag, "True or False"),
    "content_mode": ("shell", _one_of("shell", "inline"), "'shell' or 'inline'"),
    "entry_login": (False, _is_flag, "True or False"),
    "require_server_confirmation": (True, _is_flag, "True or False"),
    "status_ttl_seconds": (30, _is_whole(0, 600), "seconds from 0 to 600"),
    "start_token_ttl": (3600, lambda value: value is None or _is_whole(1, _SECONDS_OF_A_DAY)(value), "seconds or None"),
    "api_token_ttl": (30, _is_whole(1, 3600), "seconds from 1 to 3600"),
    "http_timeout": ((3, 5), _is_timeout, "two numbers of seconds above 0: to connect, to read"),
    "conclusions": (
        {"accepted": "passed", "rejected": "violation"},
        _is_conclusions,
        "a dict of 'passed', 'violation', 'suspicious' by conclusion",
    ),
    "score_policy": (None, _is_score_policy, "{'suspicious_from': number} or None"),
    "date_format": ("z", _one_of("z", "offset"), "'z' or 'offset'"),
    "webhook_always_200": (False, _is_flag, "True or False"),
    "archive_links": (True, _is_flag, "True or False"),
    "sync_exams": (False, _is_flag, "True or False"),
    "on_lost": ("block", _one_of("block", "error"), "'block' or 'error'"),
    "instructions": ((), _is_texts, "a list of sentences"),
}
_READ_ELSEWHERE: Final = frozenset({"proctor_url", "jwt_secret", "jwt_secret_previous", "trusted_origins"})


def read(raw: Any) -> ConstructorOptions:
    """Return the options of an entry; never raises. ``raw``: the value of the option ``constructor``."""
    problems: list[str] = []
    hints: list[str] = []
    given: Mapping[str, Any] = {}
    if isinstance(raw, Mapping):
        try:
            given = secret_references.resolved(raw)
        except ImproperlyConfigured as error:
            problems.append(str(error))
    else:
        problems.append("The option 'constructor' must be a dict.")
    hints += [f"The option {key!r} is not known." for key in sorted(set(given) - set(_KEYS) - _READ_ELSEWHERE, key=str)]
    values: dict[str, Any] = {}
    for key, (default, is_valid, words) in _KEYS.items():
        value = given.get(key, default)
        # A default needs no check, and that of ``integration_name`` is none.
        if key in given and not is_valid(value):
            problems.append(f"The option {key!r} must be {words}.")
            value = default
        values[key] = value
    for key, known in KNOWN_MEMBERS.items():
        hints += [f"{key!r} has an unknown member: {name}." for name in sorted(set(values[key]) - known, key=str)]
    vendor = _vendor_in(given.get("proctor_url"), problems)
    if not values["integration_name"]:
        problems.append("The option 'integration_name' is missing.")
    secrets = _secrets_in(given, problems, hints)
    trusted = _trusted_in(given.get("trusted_origins"), vendor, problems, hints)
    values["account_name"] = values["account_name"] or conf.proctoring.platform_name
    policy = values.pop("score_policy")
    for key in ("message_forms", "http_timeout", "instructions"):
        values[key] = tuple(values[key])
    return ConstructorOptions(
        vendor=vendor,
        jwt_secrets=secrets,
        trusted_origins=trusted,
        suspicious_from=None if policy is None else policy["suspicious_from"],
        problems=tuple(problems),
        hints=tuple(hints),
        **values,
    )


def problems_of_overrides(overrides: Any) -> list[str]:
    """Return what is wrong with the settings of one exam; a key that is not meant for single exams is wrong."""
    if not isinstance(overrides, Mapping):
        return ["The settings of an exam must be an object."]
    if not _is_dict(overrides) or len(json.dumps(dict(overrides))) > _LONGEST_OVERRIDES:
        return [f"The settings of an exam must be JSON of at most {_LONGEST_OVERRIDES} characters."]
    problems = [f"{key} cannot be set for a single exam." for key in overrides if key not in PER_EXAM_KEYS]
    for key in PER_EXAM_KEYS:
        if key in overrides and not _KEYS[key][1](overrides[key]):
            problems.append(f"{key} must be {_KEYS[key][2]}.")
    return problems


def allows_http() -> bool:
    """Return whether a vendor on this machine may be addressed by plain HTTP: during development."""
    return bool(settings.DEBUG)


def _vendor_in(value: Any, problems: list[str]) -> str:
    """Return the vendor's origin. A host name implies https; a full address is reduced to its origin."""
    if not _is_text(value):
        problems.append("The option 'proctor_url' is missing.")
        return ""
    text = value.strip()
    origin = origins.normalized(text if "://" in text else f"https://{text}", allows_http=allows_http())
    if origin is None:
        problems.append("The option 'proctor_url' must be a host name, such as tenant.proctor.constructor.app.")
    return origin or ""


def _secrets_in(given: Mapping[str, Any], problems: list[str], hints: list[str]) -> tuple[str, ...]:
    current = given.get("jwt_secret")
    if not isinstance(current, str) or len(current) < SHORTEST_SECRET:
        problems.append(f"The option 'jwt_secret' must be a text of at least {SHORTEST_SECRET} characters.")
        return ()
    if not tokens.is_usable_secret(current):
        problems.append("The option 'jwt_secret' is a key or a certificate, not a shared secret.")
        return ()
    if len(current) < ADVISED_SECRET:
        hints.append(f"'jwt_secret' has fewer than {ADVISED_SECRET} characters.")
    former = given.get("jwt_secret_previous", [])
    if not isinstance(former, (list, tuple)) or not all(
        isinstance(text, str) and len(text) >= SHORTEST_SECRET and tokens.is_usable_secret(text) for text in former
    ):
        problems.append(
            f"The option 'jwt_secret_previous' must be a list of texts of at least {SHORTEST_SECRET} characters."
        )
        former = ()
    return (current, *former)


def _trusted_in(value: Any, vendor: str, problems: list[str], hints: list[str]) -> tuple[str, ...]:
    if value is None:
        return (vendor,) if vendor else ()
    entries = value if isinstance(value, (list, tuple)) else [value]
    valid = [entry for entry in entries if origins.is_valid_entry(entry, allows_http=allows_http())]
    if len(valid) < len(entries) or not entries:
        problems.append(
            "The option 'trusted_origins' must be a list of origins such as https://tenant.proctor.constructor.app "
            "or https://*.proctor.constructor.app, in lower case, without a path."
        )
    for entry in valid:
        if origins.is_pattern(entry) and entry.removeprefix("https://*.").count(".") < 2:
            hints.append(f"'trusted_origins' trusts a whole domain: {entry}.")
    return tuple(valid)
