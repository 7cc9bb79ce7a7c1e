"""The site configuration. Its import path has not changed since Hawthorn."""

from seb_openedx.edxapp_wrapper.backends.get_configuration_helpers_n_v1 import get_configuration_helpers

__all__ = ["get_configuration_helpers"]
