"""What the service refuses to save, and what it keeps."""

from typing import Any

import pytest

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import setup
from seb_openedx.protocol import decode, encode, hash_password
from tests.seb.app.conftest import COURSE_KEY, KEY, ORIGIN, OTHER_KEY
from tests.seb.exams.conftest import EXAM

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#setup")]

FILE = encode({"allowQuit": False, "startURL": "https://elsewhere.example.com/"})
NEW_HOST = "https://new.example.com"


def errors(action: Any) -> dict[str, str]:
    """Return the fields that a change is refused for."""
    with pytest.raises(setup.SetupError) as caught:
        action()
    assert caught.value.code == "invalid"
    return caught.value.errors


def settings_of(row: SebExamConfiguration) -> dict[str, Any]:
    return decode(row.config_xml.encode()).settings


# --- The quit password ------------------------------------------------------------------------------------------------


@pytest.mark.contract("seb-exams#upload")
def test_a_quit_password_that_would_not_reach_an_unchanged_file_is_refused(require):
    preserve = {"upload": FILE, "upload_policy": "preserve"}
    found = errors(lambda: require("upload", quit_password="quit-me", **preserve))
    assert list(found) == ["quit_password"]
    assert "adapt" in found["quit_password"]
    assert not SebExamConfiguration.objects.exists()

    row = require("upload", **preserve)
    assert list(errors(lambda: require("upload", quit_password="quit-me"))) == ["quit_password"]
    row.refresh_from_db()
    assert (row.quit_password_hash, row.version) == ("", 1)


@pytest.mark.contract("seb-exams#upload")
def test_so_is_one_of_before_until_it_is_removed(require):
    require("manual", quit_password="quit-me")
    assert list(errors(lambda: require("upload", upload=FILE, upload_policy="preserve"))) == ["quit_password"]

    row = require("upload", upload=FILE, upload_policy="preserve", quit_password="")
    assert (row.quit_password_hash, bytes(row.served_bytes)) == ("", FILE)


def test_a_quit_password_is_refused_where_the_computers_have_their_own_settings(require):
    assert list(errors(lambda: require("client", client_config_keys=[KEY], quit_password="x"))) == ["quit_password"]

    require("manual", quit_password="quit-me")
    row = require("client", client_config_keys=[KEY])
    assert row.quit_password_hash == hash_password("quit-me"), "kept for the day when the mode is changed back"


@pytest.mark.contract("seb-exams#upload")
def test_a_quit_password_that_is_removed_leaves_the_adapted_file_too(require):
    row = require("upload", upload=FILE, quit_password="quit-me")
    assert settings_of(row)["hashedQuitPassword"] == hash_password("quit-me")

    assert settings_of(require("upload"))["hashedQuitPassword"] == hash_password("quit-me")
    assert "hashedQuitPassword" not in settings_of(require("upload", quit_password=""))


@pytest.mark.contract("seb-exams#upload")
def test_the_key_of_an_unchanged_file_survives_switching_off_and_on(require):
    key = require("upload", upload=FILE, upload_policy="preserve").config_key
    require("off")
    row = require("upload")
    assert (row.config_key, bytes(row.served_bytes)) == (key, FILE)


# --- Addresses --------------------------------------------------------------------------------------------------------


def save(row: SebExamConfiguration, *, origin: str, **changes: Any) -> SebExamConfiguration:
    return setup.save(row, setup.Change(**changes), origin=origin, by="gina")


@pytest.mark.contract("seb-exams#origin")
@pytest.mark.parametrize("mode", [{"mode": "manual"}, {"mode": "upload", "upload": FILE}], ids=["manual", "adapted"])
def test_saving_under_another_host_name_keeps_addresses_and_key(mode):
    row = save(SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM), origin=ORIGIN, **mode)
    key, settings = row.config_key, settings_of(row)

    row = save(row, origin=NEW_HOST, exempt_usernames=["bob"])

    assert (row.origin, row.config_key, row.previous_config_keys) == (ORIGIN, key, [])
    assert settings_of(row) == settings


@pytest.mark.contract("seb-exams#origin")
@pytest.mark.parametrize("mode", [{"mode": "manual"}, {"mode": "upload", "upload": FILE}], ids=["manual", "adapted"])
def test_addresses_are_renewed_when_that_is_asked_for(mode):
    row = save(SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM), origin=ORIGIN, **mode)
    key = row.config_key

    row = save(row, origin=f"{NEW_HOST}/", renew_origin=True)

    assert row.origin == NEW_HOST
    assert settings_of(row)["startURL"] == f"{NEW_HOST}/seb-openedx/start/{row.public_id}/"
    assert settings_of(row)["quitURL"] == f"{NEW_HOST}/seb-openedx/quit/{row.quit_nonce}/"
    assert [entry["key"] for entry in row.previous_config_keys] == [key]


# --- What is sent -----------------------------------------------------------------------------------------------------

