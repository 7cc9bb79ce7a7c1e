"""The login page of the browsable API."""

import pytest
from django.test import Client
from django.urls import include, path

from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("rest-rules#login")]

# A host that mounts DRF's own URLs as well.
urlpatterns = [path("", include("edx_proctoring.urls")), path("auth/", include("rest_framework.urls"))]

WRONG = {"username": "nobody", "password": "wrong"}


@pytest.fixture(autouse=True)
def host(settings):
    settings.LOGIN_URL = "/host-login"
    settings.LOGIN_REDIRECT_URL = "/home"


@pytest.mark.parametrize(
    ("query", "address"),
    [
        pytest.param("", "/host-login", id="plain"),
        pytest.param("?next=/api/exams", "/host-login?next=/api/exams", id="with-a-page-to-return-to"),
        pytest.param("?next=https://evil.example.com/", "/host-login", id="with-a-page-of-another-host"),
        pytest.param("?next=%ED%A0%80", "/host-login?next=%EF%BF%BD%EF%BF%BD%EF%BF%BD", id="with-half-a-pair"),
    ],
)
def test_the_login_page_is_the_hosts(client: Client, query: str, address: str) -> None:
    for reply in client.get(f"/login/{query}"), client.post(f"/login/{query}", WRONG):
        assert (reply.status_code, reply["Location"]) == (302, address)


def test_who_logs_in_there_is_logged_in(client: Client) -> None:
    user = make_user()
    user.set_password("right")
    user.save()

    reply = client.post("/login/", {"username": user.username, "password": "right"})

    assert (reply.status_code, reply["Location"]) == (302, "/home")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.urls(__name__)
def test_where_the_form_knows_its_address_it_is_shown(client: Client) -> None:
    assert b'action="/auth/login/"' in client.get("/login/").content
    assert b"Please enter a correct username" in client.post("/login/", WRONG).content
