"""A database of 6.1.4 can be upgraded and downgraded without a change to its rows.

The old database is created from SQL written by hand from the published schema (``release_6_1_4/``), not by our
own migrations. The tables of host apps come from their own migrations.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from edx_proctoring.models import (
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from tests.models.published_tables import (
    ADDED_INDEXES,
    ADDED_TABLES,
    FOREIGN_KEYS,
    INDEXED,
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

pytestmark = pytest.mark.contract("tables#migrations", "tables#upgrade")

RELEASE = Path(__file__).with_name("release_6_1_4")
ALIAS = "old_site"
LAST_PUBLISHED = "0025_auto_20230727_2112"
# Tables of other apps that refer to our models, with the columns that identify a row.
OTHER_TABLES = {
    "auth_permission": "codename, content_type_id",
    "auth_user": "id",
    "auth_user_user_permissions": "id",
    "django_content_type": "app_label, model",
    "django_migrations": "app, name",
}

Contents = dict[str, list[tuple[Any, ...]]]


class Site:
    """A separate database beside the one that other tests use."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> None:
        """Run the statements of a script."""
        if self.connection.vendor == "postgresql":
            # Only literals for bytes are written differently on PostgreSQL.
            sql = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'", sql)
        script = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
        with self.connection.cursor() as cursor:
            for statement in script.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)

    def install_tables(self, *, spelling: Callable[[str], str] = str) -> None:
        """Create the tables of 6.1.4."""
        self.run(spelling((RELEASE / f"{self.connection.vendor}.sql").read_text("utf-8")))

    def install_rows(self) -> None:
        """Insert rows into every table."""
        self.run((RELEASE / "rows.sql").read_text("utf-8"))

    def migrate(self, *target: str) -> None:
        """Run ``manage.py migrate`` on this database."""
        call_command("migrate", *target, database=ALIAS, verbosity=0, interactive=False)

    def contents(self) -> Contents:
        """Return all rows of the tables of 6.1.4, and of other tables that refer to them."""
        rows = {}
        with self.connection.cursor() as cursor:
            for table, order in {**dict.fromkeys(TABLES, "1"), **OTHER_TABLES}.items():
                cursor.execute(f"SELECT * FROM {table} ORDER BY {order}")
                rows[table] = [tuple(row) for row in cursor.fetchall()]
        return rows

    def shape(self) -> dict[str, Any]:
        """Return columns, keys and indexed columns of our tables."""
        return {
            table: (
                actual_columns(self.connection, table),
                unique_keys(self.connection, table),
                foreign_keys(self.connection, table),
                leading_columns(self.connection, table),
            )
            for table in self.tables()
        }

    def tables(self) -> set[str]:
        """Return the names of our tables."""
        return {name for name in self.connection.introspection.table_names() if name.startswith("proctoring_")}


@pytest.fixture
def empty_site(django_db_blocker: Any, tmp_path: Path) -> Iterator[Site]:
    """A database with the host's tables but without ours, on the server of the other tests."""
    settings = dict(connections.databases[DEFAULT_DB_ALIAS])
    # Parallel test processes share the server.
    name = str(tmp_path / "old_site.db") if settings["ENGINE"].endswith("sqlite3") else f"test_upgrade_{os.getpid()}"
    settings["TEST"] = {**settings.get("TEST", {}), "NAME": name}
    with django_db_blocker.unblock():
        connections.databases[ALIAS] = settings
        connection = connections[ALIAS]
        real_name = connection.settings_dict["NAME"]
        connection.creation._create_test_db(verbosity=0, autoclobber=True)
        connection.settings_dict["NAME"] = name
        site = Site(connection)
        try:
            site.migrate("auth")
            yield site
        finally:
            connection.close()
            connection.settings_dict["NAME"] = real_name
            connection.creation._destroy_test_db(name, verbosity=0)
            del connections[ALIAS]
            del connections.databases[ALIAS]


@pytest.fixture
def site(empty_site: Site) -> Site:
    """A database that 6.1.4 has used for years."""
    empty_site.install_tables()
    empty_site.install_rows()
    return empty_site


def with_other_suffixes(sql: str) -> str:
    """Reverse the digits at the end of index names."""
    return re.sub(r"(?<=_)[0-9a-f]{8}(?=[_\"`])", lambda digits: digits[0][::-1], sql)


def without_new_rows(now: Contents, before: Contents) -> Contents:
    """Leave out rows added to other tables: new migrations, content types and permissions of new models."""
    return {
        table: [row for row in rows if table not in OTHER_TABLES or row in before[table]] for table, rows in now.items()
    }


