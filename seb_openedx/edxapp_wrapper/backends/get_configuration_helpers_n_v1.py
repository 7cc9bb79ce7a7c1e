"""The site configuration of current platforms."""

from importlib import import_module
from typing import Any


def get_configuration_helpers() -> Any:
    """Return the module of site-configuration helpers."""
    return import_module("openedx.core.djangoapps.site_configuration.helpers")
