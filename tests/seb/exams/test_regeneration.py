"""Files follow the address of the host, its settings and its secret key, when an operator says so."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from seb_openedx import checks
from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import encryption, templates
from seb_openedx.exams.regeneration import is_origin
from seb_openedx.protocol import decode, encode
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, KEY, OTHER, block
from tests.seb.exams.conftest import ATTEMPTS, EXAM, launch_link

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#regenerate")]

NEW_HOST = "https://new.example.com"
FILE = encode({"startURL": "https://elsewhere.example.com/"})
Run = Callable[..., tuple[list[str], int]]


@pytest.fixture
def run(settings: Any) -> Run:
    """Run the command on a host with a new address; return its lines and exit status."""
    settings.LMS_ROOT_URL = NEW_HOST

    def call(*args: str) -> tuple[list[str], int]:
        out, status = StringIO(), 0
        try:
            call_command("seb_regenerate", *args, stdout=out)
        except CommandError as error:
            status = error.returncode
        return out.getvalue().splitlines(), status

    return call


def stored() -> list[Any]:
    return list(SebExamConfiguration.objects.order_by("pk").values())


def settings_of(row: SebExamConfiguration) -> dict[str, Any]:
    row.refresh_from_db()
    return decode(row.config_xml.encode()).settings


def test_files_of_each_kind_lead_to_the_new_address(require, run):
    template = templates.save(
        templates.SebConfigTemplate(), templates.TemplateChange(name="Finals", settings={"max_displays": 2}), by="gina"
    ).template
    rows = [
        require("manual", quit_password="quit-me"),
        require("upload", content_id=block("sequence", 2), upload=FILE),
        require("template", content_id=block("sequence", 3), template_id=template.pk),
    ]
    keys = [row.config_key for row in rows]

    lines, status = run()

    assert status == 0
    assert lines[-1] == "3 changed, 0 unchanged, 0 served unchanged, 0 with learners in the exam, 0 failed"
    for row, key, line in zip(rows, keys, lines, strict=False):
        settings = settings_of(row)
        assert settings["startURL"] == f"{NEW_HOST}/seb-openedx/start/{row.public_id}/"
        assert settings["quitURL"] == f"{NEW_HOST}/seb-openedx/quit/{row.quit_nonce}/"
        assert (row.origin, row.modified_by_username) == (NEW_HOST, "seb_regenerate")
        assert [entry["key"] for entry in row.previous_config_keys] == [key]
        assert line == f"{COURSE} {row.content_id}: changed {key[:7]} -> {row.config_key[:7]}"
    before = stored()
    lines, status = run()
    assert (lines[-1].partition(",")[0], status, stored()) == ("0 changed", 0, before)


def test_a_dry_run_tells_the_same_and_saves_nothing(require, run):
    require()
    before = stored()
    told, status = run("--dry-run")
    assert (status, stored()) == (0, before)
    done, _status = run()
    assert told[:-1] == done[:-1]
    assert told[-1].startswith("1 would be changed")


def test_what_this_host_does_not_make_is_left_alone(require, run):
    require("upload", upload=FILE, upload_policy="preserve")
    require("client", content_id=block("sequence", 2), client_config_keys=[KEY])
    require("off", content_id=block("sequence", 3))
    before = stored()
    lines, status = run()
    assert lines == [
        f"{COURSE} {EXAM}: served unchanged",
        "0 changed, 0 unchanged, 1 served unchanged, 0 with learners in the exam, 0 failed",
    ]
    assert (status, stored()) == (0, before)


def test_a_changed_setting_is_followed_too(require, run, settings):
    settings.LMS_ROOT_URL = "http://testserver"
    row = require()
    settings.SEB_MIN_VERSIONS = {"win": "3.9"}
    assert run("--origin", "http://testserver")[0][-1].startswith("1 changed")
    assert settings_of(row)["sebAllowedVersions"][0] == "Win.3.9.min"


def test_an_address_that_learners_still_use_stays(require, run, settings):
    settings.SEB_PUBLIC_BASE_URLS = ["http://testserver"]
    require()
    assert run()[0][-1].startswith("0 changed, 1 unchanged")


def test_only_the_courses_that_are_named(require, run):
    row = require()
    assert run("--course", OTHER) == (
        ["0 changed, 0 unchanged, 0 served unchanged, 0 with learners in the exam, 0 failed"],
        0,
    )
    row.refresh_from_db()
    assert row.origin == "http://testserver"
    assert run("--course", OTHER, "--course", COURSE)[0][-1].startswith("1 changed")


def test_learners_who_are_in_an_exam_are_not_put_out_unless_it_is_forced(require, run, browser, seb):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM, time_limit_mins=60)
    row = require()
    other = require(content_id=block("sequence", 2))
    seb.follow(launch_link(browser))
    assert seb.send("POST", ATTEMPTS, f'{{"exam_id": {exam.id}, "start_clock": true}}').status_code == 200

    for arguments in (["--dry-run"], []):
        lines, status = run(*arguments)
        assert status == 1
        assert lines[0] == f"{COURSE} {EXAM}: learners are in the exam"
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.origin, other.origin) == ("http://testserver", NEW_HOST)
    lines, status = run("--force")
    assert (lines[-1].partition(",")[0], status) == ("1 changed", 0)


def test_one_that_fails_does_not_hold_up_the_others(require, run):
    broken, good = require(), require(content_id=block("sequence", 2))
    SebExamConfiguration.objects.filter(pk=broken.pk).update(settings={"max_displays": 9})
    lines, status = run()
    assert status == 1
    assert lines[0] == f"{COURSE} {EXAM}: failed (max_displays: must be a whole number from 1 to 3)"
    assert settings_of(good)["startURL"].startswith(NEW_HOST)


def test_passwords_move_to_the_present_secret_key(require, run, settings):
    settings.LMS_ROOT_URL = "http://testserver"
    row = require(encrypt_password="exam-2026")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    before = stored()
    assert "stored with the present SECRET_KEY" in run("--dry-run", "--origin", "http://testserver")[0][0]
    assert stored() == before
    lines, status = run("--origin", "http://testserver")
    assert (lines[-1].partition(",")[0], status) == ("1 changed", 0)
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert encryption.unseal(row.encrypt_password_cipher) == "exam-2026"
    assert run("--origin", "http://testserver")[0][-1].startswith("0 changed, 1 unchanged")

    settings.SECRET_KEY = "a third one"
    lines, status = run("--origin", "http://testserver")
    assert status == 1
    assert "enter it again" in lines[0]


@pytest.mark.parametrize(
    "arguments", [["--course", "nonsense"], ["--origin", "lms.example.com"], ["--origin", "https://a.example.com/lms"]]
)
def test_what_cannot_be_meant_is_refused(require, run, arguments):
    require()
    before = stored()
    assert run(*arguments) == ([], 2)
    assert stored() == before


def test_an_address_is_needed(require, run, settings):
    settings.LMS_ROOT_URL = ""
    assert run() == ([], 2)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://lms.example.com", True),
        ("http://localhost:18000", True),
        ("", False),
        ("https://", False),
        ("ftp://a.example.com", False),
        ("https://a.example.com?x", False),
        ("https://a.example.com:port", False),
        ("https://[", False),
    ],
)
def test_what_is_an_address(text, is_one):
    assert is_origin(text) is is_one


# --- The system check -------------------------------------------------------------------------------------------------

check = pytest.mark.contract("safe-exam-browser#checks")


def found(settings: Any, root: str = NEW_HOST) -> list[str]:
    settings.LMS_ROOT_URL = root
    return [message.msg for message in checks.check_origins(databases=["default"]) if message.id == "seb_openedx.W005"]


@check
def test_the_check_tells_when_files_lead_elsewhere(require, settings, run):
    require("manual")
    require("manual", content_id=block("sequence", 2))
    require("upload", content_id=block("sequence", 3), upload=FILE, upload_policy="preserve")
    assert found(settings, "http://testserver") == []
    (text,) = found(settings)
    assert "http://testserver (2)" in text
    assert NEW_HOST in text
    assert any(message.id == "seb_openedx.W005" for message in run_checks(tags=["database"], databases=["default"]))
    run()
    assert found(settings) == []


@check
def test_the_check_knows_the_other_addresses_of_this_host(require, settings):
    require()
    settings.SEB_PUBLIC_BASE_URLS = ["http://testserver/"]
    assert found(settings) == []


@check
def test_the_check_says_nothing_where_it_cannot_know(require, settings):
    require()
    assert found(settings, "") == []
    settings.LMS_ROOT_URL = NEW_HOST
    for databases in (None, [], ["another"]):
        assert checks.check_origins(databases=databases) == []


@check
def test_the_cost_of_the_check_does_not_grow(require, settings):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            found(settings)
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    require()
    assert cost() == 1
    for number in range(2, 12):
        row = require(content_id=block("sequence", number))
        SebExamConfiguration.objects.filter(pk=row.pk).update(origin=f"https://host{number}.example.com")
    assert cost() == 1
    assert found(settings)[0].count("https://host") == 4


@check
def test_a_database_without_the_table_is_no_error(settings, monkeypatch):
    monkeypatch.setattr(SebExamConfiguration._meta, "db_table", "no_such_table")
    assert found(settings) == []
    monkeypatch.undo()
    assert not SebExamConfiguration.objects.exists(), "the transaction goes on"


@check
@pytest.mark.django_db(transaction=True)
def test_migrations_run_where_there_are_no_tables_yet(settings):
    settings.LMS_ROOT_URL = NEW_HOST
    call_command("migrate", "seb_openedx", "zero", verbosity=0)
    try:
        assert found(settings) == []
    finally:
        call_command("migrate", "seb_openedx", verbosity=0, skip_checks=False)
    assert not SebExamConfiguration.objects.exists()
