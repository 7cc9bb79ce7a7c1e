"""Check for values that were copied from a sample and never filled in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends import provider_settings
from edx_proctoring.checks.common import TAG
from edx_proctoring.checks.setting_values import PLATFORM_BOOLEANS

_BOOLEANS: Final = PLATFORM_BOOLEANS | provider_settings.BOOLEAN_KEYS


@register(TAG)
def check_placeholders(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Published samples have placeholders such as ``{add link here}`` or ``<secret>``; each that is left is named."""
    forms: dict[str, Mapping[str, Any]] = {
        "PROCTORING_BACKENDS": {name: entry for name, entry in conf.proctoring.backends.items() if name != "DEFAULT"},
        "PROCTORING_BACKEND_PROVIDERS": provider_settings.legacy_entries(),
        "PROCTORING_SETTINGS": conf.proctoring.options,
    }
    return [
        Warning(
            f"{path} is a placeholder: it counts as not set.",
            hint=f"Set {path} to its real value, or remove it.",
            id="edx_proctoring.W026",
        )
        for form, values in forms.items()
        for path in _placeholders(form, values)
    ]


def _placeholders(path: str, value: Any) -> Iterator[str]:
    """Yield the paths of the placeholders in a setting. The values are not shown: one may be half filled in."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # ``check_booleans`` names those.
            if key not in _BOOLEANS:
                yield from _placeholders(f"{path}[{key!r}]", inner)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _placeholders(f"{path}[{number}]", inner)
    elif conf.is_placeholder(value):
        yield path
