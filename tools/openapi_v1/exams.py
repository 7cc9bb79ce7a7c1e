"""Exams."""

from collections.abc import Mapping
from typing import Final

from edx_proctoring.serializers import ProctoredExamRegistrationSerializer
from edx_proctoring.views.exams import NewExam
from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import (
    BLOCK,
    COURSE,
    FIELD_ERRORS,
    JSON,
    LIST_ERRORS,
    OF_COURSE,
    AnyOf,
    Described,
    Example,
    ListOf,
)

_EXAM: Final = {
    "course_id": COURSE,
    "content_id": f"{BLOCK}final",
    "exam_name": "Final exam",
    "time_limit_mins": 90,
    "is_proctored": True,
    "is_practice_exam": False,
    "external_id": "final-2026",
    "is_active": True,
    "hide_after_due": False,
}
# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET proctored_exam/exam": Described(
        "v1_exams_find",
        "Read one exam, or the active exams of a course.",
        {200: AnyOf((objects.ExamForLearner, ListOf(objects.ProctoredExam)))},
        (
            Example("learner", query={"exam_id": 1000011}),
            Example("learner", query=OF_COURSE, summary="The exams of a course."),
            Example("learner", status=400, summary="Neither exam nor course."),
        ),
        query={
            "exam_id": {"type": "integer"},
            "course_id": {"type": "string"},
            "content_id": {"type": "string", "description": "With `course_id`: the exam of this block."},
        },
    ),
    "POST proctored_exam/exam": Described(
        "v1_exams_create",
        "Create an exam.",
        {200: objects.ExamId, 400: FIELD_ERRORS},
        (
            Example("global_staff", body=_EXAM),
            Example(
                "global_staff", body={**_EXAM, "content_id": f"{BLOCK}midterm"}, status=400, summary="A duplicate."
            ),
            Example("learner", body=_EXAM, status=403),
        ),
        body=NewExam,
    ),
    "PUT proctored_exam/exam": Described(
        "v1_exams_update",
        "Change an exam, here and at its provider.",
        {200: objects.ExamId, 400: FIELD_ERRORS},
        (
            Example("global_staff", body={"exam_id": 1000011, "exam_name": "Midterm exam", "time_limit_mins": 120}),
            Example("global_staff", body={"exam_id": 1999999}, status=400, summary="An exam that does not exist."),
        ),
        body=objects.ExamChangesBody,
    ),
    "GET proctored_exam/exam/exam_id/{exam_id}": Described(
        "v1_exams_read",
        "Read an exam.",
        {200: objects.ExamForLearner},
        (Example("learner", {"exam_id": 1000011}), Example("learner", {"exam_id": 1999999}, status=400)),
    ),
    "GET proctored_exam/exam/course_id/{course_id}/content_id/{content_id}": Described(
        "v1_exams_read_by_content",
        "Read the exam of a block.",
        {200: objects.ExamForLearner},
        (Example("learner", {**OF_COURSE, "content_id": f"{BLOCK}midterm"}),),
    ),
    "GET proctored_exam/exam/course_id/{course_id}": Described(
        "v1_exams_list",
        "List the active exams of a course, in the order of their ids.",
        {200: ListOf(objects.ProctoredExam)},
        (Example("learner", OF_COURSE),),
    ),
    "PATCH proctored_exam/exam_registration/course_id/{course_id}": Described(
        "v1_exams_register",
        "Give a course exactly these exams; others are deactivated.",
        {200: ListOf(objects.ExamId), 422: LIST_ERRORS},
        (
            Example("global_staff", OF_COURSE, body=[_EXAM]),
            Example("global_staff", OF_COURSE, body=[{**_EXAM, "is_proctored": "perhaps"}], status=422),
        ),
        body=ListOf(ProctoredExamRegistrationSerializer),
        media_types=(JSON,),
    ),
}
