"""Values that the whole app reads as ``constants.X`` at each use.

Contract: contract/settings#precedence, contract/settings#current. Those from settings are computed on access, so an
overridden setting takes effect immediately. Outside code may also assign or patch any of them here; an assigned value
takes precedence until it is deleted.
"""

from datetime import datetime
from typing import Any, Final

from edx_proctoring import conf

# Default for due-date arguments that means "not given". Compare with ``is``.
MINIMUM_TIME: Final = datetime.fromtimestamp(0)  # noqa: DTZ006 - contract: naive, local time

# How long an onboarding verification is valid, in days.
VERIFICATION_DAYS_VALID: int = 365

# Kind of allowance that multiplies the time.
TIME_MULTIPLIER: str = "time_multiplier"

# Names of waffle switches. The first is a template for the name of a backend.
PING_FAILURE_PASSTHROUGH_TEMPLATE: str = "edx_proctoring.{}_ping_failure_passthrough"
ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API: str = "edx_proctoring.onboarding_profile_instructor_dashboard_api"
REDS_API_REDIRECT: str = "edx_proctoring.reds_api_redirect"

# Declared, not assigned: each access goes to ``__getattr__`` below.
SITE_NAME: str
PLATFORM_NAME: str
FROM_EMAIL: str
DEFAULT_CONTACT_EMAIL: str
ALLOW_REVIEW_UPDATES: bool
DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY: str
REQUIRE_FAILURE_SECOND_REVIEWS: bool
SOFTWARE_SECURE_CLIENT_TIMEOUT: int
SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD: int
DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS: int
ONBOARDING_PROFILE_API: bool
CONTENT_VIEWABLE_PAST_DUE_DATE: bool

_FROM_SETTINGS: Final = {
    "SITE_NAME": "site_name",
    "PLATFORM_NAME": "platform_name",
    "FROM_EMAIL": "from_email",
    "DEFAULT_CONTACT_EMAIL": "contact_email",
    "ALLOW_REVIEW_UPDATES": "allow_review_updates",
    "DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY": "default_review_policy",
    "REQUIRE_FAILURE_SECOND_REVIEWS": "require_failure_second_reviews",
    "SOFTWARE_SECURE_CLIENT_TIMEOUT": "software_secure_client_timeout",
    "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD": "software_secure_shut_down_graceperiod",
    "DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": "ping_interval_seconds",
    "ONBOARDING_PROFILE_API": "use_onboarding_profile_api",
    "CONTENT_VIEWABLE_PAST_DUE_DATE": "content_viewable_past_due",
}


def __getattr__(name: str) -> Any:
    """Compute a constant that depends on settings (PEP 562)."""
    if name in _FROM_SETTINGS:
        return getattr(conf.proctoring, _FROM_SETTINGS[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_FROM_SETTINGS})
