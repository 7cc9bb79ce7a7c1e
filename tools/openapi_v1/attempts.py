"""Attempts: the learner's own, and the course team's lists and resets."""

from collections.abc import Mapping
from typing import Final

from edx_proctoring.api.course_staff.attempt_list import ATTEMPT_ORDERINGS
from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import EMPTY, FLAG, OF_COURSE, PAGE, PROVIDER, TEXT, AnyOf, Described, Example, OrEmpty

_LIST_QUERY: Final = {
    "page": PAGE,
    "page_size": {"type": "integer", "description": "At most 100; 25 if it is absent."},
    "exam_id": {"type": "integer"},
    "status": {"type": "string"},
    "ordering": {"type": "string", "enum": list(ATTEMPT_ORDERINGS)},
}
# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET proctored_exam/attempt/{attempt_id}": Described(
        "v1_attempts_read",
        "Read the caller's attempt with the time that is left.",
        {200: objects.PolledAttempt},
        (Example("learner", {"attempt_id": 1000021}), Example("global_staff", {"attempt_id": 1000021}, status=403)),
        has_etag=True,
        query={
            "sourceid": {"type": "string", "description": "Ignored; clients send it."},
            "proctored": {"type": "string", "description": "Ignored; clients send it."},
        },
    ),
    "PUT proctored_exam/attempt/{attempt_id}": Described(
        "v1_attempts_change",
        "Carry out an action of the learner, or release an attempt that ended in `error`.",
        {
            200: {
                "type": "object",
                "properties": {
                    "exam_attempt_id": {
                        "type": ["integer", "boolean"],
                        "description": "`false`: nothing was changed. `reset_attempt`: the id of the new attempt.",
                    }
                },
                "required": ["exam_attempt_id"],
            },
            403: AnyOf((objects.StartRefusal, objects.Refusal)),
        },
        (
            Example("learner", {"attempt_id": 1000021}, body={"action": "stop"}),
            Example(
                "learner", {"attempt_id": 1000021}, body={"action": "start"}, status=400, summary="It has started."
            ),
            Example(
                "course_staff",
                {"attempt_id": 1000022},
                body={"action": "mark_ready_to_resume", "user_id": 1000031},
                summary="Letting a learner resume.",
            ),
        ),
        body=objects.ActionBody,
        refusals=PROVIDER,
    ),
    "DELETE proctored_exam/attempt/{attempt_id}": Described(
        "v1_attempts_delete",
        "Remove an attempt, at its provider first.",
        {200: OrEmpty(objects.Refusal)},
        (Example("course_staff", {"attempt_id": 1000022}),),
        refusals=PROVIDER,
        description="The answer is empty; it has `detail` where the provider could not be told yet.",
    ),
    "GET proctored_exam/attempt/grouped/course_id/{course_id}": Described(
        "v1_attempts_list",
        "List the newest attempt of each learner at each exam.",
        {200: objects.ListedAttempts},
        (Example("course_staff", OF_COURSE, {"page": "1", "ordering": "-created"}),),
        query=_LIST_QUERY,
    ),
    "GET proctored_exam/attempt/grouped/course_id/{course_id}/search/{search_by}": Described(
        "v1_attempts_search",
        "As the list, of learners whose username or e-mail address has this part.",
        {200: objects.ListedAttempts},
        (Example("course_staff", {**OF_COURSE, "search_by": "ada"}),),
        query=_LIST_QUERY,
    ),
    "POST proctored_exam/attempt": Described(
        "v1_attempts_create",
        "Enter an exam.",
        {200: objects.ChangedAttempt, 403: AnyOf((objects.StartRefusal, objects.Refusal))},
        (
            Example("learner", body={"exam_id": 1000012, "start_clock": "true", "attempt_proctored": "false"}),
            Example("learner", body={"exam_id": 1000011}, status=400, summary="There is already an attempt."),
        ),
        body=objects.NewAttemptBody,
        is_idempotent=True,
        refusals=PROVIDER,
        description="A provider's own 4xx is passed on, except 401, 403 and 407.",
    ),
    "PUT proctored_exam/attempt/{attempt_id}/review_status": Described(
        "v1_attempts_acknowledge",
        "Show the exam instead of its result from now on.",
        {200: EMPTY, 404: objects.Refusal},
        (Example("learner", {"attempt_id": 1000023}),),
        description="404 where exams cannot be seen after their due date (`PROCTORED_EXAM_VIEWABLE_PAST_DUE`).",
    ),
    "DELETE proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts": Described(
        "v1_attempts_reset",
        "Remove all attempts of a learner at an exam.",
        {200: OrEmpty(objects.Refusal), 404: TEXT},
        (
            Example("course_staff", {"exam_id": 1000011, "user_id": 1000031}),
            Example("course_staff", {"exam_id": 1000012, "user_id": 1000031}, status=404, summary="There are none."),
        ),
        query={"force": {**FLAG, "description": "For global staff: also those that the provider does not let go."}},
        refusals=PROVIDER,
    ),
}
