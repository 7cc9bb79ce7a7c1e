"""What all lists of version 2 share."""

import pytest
from django.urls import path
from rest_framework.response import Response

from seb_openedx.api.v2.base import StaffView
from seb_openedx.models import ForbiddenCourseAccess
from tests.seb.app.conftest import COURSE_KEY
from tests.seb.rest.test_configuration import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#lists")]


class Names(StaffView):
    is_list = True
    parameters = ("letter",)

    def get(self, request) -> Response:
        return self.page_of(ForbiddenCourseAccess.objects.order_by("username"), lambda row: row.username)


urlpatterns = [path("names", Names.as_view())]


@pytest.fixture
def names(host, staff_browser):
    host.settings.ROOT_URLCONF = __name__
    rows = [ForbiddenCourseAccess(username=f"user{number:03}", course_id=COURSE_KEY) for number in range(120)]
    ForbiddenCourseAccess.objects.bulk_create(rows)
    return lambda **query: staff_browser.get("/names", query)


def test_a_page_of_a_list(names):
    body = names(page=2).json()
    assert body.pop("results") == [f"user{number:03}" for number in range(25, 50)]
    assert list(body.items()) == [
        ("next", "http://testserver/names?page=3"),
        ("previous", "http://testserver/names"),
        ("count", 120),
        ("num_pages", 5),
        ("current_page", 2),
        ("start", 25),
    ]


@pytest.mark.parametrize(("size", "rows"), [(1, 1), (100, 100), (0, 1), (-5, 1), (1000, 100)])
def test_the_size_of_a_page_is_clamped(names, size, rows):
    assert len(names(page_size=size).json()["results"]) == rows


def test_a_list_of_nothing_has_one_empty_page(names):
    ForbiddenCourseAccess.objects.all().delete()
    body = names().json()
    assert (body["count"], body["num_pages"], body["results"], body["next"]) == (0, 1, [], None)


@pytest.mark.parametrize("page", ["6", "0", "-1", "x", "last", "²", "9" * 500, "1.0", ""])
def test_a_page_that_is_none_is_not_found(names, page):
    assert refusal(names(page=page)) == (404, "not_found")


@pytest.mark.contract("seb-rest#problems")
@pytest.mark.parametrize("wanted", ["api", "json", "nonsense"])
def test_the_form_of_an_answer_is_no_parameter(names, wanted):
    assert refusal(names(format=wanted)) == (422, "unknown_parameter")


def test_a_misspelt_filter_is_refused(names):
    assert names(letter="a").status_code == 200
    assert refusal(names(lettre="a")) == (422, "unknown_parameter")
