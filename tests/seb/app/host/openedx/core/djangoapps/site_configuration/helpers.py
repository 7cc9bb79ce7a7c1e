"""The current site's configuration. Tests set ``SITE``; an exception there is raised."""

from types import SimpleNamespace

SITE = SimpleNamespace(site_values={}, saved=0, error=None)


def _save():
    SITE.saved += 1


SITE.save = _save


def has_override_value(name):
    if SITE.error:
        raise SITE.error
    return name in SITE.site_values


def get_configuration_value(name, default=None):
    return SITE.site_values.get(name, default)


def get_current_site_configuration():
    return SITE
