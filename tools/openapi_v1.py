"""The operations of REST version 1, for ``docs/reference/openapi.json``.

Paths come from the URLconf and who may send a request from the table of the permission tests. ``OPERATIONS`` has the
rest; a route or a method without an entry fails. ``tests/views/test_document.py`` sends every example.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import URLPattern, get_resolver, path
from drf_spectacular.openapi import AutoSchema
from rest_framework.views import APIView

from edx_proctoring import urls
from edx_proctoring.api.course_staff.attempt_list import ATTEMPT_ORDERINGS
from edx_proctoring.serializers import ProctoredExamRegistrationSerializer
from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views.exams import NewExam
from edx_proctoring.views.problems import CODE_HEADER, CONTENT_TYPE
from tests.views import contract
from tools import openapi_v1_objects as objects

_JSON: Final = "application/json"
_FORMS: Final = (_JSON, "application/x-www-form-urlencoded", "multipart/form-data")
_HTML: Final = "text/html"
_TEXT: Final = "text/plain"

Shape = Any  # a serializer, a JSON schema, or a ``ListOf``, ``AnyOf``, ``MapOf``, ``OrEmpty`` of them


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of ``item``."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose members are each an ``item``."""

    item: Shape


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of ``items``."""

    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class OrEmpty:
    """No body, or ``item``."""

    item: Shape


OK: Final = {"type": "string", "const": "OK"}
TEXT: Final = {"type": "string"}
NOTHING: Final = {"type": "object", "maxProperties": 0}
FIELD_ERRORS: Final = {"type": "object", "description": "What is wrong, by the name of the field."}
LIST_ERRORS: Final = {"type": ["object", "array"], "description": "What is wrong, by item or by `non_field_errors`."}
# Of a reply without a body.
EMPTY: Final = None


@dataclass(frozen=True, slots=True)
class Example:
    """A request that ``tests/views/test_document.py`` sends. ``status``: of the answer, if not the operation's."""

    role: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    status: int | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One operation.

    ``replies``: status → shape of the JSON body, None for an empty one; the first is success. ``texts``: status → media
    types of replies that are text. ``query``: name → schema with a description, and ``required`` where it must be sent.
    ``refusals``: statuses beside the common ones, with ``detail``. ``access``: who may call it, where no table says so.
    """

    operation_id: str
    summary: str
    replies: Mapping[int, Shape]
    examples: Sequence[Example]
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    body: Shape = None
    is_body_required: bool = True
    refusals: Collection[int] = ()
    texts: Mapping[int, Collection[str]] = field(default_factory=dict)
    media_types: Collection[str] = _FORMS
    is_idempotent: bool = False
    has_etag: bool = False
    access: str = ""
    security: Sequence[Mapping[str, Any]] = ({"session": []}, {"jwt": []})
    description: str = ""


# What each refusal means; 404 and 500 differ.
_MEANINGS: Final = {
    400: "The request makes no sense, names what does not exist, or the state does not allow it.",
    401: "The token is missing or not good.",
    403: "Not signed in, not allowed, no CSRF token, or past due.",
    404: "Not found.",
    405: "Only POST.",
    406: "The operation answers with JSON.",
    409: "The nonce was used before, or the first request with this `Idempotency-Key` is still being answered.",
    412: "The exam is no longer proctored.",
    413: "The body is too large.",
    415: "The body has a media type that is not read.",
    422: "The `Idempotency-Key` was used for another request.",
    429: "Beyond the rate; see `Retry-After`.",
    500: "The exam's provider is not configured.",
    502: "The provider refused or failed.",
    503: "The provider did not answer.",
}
_COMMON: Final = (400, 403, 406, 429)
_OF_A_BODY: Final = (413, 415)
_OF_A_KEY: Final = (409, 422)
_PROVIDER: Final = (500, 502, 503)
_OPEN: Final[Sequence[Mapping[str, Any]]] = ({},)
# Words for the sets of ``tests/views/contract.py``.
_ACCESS: Final = {
    contract.EVERYBODY: "everybody",
    contract.SIGNED_IN: "every user",
    contract.OWNER: "the learner whose attempt it is",
    contract.COURSE: "course staff and global staff",
    contract.GLOBAL: "global staff",
    contract.REVIEWERS: "reviewers of the provider and global staff",
    contract.RETIRE: "holders of `accounts.can_retire_user`",
    contract.COURSE | contract.OWNER: "course staff, global staff and the learner",
    contract.REVIEWERS | contract.OWNER: "reviewers of the provider, global staff and the learner",
}

COURSE: Final = "course-v1:Example+Physics+2026"
BLOCK: Final = "block-v1:Example+Physics+2026+type@sequential+block@"
_OF_COURSE: Final = {"course_id": COURSE}
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
_FLAG: Final = {"type": "string", "enum": ["1", "true", "True"]}
_MFE: Final = {**_FLAG, "description": "Links lead into the learning micro-frontend."}
_USER: Final = {"type": "integer", "description": "Another learner, for global staff."}
_PAGE: Final = {
    "type": "string",
    "description": "Number of the page; 1 if it is not a number, the last if it is too large.",
}
_LIST_QUERY: Final = {
    "page": _PAGE,
    "page_size": {"type": "integer", "description": "At most 100; 25 if it is absent."},
    "exam_id": {"type": "integer"},
    "status": {"type": "string"},
    "ordering": {"type": "string", "enum": list(ATTEMPT_ORDERINGS)},
}
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
_REVIEW: Final = {
    "status": "suspicious",
    "comments": [{"comment": "A second voice.", "status": "Suspicious", "start": 60, "stop": 75, "duration": 15}],
    "reviewed_by": "reviewer@example.com",
}
_RPNOW: Final = {
    "examMetaData": {"examCode": "CODE-25", "ssiRecordLocator": "locator-25", "reviewedExam": True},
    "reviewStatus": "Clean",
    "videoReviewLink": "https://videos.example.com/25",
    "webCamComments": [
        {
            "comments": "Face not visible.",
            "duration": 88,
            "eventFinish": 88,
            "eventStart": 0,
            "eventStatus": "Suspicious",
        }
    ],
    "desktopComments": [],
}
_DASHBOARD: Final = {
    302: EMPTY,
    400: AnyOf((TEXT, objects.Refusal)),
    404: AnyOf((TEXT, objects.Refusal)),
}
_OUR_DASHBOARD: Final = {400: (_HTML,), 404: (_HTML,)}
_ATTEMPT_SHOWN: Final = {"type": "string", "description": "The provider's id of an attempt to show."}
_STUFF: Final = {400: FIELD_ERRORS}

# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET proctored_exam/exam": Described(
        "v1_exams_find",
        "Read one exam, or the active exams of a course.",
        {200: AnyOf((objects.ExamForLearner, ListOf(objects.ProctoredExam)))},
        (
            Example("learner", query={"exam_id": 1000011}),
            Example("learner", query=_OF_COURSE, summary="The exams of a course."),
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
        (Example("learner", {**_OF_COURSE, "content_id": f"{BLOCK}midterm"}),),
    ),
    "GET proctored_exam/exam/course_id/{course_id}": Described(
        "v1_exams_list",
        "List the active exams of a course, in the order of their ids.",
        {200: ListOf(objects.ProctoredExam)},
        (Example("learner", _OF_COURSE),),
    ),
    "PATCH proctored_exam/exam_registration/course_id/{course_id}": Described(
        "v1_exams_register",
        "Give a course exactly these exams; others are deactivated.",
        {200: ListOf(objects.ExamId), 422: LIST_ERRORS},
        (
            Example("global_staff", _OF_COURSE, body=[_EXAM]),
            Example("global_staff", _OF_COURSE, body=[{**_EXAM, "is_proctored": "perhaps"}], status=422),
        ),
        body=ListOf(ProctoredExamRegistrationSerializer),
        media_types=(_JSON,),
    ),
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
        refusals=_PROVIDER,
    ),
    "DELETE proctored_exam/attempt/{attempt_id}": Described(
        "v1_attempts_delete",
        "Remove an attempt, at its provider first.",
        {200: OrEmpty(objects.Refusal)},
        (Example("course_staff", {"attempt_id": 1000022}),),
        refusals=_PROVIDER,
        description="The answer is empty; it has `detail` where the provider could not be told yet.",
    ),
    "GET proctored_exam/attempt/grouped/course_id/{course_id}": Described(
        "v1_attempts_list",
        "List the newest attempt of each learner at each exam.",
        {200: objects.ListedAttempts},
        (Example("course_staff", _OF_COURSE, {"page": "1", "ordering": "-created"}),),
        query=_LIST_QUERY,
    ),
    "GET proctored_exam/attempt/grouped/course_id/{course_id}/search/{search_by}": Described(
        "v1_attempts_search",
        "As the list, of learners whose username or e-mail address has this part.",
        {200: objects.ListedAttempts},
        (Example("course_staff", {**_OF_COURSE, "search_by": "ada"}),),
        query=_LIST_QUERY,
    ),
    "GET proctored_exam/attempt": Described(
        "v1_timer_read",
        "Read the caller's running exam, for the timer.",
        {200: AnyOf((objects.TimerData, objects.NotInExam))},
        (Example("learner"), Example("global_staff", summary="Without a running exam.")),
    ),
    "POST proctored_exam/attempt": Described(
        "v1_attempts_create",
        "Enter an exam.",
        {200: objects.ChangedAttempt, 403: AnyOf((objects.StartRefusal, objects.Refusal))},
        (
            Example("learner", body={"exam_id": 1000012, "start_clock": "true", "attempt_proctored": "false"}),
            Example("learner", body={"exam_id": 1000011}, status=400, summary="There is an attempt already."),
        ),
        body=objects.NewAttemptBody,
        is_idempotent=True,
        refusals=_PROVIDER,
        description="A provider's own 4xx is passed on, except 401, 403 and 407.",
    ),
    "PUT proctored_exam/attempt/{attempt_id}/review_status": Described(
        "v1_attempts_acknowledge",
        "Show the exam instead of its result from now on.",
        {200: EMPTY, 404: objects.Refusal},
        (Example("learner", {"attempt_id": 1000023}),),
        description="404 where exams cannot be seen after their due date (`PROCTORED_EXAM_VIEWABLE_PAST_DUE`).",
    ),
    "POST proctored_exam/attempt/{external_id}/ready": Described(
        "v1_callbacks_ready",
        "Callback of a provider: the learner's software is ready.",
        {200: OK, 404: TEXT},
        (
            Example("reviewer", {"external_id": "acme-24"}, body={"status": "ready"}),
            Example("reviewer", {"external_id": "acme-unknown"}, body={"status": "ready"}, status=404),
        ),
        body={"type": "object", "description": "Not read."},
        is_body_required=False,
        media_types=(_JSON,),
        refusals=(409, 500),
    ),
    "POST proctored_exam/attempt/{external_id}/reviewed": Described(
        "v1_callbacks_review",
        "Callback of a provider: the review of an attempt.",
        {200: OK, 403: OrEmpty(objects.Refusal), 412: TEXT},
        (
            Example("reviewer", {"external_id": "acme-23"}, body=_REVIEW),
            Example("reviewer", {"external_id": "acme-23"}, body={"status": "splendid", "comments": []}, status=400),
            Example("learner", {"external_id": "acme-23"}, body=_REVIEW, status=403),
        ),
        body=objects.ReviewBody,
        media_types=(_JSON,),
        is_idempotent=True,
        refusals=(500,),
        description="A user who is not a reviewer gets 403 without a body.",
    ),
    "GET proctored_exam/{course_id}/allowance": Described(
        "v1_allowances_list",
        "List the allowances of a course.",
        {200: ListOf(objects.ProctoredAllowance)},
        (Example("course_staff", _OF_COURSE),),
    ),
    "PUT proctored_exam/{course_id}/allowance": Described(
        "v1_course_allowances_set",
        "Give a learner an allowance, or change it.",
        {200: EMPTY},
        (Example("course_staff", _OF_COURSE, body=_ALLOWANCE),),
        body=objects.AllowanceBody,
    ),
    "DELETE proctored_exam/{course_id}/allowance": Described(
        "v1_course_allowances_delete",
        "Remove an allowance, if there is one.",
        {200: EMPTY},
        (Example("course_staff", _OF_COURSE, body=_TO_REMOVE),),
        body=objects.AllowanceToRemoveBody,
    ),
    "GET proctored_exam/allowance": Described(
        "v1_allowances_find",
        "List the allowances of the course that the query names, itself or by an exam.",
        {200: ListOf(objects.ProctoredAllowance)},
        (Example("course_staff", query=_OF_COURSE), Example("course_staff", query={"exam_id": 1000011})),
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
        (Example("course_staff", _OF_COURSE, body={**_BULK, "user_ids": "ada"}),),
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
        (Example("course_staff", _OF_COURSE),),
    ),
    "GET proctored_exam/active_exams_for_user": Described(
        "v1_running_exams_list",
        "List a learner's running exams with their allowances.",
        {200: ListOf(objects.RunningExam)},
        (
            Example("learner"),
            Example("course_staff", query={"user_id": 1000031, **_OF_COURSE}, summary="Another learner's."),
        ),
        query={
            "user_id": {"type": "integer", "description": "The caller if it is absent."},
            "course_id": {"type": "string"},
        },
    ),
    "GET user_onboarding/status": Described(
        "v1_onboarding_read",
        "Read a learner's onboarding in a course.",
        {200: objects.OnboardingPanel, 404: AnyOf((objects.Refusal, TEXT))},
        (
            Example("learner", query=_OF_COURSE),
            Example("course_staff", query={**_OF_COURSE, "username": "ada"}, summary="Another learner's."),
            Example("learner", status=400, summary="Without a course."),
            Example("learner", query={"course_id": "course-v1:Example+Empty+2026"}, status=404),
        ),
        query={
            "course_id": {"type": "string", "required": True},
            "username": {"type": "string", "description": "The caller if it is absent."},
            "is_learning_mfe": _MFE,
        },
        refusals=(503,),
    ),
    "GET user_onboarding/status/course_id/{course_id}": Described(
        "v1_onboarding_list",
        "List the onboarding of a course's learners.",
        {200: objects.OnboardingList, 404: objects.Refusal},
        (Example("course_staff", _OF_COURSE, {"statuses": "verified,not_started"}),),
        query={
            "page": _PAGE,
            "text_search": {"type": "string", "description": "Part of a username or an e-mail address."},
            "statuses": {"type": "string", "description": "Several by comma."},
        },
        refusals=(503,),
    ),
    "GET instructor/{course_id}": Described(
        "v1_dashboards_open",
        "Lead to the provider's dashboard of a course.",
        _DASHBOARD,
        (
            Example("course_staff", _OF_COURSE, status=400, summary="The exams have two providers."),
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
            Example("course_staff", {**_OF_COURSE, "exam_id": 1000011}),
            Example(
                "course_staff", {**_OF_COURSE, "exam_id": 1000012}, status=404, summary="An exam without a provider."
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
            Example("learner", _OF_COURSE, {"content_id": f"{BLOCK}midterm", "is_learning_mfe": "true"}),
            Example("learner", _OF_COURSE, {"content_id": f"{BLOCK}quiz"}, summary="Before the first attempt."),
            Example("global_staff", _OF_COURSE, {"user_id": 1000031}, summary="Another learner's."),
        ),
        query={
            "content_id": {"type": "string", "description": "The exam's block; without it only the running attempt."},
            "is_learning_mfe": _MFE,
            "user_id": _USER,
        },
        refusals=(404,),
        has_etag=True,
    ),
    "GET proctored_exam/active_attempt": Described(
        "v1_running_attempt_read",
        "Read the running attempt, for the learning micro-frontend.",
        {200: AnyOf((objects.TimerData, NOTHING))},
        (Example("learner"), Example("global_staff", query={"user_id": 1000031}, summary="Another learner's.")),
        query={"user_id": _USER},
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
    "GET /edx_proctoring/proctoring_launch_callback/start_exam/{attempt_code}": Described(
        "v1_callbacks_launch",
        "Open an exam in the learner's browser, and note that the software is ready.",
        {302: EMPTY},
        (
            Example("anonymous", {"attempt_code": "CODE-24"}),
            Example("anonymous", {"attempt_code": "CODE-21"}, status=200, summary="The exam runs: end it?"),
            Example("anonymous", {"attempt_code": "CODE-0"}, status=404),
        ),
        texts={200: (_HTML,), 404: (_TEXT,), 429: (_TEXT,)},
        security=_OPEN,
    ),
    "POST /edx_proctoring/proctoring_launch_callback/start_exam/{attempt_code}": Described(
        "v1_callbacks_relaunch",
        "As GET, and end an exam that runs.",
        {302: EMPTY},
        (Example("anonymous", {"attempt_code": "CODE-21"}),),
        texts={404: (_TEXT,), 429: (_TEXT,)},
        access="everybody who knows the attempt code",
        security=_OPEN,
    ),
    "POST /edx_proctoring/proctoring_review_callback/": Described(
        "v1_callbacks_review_rpnow",
        "Callback of RPNow: the review of an attempt. Any `Content-Type` is read as JSON.",
        {200: OK, 412: TEXT},
        (
            Example("anonymous", body=_RPNOW),
            Example("anonymous", body={}, status=400, summary="It names no attempt."),
        ),
        body=objects.RpnowReview,
        media_types=(_JSON,),
        is_idempotent=True,
        refusals=(404, 500),
        access="who knows the attempt code and the vendor's id of the attempt",
        security=_OPEN,
    ),
    "DELETE proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts": Described(
        "v1_attempts_reset",
        "Remove all attempts of a learner at an exam.",
        {200: OrEmpty(objects.Refusal), 404: TEXT},
        (
            Example("course_staff", {"exam_id": 1000011, "user_id": 1000031}),
            Example("course_staff", {"exam_id": 1000012, "user_id": 1000031}, status=404, summary="There are none."),
        ),
        query={"force": {**_FLAG, "description": "For global staff: also those that the provider does not let go."}},
        refusals=_PROVIDER,
    ),
    "GET /edx_proctoring/constructor/v1/exam/{exam_id}/settings": Described(
        "constructor_settings_read",
        "Read what an exam sets otherwise than the account of Constructor Proctor.",
        {200: objects.ConstructorSettings},
        (Example("course_staff", {"exam_id": 1000018}),),
        refusals=(500,),
        access=_ACCESS[contract.COURSE],
    ),
    "PUT /edx_proctoring/constructor/v1/exam/{exam_id}/settings": Described(
        "constructor_settings_replace",
        "Replace what an exam sets otherwise.",
        {200: objects.ConstructorSettings},
        (
            Example("course_staff", {"exam_id": 1000018}, body={"overrides": {}}),
            Example("course_staff", {"exam_id": 1000018}, body={"overrides": {"colour": "red"}}, status=400),
        ),
        body=objects.ConstructorOverridesBody,
        refusals=(500,),
        access=_ACCESS[contract.COURSE],
    ),
    "DELETE /edx_proctoring/constructor/v1/exam/{exam_id}/settings": Described(
        "constructor_settings_delete",
        "Let an exam have what the account has.",
        {204: EMPTY},
        (Example("course_staff", {"exam_id": 1000018}),),
        refusals=(500,),
        access=_ACCESS[contract.COURSE],
    ),
    "POST /edx_proctoring/constructor/v1/{backend}/webhooks/{kind}": Described(
        "constructor_webhooks_send",
        "A message of Constructor's server: `review`, `schedule`, `agreement` or `warning`.",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 429), objects.WebhookReply),
        (
            Example(
                "constructor",
                {"backend": "constructor", "kind": "warning"},
                body={"sessionId": "0123456789abcdef0123456789abcdef"},
            ),
            Example(
                "anonymous",
                {"backend": "constructor", "kind": "warning"},
                body={"sessionId": "0123456789abcdef0123456789abcdef"},
                status=401,
            ),
        ),
        body=objects.WebhookBody,
        media_types=(_JSON,),
        access="Constructor's server",
        security=({"constructor": []},),
    ),
}
SECURITY_SCHEMES: Final = {
    "constructor": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: HS256 with the secret of the account, and `exp`",
    }
}
_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/Problem"}}
_REFUSAL_HEADERS: Final = {
    CODE_HEADER: {"schema": TEXT, "description": "Why, in one word; absent where nobody expected it."}
}


def _refused(status: int) -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}, CONTENT_TYPE: _PROBLEM}
    return {"description": _MEANINGS[status], "content": content, "headers": _REFUSAL_HEADERS}


# Replies that many operations have: ``components/responses`` of the document.
RESPONSES: Final = {f"Refused{status}": _refused(status) for status in _MEANINGS if status not in (401, 404, 405)}


class V1Schema(AutoSchema):
    """Writes what ``OPERATIONS`` says of a route."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> dict[str, Any]:
        """Return the operation."""
        self.registry, self.path, self.method = registry, path, method
        route: _Route = self.view.route
        described = route.operations[method]
        operation: dict[str, Any] = {
            "operationId": described.operation_id,
            "summary": described.summary,
            "description": " ".join(filter(None, (f"For {route.access(method)}.", described.description))),
            "tags": [described.operation_id.rpartition("_")[0]],
            "security": list(described.security),
            "responses": self._responses(described, route),
            "x-roles": route.roles(method),
            "x-examples": [_example(example, described) for example in described.examples],
        }
        if parameters := [*_path_parameters(route, described), *_query(described), *_headers(described)]:
            operation["parameters"] = parameters
        if described.body is not None:
            content: dict[str, Any] = {"schema": self._schema(described.body)}
            accepted = [example.body for example in described.examples if example.status in (None, 207)]
            operation["requestBody"] = {
                "content": {media: content | _body_example(media, accepted[0]) for media in described.media_types},
                "required": described.is_body_required,
            }
        return operation

    def _responses(self, described: Described, route: "_Route") -> dict[str, Any]:
        replies: dict[int, dict[str, Any]] = {}
        success = next(iter(described.replies))
        for status, shape in described.replies.items():
            meaning = "The answer." if status == success else _MEANINGS.get(status, "")
            replies[status] = {"description": meaning or "Partly done."}
            if isinstance(shape, OrEmpty):
                # OpenAPI has no word for it.
                replies[status]["x-may-be-empty"] = True
                shape = shape.item
            if shape is not EMPTY:
                replies[status]["content"] = {_JSON: {"schema": self._schema(shape)}}
                if status >= 400 and not route.is_plain:
                    replies[status]["content"][CONTENT_TYPE] = _PROBLEM
        common = _refusals(described, route) - set(replies)
        if 404 in common:
            replies[404] = _refused(404)
        for status, media_types in described.texts.items():
            reply = replies.setdefault(status, {"description": _MEANINGS.get(status, "A page.")})
            reply.setdefault("content", {}).update({media: {"schema": TEXT} for media in media_types})
        if described.has_etag:
            replies[304] = {"description": "Nothing but the remaining time has changed."}
        for status, reply in replies.items():
            if status >= 400 and route.name != "webhook":
                reply["headers"] = _REFUSAL_HEADERS
        for status in common - {404}:
            replies[status] = {"$ref": f"#/components/responses/Refused{status}"}
        return {str(status): replies[status] for status in sorted(replies)}

    def _schema(self, shape: Shape) -> dict[str, Any]:
        match shape:
            case ListOf(item):
                return {"type": "array", "items": self._schema(item)}
            case MapOf(item):
                return {"type": "object", "additionalProperties": self._schema(item)}
            case AnyOf(items):
                return {"anyOf": [self._schema(item) for item in items]}
            case dict():
                properties = {name: self._schema(part) for name, part in shape.get("properties", {}).items()}
                return {**shape, "properties": properties} if properties else dict(shape)
        reference: dict[str, Any] = self.resolve_serializer(shape, "response").ref
        return reference


