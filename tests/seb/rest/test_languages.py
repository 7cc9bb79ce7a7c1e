"""Refusals of the services in the caller's language, over REST and in Django admin."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from seb_openedx.protocol.texts import Text
from seb_openedx.translation import translated
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE, block
from tests.seb.rest.test_configuration import JSON

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-rest#languages")]

EXAM = f"/seb-openedx/api/v2/courses/{COURSE}/exams/{block('sequence')}"
ADMIN = "/admin/seb_openedx/sebexamconfiguration/add/"


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def admin_browser(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


def messages(client: Client, body: dict[str, Any], language: str) -> dict[str, str]:
    answer = client.put(EXAM, body, **JSON, headers={"Accept-Language": language})
    assert answer.status_code == 422
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "must be true or false"),
        ("es-419", "debe ser true o false"),
        ("fr", "doit être true ou false"),
        ("ar", "يجب أن يكون إما true أو false"),
        ("zh-cn", "必须是 true 或 false"),
    ],
)
def test_an_option_that_is_wrong(staff_browser, settings, language, expected):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    make_exam("timed", course_id=COURSE, content_id=block("sequence"))
    found = messages(staff_browser, {"mode": "manual", "settings": {"allow_quit": 3}}, language)
    assert found == {"settings.allow_quit": expected}


def test_several_mistakes_of_a_service_and_of_the_protocol(staff_browser, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    make_exam("timed", course_id=COURSE, content_id=block("sequence"))
    body = {"mode": "manual", "min_versions": {"win": "three"}, "client_config_keys": "abc"}
    assert messages(staff_browser, {"mode": "sometimes"}, "fr") == {
        "mode": "« sometimes » ne peut pas être choisi. Choisissez parmi : off, manual, template, upload, client."
    }
    assert messages(staff_browser, body, "fr") == {
        "client_config_keys": "clé 1 : 3 caractères ; une clé a 64 chiffres 0-9 et a-f"
    }
    assert messages(staff_browser, {**body, "client_config_keys": []}, "fr") == {
        "min_versions": "win : écrivez de deux à quatre nombres séparés par des points, par exemple 3.7.1"
    }


def test_the_form_in_django_admin(admin_browser, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    body = {"course_id": COURSE, "content_id": block("sequence"), "mode": "template", "upload_policy": "adapt"}
    page = admin_browser.post(ADMIN, body, headers={"Accept-Language": "fr"})
    assert page.status_code == 200
    assert "choisissez un modèle" in page.content.decode()


def test_a_sentence_within_a_sentence():
    inner = Text("must be a list")
    outer = Text("the stored file is damaged, upload it again: %(reason)s", reason=inner)
    both = Text.joined([outer, Text("must be true or false")])
    with override("fr"):
        assert translated(both) == (
            "le fichier enregistré est endommagé, téléversez-le à nouveau : doit être une liste doit être true ou false"
        )
    assert both == "the stored file is damaged, upload it again: must be a list must be true or false"


def test_a_sentence_stays_one_as_the_text_of_an_exception():
    sentence = Text("at most %(most)s entries", most=3)
    assert str(ValueError(sentence)) == "at most 3 entries"
    with override("fr"):
        assert translated(str(ValueError(sentence))) == "au plus 3 entrées"
        assert translated("at most 3 entries") == "at most 3 entries"
