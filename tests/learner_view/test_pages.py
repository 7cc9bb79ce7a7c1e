"""Rules for every page: valid markup, blocks for themes, and escaped text from outside."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.template import loader
from django.test import override_settings

import edx_proctoring
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user
from tests.learner_view.conftest import tomorrow, yesterday
from tests.learner_view.test_decision_tables import ONBOARDING, PRACTICE, PROCTORED, TIMED, resolve

TEMPLATES = Path(edx_proctoring.__file__).parent / "templates"

# Every path of contract/page-templates#paths. A theme may override each of them.
PATHS = [
    "timed_exam/entrance.html",
    "timed_exam/footer.html",
    "timed_exam/expired.html",
    "timed_exam/ready_to_submit.html",
    "timed_exam/submitted.html",
    "common/waiting_banner.html",
    "proctored_exam/entrance.html",
    "proctored_exam/expired.html",
    "proctored_exam/ready_to_resume.html",
    "proctored_exam/proctoring_opt_out_button.html",
    "proctored_exam/confirm-decline.html",
    "proctored_exam/footer.html",
    "proctored_exam/pending-prerequisites.html",
    "proctored_exam/failed-prerequisites.html",
    "proctored_exam/instructions.html",
    "proctored_exam/ready_to_start.html",
    "proctored_exam/ready_to_submit.html",
    "proctored_exam/submitted.html",
    "proctored_exam/verified.html",
    "proctored_exam/rejected.html",
    "proctored_exam/visit_exam_content.html",
    "proctored_exam/error.html",
    "proctored_exam/error_wrong_browser.html",
    "proctored_exam/onboarding_error.html",
    "proctored_exam/inactive_account.html",
    "proctored_exam/error_modal.html",
    "proctored_exam/proctoring_launch_callback.html",
    "practice_exam/entrance.html",
    "practice_exam/error.html",
    "practice_exam/submitted.html",
    "onboarding_exam/entrance.html",
    "onboarding_exam/error.html",
    "onboarding_exam/submitted.html",
    "onboarding_exam/ready_to_submit.html",
    "onboarding_exam/verified.html",
    "onboarding_exam/rejected.html",
    "emails/proctoring_attempt_submitted_email.html",
    "emails/proctoring_attempt_satisfactory_email.html",
    "emails/proctoring_attempt_unsatisfactory_email.html",
]

BLOCKS = {
    "proctored_exam/ready_to_submit.html": ["additional_exhortation"],
    "proctored_exam/verified.html": ["title", "body"],
    "proctored_exam/rejected.html": ["title", "body", "footer_content"],
    "practice_exam/entrance.html": ["title", "body", "cta_copy", "cta_subtitle"],
    "practice_exam/error.html": ["title", "secondary_heading", "body_text"],
    "practice_exam/submitted.html": ["title", "body"],
    "emails/proctoring_attempt_submitted_email.html": ["introduction", "status_information"],
    "emails/proctoring_attempt_satisfactory_email.html": ["introduction", "status_information", "contact_information"],
    "emails/proctoring_attempt_unsatisfactory_email.html": [
        "introduction",
        "status_information",
        "contact_information",
    ],
}

# How the class list of each page's root starts, because style sheets of hosts select it.
ROOTS = {
    "timed_exam/entrance.html": "sequence timed-exam entrance",
    "timed_exam/expired.html": "sequence proctored-exam completed",
    "timed_exam/ready_to_submit.html": "sequence timed-exam completed",
    "timed_exam/submitted.html": "sequence proctored-exam completed",
    "timed_exam/error.html": "failure sequence timed-exam",
    "proctored_exam/entrance.html": "sequence proctored-exam entrance",
    "proctored_exam/expired.html": "sequence proctored-exam completed",
    "proctored_exam/ready_to_resume.html": "sequence proctored-exam entrance",
    "proctored_exam/instructions.html": "sequence proctored-exam instructions message-left-bar",
    "proctored_exam/ready_to_start.html": "sequence proctored-exam success-left-bar instructions",
    "proctored_exam/ready_to_submit.html": "sequence proctored-exam completed",
    "proctored_exam/submitted.html": "sequence proctored-exam completed",
    "proctored_exam/verified.html": "success sequence proctored-exam passed",
    "proctored_exam/rejected.html": "failure sequence proctored-exam",
    "proctored_exam/error.html": "failure sequence proctored-exam",
    "proctored_exam/onboarding_error.html": "failure sequence proctored-exam onboarding_",
    "practice_exam/entrance.html": "sequence proctored-exam entrance",
    "practice_exam/error.html": "failure sequence proctored-exam",
    "practice_exam/submitted.html": "sequence proctored-exam completed",
    "onboarding_exam/entrance.html": "sequence proctored-exam entrance",
    "onboarding_exam/error.html": "failure sequence proctored-exam",
    "onboarding_exam/submitted.html": "sequence proctored-exam completed",
    "onboarding_exam/ready_to_submit.html": "sequence proctored-exam completed",
    "onboarding_exam/verified.html": "success sequence proctored-exam passed",
    "onboarding_exam/rejected.html": "failure sequence proctored-exam",
    "common/no_time_left.html": "warning sequence proctored-exam",
    "common/unexpected_state.html": "warning sequence proctored-exam",
}

VOID = {"br", "input", "img", "meta", "link", "hr"}


class Outline(HTMLParser):
    """Finds faults that a browser repairs silently: wrong nesting, double ids, headings out of order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.buttons: list[dict[str, Any]] = []
        self.roots: list[str] = []
        self.feed(html)
        self.faults += [f"unclosed <{tag}>" for tag in self.open]
        self.faults += [f"id {name} twice" for name in {i for i in self.ids if self.ids.count(i) > 1}]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        if not self.open and tag == "div":
            self.roots.append(attributes.get("class", ""))
        if tag in {"a", "button", "p", "div", "ul", "ol"} and "button" in self.open:
            self.faults.append(f"<{tag}> in a button")
        if tag in {"div", "ul", "ol", "p", "h2", "h3", "blockquote"} and "p" in self.open:
            self.faults.append(f"<{tag}> in a paragraph")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "button":
            self.buttons.append(attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"stray </{tag}>")


