"""Callbacks of providers and of RPNow."""

from collections.abc import Mapping
from typing import Final

from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import EMPTY, HTML, JSON, OK, OPEN, PLAIN, TEXT, Described, Example, OrEmpty

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
# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
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
        media_types=(JSON,),
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
        media_types=(JSON,),
        is_idempotent=True,
        refusals=(500,),
        description="A user who is not a reviewer gets 403 without a body.",
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
        texts={200: (HTML,), 404: (PLAIN,), 429: (PLAIN,)},
        security=OPEN,
    ),
    "POST /edx_proctoring/proctoring_launch_callback/start_exam/{attempt_code}": Described(
        "v1_callbacks_relaunch",
        "As GET, and end an exam that runs.",
        {302: EMPTY},
        (Example("anonymous", {"attempt_code": "CODE-21"}),),
        texts={404: (PLAIN,), 429: (PLAIN,)},
        access="everybody who knows the attempt code",
        security=OPEN,
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
        media_types=(JSON,),
        is_idempotent=True,
        refusals=(404, 500),
        access="who knows the attempt code and the vendor's id of the attempt",
        security=OPEN,
    ),
}
