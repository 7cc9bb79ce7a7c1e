"""What hosts check of every installed app (host-platform.md 2.6)."""

import re

import pytest
from django.apps import apps

# Words of MySQL 8 and Snowflake that a careless column may be called.
RESERVED = {
    *("call", "condition", "cube", "current", "function", "group", "groups", "grant", "interval", "key", "keys"),
    *("lead", "leave", "left", "like", "limit", "lock", "match", "of", "option", "order", "over", "range", "rank"),
    *("read", "release", "repeat", "right", "row", "rows", "schema", "set", "sample", "signal", "start", "system"),
    *("table", "trigger", "unique", "update", "usage", "use", "using", "values", "when", "where", "window", "write"),
}
# The exceptions that hosts know of.
KNOWN = {("ProctoredExamStudentAllowance", "key"), ("ProctoredExamStudentAllowanceHistory", "key")}

MODELS = [
    model
    for model in apps.get_app_config("edx_proctoring").get_models()
    # Safe-listed by their names, as generated models have no docstring of their own.
    if not model.__name__.startswith("Historical")
]


@pytest.mark.spec("data-model.md", "7:annotations")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_model_says_what_personal_data_it_holds(model):
    text = model.__doc__ or ""
    holds_none = ".. no_pii:" in text
    holds_some = all(f".. {token}:" in text for token in ("pii", "pii_types", "pii_retirement"))
    assert holds_none != holds_some


def test_no_field_is_called_by_a_reserved_word():
    called = {
        (model.__name__, field.name) for model in MODELS for field in model._meta.fields if field.name in RESERVED
    }
    assert called == KNOWN


def test_no_new_model_has_generated_history():
    """Hosts would have to safe-list it."""
    generated = {
        model.__name__
        for model in apps.get_app_config("edx_proctoring").get_models()
        if re.match("Historical", model.__name__)
    }
    assert generated == {"HistoricalProctoredExam", "HistoricalProctoredExamStudentAttempt"}


@pytest.mark.spec("data-model.md", "1.7")
def test_there_are_no_permissions_and_no_proxies_of_our_own():
    assert [model for model in MODELS if model._meta.permissions or model._meta.proxy] == []
    assert [model for model in MODELS if model._meta.ordering] == []
