"""The onboarding of a course's learners. Contract: contract/rest-v2#onboarding-list."""

from collections.abc import Mapping
from typing import Any, ClassVar

import waffle
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import constants
from edx_proctoring.api.course_staff import onboarding_list
from edx_proctoring.api.course_staff.onboarding_list import OnboardingList
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import ListQuery, SearchField, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import OnboardingSerializer

__all__ = ["OnboardingFilters", "OnboardingOfCourse", "asked_for"]


class OnboardingFilters(serializers.Serializer):
    """Which learners of a course are meant."""

    status = WordsField(onboarding_list.STATUSES, required=False)
    search = SearchField(required=False)


class OnboardingQuery(OnboardingFilters, ListQuery):
    """Filters of the list of onboarding."""


class OnboardingOfCourse(StaffView):
    """GET: the learners of a course with their onboarding."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "onboarding_list",
            "List how far the learners of a course are with onboarding, with the number of learners per status.",
            Access.COURSE,
            queries=8,
            query=OnboardingQuery,
            response=OnboardingSerializer,
            is_list=True,
            has_counts=True,
            problems=("provider_unavailable",),
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of learners."""
        found = asked_for(course_id, self.query)
        return self.reply_rows(found.matching, lambda page: found.rows(list(page)), counts=found.counts)


def asked_for(course_id: str, query: Mapping[str, Any]) -> OnboardingList:
    """Return what validated ``OnboardingFilters`` mean. Raises ``NoOnboardingExamException``."""
    return onboarding_list.onboarding_list(
        course_id,
        statuses=query.get("status"),
        search=query.get("search"),
        ask_provider=waffle.switch_is_active(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API),
    )
