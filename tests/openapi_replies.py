"""The answers that the OpenAPI documents show as examples: real ones, kept in ``tools/openapi_replies.json``.

Tests that send requests of a document call ``check``. It fails where an answer no longer has the shape of the one that
is kept. ``make openapi-replies`` keeps new answers; one whose shape is still right stays, with its ids and times.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

FILE: Final = Path(__file__).resolve().parents[1] / "tools" / "openapi_replies.json"
# Pages and files of Safe Exam Browser are no help to a reader of the document.
MEDIA_TYPES: Final = ("application/json", "application/problem+json", "text/csv")


def shape(value: Any) -> Any:
    """Return the names of the members and the types of the values. Of a text with several lines, the first line."""
    match value:
        case dict():
            # Ids as names of members are those of a test's rows.
            return {"<id>" if name.isdigit() else name: shape(part) for name, part in value.items()}
        case list():
            shapes: list[Any] = []
            for part in map(shape, value):
                if part not in shapes:
                    shapes.append(part)
            return shapes
        case str():
            return value.splitlines()[0] if "\n" in value else "text"
        case bool():
            return "flag"
        case int() | float():
            return "number"
    return "null"


def check(document: str, operation: Mapping[str, Any], response: Any, name: str, *, summary: str = "") -> None:
    """Compare an answer with the one that is kept for this operation and status under ``name``, or keep it.

    ``document``: name of its file; ``operation``: of the document. ``response``: of the test client. ``summary``: one
    sentence about the example.
    """
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    media_type = media_type if media_type in MEDIA_TYPES else ""
    text = response.getvalue().decode() if media_type else "null"
    body = text if media_type == "text/csv" else json.loads(text)
    kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    status = str(response.status_code)
    entries = kept.setdefault(document, {})
    found = entries.get(operation["operationId"], {}).get("replies", {}).get(status, {}).get(name)
    if found is not None and found["media_type"] == media_type and shape(found["body"]) == shape(body):
        return
    if os.environ.get("RECORD_REPLIES") != "1":
        assert found is not None, f"no answer {status} is kept as {name}: run `make openapi-replies`"
        assert (found["media_type"], shape(found["body"])) == (media_type, shape(body)), "run `make openapi-replies`"
    entry = entries.setdefault(operation["operationId"], {})
    if response.status_code < 400:
        entry["request"] = _request(operation, response)
    replies = entry.setdefault("replies", {}).setdefault(status, {})
    replies[name] = {"media_type": media_type, "body": body} | ({"summary": summary} if summary else {})
    FILE.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _request(operation: Mapping[str, Any], response: Any) -> dict[str, Any]:
    """Return what was sent: arguments of path and query, and a JSON body. Version 1 has a table of that."""
    if "x-examples" in operation:
        return {}
    request = response.wsgi_request
    # Not request.GET, which has a space for the + of a course id that was sent as it is.
    pairs = [pair.partition("=") for pair in request.META["QUERY_STRING"].split("&") if pair]
    query = {name: unquote(value) for name, _equals, value in pairs}
    sent = {"path": request.resolver_match.kwargs, "query": query}
    if "requestBody" in operation and request.content_type == "application/json":
        sent["body"] = response.renderer_context["request"].data
    return {name: value for name, value in sent.items() if value}
