"""Every address of the app: who may call it, what it makes of odd input, and what it asks the database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, resolve, reverse

from edx_proctoring import runtime
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import receivers, urls
from edx_proctoring.constructor.middleware import ProctoredFramingMiddleware
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorExamSettings, ConstructorSession, State
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories
from tests.views.conftest import CourseStaff

from .account import FRAMED, PREFIX, VENDOR, Vendor, logged_in, send, set_options
from .pages import ORIGIN, Page

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "stranger", "owner", "course_staff", "foreign_staff", "global_staff")
METHODS = ("get", "head", "post", "put", "patch", "delete")

# Name of the address → method → role → status; ``*`` for the roles that are not named.
TABLE: dict[str, dict[str, dict[str, int]]] = {
    # A foreign session is not found: its id tells nothing.
    "launch": {"get": {"owner": 200, "anonymous": 302, "*": 404}},
    # A refusal is a page with status 200; which role gets which is tested below.
    "entry": {"get": {"*": 200}},
    "entry_with_token": {"get": {"*": 200}},
    "finished": {"get": {"*": 200}},
    "archive": {"get": {"course_staff": 200, "global_staff": 200, "anonymous": 302, "*": 404}},
    "verify": {"post": {"owner": 200, "*": 403}},
    "status": {"get": {"owner": 200, "*": 403}},
    # The vendor's token decides, and nobody's login.
    "webhook": {"post": {"*": 401}},
    "exam_settings": {
        "get": {"course_staff": 200, "global_staff": 200, "*": 403},
        "put": {"course_staff": 200, "global_staff": 200, "*": 403},
        "delete": {"course_staff": 204, "global_staff": 204, "*": 403},
    },
}
BODIES: dict[str, Any] = {
    "verify": {"origin": VENDOR, "form": "string"},
    "exam_settings": {"overrides": {"mode": "online"}},
    "webhook": {},
}
ENTRY_CODES = {"owner": 'data-proctoring-guard="locked"', "anonymous": "login_required", "*": "wrong_user"}


@pytest.fixture
def people(exam: ProctoredExam, learner: User) -> dict[str, User | None]:
    """One user per role."""
    staff, foreign = factories.make_user(), factories.make_user()
    runtime.set_runtime_service(
        "instructor",
        CourseStaff({staff: [exam.course_id], foreign: ["course-v1:Other+C+1"]}),  # type: ignore[arg-type]
    )
    return {
        "anonymous": None,
        "stranger": factories.make_user(),
        "owner": learner,
        "course_staff": staff,
        "foreign_staff": foreign,
        "global_staff": factories.make_staff(),
    }


@pytest.fixture
def address_of(session: ConstructorSession, exam: ProctoredExam) -> Callable[[str], str]:
    """Return the address of a name, about the session or its exam."""
    arguments: dict[str, list[Any]] = {
        "webhook": ["constructor", "agreement"],
        "exam_settings": [exam.pk],
        "entry_with_token": [session.session_id, "x"],
    }

    def address(name: str) -> str:
        return reverse(
            f"edx_proctoring:edx_proctoring_constructor:{name}", args=arguments.get(name, [session.session_id])
        )

    return address


@pytest.fixture
def call(page: Page, people: dict[str, User | None], address_of: Callable[[str], str]) -> Callable[..., HttpResponse]:
    """Send a request as a role, as our own page does where there is one."""
    page.verify()
    page_token = page.config["pageToken"]

    def sent(role: str, method: str, name: str, body: Any = None) -> HttpResponse:
        user = people[role]
        client = Client() if user is None else logged_in(user)
        options: dict[str, Any] = {"headers": {**FRAMED, "X-Proctoring-Page-Token": page_token}}
        if method in ("post", "put", "patch", "delete"):
            options |= {
                "data": json.dumps(BODIES.get(name, {}) if body is None else body),
                "content_type": "application/json",
            }
        return getattr(client, method)(address_of(name), **options)  # type: ignore[no-any-return]

    return sent


@pytest.mark.contract("constructor#permissions")
class TestPermissions:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize(
        ("name", "method"),
        [pytest.param(name, method, id=f"{method}-{name}") for name, row in TABLE.items() for method in row],
    )
    def test_each_role(self, call: Callable[..., HttpResponse], name: str, method: str, role: str) -> None:
        expected = TABLE[name][method]
        answer = call(role, method, name)
        assert answer.status_code == expected.get(role, expected.get("*"))
        # A page that is not found is the host's.
        assert answer.status_code == 404 or "no-store" in answer["Cache-Control"]

    @pytest.mark.parametrize("role", ROLES)
    def test_only_the_learner_gets_the_covered_page(self, call: Callable[..., HttpResponse], role: str) -> None:
        content = call(role, "get", "entry").content.decode()
        assert ENTRY_CODES.get(role, ENTRY_CODES["*"]) in content
        assert ("pageToken" in content) is (role == "owner")

    @pytest.mark.parametrize(
        ("name", "method"),
        [
            pytest.param(name, method, id=f"{method}-{name}")
            for name, row in TABLE.items()
            for method in METHODS
            if method not in row and not (name == "exam_settings" and method == "head")
        ],
    )
    def test_no_other_method(self, call: Callable[..., HttpResponse], name: str, method: str) -> None:
        assert call("global_staff", method, name).status_code == 405

    def test_every_address_is_in_the_table(self) -> None:
        named = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
        assert named == TABLE.keys()

    @pytest.mark.parametrize("name", ["launch", "entry", "finished", "archive"])
    def test_pages_say_how_they_may_be_handled(self, call: Callable[..., HttpResponse], name: str) -> None:
        answer = call("global_staff" if name == "archive" else "owner", "get", name)
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]

    @pytest.mark.parametrize(("name", "is_framed"), [("launch", False), ("archive", False), ("entry", True)])
    def test_only_pages_for_the_frame_name_the_vendor(
        self, call: Callable[..., HttpResponse], name: str, is_framed: bool
    ) -> None:
        answer = call("global_staff" if name == "archive" else "owner", "get", name)
        ancestors = answer["Content-Security-Policy"].partition("frame-ancestors")[2].partition(";")[0]
        assert (VENDOR in ancestors) is is_framed

    def test_no_address_runs_inside_a_transaction_of_the_host(self) -> None:
        for pattern in urls.urlpatterns:
            assert "default" in getattr(pattern.callback, "_non_atomic_requests", set()), pattern


class TestBadInput:
    @pytest.mark.parametrize(
        "session_id",
        [
            pytest.param("A" * 32, id="capitals"),
            pytest.param("a" * 31, id="short"),
            pytest.param("a" * 33, id="long"),
            pytest.param("g" * 32, id="not-hexadecimal"),
            pytest.param("%00" * 32, id="nul"),
            pytest.param("..%2f..", id="path"),
            pytest.param("f" * 32, id="unknown"),
            pytest.param("\N{ARABIC-INDIC DIGIT ONE}" * 32, id="other-digits"),
        ],
    )
    @pytest.mark.parametrize("path", ["launch/{}/", "entry/{}/", "finished/{}/", "archive/{}/", "session/{}/status"])
    def test_an_id_that_no_session_has_is_not_found(
        self, provider: ConstructorProctoringProvider, db: Any, path: str, session_id: str
    ) -> None:
        client = logged_in(factories.make_staff())
        assert client.get(f"{PREFIX}/{path.format(session_id)}").status_code == 404

    @pytest.mark.parametrize(("backend", "kind"), [("%00", "review"), ("x" * 3000, "review"), ("constructor", "%00")])
    def test_a_webhook_of_nobody_is_not_found(self, provider: Any, backend: str, kind: str) -> None:
        assert Client().post(f"{PREFIX}/{backend}/webhooks/{kind}").status_code == 404

    @pytest.mark.parametrize(
        "token", [pytest.param("x" * 4000, id="long"), pytest.param("a.b:c-d", id="odd"), pytest.param("_", id="short")]
    )
    def test_an_entry_token_that_we_did_not_make_logs_nobody_in(
        self, session: ConstructorSession, provider: ConstructorProctoringProvider, vendor: Vendor, token: str
    ) -> None:
        set_options(provider, entry_login=True)
        client = Client()
        client.get(f"{PREFIX}/entry/{session.session_id}/{token}/{ORIGIN}", headers=FRAMED)
        assert not client.session.get("_auth_user_id")

    def test_a_provider_that_is_not_configured_any_more_is_not_found(
        self, page: Page, provider: ConstructorProctoringProvider, browser: Client
    ) -> None:
        set_options(provider, jwt_secret="short")
        for path in ("launch", "entry", "finished"):
            assert browser.get(f"{PREFIX}/{path}/{page.session.session_id}/").status_code == 404
        assert send("agreement", {"sessionId": page.session.session_id}).status_code == 401


@pytest.mark.contract("constructor#exam-settings")
class TestExamSettings:
    def test_they_are_kept_and_told(self, call: Callable[..., HttpResponse], exam: ProctoredExam) -> None:
        answer = json.loads(call("course_staff", "put", "exam_settings", {"overrides": {"mode": "online"}}).content)
        assert answer == json.loads(call("course_staff", "get", "exam_settings").content)
        assert (answer["exam_id"], answer["overrides"]) == (exam.pk, {"mode": "online"})
        assert answer["account"]["mode"] == "offline"
        assert "jwt_secret" not in answer["account"]
        row = ConstructorExamSettings.objects.get()
        assert (row.course_id, row.content_id) == (exam.course_id, exam.content_id)

    def test_a_second_time_replaces_the_first(self, call: Callable[..., HttpResponse]) -> None:
        call("course_staff", "put", "exam_settings", {"overrides": {"mode": "online", "schedule": True}})
        call("course_staff", "put", "exam_settings", {"overrides": {"schedule": False}})
        assert ConstructorExamSettings.objects.get().overrides == {"schedule": False}

    @pytest.mark.parametrize("how", ["delete", "put"])
    def test_none_leave_no_row(self, call: Callable[..., HttpResponse], how: str) -> None:
        call("course_staff", "put", "exam_settings", {"overrides": {"mode": "online"}})
        call("course_staff", how, "exam_settings", {"overrides": {}})
        assert not ConstructorExamSettings.objects.exists()

    @pytest.mark.parametrize(
        ("body", "part"),
        [
            pytest.param({}, "must have 'overrides'", id="nothing"),
            pytest.param([], "must be an object", id="a-list"),
            pytest.param({"overrides": None}, "must be an object", id="null"),
            pytest.param({"overrides": [1]}, "must be an object", id="list"),
            pytest.param({"overrides": {"mode": "sometimes"}}, "mode must be one of", id="another-mode"),
            pytest.param({"overrides": {"mode": ["online"]}}, "mode must be one of", id="mode-is-a-list"),
            pytest.param({"overrides": {"jwt_secret": "x"}}, "cannot be set for a single exam", id="not-for-exams"),
            pytest.param({"overrides": {"\x00": 1}}, "cannot be set for a single exam", id="nul"),
            pytest.param({"overrides": {"rules": {"a": "x" * 20_000}}}, "at most 16000", id="too-long"),
            pytest.param({"overrides": {"user_agreement_url": "javascript:alert(1)"}}, "https address", id="script"),
        ],
    )
    def test_what_is_wrong_is_said(self, call: Callable[..., HttpResponse], body: Any, part: str) -> None:
        answer = call("course_staff", "put", "exam_settings", body)
        assert answer.status_code == 400
        assert part in json.loads(answer.content)["detail"]
        assert not ConstructorExamSettings.objects.exists()

    def test_an_exam_of_another_provider_has_none(self, people: dict[str, User | None]) -> None:
        other = factories.make_exam()
        staff = people["global_staff"]
        assert staff is not None
        answer = logged_in(staff).get(f"{PREFIX}/exam/{other.pk}/settings")
        assert (answer.status_code, "is not proctored by" in answer.json()["detail"]) == (400, True)
        assert logged_in(staff).get(f"{PREFIX}/exam/999999/settings").status_code == 400

    def test_text_that_no_database_stores_is_replaced(self, call: Callable[..., HttpResponse]) -> None:
        body = {"overrides": {"rules": {"custom_rules": "a\x00\ud800b"}}}
        assert call("course_staff", "put", "exam_settings", body).status_code == 200
        assert "\x00" not in json.dumps(ConstructorExamSettings.objects.get().overrides)


SIZES = (5, 50)
# The most queries of each address, the login's two included.
BUDGETS = {
    "launch": 24,
    "entry": 12,
    "verify": 22,
    "status": 8,
    "finished": 1,
    "archive": 3,
    "exam_settings": 5,
    "webhook": 6,
}


@pytest.mark.contract("constructor#costs")
class TestCosts:
    def grow(self, size: int, learner: User, exam: ProctoredExam) -> None:
        """So many other sessions and events of the learner, and sessions of others at the same exam."""
        subject = ConstructorSession.objects.get(user_subject__gt="", attempt_id__isnull=False).user_subject
        rows = [
            ConstructorSession(
                session_id=f"{number:032x}",
                backend="constructor",
                attempt_code=f"code-{number}",
                user_id=learner.pk if number % 2 else 10_000 + number,
                user_subject=subject if number % 2 else f"s{number}",
                course_id=exam.course_id,
                content_id=exam.content_id if number % 3 else f"other-{number}",
                exam_external_id="e",
                state=State.RESET if number % 4 else State.READY,
            )
            for number in range(1, size)
        ]
        ConstructorSession.objects.bulk_create(rows)
        session = ConstructorSession.objects.order_by("pk")[0]
        ConstructorEvent.objects.bulk_create(
            ConstructorEvent(session=session, kind="warning", digest=str(number)) for number in range(size)
        )

    @pytest.mark.parametrize("name", BUDGETS)
    def test_what_a_request_asks_does_not_grow(
        self,
        page: Page,
        people: dict[str, User | None],
        address_of: Callable[[str], str],
        exam: ProctoredExam,
        learner: User,
        vendor: Vendor,
        name: str,
    ) -> None:
        page.verify()
        page_token = page.config["pageToken"]
        staff, owner = logged_in(people["course_staff"]), logged_in(learner)  # type: ignore[arg-type]
        headers = {**FRAMED, "X-Proctoring-Page-Token": page_token}

        def ask(number: int) -> int:
            with CaptureQueriesContext(connection) as queries:
                if name == "webhook":
                    answer = send("agreement", {"sessionId": page.session.session_id, "n": number})
                elif name == "verify":
                    answer = owner.post(
                        address_of(name), json.dumps(BODIES[name]), content_type="application/json", headers=headers
                    )
                else:
                    client = staff if name in ("archive", "exam_settings") else owner
                    answer = client.get(address_of(name), headers=headers)
            assert answer.status_code == 200, answer.content
            return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)

        ask(0)
        counts = []
        for size in SIZES:
            ConstructorSession.objects.exclude(pk=page.session.pk).delete()
            ConstructorEvent.objects.all().delete()
            self.grow(size, learner, exam)
            counts.append(ask(size))
        assert counts[0] == counts[1]
        assert counts[0] <= BUDGETS[name], counts

    def test_a_page_of_the_host_costs_one_more_query(
        self, page: Page, exam: ProctoredExam, learner: User, django_assert_num_queries: Any
    ) -> None:
        page.verify()
        self.grow(50, learner, exam)
        request = RequestFactory().get("/", headers=FRAMED)
        request.user = learner
        request.resolver_match = resolve(f"{PREFIX}/finished/{'a' * 32}/")
        request.resolver_match.kwargs = {"course_id": exam.course_id}
        middleware = ProctoredFramingMiddleware(lambda _: HttpResponse())
        with django_assert_num_queries(1):
            answer = middleware(request)
        assert VENDOR in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("size", SIZES)
    def test_the_end_of_an_attempt_costs_two_more(
        self, page: Page, attempt: ProctoredExamStudentAttempt, exam: ProctoredExam, learner: User, size: int
    ) -> None:
        page.verify()
        self.grow(size, learner, exam)
        with CaptureQueriesContext(connection) as queries:
            receivers.follow_attempt(None, attempt.pk, Status.error)
        # The code of the attempt, its session, and the session's row.
        assert sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries) == 3
