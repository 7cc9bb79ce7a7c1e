"""The OpenAPI document says what version 2 takes and answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views.problem_details import CATALOGUE
from tests import factories, openapi_replies
from tests.views.conftest import World
from tests.views.v2.test_access import TABLE, Row, _staff_decide, resolved, send

__all__ = ["_staff_decide"]

pytestmark = pytest.mark.usefixtures("onboarding")

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json").read_text()
)
PATHS: dict[str, Any] = {
    path: item for path, item in DOCUMENT["paths"].items() if path.startswith("/api/edx_proctoring/v2/")
}
OPERATIONS = {
    operation["operationId"]: operation
    for item in PATHS.values()
    for method, operation in item.items()
    if method in ("get", "post", "put", "patch", "delete")
}


def operation_of(row: Row, world: World) -> dict[str, Any]:
    view = get_resolver().resolve(resolved(row, world)).func.cls  # type: ignore[attr-defined]
    found: dict[str, Any] = OPERATIONS[view.operations[row.method.upper()].operation_id]
    return found


def validate(body: Any, response: dict[str, Any]) -> None:
    [media] = [media for name, media in response["content"].items() if name.endswith("json")]
    schema = {**media["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(body)


def test_it_describes_each_route_once() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert len(OPERATIONS) == len(TABLE) == sum(len(item) for item in PATHS.values())


@pytest.mark.usefixtures("_staff_decide")
@pytest.mark.contract("rest-v2#document")
@pytest.mark.parametrize(
    ("row", "role"),
    [
        pytest.param(row, role, id=f"{row.id}-{role}")
        for row in TABLE
        for role in dict.fromkeys(("course_staff", "owner", row.allowed))
    ],
)
def test_replies_are_as_described(row: Row, role: str, world: World, client_of: Any) -> None:
    if row.method == "get":  # what is changed is a running attempt
        factories.make_review(world.attempt, review_status="Suspicious")
    factories.make_attempt(world.exam, factories.make_user(), status=S.error, is_resumable=True)
    response = send(client_of(world[role]), row, world)
    operation = operation_of(row, world)
    described = operation["responses"][str(response.status_code)]
    openapi_replies.check("openapi.json", operation, response, role)
    if response.streaming:
        assert response.headers["Content-Type"].split(";")[0] in described["content"]
        return
    if response.status_code == 204:
        assert not response.content
        return
    validate(response.json(), described)
    if response.status_code >= 400:
        assert f"`{response.json()['code']}`" in described["description"]


def test_a_member_that_is_missing_would_be_noticed(world: World, team: APIClient) -> None:
    row = next(row for row in TABLE if row.route == "attempt")
    body = send(team, row, world).json()
    described = operation_of(row, world)["responses"]["200"]
    validate(body, described)
    del body["status"]
    with pytest.raises(Exception, match="'status' is a required property"):
        validate(body, described)


def test_every_code_that_is_named_is_in_the_catalogue() -> None:
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if "application/problem+json" in response.get("content", {}):
                codes = [code.strip("` ") for code in response["description"].split(",")]
                assert {CATALOGUE[code].status for code in codes} == {int(status)}
