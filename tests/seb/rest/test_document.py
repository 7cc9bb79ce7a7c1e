"""The OpenAPI document says what version 2 of Safe Exam Browser's API takes and answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from seb_openedx.api.v2.problem_details import CATALOGUE
from tests import openapi_replies
from tests.seb.app.conftest import OTHER
from tests.seb.rest.test_every_route import CASES, Case, World, sent, undone
from tests.seb.rest.test_every_route import world as world

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#document")]

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "docs/reference/openapi-seb.json").read_text("utf-8")
)
METHODS = ("get", "post", "put", "patch", "delete")
PREFIX = "/seb-openedx/api/v2"
# Names of the table → those of the document.
NAMES = {"{course}": "{course_id}", "{exam}": "{content_id}", "{session}": "{session_id}"}


def described(case: Case) -> dict[str, Any]:
    path = case.path.partition("?")[0].replace("/77", "/{template_id}").replace("/78", "/{template_id}")
    path = path.replace("/bans/bob/", "/bans/{username}/")
    for name, documented in NAMES.items():
        path = path.replace(name, documented)
    found: dict[str, Any] = DOCUMENT["paths"][PREFIX + path][case.method.lower()]
    return found


def validate(body: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)


def test_it_describes_each_operation_once():
    items = DOCUMENT["paths"].values()
    operations = [item[method]["operationId"] for item in items for method in METHODS if method in item]
    assert len(operations) == len(set(operations)) == len(CASES)
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_replies_are_as_described(world: World, case: Case):
    answer = undone(lambda: sent(case, world.client))
    operation = described(case)
    replies = operation["responses"]
    assert str(answer.status_code) in replies
    openapi_replies.check("openapi-seb.json", operation, answer, "staff")
    content = replies[str(answer.status_code)].get("content")
    if content is None:
        assert answer.streaming is False
        assert answer.content == b""
        return
    media_type = answer["Content-Type"].partition(";")[0]
    assert media_type in content
    if media_type == "application/json":
        validate(answer.json(), content[media_type]["schema"])


@pytest.mark.parametrize("case", [case for case in CASES if case.body and not case.form], ids=str)
def test_bodies_are_as_described(case: Case):
    validate(case.body, described(case)["requestBody"]["content"]["application/json"]["schema"])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refusals_are_as_described(world: World, learner: Any, case: Case):
    answer = undone(lambda: sent(case, world.client, OTHER, query="surprise=1"))
    operation = described(case)
    openapi_replies.check("openapi-seb.json", operation, answer, "refusal")
    reply = operation["responses"][str(answer.status_code)]
    validate(answer.json(), reply["content"]["application/problem+json"]["schema"])
    assert answer.json()["code"] in reply["description"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_codes_of_each_status_are_known(case: Case):
    for status, reply in described(case)["responses"].items():
        if "application/problem+json" in reply.get("content", {}):
            for code in reply["description"].replace("`", "").split(", "):
                assert str(CATALOGUE[code].status) == status
