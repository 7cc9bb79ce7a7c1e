"""The response to a start that a gate refuses. Contract: contract/start-gates#answer."""

from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import start_gates


def refusal_to_start(
    request: Request, exam: Mapping[str, Any], attempt: Mapping[str, Any] | None, *, asks_provider: bool = True
) -> Response | None:
    """Ask the start gates. Return a 403 if one refuses, None if the learner may start.

    ``asks_provider``: also the gate of the exam's provider.

    The body has ``detail``, ``code`` and ``launch_url``, because the page shows a link that leads on. Other errors of
    version 1 have one key.
    """
    refusal = start_gates.check_start_gates(request.user, exam, attempt, request, asks_provider=asks_provider)
    if refusal is None:
        return None
    return Response(
        status=status.HTTP_403_FORBIDDEN,
        data={"detail": refusal.detail, "code": refusal.code, "launch_url": refusal.launch_url},
    )
