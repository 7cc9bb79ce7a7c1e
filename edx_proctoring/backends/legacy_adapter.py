"""Makes provider classes of an older interface usable through today's. Spec: backends.md 2.3, number 7."""

import abc
from collections.abc import Mapping
from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider


class _Defaults(NullBackendProvider):
    """The methods that an old class may lack."""

    verbose_name = ProctoringBackendProvider.verbose_name

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Return the payload: it is taken to be a normalised review."""
        return payload


class LegacyProviderAdapter:
    """An old provider object, with defaults for the methods and attributes that it lacks.

    A name is looked up on the adapter (where attributes may be assigned), then on the wrapped object,
    then among the defaults. ``wrapped`` is the object itself.
    """

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self._defaults = _Defaults()

    def __getattr__(self, name: str) -> Any:
        # Called only for names that were not assigned on the adapter.
        if name in ("wrapped", "_defaults"):
            # Unpickling and copying look these up before ``__init__`` has run.
            raise AttributeError(name)
        if name not in _missing_methods(type(self.wrapped)):
            try:
                return getattr(self.wrapped, name)
            except AttributeError:
                pass
        return getattr(self._defaults, name)


# So that ``isinstance(provider, ProctoringBackendProvider)`` is true for an adapter.
ProctoringBackendProvider.register(LegacyProviderAdapter)


def build(provider_class: type, options: Mapping[str, Any]) -> Any:
    """Return an instance of an old class, in an adapter if it lacks part of today's interface."""
    missing = _missing_methods(provider_class)
    if missing:
        # Python does not instantiate a class with abstract methods; the adapter supplies them.
        complete = type(provider_class.__name__, (provider_class,), {"__module__": provider_class.__module__})
        abc.update_abstractmethods(complete)
        complete.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
        return LegacyProviderAdapter(complete(**options))
    provider = provider_class(**options)
    return provider if isinstance(provider, ProctoringBackendProvider) else LegacyProviderAdapter(provider)


def _missing_methods(provider_class: type) -> frozenset[str]:
    """Return the names of the methods that the class leaves abstract."""
    return frozenset(
        name
        for name in ProctoringBackendProvider.__abstractmethods__
        if getattr(getattr(provider_class, name, None), "__isabstractmethod__", False)
    )
