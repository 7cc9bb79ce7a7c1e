"""The readiness of a course over REST: who has to wait for whom."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from edx_proctoring.api.course_staff import readiness
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

pytestmark = [pytest.mark.usefixtures("world"), pytest.mark.contract("rest-v2#readiness")]


def ask(client: APIClient, **query: str) -> Any:
    return client.get(address("readiness", course_id=COURSE_A), query)


class Provider:
    """One that answers when it may."""

    verbose_name = "Slow"

    def __init__(self) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def get_proctoring_config(self) -> Any:
        self.is_asked.set()
        assert self.may_answer.wait(20)
        return {"name": "Slow"}


@pytest.fixture
def while_the_provider_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Let the first request do something between the question to the provider and its answer."""
    provider, parts = Provider(), readiness._PARTS
    config: Any = apps.get_app_config("edx_proctoring")
    monkeypatch.setitem(config.backends, world.exam.backend, provider)

    def install(action: Callable[[], Any]) -> None:
        def part(course: Any) -> Any:
            assert provider.is_asked.wait(20), "the provider is asked before the rest is looked at"
            monkeypatch.setattr(readiness, "_PARTS", parts)
            action()
            provider.may_answer.set()
            return iter(())

        monkeypatch.setattr(readiness, "_PARTS", (part,))

    return install


def levels(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.content
    return {check["code"]: check["level"] for check in response.json()["checks"]}


def test_the_rest_is_looked_at_while_the_provider_is_asked(
    team: APIClient, while_the_provider_is_asked: Callable[[Callable[[], Any]], None]
) -> None:
    while_the_provider_is_asked(lambda: None)
    assert levels(ask(team))["provider_reachable"] == "ok"


def test_a_second_check_is_refused(
    team: APIClient, while_the_provider_is_asked: Callable[[Callable[[], Any]], None]
) -> None:
    second: list[Any] = []
    while_the_provider_is_asked(lambda: second.append(ask(team)))
    ask(team)
    assert (second[0].status_code, second[0].json()["code"]) == (409, "already_running")


def test_the_quick_answer_does_not_wait_for_the_providers(
    team: APIClient, while_the_provider_is_asked: Callable[[Callable[[], Any]], None]
) -> None:
    second: list[Any] = []
    while_the_provider_is_asked(lambda: second.append(ask(team, offline="1")))
    assert levels(ask(team))["provider_reachable"] == "ok"
    found = levels(second[0])
    assert (found["provider_reachable"], "cache_shared" in found) == ("unknown", True)


def test_another_exam_does_not_wait(team: APIClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    second: list[Any] = []

    def part(course: Any) -> Any:
        monkeypatch.setattr(readiness, "_PARTS", ())
        second.append(ask(team, offline="1", exam=str(world.exam.pk)))
        return iter(())

    monkeypatch.setattr(readiness, "_PARTS", (part,))
    ask(team, offline="1")
    assert second[0].status_code == 200, second[0].content


def test_two_quick_answers_at_once_are_refused_too(team: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    second: list[Any] = []

    def part(course: Any) -> Any:
        second.append(ask(team, offline="1"))
        return iter(())

    monkeypatch.setattr(readiness, "_PARTS", (part,))
    ask(team, offline="1")
    assert second[0].status_code == 409