MALFORMED = {
    "mode": ["bogus", "", 7],
    "upload_policy": ["bogus", ""],
    "on_leave": ["bogus"],
    "settings": [[], "text", 7],
    "min_versions": [[], "3.7"],
    "client_config_keys": ["text", [7], [KEY[:-1]], [None], [KEY] * 201],
    "exempt_usernames": ["ann", [7], [""], ["  "], ["a" * 151], {"ann": 1}],
    "browser_keys": [
        KEY,
        [KEY],
        [{}],
        [{"key": "short"}],
        [{"key": KEY}, {"key": KEY.upper()}],
        [{"key": KEY, "active": "yes"}],
        [{"key": KEY, "label": 7}],
        [{"key": KEY, "label": "a" * 101}],
        [{"key": KEY, "platform": "linux"}],
        [{"key": KEY, "version": "1" * 41}],
        [{"key": KEY, "colour": "red"}],
        [{"key": KEY}] * 201,
    ],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field}-{number}")
        for field, values in MALFORMED.items()
        for number, value in enumerate(values)
    ],
)
def test_what_is_malformed_is_refused_at_its_field(require, field, value):
    found = errors(lambda: require(**{"mode": "client", field: value}))
    assert list(found) == [field]
    assert found[field]


def test_every_wrong_field_is_named_at_once(require):
    assert sorted(errors(lambda: require(**{field: values[0] for field, values in MALFORMED.items()}))) == sorted(
        MALFORMED
    )


@pytest.mark.contract("seb-exams#proof")
def test_keys_are_stored_in_one_form(require):
    row = require(
        "client",
        browser_keys=[{"key": f" {KEY.upper()} ", "label": "Room 3", "platform": "win", "version": "3.9"}],
        client_config_keys=[OTHER_KEY.upper(), OTHER_KEY],
        exempt_usernames=["ann ", "ann", "bob"],
    )
    row.refresh_from_db()
    assert row.browser_keys == [{"key": KEY, "label": "Room 3", "platform": "win", "version": "3.9", "active": True}]
    assert row.client_config_keys == [OTHER_KEY]
    assert row.exempt_usernames == ["ann", "bob"]


def test_a_damaged_row_can_be_saved_again(require):
    row = require()
    SebExamConfiguration.objects.filter(pk=row.pk).update(settings=["damaged"], min_versions="damaged")
    assert len(settings_of(require(settings={"max_displays": 2}))) == 26
    assert len(settings_of(require())) == 26


@pytest.mark.parametrize(
    ("content_id", "is_good"),
    [
        (EXAM, True),
        ("i4x://edX/DemoX/sequential/final", True),
        ("an exam by another name", True),
        ("i4x://edX/Other/sequential/final", False),
        (EXAM.replace("DemoX", "Other"), False),
        ("", False),
        (" ", False),
        ("a\0", False),
        ("a" * 256, False),
    ],
)
def test_the_section_is_one_of_the_course(content_id, is_good):
    row = SebExamConfiguration(course_id=COURSE_KEY, content_id=content_id)
    if is_good:
        assert save(row, origin=ORIGIN, mode="manual").content_id == content_id
    else:
        assert list(errors(lambda: save(row, origin=ORIGIN, mode="manual"))) == ["content_id"]
        assert not SebExamConfiguration.objects.exists()


# --- What an author's choice writes -----------------------------------------------------------------------------------


@pytest.mark.contract("seb-exams#versions")
@pytest.mark.parametrize(
    ("alliance", "own", "expected"),
    [
        (False, {}, ["Win.3.7.min", "Mac.1.0.min", "iOS.1.0.min"]),
        (False, {"win": "3.9", "ios": "3.4"}, ["Win.3.9.min", "Mac.1.0.min", "iOS.3.4.min"]),
        (
            True,
            {},
            ["Win.3.7.min", "Win.3.7.AE.min", "Mac.1.0.min", "Mac.1.0.AE.min", "iOS.1.0.min", "iOS.1.0.AE.min"],
        ),
    ],
    ids=["of-the-platform", "of-the-exam", "with-alliance-edition"],
)
def test_lowest_versions_of_platform_and_exam_come_into_the_file(require, settings, alliance, own, expected):
    key = require().config_key
    settings.SEB_MIN_VERSIONS = {"win": "3.7"}
    settings.SEB_ALLOW_ALLIANCE_EDITION = alliance
    row = require(min_versions=own)
    assert settings_of(row)["sebAllowedVersions"] == expected

    settings.SEB_MIN_VERSIONS = {}
    row = require(min_versions={})
    assert "sebAllowedVersions" not in settings_of(row)
    assert row.config_key == key


def test_uploads_of_learners_need_four_keys_and_leave_no_trace_when_switched_off_again(require):
    row = require()
    key, before = row.config_key, settings_of(row)
    after = settings_of(require(settings={"allow_uploads": True}))
    assert set(after) - set(before) == {"allowUploads", "allowUploadsiOS", "allowDownUploads", "allowOpenAndSavePanel"}
    row = require(settings={"allow_uploads": None})
    assert (settings_of(row), row.config_key) == (before, key)
