"""Provider classes that were written for an older interface. Spec: backends.md 2.3, number 7."""

import abc
from collections.abc import Mapping
from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider


class _Defaults(NullBackendProvider):
    """What a method does that the old class lacks."""

    verbose_name = ProctoringBackendProvider.verbose_name

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Take the payload for a normalised review."""
        return payload


class LegacyProviderAdapter:
    """An old provider object, completed with defaults for what the interface has gained since.

    Looks like the object it wraps: what that has (a method, an attribute, a later assignment on
    either of the two) wins, and only then the default. ``wrapped`` is the object itself.
    """

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self._defaults = _Defaults()

    def __getattr__(self, name: str) -> Any:
        # Reached for names that were not assigned on the adapter.
        if name in ("wrapped", "_defaults"):
            # Unpickling and copying ask before ``__init__`` ran.
            raise AttributeError(name)
        if name not in _missing_methods(type(self.wrapped)):
            try:
                return getattr(self.wrapped, name)
            except AttributeError:
                pass
        return getattr(self._defaults, name)


# ``isinstance(provider, ProctoringBackendProvider)`` holds for a completed one.
ProctoringBackendProvider.register(LegacyProviderAdapter)


def build(provider_class: type, options: Mapping[str, Any]) -> Any:
    """Return an instance of an old class, wrapped if it lacks anything of today's interface."""
    missing = _missing_methods(provider_class)
    if missing:
        # Python refuses to instantiate a class with abstract methods; the adapter answers for them.
        complete = type(provider_class.__name__, (provider_class,), {"__module__": provider_class.__module__})
        abc.update_abstractmethods(complete)
        complete.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
        return LegacyProviderAdapter(complete(**options))
    provider = provider_class(**options)
    return provider if isinstance(provider, ProctoringBackendProvider) else LegacyProviderAdapter(provider)


def _missing_methods(provider_class: type) -> frozenset[str]:
    """Return the methods that the class inherits as abstract ones."""
    return frozenset(
        name
        for name in ProctoringBackendProvider.__abstractmethods__
        if getattr(getattr(provider_class, name, None), "__isabstractmethod__", False)
    )
