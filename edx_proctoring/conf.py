"""The settings of this app: one typed property each, read at each access.

Contract: contract/settings#precedence, contract/provider-configuration#constants. Use ``conf.proctoring.<property>``::

    from edx_proctoring import conf

    if conf.proctoring.allow_timed_out_state: ...

Nothing is cached, so tests may override any setting at any time. Values that outside code patches as
``edx_proctoring.constants.X`` are read through that module (``constants.X``), which takes its defaults from here.
``checks`` reports mistakes in settings; at run time an invalid value counts as absent.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from django.conf import settings

_MISSING: Final[Any] = object()

# Rates that hold unless ``RATE_LIMITS`` says otherwise: of refused requests without a login.
DEFAULT_RATES: Final[Mapping[str, str]] = {"proctoring_anonymous": "300/min", "proctoring_anonymous_code": "30/min"}

# Who may let exams go on without their provider.
# Settings that are whole numbers from 1, with their defaults.
COUNTS: Final[Mapping[str, int]] = {
    "INBOX_DAYS": 90,
    "EFFECT_DAYS": 90,
    "JOB_SECONDS": 10,
    "JOB_MAX_ROWS": 20000,
    "OUTAGE_MAX_HOURS": 24,
    "REVIEW_OVERDUE_HOURS": 72,
}
OUTAGE_MODES: Final = ("global_staff", "course_staff", "off")
NOTE_CATEGORIES: Final = ("technical", "identity", "conduct", "material", "environment", "health", "other")
# Characters, as its column.
LONGEST_CATEGORY: Final = 32

# The scopes that ``RATE_LIMITS`` may have.
RATE_SCOPES: Final = frozenset(
    {
        *DEFAULT_RATES,
        "proctoring_poll",
        "proctoring_write",
        "proctoring_staff",
        "proctoring_export",
        "proctoring_help",
        "proctoring_provider",
    }
)
# A running exam's page polls, reports that it is alive, and may be reloaded.
LEAST_POLLS_PER_MINUTE: Final = 12

_RATE: Final = re.compile(r"([1-9]\d{0,8})/([smhd])[a-z]*")
_PERIODS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}
_PLACEHOLDER: Final = re.compile(r"\{[^{}]+\}|<[^<>]+>")

# The value that ``settings.common`` gives to a host without configuration.
INJECTED_BACKENDS: Final[Mapping[str, Any]] = {"DEFAULT": "null", "null": {}}


def as_bool(value: object) -> bool | None:
    """Return a configured boolean: ``"true"`` and ``"false"`` in any case are read, other text is None.

    Published sample configurations have placeholder text instead of booleans. Its truth value would switch features
    on by accident.
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value)


def as_rate(value: object) -> tuple[int, int] | None:
    """Return a rate in DRF's notation (``60/min``) as number and seconds; None if it is not one."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    return (int(found[1]), _PERIODS[found[2]]) if found else None


def is_count(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number from 1: zero days would delete what has just arrived."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_scope(value: object) -> bool:
    """Return whether a value says for which courses something is on: true, false, or a list of patterns."""
    if isinstance(value, (list, tuple)):
        return all(isinstance(pattern, str) for pattern in value)
    return value is None or _scope_flag(value) is not None


def _scope_flag(value: object) -> bool | None:
    return as_bool(value) if isinstance(value, (bool, str)) else None


def in_scope(value: object, course_id: str) -> bool:
    """Return whether a feature is on for a course.

    ``value``: true, false, or a list of patterns for course ids such as ``course-v1:Org+*``. Anything else counts as
    false.
    """
    if isinstance(value, (list, tuple)):
        return is_scope(value) and any(fnmatchcase(course_id, pattern) for pattern in value)
    return _scope_flag(value) is True


def is_placeholder(value: object) -> bool:
    """Return whether a configured text is a placeholder of a sample: in braces or angle brackets.

    ``<someone@example.com>`` is an address, and braces inside a longer text are part of it, except in a URL.
    """
    if not isinstance(value, str):
        return False
    text = value.strip()
    if _PLACEHOLDER.fullmatch(text):
        return "@" not in text or text.startswith("{")
    return "://" in text and _PLACEHOLDER.search(text) is not None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def without_placeholders(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values that are filled in; the same object if all are."""
    if not any(is_placeholder(value) for value in values.values()):
        return values
    return {key: value for key, value in values.items() if not is_placeholder(value)}


