"""A file is judged before it is stored."""

import gzip
import json
import plistlib
from datetime import datetime

import pytest

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import setup, uploads
from seb_openedx.protocol import FileError, compute_config_key, encode
from tests.seb.app.conftest import COURSE_KEY, ORIGIN
from tests.seb.exams.conftest import EXAM

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#upload")]

SETTINGS = {"allowQuit": False, "hashedAdminPassword": "a" * 64, "startURL": "https://elsewhere.example.com/"}
PLAIN = encode(SETTINGS)
PASSWORD = "exam-2026"
ENCRYPTED = encode(SETTINGS, password=PASSWORD)


def test_what_a_file_is():
    data = encode({**SETTINGS, "originatorVersion": "SEB_Win_3.7.0", "allowWLAN": True})
    found = uploads.inspect(data)

    assert found.config_key == compute_config_key({**SETTINGS, "allowWLAN": True})
    assert (found.format, found.encrypted, found.served_encrypted) == ("xml", False, False)
    assert found.originator == "SEB_Win_3.7.0"
    assert found.settings_summary["allow_quit"] is False
    assert (found.settings_summary["has_admin_password"], found.settings_summary["has_quit_password"]) == (True, False)
    assert [(finding.level, finding.code, finding.key) for finding in found.findings] == [
        ("warning", "obsolete_key", "allowWLAN")
    ]


def test_no_password_and_no_hash_of_one_is_told():
    found = uploads.inspect(ENCRYPTED, password=PASSWORD)
    told = repr(found) + json.dumps(dict(found.settings_summary))
    assert "a" * 64 not in told
    assert PASSWORD not in told


@pytest.mark.parametrize(("policy", "served"), [("preserve", True), ("adapt", False)])
def test_an_encrypted_file_stays_so_unless_it_is_adapted(require, policy, served):
    row = require()
    found = uploads.inspect(ENCRYPTED, password=PASSWORD, policy=policy, row=row)
    assert (found.format, found.encrypted, found.served_encrypted) == ("pswd", True, served)


@pytest.mark.parametrize("policy", ["preserve", "adapt"])
def test_the_key_of_the_dry_run_is_the_key_that_is_saved(require, policy):
    row = require(quit_password="" if policy == "preserve" else "quit-me")
    before = list(SebExamConfiguration.objects.values())
    found = uploads.inspect(PLAIN, policy=policy, row=row, origin="https://ignored.example.com")

    assert list(SebExamConfiguration.objects.values()) == before, "nothing is stored"
    assert require("upload", upload=PLAIN, upload_policy=policy).config_key == found.config_key


def test_an_exam_without_a_row_has_no_addresses_yet():
    new = SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM)
    assert uploads.inspect(PLAIN, policy="adapt", row=new, origin=ORIGIN).config_key == ""
    assert uploads.inspect(PLAIN, policy="preserve", row=new, origin=ORIGIN).config_key == compute_config_key(SETTINGS)


def test_clients_agree_on_no_key_of_a_date():
    data = plistlib.dumps({"a": datetime(2026, 3, 2), "b": 1}, fmt=plistlib.FMT_XML)  # noqa: DTZ001 - as plists write it
    found = uploads.inspect(data)
    assert found.config_key == ""
    assert [(finding.level, finding.code, finding.key) for finding in found.findings] == [
        ("error", "date_not_portable", "a")
    ]


def test_there_is_no_other_policy():
    with pytest.raises(setup.SetupError) as caught:
        uploads.inspect(PLAIN, policy="bogus")
    assert list(caught.value.errors) == ["upload_policy"]


UNREADABLE = {
    "not_seb": (b"no file", None),
    "bad_gzip": (gzip.compress(PLAIN)[:-12], None),
    "bad_xml": (PLAIN.replace(b"</dict>", b""), None),
    "not_a_dictionary": (plistlib.dumps([], fmt=plistlib.FMT_XML), None),
    "password_required": (ENCRYPTED, None),
    "wrong_password": (ENCRYPTED, "wrong"),
    "certificate_encrypted": (b"pkhs" + b"\0" * 100, None),
    "too_large": (b"x" * 262_145, None),
}
WHERE = {"password_required": "upload_password", "wrong_password": "upload_password"}


@pytest.mark.parametrize("code", list(UNREADABLE))
def test_a_file_that_cannot_be_read_is_refused_with_its_code(require, code, caplog):
    data, password = UNREADABLE[code]
    with pytest.raises(FileError) as refused:
        uploads.inspect(data, password=password)
    assert refused.value.code == code

    with pytest.raises(setup.SetupError) as caught:
        require("upload", upload=data, upload_password=password)
    assert (caught.value.code, caught.value.file_code) == ("invalid", code)
    assert caught.value.errors == {WHERE.get(code, "upload"): str(refused.value)}
    assert not SebExamConfiguration.objects.exists()
    assert "wrong" not in caplog.text


@pytest.mark.parametrize(("limit", "code"), [(4096, None), (4095, "too_large")])
def test_the_limit_counts_before_decompression(settings, limit, code):
    settings.SEB_FILE_MAX_BYTES = limit
    settings_of_size = encode({"a": "x"})
    data = settings_of_size + b"\n" * (4096 - len(settings_of_size))
    assert _code_of(data) == code


@pytest.mark.parametrize(("length", "code"), [(8 * 4096, None), (8 * 4096 + 1, "too_large")])
def test_eight_times_the_limit_counts_after_decompression(settings, length, code):
    settings.SEB_FILE_MAX_BYTES = 4096
    plain = encode({"a": "x"})
    assert _code_of(gzip.compress(plain + b"\n" * (length - len(plain)))) == code


def _code_of(data: bytes) -> str | None:
    try:
        uploads.inspect(data)
    except FileError as error:
        return error.code
    return None
