"""How access is refused: links, answers for programs, and headers. Contract: contract/safe-exam-browser#refusal."""

import logging
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpResponseBase, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from seb_openedx import conf, texts
from seb_openedx.access.requests import keywords_of, wants_json
from seb_openedx.constants import SEB_HEADERS
from seb_openedx.protocol import seb_link
from seb_openedx.protocol.errors import InvalidLink

log = logging.getLogger(__name__)

NO_LINK: Final = "#"
USER_ID_HEADER: Final = "X-LMS-USER-ID"


def link_into_browser(request: Any, course_key: Any) -> str:
    """Return the address of the requested block for Safe Exam Browser; ``"#"`` if there is none.

    ``sebs`` stands for https, ``seb`` for http.
    """
    keywords = keywords_of(request)
    location = keywords.get("usage_key_string") or keywords.get("usage_id")
    if not location:
        return NO_LINK
    try:
        path = reverse("jump_to", kwargs={"course_id": str(course_key), "location": location})
        return f"{'sebs' if request.is_secure() else 'seb'}://{request.get_host()}{path}"
    except Exception:
        # A link is missing from a page that is shown anyway: hosts without this URL, requests without a host.
        log.debug("no link into Safe Exam Browser: course_id=%s", course_key, exc_info=True)
        return NO_LINK


def launch_link(request: Any, jump_to_link: str) -> str | None:
    """Return the link with which a refusal page offers Safe Exam Browser: to the block, else to the page itself.

    The browser opens it with the settings that it has. None for what is no page of its own.
    """
    if jump_to_link != NO_LINK:
        return jump_to_link
    if getattr(request, "method", "") != "GET" or wants_json(request):
        return None
    try:
        return seb_link(request.build_absolute_uri(), scheme=conf.seb.link_scheme)
    except (DisallowedHost, InvalidLink):
        return None


def refuse_program(context: dict[str, Any]) -> JsonResponse:
    """Return the answer to a request that was not for a page."""
    banned = context.get("banned")
    link = context.get("jump_to_link", NO_LINK)
    body = {
        "detail": texts.refusal(context)["message"],
        "code": "seb_banned" if banned else "seb_required",
        "launch_url": None if link == NO_LINK else link,
    }
    return JsonResponse(body, status=403)


def frame_context() -> dict[str, Any]:
    """Return what the page for frames needs to tell its size to the page around it, and to no other."""
    url = urlsplit(conf.seb.learning_mfe_url)
    origin = f"{url.scheme}://{url.netloc}" if url.scheme and url.netloc else ""
    try:
        script = static("seb_openedx/resize.js")
    except ValueError:  # the host's static files were not collected since the upgrade
        script = ""
    return {"frame_origin": origin, "frame_script": script}


def mark_refused(response: Any) -> Any:
    """Keep a refusal out of every cache. Responses that tests replace stay as they are."""
    if isinstance(response, HttpResponseBase):
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, SEB_HEADERS)
    return response


def tell_who_it_is(request: Any, response: Any) -> None:
    """Add the username, which Safe Exam Browser hands on to a SEB Server (``SEB_SEND_USER_ID``)."""
    username = getattr(getattr(request, "user", None), "username", "")
    if conf.seb.send_user_id and username and isinstance(response, HttpResponseBase):
        response[USER_ID_HEADER] = username


def mark_granted(response: Any) -> Any:
    """Keep a protected page out of shared caches."""
    if isinstance(response, HttpResponseBase):
        patch_vary_headers(response, SEB_HEADERS)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True)
    return response
