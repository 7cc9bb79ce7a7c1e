"""The production settings under the name that older platforms use."""

from seb_openedx.settings.production import plugin_settings

__all__ = ["plugin_settings"]
