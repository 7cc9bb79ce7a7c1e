"""Pages in the host's design, and plain ones where the host cannot render them.

Contract: contract/safe-exam-browser#plain-pages.
"""

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.http import HttpResponse
from django.template import loader

from seb_openedx import conf, texts
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)


def render_to_response(template_name: str, dictionary: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return a response: ``(template_name, dictionary=None, namespace="main", request=None, **kwargs)``.

    Further keyword arguments, such as ``status``, are the response's.
    """
    try:
        return _backend().render_to_response(template_name, dictionary, *args, **kwargs)
    except Exception as error:
        _log_fallback(template_name, error)
    options = {name: value for name, value in kwargs.items() if name not in ("namespace", "request")}
    return HttpResponse(_plain(template_name, dictionary), **options)


def render_to_string(template_name: str, dictionary: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return text: ``(template_name, dictionary=None, namespace="main", request=None)``."""
    try:
        return _backend().render_to_string(template_name, dictionary, *args, **kwargs)
    except Exception as error:
        _log_fallback(template_name, error)
    return _plain(template_name, dictionary)


def _backend() -> Any:
    return import_module(conf.seb.host_module("SEB_EDXMAKO_MODULE"))


def _plain(template_name: str, dictionary: Mapping[str, Any] | None) -> str:
    """Render the Django template that stands in for a Mako one."""
    # Without the request: the context processors of a host that has just failed to render a page are not needed.
    context = dict(dictionary or {})
    context["texts"] = texts.refusal(context, section=template_name == "seb-xblock.html")
    return loader.render_to_string(f"seb_openedx/{template_name}", context)


def _log_fallback(template_name: str, error: Exception) -> None:
    # A broken theme must not turn a refusal into an error page. Without Mako, plain pages are what to expect.
    if first_time("plain page", template_name, type(error).__name__):
        level = logging.INFO if isinstance(error, ImportError) else logging.ERROR
        log.log(level, "a plain page is shown: template=%s", template_name, exc_info=error)
