"""Settings from the operator's YAML or JSON file. Contract: contract/safe-exam-browser#production-settings."""

from typing import Any

# The only settings of this app whose names have no prefix.
_UNPREFIXED = ("BLACKLIST_SEQUENCES", "BLACKLIST_VERTICALS")


def plugin_settings(settings: Any) -> None:
    """Take what ``ENV_TOKENS`` has; what it does not have stays as it is."""
    tokens = getattr(settings, "ENV_TOKENS", None) or {}
    settings.SAFE_EXAM_BROWSER = tokens.get("SAFE_EXAM_BROWSER", getattr(settings, "SAFE_EXAM_BROWSER", {}))
    for name, value in tokens.items():
        if name.startswith("SEB_") or name in _UNPREFIXED:
            setattr(settings, name, value)
