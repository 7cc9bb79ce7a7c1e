"""Staff demand Safe Exam Browser for an exam in Django admin."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.protocol import DEFAULTS, decode, encode, hash_password
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, KEY, OTHER
from tests.seb.exams.conftest import ATTEMPTS, EXAM, PAGE, launch_link

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#admin")]

ADD = "/admin/seb_openedx/sebexamconfiguration/add/"


@pytest.fixture
def admin_browser(db) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


def entered(**changes):
    """What a browser sends for the form as it is shown at first."""
    switches = {name: "on" for name, value in DEFAULTS.items() if value is True}
    fields = {"course_id": COURSE, "content_id": EXAM, "mode": "manual", "upload_policy": "adapt", "version": "0"}
    return {**switches, "max_displays": "1", **fields, **changes}


def saved() -> SebExamConfiguration:
    return SebExamConfiguration.objects.get()


def errors_of(response) -> dict:
    assert response.status_code == 200, "saved"
    return response.context["adminform"].form.errors


def change(admin_browser, **changes):
    row = saved()
    url = f"/admin/seb_openedx/sebexamconfiguration/{row.pk}/change/"
    return admin_browser.post(url, {**entered(version=str(row.version)), **changes})


def test_the_form_as_it_is_shown_demands_the_browser_with_the_published_settings(admin_browser, browser):
    assert admin_browser.get(ADD).status_code == 200
    response = admin_browser.post(ADD, entered(quit_password="quit-me"))

    assert response.status_code == 302, errors_of(response)
    row = saved()
    settings = decode(row.config_xml.encode()).settings
    assert len(settings) == 27
    assert settings["hashedQuitPassword"] == hash_password("quit-me")
    assert (row.modified_by_username, row.version) == ("root", 1)
    assert "quit-me" not in str(vars(row))
    assert launch_link(browser)


def test_choices_come_into_the_file_and_back_into_the_form(admin_browser):
    choices = {
        "url_filter": "on",
        "allowed_expressions": "a.example.com/*\nb.example.com/*",
        "allow_uploads": "yes",
        "allow_print": "no",
        "clipboard_policy": "block",
        "min_version_win": "3.7.1",
        "browser_keys": KEY.upper(),
        "exempt_usernames": "ann\nbob",
    }
    admin_browser.post(ADD, entered(**choices))

    settings = decode(saved().config_xml.encode()).settings
    assert [rule["expression"] for rule in settings["URLFilterRules"]][-2:] == ["a.example.com/*", "b.example.com/*"]
    assert (settings["allowUploads"], settings["allowPrint"], settings["clipboardPolicy"]) == (True, False, 1)
    assert settings["sebAllowedVersions"] == ["Win.3.7.1.min", "Mac.1.0.min", "iOS.1.0.min"]
    form = admin_browser.get(f"/admin/seb_openedx/sebexamconfiguration/{saved().pk}/change/").context["adminform"].form
    assert form["allow_print"].value() == "no"
    assert [entry["key"] for entry in form["known_browser_keys"].value()] == [KEY]
    assert form["exempt_usernames"].value() == "ann\nbob"
    assert form["min_version_win"].value() == "3.7.1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("course_id", "nonsense"),
        ("content_id", f"block-v1:{OTHER.partition(':')[2]}+type@sequential+block@s"),
        ("max_displays", "4"),
        ("browser_keys", "too-short"),
        ("client_config_keys", "too-short"),
        ("min_version_win", "new"),
        ("allowed_regex", "("),
        ("upload", SimpleUploadedFile("exam.seb", b"no file")),
    ],
)
def test_a_mistake_is_shown_at_its_field(admin_browser, field, value):
    mode = {"mode": "upload"} if field == "upload" else {}
    response = admin_browser.post(ADD, entered(**mode, **{field: value}))

    assert list(errors_of(response)) == [field]
    assert not SebExamConfiguration.objects.exists()


def test_an_upload_without_a_file_is_refused(admin_browser):
    assert "upload" in errors_of(admin_browser.post(ADD, entered(mode="upload")))


def test_an_uploaded_file_is_adapted(admin_browser):
    file = SimpleUploadedFile("exam.seb", encode({"startURL": "https://elsewhere.example.com/", "allowQuit": False}))
    admin_browser.post(ADD, entered(mode="upload", upload=file))

    row = saved()
    settings = decode(row.config_xml.encode()).settings
    assert settings["startURL"] == f"http://testserver/seb-openedx/start/{row.public_id}/"
    assert settings["allowQuit"] is False
    assert row.source_name == "exam.seb"


def test_a_file_above_the_limit_is_refused(admin_browser, settings):
    settings.SEB_FILE_MAX_BYTES = 100
    file = SimpleUploadedFile("exam.seb", encode({"startURL": "https://elsewhere.example.com/", "allowQuit": False}))

    assert list(errors_of(admin_browser.post(ADD, entered(mode="upload", upload=file)))) == ["upload"]


def test_what_some_clients_stumble_over_is_said(admin_browser):
    file = SimpleUploadedFile("exam.seb", encode({"allowWLAN": True, "startURL": "https://elsewhere.example.com/"}))
    response = admin_browser.post(ADD, entered(mode="upload", upload=file, quit_password="prüfung"), follow=True)

    said = " ".join(map(str, response.context["messages"]))
    assert "allowWLAN" in said
    assert "hashedQuitPassword" in said
    assert "prüfung" not in said


def test_a_browser_without_any_key_is_called_weak(admin_browser):
    response = admin_browser.post(ADD, entered(mode="client"), follow=True)

    assert "every browser that calls itself SEB" in " ".join(map(str, response.context["messages"]))


def test_an_encrypted_upload_is_served_unchanged(admin_browser, browser):
    data = encode({"allowQuit": False, "startURL": "https://lms.example.com/"}, password="exam-2026")
    wrong = {"upload": SimpleUploadedFile("exam.seb", data), "upload_password": "wrong"}
    preserve = entered(mode="upload", upload_policy="preserve")
    assert list(errors_of(admin_browser.post(ADD, {**preserve, **wrong}))) == ["upload_password"]

    right = {"upload": SimpleUploadedFile("exam.seb", data), "upload_password": "exam-2026"}
    assert admin_browser.post(ADD, {**preserve, **right}).status_code == 302

    row = saved()
    assert row.config_key == "845a31b68711248d7a3ca0e044764561483ed1fce1bf3c7aeeb244795ae3b32a"
    served = browser.get(f"/seb-openedx/config/{row.public_id}/exam.seb")
    assert served.content == data


@pytest.mark.contract("seb-exams#origin")
def test_the_form_keeps_the_addresses_of_another_host_until_it_is_told_to_renew_them(admin_browser, settings):
    admin_browser.post(ADD, entered())
    key = saved().config_key
    settings.LMS_ROOT_URL = "https://new.example.com"

    kept = change(admin_browser, exempt_usernames="bob")
    said = " ".join(map(str, admin_browser.get(kept.headers["Location"]).context["messages"]))
    assert "leads to http://testserver, not to https://new.example.com" in said
    assert (saved().origin, saved().config_key) == ("http://testserver", key)

    assert change(admin_browser, renew_origin="on").status_code == 302
    assert saved().origin == "https://new.example.com"
    assert saved().config_key != key


@pytest.mark.contract("seb-exams#upload")
def test_a_quit_password_for_an_unchanged_file_is_an_error_of_its_field(admin_browser):
    file = SimpleUploadedFile("exam.seb", encode({"startURL": "https://elsewhere.example.com/"}))
    chosen = entered(mode="upload", upload_policy="preserve", upload=file, quit_password="quit-me")

    assert list(errors_of(admin_browser.post(ADD, chosen))) == ["quit_password"]
    assert not SebExamConfiguration.objects.exists()


def test_two_who_edit_at_once_do_not_overwrite_each_other(admin_browser):
    admin_browser.post(ADD, entered())
    assert change(admin_browser, mode="off").status_code == 302

    late = change(admin_browser, version="1", allow_quit="")

    assert "__all__" in errors_of(late)
    assert saved().mode == "off"


def test_a_change_that_puts_learners_out_of_the_exam_needs_force(admin_browser, browser, seb):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM, time_limit_mins=60)
    admin_browser.post(ADD, entered())
    key = saved().config_key
    seb.follow(launch_link(browser))
    started = seb.send("POST", ATTEMPTS, f'{{"exam_id": {exam.id}, "start_clock": true}}')
    assert started.status_code == 200

    assert list(errors_of(change(admin_browser, max_displays="2"))) == ["force"]
    assert saved().config_key == key
    assert change(admin_browser, exempt_usernames="bob").status_code == 302, "nothing changes for learners"
    assert change(admin_browser, max_displays="2", force="on").status_code == 302
    assert saved().config_key != key
    assert [entry["key"] for entry in saved().previous_config_keys] == [key]


def test_sessions_are_listed_and_ended(admin_browser, require, browser, seb):
    require()
    seb.follow(launch_link(browser))
    listed = admin_browser.get("/admin/seb_openedx/sebsession/")
    session = listed.context["cl"].result_list.get()

    admin_browser.post("/admin/seb_openedx/sebsession/", {"action": "end_sessions", "_selected_action": session.pk})

    session.refresh_from_db()
    assert session.end_reason == "staff"
    assert seb.get(PAGE).content == b"render_xblock", "this browser proves itself with each request"


def test_a_template_is_chosen_and_not_changed_from_within_an_exam(admin_browser):
    page = admin_browser.get(ADD).content.decode()
    assert '<select name="template"' in page
    assert "related-widget-wrapper" not in page
