"""The published tables: their schema, an upgrade of a 3.2.0 database and back, and defaults of new rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from seb_openedx import models
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration
from seb_openedx.exams import setup
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration, get_default_array_value
from tests.seb.app.conftest import COURSE, COURSE_KEY

PUBLISHED = ["0001_initial", "0002_seb_course_configuration", "0003_sebcourseconfiguration_allow_mfe_access_and_more"]
TABLES = ["seb_openedx_forbiddencourseaccess", "seb_openedx_sebcourseconfiguration"]


def schema() -> dict[str, Any]:
    """Return columns, and which column lists are unique or indexed, by what makes a difference."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            columns = connection.introspection.get_table_description(cursor, table)
            found[table] = sorted((c.name, str(c.type_code), c.null_ok) for c in columns)
            constraints = connection.introspection.get_constraints(cursor, table)
            found[f"{table} keys"] = sorted(
                (tuple(c["columns"]), c["primary_key"], c["unique"], name if name.endswith("_idx") else "")
                for name, c in constraints.items()
                if c["columns"] and not name.endswith("_like")
            )
    return found


def rows() -> dict[str, list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = cursor.fetchall()
        return found


@pytest.fixture
def old_site(transactional_db: Any) -> Iterator[dict[str, Any]]:
    """A database as 3.2.0 leaves it, made from SQL by hand; gives the schema of our own migrations."""
    ours = schema()
    call_command("migrate", "seb_openedx", "zero", verbosity=0)
    script = (Path(__file__).with_name("release_3_2_0") / f"{connection.vendor}.sql").read_text("utf-8")
    with connection.cursor() as cursor:
        for statement in script.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    for name in PUBLISHED:
        MigrationRecorder(connection).record_applied("seb_openedx", name)
    ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE, last_modified_by_username="gina")
    SebCourseConfiguration.objects.create(course_id=COURSE, config_keys="k1,k2", seb_enabled=True)
    yield ours
    call_command("migrate", "seb_openedx", "zero", verbosity=0)
    call_command("migrate", "seb_openedx", verbosity=0)


@pytest.mark.contract("safe-exam-browser#tables", "safe-exam-browser#migrations")
def test_a_database_of_3_2_0_is_upgraded_and_downgraded_without_a_change(old_site):
    before = rows()
    theirs = schema()
    call_command("migrate", "seb_openedx", verbosity=0)
    assert schema() == theirs == old_site
    assert rows() == before
    assert SebCourseConfiguration.get_as_dict_by_course_id(COURSE_KEY)["CONFIG_KEYS"] == ["k1", "k2"]
    call_command("migrate", "seb_openedx", PUBLISHED[-1], verbosity=0)
    assert schema() == theirs
    assert rows() == before


@pytest.mark.contract("safe-exam-browser#migrations", "seb-exams#tables")
def test_each_later_migration_goes_back_and_forth_with_rows_in_its_tables(old_site):
    before = rows()
    later = [name for name in names_of_migrations() if name not in PUBLISHED]
    call_command("migrate", "seb_openedx", verbosity=0)
    template = SebConfigTemplate.objects.create(name="Finals", settings={"max_displays": 2})
    exam = SebExamConfiguration(course_id=COURSE_KEY, content_id="block")
    change = setup.Change(mode="template", template_id=template.pk, quit_password="q", encrypt_password="e")
    key = setup.save(exam, change, origin="https://lms.example.com", by="gina").config_key
    stored = exam_columns()

    for name in [*reversed(later[:-1]), PUBLISHED[-1]]:
        call_command("migrate", "seb_openedx", name, verbosity=0)
        assert rows() == before, f"the published tables after going back to {name}"
        if name >= "0005":
            assert exam_columns() == stored, f"the exam after going back to {name}"
    for name in later:
        call_command("migrate", "seb_openedx", name, verbosity=0)
        assert rows() == before, f"the published tables after {name}"
    assert schema() == old_site
    assert key == stored[0]["config_key"]
    assert not SebExamConfiguration.objects.exists(), "went away with its table"
    assert not SebConfigTemplate.objects.exists()


def exam_columns() -> list[dict[str, Any]]:
    """Return what every version of the table has."""
    return list(
        SebExamConfiguration.objects.values("course_id", "content_id", "mode", "config_key", "quit_password_hash")
    )


def names_of_migrations() -> list[str]:
    return sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "seb_openedx")


@pytest.mark.contract("safe-exam-browser#migrations")
@pytest.mark.django_db
def test_the_names_of_migrations():
    assert names_of_migrations()[:3] == PUBLISHED


@pytest.mark.contract("safe-exam-browser#tables")
@pytest.mark.django_db
def test_new_rows_take_their_defaults_from_the_settings(settings):
    settings.SEB_PERMISSION_COMPONENTS = ["AlwaysAllowStaff", "AlwaysDenyAccess"]
    settings.SEB_USER_BANNING_ENABLED = settings.SEB_ALLOW_MFE_ACCESS = True
    settings.SEB_BLACKLIST_CHAPTERS, settings.SEB_WHITELIST_PATHS = ["c"], ["about", "wiki"]
    settings.BLACKLIST_SEQUENCES = settings.BLACKLIST_VERTICALS = ["old name"]
    settings.SEB_BLACKLIST_VERTICALS = ["v"]
    row = SebCourseConfiguration.objects.create(course_id=COURSE)
    assert row.permission_components == "AlwaysAllowStaff,AlwaysDenyAccess"
    assert (row.user_banning_enabled, row.allow_mfe_access, row.seb_enabled) == (True, True, False)
    assert (row.blacklist_chapters, row.whitelist_paths) == ("c", "about,wiki")
    assert (row.blacklist_sequences, row.blacklist_verticals) == ("old name", "v")
    assert str(row) == COURSE


@pytest.mark.django_db
def test_lists_are_read_without_blanks():
    SebCourseConfiguration.objects.create(course_id=COURSE, config_keys=" a , ,b,", browser_keys="")
    found = SebCourseConfiguration.get_as_dict_by_course_id(COURSE_KEY)
    assert (found["CONFIG_KEYS"], found["BROWSER_KEYS"]) == (["a", "b"], [])
    with pytest.raises(SebCourseConfiguration.DoesNotExist):
        SebCourseConfiguration.get_as_dict_by_course_id("course-v1:a+b+c")


@pytest.mark.parametrize(
    ("value", "text"), [(["a", "b"], "a,b"), ([], ""), (None, ""), ("text", ""), (7, ""), (("a",), "a"), (True, "")]
)
def test_default_array_value(value, text):
    assert get_default_array_value(value) == text


def test_the_defaults_are_functions_with_names():
    for name in ("permission_components", "user_banning_enabled", "whitelist_paths", "blacklist_verticals"):
        assert SebCourseConfiguration._meta.get_field(name).default is getattr(models, f"default_{name}")


@pytest.mark.django_db
def test_a_ban_reads_as_learner_and_course():
    row = ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE, last_modified_by_username="x")
    row.refresh_from_db()
    assert str(row) == f"ann {COURSE}"
    assert row.last_modified_time <= datetime.now(UTC)
