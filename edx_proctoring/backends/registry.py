"""Builds the provider objects from the configuration, and finds them by name.

Contract: contract/provider-configuration#start-up.

Both configuration forms are read; each configured name gets one instance. A provider that cannot be
built is recorded as broken, and the process starts without it: ``checks.py`` reports it, and looking
it up raises ``NotImplementedError`` with the cause chained.
"""

import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from edx_proctoring import conf
from edx_proctoring.backends import legacy_adapter, redaction, secret_references
from edx_proctoring.backends.provider_settings import default_backend_name, legacy_entries

log = logging.getLogger(__name__)

# Entry point group in which plugins of any distribution name their provider classes.
NAMESPACE: Final = "openedx.proctoring"

# Keys of an entry that choose its class or are read elsewhere, never passed to a constructor.
SELECTION_KEYS: Final = frozenset({"plugin", "class"})
HOST_KEYS: Final = frozenset(
    {"LINK_URLS", "settings", "show_review_rules", "requires_escalation_email", "allow_honor_mode"}
)


# Options that pages and mails show.
_DOWNLOAD_URL: Final = "software_download_url"
_SHOWN: Final = frozenset(
    {
        "help_center_article_url",
        "integration_specific_email",
        "learner_notification_from_email",
        "tech_support_email",
        "tech_support_phone",
        "tech_support_url",
        "verbose_name",
    }
)


class PluginNotImportable(ImportError):
    """The module of a provider class raises something else than ``ImportError``. ``plugin``: its dotted path."""

    def __init__(self, plugin: str, cause: Exception) -> None:
        super().__init__(f"{plugin} cannot be imported: {type(cause).__name__}: {cause}")
        self.plugin = plugin


@dataclass(slots=True)
class Registry:
    """All configured providers.

    ``backends``: name → provider, in the order of the configuration.
    ``broken``: name → the exception that kept a configured provider from being built.
    ``dropped_keys``: name → options that were not passed to the constructor.
    """

    backends: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    dropped_keys: dict[str, list[str]] = field(default_factory=dict)


def load(allow_list: Collection[str]) -> Registry:
    """Build every configured provider. ``allow_list``: names of options that every provider may get."""
    registry = Registry()
    plugins = discover_plugins()
    for name, entry in conf.proctoring.backends.items():
        if name != "DEFAULT":
            _add(registry, plugins, name, entry, allow_list)
    for name, entry in legacy_entries().items():
        if name in registry.backends or name in registry.broken:
            log.warning("older configuration ignored, PROCTORING_BACKENDS has the same name: backend=%s", name)
        else:
            _add_legacy(registry, name, entry)
    return registry


def discover_plugins() -> dict[str, EntryPoint]:
    """Return the installed plug-ins by name, without importing them."""
    plugins: dict[str, EntryPoint] = {}
    for entry_point in entry_points(group=NAMESPACE):
        known = plugins.get(entry_point.name)
        # A distribution that is found twice, in a checkout and installed, is not a conflict.
        if known is not None and known.value != entry_point.value:
            log.warning(
                "two proctoring plugins have the same name, the last one is used: name=%s first=%s last=%s",
                entry_point.name,
                known.value,
                entry_point.value,
            )
        plugins[entry_point.name] = entry_point
    return plugins


def find(name: str | None, backends: Mapping[str, Any], broken: Mapping[str, Exception] | None = None) -> Any:
    """Return the provider called ``name``; None means the default, read from the settings now.

    Raises ``ImproperlyConfigured`` if there is no default, ``NotImplementedError`` for a name
    without a working provider.
    """
    if name is None:
        name = default_backend_name()
        if name is None:
            raise ImproperlyConfigured(
                "There is no default proctoring backend. Set PROCTORING_BACKENDS['DEFAULT'] to one of its other keys."
            )
    try:
        return backends[name]
    except KeyError:
        raise NotImplementedError(
            f"No proctoring backend configured for '{name}'. Available: {', '.join(map(str, backends)) or 'none'}"
        ) from (broken or {}).get(name)


