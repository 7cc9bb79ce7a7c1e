"""The physical tables equal those of 6.1.4, column by column, on every database."""

import re

import pytest
from django.db import connection

from tests.models.published_tables import (
    ADDED_INDEXES,
    ADDED_TABLES,
    FOREIGN_KEYS,
    INDEXED,
    LIKE_TWINS,
    TABLES,
    UNIQUE,
    actual_columns,
    constraints,
    expected_columns,
    expected_key,
    foreign_keys,
    leading_columns,
    unique_keys,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("tables#columns"),
]

ALL_TABLES = {**TABLES, **ADDED_TABLES}


@pytest.mark.contract("tables#names")
def test_exactly_the_expected_tables_exist():
    ours = {name for name in connection.introspection.table_names() if name.startswith("proctoring_")}
    assert ours == set(ALL_TABLES)


@pytest.mark.parametrize("table", ALL_TABLES)
def test_columns_have_the_published_name_order_type_and_nullability(table):
    assert actual_columns(connection, table) == expected_columns(connection, table)


@pytest.mark.parametrize("table", ALL_TABLES)
def test_the_primary_key_is_an_automatic_sequence(table):
    with connection.cursor() as cursor:
        [sequence] = connection.introspection.get_sequences(cursor, table)
        assert connection.introspection.get_primary_key_column(cursor, table) == expected_key(table)
    assert sequence["column"] == expected_key(table)


@pytest.mark.parametrize("table", ALL_TABLES)
def test_no_column_has_a_default_in_the_database(table):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA table_info({table})")
            defaults = {row[1]: row[4] for row in cursor.fetchall()}
        else:
            schema = "DATABASE()" if connection.vendor == "mysql" else "current_schema()"
            cursor.execute(
                "SELECT column_name, column_default FROM information_schema.columns"
                f" WHERE table_schema = {schema} AND table_name = %s",
                [table],
            )
            # MariaDB reports the missing default of a nullable column as the text NULL.
            defaults = {name: None if value == "NULL" else value for name, value in cursor.fetchall()}
    assert {name: value for name, value in defaults.items() if value is not None} == {}


@pytest.mark.parametrize("table", ALL_TABLES)
def test_unique_keys_are_the_published_ones(table):
    assert unique_keys(connection, table) == UNIQUE.get(table, set())


@pytest.mark.parametrize("table", ALL_TABLES)
def test_foreign_keys_are_the_published_ones(table):
    assert foreign_keys(connection, table) == FOREIGN_KEYS.get(table, {})


@pytest.mark.parametrize("table", ALL_TABLES)
def test_exactly_the_searched_columns_lead_an_index(table):
    """Not more: an unused index slows down every write."""
    added = {columns[0] for columns in ADDED_INDEXES.get(table, ())}
    assert leading_columns(connection, table) - {expected_key(table)} == INDEXED.get(table, set()) | added


@pytest.mark.contract("tables#lookup-indexes")
@pytest.mark.parametrize("table", ADDED_INDEXES)
def test_added_indexes_for_frequent_queries_exist(table):
    indexes = {tuple(c["columns"]) for c in constraints(connection, table) if c["index"] and not c["unique"]}
    assert indexes >= ADDED_INDEXES[table]


@pytest.mark.contract("tables#lookup-indexes")
@pytest.mark.parametrize("table", ALL_TABLES)
def test_no_other_index_has_several_columns(table):
    found = {tuple(c["columns"]) for c in constraints(connection, table) if c["index"] and not c["unique"]}
    assert {columns for columns in found if len(columns) > 1} <= ADDED_INDEXES.get(table, set())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL needs a second index for LIKE")
@pytest.mark.parametrize("table", ALL_TABLES)
def test_indexed_texts_have_a_second_index_for_prefix_search(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        definitions = [definition for (definition,) in cursor.fetchall()]
    twins = {match[1] for text in definitions if (match := re.search(r"\((\w+) varchar_pattern_ops\)", text))}
    assert twins == LIKE_TWINS.get(table, set())
