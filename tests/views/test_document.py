"""The OpenAPI document says what version 1 takes and answers."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import rules
from jsonschema import Draft202012Validator

from tests import openapi_replies
from tests.views import api_examples
from tests.views.api_examples import RETIREMENT
from tests.views.contract import TABLE

pytestmark = [pytest.mark.django_db, pytest.mark.contract("rest-rules#document")]

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
DOCUMENT: dict[str, Any] = json.loads((REFERENCE / "openapi.json").read_text("utf-8"))
# Path, method, operation.
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if "x-examples" in operation
]
EXAMPLES = [
    pytest.param(path, method, operation, number, id=f"{operation['operationId']}-{example['role']}-{number}")
    for path, method, operation in OPERATIONS
    for number, example in enumerate(operation["x-examples"])
]


@pytest.fixture
def people(credit: Any, settings: Any) -> Iterator[dict[str, Any]]:
    """The user of each role, and the objects that the examples name."""
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    before = api_examples.grant_retirement()
    yield api_examples.build()
    rules.set_perm(RETIREMENT, before)


def described(operation: Mapping[str, Any], status: int) -> dict[str, Any]:
    assert str(status) in operation["responses"], f"{status} is not described"
    reply: dict[str, Any] = operation["responses"][str(status)]
    name = reply.get("$ref", "").removeprefix("#/components/responses/")
    return DOCUMENT["components"]["responses"][name] if name else reply


def validate(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any] = DOCUMENT) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def check_reply(response: Any, operation: Mapping[str, Any]) -> None:
    reply = described(operation, response.status_code)
    if not response.content:
        assert reply.get("x-may-be-empty") or not set(reply.get("content", {})) - {"text/html"}, "a body is described"
        return
    media = response["Content-Type"].partition(";")[0]
    assert media in reply.get("content", {}), f"{media} is not described"
    if media.endswith("json"):
        validate(response.json(), reply["content"][media]["schema"])


def send(client: Any, path: str, method: str, example: Mapping[str, Any], **headers: Any) -> Any:
    address = path.removeprefix("/api")
    for name, value in example.get("path", {}).items():
        address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
    if "query" in example:
        address += f"?{urlencode(example['query'])}"
    body = {"data": example["body"], "format": "json"} if "body" in example else {}
    return getattr(client, method)(address, **body, **headers)


@pytest.mark.parametrize(("path", "method", "operation", "number"), EXAMPLES)
def test_examples_are_answered_as_described(
    people: dict[str, Any], path: str, method: str, operation: dict[str, Any], number: int
) -> None:
    example = operation["x-examples"][number]
    role = example["role"]
    response = send(api_examples.client_of(role, people[role]), path, method, example)
    assert response.status_code == example["status"], response.content
    check_reply(response, operation)
    summary = example.get("summary", "")
    openapi_replies.check("openapi.json", operation, response, f"{role}_{number + 1}", summary=summary)
    content = operation.get("requestBody", {}).get("content", {})
    if content and response.status_code < 300:
        validate(example["body"], content["application/json"]["schema"])


@pytest.mark.parametrize(
    ("path", "method", "operation"), [pytest.param(*row, id=row[2]["operationId"]) for row in OPERATIONS]
)
def test_refusals_of_the_anonymous_are_described(
    people: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> None:
    example = operation["x-examples"][0]
    accept = {"HTTP_ACCEPT": "application/json, application/problem+json"}
    response = send(api_examples.client_of("anonymous", None), path, method, example, **accept)
    check_reply(response, operation)
    if operation["security"] == [{"session": []}, {"jwt": []}]:
        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"


def test_who_may_and_a_member_that_is_missing_would_be_noticed(people: dict[str, Any]) -> None:
    [(path, method, operation)] = [row for row in OPERATIONS if row[2]["operationId"] == "v1_attempts_read"]
    response = send(api_examples.client_of("learner", people["learner"]), path, method, operation["x-examples"][0])
    body = response.json()
    schema = described(operation, 200)["content"]["application/json"]["schema"]
    validate(body, schema)
    del body["attempt_code"]
    with pytest.raises(Exception, match="'attempt_code' is a required property"):
        validate(body, schema)
    assert operation["x-roles"] == ["owner"]


def test_each_route_and_method_of_version_1_is_described() -> None:
    of_routes = {operation["operationId"] for _path, _method, operation in OPERATIONS if operation["x-roles"]}
    rows = {(row.name, row.method, frozenset(row.kwargs)) for row in TABLE}
    assert len(of_routes) == len(rows)


@pytest.mark.contract("rest-v2#document")
@pytest.mark.contract("seb-rest#document")
@pytest.mark.parametrize("name", ["openapi.json", "openapi-seb.json"])
def test_each_operation_shows_a_valid_answer_and_body(name: str) -> None:
    document = json.loads((REFERENCE / name).read_text("utf-8"))
    for item in document["paths"].values():
        for operation in item.values():
            shown = 0
            for status, reply in operation["responses"].items():
                for media in reply.get("content", {}).values():
                    for example in media.get("examples", {}).values():
                        shown += status < "300"
                        validate(example["value"], media["schema"], document)
            successes = [reply for status, reply in operation["responses"].items() if status < "304"]
            is_promised = all(
                set(reply.get("content", {})) & set(openapi_replies.MEDIA_TYPES) and not reply.get("x-may-be-empty")
                for reply in successes
            )
            assert shown or not is_promised, operation["operationId"]
            request = operation.get("requestBody", {})
            body = request.get("content", {}).get("application/json", {})
            assert "example" in body or not (body and request.get("required")), operation["operationId"]
            if "example" in body:
                validate(body["example"], body["schema"], document)


@pytest.mark.parametrize(
    ("kept", "answered"),
    [
        pytest.param({"id": 1}, {"id": 1, "name": "x"}, id="a member more"),
        pytest.param({"id": 1}, {"id": "1"}, id="a number is a text"),
        pytest.param([{"id": 1}], [], id="an empty list"),
        pytest.param({"due": None}, {"due": "2026-01-01T00:00:00Z"}, id="a value for null"),
        pytest.param("id,name\r\n1,x\r\n", "id,email\r\n1,x\r\n", id="another column"),
    ],
)
def test_an_answer_of_another_shape_is_noticed(kept: Any, answered: Any) -> None:
    assert openapi_replies.shape(kept) != openapi_replies.shape(answered)
    assert openapi_replies.shape(kept) == openapi_replies.shape(deepcopy(kept))


def nested(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for part in value if isinstance(value, list) else []:
        yield from nested(part)


# Generating them has validated both against the schema of OpenAPI 3.1, which does not see this.
@pytest.mark.parametrize("name", ["openapi.json", "openapi-seb.json"])
def test_a_document_has_no_dead_reference_and_names_the_arguments_of_its_paths(name: str) -> None:
    document = json.loads((REFERENCE / name).read_text("utf-8"))
    for part in nested(document):
        if isinstance(part.get("$ref"), str):
            target = document
            for step in part["$ref"].removeprefix("#/").split("/"):
                target = target[step]
    operations = [(path, operation) for path, item in document["paths"].items() for operation in item.values()]
    assert len({operation["operationId"] for _path, operation in operations}) == len(operations)
    for path, operation in operations:
        arguments = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        assert sorted(arguments) == sorted(re.findall(r"\{(\w+)\}", path)), path
