"""Settings for suites of hosts. Not registered in ``plugin_app``: hosts call it themselves (host-platform.md 2.2)."""

from typing import Any


def plugin_settings(settings: Any) -> None:
    """Configure the in-process mock provider, and a name that has no plugin (lookups of it must cope)."""
    settings.PROCTORING_SETTINGS = {}
    settings.PROCTORING_BACKENDS = {"DEFAULT": "mock", "mock": {}, "mock_proctoring_without_rules": {}}
