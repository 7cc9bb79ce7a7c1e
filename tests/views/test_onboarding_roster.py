"""The onboarding of all learners of a course."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from waffle.testutils import override_switch

from edx_proctoring import runtime, views
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id, obscured_user_ids
from tests import factories

pytestmark = pytest.mark.django_db

COURSE_URL = reverse("edx_proctoring:user_onboarding.status.course", args=[factories.COURSE])
SWITCH = "edx_proctoring.onboarding_profile_instructor_dashboard_api"


# By our own attempts


def roster(client: Any, **query: Any) -> Any:
    return client.get(COURSE_URL, query)


def statuses(response: Any) -> dict[str, str | None]:
    return {row["username"]: row["status"] for row in response.json()["results"]}


@pytest.mark.contract("rest-rules#whole-bodies")
@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
def test_the_search_text_is_passed_to_the_enrolment_service(staff_client: Any, enrol: Callable[..., Any]) -> None:
    factories.make_exam("onboarding")
    service = enrol(factories.make_user())
    roster(staff_client, text_search="ann")
    assert service.called("get_enrollments_can_take_proctored_exams") == [((factories.COURSE, "ann"), {})]


# By the provider's profiles


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.contract("provider-wire#onboarding-profiles")
@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.contract("rest-rules#whole-bodies")
@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
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


@pytest.mark.contract("stored-formats#obscured-user-ids")
def test_profiles_from_before_our_key_changed_are_found(
    staff_client: Any, enrol: Callable[..., Any], profiles: Callable[[Any], list[Any]], settings: Any
) -> None:
    ann, ben, cid = (factories.make_user(name) for name in ("ann", "ben", "cid"))
    enrol(ann, ben, cid)
    factories.make_exam("onboarding")
    settings.PROCTORING_USER_OBFUSCATION_KEY, former = "new-key", settings.PROCTORING_USER_OBFUSCATION_KEY
    settings.PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS = [former]
    (now, before), (_, bens) = obscured_user_ids(ann.pk, "test"), obscured_user_ids(ben.pk, "test")
    profiles(
        {
            "results": [
                {"user_id": before, "status": "rejected"},
                {"user_id": bens, "status": "approved-in-course"},
                {"user_id": now, "status": "pending"},
            ]
        }
    )
    with override_switch(SWITCH, True):
        response = roster(staff_client)
    assert [(row["username"], row["status"]) for row in response.data["results"]] == [
        ("ann", "submitted"),
        ("ben", "verified"),
        ("cid", "not_started"),
    ]
