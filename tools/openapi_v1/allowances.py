"""Allowances."""

from collections.abc import Mapping
from typing import Final

from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import EMPTY, OF_COURSE, AnyOf, Described, Example, ListOf, MapOf

_BULK: Final = {
    "exam_ids": "1000011,1000012",
    "user_ids": "ada,nobody",
    "allowance_type": "additional_time_granted",
    "value": "30",
}
_BULK_REPLIES: Final = {
    200: EMPTY,
    207: ListOf(objects.BulkRow),
    400: AnyOf((objects.BulkRefusal, objects.Refusal)),
}
_ALLOWANCE: Final = {"exam_id": 1000012, "user_info": "ada", "key": "additional_time_granted", "value": "30"}
_TO_REMOVE: Final = {"exam_id": 1000012, "user_id": 1000031, "key": "additional_time_granted"}
# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET proctored_exam/{course_id}/allowance": Described(
        "v1_allowances_list",
        "List the allowances of a course.",
        {200: ListOf(objects.ProctoredAllowance)},
        (Example("course_staff", OF_COURSE),),
    ),
    "PUT proctored_exam/{course_id}/allowance": Described(
        "v1_course_allowances_set",
        "Give a learner an allowance, or change it.",
        {200: EMPTY},
        (Example("course_staff", OF_COURSE, body=_ALLOWANCE),),
        body=objects.AllowanceBody,
    ),
    "DELETE proctored_exam/{course_id}/allowance": Described(
        "v1_course_allowances_delete",
        "Remove an allowance, if there is one.",
        {200: EMPTY},
        (Example("course_staff", OF_COURSE, body=_TO_REMOVE),),
        body=objects.AllowanceToRemoveBody,
    ),
    "GET proctored_exam/allowance": Described(
        "v1_allowances_find",
        "List the allowances of the course that the query names, itself or by an exam.",
        {200: ListOf(objects.ProctoredAllowance)},
        (Example("course_staff", query=OF_COURSE), Example("course_staff", query={"exam_id": 1000011})),
        query={"course_id": {"type": "string"}, "exam_id": {"type": "integer"}},
    ),
    "PUT proctored_exam/allowance": Described(
        "v1_allowances_set",
        "Give a learner an allowance, or change it.",
        {200: EMPTY},
        (
            Example("course_staff", body=_ALLOWANCE),
            Example("course_staff", body={**_ALLOWANCE, "user_info": "nobody"}, status=400, summary="No such user."),
        ),
        body=objects.AllowanceBody,
    ),
    "DELETE proctored_exam/allowance": Described(
        "v1_allowances_delete",
        "Remove an allowance, if there is one.",
        {200: EMPTY},
        (Example("course_staff", body=_TO_REMOVE),),
        body=objects.AllowanceToRemoveBody,
    ),
    "PUT proctored_exam/{course_id}/bulk_allowance": Described(
        "v1_course_allowances_set_many",
        "Give several learners the same allowance in several exams.",
        _BULK_REPLIES,
        (Example("course_staff", OF_COURSE, body={**_BULK, "user_ids": "ada"}),),
        body=objects.BulkAllowanceBody,
        is_idempotent=True,
    ),
    "PUT proctored_exam/bulk_allowance": Described(
        "v1_allowances_set_many",
        "Give several learners the same allowance in several exams.",
        _BULK_REPLIES,
        (
            Example("course_staff", body=_BULK, status=207, summary="One of the learners does not exist."),
            Example("course_staff", body={**_BULK, "user_ids": "nobody"}, status=400, summary="Nobody exists."),
            Example("course_staff", body={**_BULK, "value": "much"}, status=400, summary="The value is not valid."),
        ),
        body=objects.BulkAllowanceBody,
        is_idempotent=True,
        description="207 with a row per pair where some could not be given.",
    ),
    "GET proctored_exam/{course_id}/grouped/allowance": Described(
        "v1_allowances_group",
        "List the allowances of a course by username.",
        {200: MapOf(ListOf(objects.ProctoredAllowance))},
        (Example("course_staff", OF_COURSE),),
    ),
}
