"""``content_mode`` ``inline``: pages of the host carry the guard themselves, and prove the session again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import cookies
from edx_proctoring.constructor.middleware import ProctoredFramingMiddleware
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State

from .account import FRAMED, VENDOR, set_options
from .pages import ORIGIN, Page, config_in

pytestmark = [pytest.mark.django_db, pytest.mark.contract("constructor#template-tag")]

PAGE = Template(
    "{% load constructor_guard %}{% constructor_guard course_id content_id as guard %}"
    '<html{% if guard %} data-proctoring-guard="locked"{% endif %}><head>'
    '{% if guard %}{% include "proctoring_constructor/guard_head.html" %}{% endif %}</head><body>'
    '{% if guard %}{% include "proctoring_constructor/guard_cover.html" %}{% endif %}'
    '<main id="proctoring-guarded-content">Question 1</main></body></html>'
)


@pytest.fixture(autouse=True)
def inline(provider: ConstructorProctoringProvider) -> None:
    """An account whose exam pages carry the guard."""
    set_options(provider, content_mode="inline")


@pytest.fixture
def exam_page(session: ConstructorSession, learner: User) -> Callable[..., HttpResponse]:
    """The exam page as the host serves it, through the framing middleware."""

    def serve(query: str = ORIGIN) -> HttpResponse:
        request = RequestFactory().get(f"/exam/{query}", headers=FRAMED)
        request.user = learner
        request.resolver_match = _Match({"course_id": session.course_id})  # type: ignore[assignment]

        def view(request: HttpRequest) -> HttpResponse:
            values = {"request": request, "course_id": session.course_id, "content_id": session.content_id}
            return HttpResponse(PAGE.render(Context(values)), headers={"X-Frame-Options": "DENY"})

        return ProctoredFramingMiddleware(view)(request)

    return serve


class _Match:
    def __init__(self, kwargs: dict[str, Any]) -> None:
        self.kwargs = kwargs


def verify(browser: Client, page: HttpResponse) -> Any:
    config = config_in(page)
    return browser.post(
        config["verifyUrl"],
        data=json.dumps({"origin": config["expectedOrigin"], "form": "string"}),
        content_type="application/json",
        headers={"X-Proctoring-Page-Token": config["pageToken"]},
    )


def test_the_covered_page_tells_the_guard_to_go_on_to_the_exam(page: Page) -> None:
    assert page.config["contentMode"] == "inline"
    assert page.verify().json()["content_url"] == page.config["contentUrl"]


def test_the_exam_page_proves_the_session_again(
    page: Page, exam_page: Callable[..., HttpResponse], browser: Client
) -> None:
    page.verify()
    inner = exam_page()
    assert f"frame-ancestors 'self' {VENDOR}" in inner["Content-Security-Policy"]
    assert not inner.has_header("X-Frame-Options")
    assert 'data-proctoring-guard="locked"' in inner.content.decode()
    answer = verify(browser, inner)
    assert answer.status_code == 200
    assert cookies.NAME in answer.cookies


def test_a_page_that_the_learner_reaches_by_a_link_has_the_origin_of_the_session(
    page: Page, exam_page: Callable[..., HttpResponse], browser: Client
) -> None:
    page.verify()
    inner = exam_page("")
    assert config_in(inner)["expectedOrigin"] == VENDOR
    assert verify(browser, inner).status_code == 200


def test_a_page_of_another_trusted_origin_replaces_it(
    page: Page, exam_page: Callable[..., HttpResponse], browser: Client, provider: ConstructorProctoringProvider
) -> None:
    page.verify()
    set_options(provider, trusted_origins=[VENDOR, "https://b.proctor.example"])
    inner = exam_page("?examus-client-origin=https://b.proctor.example")
    assert verify(browser, inner).status_code == 200
    assert ConstructorEvent.objects.filter(kind="origin_changed").count() == 1
    # The page from before is not of this origin.
    assert page.verify().json()["code"] == "origin_untrusted"


def test_a_page_opened_from_elsewhere_is_refused(page: Page, exam_page: Callable[..., HttpResponse]) -> None:
    page.verify()
    config = config_in(exam_page("?examus-client-origin=https://evil.example"))
    assert (config["refusal"], config["expectedOrigin"]) == ("origin_untrusted", None)


def test_after_the_end_the_page_is_an_ordinary_one(page: Page, exam_page: Callable[..., HttpResponse]) -> None:
    page.verify()
    ConstructorSession.objects.update(state=State.FINISHED)
    inner = exam_page()
    assert inner["X-Frame-Options"] == "DENY"
    assert "proctoring-guard-config" not in inner.content.decode()
