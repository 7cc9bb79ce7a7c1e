"""Lets the vendor frame the exam pages of a session that runs, and keeps the login alive inside the frame.

Contract: contract/constructor#framing. The operator puts it first in ``MIDDLEWARE``: above those that set
``X-Frame-Options``, a content security policy and the cookies of login and CSRF.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import cookies, frame_ancestors, sessions
from edx_proctoring.constructor.entry_login import SESSION_KEY
from edx_proctoring.constructor.models import ConstructorSession

# Names in the URLs of the host by which a page says what it is about.
_COURSE: Final = ("course_id", "course_key_string", "course_key")
_CONTENT: Final = ("usage_key", "usage_id", "usage_key_string", "location", "content_id", "unquoted_usage_key_string")


class ProctoredFramingMiddleware:
    """Sees responses last, so what it writes stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers to pages of proctored exams; leave every other response alone."""
        response = self.get_response(request)
        if not _is_in_use():
            return response
        marked = getattr(response, frame_ancestors.MARK, None)
        origins = self._origins_for(request) if marked is None else marked
        if origins:
            frame_ancestors.apply(response, origins)
        self._partition_login(request, response)
        return response

    @staticmethod
    def _origins_for(request: HttpRequest) -> Iterable[str]:
        """Return who may frame a page of the host: the vendor, if the page is about an exam that runs there."""
        match, user = getattr(request, "resolver_match", None), getattr(request, "user", None)
        # Absent: an old browser.
        if match is None or user is None or request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
            return ()
        course = _first(match.kwargs, _COURSE)
        content = _first(match.kwargs, _CONTENT)
        if not (course or content) or not user.is_authenticated:
            return ()
        running = ConstructorSession.objects.framed_for(user.pk)
        for session in running.only("course_id", "content_id", "client_origin", "backend"):
            if _is_about(session, course, content) and sessions.provider_of(session) is not None:
                return (session.client_origin,) if session.client_origin else ()
        return ()

    @staticmethod
    def _partition_login(request: HttpRequest, response: HttpResponse) -> None:
        """Give the cookies of a login inside the frame the attributes that they need there."""
        names = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]
        set_now = [name for name in names if name in response.cookies]
        if set_now and getattr(request, "session", None) is not None and request.session.get(SESSION_KEY):
            for name in set_now:
                cookies.partition(response, name)


def _is_in_use() -> bool:
    configured = apps.get_app_config("edx_proctoring").backends.values()  # type: ignore[attr-defined]
    return any(isinstance(provider, ConstructorProctoringProvider) for provider in configured)


def _first(kwargs: dict[str, Any], names: Iterable[str]) -> str:
    return next((str(kwargs[name]) for name in names if kwargs.get(name)), "")


def _is_about(session: ConstructorSession, course: str, content: str) -> bool:
    """Return whether a page is about the exam. A block inside of it has another key, so its course decides."""
    if course:
        return course == session.course_id
    run = session.course_id.removeprefix("course-v1:")
    return content == session.content_id or content.startswith(f"block-v1:{run}+")
