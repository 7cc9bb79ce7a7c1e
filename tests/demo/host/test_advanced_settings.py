"""Every published place of a course's Safe Exam Browser configuration works in the demo."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.urls import reverse

from demo.host import seb_platform
from demo.host.models import CourseRole, CourseRun, SiteConfiguration
from seb_openedx.models import SebCourseConfiguration
from seb_openedx.seb_keys_sources import get_config_by_course, save_course_config

from .conftest import COURSE_ID

KEY = "0123456789abcdef" * 4
DETAILED = {"PERMISSION_COMPONENTS": ["CheckSEBHashConfigKey"], "CONFIG_KEYS": [KEY]}


@pytest.fixture
def url(course):
    return reverse("studio_advanced", args=[course.course_id])


@pytest.fixture
def as_staff(client, person, course):
    user = person("stan")
    CourseRole.objects.create(user=user, course=course, role=CourseRole.STAFF)
    client.force_login(user)
    return client


def save(client: Any, url: str, value: Any) -> Any:
    return client.post(url, {"other_course_settings": value if isinstance(value, str) else json.dumps(value)})


def set_up(place: str, settings: Any, studio: Any) -> None:
    if place == "global list":
        settings.SAFE_EXAM_BROWSER = {COURSE_ID: [KEY]}
    elif place == "global":
        settings.SAFE_EXAM_BROWSER = {COURSE_ID: DETAILED}
    elif place == "ansible":
        settings.SAFE_EXAM_BROWSER = [{COURSE_ID: [{name: value} for name, value in DETAILED.items()]}]
    elif place == "global default":
        settings.SAFE_EXAM_BROWSER = {"default": DETAILED}
    elif place == "Studio list":
        studio({"SAFE_EXAM_BROWSER": [KEY]})
    elif place == "Studio":
        studio({"SAFE_EXAM_BROWSER": DETAILED})
    elif place == "Studio with the course id":
        studio({"SAFE_EXAM_BROWSER": {COURSE_ID: DETAILED}})
    elif place == "admin":
        SebCourseConfiguration.objects.create(
            course_id=COURSE_ID, permission_components="CheckSEBHashConfigKey", config_keys=KEY
        )
    else:
        site, _is_new = Site.objects.get_or_create(pk=settings.SITE_ID)
        name = "default" if place == "site default" else COURSE_ID
        SiteConfiguration.objects.create(site=site, site_values={"SAFE_EXAM_BROWSER": {name: DETAILED}})


PLACES = [
    *("global list", "global", "ansible", "global default", "Studio list", "Studio", "Studio with the course id"),
    *("admin", "site", "site default"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_configuration_protects_the_course(client, as_staff, url, learner, publish, settings, place):
    publish()
    page = reverse("outline", args=[COURSE_ID])
    settings.SAFE_EXAM_BROWSER = {}
    client.force_login(learner)
    assert client.get(page).status_code == 200, "open before"

    def studio(value: Any) -> None:
        client.force_login(CourseRole.objects.get().user)
        assert save(client, url, value).status_code == 302
        client.force_login(learner)

    set_up(place, settings, studio)
    assert client.get(page).status_code == 403
    digest = sha256(f"http://testserver{page}{KEY}".encode()).hexdigest()
    assert client.get(page, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH=digest).status_code == 200


def test_the_page_says_which_place_counts(as_staff, url, settings):
    settings.SAFE_EXAM_BROWSER = {COURSE_ID: [KEY]}
    save(as_staff, url, {"SAFE_EXAM_BROWSER": DETAILED})
    SebCourseConfiguration.objects.create(course_id=COURSE_ID)
    answer = as_staff.get(url)
    places = {place["name"]: place for place in answer.context["places"]}
    assert [name for name, place in places.items() if place["counts"]] == ["from_other_course_settings"]
    assert places["from_global_settings"]["is_simple"]
    text = answer.content.decode()
    assert "Hidden by an earlier place" in text
    assert "CheckSEBHashConfigKey" in text


def test_a_configuration_without_keys_is_shown_to_be_open(as_staff, url, settings):
    settings.SAFE_EXAM_BROWSER = {}
    save(as_staff, url, {"SAFE_EXAM_BROWSER": {"PERMISSION_COMPONENTS": ["CheckSEBHashConfigKey"]}})
    assert "CheckSEBHashConfigKey lets every browser in" in as_staff.get(url).content.decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{nonsense", "Enter a valid JSON."),
        ("[1]", "Enter a JSON object"),
        ('{"SAFE_EXAM_BROWSER": 7}', "neither a list of keys nor an object"),
        (f'{{"SAFE_EXAM_BROWSER": {{"{COURSE_ID}": 7}}}}', "neither a list of keys nor an object"),
    ],
    ids=["no-json", "list", "number", "number-for-the-course"],
)
def test_what_would_be_ignored_is_refused_and_kept(as_staff, url, value, text):
    answer = save(as_staff, url, value)
    assert answer.status_code == 400
    assert text in answer.content.decode()
    assert answer.context["form"].data["other_course_settings"] == value
    assert CourseRun.objects.get(course_id=COURSE_ID).other_course_settings == {}


@pytest.mark.parametrize("value", ["{}", ""])
def test_settings_are_removed(as_staff, url, course, value):
    save(as_staff, url, {"A": 1})
    assert save(as_staff, url, value).status_code == 302
    course.refresh_from_db()
    assert course.other_course_settings == {}


@pytest.mark.parametrize("destination", ["to_other_course_settings", "to_site_configuration"])
def test_what_is_saved_elsewhere_arrives_here(course, settings, destination):
    settings.SAFE_EXAM_BROWSER = {}
    settings.SEB_KEY_DESTINATIONS = [destination]
    SiteConfiguration.objects.create(site=Site.objects.get_or_create(pk=settings.SITE_ID)[0])
    assert save_course_config(COURSE_ID, DETAILED, user_id=1)
    assert get_config_by_course(COURSE_ID) == DETAILED
    assert save_course_config(COURSE_ID, None, user_id=1)
    assert get_config_by_course(COURSE_ID) == {}


def test_the_place_of_a_block(course, sequence, publish):
    made = sequence("exam")
    publish()
    problem = made.usage_key.replace("sequential", "problem")
    found = [seb_platform.get_chapter_from_location(problem, COURSE_ID, depth=depth) for depth in (1, 2, 3)]
    assert found == ["one", "exam", "exam"]
    for key, depth in ((f"{problem}x", 1), (made.usage_key, 3)):
        with pytest.raises(LookupError):
            seb_platform.get_chapter_from_location(key, COURSE_ID, depth=depth)


def test_the_page_is_for_the_course_team(client, url, learner):
    assert client.get(url).status_code == 302
    client.force_login(learner)
    assert save(client, url, {"SAFE_EXAM_BROWSER": DETAILED}).status_code == 403
    assert CourseRun.objects.get(course_id=COURSE_ID).other_course_settings == {}
