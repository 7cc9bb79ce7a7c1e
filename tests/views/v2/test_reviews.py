"""Reviews for the course team, and decisions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from edx_proctoring import conf
from edx_proctoring.models import ProctoredExamStudentAttempt, ReviewDecision
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World
from tests.views.v2.conftest import address

As = Callable[[str], APIClient]


@pytest.fixture
def waiting(world: World) -> ProctoredExamStudentAttempt:
    """An attempt that waits for a second look, with a review that has a comment."""
    attempt = factories.make_attempt(
        world.exam, factories.make_user("ann"), status=S.second_review_required, external_id="vendor-9"
    )
    attempt.completed_at = factories.NOON
    attempt.save()
    review = factories.make_review(attempt, review_status="Suspicious", student=attempt.user)
    factories.make_comment(review, comment="looks away")
    return attempt


def listed(client: APIClient, **query: Any) -> list[str]:
    response = client.get(address("reviews", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    return [row["attempt_code"] for row in response.json()["results"]]


@pytest.mark.contract("rest-v2#reviews-list")
def test_what_waits_what_was_decided_and_all(world: World, waiting: ProctoredExamStudentAttempt, as_role: As) -> None:
    passed = factories.make_attempt(world.exam, factories.make_user("bob"), status=S.verified)
    factories.make_review(passed, student=passed.user)
    foreign = factories.make_attempt(world.foreign_exam, factories.make_user(), status=S.second_review_required)
    factories.make_review(foreign, student=foreign.user)
    team, boss = as_role("course_staff"), as_role("global_staff")
    assert listed(team) == [waiting.attempt_code]
    assert listed(team, state="decided") == []
    assert listed(team, state="all") == [waiting.attempt_code, passed.attempt_code]
    assert listed(team, state="all", search="BOB") == [passed.attempt_code]
    User.objects.filter(username="bob").update(last_name="Stone")
    assert listed(team, state="all", search="stone") == [passed.attempt_code]
    assert listed(team, exam=world.foreign_exam.pk) == []
    url = address("review-decision", attempt_id=waiting.pk)
    body = {"verdict": "verified", "expected_status": S.second_review_required}
    assert boss.post(url, body, format="json").status_code == 200
    assert listed(team) == []
    assert listed(team, state="decided") == [waiting.attempt_code]


@pytest.mark.parametrize("query", [{"state": "waiting"}, {"exam": "x"}, {"search": "\x01"}], ids=str)
def test_filters_that_make_no_sense(query: Any, world: World, team: APIClient) -> None:
    assert team.get(address("reviews", course_id=COURSE_A), query).status_code == 422


def test_a_review_whose_attempt_was_removed_stays_in_the_list(
    waiting: ProctoredExamStudentAttempt, team: APIClient
) -> None:
    waiting.delete()
    [row] = team.get(address("reviews", course_id=COURSE_A), {"state": "all"}).json()["results"]
    assert (row["attempt_id"], row["attempt_status"]) == (None, None)


@pytest.mark.contract("rest-v2#review")
def test_one_review_with_its_comments(waiting: ProctoredExamStudentAttempt, team: APIClient) -> None:
    body = team.get(address("review", attempt_id=waiting.pk)).json()
    assert (body["review_status"], body["is_passing"], body["is_decided"]) == ("Suspicious", False, False)
    assert [comment["comment"] for comment in body["comments"]] == ["looks away"]
    assert body["user"]["username"] == "ann"
    assert body["video_url"].endswith("?attempt=vendor-9")
    assert "raw_data" not in body


def test_a_provider_that_is_gone_is_named_once_for_a_page(
    world: World, team: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    world.exam.backend = "gone"
    world.exam.save()
    for _ in range(5):
        attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.second_review_required)
        factories.make_review(attempt, review_status="Suspicious", student=attempt.user)
    for name in ("reviews", "attempts"):
        caplog.clear()
        assert team.get(address(name, course_id=COURSE_A)).json()["count"] >= 5
        assert sum("default list of passing verdicts" in line for line in caplog.messages) == 1


def test_an_attempt_without_a_review(world: World, team: APIClient) -> None:
    response = team.get(address("review", attempt_id=world.attempt.pk))
    assert (response.status_code, response.json()["code"]) == (409, "no_review")


class TestDecision:
    """The second look."""

    def decide(self, client: APIClient, attempt: ProctoredExamStudentAttempt, **body: Any) -> Any:
        url = address("review-decision", attempt_id=attempt.pk)
        sent = {"verdict": "verified", "expected_status": S.second_review_required, **body}
        return client.post(url, {name: value for name, value in sent.items() if value is not None}, format="json")

    @pytest.mark.contract("rest-v2#decision")
    @pytest.mark.parametrize(("verdict", "stored"), [("verified", "Clean"), ("rejected", "Suspicious")])
    def test_the_attempt_follows(
        self, verdict: str, stored: str, world: World, waiting: ProctoredExamStudentAttempt, as_role: As
    ) -> None:
        answer = self.decide(as_role("reviewer"), waiting, verdict=verdict, comment="seen twice").json()
        assert answer["status"] == verdict
        assert answer["review"]["attempt_status"] == verdict
        assert answer["review"]["is_decided"] is True
        waiting.refresh_from_db()
        assert waiting.status == verdict
        decision = ReviewDecision.objects.get()
        assert decision.comment == "seen twice"
        assert decision.actor_id == world["reviewer"].pk  # type: ignore[union-attr]

    def test_a_colleague_was_faster(self, waiting: ProctoredExamStudentAttempt, as_role: As) -> None:
        client = as_role("global_staff")
        assert self.decide(client, waiting, verdict="rejected").status_code == 200
        response = self.decide(client, waiting)
        assert (response.status_code, response.json()["code"]) == (409, "conflict")
        assert response.json()["errors"][0]["status"] == S.rejected
        waiting.refresh_from_db()
        assert waiting.status == S.rejected

    def test_what_was_never_submitted_is_not_verified(self, waiting: ProctoredExamStudentAttempt, as_role: As) -> None:
        waiting.completed_at = None
        waiting.status = S.created
        waiting.save()
        response = self.decide(as_role("global_staff"), waiting, expected_status=S.created)
        assert (response.status_code, response.json()["code"]) == (409, "illegal_transition")

    @pytest.mark.parametrize(
        "body",
        [
            {"verdict": "maybe"},
            {"verdict": None},
            {"expected_status": None},
            {"expected_status": "x"},
            {"comment": "x" * 2001},
            {"comment": ["a"]},
        ],
        ids=str,
    )
    def test_bad_values(self, body: Any, waiting: ProctoredExamStudentAttempt, as_role: As) -> None:
        assert self.decide(as_role("global_staff"), waiting, **body).status_code == 422

    @pytest.mark.parametrize(
        ("scope", "status"),
        [(True, 200), (["edX/Phys*"], 200), (["edX/History/*"], 403), (False, 403), ("perhaps", 403), ([1], 403)],
        ids=str,
    )
    def test_course_staff_decide_where_the_host_lets_them(
        self, scope: Any, status: int, waiting: ProctoredExamStudentAttempt, team: APIClient, settings: Any
    ) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "COURSE_STAFF_DECIDE_REVIEWS": scope}
        response = self.decide(team, waiting)
        assert response.status_code == status
        assert conf.proctoring.course_staff_decide_reviews(COURSE_B) is (scope is True or scope == ["edX/History/*"])


@pytest.mark.parametrize("value", ["perhaps", [1], {"a": 1}], ids=str)
def test_a_scope_of_another_kind_is_named_by_the_checks(value: Any, settings: Any, capsys: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "COURSE_STAFF_DECIDE_REVIEWS": value}
    call_command("check")
    assert "edx_proctoring.W043" in capsys.readouterr().err
