"""Addresses of this app's own pages, wherever the host has put them."""

from typing import Any, Final

from django.urls import NoReverseMatch, reverse

from seb_openedx import conf

# Below the plug-in's namespace in the LMS; without it where seb_openedx.urls is the root.
_NAMESPACES: Final = ("seb-openedx:seb-exams:", "seb-exams:")


def url_of(name: str, **kwargs: Any) -> str:
    """Return the path of a page of ``exams.urls``. Raises ``NoReverseMatch`` where the host has not included it."""
    try:
        return reverse(_NAMESPACES[0] + name, kwargs=kwargs)
    except NoReverseMatch:
        return reverse(_NAMESPACES[1] + name, kwargs=kwargs)


def origin_of(request: Any) -> str:
    """Return ``scheme://host[:port]`` under which learners reach this host; the files of exams contain it."""
    return conf.seb.lms_root_url or str(request.build_absolute_uri("/")).rstrip("/")