@pytest.mark.contract("page-templates#paths")
def test_every_path_of_the_contract_exists():
    for path in PATHS:
        loader.get_template(path)


@pytest.mark.contract("page-templates#blocks")
@pytest.mark.parametrize(("path", "blocks"), BLOCKS.items())
def test_the_blocks_that_themes_override_exist(path, blocks):
    source = (TEMPLATES / path).read_text()
    assert [name for name in blocks if f"{{% block {name} %}}" not in source] == []


@pytest.mark.contract("host-integration#style-classes")
def test_no_style_sheet_is_shipped_or_loaded():
    package = TEMPLATES.parent
    static = package / "static" / "proctoring"
    # The opt-in app has whole pages of its own; its style sheet hides the exam while it is covered. The exam desk is
    # off by default, and its loader adds the sheet where it is on.
    desk = [static / "css" / "desk", static / "js" / "desk", static / "js" / "desk_loader.js"]
    opt_in = [package / "constructor", *desk]
    files = [path for path in package.rglob("*") if not any(path.is_relative_to(part) for part in opt_in)]
    assert [path for path in files if path.suffix in {".css", ".scss", ".less"}] == []
    texts = {path: path.read_text() for path in files if path.suffix in {".html", ".underscore", ".js"}}
    assert len(texts) > 50
    assert [
        path for path, text in texts.items() if re.search(r"rel=.?stylesheet|<style|createElement\(.style", text)
    ] == []