@dataclass(frozen=True, slots=True)
class _Route:
    """A path. ``arguments``: their names, with whether it is a number. ``is_plain``: the view is not one of DRF."""

    name: str
    path: str
    arguments: Mapping[str, bool]
    operations: Mapping[str, Described]
    is_plain: bool

    def _rows(self, method: str) -> list[contract.Row]:
        return [
            row
            for row in contract.TABLE
            if (row.name, row.method.upper(), set(row.kwargs)) == (self.name, method, set(self.arguments))
        ]

    def access(self, method: str) -> str:
        """Return who may call it, in words."""
        if self.operations[method].access:
            return self.operations[method].access
        words = [f"{_ACCESS[row.allowed]}{', ' + row.note if row.note else ''}" for row in self._rows(method)]
        return "; ".join(words)

    def roles(self, method: str) -> list[str]:
        """Return the roles of the permission tests that may call it."""
        return sorted({role for row in self._rows(method) for role in row.allowed})


def _refusals(described: Described, route: _Route) -> set[int]:
    if route.is_plain:
        return set()
    body = _OF_A_BODY if described.body is not None else ()
    key = _OF_A_KEY if described.is_idempotent else ()
    return {*_COMMON, *described.refusals, *body, *key}


def _example(example: Example, described: Described) -> dict[str, Any]:
    sent = {"role": example.role, "status": example.status or next(iter(described.replies))}
    for name in ("summary", "path", "query", "body"):
        value = getattr(example, name)
        if value or (name == "body" and value is not None):
            sent[name] = value
    return sent


