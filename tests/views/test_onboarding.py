"""The onboarding panel of one learner. Spec: rest-api.md 4.11."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from opaque_keys.edx.locator import BlockUsageLocator
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from waffle.testutils import override_switch

from edx_proctoring import constants, runtime, views
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockScheduleItemData
from edx_proctoring.utils import obscured_user_id
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World

pytestmark = pytest.mark.django_db

URL = reverse("edx_proctoring:user_onboarding.status")
COURSE_URL = reverse("edx_proctoring:user_onboarding.status.course", args=[factories.COURSE])
NO_EXAM = {"detail": "There is no onboarding exam related to this course id."}
NOT_ACCESSIBLE = {"detail": "There is no onboarding exam accessible to this user."}
SWITCH = "edx_proctoring.onboarding_profile_instructor_dashboard_api"
YESTERDAY, TOMORROW = -timedelta(days=1), timedelta(days=1)


def panel(client: Any, **query: Any) -> Any:
    return client.get(URL, {"course_id": factories.COURSE, **query})


def key(exam: ProctoredExam) -> BlockUsageLocator:
    return BlockUsageLocator.from_string(exam.content_id)


def opens(when: timedelta, due: timedelta | None = None) -> MockScheduleItemData:
    now = timezone.now()
    return MockScheduleItemData(now + when, None if due is None else now + due)


# One learner


@pytest.mark.spec("rest-api.md", "4.11:status")
def test_the_panel_of_a_learner_without_an_attempt_has_a_link_and_no_status(
    learner_client: Any, outline: Callable[..., Any]
) -> None:
    exam = factories.make_exam("onboarding")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    outline({key(exam)}, {key(exam): MockScheduleItemData(start)})
    response = panel(learner_client, is_learning_mfe="true")
    assert response.status_code == 200
    assert response.json() == {
        "onboarding_status": None,
        "expiration_date": None,
        "onboarding_link": f"https://learning.test.org/course/{exam.course_id}/{exam.content_id}",
        "onboarding_past_due": False,
        "onboarding_release_date": "2026-01-01T00:00:00+00:00",
        "review_requirements_url": "",
    }


def test_the_link_leads_to_the_legacy_page_unless_the_query_names_the_micro_frontend(learner_client: Any) -> None:
    exam = factories.make_exam("onboarding")
    link = panel(learner_client).json()["onboarding_link"]
    assert link == reverse("jump_to", args=[exam.course_id, exam.content_id])


@pytest.mark.spec("rest-api.md", "4.11:status")
@pytest.mark.parametrize(
    ("elsewhere", "age", "status", "expires"),
    [
        pytest.param(False, 10, "verified", True, id="verified-here"),
        pytest.param(False, 400, "verified", True, id="verified-here-long-ago"),
        pytest.param(True, 10, "other_course_approved", True, id="verified-elsewhere"),
        pytest.param(True, 366, None, False, id="verified-elsewhere-too-long-ago"),
    ],
)
def test_a_verification_is_valid_for_a_year_in_other_courses(
    learner_client: Any, learner: User, elsewhere: bool, age: int, status: str | None, expires: bool
) -> None:
    here = factories.make_exam("onboarding")
    exam = factories.make_exam("onboarding", course_id="x/y/z") if elsewhere else here
    verified_at = timezone.now() - timedelta(days=age)
    with freeze_time(verified_at):
        factories.make_attempt(exam, learner, status=S.verified)
    data = panel(learner_client).data
    assert data["onboarding_status"] == status
    assert data["expiration_date"] == (verified_at + timedelta(days=365) if expires else None)


@pytest.mark.spec("rest-api.md", "4.11:choice")
def test_the_newest_open_exam_is_linked(learner_client: Any, outline: Callable[..., Any]) -> None:
    open_exam, future, past_due = (factories.make_exam("onboarding") for _ in range(3))
    outline(
        {key(open_exam)},
        {
            key(open_exam): opens(YESTERDAY),
            key(future): opens(TOMORROW),
            key(past_due): opens(2 * YESTERDAY, due=YESTERDAY),
        },
    )
    data = panel(learner_client).json()
    assert data["onboarding_link"].endswith(open_exam.content_id)
    assert data["onboarding_past_due"] is False


@pytest.mark.spec("rest-api.md", "4.11:choice")
def test_an_exam_that_is_not_open_yet_has_a_date_and_no_link(learner_client: Any, outline: Callable[..., Any]) -> None:
    future, past_due = (factories.make_exam("onboarding") for _ in range(2))
    item = opens(TOMORROW)
    outline(set(), {key(future): item, key(past_due): opens(2 * YESTERDAY, due=YESTERDAY)})
    data = panel(learner_client).json()
    assert data["onboarding_link"] is None
    assert data["onboarding_release_date"] == item.effective_start.isoformat()
    assert data["onboarding_past_due"] is False


@pytest.mark.spec("rest-api.md", "4.11:choice")
def test_a_course_with_only_past_due_exams_is_marked_past_due(learner_client: Any, outline: Callable[..., Any]) -> None:
    exams = [factories.make_exam("onboarding") for _ in range(2)]
    outline(set(), {key(exam): opens(2 * YESTERDAY, due=YESTERDAY) for exam in exams})
    data = panel(learner_client).json()
    assert (data["onboarding_link"], data["onboarding_past_due"]) == (None, True)


@pytest.mark.spec("rest-api.md", "4.11:status", "4.11:choice")
@pytest.mark.parametrize(
    ("hidden", "help_url"),
    [pytest.param(False, "https://new.test/help", id="newest"), pytest.param(True, "https://old.test/help", id="open")],
)
def test_the_help_link_is_that_of_the_linked_exam_s_provider(
    learner_client: Any,
    outline: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    hidden: bool,
    help_url: str,
) -> None:
    older, newer = get_backend_provider(name="null"), get_backend_provider(name="test")
    monkeypatch.setattr(older, "supports_onboarding", True)
    monkeypatch.setattr(older, "help_center_article_url", "https://old.test/help")
    monkeypatch.setattr(newer, "help_center_article_url", "https://new.test/help")
    exams = [factories.make_exam("onboarding", backend=name) for name in ("null", "test")]
    open_keys = {key(exam) for exam in exams[: 1 if hidden else 2]}
    outline(open_keys, {usage_key: opens(YESTERDAY) for usage_key in open_keys})
    assert panel(learner_client).json()["review_requirements_url"] == help_url


@pytest.mark.spec("rest-api.md", "4.11:refusals")
def test_an_exam_hidden_from_the_learner_answers_404(learner_client: Any, outline: Callable[..., Any]) -> None:
    factories.make_exam("onboarding")
    outline(set(), {})
    response = panel(learner_client)
    assert (response.status_code, response.json()) == (404, NOT_ACCESSIBLE)


@pytest.mark.spec("rest-api.md", "4.11:robust")
def test_an_exam_whose_content_id_is_not_a_usage_key_is_skipped(
    learner_client: Any, outline: Callable[..., Any]
) -> None:
    exam = factories.make_exam("onboarding")
    factories.make_exam("onboarding", content_id="word")
    outline({key(exam)}, {})
    data = panel(learner_client).json()
    assert data["onboarding_link"].endswith(exam.content_id)
    assert data["onboarding_release_date"] is None


@pytest.mark.spec("rest-api.md", "4.11:robust")
def test_a_failing_outline_service_does_not_hide_the_exam(learner_client: Any) -> None:
    class Broken:
        def get_user_course_outline_details(self, *_args: Any) -> None:
            raise RuntimeError

    exam = factories.make_exam("onboarding")
    runtime.set_runtime_service("learning_sequences", Broken())
    assert panel(learner_client).json()["onboarding_link"].endswith(exam.content_id)


def unconfigured() -> None:
    exam = factories.make_exam("onboarding")
    ProctoredExam.objects.filter(pk=exam.pk).update(backend="gone")


@pytest.mark.spec("rest-api.md", "4.11:refusals", "7.2")
@pytest.mark.parametrize(
    "exams",
    [
        pytest.param(lambda: None, id="no-exam"),
        pytest.param(lambda: factories.make_exam("practice"), id="provider-without-onboarding"),
        pytest.param(lambda: factories.make_exam("onboarding", is_active=False), id="inactive"),
        pytest.param(unconfigured, id="provider-not-configured"),
    ],
)
def test_a_course_without_onboarding_answers_404_with_the_text_that_clients_show(
    learner_client: Any, staff_client: Any, exams: Callable[[], Any]
) -> None:
    exams()
    for response in (panel(learner_client), staff_client.get(COURSE_URL)):
        assert (response.status_code, response.json()) == (404, NO_EXAM)


@pytest.mark.spec("rest-api.md", "4.11:refusals", "7.2")
def test_a_query_without_a_course_answers_400(learner_client: Any) -> None:
    response = learner_client.get(URL)
    assert (response.status_code, response.json()) == (400, {"detail": "Missing required query parameter course_id"})


@pytest.mark.spec("rest-api.md", "4.11:refusals")
@pytest.mark.parametrize(
    ("role", "course", "code"),
    [
        ("owner", COURSE_A, 200),
        ("stranger", COURSE_A, 403),
        ("course_staff", COURSE_A, 200),
        ("course_staff", COURSE_B, 403),
        ("global_staff", COURSE_B, 404),
    ],
)
def test_only_course_staff_may_read_the_panel_of_another_learner(
    world: World, client_of: Callable[..., Any], role: str, course: str, code: int
) -> None:
    factories.make_exam("onboarding", course_id=COURSE_A)
    response = client_of(world[role]).get(URL, {"course_id": course, "username": "owner"})
    assert response.status_code == code
    if code == 403:
        assert response.json() == {"detail": "Must be a Staff User to Perform this request."}


@pytest.mark.spec("rest-api.md", "4.11:refusals")
def test_a_course_without_onboarding_is_reported_before_an_unknown_learner(staff_client: Any) -> None:
    response = panel(staff_client, username="nobody")
    assert (response.status_code, response.json()) == (404, NO_EXAM)


@pytest.mark.spec("rest-api.md", "4.11:refusals")
def test_an_unknown_learner_answers_404(staff_client: Any) -> None:
    factories.make_exam("onboarding")
    assert panel(staff_client, username="nobody").status_code == 404


# By the provider's profile


@pytest.fixture
def profiles(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Any]]:
    """Return a function that sets the provider's reply and returns the arguments of its calls."""
    monkeypatch.setattr(constants, "ONBOARDING_PROFILE_API", True)

    def answer(reply: Any) -> list[Any]:
        asked: list[Any] = []

        def get_onboarding_profile_info(course_id: str, **kwargs: Any) -> Any:
            asked.append((course_id, kwargs))
            if isinstance(reply, Exception):
                raise reply
            return reply

        monkeypatch.setattr(test_backend, "get_onboarding_profile_info", get_onboarding_profile_info)
        return asked

    return answer


