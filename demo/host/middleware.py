"""Two small middlewares that the platform has in other forms."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from eventtracking import tracker

from demo.services import watch

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
    """Takes services that a fault declares absent out of the registry, and puts the others back.

    Per request, because the fault may have been switched on by another process.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        watch.apply_absences()
        return self.get_response(request)
