"""Makes provider classes of an older interface usable through today's.

Contract: contract/provider-configuration#older-classes.
"""

import abc
import functools
import inspect
from collections.abc import Callable, Mapping
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

        self._fitted = _fitted_methods(type(wrapped))  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        # Called only for names that were not assigned on the adapter.
        if name in ("wrapped", "_defaults", "_fitted"):
            # Unpickling and copying look these up before ``__init__`` has run.
            raise AttributeError(name)
        if name not in _missing_methods(type(self.wrapped)):
            try:
                method = getattr(self.wrapped, name)
            except AttributeError:
                pass
            else:
                return _called_with(method, self._fitted[name]) if name in self._fitted else method
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
    return adapted(provider) if isinstance(provider, ProctoringBackendProvider) else LegacyProviderAdapter(provider)


def adapted(provider: Any) -> Any:
    """Return a provider object, in an adapter if its class has old signatures."""
    return LegacyProviderAdapter(provider) if _fitted_methods(type(provider)) else provider  # type: ignore[arg-type]


def _called_with(method: Callable[..., Any], kept: tuple[str, ...]) -> Callable[..., Any]:
    """Return a callable of today's signature that hands on only the arguments that the old method takes."""
    today = inspect.signature(getattr(ProctoringBackendProvider, method.__name__))

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = today.bind(None, *args, **kwargs).arguments
        return method(**{name: given[name] for name in kept if name in given})

    return call


@functools.cache
def _fitted_methods(provider_class: type) -> Mapping[str, tuple[str, ...]]:
    """Return the methods that cannot be called as today, with those of today's parameters that they take.

    Checked once for a class. A method whose parameters are not among today's is left alone: what they mean is
    unknown, so it fails when it is called.
    """
    fitted = {}
    for name, today in inspect.getmembers(ProctoringBackendProvider, inspect.isfunction):
        method = inspect.getattr_static(provider_class, name, None)
        if name.startswith("_") or not inspect.isfunction(method) or method is today:
            continue
        wanted = list(inspect.signature(today).parameters.values())[1:]
        taken = list(inspect.signature(method).parameters.values())[1:]
        if _takes_all(wanted, taken):
            continue
        names = {parameter.name for parameter in wanted}
        if all(parameter.name in names or parameter.default is not parameter.empty for parameter in taken):
            fitted[name] = tuple(parameter.name for parameter in taken if parameter.name in names)
    return fitted


def _takes_all(wanted: list[inspect.Parameter], taken: list[inspect.Parameter]) -> bool:
    """Return whether a method takes as many arguments as we pass; names may differ, as we pass them by position."""
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in taken):
        return True
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    passed = [parameter for parameter in wanted if parameter.kind in positional]
    return len([parameter for parameter in taken if parameter.kind in positional]) >= len(passed)


def _missing_methods(provider_class: type) -> frozenset[str]:
    """Return the names of the methods that the class leaves abstract."""
    return frozenset(
        name
        for name in ProctoringBackendProvider.__abstractmethods__
        if getattr(getattr(provider_class, name, None), "__isabstractmethod__", False)
    )
