"""Small middlewares; the platform has the first and the last in another form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from eventtracking import tracker

from demo.host import instrumentation, view_as
from seb_openedx.access.requests import course_of

CALLBACKS: Final = "callbacks"
_CALLBACK: Final = re.compile(
    r"^/api/edx_proctoring/(?:.*/)?(ready|reviewed|proctoring_review_callback|webhooks/\w+)/?$"
)
_MASQUERADES: Final = "masquerade_settings"

GetResponse = Callable[[HttpRequest], HttpResponse]


class TrackingContextMiddleware:
    """Adds user and path to every tracking event emitted during a request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user_id = request.user.pk if request.user.is_authenticated else None
        with tracker.get_tracker().context("request", {"user_id": user_id, "path": request.path}):
            return self.get_response(request)


class AbsentServicesMiddleware:
    """Unregisters services that a fault declares absent, and registers the others again.

    On each request, because another process may have switched the fault on.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        instrumentation.apply_absences()
        return self.get_response(request)


class CallbackFaultsMiddleware:
    """Answers 503 to callbacks of a provider while a fault of ``callbacks`` wants it, as a platform under maintenance.

    The method of such a fault is the last part of the callback's address: ``ready``, ``reviewed``,
    ``proctoring_review_callback``, or the kind of a webhook.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        callback = _CALLBACK.match(request.path) if request.method == "POST" else None
        if callback is not None:
            try:
                instrumentation.inject_fault(CALLBACKS, callback[1].rpartition("/")[2])
            except instrumentation.InjectedFault as fault:
                return HttpResponse(str(fault), status=503, content_type="text/plain")
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Masquerade:
    """As whom staff see a course, with the names that the platform has for it."""

    role: str
    user_name: str | None


class ViewAsMiddleware:
    """Puts into the session as whom staff see a course, where the platform keeps it and Safe Exam Browser looks for it.

    Only for the request: here the address says it each time (``view_as``). A session is not saved because of it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            # A session that was not read is not loaded for this.
            if request.session.accessed and _MASQUERADES in request.session:
                with _as_unmodified(request.session):
                    del request.session[_MASQUERADES]

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Read the address."""
        course_key = course_of(request, kwargs) if view_as.PARAMETER in request.GET else None
        if course_key is None:
            return
        who = view_as.viewer(request, str(course_key))
        if who.shown_name:
            name = who.shown_name if who.is_specific else None
            with _as_unmodified(request.session):
                request.session[_MASQUERADES] = {course_key: Masquerade(who.role, name)}


@contextmanager
def _as_unmodified(session: SessionBase) -> Iterator[None]:
    modified = session.modified
    yield
    session.modified = modified
