"""The e-mails about an attempt."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.template import engines, loader

from edx_proctoring import api
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam

pytestmark = pytest.mark.django_db


def body(status: str, course_name: str = "Größe & Weite", **attempt_fields: Any) -> str:
    """Return the text of the mail, with white space as outside suites compare it."""
    message = api.create_proctoring_attempt_status_email(
        make_attempt(status=status, **attempt_fields), course_name, COURSE
    )
    assert message is not None
    return re.sub(r"\s+", " ", str(message.body).replace("\n", ""))


@pytest.mark.contract("emails#words")
@pytest.mark.parametrize(
    ("status", "fragment"),
    [
        pytest.param(S.submitted, "was submitted successfully", id="submitted"),
        pytest.param(S.verified, "was reviewed and you met all proctoring requirements", id="verified"),
        pytest.param(S.rejected, "the course team has identified one or more violations", id="rejected"),
    ],
)
def test_a_mail_names_exam_course_and_result(status: str, fragment: str) -> None:
    exam = make_exam(exam_name="Final")
    text = body(status, exam=exam)

    assert "Hello," in text
    assert 'Your proctored exam "Final"' in text
    assert "Größe" in text
    assert f"https://learning.test.org/course/{COURSE}/home" in text
    assert fragment in text


@pytest.mark.contract("emails#contact")
@pytest.mark.parametrize("status", [S.verified, S.rejected])
def test_a_course_with_an_escalation_address_gives_it_as_the_contact(instructor: Any, status: str) -> None:
    instructor.service.mock_proctoring_escalation_email("help@example.com")

    assert '<a href="mailto:help@example.com"> help@example.com </a>' in body(status)


@pytest.mark.contract("emails#contact")
def test_without_an_escalation_address_the_contact_is_the_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.PROCTORING_BACKENDS, "test", {"LINK_URLS": {"contact": "https://ask.example.com"}})

    assert '<a href="https://ask.example.com"> https://ask.example.com </a>' in body(S.verified)


@pytest.mark.contract("emails#contact")
def test_without_any_contact_the_mail_links_the_platforms_support_page() -> None:
    url = "http://localhost:8000/support/contact_us"

    assert f'<a href="{url}"> {url} </a>' in body(S.rejected)


@pytest.mark.contract("emails#templates")
@pytest.mark.parametrize(
    ("backend", "candidates"),
    [
        pytest.param(
            "test",
            [
                "emails/proctoring/test/proctoring_attempt_submitted_email.html",
                "emails/proctoring_attempt_submitted_email.html",
            ],
            id="of-the-provider-first",
        ),
        pytest.param(None, ["emails/proctoring_attempt_submitted_email.html"], id="no-provider-named"),
    ],
)
def test_the_template_of_the_provider_is_tried_first(
    monkeypatch: pytest.MonkeyPatch, backend: str | None, candidates: list[str]
) -> None:
    asked: list[list[str]] = []
    select = loader.select_template
    monkeypatch.setattr(loader, "select_template", lambda names: asked.append(names) or select(names))

    body(S.submitted, exam=make_exam(backend=backend))

    assert asked == [candidates]


@pytest.mark.contract("emails#form")
def test_a_mail_is_html_from_the_default_sender() -> None:
    message = api.create_proctoring_attempt_status_email(make_attempt(status=S.submitted), "Course", COURSE)

    assert message is not None
    assert (message.from_email, message.content_subtype) == ("no-reply@example.com", "html")


@pytest.mark.contract("host-services#escalation-address")
@pytest.mark.parametrize("error", [None, "unknown-course"])
def test_a_course_without_an_escalation_address_has_none(
    instructor: Any, error: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    from django.core.exceptions import ObjectDoesNotExist

    if error:
        instructor.service.mock_proctoring_escalation_email_error(ObjectDoesNotExist())

    assert api._get_proctoring_escalation_email(COURSE) is None
    assert len(caplog.records) == (1 if error else 0)


# Settings of one provider (contract/provider-configuration#mail-contact, contract/provider-configuration#own-settings)


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the provider ``test`` this configuration."""

    def give(**entry: Any) -> None:
        monkeypatch.setitem(settings.PROCTORING_BACKENDS, "test", entry)

    return give


@pytest.mark.contract("provider-configuration#mail-contact")
@pytest.mark.parametrize(
    ("entry", "url"),
    [
        pytest.param({"LINK_URLS": {"contact_us": "https://us.test"}}, "https://us.test", id="contact-us"),
        pytest.param(
            {"LINK_URLS": {"contact": "https://c.test", "contact_us": "https://us.test"}},
            "https://c.test",
            id="contact-first",
        ),
        pytest.param(
            {"settings": {"LINK_URLS": {"contact_us": "https://own.test"}}}, "https://own.test", id="settings"
        ),
        pytest.param({"settings": {"SITE_NAME": "own.test"}}, "http://own.test/support/contact_us", id="site-name"),
        pytest.param({"LINK_URLS": None}, "http://localhost:8000/support/contact_us", id="none"),
    ],
)
def test_the_contact_comes_from_the_configuration_of_the_provider(
    configure: Callable[..., None], entry: dict[str, Any], url: str
) -> None:
    configure(**entry)

    assert f'<a href="{url}"> {url} </a>' in body(S.verified)


def test_an_exam_without_a_named_provider_gives_the_contact_of_the_default_one(
    configure: Callable[..., None],
) -> None:
    configure(LINK_URLS={"contact": "https://ask.example.com"})

    assert "https://ask.example.com" in body(S.verified, exam=make_exam(backend=None))


def test_a_contact_link_of_the_platform_does_not_replace_its_support_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "LINK_URLS", {"contact_us": "https://platform.test"})

    assert "http://localhost:8000/support/contact_us" in body(S.verified)


def test_a_provider_may_set_sender_platform_and_copies(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A theme's template; ours do not name the platform.
    theme = engines["django"].from_string("Yours, {{ platform }}")
    monkeypatch.setattr(loader, "select_template", lambda names: theme)
    configure(
        settings={
            "STATUS_EMAIL_FROM_ADDRESS": "own@example.com",
            "PLATFORM_NAME": "Our School",
            "BCC_EMAIL": "copy@example.com",
            "REPLY_TO_EMAIL": "answers@example.com",
        }
    )
    message = api.create_proctoring_attempt_status_email(make_attempt(status=S.rejected), "Course", COURSE)

    assert message is not None
    assert (message.from_email, message.bcc, message.reply_to) == (
        "own@example.com",
        ["copy@example.com"],
        ["answers@example.com"],
    )
    assert message.body == "Yours, Our School"


def test_by_default_a_mail_has_no_copies_and_no_reply_address() -> None:
    message = api.create_proctoring_attempt_status_email(make_attempt(status=S.verified), "Course", COURSE)

    assert message is not None
    assert (message.bcc, message.reply_to) == ([], [])


def test_an_instructor_service_that_fails_leaves_only_its_address_out(
    instructor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    instructor.failing.add("get_proctoring_escalation_email")

    assert "/support/contact_us" in body(S.verified)
    assert "does not tell the escalation address" in caplog.text
