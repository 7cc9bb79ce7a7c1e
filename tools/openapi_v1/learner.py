"""What a learner's pages read besides attempts: the timer, the exam, contact details, rules."""

from collections.abc import Mapping
from typing import Final

from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import BLOCK, MFE, NOTHING, OF_COURSE, USER, AnyOf, Described, Example, ListOf

# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET proctored_exam/attempt": Described(
        "v1_timer_read",
        "Read the caller's running exam, for the timer.",
        {200: AnyOf((objects.TimerData, objects.NotInExam))},
        (Example("learner"), Example("global_staff", summary="Without a running exam.")),
    ),
    "GET proctored_exam/active_exams_for_user": Described(
        "v1_running_exams_list",
        "List a learner's running exams with their allowances.",
        {200: ListOf(objects.RunningExam)},
        (
            Example("learner"),
            Example("course_staff", query={"user_id": 1000031, **OF_COURSE}, summary="Another learner's."),
        ),
        query={
            "user_id": {"type": "integer", "description": "The caller if it is absent."},
            "course_id": {"type": "string"},
        },
    ),
    "GET proctored_exam/attempt/course_id/{course_id}": Described(
        "v1_exam_pages_read",
        "Read an exam as a learner sees it, and the running attempt.",
        {
            200: {
                "type": "object",
                "properties": {
                    "exam": AnyOf((objects.ExamWithAttempt, NOTHING)),
                    "active_attempt": AnyOf((objects.TimerData, NOTHING)),
                },
                "required": ["exam", "active_attempt"],
            }
        },
        (
            Example("learner", OF_COURSE, {"content_id": f"{BLOCK}midterm", "is_learning_mfe": "true"}),
            Example("learner", OF_COURSE, {"content_id": f"{BLOCK}quiz"}, summary="Before the first attempt."),
            Example("global_staff", OF_COURSE, {"user_id": 1000031}, summary="Another learner's."),
        ),
        query={
            "content_id": {"type": "string", "description": "The exam's block; without it only the running attempt."},
            "is_learning_mfe": MFE,
            "user_id": USER,
        },
        refusals=(404,),
        has_etag=True,
    ),
    "GET proctored_exam/active_attempt": Described(
        "v1_running_attempt_read",
        "Read the running attempt, for the learning micro-frontend.",
        {200: AnyOf((objects.TimerData, NOTHING))},
        (Example("learner"), Example("global_staff", query={"user_id": 1000031}, summary="Another learner's.")),
        query={"user_id": USER},
        refusals=(404,),
    ),
    "GET proctored_exam/settings/exam_id/{exam_id}/": Described(
        "v1_settings_read",
        "Read contact details and the provider's rules of an exam.",
        {200: objects.ExamSettings},
        (
            Example("learner", {"exam_id": 1000011}),
            Example("learner", {"exam_id": 1000012}, summary="Without a provider."),
        ),
        refusals=(500,),
    ),
    "GET proctored_exam/review_policy/exam_id/{exam_id}/": Described(
        "v1_review_policies_read",
        "Read the course team's rules for reviewers.",
        {200: objects.ReviewPolicy},
        (Example("learner", {"exam_id": 1000011}), Example("learner", {"exam_id": 1999999}, summary="No such exam.")),
    ),
}
