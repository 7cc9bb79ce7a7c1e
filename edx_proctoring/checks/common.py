"""Shared by the checks: the configured providers, and the level of a message about one of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from django.apps import apps
from django.core.checks import ERROR, CheckMessage, Error, Warning

from edx_proctoring.backends import provider_settings

if TYPE_CHECKING:
    from edx_proctoring.apps import EdxProctoringConfig

TAG: Final = "edx_proctoring"


class ErrorThatStopsNothing(Error):
    """A message of level error that does not stop a command such as ``migrate``.

    Published configurations name classes that are not installed anywhere, and have placeholders for keys. A
    mistake in a proctoring setting must not keep the whole platform from starting or migrating.
    """

    def is_serious(self, level: int = ERROR) -> bool:
        """Return whether the caller stops at a level below errors (``check --fail-level WARNING``)."""
        return level < ERROR


def provider_message(name: str, text: str, *, hint: str, number: str, is_of_older_form: bool = False) -> CheckMessage:
    """Return an error if the provider is the default one, else a warning, because other exams still work."""
    if is_of_older_form or name == provider_settings.default_backend_name():
        return ErrorThatStopsNothing(text, hint=hint, id=f"edx_proctoring.E{number}")
    return Warning(text, hint=hint, id=f"edx_proctoring.W{number}")


def providers() -> Iterator[tuple[str, Any]]:
    """Yield configured name and provider of every provider that could be built."""
    yield from app_config().backends.items()


def app_config() -> "EdxProctoringConfig":
    """Return this app's config, which holds the registry of providers."""
    return cast("EdxProctoringConfig", apps.get_app_config("edx_proctoring"))
