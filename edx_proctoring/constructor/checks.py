"""System checks. Contract: contract/constructor#checks."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring.backends.constructor import ConstructorProctoringProvider

TAG: Final = "edx_proctoring"
MIDDLEWARE: Final = "edx_proctoring.constructor.middleware.ProctoredFramingMiddleware"
_SET_HEADERS: Final = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
)


def _backends() -> Iterator[tuple[str, ConstructorProctoringProvider]]:
    for name, provider in apps.get_app_config("edx_proctoring").backends.items():  # type: ignore[attr-defined]
        if isinstance(provider, ConstructorProctoringProvider):
            yield name, provider


@register(TAG)
def check_middleware(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without the middleware the exam stays blank in the vendor's frame."""
    if not any(_backends()):
        return []
    order = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in order:
        return [
            Warning(
                f"{MIDDLEWARE} is not in MIDDLEWARE: browsers do not show exam pages in the frame of the proctoring "
                "system.",
                hint=f"Put {MIDDLEWARE!r} first in MIDDLEWARE.",
                id="edx_proctoring_constructor.W001",
            )
        ]
    above = [name for name in order[: order.index(MIDDLEWARE)] if name in _SET_HEADERS]
    if not above:
        return []
    return [
        Warning(
            f"{', '.join(above)} stands above {MIDDLEWARE} in MIDDLEWARE and undoes what it writes.",
            hint=f"Put {MIDDLEWARE!r} first in MIDDLEWARE.",
            id="edx_proctoring_constructor.W002",
        )
    ]


@register(TAG)
def check_cookies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """In the vendor's frame browsers send the login only if its cookie allows it."""
    sites = {name: str(getattr(settings, f"{name}_COOKIE_SAMESITE", "")) for name in ("SESSION", "CSRF")}
    if all(value.lower() == "none" for value in sites.values()):
        return []
    without = [name for name, provider in _backends() if not provider.options.entry_login]
    if not without:
        return []
    return [
        Warning(
            "The cookies of login and CSRF are not sent inside the frame of the proctoring system, if it is on another "
            f"domain: {', '.join(without)}.",
            hint="Use a host name of your own domain for the proctoring system; or set SESSION_COOKIE_SAMESITE and "
            "CSRF_COOKIE_SAMESITE to 'None', with both cookies secure; or the option 'entry_login' of the backend.",
            id="edx_proctoring_constructor.W003",
        )
    ]
