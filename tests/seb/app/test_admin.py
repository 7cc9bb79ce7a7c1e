"""The form of a course's configuration, its widget, and the admin's lists."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from seb_openedx.audit_models import SebAccessLog
from seb_openedx.constants import LIST_FIELDS
from seb_openedx.exam_models import SebSession
from seb_openedx.forms import SebCourseConfigurationForm
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from seb_openedx.widgets import ListWidget
from tests.seb.app.conftest import COURSE, COURSE_KEY, KEY, OTHER, OTHER_KEY

pytestmark = pytest.mark.django_db

ADD = "/admin/seb_openedx/sebcourseconfiguration/add/"
LIST = "/admin/seb_openedx/sebcourseconfiguration/"


@pytest.fixture
def admin(host, db) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


@pytest.mark.contract("safe-exam-browser#form")
@pytest.mark.parametrize("name", LIST_FIELDS)
def test_every_list_is_entered_one_item_per_line(name):
    form = SebCourseConfigurationForm({"course_id": COURSE, name: " b \r\n\r\na\n, b,c\r"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data[name] == "b,a,c"
    assert form.clean()[name] == "b,a,c"
    assert getattr(form.save(), name) == "b,a,c"


@pytest.mark.contract("safe-exam-browser#form")
@pytest.mark.parametrize("course", ["", "nonsense", "course-v1:a+b", "x" * 300])
def test_a_malformed_course_id_is_an_error_of_the_field(course):
    form = SebCourseConfigurationForm({"course_id": course})
    assert not form.is_valid()
    assert list(form.errors) == ["course_id"]


def test_a_course_has_one_configuration():
    SebCourseConfiguration.objects.create(course_id=COURSE)
    assert "course_id" in SebCourseConfigurationForm({"course_id": COURSE}).errors


@given(items=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=",\r\n"), max_size=8)))
def test_what_the_widget_shows_the_form_reads_back(items):
    joined = ",".join(dict.fromkeys(filter(None, (item.strip() for item in items))))
    shown = ListWidget().get_context("keys", joined, None)["widget"]["value"]
    form = SebCourseConfigurationForm({})
    form.cleaned_data = {"config_keys": "\r\n".join(shown)}
    assert form.clean()["config_keys"] == joined


@pytest.mark.contract("safe-exam-browser#form")
def test_the_widget_is_a_labelled_text_area():
    html = ListWidget().render("keys", "a,<b>", {"id": "id_keys", "required": True, "aria-describedby": "help"})
    assert 'id="id_keys"' in html
    assert 'name="keys"' in html
    assert 'aria-describedby="help"' in html
    assert " required" in html
    assert ">\na\n&lt;b&gt;</textarea>" in html


@pytest.mark.contract("safe-exam-browser#admin")
def test_a_configuration_is_added_and_what_looks_wrong_is_told(admin):
    body = {"course_id": COURSE, "config_keys": f"{KEY}\r\nshort"}
    body["permission_components"] = "NoSuchThing\r\nCheckSEBHashBrowserExamKey"
    answer = admin.post(ADD, body, follow=True)
    row = SebCourseConfiguration.objects.get()
    assert (row.course_id, row.config_keys) == (COURSE_KEY, f"{KEY},short")
    told = [str(message) for message in answer.context["messages"]]
    assert any("NoSuchThing" in text for text in told)
    assert any("short" in text and "64" in text for text in told)
    assert any("CheckSEBHashBrowserExamKey lets every browser in" in text for text in told)
    assert not any(KEY in text for text in told)
    assert admin.post(ADD, {"course_id": "nonsense"}).status_code == 200  # the form again


@pytest.mark.contract("safe-exam-browser#admin")
def test_the_list_shows_the_beginnings_of_keys_and_finds_by_them(admin):
    SebCourseConfiguration.objects.create(course_id=COURSE, config_keys=f"{KEY},{OTHER_KEY},x,hidden")
    SebCourseConfiguration.objects.create(course_id=OTHER, browser_keys=OTHER_KEY)
    page = admin.get(LIST).content.decode()
    assert "0123456...fedcba9...x<" in page
    assert KEY not in page
    found = {
        term: [str(row) for row in admin.get(LIST, {"q": term}).context["cl"].result_list]
        for term in ("DemoX", KEY[:10], OTHER_KEY, "nothing")
    }
    assert found == {"DemoX": [COURSE], KEY[:10]: [COURSE], OTHER_KEY: [OTHER], "nothing": []}


@pytest.mark.contract("safe-exam-browser#admin")
def test_bans_are_ended_and_renewed_in_the_admin(admin, settings):
    path = "/admin/seb_openedx/forbiddencourseaccess/"
    row = ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE, last_modified_by_username="ann")
    selected = {"_selected_action": [row.pk]}
    admin.post(path, {"action": "unblock", **selected})
    row.refresh_from_db()
    assert (row.access_blocked, row.last_modified_by_username) == (False, "root")
    answer = admin.post(path, {"action": "block", **selected}, follow=True)
    assert "switched off" in answer.content.decode()
    settings.SEB_USER_BANNING_ENABLED = True
    admin.post(path, {"action": "block", **selected})
    row.refresh_from_db()
    assert row.access_blocked
    assert admin.get(path, {"q": "ann", "access_blocked__exact": "1"}).status_code == 200


NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def make_log(reason: str) -> SebAccessLog:
    return SebAccessLog.objects.create(
        created=NOW, last_seen=NOW, course_id=COURSE_KEY, decision="refused" if reason else "banned", reason=reason
    )


def make_session(end_reason: str) -> SebSession:
    times = dict.fromkeys(("created", "last_proof", "last_seen", "expires"), NOW)
    return SebSession.objects.create(user_id=1, username="ann", course_id=COURSE_KEY, end_reason=end_reason, **times)


@pytest.mark.contract("safe-exam-browser#admin")
@pytest.mark.parametrize(
    ("make", "field", "stored", "names"),
    [
        pytest.param(make_log, "reason", "no_header", ["All", "No reason", "No key sent"], id="log"),
        pytest.param(make_session, "end_reason", "staff", ["All", "Not ended", "Ended by staff."], id="sessions"),
    ],
)
def test_filters_name_each_reason_that_they_offer(admin, make, field, stored, names):
    """An empty one too: a link without a text cannot be read aloud."""
    rows = {value: make(value) for value in ("", stored)}
    listed = f"/admin/seb_openedx/{type(rows[stored])._meta.model_name}/"
    shown = admin.get(listed).context["cl"]
    choices = list(shown.filter_specs[-1].choices(shown))
    assert [choice["display"] for choice in choices] == names
    for choice, value in zip(choices[1:], rows, strict=True):
        assert list(admin.get(listed + choice["query_string"]).context["cl"].result_list) == [rows[value]]
