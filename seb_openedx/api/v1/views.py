"""The configuration of a course over REST. Contract: contract/safe-exam-browser#rest.

SEB Server is the client in the field: it takes 404 for "no restriction" and needs 204 from DELETE.
"""

import logging
from typing import Any

from django.http import Http404
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from rest_framework import status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from seb_openedx.api.authentication import authentication_classes
from seb_openedx.api.parsers import BoundedJSONParser
from seb_openedx.api.v1.serializers import SebConfigurationSerializer
from seb_openedx.configuration import as_detailed
from seb_openedx.configuration_reading import read
from seb_openedx.seb_keys_sources import (
    effective_source,
    get_config_by_course,
    get_ordered_seb_keys_sources,
    save_course_config,
)

log = logging.getLogger(__name__)


class SebConfiguration(APIView):
    """One course's configuration, for global staff."""

    authentication_classes = authentication_classes()
    permission_classes = [IsAdminUser]
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    parser_classes = [BoundedJSONParser, FormParser, MultiPartParser]

    def get(self, request: Request, course_id: str, **kwargs: Any) -> Response:
        """Return the configuration; 404 without one."""
        course_key = _course_key(course_id)
        found = get_config_by_course(course_key) or _simple_form(course_key)
        if not found:
            return Response(status=status.HTTP_404_NOT_FOUND)
        return Response(_validated(found))

    def post(self, request: Request, course_id: str, **kwargs: Any) -> Response:
        """Create the configuration; 422 if there is one."""
        course_key = _course_key(course_id)
        config = _validated(request.data)
        if get_config_by_course(course_key):
            text = f"The course {course_key} already has a configuration. Change it with PUT or PATCH."
            return Response(text, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        return _saved(course_key, config, request)

    def put(self, request: Request, course_id: str, **kwargs: Any) -> Response:
        """Replace the configuration."""
        course_key = _course_key(course_id)
        return _saved(course_key, _validated(request.data), request)

    def patch(self, request: Request, course_id: str, **kwargs: Any) -> Response:
        """Change the keys that are sent."""
        course_key = _course_key(course_id)
        changes = _validated(request.data)
        # A copy: what a source returns is its own.
        return _saved(course_key, {**get_config_by_course(course_key), **changes}, request)

    def delete(self, request: Request, course_id: str, **kwargs: Any) -> Response:
        """Remove the configuration wherever it is stored; 204 also without one."""
        course_key = _course_key(course_id)
        save_course_config(course_key, None, user_id=request.user.id)
        if get_config_by_course(course_key):
            # As published: once more without a user, which leaves out the course's settings.
            save_course_config(course_key, None)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _course_key(course_id: str) -> CourseKey:
    try:
        return CourseKey.from_string(course_id)
    except InvalidKeyError as error:
        raise Http404(f"{course_id} is not a course id") from error


def _simple_form(course_key: CourseKey) -> dict[str, Any]:
    """Return keys in the simple form as a detailed configuration, which they mean."""
    for source in get_ordered_seb_keys_sources():
        found = read(source, course_key)
        if isinstance(found, list) and found:
            return as_detailed(found)
    return {}


def _validated(data: Any) -> dict[str, Any]:
    serializer = SebConfigurationSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = dict(serializer.validated_data)
    return validated


def _saved(course_key: CourseKey, config: dict[str, Any], request: Request) -> Response:
    """Save and echo; 503 if no destination takes it."""
    saved = save_course_config(course_key, config, user_id=request.user.id)
    # Saving nothing removes what is there; without a configuration nothing was removed, and that is what was asked for.
    if saved or not (config or get_config_by_course(course_key)):
        return Response(config)
    return Response({"detail": _why_not_saved(course_key, config)}, status=status.HTTP_503_SERVICE_UNAVAILABLE)


def _why_not_saved(course_key: CourseKey, config: dict[str, Any]) -> str:
    """Return the reason for a person, and log it. A destination that failed has logged its own."""
    source = None if config else effective_source(course_key)[0]
    if source is None:
        return "No destination of SEB_KEY_DESTINATIONS has saved the configuration. The log says why."
    log.warning("a configuration that no destination holds is not removed: course_id=%s source=%s", course_key, source)
    return f"The configuration in force is that of {source}, which is not changed here. Remove it there."
