"""Constructor Proctor."""

from collections.abc import Mapping
from typing import Final

from tests.views import contract
from tools.openapi_v1 import objects
from tools.openapi_v1.shapes import ACCESS, EMPTY, JSON, Described, Example

# Method and path below ``edx_proctoring/v1/`` → operation.
OPERATIONS: Final[Mapping[str, Described]] = {
    "GET /edx_proctoring/constructor/v1/exam/{exam_id}/settings": Described(
        "constructor_settings_read",
        "Read what an exam sets otherwise than the account of Constructor Proctor.",
        {200: objects.ConstructorSettings},
        (Example("course_staff", {"exam_id": 1000018}),),
        refusals=(500,),
        access=ACCESS[contract.COURSE],
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
        access=ACCESS[contract.COURSE],
    ),
    "DELETE /edx_proctoring/constructor/v1/exam/{exam_id}/settings": Described(
        "constructor_settings_delete",
        "Let an exam have what the account has.",
        {204: EMPTY},
        (Example("course_staff", {"exam_id": 1000018}),),
        refusals=(500,),
        access=ACCESS[contract.COURSE],
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
        media_types=(JSON,),
        access="Constructor's server",
        security=({"constructor_proctor": []},),
    ),
}
