"""SEB Server and other programs, which authenticate by a token and know no cookies."""

from typing import Any

import pytest
from django.test import Client

from seb_openedx import __version__
from tests.seb.app.conftest import COURSE, KEY, proof
from tests.seb.rest.test_configuration import JSON, refusal
from tests.views.test_callbacks import jwt_settings as jwt_settings
from tests.views.test_callbacks import token_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jwt_settings")]

V1 = f"/seb-openedx/api/v1/course/{COURSE}/configuration/"
V2 = f"/seb-openedx/api/v2/courses/{COURSE}"
PAGE = f"/courses/{COURSE}/progress"


def program(username: str) -> Client:
    """A program with a token. Writes are protected against forged requests as in production."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": token_for(username)})


@pytest.mark.contract("safe-exam-browser#rest")
def test_the_conversation_of_seb_server_by_token(staff, browser):
    server = program(staff.username)
    # The probe of health fails on 404 only.
    assert server.get("/seb-openedx/seb-info").status_code in (200, 403)
    assert (server.get(V1).status_code, server.get(V1).content) == (404, b"")
    # It locks an exam when it is imported, before it knows any key.
    body: dict[str, Any] = {
        "PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashConfigKey"],
        "CONFIG_KEYS": [],
        "BROWSER_KEYS": [],
        "WHITELIST_PATHS": [],
        "BLACKLIST_CHAPTERS": [],
        "USER_BANNING_ENABLED": False,
    }
    answer = server.put(V1, body, **JSON)
    assert (answer.status_code, answer.json()) == (200, body)
    assert browser.get(PAGE).status_code == 200
    warnings = server.get(f"{V2}/configuration").json()["warnings"]
    assert [warning["code"] for warning in warnings] == ["no_keys_open"]
    assert server.put(V1, {**body, "CONFIG_KEYS": [KEY]}, **JSON).status_code == 200
    assert server.get(V1).json() == {**body, "CONFIG_KEYS": [KEY]}
    assert browser.get(PAGE).status_code == 403
    assert browser.get(PAGE, **proof(KEY, PAGE)).status_code == 200
    assert server.get(f"{V2}/configuration").json()["warnings"] == []
    answer = server.delete(V1)
    assert (answer.status_code, answer.content) == (204, b"")
    assert server.get(V1).status_code == 404
    assert browser.get(PAGE).status_code == 200


@pytest.mark.contract("safe-exam-browser#rest")
def test_the_probe_of_health_names_the_version_to_staff(staff_browser):
    assert staff_browser.get("/seb-openedx/seb-info").json()["version"] == __version__


@pytest.mark.contract("seb-rest#access")
def test_a_token_is_as_good_as_a_login(callers, staff):
    exam = f"{V2}/exams/block-v1:edX+DemoX+Demo_Course+type@sequential+block@sequence1"
    for username, status in ((staff.username, 201), ("tess", 200), ("ann", 403)):
        assert program(username).put(exam, {"mode": "manual"}, **JSON).status_code == status
    forged = Client(headers={"Authorization": "JWT nonsense"})
    assert refusal(forged.get(f"{V2}/exams"))[1] == "not_authenticated"
