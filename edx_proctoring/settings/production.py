"""Settings from the host's YAML. Contract: contract/host-integration#settings-functions."""

from typing import Any


def plugin_settings(settings: Any) -> None:
    """Take this app's settings from the host's token dicts, if there are any.

    ``settings``: the host's settings module. A host that applies each YAML key itself has no token dicts; its settings
    stay as they are.
    """
    env_tokens = getattr(settings, "ENV_TOKENS", None) or {}
    auth_tokens = getattr(settings, "AUTH_TOKENS", None) or {}
    if options := env_tokens.get("PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = options
    # AUTH_TOKENS is for secrets, so it comes first.
    if backends := auth_tokens.get("PROCTORING_BACKENDS") or env_tokens.get("PROCTORING_BACKENDS"):
        settings.PROCTORING_BACKENDS = backends
