"""Dashboards of providers, and the retirement of users."""

from collections.abc import Mapping
from typing import Final

from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import EMPTY, HTML, OF_COURSE, TEXT, AnyOf, Described, Example, MapOf, OrEmpty

_DASHBOARD: Final = {
    302: EMPTY,
    400: AnyOf((TEXT, objects.Refusal)),
    404: AnyOf((TEXT, objects.Refusal)),
}
_OUR_DASHBOARD: Final = {400: (HTML,), 404: (HTML,)}
_ATTEMPT_SHOWN: Final = {"type": "string", "description": "The provider's id of an attempt to show."}
# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET instructor/{course_id}": Described(
        "v1_dashboards_open",
        "Lead to the provider's dashboard of a course.",
        _DASHBOARD,
        (
            Example("course_staff", OF_COURSE, status=400, summary="The exams have two providers."),
            Example(
                "global_staff",
                {"course_id": "course-v1:Example+Empty+2026"},
                status=404,
                summary="The course has no exams.",
            ),
        ),
        query={"attempt": _ATTEMPT_SHOWN},
        texts=_OUR_DASHBOARD,
        refusals=(500,),
        description="Refusals are texts, or pages for who asks for `text/html`.",
    ),
    "GET instructor/{course_id}/{exam_id}": Described(
        "v1_dashboards_open_exam",
        "Lead to the provider's dashboard of an exam.",
        _DASHBOARD,
        (
            Example("course_staff", {**OF_COURSE, "exam_id": 1000011}),
            Example(
                "course_staff", {**OF_COURSE, "exam_id": 1000012}, status=404, summary="An exam without a provider."
            ),
        ),
        query={
            "attempt": _ATTEMPT_SHOWN,
            "config": {"type": "string", "description": "`true`: the dashboard's configuration of the exam."},
        },
        texts=_OUR_DASHBOARD,
        refusals=(500,),
        description="Refusals are texts, or pages for who asks for `text/html`.",
    ),
    "POST retire_backend_user/{user_id}/": Described(
        "v1_users_retire_at_providers",
        "Have the providers delete a user's data; to be repeated until it succeeds.",
        {200: MapOf({"type": "boolean"}), 403: OrEmpty(objects.Refusal), 500: MapOf({"type": "boolean"})},
        (Example("retirement", {"user_id": 1000031}), Example("learner", {"user_id": 1000031}, status=403)),
        description="The answer has each provider with whether it is done; 500 until all are.",
    ),
    "POST retire_user/{user_id}/": Described(
        "v1_users_retire",
        "Erase a user's personal data here.",
        {204: EMPTY, 403: OrEmpty(objects.Refusal)},
        (Example("retirement", {"user_id": 1000031}),),
    ),
}