@pytest.mark.contract("learner-pages#reverse")
@pytest.mark.parametrize("path", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")))
def test_templates_contain_no_url_tag(path):
    # Outside suites patch ``reverse`` for a whole test, and a {% url %} tag would call the patched function.
    assert "{% url" not in (TEMPLATES / path).read_text()


def every_page() -> list[Any]:
    rows = []
    for kind, table in (("timed", TIMED), ("practice", PRACTICE), ("onboarding", ONBOARDING), ("proctored", PROCTORED)):
        for row in table:
            status, host, attempt, expected = row.values
            if expected is not None:
                rows.append(pytest.param(kind, status, host, attempt, expected, id=f"{kind}-{row.id}"))
    return rows


@pytest.mark.contract("page-templates#roots", "page-templates#markup", "host-integration#style-classes")
@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status", "host", "attempt", "expected"), every_page())
def test_a_page_is_well_formed(look, kind, status, host, attempt, expected):
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status, **attempt)
    html = look(exam, user, allow_proctoring_opt_out=True, **resolve(host)).html
    outline = Outline(html)
    assert outline.faults == []
    assert outline.headings[0] == 2
    assert "{%" not in html
    assert "{{" not in html
    assert "{#" not in html
    assert outline.roots[0].startswith(ROOTS[expected])
    assert [button for button in outline.buttons if button.get("type") != "button"] == []


@pytest.mark.contract("page-templates#paths")
@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status", "host", "attempt", "expected"), every_page())
def test_a_theme_may_replace_a_page(look, theme, kind, status, host, attempt, expected):
    theme(expected, "the theme's own words about exam {{ exam_id }}")
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status, **attempt)
    assert look(exam, user, **resolve(host)).html == f"the theme's own words about exam {exam.id}"


@pytest.mark.contract("page-templates#blocks")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "block", "kind", "status"),
    [
        (path, block, kind, status)
        for path, kind, status in [
            ("proctored_exam/ready_to_submit.html", "proctored", S.ready_to_submit),
            ("proctored_exam/verified.html", "proctored", S.verified),
            ("proctored_exam/rejected.html", "proctored", S.rejected),
            ("practice_exam/entrance.html", "practice", None),
            ("practice_exam/error.html", "practice", S.error),
            ("practice_exam/submitted.html", "practice", S.submitted),
        ]
        for block in BLOCKS[path]
    ],
)
def test_a_theme_may_replace_a_block(look, theme, path, block, kind, status):
    # The theme's template extends the shipped one under the same path, which works because the loader skips a template
    # that is being extended.
    theme(path, f'{{% extends "{path}" %}}{{% block {block} %}}the theme\'s own words{{% endblock %}}')
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status)
    html = look(exam, user).html
    assert "the theme's own words" in html
    assert f'data-exam-id="{exam.id}"' in html


@pytest.mark.django_db
def test_a_large_id_has_no_thousands_separator(look):
    with override_settings(USE_THOUSAND_SEPARATOR=True, LANGUAGE_CODE="en"):
        exam, user = make_exam("timed", id=1234567), make_user()
        html = look(exam, user).html
    assert 'data-exam-id="1234567"' in html


@pytest.mark.contract("page-templates#escaped")
@pytest.mark.django_db
def test_markup_in_an_exams_name_is_escaped(look):
    html = look(make_exam("timed", exam_name="<script>x</script>"), make_user()).html
    assert "<script>x" not in html
    assert "&lt;script&gt;x" in html


