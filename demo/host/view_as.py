"""Open edX's "view this course as": staff see a course as a learner would, or as one learner does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse

from demo.host import access

PARAMETER: Final = "masquerade"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user whose exam a page shows.

    ``user_id``: that user; ``role``: ``staff`` or ``student``, as ``get_student_view`` expects it;
    ``is_specific``: staff look at one learner's page, so the content is never hidden.
    """

    user_id: int
    role: str
    is_specific: bool = False
    shown_name: str = ""


def viewer(request: HttpRequest, course_id: str) -> Viewer:
    """The viewer of a request. Staff choose with ``?masquerade=learner`` or ``?masquerade=user:<name>``."""
    user: Any = request.user
    if not access.has_staff_access(user, course_id):
        return Viewer(user_id=user.pk, role="student")
    requested = request.GET.get(PARAMETER, "")
    if requested == "learner":
        return Viewer(user_id=user.pk, role="student", shown_name="a learner")
    if requested.startswith("user:"):
        learner = get_user_model().objects.filter(username=requested.removeprefix("user:")).first()
        if learner is not None:
            return Viewer(user_id=learner.pk, role="student", is_specific=True, shown_name=learner.username)
    return Viewer(user_id=user.pk, role="staff")


def progress_url(course_id: str, username: str) -> str:
    """The address at which staff see a learner's progress. User names may have a ``+``."""
    return f"{reverse('progress', args=[course_id])}?{urlencode({PARAMETER: f'user:{username}'})}"
