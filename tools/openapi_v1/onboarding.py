"""Onboarding."""

from collections.abc import Mapping
from typing import Final

from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import MFE, OF_COURSE, PAGE, TEXT, AnyOf, Described, Example

# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET user_onboarding/status": Described(
        "v1_onboarding_read",
        "Read a learner's onboarding in a course.",
        {200: objects.OnboardingPanel, 404: AnyOf((objects.Refusal, TEXT))},
        (
            Example("learner", query=OF_COURSE),
            Example("course_staff", query={**OF_COURSE, "username": "ada"}, summary="Another learner's."),
            Example("learner", status=400, summary="Without a course."),
            Example("learner", query={"course_id": "course-v1:Example+Empty+2026"}, status=404),
        ),
        query={
            "course_id": {"type": "string", "required": True},
            "username": {"type": "string", "description": "The caller if it is absent."},
            "is_learning_mfe": MFE,
        },
        refusals=(503,),
    ),
    "GET user_onboarding/status/course_id/{course_id}": Described(
        "v1_onboarding_list",
        "List the onboarding of a course's learners.",
        {200: objects.OnboardingList, 404: objects.Refusal},
        (Example("course_staff", OF_COURSE, {"statuses": "verified,not_started"}),),
        query={
            "page": PAGE,
            "text_search": {"type": "string", "description": "Part of a username or an e-mail address."},
            "statuses": {"type": "string", "description": "Several by comma."},
        },
        refusals=(503,),
    ),
}
