"""The migration graph: the published migrations under their names, complete whatever the host sets."""

import importlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from edx_proctoring.models import ProctoredExam
from tests.factories import make_exam

PUBLISHED = [
    "0001_initial",
    "0002_proctoredexamstudentattempt_is_status_acknowledged",
    "0003_auto_20160101_0525",
    "0004_auto_20160201_0523",
    "0005_proctoredexam_hide_after_due",
    "0006_allowed_time_limit_mins",
    "0007_proctoredexam_backend",
    "0008_auto_20181116_1551",
    "0009_proctoredexamreviewpolicy_remove_rules",
    "0010_update_backend",
    "0011_allow_multiple_attempts",
    "0012_proctoredexamstudentattempt_time_remaining_seconds",
    "0013_proctoredexamsoftwaresecurereview_is_active_attempt",
    "0014_add_is_resumable_to_proctoredexamstudentattempt",
    "0015_rm_proctoredexamstudentattempt_ips",
    "0016_nullable_proctoredexamstudentattempt_name",
    "0017_rm_proctoredexamstudentattempt_name",
    "0018_historicalproctoredexamstudentattempt",
    "0019_proctoredexamsoftwaresecurereview_encrypted_video_url",
    "0020_auto_20211028_1915",
    "0021_auto_20211029_1353",
    "0022_proctoredexamstudentattempt_add_readytoresume_resumed",
    "0023_historicalproctoredexam",
    "0024_delete_proctoredexamstudentattempthistory",
    "0025_auto_20230727_2112",
]
ADDED = [
    "0026_attempt_effects",
    "0027_review_inbox",
    "0028_reviews_outlive_their_reviewer",
    "0029_lookup_indexes",
    "0030_open_attempts",
    "0031_newest_attempts_index",
    "0034_decisions_and_received_messages",
    "0035_removed_allowances",
    "0036_staff_jobs",
    "0037_incidents_and_measures",
    "0038_staff_filter_indexes",
    "0039_provider_retirements",
]

ROOT = Path(__file__).parents[2]

HOSTS = [
    pytest.param("", id="defaults"),
    pytest.param("SIMPLE_HISTORY_DATE_INDEX = False", id="history-dates-without-index"),
    pytest.param("SIMPLE_HISTORY_DATE_INDEX = 'Composite'", id="history-dates-in-composite-indexes"),
    pytest.param(
        "SIMPLE_HISTORY_HISTORY_ID_USE_UUID = True\nSIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True",
        id="history-with-uuids-and-long-reasons",
    ),
    pytest.param("DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'", id="big-keys-by-default"),
]


def django_command(tmp_path: Path, host_settings: str, *command: str) -> subprocess.CompletedProcess:
    """Run a command in its own process, because these settings are read while models are built."""
    (tmp_path / "host_settings.py").write_text(
        "from test_settings import *\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
        f"{host_settings}\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "django", *command],
        env={
            **os.environ,
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "host_settings",
            "EDX_PROCTORING_DB": "sqlite",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def own_migrations() -> dict[str, list[tuple[str, str]]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {
        name: migration.dependencies
        for (label, name), migration in loader.disk_migrations.items()
        if label == "edx_proctoring"
    }


@pytest.mark.contract("tables#migrations")
def test_all_migrations_have_their_published_names():
    assert sorted(own_migrations()) == PUBLISHED + ADDED


@pytest.mark.contract("tables#migrations")
def test_each_migration_follows_the_one_before_it():
    names = PUBLISHED + ADDED
    found = {
        name: [dependency for dependency in dependencies if dependency[0] == "edx_proctoring"]
        for name, dependencies in own_migrations().items()
    }
    expected = {name: [("edx_proctoring", before)] for before, name in pairwise(names)}
    assert found == {names[0]: [], **expected}


@pytest.mark.contract("tables#host-settings")
@pytest.mark.parametrize("host_settings", HOSTS)
def test_no_migration_is_missing_whatever_the_host_sets(tmp_path, host_settings):
    result = django_command(tmp_path, host_settings, "makemigrations", "edx_proctoring", "--check", "--dry-run")
    assert result.returncode == 0, result.stdout + result.stderr


def test_control_a_model_change_without_migration_is_reported(tmp_path):
    """Shows that the test above can fail."""
    result = django_command(
        tmp_path,
        "from django.db.models.signals import class_prepared\n"
        "from django.db.models import IntegerField\n"
        "def extend(sender, **kwargs):\n"
        "    if sender.__name__ == 'AttemptEffect':\n"
        "        IntegerField(default=0).contribute_to_class(sender, 'surplus')\n"
        "class_prepared.connect(extend, weak=False)\n",
        "makemigrations",
        "edx_proctoring",
        "--check",
        "--dry-run",
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "surplus" in result.stdout


@pytest.mark.contract("tables#host-settings")
def test_the_system_checks_do_not_warn_about_primary_keys(tmp_path):
    result = django_command(tmp_path, "", "check", "edx_proctoring")
    assert result.returncode == 0, result.stderr
    assert "models.W042" not in result.stderr


@pytest.fixture
def name_the_provider():
    return importlib.import_module("edx_proctoring.migrations.0010_update_backend").name_the_provider


@pytest.mark.contract("tables#default-provider-name")
@pytest.mark.django_db
class TestNamingTheProvider:
    """Migration 0010 names the provider of each exam."""

    @pytest.fixture
    def exams(self):
        exam, other = make_exam("timed"), make_exam("timed", backend="mine")
        ProctoredExam.objects.filter(pk=exam.pk).update(backend=None)
        return exam, other

    def backends(self, exams):
        return [ProctoredExam.objects.get(pk=exam.pk).backend for exam in exams]

    def test_exams_without_a_provider_get_the_default(self, name_the_provider, exams, settings):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "acme"}
        name_the_provider(apps, FakeEditor())
        assert self.backends(exams) == ["acme", "mine"]

    @pytest.mark.parametrize("configured", [{}, {"acme": {}}], ids=["nothing", "no-default"])
    def test_without_a_default_exams_keep_none(self, name_the_provider, exams, settings, configured):
        settings.PROCTORING_BACKENDS = configured
        name_the_provider(apps, FakeEditor())
        assert self.backends(exams) == [None, "mine"]

    def test_without_the_setting_exams_keep_none(self, name_the_provider, exams, settings):
        del settings.PROCTORING_BACKENDS
        name_the_provider(apps, FakeEditor())
        assert self.backends(exams) == [None, "mine"]


class FakeEditor:
    """The part of the schema editor that a data migration uses."""

    connection = connection
