"""Settings for tests of hosts, which call it themselves; it is not in ``plugin_app``.

Contract: contract/host-integration#settings-functions.
"""

from typing import Any


def plugin_settings(settings: Any) -> None:
    """Configure the in-process mock provider, and a name without a plugin, which look-ups must tolerate."""
    settings.PROCTORING_SETTINGS = {}
    settings.PROCTORING_BACKENDS = {"DEFAULT": "mock", "mock": {}, "mock_proctoring_without_rules": {}}
