"""The app's migrations: complete, reversible, and without loss on the way, on each database."""

from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession

LABEL = "edx_proctoring_constructor"
MIGRATIONS = ["0001_initial", "0002_claims_of_messages_and_reviews", "0003_questions_of_the_sweep"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.contract("constructor#tables")]


# By which the sweep finds what is left open, what waits and what was not told.
SWEPT = (("state", "modified"), ("draft_at",), ("finish_state",))


def migrate(target: str | None) -> Any:
    """Go to a migration; return the apps as they are there."""
    executor = MigrationExecutor(connection)
    executor.migrate([(LABEL, target)])
    return MigrationExecutor(connection).loader.project_state([(LABEL, target)] if target else []).apps


@pytest.fixture
def restored() -> Iterator[None]:
    """The tables as they are now, for the tests after this one."""
    yield
    migrate(MIGRATIONS[-1])


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith(LABEL)}


def test_the_names_stay() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    own = {name: one.dependencies for (label, name), one in loader.disk_migrations.items() if label == LABEL}
    assert sorted(own) == MIGRATIONS
    assert own == {MIGRATIONS[0]: [], **{name: [(LABEL, before)] for before, name in pairwise(MIGRATIONS)}}


def test_no_change_of_a_model_is_without_one() -> None:
    call_command("makemigrations", LABEL, "--check", "--dry-run", stdout=StringIO())


def test_they_need_no_other_app() -> None:
    """So the app can be added to, and taken out of, any platform at any time."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (label, _name), migration in loader.disk_migrations.items():
        if label == LABEL:
            assert {dependency[0] for dependency in migration.dependencies} <= {LABEL}


def test_down_to_nothing_and_up_again(restored: None) -> None:
    expected = {model._meta.db_table for model in apps.get_app_config(LABEL).get_models()}
    assert tables() == expected
    migrate(None)
    assert tables() == set()
    migrate(MIGRATIONS[-1])
    assert tables() == expected
    session = ConstructorSession.objects.create(session_id="a" * 32, attempt_code="A", exam_external_id="e")
    assert ConstructorSession.objects.get(pk=session.pk).draft_number == 0


def test_rows_survive_each_step(restored: None) -> None:
    session = ConstructorSession.objects.create(
        session_id="a" * 32, attempt_code="A", exam_external_id="e", draft_review='{"conclusion": "accepted"}'
    )
    ConstructorEvent.objects.create(session=session, kind="review", digest="d", handled_at=timezone.now())
    before = migrate(MIGRATIONS[0])
    assert before.get_model(LABEL, "ConstructorSession").objects.get().draft_review == '{"conclusion": "accepted"}'
    # As the version before writes one.
    before.get_model(LABEL, "ConstructorSession").objects.create(
        session_id="b" * 32, attempt_code="B", exam_external_id="e"
    )
    migrate(MIGRATIONS[-1])
    assert ConstructorEvent.objects.get().claimed_at is None
    numbers = ConstructorSession.objects.order_by("pk").values_list("draft_review", "draft_number", "draft_claimed_at")
    assert list(numbers) == [('{"conclusion": "accepted"}', 0, None), ("", 0, None)]
    assert [one.session_id for one in ConstructorSession.objects.with_waiting_review()] == ["a" * 32]


def test_the_indexes_are_used_for_the_question_of_each_framed_page() -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, ConstructorSession._meta.db_table)
    columns = {tuple(one["columns"]) for one in found.values() if one["index"] or one["unique"]}
    for wanted in (("user_id", "state"), ("user_subject", "backend"), ("session_id",), ("attempt_code",), *SWEPT):
        assert wanted in columns
