"""The app around the sessions: admin, commands, template tag, texts."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import models, refusal_texts
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorExamSettings, ConstructorSession, State
from tests import factories
from tools import messages

from .account import VENDOR, logged_in, set_options

pytestmark = pytest.mark.django_db


@pytest.mark.contract("constructor#app")
def test_its_urls_are_part_of_the_core() -> None:
    assert apps.get_app_config("edx_proctoring_constructor").name == "edx_proctoring.constructor"
    url = reverse("edx_proctoring:edx_proctoring_constructor:entry", args=["a" * 32])
    assert url == f"/edx_proctoring/constructor/v1/entry/{'a' * 32}/"


@pytest.mark.contract("constructor#tables")
def test_its_tables_point_at_no_other_app() -> None:
    for model in apps.get_app_config("edx_proctoring_constructor").get_models():
        targets = {field.related_model for field in model._meta.get_fields() if field.is_relation}
        assert targets <= {ConstructorSession, ConstructorEvent}
        assert model._meta.db_table.startswith("edx_proctoring_constructor_")
    assert models.State.NEW == "new"


@pytest.mark.contract("constructor#admin")
class TestAdmin:
    @pytest.fixture
    def admin(self) -> Client:
        """The browser of an administrator."""
        return logged_in(factories.make_staff(is_superuser=True))

    @pytest.fixture(autouse=True)
    def admin_urls(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A host with Django admin."""
        settings.ROOT_URLCONF = "tests.constructor.admin_urls"

    def test_a_session_shows_its_events_and_not_the_name(self, admin: Client, session: ConstructorSession) -> None:
        ConstructorSession.objects.update(registration={"full_name": "Ada Lovelace"})
        ConstructorEvent.objects.create(session=session, kind="lost", digest="d", payload={"code": "not_started"})
        page = admin.get(f"/admin/edx_proctoring_constructor/constructorsession/{session.pk}/change/")
        assert page.status_code == 200
        assert "not_started" in page.content.decode()
        assert "Ada" not in page.content.decode()
        assert admin.get("/admin/edx_proctoring_constructor/constructorsession/add/").status_code == 403
        found = admin.get("/admin/edx_proctoring_constructor/constructorsession/", {"q": session.session_id})
        assert session.session_id in found.content.decode()

    @pytest.mark.parametrize(
        ("overrides", "problem"),
        [
            ('{"mode": "online"}', ""),
            ('{"mode": "sometimes"}', "mode must be one of"),
            ('{"jwt_secret": "x"}', "jwt_secret cannot be set for a single exam"),
            ('["mode"]', "must be an object"),
            ("{", "valid JSON"),
        ],
    )
    def test_settings_of_an_exam_are_validated(self, admin: Client, overrides: str, problem: str) -> None:
        answer = admin.post(
            "/admin/edx_proctoring_constructor/constructorexamsettings/add/",
            {"course_id": "course-v1:A+B+C", "content_id": "block", "overrides": overrides},
        )
        assert ConstructorExamSettings.objects.exists() is not bool(problem)
        if problem:
            assert problem in answer.content.decode()


@pytest.mark.contract("constructor#command")
class TestPurge:
    def test_old_sessions_that_ended_are_deleted(self, session: ConstructorSession) -> None:
        long_ago = timezone.now() - timedelta(days=31)
        ConstructorSession.objects.update(modified=long_ago)
        call_command("constructor_purge", "--days", "30")
        assert ConstructorSession.objects.exists()
        ConstructorSession.objects.update(state=State.FINISHED)
        call_command("constructor_purge", "--days", "30", "--dry-run")
        assert ConstructorSession.objects.exists()
        call_command("constructor_purge", "--days", "32")
        assert ConstructorSession.objects.exists()
        call_command("constructor_purge", "--days", "30")
        assert not ConstructorSession.objects.exists()

    def test_an_age_below_one_day_is_refused(self) -> None:
        with pytest.raises(CommandError, match="at least 1"):
            call_command("constructor_purge", "--days", "0")


@pytest.mark.contract("constructor#template-tag")
class TestTemplateTag:
    TEMPLATE = (
        "{% load constructor_guard %}{% constructor_guard course_id content_id as guard %}"
        '{% if guard %}{% include "proctoring_constructor/guard_head.html" %}'
        '{% include "proctoring_constructor/guard_cover.html" %}{% else %}plain{% endif %}'
    )

    @pytest.fixture(autouse=True)
    def inline(self, provider: ConstructorProctoringProvider) -> None:
        """Pages of the host carry the guard in this mode only."""
        set_options(provider, content_mode="inline")

    def render(self, session: ConstructorSession, user: Any, query: str = "") -> str:
        request = SimpleNamespace(user=user, META={"QUERY_STRING": query})
        values = {"request": request, "course_id": session.course_id, "content_id": session.content_id}
        return Template(self.TEMPLATE).render(Context(values))

    def test_a_page_of_a_session_that_runs_is_guarded(self, session: ConstructorSession, learner: User) -> None:
        ConstructorSession.objects.update(state=State.READY, user_id=learner.pk)
        page = self.render(session, learner)
        assert page.index("proctoring-guard-config") < page.index("guard.js") < page.index("proctoring-guard-cover")
        assert f'"expectedOrigin": "{VENDOR}"' in page

    def test_an_unknown_place_is_refused_by_the_server(self, session: ConstructorSession, learner: User) -> None:
        ConstructorSession.objects.update(state=State.READY, user_id=learner.pk)
        page = self.render(session, learner, "examus-client-origin=https://evil.example")
        assert '"refusal": "origin_untrusted"' in page
        assert '"expectedOrigin": null' in page

    def test_in_the_other_mode_the_page_around_it_is_guarded(
        self, provider: ConstructorProctoringProvider, session: ConstructorSession, learner: User
    ) -> None:
        set_options(provider, content_mode="shell")
        ConstructorSession.objects.update(state=State.READY, user_id=learner.pk)
        assert self.render(session, learner) == "plain"

    def test_other_pages_are_not(self, session: ConstructorSession, learner: User) -> None:
        assert self.render(session, learner) == "plain"
        ConstructorSession.objects.update(state=State.READY, user_id=learner.pk)
        assert self.render(session, factories.make_user()) == "plain"
        assert self.render(session, SimpleNamespace(is_authenticated=False)) == "plain"


@pytest.mark.contract("constructor#reasons")
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_refusal_is_told_in_every_language(language: str) -> None:
    with translation.override("en"):
        english = refusal_texts.reasons()
    with translation.override(translation.to_language(language)):
        translated = refusal_texts.reasons()
    assert translated.keys() == english.keys()
    for code, reason in translated.items():
        assert reason.title != english[code].title, code
        assert reason.text != english[code].text, code
        assert reason.button == english[code].button
