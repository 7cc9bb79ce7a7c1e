"""Elements that outside scripts and style sheets look for on each page.

One test a template: its root, its buttons with what they carry, its parts.
"""

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import loader
from django.urls import reverse

from edx_proctoring.api.lifecycle import expiry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_policy, make_user
from tests.learner_view.conftest import yesterday
from tests.learner_view.test_decision_tables import requirement

pytestmark = pytest.mark.django_db

EXTRA_TIME = "footer-sequence"
FAQ = "faq-proctoring-exam"
LINKS = {
    "faq": "https://help.example/faq",
    "contact_us": "https://help.example/contact",
    "online_proctoring_rules": "https://help.example/rules",
}


class Element(dict[str, str]):
    """A start tag: its attributes, its ``tag`` and the ``text`` inside."""

    def __init__(self, tag: str, attrs: Any) -> None:
        super().__init__({name: value or "" for name, value in attrs})
        self.tag = tag
        self.text = ""

    @property
    def classes(self) -> list[str]:
        """The classes, in order."""
        return self.get("class", "").split()


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, html: str, exam: Any, attempt: Any, context: dict[str, Any]) -> None:
        super().__init__()
        self.html, self.exam, self.attempt, self.context = html, exam, attempt, context
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        element = Element(tag, attrs)
        self.elements.append(element)
        if tag not in ("input", "br", "meta", "link", "hr"):
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, classes: str = "", **attributes: str) -> list[Element]:
        """Elements with all of these classes and attributes (``data_action`` is ``data-action``)."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and set(classes.split()) <= set(element.classes) and wanted.items() <= element.items()
        ]

    def the(self, tag: str, classes: str = "", **attributes: str) -> Element:
        """The only element with these classes and attributes."""
        found = self.all(tag, classes, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag} class={classes!r} {attributes}> in {self.html}"
        return found[0]

    @property
    def enter_url(self) -> str:
        return reverse("edx_proctoring:proctored_exam.attempt.collection")

    @property
    def change_state_url(self) -> str:
        return reverse("edx_proctoring:proctored_exam.attempt", args=[self.attempt.id])

    def has_root(self, classes: str) -> Element:
        """Assert that the root starts with these classes, in this order, and has the exam's id."""
        root = next(element for element in self.elements if element.tag == "div")
        assert " ".join(root.classes).startswith(classes)
        assert f'data-exam-id="{self.exam.id}"' in self.html
        return root

    def has_state_button(self, classes: str, action: str, **more: str) -> Element:
        """P6: a button that changes the state of the attempt."""
        return self.the(
            "button", classes, data_action=action, data_change_state_url=self.change_state_url, type="button", **more
        )

    def has_entrance_button(self, **data: str) -> Element:
        """P1, P2: a button that creates an attempt."""
        return self.the(
            "button",
            "gated-sequence start-timed-exam action-primary",
            data_ajax_url=self.enter_url,
            data_exam_id=str(self.exam.id),
            type="button",
            **data,
        )

    def has_opt_out(self) -> bool:
        """P3: the button that opens the confirmation."""
        return bool(self.all("button", "gated-sequence start-timed-exam", data_attempt_proctored="false")) and bool(
            self.all("div", "proctored-exam skip-confirm-wrapper warning hidden")
        )

    def has(self, part: str) -> bool:
        """Whether the page has an element with this class."""
        return bool(self.all("div", part))

    def has_error_modal(self) -> bool:
        """Whether the page has the error dialog of the contract."""
        return bool(self.all("div", "modal", id="accessible-error-modal"))


