"""The host's site configuration."""

from importlib import import_module
from typing import Any

from seb_openedx import conf


def get_configuration_helpers(*args: Any, **kwargs: Any) -> Any:
    """Return the host's module of helpers."""
    return import_module(conf.seb.host_module("SEB_CONFIGURATION_HELPERS")).get_configuration_helpers(*args, **kwargs)
