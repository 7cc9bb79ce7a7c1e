"""Requests to version 2."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Q, Value
from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.models import ProctoredExam
from mock_apps.models import Profile
from tests import factories
from tests.views.conftest import COURSE_A, World

Send = Callable[..., Response]


def address(name: str, **kwargs: Any) -> str:
    """Return the URL of a resource of version 2."""
    return reverse(f"edx_proctoring:edx_proctoring_v2:{name}", kwargs=kwargs)


@pytest.fixture
def team(as_role: Callable[[str], APIClient]) -> APIClient:
    """The client of the staff of course A."""
    return as_role("course_staff")


class EnrolledProfiles:
    """An enrolment service: who has a profile is enrolled."""

    def get_enrollments_can_take_proctored_exams(self, course_id: str, text_search: str | None = None) -> Any:
        """Return the enrolments as a query, as the platform does."""
        found = Profile.objects.annotate(mode=Value("verified")).order_by("pk")
        if text_search:
            found = found.filter(Q(user__username__icontains=text_search) | Q(user__email__icontains=text_search))
        return found


@pytest.fixture
def onboarding(world: World) -> ProctoredExam:
    """Onboarding in course A."""
    runtime.set_runtime_service("enrollments", EnrolledProfiles())
    return factories.make_exam("onboarding", course_id=COURSE_A)


def is_ours(sql: str) -> bool:
    """Return whether a statement is neither a savepoint nor one of the date service's."""
    return "SAVEPOINT" not in sql and "edx_when" not in sql