def options_of(provider_class: type, entry: Mapping[str, Any], allow_list: Collection[str]) -> dict[str, Any]:
    """Return the options of a ``PROCTORING_BACKENDS`` entry that are passed to the class.

    Raises ``ImproperlyConfigured`` for one whose value is elsewhere and cannot be read.
    """
    allowed = {*allow_list, *declared_keys(provider_class)}
    options = secret_references.resolved({key: value for key, value in entry.items() if key in allowed})
    return without_shown_placeholders(options)


def without_shown_placeholders(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options without the placeholders that people would see; the class has its own defaults for them."""
    return {
        # Classes may require it.
        key: "" if key == _DOWNLOAD_URL and conf.is_placeholder(value) else value
        for key, value in options.items()
        if not (key in _SHOWN and conf.is_placeholder(value))
    }


def declared_keys(provider_class: type) -> Iterable[str]:
    """Return the option names that a class and its bases declare (contract/provider-configuration#options)."""
    for base in provider_class.__mro__:
        yield from vars(base).get("configuration_keys", ())


def _add(
    registry: Registry, plugins: Mapping[str, EntryPoint], name: str, entry: Any, allow_list: Collection[str]
) -> None:
    entry = {} if entry is None else entry
    try:
        if not isinstance(entry, Mapping):
            raise ImproperlyConfigured(f"PROCTORING_BACKENDS[{name!r}] must be a dict of options.")
        provider_class = _class_of(plugins, name, entry)
        if provider_class is None:
            # Contract: hosts also list providers that run elsewhere, such as ``lti_external``.
            log.info("no proctoring plugin with this name is installed: backend=%s", name)
            return
        options = options_of(provider_class, entry, allow_list)
        registry.backends[name] = _named(legacy_adapter.adapted(provider_class(**options)), name)
    except Exception as exc:
        _mark_broken(registry, name, exc)
        return
    dropped = set(entry) - set(options) - SELECTION_KEYS - HOST_KEYS
    if dropped:
        registry.dropped_keys[name] = sorted(map(str, dropped))


def _add_legacy(registry: Registry, name: str, entry: Any) -> None:
    try:
        if not isinstance(entry, Mapping) or not {"class", "options"} <= entry.keys():
            raise ImproperlyConfigured(
                f"The configuration of the proctoring provider {name!r} must be a dict with 'class' and 'options'."
            )
        options = without_shown_placeholders(secret_references.resolved(entry["options"]))
        provider = legacy_adapter.build(_imported(entry["class"]), options)
        registry.backends[name] = _named(provider, name)
    except Exception as exc:
        _mark_broken(registry, name, exc)


def _class_of(plugins: Mapping[str, EntryPoint], name: str, entry: Mapping[str, Any]) -> Any:
    """Return the class of an entry; None if it does not name one and no plug-in has its name."""
    if "class" in entry:
        return _imported(entry["class"])
    if "plugin" in entry:
        if entry["plugin"] not in plugins:
            raise ImproperlyConfigured(
                f"PROCTORING_BACKENDS[{name!r}]['plugin'] is {entry['plugin']!r}, but installed plugins are: "
                f"{', '.join(sorted(plugins)) or 'none'}."
            )
        return _loaded(plugins[entry["plugin"]])
    return _loaded(plugins[name]) if name in plugins else None


def _loaded(plugin: EntryPoint) -> Any:
    try:
        return plugin.load()
    except ImportError:
        raise
    except Exception as exc:
        raise PluginNotImportable(plugin.value, exc) from exc


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        raise
    except Exception as exc:
        raise PluginNotImportable(str(path), exc) from exc


def _named(provider: Any, name: str) -> Any:
    # For log texts and settings; an object that refuses the attribute works without it.
    with contextlib.suppress(AttributeError, TypeError):
        provider.backend_name = name
    return provider


def _mark_broken(registry: Registry, name: str, exc: Exception) -> None:
    registry.broken[name] = exc
    # Not ``exc_info``: the exception of a plug-in may quote its options.
    log.error("proctoring provider could not be built: backend=%s\n%s", name, redaction.traceback_of(exc, name))
