"""Pages of front ends on other hosts, which no header of ours gates. Contract: contract/seb-exams#front-ends.

The operator names their origins: ``LEARNING_MICROFRONTEND_URL`` and ``SEB_PUBLIC_BASE_URLS``. Only those may ask, and
only for pages of their own.
"""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from seb_openedx import conf

_HEADERS: Final = "Content-Type, X-CSRFToken"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return ``scheme://host[:port]`` as browsers write it; empty for what is no address of a page."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def allowed_origin(request: Any) -> str:
    """Return the origin of the page that sent a request, if it is a front end's; else empty."""
    origin: str = request.headers.get("Origin", "")
    known = {origin_of(url) for url in (conf.seb.learning_mfe_url, *conf.seb.public_base_urls)}
    return origin if origin and origin in known else ""


def is_page_of_course(request: Any, page_url: str, course_id: str) -> bool:
    """Whether a request comes from a front end, about its own page, which belongs to the course.

    A page of another course would let the same hash count there.
    """
    origin = allowed_origin(request)
    return bool(origin) and origin_of(page_url) == origin and _is_in_path(course_id, page_url)


def _is_in_path(course_id: str, page_url: str) -> bool:
    parts = unquote(urlsplit(page_url).path).split("/")
    return bool(course_id) and course_id in parts


def allow(request: Any, response: HttpResponseBase) -> HttpResponseBase:
    """Let the front end that asked read the response."""
    patch_vary_headers(response, ["Origin"])
    if origin := allowed_origin(request):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
    return response


def preflight(request: Any) -> HttpResponseBase:
    """Tell a browser whether a page of another origin may ask."""
    response = allow(request, HttpResponse(status=204))
    if response.has_header("Access-Control-Allow-Origin"):
        response["Access-Control-Allow-Methods"] = "GET, POST"
        response["Access-Control-Allow-Headers"] = _HEADERS
        response["Access-Control-Max-Age"] = "600"
    return response
