"""What an operator configured in the host's YAML. Spec: data-model.md 13.1, host-platform.md 2.3."""

from typing import Any


def plugin_settings(settings: Any) -> None:
    """Take this app's settings from the host's token dicts, where they are given.

    ``settings``: the host's settings module. Hosts that apply each YAML key themselves may have no
    token dicts; then what is in the module already stays.
    """
    env_tokens = getattr(settings, "ENV_TOKENS", None) or {}
    auth_tokens = getattr(settings, "AUTH_TOKENS", None) or {}
    if options := env_tokens.get("PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = options
    # Secrets of providers belong into the first of the two.
    if backends := auth_tokens.get("PROCTORING_BACKENDS") or env_tokens.get("PROCTORING_BACKENDS"):
        settings.PROCTORING_BACKENDS = backends
