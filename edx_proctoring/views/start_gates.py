"""How a refused start is answered. Spec: cross-cutting.md C5."""

from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import start_gates


def refusal_to_start(request: Request, exam: Mapping[str, Any], attempt: Mapping[str, Any] | None) -> Response | None:
    """Ask the start gates; return the 403 with which a start is refused, None if the learner may start.

    The body has ``detail``, ``code`` and ``launch_url``: the one error of version 1 with more than
    one key, because the page must offer the way on.
    """
    refusal = start_gates.check_start_gates(request.user, exam, attempt, request)
    if refusal is None:
        return None
    return Response(
        status=status.HTTP_403_FORBIDDEN,
        data={"detail": refusal.detail, "code": refusal.code, "launch_url": refusal.launch_url},
    )