@pytest.fixture
def see(look: Any, settings: Any) -> Callable[..., Page]:
    """Request the page of an exam as a learner; returns its elements."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LINK_URLS": LINKS}
    settings.ROOT_URLCONF = "tests.learner_view.host_urls"

    def look_at(kind: str, status: str | None = None, *, user: Any = None, host: Any = None, **fields: Any) -> Page:
        exam, user = make_exam(kind, exam_name="Stars"), user or make_user()
        attempt = make_attempt(exam, user, status, **fields) if status else None
        if status == S.ready_to_start:
            make_policy(exam, review_policy="One sheet")
        seen = look(exam, user, **(host or {}))
        return Page(seen.html, exam, attempt, seen.context)

    return look_at


OPEN_TO_ALL = {"allow_proctoring_opt_out": True}


@pytest.mark.contract("page-templates#enter-timed", "page-templates#timed-entrance", "page-templates#timed-footer")
def test_the_timed_entrance_page_has_its_root_button_and_extra_time_footer(see):
    page = see("timed")
    page.has_root("sequence timed-exam entrance")
    button = page.has_entrance_button()
    assert "data-attempt-proctored" not in button
    assert button["data-start-immediately"] == "true"
    assert page.has(EXTRA_TIME)


@pytest.mark.contract("page-templates#timed-expired")
def test_the_page_of_an_expired_timed_exam_has_its_root_and_no_button(see):
    page = see("timed", host={"due_date": yesterday()})
    page.has_root("sequence proctored-exam completed")
    assert page.all("button") == []


@pytest.mark.contract("page-templates#change-state", "page-templates#timed-ready-to-submit")
@pytest.mark.parametrize(("minutes", "may_go_back"), [(90, True), (0, False)], ids=["time-left", "no-time-left"])
def test_a_stopped_timed_exam_offers_to_submit_and_to_go_back_while_time_remains(
    see, monkeypatch, minutes, may_go_back
):
    monkeypatch.setattr(expiry, "does_time_remain", lambda attempt: minutes > 0)
    page = see("timed", S.ready_to_submit)
    page.has_root("sequence timed-exam completed")
    page.has_state_button("exam-action-button", "submit", name="submit-proctored-exam")
    assert (
        bool(page.all("button", "exam-action-button", data_action="start", name="goback-proctored-exam")) is may_go_back
    )


@pytest.mark.contract("page-templates#timed-submitted")
def test_the_page_of_a_submitted_timed_exam_links_to_the_progress_page(see):
    page = see("timed", S.submitted)
    page.has_root("sequence proctored-exam completed")
    assert page.the("a").get("href") == page.context["progress_page_url"]


@pytest.mark.contract("page-templates#waiting-banner")
def test_a_submitted_timed_exam_in_the_grace_period_shows_the_wait_deadline(see):
    page = see("timed", S.submitted, host={"due_date": yesterday(), "grace_period": timedelta(days=2)})
    assert page.the("strong", id="wait_deadline").text
    # In UTC without scripts; a script changes it to the learner's zone.
    time = page.the("time", datetime=page.context["wait_deadline"])
    assert time.text.endswith("UTC")
    assert "js-proctoring-local-time" in time.classes


@pytest.mark.contract(
    "page-templates#enter-proctored",
    "page-templates#ask-opt-out",
    "page-templates#proctored-entrance",
    "page-templates#opt-out-button",
    "page-templates#proctored-footer",
)
@pytest.mark.parametrize("may_opt_out", [True, False])
def test_the_proctored_entrance_page_has_its_root_buttons_and_links(see, may_opt_out):
    page = see("proctored", host={"allow_proctoring_opt_out": may_opt_out})
    page.has_root("sequence proctored-exam entrance")
    page.has_entrance_button(data_attempt_proctored="true", data_start_immediately="false")
    assert page.has_opt_out() is may_opt_out
    assert page.the("a", "footer-link", href=LINKS["faq"], target="_blank", rel="noopener").text
    assert page.has(FAQ)


@pytest.mark.contract(
    "page-templates#confirm-opt-out", "page-templates#cancel-opt-out", "page-templates#opt-out-question"
)
@pytest.mark.parametrize("may_opt_out", [True, False])
def test_opting_out_of_proctoring_is_confirmed_first_where_it_is_allowed(see, may_opt_out):
    page = see("proctored", host={"allow_proctoring_opt_out": may_opt_out})
    assert page.the("div", "proctored-exam skip-confirm-wrapper warning hidden")
    assert page.the("div", "proctored-exam-skip-confirm")
    page.the(
        "button",
        "exam-action-button proctored-exam-skip-confirm-button",
        data_ajax_url=page.enter_url,
        data_exam_id=str(page.exam.id),
        data_attempt_proctored="false",
        data_start_immediately="true",
    )
    page.the("button", "exam-action-button proctored-exam-skip-cancel-button")


@pytest.mark.contract("page-templates#ready-to-resume")
def test_a_released_attempt_offers_to_resume(see):
    page = see("proctored", S.error, ready_to_resume=True, time_remaining_seconds=1200, host=OPEN_TO_ALL)
    page.has_root("sequence proctored-exam entrance")
    page.has_entrance_button(data_attempt_proctored="true", data_start_immediately="false")
    assert page.has_opt_out()
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#prerequisites")
@pytest.mark.parametrize(
    ("status", "root"),
    [
        ("failed", "failure sequence proctored-exam entrance"),
        (None, "warning sequence proctored-exam entrance"),
    ],
    ids=["failed", "pending"],
)
def test_unmet_prerequisites_are_listed_with_links(see, status, root):
    before = {**requirement("before", status, 1), "display_name": "Midterm"}
    other = {**requirement("", status, 2), "display_name": "Verification", "namespace": "reverification"}
    page = see("proctored", host={"credit_state": {"credit_requirement_status": [before, other]}, **OPEN_TO_ALL})
    page.has_root(root)
    assert page.the("a", href=f"/courses/{page.exam.course_id}/jump_to/before").text == "Midterm"
    assert [item.text for item in page.all("li")] == ["Midterm", "Verification"]
    assert page.has_opt_out()
    assert page.has(FAQ)
    assert ("support" in page.html) is (status == "failed")


class TestInstructions:
    @pytest.fixture
    def provider_says(self, test_backend, monkeypatch):
        def answer(**content: Any) -> None:
            monkeypatch.setattr(test_backend, "get_attempt", lambda attempt: content)

        monkeypatch.setattr(test_backend, "get_software_download_url", lambda: None)
        return answer

    @pytest.mark.contract("page-templates#instructions")
    @pytest.mark.parametrize(
        ("url", "start_looks"), [("https://p.example/check", "btn-secondary"), (None, "btn-pl-primary")]
    )
    def test_from_the_provider_are_listed_with_its_system_check(
        self, see, provider_says, test_backend, monkeypatch, url, start_looks
    ):
        monkeypatch.setattr(test_backend, "tech_support_email", "help@p.example", raising=False)
        monkeypatch.setattr(test_backend, "tech_support_phone", "+1 555", raising=False)
        provider_says(instructions=["<b>Install</b> it", "Come back"], download_url=url)
        page = see("proctored", S.created)
        root = page.has_root("sequence proctored-exam instructions message-left-bar")
        assert root["data-exam-started-poll-url"] == page.change_state_url
        assert [item.text.strip() for item in page.all("li")] == ["Install it", "Come back"]
        assert page.the("a", href="mailto:help@p.example")
        assert page.the("button", f"exam-action-button js-start-proctored-exam {start_looks}")
        checks = page.all("button", "exam-action-button", id="software_download_link")
        assert [check["data-action"] for check in checks] == (["click_download_software"] if url else [])
        assert page.has_error_modal()
        assert page.has(FAQ)

    @pytest.mark.contract("page-templates#instructions")
    @pytest.mark.parametrize(("email", "phone"), [("help@p.example", ""), ("", "+1 555")], ids=["mail", "phone"])
    def test_omit_the_providers_support_if_its_address_or_phone_is_missing(
        self, see, provider_says, test_backend, monkeypatch, email, phone
    ):
        monkeypatch.setattr(test_backend, "tech_support_email", email, raising=False)
        monkeypatch.setattr(test_backend, "tech_support_phone", phone, raising=False)
        provider_says(instructions=["Go"])
        assert "If you have trouble with the proctoring software" not in see("proctored", S.created).html

    @pytest.mark.contract("page-templates#exam-code")
    def test_without_text_from_the_provider_show_the_exam_code(self, see, provider_says):
        provider_says(download_url="https://p.example/check")
        page = see("proctored", S.created)
        code = page.the("input", "proctored-exam-code", id="proctored-exam-code")
        assert code["value"] == page.attempt.attempt_code
        assert "readonly" in code
        assert page.the("button", "copy-exam-code-button", id="copy-exam-code")
        assert page.the("button", "exam-action-button", id="software_download_link")
        assert page.all("button", "js-start-proctored-exam") == []

    @pytest.mark.contract("page-templates#decline", "page-templates#instructions-decline")
    @pytest.mark.parametrize(
        ("kind", "host", "offered"),
        [
            ("proctored", OPEN_TO_ALL, True),
            ("proctored", {}, False),
            ("practice", OPEN_TO_ALL, False),
            ("onboarding", OPEN_TO_ALL, False),
        ],
    )
    def test_offer_to_opt_out_where_it_is_allowed(self, see, kind, host, offered):
        page = see(kind, S.created, host=host)
        found = page.all(
            "button",
            "proctored-decline-exam",
            data_action="decline",
            data_exam_id=str(page.exam.id),
            data_change_state_url=page.change_state_url,
        )
        assert bool(found) is offered


@pytest.mark.contract("page-templates#rules")
def test_a_ready_attempt_offers_to_start(see, test_backend, monkeypatch):
    monkeypatch.setattr(test_backend, "get_javascript", lambda: "https://p.example/worker.js")
    page = see("proctored", S.ready_to_start)
    root = page.has_root("sequence proctored-exam success-left-bar instructions")
    assert root["data-exam-started-poll-url"] == page.change_state_url
    button = page.has_state_button("exam-action-button proctored-enter-exam", "start")
    assert button["data-cta-text"] == button.text
    assert button["data-loading-text"]
    assert page.the("a", href=LINKS["online_proctoring_rules"], target="_blank", rel="noopener")
    assert page.the("blockquote").text.strip() == "One sheet"
    assert r"configuredWorkerURL = 'https://p.example/worker.js'" in page.html
    assert page.has_error_modal()
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#ready-to-submit")
def test_a_stopped_proctored_exam_offers_to_submit(see, test_backend, monkeypatch):
    monkeypatch.setattr(test_backend, "get_javascript", lambda: "https://p.example/worker.js")
    page = see("proctored", S.ready_to_submit)
    page.has_root("sequence proctored-exam completed")
    button = page.has_state_button("exam-action-button", "submit", name="submit-proctored-exam")
    assert button["data-cta-text"] == button.text
    assert button["data-loading-text"]
    page.has_state_button("exam-action-button", "start", name="goback-proctored-exam")
    assert "configuredWorkerURL" in page.html
    assert "ProctoringAppPingInterval" not in page.html
    assert page.has_error_modal()
    assert not page.has(FAQ)


@pytest.mark.contract("page-templates#submitted")
@pytest.mark.parametrize(
    ("status", "root"),
    [
        pytest.param(S.submitted, "sequence proctored-exam completed", id="submitted"),
        pytest.param(S.second_review_required, "sequence proctored-exam completed", id="second-review"),
    ],
)
def test_a_submitted_proctored_exam_says_how_long_the_review_takes(see, status, root):
    page = see("proctored", status)
    page.has_root(root)
    assert "five business days" in page.html
    assert page.the("a", href=LINKS["contact_us"])
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#verified", "page-templates#rejected")
@pytest.mark.parametrize(
    ("status", "root"),
    [(S.verified, "success sequence proctored-exam passed"), (S.rejected, "failure sequence proctored-exam")],
)
def test_a_reviewed_proctored_exam_links_to_the_progress_page(see, status, root):
    page = see("proctored", status)
    page.has_root(root)
    assert page.the("a", href=page.context["progress_page_url"])
    assert bool(page.all("a", href=LINKS["contact_us"])) is (status == S.rejected)
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#acknowledge", "page-templates#look-back")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
def test_after_the_due_date_a_result_page_offers_to_see_the_content(see, settings, status):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    page = see("proctored", status, host={"due_date": yesterday()})
    page.the(
        "button",
        "visit-exam-button exam-action-button",
        name="visit-exam-content",
        data_action_url=f"{page.change_state_url}/review_status",
    )


@pytest.mark.contract("page-templates#error")
@pytest.mark.parametrize("has_address", [True, False])
def test_an_attempt_in_error_names_the_course_teams_address_if_there_is_one(see, instructor, has_address):
    if has_address:
        instructor.service.mock_proctoring_escalation_email("team@example.com")
    page = see("proctored", S.error)
    page.has_root("failure sequence proctored-exam")
    assert bool(page.all("a", href="mailto:team@example.com")) is has_address
    assert bool(page.all("a", href=LINKS["contact_us"])) is not has_address
    assert f"Reference for support: {page.attempt.id}" in page.html
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#wrong-browser")
def test_a_running_exam_in_the_wrong_browser_offers_only_to_stop(see, test_backend, monkeypatch):
    monkeypatch.setattr(test_backend, "should_block_access_to_exam_material", lambda: True)
    page = see("proctored", S.started)
    page.has_root("failure sequence proctored-exam")
    page.has_state_button("exam-action-button", "stop")
    assert str(test_backend.verbose_name) in page.html
    assert page.has_error_modal()
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#onboarding-error")
@pytest.mark.parametrize(
    ("status", "heading", "is_sent_there"),
    [
        (S.onboarding_missing, "You must take the onboarding exam first", True),
        (S.onboarding_expired, "Your onboarding profile has expired", True),
        (S.onboarding_failed, "Your onboarding session did not pass the review", True),
        (S.onboarding_pending, "Your onboarding profile is under review", False),
    ],
)
def test_an_onboarding_error_links_to_the_onboarding_exam_unless_it_is_under_review(
    see, status, heading, is_sent_there
):
    onboarding = make_exam("onboarding")
    page = see("proctored", status)
    page.has_root(f"failure sequence proctored-exam {status}")
    assert page.the("h2").text == heading
    links = page.all("a", href=f"/courses/{onboarding.course_id}/jump_to/{onboarding.content_id}")
    assert bool(links) is is_sent_there
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#inactive-account")
def test_an_inactive_account_gets_a_link_to_activate_it(see):
    page = see("proctored", user=make_user(is_active=False))
    page.has_root("failure sequence proctored-exam")
    assert page.the("a", href=page.context["reset_link"])
    assert page.the("a", href=LINKS["contact_us"])
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#error-modal")
def test_the_error_dialog_has_the_published_ids_and_roles(see):
    page = see("proctored", S.ready_to_start)
    dialog = page.the("div", "inner-wrapper", role="dialog")
    title = page.the("h2", id="acessible-error-title")
    assert page.the("div", "modal", id="accessible-error-modal")["aria-hidden"] == "true"
    assert dialog["aria-labelledby"] == title["id"]
    assert dialog["aria-modal"] == "true"
    assert page.the("div", "status message", role="alertdialog")
    assert page.the("p", "message-title")
    assert page.the("button", "close-modal").text.strip()
    assert page.the("button", "dismiss ok-button").text.strip()
    assert page.the("a", id="confirm_open_button", rel="leanModal")["href"] == "#accessible-error-modal"


@pytest.mark.contract("page-templates#practice-entrance", "page-templates#onboarding-entrance")
@pytest.mark.parametrize("kind", ["practice", "onboarding"])
def test_the_practice_entrance_page_has_its_root_and_button(see, kind):
    page = see(kind, host=OPEN_TO_ALL)
    page.has_root("sequence proctored-exam entrance")
    page.has_entrance_button(data_attempt_proctored="true", data_start_immediately="false")
    assert not page.has_opt_out()
    assert page.has(FAQ)


@pytest.mark.contract("page-templates#onboarding-entrance")
@pytest.mark.parametrize("address", ["noreply@p.example", ""])
def test_the_onboarding_entrance_names_the_sender_of_mails_if_the_provider_has_one(
    see, test_backend, monkeypatch, address
):
    monkeypatch.setattr(test_backend, "learner_notification_from_email", address, raising=False)
    assert ("You receive the result by e-mail from" in see("onboarding").html) is bool(address)
    assert ("The result will be shown on this page." in see("onboarding", S.submitted).html) is not bool(address)


@pytest.mark.contract(
    "page-templates#practice-error", "page-templates#practice-submitted", "page-templates#onboarding-retry"
)
@pytest.mark.parametrize(
    ("kind", "status", "root", "has_footer"),
    [
        ("practice", S.error, "failure sequence proctored-exam", True),
        ("practice", S.submitted, "sequence proctored-exam completed", False),
        ("onboarding", S.error, "failure sequence proctored-exam", True),
        ("onboarding", S.submitted, "sequence proctored-exam completed", False),
        ("onboarding", S.rejected, "failure sequence proctored-exam", True),
    ],
)
def test_a_finished_practice_exam_offers_another_try(see, kind, status, root, has_footer):
    page = see(kind, status)
    page.has_root(root)
    button = page.has_state_button("exam-action-button proctored-reset-onboarding", "reset_attempt")
    assert button["data-cta-text"] == button.text
    assert button["data-loading-text"]
    # Starting again discards a submission, so it has to be confirmed.
    waits = (kind, status) == ("onboarding", S.submitted)
    assert ("disabled" in button) is waits
    assert bool(page.all("button", "exam-action-confirm")) is waits
    assert page.has_error_modal(), "for the error of a failed reset"
    assert page.has(FAQ) is has_footer


@pytest.mark.contract("page-templates#onboarding-ready-to-submit")
def test_a_stopped_onboarding_exam_asks_to_submit_the_session(see):
    page = see("onboarding", S.ready_to_submit)
    page.has_root("sequence proctored-exam completed")
    assert "&quot;" not in page.html
    assert 'You must end "Stars" and submit your proctoring session to complete onboarding' in page.html


@pytest.mark.contract("page-templates#onboarding-verified")
def test_a_verified_onboarding_exam_says_that_proctored_exams_can_be_taken(see):
    page = see("onboarding", S.verified)
    page.has_root("success sequence proctored-exam passed")
    assert "you may take the proctored exams of this course" in page.html


@pytest.mark.contract("page-templates#launch-callback")
def test_the_page_for_the_providers_window_loads_nothing():
    html = loader.get_template("proctored_exam/proctoring_launch_callback.html").render({})
    assert "<script" not in html
    assert "src=" not in html
    assert [word in html for word in ("photo ID", "room", "photo of yourself", "Enter your exam")] == [True] * 4


@pytest.mark.contract("page-templates#prerequisites", "page-templates#prerequisites-again")
def test_the_page_of_pending_prerequisites_offers_to_check_again(see):
    before = requirement("before", None, 1)
    page = see("proctored", host={"credit_state": {"credit_requirement_status": [before]}})
    assert page.the("button", "exam-action-button js-proctoring-reload").text == "Check again"
