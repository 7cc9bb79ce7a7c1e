"""Two small middlewares; the platform has the first in another form."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from eventtracking import tracker

from demo.host import instrumentation

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
