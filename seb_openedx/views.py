"""What is installed here: the page that SEB Server asks for first."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse

from seb_openedx import __version__
from seb_openedx.middleware import SecureExamBrowserMiddleware


def info_view(request: HttpRequest) -> JsonResponse:
    """Return version and state to global staff; 403 for everybody else."""
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated and user.is_staff):
        raise PermissionDenied
    return JsonResponse(
        {
            "version": __version__,
            "name": "seb_openedx",
            # Published. A release is known by its version.
            "git": "",
            "middleware_installed": SecureExamBrowserMiddleware.is_installed(),
        }
    )