def test_the_old_tables_match_the_published_schema(site):
    """The fixture is compared with the same schema as the migrations (``test_schema``)."""
    assert site.tables() == set(TABLES)
    for table in TABLES:
        assert actual_columns(site.connection, table) == expected_columns(site.connection, table)
        assert unique_keys(site.connection, table) == UNIQUE.get(table, set())
        assert foreign_keys(site.connection, table) == FOREIGN_KEYS.get(table, {})
        assert leading_columns(site.connection, table) - {expected_key(table)} == INDEXED[table]


def test_every_old_table_contains_rows(site):
    assert [table for table, rows in site.contents().items() if not rows] == []


def test_upgrade_and_downgrade_change_no_row(site):
    before, old_shape = site.contents(), site.shape()

    site.migrate()
    assert site.tables() == {*TABLES, *ADDED_TABLES}
    assert without_new_rows(site.contents(), before) == before

    site.migrate("edx_proctoring", LAST_PUBLISHED)
    assert site.tables() == set(TABLES)
    assert site.shape() == old_shape
    assert without_new_rows(site.contents(), before) == before

    site.migrate()
    assert without_new_rows(site.contents(), before) == before


def test_the_upgrade_applies_only_new_migrations(site):
    """A published migration that ran again would fail, because its tables exist."""
    on_disk = {name for app, name in MigrationLoader(None).disk_migrations if app == "edx_proctoring"}
    recorder = MigrationRecorder(site.connection)
    ours = {name for app, name in recorder.applied_migrations() if app == "edx_proctoring"}
    assert len(ours) == 25
    site.migrate()
    added = {name for app, name in recorder.applied_migrations() if app == "edx_proctoring"} - ours
    assert added == {name for name in on_disk if name > LAST_PUBLISHED}


def test_an_upgraded_database_has_the_schema_of_a_new_one(site):
    site.migrate()
    for table in {**TABLES, **ADDED_TABLES}:
        assert actual_columns(site.connection, table) == expected_columns(site.connection, table)
        assert unique_keys(site.connection, table) == UNIQUE.get(table, set())
        assert foreign_keys(site.connection, table) == FOREIGN_KEYS.get(table, {})
    for table, indexes in ADDED_INDEXES.items():
        assert {tuple(c["columns"]) for c in constraints(site.connection, table) if c["index"]} >= indexes


@pytest.mark.contract("tables#index-names")
def test_the_upgrade_accepts_index_names_of_any_old_release(empty_site):
    """Databases upgraded several times have other suffixes than new ones."""
    empty_site.install_tables(spelling=with_other_suffixes)
    empty_site.install_rows()
    before = empty_site.contents()
    empty_site.migrate()
    empty_site.migrate("edx_proctoring", LAST_PUBLISHED)
    assert without_new_rows(empty_site.contents(), before) == before


@pytest.mark.contract("tables#added-migrations")
def test_the_old_release_can_write_to_the_upgraded_tables(empty_site):
    """It can be reinstalled without migrating back: its statements do not name the new columns."""
    empty_site.install_tables()
    empty_site.install_rows()
    empty_site.migrate()
    with empty_site.connection.cursor() as cursor:
        for table in reversed(TABLES):
            cursor.execute(f"DELETE FROM {table}")
        for table in ("auth_user_user_permissions", "auth_user"):
            cursor.execute(f"DELETE FROM {table} WHERE id >= 901")
    rows = (RELEASE / "rows.sql").read_text("utf-8")
    users_and_ours = rows[rows.index("INSERT INTO auth_user\n") :]
    empty_site.run(users_and_ours)
    assert [table for table, found in empty_site.contents().items() if not found] == []


@pytest.mark.contract("tables#attempt-archive", "exams#several-policies")
def test_the_models_read_rows_written_by_the_old_release(site):
    site.migrate()

    exam = ProctoredExam.objects.using(ALIAS).get(pk=11)
    assert (exam.exam_name, exam.due_date.year) == ("Examen final: 星 and 🚀", 2024)
    attempt = ProctoredExamStudentAttempt.objects.using(ALIAS).get(attempt_code="CODE-53")
    assert (attempt.started_at.microsecond, attempt.user.username) == (654321, "bo")
    archived = HistoricalProctoredExamStudentAttempt.objects.using(ALIAS).get(attempt_code="CODE-50")
    assert (archived.status, archived.history_type) == ("submitted", "-")
    review = ProctoredExamSoftwareSecureReview.objects.using(ALIAS).get(attempt_code="CODE-51")
    assert bytes(review.encrypted_video_url) == b"gAAAAB_\x00\xff"
    allowances = ProctoredExamStudentAllowance.objects.using(ALIAS).filter(user_id=901).order_by("id")
    assert [allowance.value for allowance in allowances] == ["15", "may use a screen reader"]
    assert ProctoredExamReviewPolicy.objects.using(ALIAS).filter(proctored_exam=11).count() == 2
