"""Files that ask for a password before they open."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import encryption, setup
from seb_openedx.protocol import FileError, decode, encode
from tests.seb.app.conftest import COURSE, KEY
from tests.seb.exams.conftest import EXAM, PAGE, launch_link
from tests.seb.protocol import vectors

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#encryption")]

PASSWORD = "exam-2026"
FILE = encode({"allowQuit": False, "startURL": "https://elsewhere.example.com/"})
MODES = {"manual": {}, "upload": {"upload": FILE}}


def path_of(row: SebExamConfiguration) -> str:
    return f"/seb-openedx/config/{row.public_id}/exam.seb"


@pytest.fixture(params=list(MODES))
def row(request: pytest.FixtureRequest, require: Any) -> SebExamConfiguration:
    """An exam whose file asks for a password."""
    return require(request.param, encrypt_password=PASSWORD, **MODES[request.param])


def test_the_file_asks_for_the_password_and_has_the_key_of_the_plain_one(row, browser):
    served = browser.get(path_of(row)).content

    with pytest.raises(FileError) as refused:
        decode(served)
    assert refused.value.code == "password_required"
    file = decode(served, password=PASSWORD)
    assert (file.format, served[:5]) == ("pswd", b"pswd\x03")
    assert file.config_key() == row.config_key
    assert file.settings == decode(row.config_xml.encode()).settings


def test_each_reply_is_encrypted_anew_and_has_its_length(row, browser):
    first, second = browser.get(path_of(row)), browser.get(path_of(row))
    # Both salts and the IV.
    starts = {response.content[6:38] for response in (first, second)}
    assert len(starts) == 2
    head = browser.head(path_of(row))
    assert head.content == b""
    for response in (first, second, head):
        assert response.headers["Content-Length"] == str(len(first.content))


def test_the_key_does_not_change_with_the_password(require, browser):
    key = require().config_key
    row = require(encrypt_password=PASSWORD)
    assert (row.config_key, row.previous_config_keys) == (key, [])
    assert (require(encrypt_password="other").config_key, row.previous_config_keys) == (key, [])
    row = require(encrypt_password="")
    assert row.encrypt_password_cipher == ""
    assert browser.get(path_of(row)).content == row.config_xml.encode()


def test_it_stays_when_something_else_is_saved(require, browser):
    require(encrypt_password=PASSWORD)
    row = require(settings={"max_displays": 2})
    assert decode(browser.get(path_of(row)).content, password=PASSWORD).config_key() == row.config_key


def test_the_browser_opens_the_exam_with_it(require, browser, seb):
    require(encrypt_password=PASSWORD)
    seb.password = PASSWORD
    assert seb.follow(launch_link(browser)).status_code in (200, 404)
    assert seb.get(PAGE).content == b"render_xblock"


def test_the_password_is_nowhere_in_the_database_and_on_no_page(require, caplog):
    row = require(encrypt_password=PASSWORD)
    root = Client()
    root.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    pages = root.get(f"/admin/seb_openedx/sebexamconfiguration/{row.pk}/change/").content

    stored = repr(list(SebExamConfiguration.objects.values()))
    for text in (stored, pages.decode(), repr(setup.Change(encrypt_password=PASSWORD)), caplog.text):
        assert PASSWORD not in text
        assert base64.b64encode(PASSWORD.encode()).decode() not in text
    assert row.encrypt_password_cipher not in pages.decode()


@pytest.mark.parametrize("password", ["prüfung", "пароль", "a" * 255, " ", "\ud800"])
def test_any_password_comes_back(password):
    sealed = encryption.seal(password)
    assert encryption.unseal(sealed) == password
    assert encryption.seal(password) != sealed
    assert encryption.seal("") == encryption.unseal("") == ""


def test_a_longer_one_is_refused(require):
    with pytest.raises(setup.SetupError) as caught:
        require(encrypt_password="a" * 256)
    assert list(caught.value.errors) == ["encrypt_password"]


def test_a_file_of_another_place_is_not_encrypted_here(require):
    for mode, more in (("upload", {"upload": FILE, "upload_policy": "preserve"}), ("client", {})):
        with pytest.raises(setup.SetupError) as caught:
            require(mode, client_config_keys=[KEY], encrypt_password=PASSWORD, **more)
        assert list(caught.value.errors) == ["encrypt_password"]
    assert not SebExamConfiguration.objects.exists()

    require("manual", encrypt_password=PASSWORD)
    with pytest.raises(setup.SetupError):
        require("upload", upload=FILE, upload_policy="preserve")
    assert bytes(require("upload", upload=FILE, upload_policy="preserve", encrypt_password="").served_bytes) == FILE


def test_a_changed_secret_key_is_bridged_by_its_fallbacks(require, browser, settings):
    row = require(encrypt_password=PASSWORD)
    before = row.encrypt_password_cipher
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = [old]
    browser.force_login(User.objects.get(username="ann"))
    assert decode(browser.get(path_of(row)).content, password=PASSWORD).config_key() == row.config_key

    # Saving writes it with the present key, so that the fallback can go.
    row = require(exempt_usernames=["bob"])
    assert row.encrypt_password_cipher != before
    settings.SECRET_KEY_FALLBACKS = []
    browser.force_login(User.objects.get(username="ann"))
    assert decode(browser.get(path_of(row)).content, password=PASSWORD).config_key() == row.config_key


@pytest.mark.parametrize("damage", ["another key", "damaged", "no ascii"])
def test_a_password_that_cannot_be_read_gives_503_until_it_is_entered_again(require, browser, settings, damage, caplog):
    row = require(encrypt_password=PASSWORD)
    if damage == "another key":
        settings.SECRET_KEY = "another"
    else:
        ciphers = {"damaged": row.encrypt_password_cipher[:-3], "no ascii": "ü"}
        SebExamConfiguration.objects.update(encrypt_password_cipher=ciphers[damage])
    browser.force_login(User.objects.get(username="ann"))

    for response in (browser.get(path_of(row)), browser.head(path_of(row))):
        assert response.status_code == 503
        assert response.headers["Content-Type"].startswith("text/html")
    assert "entered again" in browser.get(path_of(row)).content.decode()
    assert f"content_id={EXAM}" in caplog.text

    # Other changes neither fail nor lose what a returning key may read.
    cipher = SebExamConfiguration.objects.get().encrypt_password_cipher
    assert require(exempt_usernames=["bob"]).encrypt_password_cipher == cipher
    require(encrypt_password="new")
    assert decode(browser.get(path_of(row)).content, password="new").config_key() == row.config_key


@pytest.mark.contract("seb-exams#admin")
def test_the_form_says_whether_there_is_a_password_and_whether_it_can_be_read(require, settings):
    def page() -> str:
        root = Client()
        root.force_login(User.objects.get_or_create(username="root", is_staff=True, is_superuser=True)[0])
        row = SebExamConfiguration.objects.get()
        return root.get(f"/admin/seb_openedx/sebexamconfiguration/{row.pk}/change/").content.decode()

    require()
    assert "served without a password" in page()
    require(encrypt_password=PASSWORD)
    assert "asks for a password" in page()
    settings.SECRET_KEY = "another"
    assert "cannot be read any more" in page()


@pytest.mark.contract("seb-exams#admin")
def test_the_form_sets_keeps_and_removes_it():
    root = Client()
    root.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    fields = {"course_id": COURSE, "content_id": EXAM, "mode": "manual", "upload_policy": "adapt", "max_displays": "1"}

    def save(**entered: str) -> str:
        row = SebExamConfiguration.objects.first()
        path = "add" if row is None else f"{row.pk}/change"
        version = str(row.version if row else 0)
        response = root.post(
            f"/admin/seb_openedx/sebexamconfiguration/{path}/", {**fields, "version": version, **entered}
        )
        assert response.status_code == 302, response.context["adminform"].form.errors
        return encryption.unseal(SebExamConfiguration.objects.get().encrypt_password_cipher)

    assert save(encrypt_password=" blanks count ") == " blanks count "
    assert save() == " blanks count "
    assert save(remove_encrypt_password="on") == ""


def test_what_opens_the_published_example_opens_what_is_served(require, browser):
    row = require(encrypt_password=vectors.PASSWORD)
    served = browser.get(path_of(row)).content
    for data, key in ((vectors.ENCRYPTED, vectors.KEY_OF_SMALL), (served, row.config_key)):
        assert decode(data, password=vectors.PASSWORD).config_key() == key
