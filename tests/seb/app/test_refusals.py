"""What a refused request gets: page, frame, courseware page or JSON; in the host's design or plain."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch
from django.utils import translation

from seb_openedx.edxapp_wrapper import edxmako_module
from seb_openedx.middleware import SecureExamBrowserMiddleware
from tests.seb.app.conftest import COURSE, KEY, block, proof
from tests.views.test_callbacks import jwt_settings as jwt_settings
from tests.views.test_callbacks import token_for

pytestmark = pytest.mark.django_db

PAGE = f"/courses/{COURSE}/progress"
SECTION = f"/courses/{COURSE}/courseware/chapter1/sequence1/"
XBLOCK = f"/xblock/{block('problem')}"
HANDLER = f"/courses/{COURSE}/xblock/{block('problem')}/handler/x"


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(params=["mako", "plain"])
def engine(request, host):
    """With the host's Mako pages and without."""
    if request.param == "plain":
        host.settings.SEB_EDXMAKO_MODULE = "no.such.module"
    return request.param


@pytest.mark.contract("safe-exam-browser#refusal", "safe-exam-browser#plain-pages")
def test_a_page(browser, protect, engine):
    protect([KEY])
    answer = browser.get(PAGE)
    page = Page(answer.content.decode())
    assert answer.status_code == 403
    assert "This course opens only in Safe Exam Browser." in page.text
    assert ("The site" in page.text) == ("Course: Demonstration Course" in page.text) == (engine == "mako")
    assert [attrs for attrs in page.of("div") if attrs.get("role") == "alert"]
    assert len(page.of("h1")) == 1
    assert page.of("title")
    assert not page.of("script")


@pytest.mark.contract("safe-exam-browser#refusal", "safe-exam-browser#frame")
@pytest.mark.parametrize(("secure", "scheme"), [(False, "seb"), (True, "sebs")])
def test_a_frame(browser, protect, engine, secure, scheme):
    protect([KEY])
    answer = browser.get(XBLOCK, secure=secure)
    page = Page(answer.content.decode())
    assert answer.status_code == 200  # an error status would hide the message
    assert "X-Frame-Options" not in answer
    assert "This section opens only in Safe Exam Browser." in page.text
    (link,) = [attrs for attrs in page.of("a") if attrs.get("id") == "seb-link-to-unit"]
    assert link["href"] == f"{scheme}://testserver/courses/{COURSE}/jump_to/{block('problem')}"
    assert page.of("script") == [{"src": "/static/seb_openedx/resize.js", "data-origin": "https://apps.example.com"}]


@pytest.mark.contract("safe-exam-browser#refusal")
def test_a_banned_learner_gets_no_link(browser, protect, engine):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    first, second = (Page(browser.get(XBLOCK).content.decode()) for _ in range(2))
    assert "are therefore banned" in first.text
    assert "You are banned" in second.text
    for page in (first, second):
        assert not [attrs for attrs in page.of("a") if attrs.get("id") == "seb-link-to-unit"]


@pytest.mark.contract("safe-exam-browser#refusal")
def test_the_legacy_courseware_page_shows_the_message_in_place_of_the_content(browser, protect, engine):
    protect([KEY])
    answer = browser.get(SECTION)
    assert answer.status_code == 200
    assert answer.content.startswith(b"courseware page: ")
    assert b"This course opens only in Safe Exam Browser." in answer.content


@pytest.mark.contract("safe-exam-browser#refusal")
@pytest.mark.parametrize("missing", ["web_fragments.fragment", "lms.djangoapps.courseware.views.index"])
def test_a_platform_without_that_page_shows_one_of_its_own(browser, protect, monkeypatch, missing):
    protect([KEY])
    assert browser.get("/dashboard").status_code == 200  # the URLs are loaded
    monkeypatch.setitem(sys.modules, missing, None)
    assert browser.get(SECTION).status_code == 403


def test_threads_do_not_share_the_message_of_the_courseware_page(host, middleware, request_factory, monkeypatch):
    page = import_module("lms.djangoapps.courseware.views.index").CoursewareIndex
    both_know_their_message = threading.Barrier(2)
    original = page.get

    def get(self: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        both_know_their_message.wait(timeout=10)
        return original(self, request, *args, **kwargs)

    monkeypatch.setattr(page, "get", get)

    def is_told_of_a_ban(banned: bool) -> bool:
        context = {"banned": banned, "is_new_ban": False}
        answer = middleware.courseware_error_response(request_factory.get(SECTION), context)
        return b"You are banned" in answer.content

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(is_told_of_a_ban, [True, False])) == [True, False]


