"""What is stored about one user. Contract: contract/rest-v2#user-data."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from edx_proctoring.api.privacy.export import tables_of
from edx_proctoring.views.base import caller
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.operations import Access, Operation

__all__ = ["UserData"]

log = logging.getLogger(__name__)

JSON: Final = "application/json"


class UserData(StaffView):
    """GET: what is stored about a user."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "users_export",
            "Download everything that is stored about a learner, for the learner.",
            Access.RETIRE,
            queries=25,
            response=None,
            media_types=(JSON,),
            problems=("not_allowed",),
        )
    }

    def get(self, request: Request, user_id: int) -> StreamingHttpResponse:
        """Return one JSON object, written table by table."""
        log.info("learner exported: user_id=%s by=%s", user_id, caller(request).pk)
        return StreamingHttpResponse(_as_json(tables_of(user_id)), content_type=JSON)


def _as_json(members: Iterable[tuple[str, Any]]) -> Iterator[str]:
    before = "{"
    for name, value in members:
        yield f"{before}{json.dumps(name)}: {json.dumps(value, cls=JSONEncoder)}"
        before = ", "
    yield "}"
