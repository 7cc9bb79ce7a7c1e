"""Put the answers of ``tools/openapi_replies.json``, which the tests keep, into an OpenAPI document."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

REPLIES: Final = Path(__file__).resolve().with_name("openapi_replies.json")


def add_examples(name: str, document: dict[str, Any]) -> None:
    """Add to each operation its kept request and answers. A reply that others share becomes its own.

    ``name``: of the document's file.
    """
    kept = json.loads(REPLIES.read_text("utf-8")).get(name, {})
    shared = document["components"].get("responses", {})
    for item in document["paths"].values():
        for operation in item.values():
            found = kept.get(operation["operationId"], {})
            _add_request(operation, found.get("request", {}))
            for status, replies in found.get("replies", {}).items():
                if status not in operation["responses"]:
                    continue  # the test of this operation says so
                reply = operation["responses"][status]
                if "$ref" in reply:
                    reply = deepcopy(shared[reply["$ref"].rpartition("/")[2]])
                    operation["responses"][status] = reply
                for key, example in sorted(replies.items()):
                    content = reply.get("content", {}).get(example["media_type"])
                    if content is not None:
                        shown = {"value": example["body"]}
                        shown |= {"summary": example["summary"]} if "summary" in example else {}
                        content.setdefault("examples", {})[key] = shown


def _add_request(operation: dict[str, Any], request: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        values = request.get(parameter["in"], {})
        value = values.get(parameter["name"])
        # Ids of the old form have slashes, which an address has only as %2F.
        if value is not None and "/" not in str(value):
            parameter.setdefault("example", value)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None and "body" in request:
        content.setdefault("example", request["body"])
