"""The provider's dashboard, in a frame of the instructor's page.

Contract: GET /v1/instructor/{course_id}, GET /v1/instructor/{course_id}/{exam_id}.
"""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_bidi
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import conf
from edx_proctoring.api.providers import dashboard_links
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.error_responses import LOG, ids_for_log
from edx_proctoring.views.permissions import require_course_or_global_staff
from edx_proctoring.views.request_fields import parse_id


class InstructorDashboard(ProctoredAPIView):
    """Redirect to the provider's dashboard.

    GET: course staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str, exam_id: str | None = None) -> HttpResponseBase:
        """Redirect to the provider; 404 if there is no dashboard, 400 if there are several."""
        attempt = request.query_params.get("attempt")
        if exam_id is None:
            return redirect(dashboard_links.course_dashboard_url(course_id, request.user, external_attempt_id=attempt))
        return redirect(
            dashboard_links.exam_dashboard_url(
                course_id,
                parse_id(exam_id, "exam_id"),
                request.user,
                external_attempt_id=attempt,
                show_configuration=request.query_params.get("config", "").lower() == "true",
            )
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with a bare string, which clients compare, or with a page for a browser."""
        if not isinstance(exc, (dashboard_links.NoDashboardException, dashboard_links.SeveralProvidersException)):
            return super().handle_exception(exc)
        LOG.warning("no dashboard: error=%s status=%s%s", type(exc).__name__, exc.http_status, ids_for_log(self.kwargs))
        response: HttpResponseBase
        if _prefers_html(self.request):
            response = HttpResponse(_page(str(exc)), status=exc.http_status)
        else:
            response = Response(status=exc.http_status, data=str(exc))
        _allow_own_frames(response)
        return response  # type: ignore[return-value]


def _allow_own_frames(response: HttpResponseBase) -> None:
    """Let only the platform's pages and its front ends show the refusal in a frame.

    The host's default forbids frames: the browser would show an error of its own instead.
    """
    origins = conf.proctoring.frontend_origins
    response["Content-Security-Policy"] = " ".join(["frame-ancestors 'self'", *origins])
    if origins:
        # This header cannot name other origins, and some browsers obey the stricter of the two.
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    else:
        response["X-Frame-Options"] = "sameorigin"


def _prefers_html(request: Request) -> bool:
    return request.headers.get("Accept", "").lstrip().startswith("text/html")


def _page(message: str) -> str:
    return format_html(
        '<!DOCTYPE html><html lang="{}" dir="{}"><head><meta charset="utf-8"><title>{}</title></head>'
        "<body><main><p>{}</p></main></body></html>",
        get_language() or "en",
        "rtl" if get_language_bidi() else "ltr",
        message,
        message,
    )