@pytest.mark.contract("safe-exam-browser#program")
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param(f"/api/grades/v1/courses/{COURSE}/", {}, id="api"),
        pytest.param(PAGE, {"HTTP_ACCEPT": "application/json"}, id="json"),
        pytest.param(PAGE, {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, id="script"),
        pytest.param(HANDLER, {}, id="answer"),
    ],
)
def test_a_program_gets_json(browser, protect, path, headers):
    protect(CONFIG_KEYS=[KEY], USER_BANNING_ENABLED=True)
    answer = browser.get(path, **headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "seb_banned"
    protect(CONFIG_KEYS=[KEY])
    answer = browser.get(path, **headers).json()
    link = f"seb://testserver/courses/{COURSE}/jump_to/{block('problem')}" if path == HANDLER else None
    assert answer == {
        "detail": "This course opens only in Safe Exam Browser.",
        "code": "seb_required",
        "launch_url": link,
    }


@pytest.mark.contract("safe-exam-browser#caches")
def test_what_caches_may_keep(browser, protect):
    protect([KEY])
    refused, granted = browser.get(PAGE), browser.get(PAGE, **proof(KEY, PAGE))
    assert refused["Cache-Control"] == "no-store"
    assert granted["Cache-Control"] == "private"
    for answer in (refused, granted):
        assert "X-SafeExamBrowser-ConfigKeyHash" in answer["Vary"]
        assert "X-SafeExamBrowser-RequestHash" in answer["Vary"]
    untouched = browser.get("/courses/course-v1:a+b+c/progress")
    assert "Cache-Control" not in untouched
    assert "SafeExam" not in untouched.get("Vary", "")


def test_pages_speak_the_language_of_the_learner(host, engine):
    with translation.override("ar"):
        page = Page(edxmako_module.render_to_string("seb-xblock.html", {}))
    assert page.of("html") == [{"lang": "ar", "dir": "rtl"}]
    assert "لا يُفتح هذا القسم إلا في Safe Exam Browser." in page.text


def test_a_link_is_escaped(host, engine):
    html = edxmako_module.render_to_string("seb-xblock.html", {"jump_to_link": 'seb://x/"><script>alert(1)</script>'})
    assert "<script>alert" not in html


def test_a_course_that_the_host_does_not_have_is_not_found(browser, host):
    host.settings.SAFE_EXAM_BROWSER = {"course-v1:a+b+c": [KEY]}
    assert browser.get("/courses/course-v1:a+b+c/progress").status_code == 404


@pytest.mark.parametrize("name", ["seb-403.html", "seb-403-error-message.html", "seb-xblock.html"])
def test_every_page_renders_without_anything_in_its_context(host, engine, name):
    assert "Safe Exam Browser" in edxmako_module.render_to_string(name, {})
    assert edxmako_module.render_to_response(name, {}, status=403).status_code == 403


def test_a_broken_theme_gives_the_plain_page(browser, host, protect, monkeypatch, caplog):
    from common.djangoapps.edxmako import shortcuts

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise NameError("a variable of another release")

    monkeypatch.setattr(shortcuts, "render_to_string", fail)
    protect([KEY])
    for _ in range(2):
        answer = browser.get(PAGE)
        assert answer.status_code == 403
        assert b"This course opens only in Safe Exam Browser." in answer.content
    assert caplog.text.count("a plain page is shown") == 1


def test_the_templates_are_registered_once(host):
    from importlib import reload

    from common.djangoapps.edxmako import paths

    backend = import_module("seb_openedx.edxapp_wrapper.backends.edxmako_module_n_v1")
    reload(backend)
    assert [str(folder) for folder in paths.LOOKUP["main"].directories].count(str(backend.TEMPLATES)) == 1


class Odd:
    """A view that is no function and has no name."""

    def __call__(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("odd")


@pytest.mark.parametrize("view", [Odd(), partial(Odd(), x=1), partial(print)], ids=["instance", "partial", "builtin"])
def test_odd_views_are_refused_as_any(host, protect, middleware, view):
    protect([KEY])
    request = RequestFactory().get(PAGE)
    request.resolver_match = ResolverMatch(view, (), {"course_id": COURSE})
    answer = middleware.process_view(request, view, (), {"course_id": COURSE})
    assert answer.status_code == 403


@pytest.mark.parametrize("missing", ["user", "session", "resolver_match"])
def test_a_request_that_lacks_parts_is_refused_as_any(host, protect, middleware, missing, learner):
    protect([KEY])
    request = RequestFactory().get(PAGE)
    request.user, request.session = learner, {}
    request.resolver_match = ResolverMatch(Odd(), (), {})
    delattr(request, missing)
    assert middleware.process_view(request, Odd(), (), {"course_id": COURSE}).status_code == 403


def test_a_subclass_counts_under_its_own_path(settings):
    class Subclass(SecureExamBrowserMiddleware):
        pass

    settings.MIDDLEWARE = [f"{__name__}.{Subclass.__qualname__}"]
    assert Subclass.is_installed()
    assert not SecureExamBrowserMiddleware.is_installed()


@pytest.mark.contract("safe-exam-browser#token-of-staff")
def test_a_token_of_staff_passes_where_staff_do(host, protect, staff, learner, jwt_settings):
    protect([KEY])
    path = f"/api/grades/v1/courses/{COURSE}/"

    def status(token: str) -> int:
        return Client().get(path, headers={"Authorization": token}).status_code

    assert status(token_for(staff.username)) == 200
    for refused in (token_for(learner.username), token_for("nobody"), "JWT forged", "JWT ", "Basic x"):
        assert status(refused) == 403
    protect(CONFIG_KEYS=[KEY], PERMISSION_COMPONENTS=["CheckSEBHashConfigKey"])
    assert status(token_for(staff.username)) == 403


@pytest.mark.contract("safe-exam-browser#token-of-staff")
@pytest.mark.parametrize("has_public_keys", [True, False], ids=["public-keys", "no-public-keys"])
def test_a_token_with_a_forged_signature_passes_nowhere(host, protect, staff, jwt_settings, has_public_keys):
    if not has_public_keys:
        # The host's library verifies no signature then.
        host.settings.JWT_AUTH = {**host.settings.JWT_AUTH, "JWT_PUBLIC_SIGNING_JWK_SET": None}
    protect([KEY])
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forger = Client(headers={"Authorization": token_for(staff.username, key=key)})
    for path in (
        f"/api/grades/v1/courses/{COURSE}/",
        f"/seb-openedx/api/v1/course/{COURSE}/configuration/",
        f"/seb-openedx/api/v2/courses/{COURSE}/exams",
    ):
        assert forger.get(path).status_code == 403