class ProctoringSettings:
    """Everything this app reads from Django settings; ``PROCTORING_SETTINGS`` first, then the top level."""

    # The dicts that hold the settings.

    @property
    def options(self) -> Mapping[str, Any]:
        """``PROCTORING_SETTINGS``: dict, default empty."""
        return _mapping(getattr(settings, "PROCTORING_SETTINGS", None))

    @property
    def backends(self) -> Mapping[str, Any]:
        """``PROCTORING_BACKENDS``: name of a backend → its options, and ``DEFAULT`` → a name."""
        return _mapping(getattr(settings, "PROCTORING_BACKENDS", None))

    @property
    def backend_providers(self) -> Mapping[str, Any]:
        """``PROCTORING_BACKEND_PROVIDERS``, the older form: name → class, options, settings.

        Contract: contract/provider-configuration#older-form.
        """
        return _mapping(self._from_settings_or_tokens("PROCTORING_BACKEND_PROVIDERS"))

    @property
    def backend_provider(self) -> Mapping[str, Any]:
        """``PROCTORING_BACKEND_PROVIDER``, the oldest form: class and options of the only provider."""
        return _mapping(self._from_settings_or_tokens("PROCTORING_BACKEND_PROVIDER"))

    # Published constants: read these as ``constants.X``.

    @property
    def site_name(self) -> str:
        """Host name in mails and the password-reset link. ``SITE_NAME``, required."""
        return self._option("SITE_NAME", lambda: settings.SITE_NAME)

    @property
    def platform_name(self) -> str:
        """Name of the platform in mails. ``PLATFORM_NAME``, required."""
        return self._option("PLATFORM_NAME", lambda: settings.PLATFORM_NAME)

    @property
    def from_email(self) -> str:
        """Sender of status mails. ``STATUS_EMAIL_FROM_ADDRESS``, else ``DEFAULT_FROM_EMAIL``."""
        return self._option("STATUS_EMAIL_FROM_ADDRESS", lambda: settings.DEFAULT_FROM_EMAIL)

    @property
    def contact_email(self) -> str:
        """Default of a provider's integration e-mail. Studio has no ``CONTACT_EMAIL``: then the sender of mails."""
        return self._option("CONTACT_EMAIL", lambda: getattr(settings, "CONTACT_EMAIL", self.from_email))

    @property
    def allow_review_updates(self) -> bool:
        """Whether a second review of an attempt replaces the first. Default True."""
        return self._flag("ALLOW_REVIEW_UPDATES", default=True, top_level=True)

    @property
    def default_review_policy(self) -> str:
        """Reviewer notes for RPNow if the exam has no policy. Default ``Closed Book``."""
        return self._option("DEFAULT_REVIEW_POLICY", lambda: getattr(settings, "DEFAULT_REVIEW_POLICY", "Closed Book"))

    @property
    def require_failure_second_reviews(self) -> bool:
        """Whether a person must confirm a failing review. Default True."""
        return self._flag("REQUIRE_FAILURE_SECOND_REVIEWS", default=True, top_level=True)

    @property
    def software_secure_client_timeout(self) -> int:
        """Accepted for old configurations, without effect. Default 30."""
        return self._option(
            "SOFTWARE_SECURE_CLIENT_TIMEOUT", lambda: getattr(settings, "SOFTWARE_SECURE_CLIENT_TIMEOUT", 30)
        )

    @property
    def software_secure_shut_down_graceperiod(self) -> int:
        """Accepted for old configurations, without effect. Default 10."""
        return self._option(
            "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
            lambda: getattr(settings, "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD", 10),
        )

    @property
    def ping_interval_seconds(self) -> int:
        """How often a browser pings the desktop software, in seconds. Default 60."""
        return self._option(
            "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
            lambda: getattr(settings, "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS", 60),
        )

    @property
    def use_onboarding_profile_api(self) -> bool:
        """Whether a learner's onboarding status is fetched from the provider. Default False."""
        return self._flag("USE_ONBOARDING_PROFILE_API", default=False, top_level=True)

    @property
    def content_viewable_past_due(self) -> bool:
        """``PROCTORED_EXAM_VIEWABLE_PAST_DUE``: whether learners may view an exam after its due date. Default False."""
        return bool(getattr(settings, "PROCTORED_EXAM_VIEWABLE_PAST_DUE", False))

    # Keys of PROCTORING_SETTINGS.

    @property
    def allow_callback_simulation(self) -> bool:
        """Whether RPNow reviews are accepted with any record locator. Never in production. Default False."""
        return self._flag("ALLOW_CALLBACK_SIMULATION", default=False)

    @property
    def allow_timed_out_state(self) -> bool:
        """Whether an attempt whose time ran out stays ``timed_out`` instead of ``submitted``. Default False."""
        return self._flag("ALLOW_TIMED_OUT_STATE", default=False)

    @property
    def link_urls(self) -> Mapping[str, str] | None:
        """Support links by name, without placeholders; None if not configured, which the settings endpoint returns."""
        links = self.options.get("LINK_URLS")
        return without_placeholders(links) if isinstance(links, Mapping) else links

    @property
    def low_threshold_pct(self) -> float:
        """Share of the time limit that remains when the timer warns. Default 0.2."""
        return self.options.get("low_threshold_pct", 0.2)

    @property
    def critically_low_threshold_pct(self) -> float:
        """Share of the time limit that remains when the timer warns urgently. Default 0.05."""
        return self.options.get("critically_low_threshold_pct", 0.05)

    @property
    def download_url_schemes(self) -> frozenset[str]:
        """URL schemes besides http and https for downloads of a provider's software. Default none."""
        return frozenset(self.options.get("DOWNLOAD_URL_SCHEMES") or ())

    @property
    def async_provider_calls(self) -> bool:
        """Whether workers deliver provider calls and mails after commit (contract/effects#workers). Default False."""
        return self._flag("ASYNC_PROVIDER_CALLS", default=False)

    @property
    def mails_have_text_part(self) -> bool:
        """Whether status mails also have a plain-text part (contract/emails#text-part). Default False."""
        return self._flag("EMAIL_TEXT_ALTERNATIVE", default=False)

    @property
    def system_username(self) -> str | None:
        """Username that is the author of review policies published by Studio without a user. Default None."""
        return self.options.get("SYSTEM_USERNAME")

    @property
    def inbox_days(self) -> int:
        """How many days received review callbacks are kept. Default 90."""
        return self._count("INBOX_DAYS")

    @property
    def effect_days(self) -> int:
        """How many days effects that are superseded or failed are kept (default 90)."""
        return self._count("EFFECT_DAYS")

    @property
    def job_seconds(self) -> int:
        """How long a request works on a job of staff (contract/staff-jobs#work). Seconds, default 10."""
        return self._count("JOB_SECONDS")

    @property
    def job_max_rows(self) -> int:
        """How many rows a job of staff takes. Default 20000."""
        return self._count("JOB_MAX_ROWS")

    @property
    def explain_misconfigured_provider(self) -> bool:
        """Whether the page of an exam whose provider is not configured says so. Default False: it raises.

        Contract: contract/learner-pages#misconfigured-provider.
        """
        return self._flag("EXPLAIN_MISCONFIGURED_PROVIDER", default=False)

    @property
    def video_url_cipher(self) -> str:
        """``VIDEO_URL_CIPHER``: how links to recordings are stored, ``v1`` or ``v2``, which 6.1.4 cannot read.

        Default ``v1``, also for an unknown value.
        """
        return "v2" if self.options.get("VIDEO_URL_CIPHER") == "v2" else "v1"

    @property
    def learner_may_resume(self) -> bool:
        """Whether learners may release their own errored attempt (contract/learner-actions#resume). Default False."""
        return self._flag("LEARNER_MAY_RESUME", default=False)

    def course_staff_decide_reviews(self, course_id: str) -> bool:
        """Return whether the staff of a course decide its reviews, and not only the provider's reviewers.

        ``COURSE_STAFF_DECIDE_REVIEWS``: a scope (``in_scope``), default False.
        """
        return in_scope(self.options.get("COURSE_STAFF_DECIDE_REVIEWS"), course_id)

    def exam_desk(self, course_id: str) -> bool:
        """Return whether the staff of a course have the exam desk (contract/rest-v2#desk).

        ``EXAM_DESK``: a scope (``in_scope``), default False.
        """
        return in_scope(self.options.get("EXAM_DESK"), course_id)

    @property
    def outage_mode(self) -> str:
        """``OUTAGE_MODE``: who lets exams go on without their provider, ``global_staff``, ``course_staff`` or ``off``.

        Default ``global_staff``; an unknown value counts as ``off``, the safe one.
        """
        mode = self.options.get("OUTAGE_MODE", "global_staff")
        return mode if mode in OUTAGE_MODES else "off"

    @property
    def outage_max_hours(self) -> int:
        """``OUTAGE_MAX_HOURS``: how far ahead the end of an outage may be. Default 24."""
        return self._count("OUTAGE_MAX_HOURS")

    @property
    def review_overdue_hours(self) -> int:
        """``REVIEW_OVERDUE_HOURS``: after so many hours without a verdict, a submission is overdue. Default 72."""
        return self._count("REVIEW_OVERDUE_HOURS")

    @property
    def note_categories(self) -> Sequence[str]:
        """``NOTE_CATEGORIES``: of notes about attempts, words of at most 32 characters; anything else is left out."""
        words = self.options.get("NOTE_CATEGORIES", NOTE_CATEGORIES)
        listed = words if isinstance(words, (list, tuple)) else NOTE_CATEGORIES
        return [word for word in listed if isinstance(word, str) and 0 < len(word) <= LONGEST_CATEGORY]

    @property
    def hide_provider_fields(self) -> bool:
        """Whether only global staff see ``external_id`` and ``backend`` of exams (10, number 5). Default False."""
        return self._flag("HIDE_PROVIDER_FIELDS", default=False)

    @property
    def hide_inactive_exams(self) -> bool:
        """Whether only global staff see inactive exams (GET /v1/proctored_exam/exam, POST /v1/proctored_exam/exam,
        PUT /v1/proctored_exam/exam). Default False."""
        return self._flag("HIDE_INACTIVE_EXAMS", default=False)

    @property
    def anonymous_review_callback(self) -> str:
        """Access to RPNow's review callback: ``allow``, ``signed`` or ``deny``
        (contract/provider-wire#callback-signature). Default ``allow``.

        An unknown value counts as ``deny``, the safe one.
        """
        mode = self.options.get("ANONYMOUS_REVIEW_CALLBACK", "allow")
        return mode if mode in ("allow", "signed") else "deny"

    @property
    def rate_limits(self) -> Mapping[str, Any]:
        """``RATE_LIMITS``: scope → DRF rate such as ``60/min``, or None for unlimited; over ``DEFAULT_RATES``."""
        return {**DEFAULT_RATES, **_mapping(self.options.get("RATE_LIMITS"))}

    def rate_limit(self, scope: str) -> tuple[int, int] | None:
        """Return the most requests of a scope and the period in seconds; None if it is unlimited."""
        rate = self.rate_limits.get(scope)
        return (as_rate(rate) or as_rate(DEFAULT_RATES.get(scope))) if rate else None

    # Settings of the platform itself.

    @property
    def url_scheme(self) -> str:
        """``https``, unless ``HTTPS`` is set to anything but ``on``."""
        return "https" if getattr(settings, "HTTPS", "on") == "on" else "http"

    @property
    def lms_host(self) -> str:
        """Base URL of this platform for providers: scheme and ``settings.SITE_NAME``."""
        return f"{self.url_scheme}://{settings.SITE_NAME}"

    @property
    def lms_root_url(self) -> str | None:
        """``LMS_ROOT_URL``, prefix of script URLs without a host. Optional."""
        return getattr(settings, "LMS_ROOT_URL", None)

    @property
    def learning_mfe_url(self) -> str | None:
        """``LEARNING_MICROFRONTEND_URL``, the front end for courses. None or empty: the LMS shows courses."""
        return getattr(settings, "LEARNING_MICROFRONTEND_URL", None)

    @property
    def frontend_origins(self) -> list[str]:
        """Origins of the platform's front ends: ``LEARNING_MICROFRONTEND_URL``, ``INSTRUCTOR_MICROFRONTEND_URL``.

        Addresses without a scheme and host are on the platform's own origin and are left out.
        """
        found = []
        for name in ("LEARNING_MICROFRONTEND_URL", "INSTRUCTOR_MICROFRONTEND_URL"):
            parts = urlsplit(str(getattr(settings, name, None) or ""))
            if parts.scheme in ("http", "https") and parts.netloc:
                found.append(f"{parts.scheme}://{parts.netloc}")
        return list(dict.fromkeys(found))

    @property
    def env_root(self) -> str | None:
        """``ENV_ROOT``: folder for the configuration of browser workers. Optional."""
        root = getattr(settings, "ENV_ROOT", None)
        return str(root) if root else None

    @property
    def node_modules_root(self) -> str | None:
        """``NODE_MODULES_ROOT``: folder with npm packages of providers. Absent: no worker configuration."""
        root = getattr(settings, "NODE_MODULES_ROOT", None)
        return str(root) if root else None

    def _option(self, key: str, default: Callable[[], Any]) -> Any:
        """Return ``PROCTORING_SETTINGS[key]``, or call ``default`` if the key is absent."""
        value = self.options.get(key, _MISSING)
        return default() if value is _MISSING or is_placeholder(value) else value

    def _count(self, key: str) -> int:
        value = self.options.get(key)
        return value if is_count(value) else COUNTS[key]

    def _flag(self, key: str, *, default: bool, top_level: bool = False) -> bool:
        value = self.options.get(key, _MISSING)
        if value is _MISSING and top_level:
            value = getattr(settings, key, _MISSING)
        if value is _MISSING:
            return default
        flag = as_bool(value)
        return default if flag is None else flag

    @staticmethod
    def _from_settings_or_tokens(name: str) -> Any:
        """Return the setting or, if it is empty, the key of that name in the host's token dicts."""
        value = getattr(settings, name, None)
        for tokens in ("AUTH_TOKENS", "ENV_TOKENS"):
            value = value or _mapping(getattr(settings, tokens, None)).get(name)
        return value


proctoring: Final = ProctoringSettings()
