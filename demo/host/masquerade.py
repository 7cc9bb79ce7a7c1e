"""The three states of "view course as" (Spec: host-platform.md 6.1, 13.6 step 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from demo.host import roles


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose exam a page shows.

    ``user_id``: the learner asked about; ``role``: ``staff`` or ``student`` as the exam gate gets it;
    ``is_specific``: staff look at one learner's page, so nothing is kept from them.
    """

    user_id: int
    role: str
    is_specific: bool = False
    shown_name: str = ""


def viewer(request: HttpRequest, course_id: str) -> Viewer:
    """Staff may look as a learner (their own id, role student) or as one named learner."""
    user: Any = request.user
    if not roles.has_staff_access(user, course_id):
        return Viewer(user_id=user.pk, role="student")
    wanted = request.GET.get("masquerade", "")
    if wanted == "learner":
        return Viewer(user_id=user.pk, role="student", shown_name="a learner")
    if wanted.startswith("user:"):
        learner = get_user_model().objects.filter(username=wanted.removeprefix("user:")).first()
        if learner is not None:
            return Viewer(user_id=learner.pk, role="student", is_specific=True, shown_name=learner.username)
    return Viewer(user_id=user.pk, role="staff")
