"""Weak ETags: who asks again gets an empty answer if nothing has changed. Contract: contract/seb-rest#etags."""

import hashlib
import json
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder


def unless_known(request: Request, response: Response) -> Response:
    """Return the answer with its ETag, or 304 if the caller has it already."""
    tag = _etag(response.data)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if known == ["*"] or tag in known:
        response = Response(status=304)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


def _etag(body: Any) -> str:
    canonical = json.dumps(body, sort_keys=True, cls=JSONEncoder)
    return f'W/"{hashlib.sha256(canonical.encode()).hexdigest()}"'
