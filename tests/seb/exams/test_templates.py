"""Settings that many exams share."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.exams import requirements, setup, templates
from seb_openedx.protocol import DEFAULTS, decode, encode, hash_password
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, COURSE_KEY, block
from tests.seb.exams.conftest import ATTEMPTS, EXAM, PAGE, launch_link

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#templates")]

FILE = encode({"allowQuit": False, "allowPrint": True, "startURL": "https://elsewhere.example.com/"})
Save = Callable[..., templates.Saved]


def save(template: SebConfigTemplate | None = None, *, force: bool = False, **changes: Any) -> templates.Saved:
    new = {} if template else {"name": "Final exams"}
    change = templates.TemplateChange(**{**new, **changes})
    return templates.save(template or SebConfigTemplate(), change, by="gina", force=force)


def settings_of(row: SebExamConfiguration) -> dict[str, Any]:
    row.refresh_from_db()
    return decode(row.config_xml.encode()).settings


def refused(action: Any) -> setup.SetupError:
    with pytest.raises(setup.SetupError) as caught:
        action()
    return caught.value


# --- What an exam gets ------------------------------------------------------------------------------------------------


def test_an_empty_template_gives_the_file_of_an_exam_without_choices(require):
    key = require(quit_password="quit-me").config_key
    row = require("template", template_id=save().template.pk)
    assert (row.config_key, row.previous_config_keys) == (key, [])


def test_an_exam_may_differ_from_its_template(require):
    template = save(settings={"allow_quit": False, "max_displays": 2, "allow_print": True}).template
    row = require("template", template_id=template.pk, settings={"allow_quit": True}, min_versions={"win": "3.9"})

    settings = settings_of(row)
    assert (settings["allowQuit"], settings["allowedDisplaysMaxNumber"], settings["allowPrint"]) == (True, 2, True)
    assert settings["sebAllowedVersions"] == ["Win.3.9.min", "Mac.1.0.min", "iOS.1.0.min"]
    assert settings["startURL"].endswith(f"/seb-openedx/start/{row.public_id}/")


def test_a_template_of_a_file_gives_that_file_adapted(require):
    template = save(kind="xml", upload=FILE).template
    row = require("template", template_id=template.pk, quit_password="quit-me", settings={"allow_zoom": True})

    settings = settings_of(row)
    assert (settings["allowQuit"], settings["allowPrint"], settings["enableZoomPage"]) == (False, True, True)
    assert settings["hashedQuitPassword"] == hash_password("quit-me")
    assert settings["startURL"].endswith(f"/seb-openedx/start/{row.public_id}/")
    assert "sebAllowedVersions" not in settings
    assert decode(row.config_xml.encode()).config_key() == row.config_key


def test_an_encrypted_file_is_stored_decrypted_without_its_password():
    template = save(kind="xml", upload=encode(decode(FILE).settings, password="exam-2026"), upload_password="exam-2026")
    assert decode(template.template.xml.encode()).settings == decode(FILE).settings
    assert "exam-2026" not in repr(vars(template.template))


def test_learners_are_led_into_an_exam_with_a_template(require, browser, seb):
    row = require("template", template_id=save().template.pk)
    assert browser.get(f"/seb-openedx/config/{row.public_id}/exam.seb").content == row.config_xml.encode()
    seb.follow(launch_link(browser))
    assert seb.get(PAGE).content == b"render_xblock"


@pytest.mark.parametrize("mode", ["manual", "off", "client"])
def test_an_exam_that_leaves_its_template_can_come_back(require, mode):
    template = save(settings={"max_displays": 3}).template
    require("template", template_id=template.pk)
    require(mode)
    assert settings_of(require("template"))["allowedDisplaysMaxNumber"] == 3


def test_an_exam_needs_a_template_that_exists():
    for template_id in (None, 0, 12345):
        row = SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM)
        change = setup.Change(mode="template", template_id=template_id)
        error = refused(lambda row=row, change=change: setup.save(row, change, origin="http://testserver", by="gina"))
        assert (error.code, list(error.errors)) == ("invalid", ["template_id"])


@pytest.mark.parametrize("value", ["1", 1.0, True, [1]])
def test_what_is_no_id_is_refused_at_its_field(require, value):
    assert list(refused(lambda: require("template", template_id=value)).errors) == ["template_id"]


def test_a_template_that_is_switched_off_cannot_be_chosen_and_stays_where_it_is_used(require):
    template = save().template
    row = require("template", template_id=template.pk)
    template = save(template, enabled=False).template

    other = lambda: require("template", content_id=block("sequence", 2), template_id=template.pk)  # noqa: E731
    assert "switched off" in refused(other).errors["template_id"]
    assert require("template", template_id=template.pk, exempt_usernames=["bob"]).version == row.version + 1
    template = save(template, settings={"max_displays": 2}).template
    assert settings_of(row)["allowedDisplaysMaxNumber"] == 2


# --- Saving -----------------------------------------------------------------------------------------------------------


def test_saving_makes_the_files_of_all_its_exams_again_and_of_no_other(require):
    template = save().template
    rows = [require("template", content_id=block("sequence", n), template_id=template.pk) for n in (1, 2)]
    left = require("template", content_id=block("sequence", 3), template_id=template.pk)
    left = require("manual", content_id=block("sequence", 3))
    other = require("template", content_id=block("sequence", 4), template_id=save(name="Quizzes").template.pk)
    overriding = require(
        "template", content_id=block("sequence", 5), template_id=template.pk, settings={"max_displays": 3}
    )
    keys = [row.config_key for row in rows]

    with freeze_time("2026-03-02 12:00:00"):
        saved = save(template, settings={"max_displays": 2})

    assert saved.exams == 2
    for row, key in zip(rows, keys, strict=True):
        version = row.version
        assert settings_of(row)["allowedDisplaysMaxNumber"] == 2
        assert decode(row.config_xml.encode()).config_key() == row.config_key != key
        assert [(entry["key"], entry["valid_until"]) for entry in row.previous_config_keys] == [
            (key, "2026-03-02T12:15:00+00:00")
        ]
        assert (row.version, row.modified_by_username) == (version + 1, "gina")
        assert row.modified.isoformat() == "2026-03-02T12:00:00+00:00"
    for row in (left, other, overriding):
        unchanged = (row.config_key, row.version)
        row.refresh_from_db()
        assert (row.config_key, row.version) == unchanged


def test_a_change_that_no_file_shows_touches_no_exam(require):
    template = save().template
    row = require("template", template_id=template.pk)
    saved = save(template, description="for finals", settings=dict(DEFAULTS))
    assert saved.exams == 0
    version = row.version
    row.refresh_from_db()
    assert row.version == version


def test_learners_need_the_new_file_at_once(require, browser, seb):
    template = save().template
    row = require("template", template_id=template.pk)
    seb.follow(launch_link(browser))
    kept = SebSession.objects.get()
    assert seb.get(PAGE).content == b"render_xblock"

    save(template, settings={"max_displays": 2})

    kept.refresh_from_db()
    assert kept.end_reason == "configuration_changed"
    old = decode(row.config_xml.encode())
    row.refresh_from_db()
    assert seb.file.config_key() == old.config_key() != row.config_key
    # For a quarter of an hour the earlier file is good for a new proof.
    assert seb.get(PAGE).content == b"render_xblock"
    SebExamConfiguration.objects.update(previous_config_keys=[])
    requirements.forget(COURSE_KEY)
    assert seb.get(PAGE).content != b"render_xblock"


def test_a_session_by_a_browser_exam_key_goes_on(require, browser, seb):
    template = save().template
    require("template", template_id=template.pk)
    seb.follow(launch_link(browser))
    SebSession.objects.update(key_prefix="b" * 8)
    save(template, settings={"max_displays": 2})
    assert SebSession.objects.get().ended is None


def test_learners_who_are_in_an_exam_are_not_put_out_unless_it_is_forced(require, browser, seb):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM, time_limit_mins=60)
    template = save().template
    row = require("template", template_id=template.pk)
    require("template", content_id=block("sequence", 2), template_id=template.pk)
    seb.follow(launch_link(browser))
    assert seb.send("POST", ATTEMPTS, f'{{"exam_id": {exam.id}, "start_clock": true}}').status_code == 200
    before = list(SebExamConfiguration.objects.order_by("pk").values())

    error = refused(lambda: save(template, settings={"max_displays": 2}))

    assert (error.code, error.exams) == ("attempts_running", [(COURSE, EXAM)])
    assert list(SebExamConfiguration.objects.order_by("pk").values()) == before
    assert SebConfigTemplate.objects.get().settings == {}
    assert save(SebConfigTemplate.objects.get(), description="no file changes").exams == 0
    assert save(SebConfigTemplate.objects.get(), settings={"max_displays": 2}, force=True).exams == 2
    row.refresh_from_db()
    assert row.config_key != before[0]["config_key"]


def test_the_cost_does_not_grow_with_the_exams(require):
    template = save().template

    def cost(displays: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            save(SebConfigTemplate.objects.get(), settings={"max_displays": displays})
        return len(captured)

    for number in (1, 2):
        require("template", content_id=block("sequence", number), template_id=template.pk)
    at_two = cost(2)
    for number in range(3, 15):
        require("template", content_id=block("sequence", number), template_id=template.pk)
    assert cost(3) == at_two
    assert set(SebExamConfiguration.objects.values_list("version", flat=True)) == {2, 3}


def test_an_exam_whose_file_cannot_be_made_is_named_and_nothing_is_saved(require):
    template = save().template
    row = require("template", template_id=template.pk)
    SebExamConfiguration.objects.filter(pk=row.pk).update(settings={"max_displays": 9})

    error = refused(lambda: save(template, settings={"allow_quit": False}))

    assert (error.code, list(error.errors), error.exams) == ("invalid", ["max_displays"], [(COURSE, EXAM)])
    assert SebConfigTemplate.objects.get().settings == {}


def test_a_stale_template_is_not_saved():
    template = save().template
    late = SebConfigTemplate.objects.get()
    save(template, description="first")
    assert refused(lambda: save(late, description="second")).code == "stale"
    SebConfigTemplate.objects.all().delete()
    assert refused(lambda: save(template, description="third")).code == "stale"


MALFORMED = {
    "name": ["", " ", "a" * 256, "a\nb", "a\0", 7],
    "description": ["a\0", "\ud800", 7],
    "enabled": ["yes", 1],
    "kind": ["bogus", "", 7],
    "settings": [[], "text"],
    "max_displays": [{"settings": {"max_displays": 9}}],
    "unheard_of": [{"settings": {"unheard_of": True}}],
    "allowed_expressions": [{"settings": {"allowed_expressions": ["a\0"]}}],
    "min_versions": [{"settings": {"min_versions": {"win": "3.9"}}}],
    "upload": [{"kind": "xml"}, {"kind": "xml", "upload": b"no file"}],
    "upload_password": [{"kind": "xml", "upload": encode({"a": True}, password="x"), "upload_password": "y"}],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field}-{number}")
        for field, values in MALFORMED.items()
        for number, value in enumerate(values)
    ],
)
def test_what_is_malformed_is_refused_at_its_field(field, value):
    error = refused(lambda: save(**(value if isinstance(value, dict) else {field: value})))
    assert (error.code, list(error.errors)) == ("invalid", [field])
    assert not SebConfigTemplate.objects.exists()


def test_every_wrong_field_is_named_at_once():
    error = refused(lambda: save(name="", description=7, enabled="x", kind="x", settings={"max_displays": 9}))
    assert sorted(error.errors) == ["description", "enabled", "kind", "max_displays", "name"]


def test_two_templates_do_not_share_a_name():
    save(name="Finals")
    assert list(refused(lambda: save(name=" Finals ")).errors) == ["name"]
    other = save(name="Quizzes").template
    assert list(refused(lambda: save(other, name="Finals")).errors) == ["name"]
    assert save(SebConfigTemplate.objects.get(name="Quizzes"), name="Quizzes").template.version == 2


# --- Deleting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["template", "manual"])
def test_one_in_use_is_not_deleted(require, mode):
    template = save().template
    require("template", template_id=template.pk)
    require(mode)
    error = refused(lambda: templates.delete(template))
    assert (error.code, error.exams) == ("in_use", [(COURSE, EXAM)])
    assert SebConfigTemplate.objects.exists()


def test_any_other_is():
    templates.delete(save().template)
    assert not SebConfigTemplate.objects.exists()


# --- Django admin -----------------------------------------------------------------------------------------------------

ADMIN = "/admin/seb_openedx/sebconfigtemplate/"


@pytest.fixture
def admin_browser() -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


def entered(**changes: Any) -> dict[str, Any]:
    """What a browser sends for the form as it is shown at first."""
    switches = {name: "on" for name, value in DEFAULTS.items() if value is True}
    fields = {"name": "Finals", "enabled": "on", "kind": "settings", "max_displays": "1", "version": "0"}
    return {**switches, **fields, **changes}


def change(admin_browser: Client, **changes: Any) -> Any:
    row = SebConfigTemplate.objects.get()
    return admin_browser.post(f"{ADMIN}{row.pk}/change/", entered(version=str(row.version), **changes), follow=True)


def said(response: Any) -> str:
    return " ".join(map(str, response.context["messages"]))


def test_staff_add_and_change_a_template(admin_browser, require):
    assert admin_browser.get(f"{ADMIN}add/").status_code == 200
    response = admin_browser.post(f"{ADMIN}add/", entered(max_displays="2", allow_print="no"))
    assert response.status_code == 302, response.context["adminform"].form.errors
    template = SebConfigTemplate.objects.get()
    assert (template.settings, template.modified_by_username) == ({"max_displays": 2, "allow_print": False}, "root")

    row = require("template", template_id=template.pk)
    assert "new file: 1" in said(change(admin_browser, max_displays="3"))
    assert settings_of(row)["allowedDisplaysMaxNumber"] == 3
    form = admin_browser.get(f"{ADMIN}{template.pk}/change/").context["adminform"].form
    assert (form["max_displays"].value(), form["version"].value()) == (3, 2)
    listed = admin_browser.get(ADMIN).content.decode()
    assert re.search(r'field-number_of_exams">1<', listed)


def test_a_mistake_is_shown_at_its_field(admin_browser):
    for field, value in {"max_displays": "4", "name": "", "allowed_regex": "("}.items():
        response = admin_browser.post(f"{ADMIN}add/", entered(**{field: value}))
        assert list(response.context["adminform"].form.errors) == [field]
    file = SimpleUploadedFile("exam.seb", b"no file")
    response = admin_browser.post(f"{ADMIN}add/", entered(kind="xml", upload=file))
    assert list(response.context["adminform"].form.errors) == ["upload"]
    assert not SebConfigTemplate.objects.exists()


def test_a_file_comes_into_a_template(admin_browser):
    file = SimpleUploadedFile("exam.seb", FILE)
    assert admin_browser.post(f"{ADMIN}add/", entered(kind="xml", upload=file)).status_code == 302
    change(admin_browser, kind="xml", description="kept")
    template = SebConfigTemplate.objects.get()
    assert (template.description, decode(template.xml.encode()).settings["allowPrint"]) == ("kept", True)


def test_the_form_names_the_exams_in_which_learners_are(admin_browser, require, browser, seb):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM, time_limit_mins=60)
    admin_browser.post(f"{ADMIN}add/", entered())
    require("template", template_id=SebConfigTemplate.objects.get().pk)
    seb.follow(launch_link(browser))
    assert seb.send("POST", ATTEMPTS, f'{{"exam_id": {exam.id}, "start_clock": true}}').status_code == 200

    errors = change(admin_browser, max_displays="2").context["adminform"].form.errors
    assert list(errors) == ["force"]
    assert EXAM in errors["force"][0]
    assert "new file: 1" in said(change(admin_browser, max_displays="2", force="on"))


def test_two_who_edit_at_once_do_not_overwrite_each_other(admin_browser):
    admin_browser.post(f"{ADMIN}add/", entered())
    change(admin_browser, description="first")
    pk = SebConfigTemplate.objects.get().pk
    late = admin_browser.post(f"{ADMIN}{pk}/change/", entered(version="1", description="late"), follow=True)
    assert "changed in the meantime" in said(late)
    assert SebConfigTemplate.objects.get().description == "first"


def test_one_in_use_is_not_deleted_in_admin(admin_browser, require):
    template = save().template
    require("template", template_id=template.pk)
    admin_browser.post(f"{ADMIN}{template.pk}/delete/", {"post": "yes"})
    admin_browser.post(ADMIN, {"action": "delete_selected", "_selected_action": template.pk, "post": "yes"})
    assert SebConfigTemplate.objects.exists()
    SebExamConfiguration.objects.all().delete()
    admin_browser.post(f"{ADMIN}{template.pk}/delete/", {"post": "yes"})
    assert not SebConfigTemplate.objects.exists()


def test_the_form_of_an_exam_offers_templates_and_differences(admin_browser):
    template = save(settings={"max_displays": 2, "allow_quit": False}).template
    save(name="Switched off", enabled=False)
    path = "/admin/seb_openedx/sebexamconfiguration/"
    offered = admin_browser.get(f"{path}add/").context["adminform"].form.fields["template"].queryset
    assert [row.name for row in offered] == ["Final exams"]

    fields = {"course_id": COURSE, "content_id": EXAM, "mode": "template", "upload_policy": "adapt", "version": "0"}
    chosen = {**fields, "template": str(template.pk), "override_allow_quit": "yes", "override_allowed_regex": "a\nb"}
    wrong = admin_browser.post(f"{path}add/", {**chosen, "override_max_displays": "9"})
    assert list(wrong.context["adminform"].form.errors) == ["override_max_displays"]
    without = admin_browser.post(f"{path}add/", {**chosen, "template": ""})
    assert list(without.context["adminform"].form.errors) == ["template"]

    response = admin_browser.post(f"{path}add/", chosen)
    assert response.status_code == 302, response.context["adminform"].form.errors
    row = SebExamConfiguration.objects.get()
    assert row.settings == {"allow_quit": True, "allowed_regex": ["a", "b"]}
    settings = settings_of(row)
    assert (settings["allowQuit"], settings["allowedDisplaysMaxNumber"]) == (True, 2)
    form = admin_browser.get(f"{path}{row.pk}/change/").context["adminform"].form
    assert form["override_allow_quit"].value() == "yes"
    assert form["override_allowed_regex"].value() == "a\nb"
    assert form["override_show_time"].value() is None