@pytest.mark.contract("page-templates#sanitised", "page-templates#escaped")
@pytest.mark.django_db
class TestProviderContent:
    @pytest.fixture
    def answer(self, test_backend, monkeypatch):
        def give(**content: Any) -> None:
            monkeypatch.setattr(test_backend, "get_attempt", lambda attempt: content)

        return give

    def page(self, look: Any) -> str:
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.created)
        return look(exam, user).html

    def test_instructions_keep_inline_markup_and_links(self, look, answer):
        answer(instructions=['<b>Read</b> <a href="https://p.example/help">this</a> & go'])
        html = self.page(look)
        assert "<b>Read</b>" in html
        assert 'href="https://p.example/help"' in html
        assert 'rel="noopener noreferrer"' in html
        assert "&amp; go" in html

    @pytest.mark.parametrize(
        "attack",
        [
            pytest.param("<script>alert(1)</script>", id="script"),
            pytest.param('<img src=x onerror="alert(1)">', id="event-handler"),
            pytest.param('<a href="javascript:alert(1)">x</a>', id="javascript-link"),
            pytest.param('<iframe src="https://p.example"></iframe>', id="frame"),
            pytest.param("</li></ol></div><h1>Fake</h1>", id="breaking-out"),
        ],
    )
    def test_instructions_lose_scripts_and_markup_that_breaks_the_page(self, look, answer, attack):
        answer(instructions=[attack])
        html = self.page(look)
        assert attack not in html
        assert "<script>alert" not in html
        assert not re.search(r"onerror|javascript:|<iframe|<h1", html)
        assert Outline(html).faults == []

    @pytest.mark.parametrize(
        ("url", "offered"),
        [
            ("https://p.example/software", True),
            ("http://p.example/software", True),
            ("javascript:alert(1)", False),
            ("data:text/html,x", False),
            ("proctor://start", False),
            ("http://[broken", False),
        ],
    )
    def test_the_link_to_the_system_check_must_be_a_web_url(self, look, answer, url, offered):
        answer(instructions=["Go"], download_url=url)
        assert ('id="software_download_link"' in self.page(look)) is offered

    def test_a_setting_can_allow_the_url_scheme_of_a_program(self, look, answer, settings):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DOWNLOAD_URL_SCHEMES": ["proctor"]}
        answer(instructions=["Go"], download_url="proctor://start")
        assert 'data-download-url="proctor://start"' in self.page(look)

    def test_a_worker_url_cannot_break_out_of_its_script_tag(self, look, test_backend, monkeypatch):
        monkeypatch.setattr(test_backend, "get_javascript", lambda: "</script><script>alert('x')//")
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.ready_to_start)
        assert "</script><script>alert" not in look(exam, user).html


@pytest.mark.contract("provider-interface#doubles", "page-context#provider-doubles")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "status", [None, S.created, S.ready_to_start, S.ready_to_submit, S.submitted, S.verified, S.error]
)
def test_a_page_is_shown_for_a_mocked_provider(look, backends_registry, status):
    exam, user = make_exam(), make_user()
    if status is not None:
        make_attempt(exam, user, status)
    # Outside suites replace the provider by a MagicMock.
    backends_registry["test"] = MagicMock(
        should_block_access_to_exam_material=MagicMock(return_value=False), supports_onboarding=False
    )
    assert look(exam, user).html


@pytest.mark.contract("learner-pages#reverse", "learner-pages#rendering")
@pytest.mark.django_db
@pytest.mark.parametrize("due_date", [yesterday, tomorrow])
def test_a_page_is_shown_while_reverse_is_patched(look, monkeypatch, due_date):
    monkeypatch.setattr("django.urls.reverse", MagicMock)
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.submitted)
    assert look(exam, user, due_date=due_date()).html


@pytest.mark.django_db
def test_a_page_without_the_course_page_links_to_the_course(look):
    exam, user = make_exam("timed"), make_user()
    html = look(exam, user).html
    assert re.search(rf'class="hidden js-proctoring-elsewhere">\s*<a href="/courses/{re.escape(exam.course_id)}', html)


@pytest.mark.contract("page-templates#nonce")
@pytest.mark.django_db
def test_inline_scripts_carry_the_hosts_nonce(look):
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.ready_to_start)
    html = look(exam, user, csp_nonce="abc123").html
    assert html.count("<script") == html.count('<script nonce="abc123"')


@pytest.mark.contract("accessibility#new-window")
@pytest.mark.parametrize("path", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")))
def test_a_link_that_opens_a_window_says_so(path):
    source = (TEMPLATES / path).read_text()
    for link in re.findall(r"<a [^>]*target=\"_blank\".*?</a>", source, re.DOTALL):
        assert 'rel="noopener"' in link
        assert "(opens in a new window)" in link
    for button in re.findall(r"<button [^>]*data-download-url.*?</button>", source, re.DOTALL):
        assert "(opens in a new window)" in button


@pytest.mark.contract("accessibility#no-pause")
@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status"), [("timed", None), ("proctored", S.ready_to_start)])
def test_before_the_start_the_page_says_that_the_clock_cannot_be_paused(look, kind, status):
    exam, user = make_exam(kind), make_user()
    if status:
        make_attempt(exam, user, status)
    html = " ".join(look(exam, user).html.split())
    assert re.search("cannot be (stopped or )?paused", html)
    assert "When the time is up" in html
