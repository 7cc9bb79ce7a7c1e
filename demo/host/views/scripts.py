"""The translated texts of browser scripts."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

__all__ = ["catalogue"]

_catalogue = JavaScriptCatalog.as_view(packages=["edx_proctoring"])


def catalogue(request: HttpRequest) -> HttpResponse:
    """Answer in the language that the address names, under which browsers keep the answer; else in the reader's."""
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return _catalogue(request)
    with translation.override(language):
        return _catalogue(request)