@pytest.mark.spec("rest-api.md", "4.11:profile")
@pytest.mark.parametrize(
    ("theirs", "shown"),
    [
        ("no-profile", None),
        ("approved-in-course", "verified"),
        ("approved-in-different-course", "other_course_approved"),
        ("rejected", "rejected"),
        ("expired", "expired"),
        ("pending", "submitted"),
    ],
)
def test_the_status_of_the_provider_s_profile_is_shown(
    learner_client: Any, learner: User, profiles: Callable[[Any], list[Any]], theirs: str, shown: str | None
) -> None:
    factories.make_exam("onboarding")
    asked = profiles({"status": theirs, "expiration_date": "2051-05-21"})
    data = panel(learner_client).json()
    assert (data["onboarding_status"], data["expiration_date"]) == (shown, "2051-05-21")
    assert asked == [(factories.COURSE, {"user_id": obscured_user_id(learner.pk, "test")})]


def records(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.spec("rest-api.md", "4.11:profile")
@pytest.mark.parametrize(("ours", "logged"), [(S.submitted, []), (S.rejected, ["ERROR"])])
def test_only_a_profile_that_differs_from_our_status_is_logged_as_an_error(
    learner_client: Any,
    learner: User,
    profiles: Callable[[Any], list[Any]],
    caplog: pytest.LogCaptureFixture,
    ours: str,
    logged: list[str],
) -> None:
    factories.make_attempt(factories.make_exam("onboarding"), learner, status=ours)
    profiles({"status": "pending", "expiration_date": None})
    caplog.clear()
    assert panel(learner_client).json()["onboarding_status"] == "submitted"
    assert records(caplog) == logged


@pytest.mark.spec("rest-api.md", "4.11:profile")
def test_our_own_status_is_shown_if_the_provider_fails(
    learner_client: Any, learner: User, profiles: Callable[[Any], list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.submitted)
    profiles(BackendProviderOnboardingProfilesException("out of order", 503))
    caplog.clear()
    response = panel(learner_client)
    assert (response.status_code, response.json()["onboarding_status"]) == (200, "submitted")
    assert records(caplog) == ["WARNING"]


@pytest.mark.spec("rest-api.md", "4.11:profile")
def test_a_provider_without_profiles_answers_404_with_its_name(
    learner_client: Any, profiles: Callable[[Any], list[Any]]
) -> None:
    factories.make_exam("onboarding")
    profiles(None)
    response = panel(learner_client)
    assert response.status_code == 404
    assert isinstance(response.data, str)
    assert "Unknown" in response.data


# By our own attempts


def roster(client: Any, **query: Any) -> Any:
    return client.get(COURSE_URL, query)


def statuses(response: Any) -> dict[str, str | None]:
    return {row["username"]: row["status"] for row in response.json()["results"]}


@pytest.mark.spec("rest-api.md", "5.5:keys", "7.3:2")
def test_the_roster_has_exactly_the_published_keys(staff_client: Any, enrol: Callable[..., Any]) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user("ann")
    enrol(user)
    attempt = factories.make_attempt(exam, user, status=S.submitted)
    response = roster(staff_client)
    assert response.data == {
        "count": 1,
        "previous": None,
        "next": None,
        "num_pages": 1,
        "results": [
            {
                "username": "ann",
                "enrollment_mode": "verified",
                "status": "submitted",
                "modified": attempt.modified,
            }
        ],
        "use_onboarding_profile_api": False,
    }


@pytest.mark.spec("rest-api.md", "5.5:pages")
@pytest.mark.parametrize("service", ["empty", "none", "absent"])
def test_a_course_without_enrolments_has_one_empty_page(
    staff_client: Any, enrol: Callable[..., Any], service: str
) -> None:
    class Nothing:
        def get_enrollments_can_take_proctored_exams(self, *_args: Any) -> None:
            return None

    factories.make_exam("onboarding")
    if service == "empty":
        enrol()
    elif service == "none":
        runtime.set_runtime_service("enrollments", Nothing())
    data = roster(staff_client).json()
    assert (data["count"], data["num_pages"], data["results"]) == (0, 1, [])


@pytest.mark.spec("rest-api.md", "5.5:status")
@pytest.mark.parametrize(
    ("attempt_status", "shown"),
    [
        (None, "not_started"),
        (S.created, "setup_started"),
        (S.download_software_clicked, "setup_started"),
        (S.ready_to_start, "setup_started"),
        (S.started, "onboarding_started"),
        (S.ready_to_submit, "onboarding_started"),
        (S.submitted, "submitted"),
        (S.rejected, "rejected"),
        (S.verified, "verified"),
        (S.error, "error"),
        (S.expired, "expired"),
        (S.onboarding_reset, "onboarding_reset_past_due"),
        (S.timed_out, None),
    ],
)
def test_an_attempt_status_is_shown_as_its_onboarding_status(
    staff_client: Any, enrol: Callable[..., Any], attempt_status: str | None, shown: str | None
) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user("ann")
    enrol(user)
    if attempt_status:
        factories.make_attempt(exam, user, status=attempt_status)
    assert statuses(roster(staff_client)) == {"ann": shown}
    if shown:
        assert statuses(roster(staff_client, statuses=shown)) == {"ann": shown}
    assert statuses(roster(staff_client, statuses="second_review_required")) == {}


@pytest.mark.spec("rest-api.md", "5.5:status")
@pytest.mark.parametrize(
    ("in_order_of_change", "shown"),
    [
        pytest.param([S.created, S.submitted], "submitted", id="last-change-wins"),
        pytest.param([S.verified, S.created], "verified", id="verified-wins"),
        pytest.param([S.onboarding_reset, S.created], "setup_started", id="reset-gives-way-to-a-newer-one"),
    ],
)
def test_the_status_of_several_attempts_is_the_last_changed_or_the_verified_one(
    staff_client: Any, enrol: Callable[..., Any], in_order_of_change: list[str], shown: str
) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user("ann")
    enrol(user)
    for status in in_order_of_change:
        factories.make_attempt(exam, user, status=status)
    assert statuses(roster(staff_client)) == {"ann": shown}


def test_a_newer_attempt_counts_even_if_the_reset_one_changed_later(
    staff_client: Any, enrol: Callable[..., Any]
) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user("ann")
    enrol(user)
    old = factories.make_attempt(exam, user, status=S.onboarding_reset)
    factories.make_attempt(exam, user, status=S.created)
    old.save()  # changed last
    assert statuses(roster(staff_client)) == {"ann": "setup_started"}


@pytest.mark.spec("rest-api.md", "5.5:status")
def test_a_verification_in_another_course_counts_unless_verified_here(
    staff_client: Any, enrol: Callable[..., Any]
) -> None:
    here, elsewhere = factories.make_exam("onboarding"), factories.make_exam("onboarding", course_id="x/y/z")
    ann, ben = factories.make_user("ann"), factories.make_user("ben")
    enrol(ann, ben)
    approved = [factories.make_attempt(elsewhere, user, status=S.verified) for user in (ann, ben)]
    factories.make_attempt(here, ann, status=S.verified)
    factories.make_attempt(here, ben, status=S.created)
    response = roster(staff_client)
    assert statuses(response) == {"ann": "verified", "ben": "other_course_approved"}
    assert response.data["results"][1]["modified"] == approved[1].modified


@pytest.mark.spec("rest-api.md", "5.5:pages")
def test_links_to_other_pages_keep_the_filters(
    staff_client: Any, enrol: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    factories.make_exam("onboarding")
    enrol(*(factories.make_user(name) for name in ("ann", "ben", "cid")))
    query = {"text_search": "a b", "statuses": "not_started"}
    second = roster(staff_client, page=2, **query).json()
    link = f"{COURSE_URL}?text_search=a+b&statuses=not_started&page="
    assert (second["previous"], second["next"]) == (f"{link}1", f"{link}3")
    assert (second["count"], second["num_pages"], second["results"][0]["username"]) == (3, 3, "ben")
    assert roster(staff_client, page=99).json()["previous"] == f"{COURSE_URL}?page=2"


@pytest.mark.spec("rest-api.md", "5.5:status")
def test_the_latest_of_several_verifications_gives_the_date(staff_client: Any, enrol: Callable[..., Any]) -> None:
    exam, ann = factories.make_exam("onboarding"), factories.make_user("ann")
    enrol(ann)
    for days in (30, 10, 20):
        with freeze_time(timezone.now() - timedelta(days=days)):
            factories.make_attempt(exam, ann, status=S.verified)
    latest = ProctoredExamStudentAttempt.objects.order_by("modified").last()
    assert latest is not None
    (row,) = roster(staff_client).data["results"]
    assert (row["status"], row["modified"]) == ("verified", latest.modified)


@pytest.mark.spec("rest-api.md", "5.5:search")
def test_the_search_text_is_passed_to_the_enrolment_service(staff_client: Any, enrol: Callable[..., Any]) -> None:
    factories.make_exam("onboarding")
    service = enrol(factories.make_user())
    roster(staff_client, text_search="ann")
    assert service.called("get_enrollments_can_take_proctored_exams") == [((factories.COURSE, "ann"), {})]


# By the provider's profiles


@pytest.mark.spec("rest-api.md", "5.5:profiles")
def test_known_profiles_come_first_in_the_provider_s_order(
    staff_client: Any, enrol: Callable[..., Any], profiles: Callable[[Any], list[Any]]
) -> None:
    exam = factories.make_exam("onboarding")
    ann, ben, cid = (factories.make_user(name) for name in ("ann", "ben", "cid"))
    enrol(ann, ben, cid)
    attempt = factories.make_attempt(exam, cid, status=S.created)
    asked = profiles(
        {
            "results": [
                {"user_id": obscured_user_id(cid.pk, "test"), "status": "approved-in-course"},
                {"user_id": "unknown", "status": "rejected"},
                {"user_id": obscured_user_id(ben.pk, "test"), "status": "no-profile"},
            ]
        }
    )
    with override_switch(SWITCH, True):
        response = roster(staff_client)
    assert list(statuses(response).items()) == [("cid", "verified"), ("ben", "not_started"), ("ann", "not_started")]
    assert response.data["use_onboarding_profile_api"] is True
    assert [row["modified"] for row in response.data["results"]] == [attempt.modified, None, None]
    assert asked == [(factories.COURSE, {"status": ""})]


@pytest.mark.spec("rest-api.md", "5.5:profiles")
def test_at_most_five_profiles_of_unknown_learners_are_logged(
    staff_client: Any,
    enrol: Callable[..., Any],
    profiles: Callable[[Any], list[Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    factories.make_exam("onboarding")
    enrol(factories.make_user())
    profiles({"results": [{"user_id": f"gone-{number}", "status": "rejected"} for number in range(7)]})
    with override_switch(SWITCH, True), caplog.at_level(logging.WARNING):
        roster(staff_client)
    (message,) = [record.getMessage() for record in caplog.records if "not enrolled" in record.getMessage()]
    assert "count=7" in message
    assert [f"gone-{number}" in message for number in range(7)] == [True] * 5 + [False] * 2


@pytest.mark.spec("rest-api.md", "5.5:profiles")
@pytest.mark.parametrize(
    ("wanted", "asked_for", "shown"),
    [
        ("verified", "approved-in-course", ["ben"]),
        ("verified,other_course_approved", "approved-in-course,approved-in-different-course", ["ben"]),
        ("submitted,nonsense", "pending", ["ben"]),
        ("not_started", "no-profile", ["ben", "ann"]),
        ("", "", ["ben", "ann"]),
    ],
)
def test_the_status_filter_is_sent_in_the_provider_s_words(
    staff_client: Any,
    enrol: Callable[..., Any],
    profiles: Callable[[Any], list[Any]],
    wanted: str,
    asked_for: str,
    shown: list[str],
) -> None:
    factories.make_exam("onboarding")
    ann, ben = factories.make_user("ann"), factories.make_user("ben")
    enrol(ann, ben)
    asked = profiles({"results": [{"user_id": obscured_user_id(ben.pk, "test"), "status": "pending"}]})
    with override_switch(SWITCH, True):
        response = roster(staff_client, statuses=wanted)
    assert list(statuses(response)) == shown
    assert asked == [(factories.COURSE, {"status": asked_for})]


@pytest.mark.spec("rest-api.md", "5.5:profiles")
def test_a_filter_by_a_status_that_no_profile_has_returns_no_learner(
    staff_client: Any, enrol: Callable[..., Any], profiles: Callable[[Any], list[Any]]
) -> None:
    factories.make_exam("onboarding")
    enrol(factories.make_user())
    asked = profiles({"results": []})
    with override_switch(SWITCH, True):
        assert roster(staff_client, statuses="setup_started").json()["results"] == []
    # A call with an empty filter would return all profiles.
    assert asked == []


@pytest.mark.spec("rest-api.md", "5.5:outage", "7.3:2")
def test_a_failing_provider_answers_503(
    staff_client: Any, enrol: Callable[..., Any], profiles: Callable[[Any], list[Any]]
) -> None:
    factories.make_exam("onboarding")
    enrol(factories.make_user())
    profiles(BackendProviderOnboardingProfilesException("out of order", 500))
    with override_switch(SWITCH, True):
        response = roster(staff_client)
    assert response.status_code == 503
    assert response.json() == {"detail": "The onboarding service is temporarily unavailable. Please try again later."}


@pytest.mark.spec("rest-api.md", "5.5:profiles")
def test_our_own_attempts_are_used_if_the_provider_has_no_profiles(
    staff_client: Any, enrol: Callable[..., Any], profiles: Callable[[Any], list[Any]]
) -> None:
    factories.make_exam("onboarding")
    enrol(factories.make_user("ann"))
    profiles(None)
    with override_switch(SWITCH, True):
        response = roster(staff_client)
    assert statuses(response) == {"ann": "not_started"}
    assert response.data["use_onboarding_profile_api"] is False


# Called directly, as the host's support view does (host-platform.md 6.9)


def asked_directly(user: User, **query: str) -> Any:
    """Call the view as the host does: with a request whose ``GET`` was replaced, and without ``dispatch``."""
    request = Request(APIRequestFactory().get("/support/onboarding_status/somebody"))
    request.user = user
    replaced = QueryDict(mutable=True)
    replaced.update({"course_id": factories.COURSE, **query})
    request.GET = replaced
    return views.StudentOnboardingStatusView().get(request)


def test_a_direct_call_returns_a_dict_that_the_host_may_change(learner: User) -> None:
    exam = factories.make_exam("onboarding")
    factories.make_attempt(exam, learner, status=S.verified)
    answer = asked_directly(factories.make_staff(), username=learner.username)
    assert answer.status_code == 200
    assert answer.data["onboarding_status"] == S.verified
    answer.data["enrollment_date"] = "added by the host"
    assert "enrollment_date" not in asked_directly(factories.make_staff(), username=learner.username).data


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"course_id": ""}, 400, id="no-course"),
        pytest.param({"course_id": "no course at all"}, 404, id="odd-course"),
        pytest.param({"course_id": "course-v1:No+ONBOARDING+1"}, 404, id="course-without-onboarding"),
        pytest.param({"username": "nobody"}, 404, id="unknown-learner"),
    ],
)
def test_a_direct_call_returns_refusals_instead_of_raising_them(query: dict[str, str], status: int) -> None:
    factories.make_exam("onboarding")
    answer = asked_directly(factories.make_staff(), **query)
    assert answer.status_code == status
    assert set(answer.data) == {"detail"}


def test_a_direct_call_refuses_other_users(learner: User) -> None:
    factories.make_exam("onboarding")
    answer = asked_directly(factories.make_user(), username=learner.username)
    assert (answer.status_code, set(answer.data)) == (403, {"detail"})


def test_a_refused_direct_call_leaves_the_host_s_transaction_usable(
    learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = factories.make_staff()
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert asked_directly(staff, username="nobody").status_code == 404
    assert User.objects.filter(pk=learner.pk).exists()


def test_our_own_status_is_shown_if_the_provider_raises_an_unexpected_exception(
    learner_client: Any, learner: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(course_id: str, **kwargs: Any) -> None:
        raise OSError("the provider's library lost its way")

    factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.submitted)
    monkeypatch.setattr(constants, "ONBOARDING_PROFILE_API", True, raising=False)
    monkeypatch.setattr(test_backend, "get_onboarding_profile_info", fail)
    assert panel(learner_client).json()["onboarding_status"] == S.submitted
