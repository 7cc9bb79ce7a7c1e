"""The settings of this app: one typed property each, read at each access.

Spec: backends.md 2, python-api.md 5, data-model.md 13. Use ``conf.proctoring.<property>``::

    from edx_proctoring import conf

    if conf.proctoring.allow_timed_out_state: ...

Nothing is kept, so a suite may override any setting at any time. Values that outside code patches
as ``edx_proctoring.constants.X`` are read through that module (``constants.X``), which takes its
defaults from here. Mistakes in settings are found by ``checks.py``, not here: at run time a value
that makes no sense counts as not given.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from django.conf import settings

T = TypeVar("T")

_MISSING: Final[Any] = object()

# What ``settings.common`` puts into a host that configured nothing.
INJECTED_BACKENDS: Final[Mapping[str, Any]] = {"DEFAULT": "null", "null": {}}


def as_bool(value: object) -> bool | None:
    """Return a configured boolean; ``"true"`` and ``"false"`` in any case count, other text is None.

    Published configuration samples hold placeholder text in the place of booleans; taken for its
    truth value it would switch things on that nobody asked for.
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


class ProctoringSettings:
    """Everything this app reads from Django settings; ``PROCTORING_SETTINGS`` first, then the top level."""

    # --- sources ------------------------------------------------------------------------------

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
        """``PROCTORING_BACKEND_PROVIDERS``, the older form: name → class, options, settings (backends.md 2.3)."""
        return _mapping(self._from_settings_or_tokens("PROCTORING_BACKEND_PROVIDERS"))

    @property
    def backend_provider(self) -> Mapping[str, Any]:
        """``PROCTORING_BACKEND_PROVIDER``, the oldest form: class and options of the only provider."""
        return _mapping(self._from_settings_or_tokens("PROCTORING_BACKEND_PROVIDER"))

    # --- constants of the contract (read them as ``constants.X``) -----------------------------

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
        """Reviewer notes for RPNow where the exam has no policy. Default ``Closed Book``."""
        return self._option("DEFAULT_REVIEW_POLICY", lambda: getattr(settings, "DEFAULT_REVIEW_POLICY", "Closed Book"))

    @property
    def require_failure_second_reviews(self) -> bool:
        """Whether a person decides about a failing review. Default True."""
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
        """How often a browser asks the desktop software for a sign of life, in seconds. Default 60."""
        return self._option(
            "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
            lambda: getattr(settings, "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS", 60),
        )

    @property
    def use_onboarding_profile_api(self) -> bool:
        """Whether a learner's onboarding status is asked of the provider. Default False."""
        return self._flag("USE_ONBOARDING_PROFILE_API", default=False, top_level=True)

    @property
    def content_viewable_past_due(self) -> bool:
        """``PROCTORED_EXAM_VIEWABLE_PAST_DUE``: proctored content may be seen after the due date. Default False."""
        return bool(getattr(settings, "PROCTORED_EXAM_VIEWABLE_PAST_DUE", False))

    # --- read at call time --------------------------------------------------------------------

    @property
    def allow_callback_simulation(self) -> bool:
        """Whether RPNow reviews are taken without comparing the record locator. Never in production. Default False."""
        return self._flag("ALLOW_CALLBACK_SIMULATION", default=False)

    @property
    def allow_timed_out_state(self) -> bool:
        """Whether an attempt whose time ran out stays ``timed_out`` instead of ``submitted``. Default False."""
        return self._flag("ALLOW_TIMED_OUT_STATE", default=False)

    @property
    def link_urls(self) -> Mapping[str, str] | None:
        """Support links by name; None when not configured (the settings endpoint says so)."""
        return self.options.get("LINK_URLS")

    @property
    def low_threshold_pct(self) -> float:
        """Share of the time left at which the timer warns. Default 0.2."""
        return self.options.get("low_threshold_pct", 0.2)

    @property
    def critically_low_threshold_pct(self) -> float:
        """Share of the time left at which the timer warns loudly. Default 0.05."""
        return self.options.get("critically_low_threshold_pct", 0.05)

    @property
    def download_url_schemes(self) -> frozenset[str]:
        """URL schemes besides http and https that a provider's software may be fetched by. Default none."""
        return frozenset(self.options.get("DOWNLOAD_URL_SCHEMES") or ())

    @property
    def async_provider_calls(self) -> bool:
        """Whether workers deliver provider calls and mails after commit (cross-cutting.md C4). Default False."""
        return self._flag("ASYNC_PROVIDER_CALLS", default=False)

    @property
    def mails_have_text_part(self) -> bool:
        """Whether status mails carry their words as plain text, too (cross-cutting.md C15). Default False."""
        return self._flag("EMAIL_TEXT_ALTERNATIVE", default=False)

    @property
    def system_username(self) -> str | None:
        """Who counts as author of review policies that Studio's system edits publish. Default nobody."""
        return self.options.get("SYSTEM_USERNAME")

    @property
    def inbox_days(self) -> int:
        """How many days received review callbacks are kept (beyond.md 1). Default 90."""
        return int(self.options.get("INBOX_DAYS", 90))

    # --- the platform's own settings ----------------------------------------------------------

    @property
    def url_scheme(self) -> str:
        """``https``, unless ``HTTPS`` is set to something other than ``on``."""
        return "https" if getattr(settings, "HTTPS", "on") == "on" else "http"

    @property
    def lms_host(self) -> str:
        """Where providers find this platform: scheme and ``settings.SITE_NAME``."""
        return f"{self.url_scheme}://{settings.SITE_NAME}"

    @property
    def lms_root_url(self) -> str | None:
        """``LMS_ROOT_URL``, put before script URLs that have no host. Optional."""
        return getattr(settings, "LMS_ROOT_URL", None)

    @property
    def learning_mfe_url(self) -> str | None:
        """``LEARNING_MICROFRONTEND_URL``, the front end that shows courses. None or empty: the LMS shows them."""
        return getattr(settings, "LEARNING_MICROFRONTEND_URL", None)

    @property
    def env_root(self) -> str | None:
        """``ENV_ROOT``: folder that the worker configuration is written to. Optional."""
        root = getattr(settings, "ENV_ROOT", None)
        return str(root) if root else None

    @property
    def node_modules_root(self) -> str | None:
        """``NODE_MODULES_ROOT``: where npm packages of providers lie. Absent: no worker configuration."""
        root = getattr(settings, "NODE_MODULES_ROOT", None)
        return str(root) if root else None

    # --- how values are found -----------------------------------------------------------------

    def _option(self, key: str, default: "Any") -> Any:
        """Return ``PROCTORING_SETTINGS[key]``; ``default`` is called only if the key is absent."""
        value = self.options.get(key, _MISSING)
        return default() if value is _MISSING else value

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
        """Return the first truthy value of a setting, then of the host's token dicts of that name."""
        value = getattr(settings, name, None)
        for tokens in ("AUTH_TOKENS", "ENV_TOKENS"):
            value = value or _mapping(getattr(settings, tokens, None)).get(name)
        return value


proctoring: Final = ProctoringSettings()
