"""Checks that hosts run on every installed app (contract/host-integration#model-checks)."""

import re

import pytest
from django.apps import apps

# Reserved words of MySQL 8 and Snowflake that could be picked as a column name.
RESERVED = {
    *("call", "condition", "cube", "current", "function", "group", "groups", "grant", "interval", "key", "keys"),
    *("lead", "leave", "left", "like", "limit", "lock", "match", "of", "option", "order", "over", "range", "rank"),
    *("read", "release", "repeat", "right", "row", "rows", "schema", "set", "sample", "signal", "start", "system"),
    *("table", "trigger", "unique", "update", "usage", "use", "using", "values", "when", "where", "window", "write"),
}
# The exceptions that hosts allow.
KNOWN = {("ProctoredExamStudentAllowance", "key"), ("ProctoredExamStudentAllowanceHistory", "key")}

MODELS = [
    model
    for model in apps.get_app_config("edx_proctoring").get_models()
    # Hosts safe-list generated models by name, because they have no docstring of their own.
    if not model.__name__.startswith("Historical")
]


@pytest.mark.contract("privacy#annotations")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_model_declares_the_personal_data_it_holds(model):
    text = model.__doc__ or ""
    holds_none = ".. no_pii:" in text
    holds_some = all(f".. {token}:" in text for token in ("pii", "pii_types", "pii_retirement"))
    assert holds_none != holds_some


@pytest.mark.contract("host-integration#model-checks")
def test_only_known_fields_are_named_by_a_reserved_word():
    reserved = {
        (model.__name__, field.name) for model in MODELS for field in model._meta.fields if field.name in RESERVED
    }
    assert reserved == KNOWN


@pytest.mark.contract("host-integration#model-checks")
def test_only_the_published_models_have_generated_history():
    """Hosts would have to safe-list another one."""
    generated = {
        model.__name__
        for model in apps.get_app_config("edx_proctoring").get_models()
        if re.match("Historical", model.__name__)
    }
    assert generated == {"HistoricalProctoredExam", "HistoricalProctoredExamStudentAttempt"}


@pytest.mark.contract("tables#no-proxies")
def test_models_define_no_permissions_proxies_or_ordering():
    assert [model for model in MODELS if model._meta.permissions or model._meta.proxy] == []
    assert [model for model in MODELS if model._meta.ordering] == []
