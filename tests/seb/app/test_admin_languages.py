"""Labels, choices, help texts, columns and filters of the admin in the user's language."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.html import strip_tags

from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE, COURSE_KEY
from tests.seb.app.test_admin import NOW, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.contract("safe-exam-browser#admin-languages")]

MODELS = (
    "sebcourseconfiguration",
    "sebexamconfiguration",
    "sebconfigtemplate",
    "sebsession",
    "sebaccesslog",
    "forbiddencourseaccess",
)
# Not words of a language: names, and Django's own mark of an empty choice.
NAMES = re.compile(r"Config Keys?|Browser Exam Keys?|JavaScript|\.seb|---------|[0-9a-f…]+ \(64\)|[123]|")
ARABIC = re.compile(r"[\u0600-\u06ff]")


@pytest.fixture
def arabic(host, settings) -> Iterator[Client]:
    """Staff who read Arabic, which shares no letters with English."""
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    client = Client(headers={"Accept-Language": "ar"})
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    with translation.override("en"):  # a request leaves its language behind
        yield client


def untranslated(texts):
    """The texts without an Arabic letter, but for names."""
    plain = {strip_tags(str(text)).strip().removesuffix(":") for text in texts}
    return sorted(text for text in plain if not ARABIC.search(text) and not NAMES.fullmatch(text))


def words_of_form(form):
    for field in form:
        yield field.label
        yield field.help_text
        for _value, label in getattr(field.field, "choices", ()):
            yield label


@pytest.mark.parametrize("model", ["sebcourseconfiguration", "sebexamconfiguration", "sebconfigtemplate"])
def test_a_form_to_add(arabic, model):
    shown = arabic.get(f"/admin/seb_openedx/{model}/add/").context["adminform"]
    assert untranslated(words_of_form(shown.form)) == []
    assert untranslated(fieldset.name for fieldset in shown if fieldset.name) == []
    assert untranslated(label_of(field) for fieldset in shown for line in fieldset for field in line) == []


def label_of(field):
    return field.label_tag()


@pytest.mark.parametrize("model", MODELS)
def test_a_list(arabic, model):
    SebExamConfiguration.objects.create(course_id=COURSE_KEY, content_id="quiz", mode="client")
    SebConfigTemplate.objects.create(name="strict")
    make_session("staff")
    SebAccessLog.objects.create(created=NOW, last_seen=NOW, course_id=COURSE_KEY, decision="banned")
    ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE, last_modified_by_username="gina")
    response = arabic.get(f"/admin/seb_openedx/{model}/")
    headers = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', response.content.decode(), re.DOTALL)
    shown = response.context["cl"]
    assert untranslated(headers) == []
    assert untranslated(chosen.title for chosen in shown.filter_specs) == []
    assert untranslated(choice["display"] for chosen in shown.filter_specs for choice in chosen.choices(shown)) == []


@pytest.mark.parametrize(
    ("model", "make"),
    [
        pytest.param(
            "sebaccesslog",
            lambda: SebAccessLog.objects.create(created=NOW, last_seen=NOW, course_id=COURSE_KEY, decision="banned"),
            id="what-is-only-shown",
        ),
        pytest.param(
            "forbiddencourseaccess",
            lambda: ForbiddenCourseAccess.objects.create(
                username="ann", course_id=COURSE, last_modified_by_username="gina"
            ),
            id="bans",
        ),
        pytest.param(
            "sebexamconfiguration",
            lambda: SebExamConfiguration.objects.create(
                course_id=COURSE_KEY, content_id="quiz", mode="client", browser_keys=[{"key": "c" * 64}]
            ),
            id="exams",
        ),
    ],
)
def test_a_stored_row(arabic, model, make):
    shown = arabic.get(f"/admin/seb_openedx/{model}/{make().pk}/change/").context["adminform"]
    assert untranslated(label_of(field) for fieldset in shown for line in fieldset for field in line) == []


def test_columns_can_still_be_sorted_and_show_what_django_shows(arabic):
    make_session("staff")
    response = arabic.get("/admin/seb_openedx/sebsession/?o=1")
    page = response.content.decode()
    [column] = re.findall(r'<td class="field-is_replayable">(.*?)</td>', page, re.DOTALL)
    assert "icon-no" in column
    assert re.search(r'<span class="nowrap">[^<]*2026', page), "a time is one line"
    assert 'class="sortable column-username sorted ascending"' in page
    assert 'class="field-username"' in page