def _body_example(media: str, body: Any) -> dict[str, Any]:
    return {"example": body} if media == _JSON and body is not None else {}


def _path_parameters(route: _Route, described: Described) -> Iterator[dict[str, Any]]:
    for name, is_number in route.arguments.items():
        schema: dict[str, Any] = (
            {"type": "integer", "minimum": 0, "maximum": MAX_ID} if is_number else {"type": "string"}
        )
        if name == "kind":
            schema["enum"] = ["review", "schedule", "agreement", "warning"]
        example = described.examples[0].path[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _query(described: Described) -> Iterator[dict[str, Any]]:
    for name, rules in described.query.items():
        schema = {key: value for key, value in rules.items() if key not in ("description", "required")}
        parameter = {"name": name, "in": "query", "schema": schema}
        yield parameter | {key: rules[key] for key in ("description", "required") if key in rules}


def _headers(described: Described) -> Iterator[dict[str, Any]]:
    if described.has_etag:
        yield {"name": "If-None-Match", "in": "header", "schema": TEXT}
    if described.is_idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def patterns() -> list[Any]:
    """Return the routes, each with a view that ``V1Schema`` describes. Raises LookupError for a table that differs."""
    found = list(_routes())
    known = {f"{method} {_short(route)}" for route in found for method in route.operations}
    if unknown := set(OPERATIONS) - known:
        raise LookupError(f"no route: {', '.join(sorted(unknown))}")
    return [path(re.sub(r"\{(\w+)\}", r"<str:\1>", f"api/{route.path}"), _view_of(route).as_view()) for route in found]


def _view_of(route: _Route) -> type[APIView]:
    def handler(self: Any, request: Any) -> None:
        raise NotImplementedError

    methods = {method.lower(): handler for method in route.operations}
    return type("View", (APIView,), {**methods, "schema": V1Schema(), "route": route})


def _short(route: _Route) -> str:
    prefix = "edx_proctoring/v1/"
    return route.path.removeprefix(prefix) if route.path.startswith(prefix) else f"/{route.path}"


_CONSTRUCTOR: Final = ("exam_settings", "webhook")


def _routes() -> Iterator[_Route]:
    for pattern in urls.urlpatterns:
        if isinstance(pattern, URLPattern):
            yield _route(pattern, "edx_proctoring.urls", "")
    module = "edx_proctoring.constructor.urls"
    for pattern in get_resolver(module).url_patterns:
        if pattern.name in _CONSTRUCTOR:
            yield _route(pattern, module, "edx_proctoring/constructor/v1/")


def _route(pattern: Any, urlconf: str, prefix: str) -> _Route:
    converters = pattern.pattern.converters
    names = list(converters or pattern.pattern.regex.groupindex)
    numbers = {name: name in ("exam_id", "attempt_id", "user_id") for name in names}
    template = f"{prefix}{_template(pattern.name, names, urlconf)}"
    view = getattr(pattern.callback, "cls", None)
    route = _Route(pattern.name, template, numbers, {}, view is None)
    allowed = getattr(pattern.callback, "initkwargs", {}).get(
        "http_method_names", ("get", "post", "put", "patch", "delete")
    )
    methods = [name.upper() for name in allowed if name in _METHODS and hasattr(view, name)]
    if view is None:
        methods = ["GET", "POST"] if "launch" in pattern.name else ["POST"]
    operations = {method: OPERATIONS[f"{method} {_short(route)}"] for method in methods}
    return _Route(pattern.name, template, numbers, operations, view is None)


_METHODS: Final = ("get", "post", "put", "patch", "delete")


def _template(name: str, arguments: Collection[str], urlconf: str) -> str:
    for possibility, _pattern, _defaults, _converters in get_resolver(urlconf).reverse_dict.getlist(name):
        for template, names in possibility:
            if {one for one in names if not one.startswith("_")} == set(arguments):
                return re.sub(r"%\((\w+)\)s", r"{\1}", template)
    raise LookupError(f"no route is called {name} and takes {', '.join(arguments) or 'nothing'}")
