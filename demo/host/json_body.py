"""JSON bodies of requests."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, RawPostDataException


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that a request carries; empty if its body is anything else."""
    try:
        data = json.loads(request.body or b"{}")
    # Nested too deep; a form, which the check of the CSRF token has read.
    except (ValueError, RecursionError, RawPostDataException):
        return {}
    return data if isinstance(data, dict) else {}
