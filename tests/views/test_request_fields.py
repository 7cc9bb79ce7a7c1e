"""Fields of request bodies and the text of their errors. Contract: contract/rest-rules#bodies."""

from typing import Any

import pytest
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views.name_list import NameListField
from edx_proctoring.views.request_fields import IdField, TextField, required_id, validated


class Body(serializers.Serializer):
    """One field of each kind."""

    exam_id = IdField()
    value = TextField()
    names = NameListField(allow_null=True, default=None)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(
            {"exam_id": 7, "value": 1.5, "names": ["ann", "ben", "ann"]},
            {"exam_id": 7, "value": "1.5", "names": ["ann", "ben"]},
            id="json",
        ),
        pytest.param(
            QueryDict("exam_id=007&value=%20v%20&names=ann,%20b%20en,"),
            {"exam_id": 7, "value": " v ", "names": ["ann", "ben"]},
            id="form",
        ),
        pytest.param(
            {"exam_id": "7", "value": "v", "names": None}, {"exam_id": 7, "value": "v", "names": None}, id="null"
        ),
        pytest.param({"exam_id": "7", "value": "v"}, {"exam_id": 7, "value": "v", "names": None}, id="missing"),
        pytest.param(
            {"exam_id": 7, "value": "v", "names": 12}, {"exam_id": 7, "value": "v", "names": ["12"]}, id="number"
        ),
    ],
)
def test_valid_bodies_are_read_alike_as_json_and_as_form(body: Any, values: dict[str, Any]) -> None:
    assert validated(Body(data=body)) == values


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        pytest.param({"exam_id": "one"}, f"exam_id: Must be an integer from 0 to {MAX_ID}.", id="not-an-id"),
        pytest.param({"exam_id": True}, f"exam_id: Must be an integer from 0 to {MAX_ID}.", id="boolean-as-id"),
        pytest.param({"exam_id": ""}, "exam_id: This field may not be null.", id="empty-id"),
        pytest.param({"value": "v" * 256}, "value: Ensure this field has no more than 255 characters.", id="too-long"),
        pytest.param({"value": "v\x00"}, "value: Null characters are not allowed.", id="nul"),
        pytest.param({"value": "v\ud83d"}, "value: Surrogate characters are not allowed: U+D83D.", id="surrogate"),
        pytest.param({"value": ["v"]}, "value: Not a valid string.", id="list-as-text"),
        pytest.param({"names": {"a": 1}}, "names: Not a valid string.", id="object-as-list"),
        pytest.param({"names": ["ann", None]}, "names: This field may not be null.", id="null-in-a-list"),
        pytest.param({"names": ["ann\x00"]}, "names: Null characters are not allowed.", id="nul-in-a-list"),
        pytest.param(
            {"exam_id": None, "value": ""},
            "exam_id: This field may not be null. value: This field may not be blank.",
            id="two-errors",
        ),
    ],
)
def test_an_invalid_body_raises_one_text_that_names_each_wrong_field(change: dict[str, Any], detail: str) -> None:
    with pytest.raises(ParseError) as refused:
        validated(Body(data={"exam_id": 7, "value": "v", **change}))
    assert str(refused.value.detail) == detail


@pytest.mark.parametrize("source", [{}, {"exam_id": None}, {"exam_id": ""}, {"exam_id": "one"}, {"exam_id": -1}])
def test_a_missing_or_invalid_id_raises_an_error_that_names_it(source: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match=r"^exam_id: "):
        required_id(source, "exam_id")
