"""Onboarding status of learners.

Contract: GET /v1/user_onboarding/status, GET /v1/user_onboarding/status/course_id/{course_id}.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import waffle
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from edx_django_utils.monitoring import set_custom_attribute
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import constants
from edx_proctoring.api.onboarding import course_roster, learner_panel, onboarding_exams
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException, ProctoredBaseException
from edx_proctoring.views import paging
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.error_responses import LOG, answer_to
from edx_proctoring.views.permissions import (
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    staff_required_text,
)
from edx_proctoring.views.request_fields import is_true_in_query


class StudentOnboardingStatusView(ProctoredAPIView):
    """One learner's onboarding in a course. Contract: GET /v1/user_onboarding/status.

    GET: any user for themselves; course staff for query ``username``.

    The host's support view calls ``get`` directly, once for each course of a learner
    (contract/host-integration#support-view). So ``get`` uses nothing that only ``dispatch`` sets, reads
    ``request.GET``, which that view replaces, and returns refusals instead of raising them: an exception would end
    that loop, and DRF's handler would roll back the host's transaction.
    """

    def get(self, request: Request) -> Response:
        """Return status, link and dates; 404 if the course has no onboarding for this learner."""
        try:
            return Response(self._panel(request.GET, request.user))
        except learner_panel.NoOnboardingProfileException as exc:
            # A bare string: clients compare it.
            return Response(status=exc.http_status, data=str(exc))
        except ProctoredBaseException as exc:
            return answer_to(exc, name=type(self).__name__)
        except APIException as exc:
            return Response(status=exc.status_code, data={"detail": exc.detail})

    def _panel(self, query: Mapping[str, Any], caller: Any) -> dict[str, Any]:
        course_id = query.get("course_id")
        if not course_id:
            raise ParseError(_("Missing required query parameter course_id"))
        return learner_panel.get_onboarding_panel(
            course_id,
            self._learner(caller, query.get("username"), course_id),
            is_learning_mfe=is_true_in_query(query.get("is_learning_mfe")),
        )

    def _learner(self, caller: Any, username: str | None, course_id: str) -> Any:
        if not username or username == caller.get_username():
            return caller
        if not is_user_course_or_global_staff(caller, course_id):
            raise PermissionDenied(staff_required_text())
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            # A course without onboarding is reported first (GET /v1/user_onboarding/status), because clients compare
            # that text.
            onboarding_exams.newest_onboarding_exam(course_id)
            raise NotFound
        return user


class StudentOnboardingStatusByCourseView(ProctoredAPIView):
    """The onboarding of all learners of a course. Contract: GET /v1/user_onboarding/status/course_id/{course_id}.

    GET: course staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of learners; 404 without onboarding, 503 if the provider does not answer."""
        text_search = request.query_params.get("text_search")
        statuses = request.query_params.get("statuses")
        ask_provider = waffle.switch_is_active(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API)
        set_custom_attribute("onboarding_profile_api_enabled", ask_provider)
        try:
            roster = course_roster.onboarding_roster(
                course_id,
                page=paging.requested_page(request),
                page_size=paging.default_page_size(),
                text_search=text_search,
                statuses=[word for word in (statuses or "").split(",") if word],
                ask_provider=ask_provider,
            )
        except BackendProviderOnboardingProfilesException as exc:
            LOG.warning("onboarding profiles not available: course_id=%s status=%s", course_id, exc.http_status)
            return Response(
                status=status.HTTP_503_SERVICE_UNAVAILABLE,
                data={"detail": _("The onboarding service is temporarily unavailable. Please try again later.")},
            )
        set_custom_attribute("num_proctoring_eligible_enrollments", roster.enrolled)
        page = roster.page
        links = _PageLinks(course_id, text_search, statuses)
        # Exactly these keys: clients compare the whole body.
        return Response(
            {
                "count": page.paginator.count,
                "previous": links.url(page.previous_page_number()) if page.has_previous() else None,
                "next": links.url(page.next_page_number()) if page.has_next() else None,
                "num_pages": page.paginator.num_pages,
                "results": page.object_list,
                "use_onboarding_profile_api": roster.from_provider,
            }
        )


class _PageLinks:
    """URLs of the other pages of one list."""

    def __init__(self, course_id: str, text_search: str | None, statuses: str | None) -> None:
        self._path = reverse("edx_proctoring:user_onboarding.status.course", kwargs={"course_id": course_id})
        given = {"text_search": text_search, "statuses": statuses}
        self._query = {name: value for name, value in given.items() if value}

    def url(self, page: int) -> str:
        """Return the URL of a page."""
        return f"{self._path}?{urlencode({**self._query, 'page': page})}"
