"""What learners and the course team do to one attempt."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.attempts.start_gates import StartRefusal
from edx_proctoring.models import ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World
from tests.views.v2.conftest import address, is_ours


def act(client: APIClient, attempt: ProctoredExamStudentAttempt, action: str, expect: int = 200, **body: Any) -> Any:
    url = address("attempt-transitions", attempt_id=attempt.pk)
    response = client.post(url, {"action": action, **body}, format="json")
    assert response.status_code == expect, response.content
    return response.json()


@pytest.fixture
def owner(as_role: Callable[[str], APIClient]) -> APIClient:
    return as_role("owner")


@pytest.fixture
def attempt(world: World) -> ProctoredExamStudentAttempt:
    """A running attempt of the owner at a timed exam."""
    exam = factories.make_exam("timed", course_id=world.exam.course_id)
    return factories.make_attempt(
        exam, world["owner"], status=S.started, started_at=timezone.now(), allowed_time_limit_mins=60
    )


@pytest.mark.contract("rest-v2#transitions")
class TestLearner:
    def test_from_start_to_submission(self, world: World, owner: APIClient) -> None:
        exam = factories.make_exam("timed", course_id=world.exam.course_id)
        attempt = factories.make_attempt(exam, world["owner"], status=S.created)
        for action, status in (("start", S.started), ("stop", S.ready_to_submit), ("submit", S.submitted)):
            reply = act(owner, attempt, action)
            assert (reply["attempt_id"], reply["changed"], reply["attempt"]["status"]) == (attempt.pk, True, status)
        assert "attempt_code" not in reply["attempt"]

    def test_a_repeated_submission_changes_nothing(self, attempt: Any, owner: APIClient) -> None:
        assert act(owner, attempt, "submit")["changed"] is True
        again = act(owner, attempt, "submit")
        assert (again["changed"], again["attempt"]["status"]) == (False, S.submitted)

    def test_an_error_after_the_end_is_ignored(self, world: World, owner: APIClient) -> None:
        attempt = factories.make_attempt(world.exam, world["owner"], status=S.submitted)
        assert act(owner, attempt, "error", detail="camera lost")["changed"] is False
        assert act(owner, world.attempt, "error", detail="camera lost")["attempt"]["status"] == S.error

    def test_a_new_attempt_at_a_practice_exam(self, world: World, owner: APIClient) -> None:
        exam = factories.make_exam("onboarding", course_id=world.exam.course_id)
        attempt = factories.make_attempt(exam, world["owner"], status=S.rejected)
        reply = act(owner, attempt, "reset_practice")
        assert reply["attempt_id"] == reply["attempt"]["id"] != attempt.pk
        assert reply["changed"] is True

    @pytest.mark.parametrize(
        "action", ["start", "stop", "submit", "decline", "click_download_software", "error", "reset_practice"]
    )
    def test_staff_do_not_act_as_the_learner(self, attempt: Any, team: APIClient, action: str) -> None:
        assert act(team, attempt, action, expect=403)["code"] == "not_owner"
        attempt.refresh_from_db()
        assert attempt.status == S.started

    @pytest.mark.parametrize("action", ["end", "resume"])
    def test_learners_do_not_act_as_staff(self, attempt: Any, owner: APIClient, action: str) -> None:
        assert act(owner, attempt, action, expect=403, reason="please")["code"] == "not_allowed"

    def test_what_the_status_does_not_allow(self, attempt: Any, owner: APIClient) -> None:
        assert act(owner, attempt, "start", expect=409)["code"] == "already_started"

    def test_resume_where_learners_may(self, world: World, owner: APIClient, proctoring_settings: Any) -> None:
        broken = factories.make_attempt(world.exam, world["owner"], status=S.error, is_resumable=True)
        proctoring_settings(LEARNER_MAY_RESUME=True)
        assert act(owner, broken, "resume")["attempt"]["ready_to_resume"] is True
        assert act(owner, broken, "resume", expect=409)["code"] == "not_resumable"
        assert not StaffJob.objects.exists()


@pytest.fixture
def _closed_gate() -> Iterator[None]:
    api.register_start_gate(
        "test", lambda *_args: StartRefusal("seb_required", "Use the right browser.", "sebs://exam.test/1")
    )
    yield
    api.unregister_start_gate("test")


@pytest.mark.usefixtures("_closed_gate")
@pytest.mark.contract("rest-v2#transitions")
def test_a_start_gate_refuses_with_its_own_code(world: World, owner: APIClient) -> None:
    exam = factories.make_exam("timed", course_id=world.exam.course_id)
    attempt = factories.make_attempt(exam, world["owner"], status=S.created)
    url = address("attempt-transitions", attempt_id=attempt.pk)
    response = owner.post(url, {"action": "start"}, format="json")
    problem = response.json()
    assert (response.status_code, response.headers["X-Proctoring-Error"]) == (403, "seb_required")
    assert (problem["code"], problem["launch_url"]) == ("seb_required", "sebs://exam.test/1")
    assert problem["type"].endswith(":seb_required")
    assert problem["detail"] == "Use the right browser."


@pytest.mark.contract("rest-v2#transitions")
class TestExpectedStatus:
    def test_another_status_is_a_conflict(self, attempt: Any, owner: APIClient) -> None:
        problem = act(owner, attempt, "submit", expect=409, expected_status=S.ready_to_submit)
        assert (problem["code"], problem["errors"][0]["status"]) == ("conflict", S.started)
        assert act(owner, attempt, "submit", expected_status=S.started)["changed"] is True

    @pytest.mark.parametrize("action", ["submit", "end"])
    def test_it_is_asked_under_the_lock(
        self, attempt: Any, owner: APIClient, team: APIClient, action: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another request changes the attempt after this one has read it."""
        from edx_proctoring.api.lifecycle import status_change

        def after_another(lock: Callable[..., Any]) -> Callable[..., Any]:
            def locked(*args: Any) -> Any:
                other = ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)
                other.status = S.ready_to_submit
                other.save()
                return lock(*args)

            return locked

        for name in ("lock", "lock_seen"):
            monkeypatch.setattr(status_change, name, after_another(getattr(status_change, name)))
        client = owner if action == "submit" else team
        problem = act(client, attempt, action, expect=409, expected_status=S.started, reason="x")
        assert (problem["code"], problem["errors"][0]["status"]) == ("conflict", S.ready_to_submit)
        assert not ProctoredExamStudentAttempt.objects.filter(status=S.submitted).exists()


@pytest.mark.contract("staff-jobs#end")
class TestStaff:
    def test_end(self, attempt: Any, team: APIClient, world: World, events: Any) -> None:
        reply = act(team, attempt, "end", reason="evacuated")
        assert (reply["changed"], reply["attempt"]["status"]) == (True, S.submitted)
        job = StaffJob.objects.get()
        assert (job.kind, job.reason, job.created_by) == ("end", "evacuated", world["course_staff"].pk)  # type: ignore[union-attr]
        assert job.rows.get().result_data == {"from": S.started, "to": S.submitted}
        ended = next(data for name, data in events if name.endswith(".attempt.ended"))
        assert ended["requesting_user_id"] == world["course_staff"].pk  # type: ignore[union-attr]

    def test_what_does_not_run_is_not_ended(self, attempt: Any, team: APIClient) -> None:
        act(team, attempt, "end", reason="evacuated")
        assert act(team, attempt, "end", expect=409, reason="evacuated")["code"] == "illegal_transition"
        assert StaffJob.objects.count() == 1

    @pytest.mark.contract("rest-v2#transitions")
    def test_resume(self, world: World, team: APIClient) -> None:
        broken = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
        reply = act(team, broken, "resume", reason="power cut", expected_status=S.error)
        assert (reply["changed"], reply["attempt"]["ready_to_resume"]) == (True, True)
        assert StaffJob.objects.get().reason == "power cut"
        assert act(team, broken, "resume", expect=409, reason="power cut")["code"] == "not_resumable"

    @pytest.mark.parametrize("action", ["end", "resume"])
    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " \t"}, {"reason": "x" * 501}, {"reason": None}])
    def test_a_reason_is_needed(self, attempt: Any, team: APIClient, action: str, body: Any) -> None:
        problem = act(team, attempt, action, expect=422, **body)
        assert (problem["code"], problem["errors"][0]["field"]) == ("validation_error", "reason")
        assert problem["errors"][0]["message"]


@pytest.mark.contract("rest-v2#transitions")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "explode"}, "action"),
        ({}, "action"),
        ({"action": "error", "detail": "x" * 2001}, "detail"),
        ({"action": "submit", "expected_status": "odd"}, "expected_status"),
    ],
)
def test_bad_input(attempt: Any, owner: APIClient, body: Any, field: str) -> None:
    response = owner.post(address("attempt-transitions", attempt_id=attempt.pk), body, format="json")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def remove(client: APIClient, attempt: Any, query: str = "", expect: int = 204, **body: Any) -> Any:
    url = address("attempt", attempt_id=attempt.pk) + query
    response = client.delete(url, {"reason": "began by mistake", **body}, format="json")
    assert response.status_code == expect, response.content
    return response


@pytest.mark.contract("rest-v2#reset")
class TestRemoval:
    @pytest.fixture
    def two(self, world: World) -> tuple[Any, Any]:
        """Two attempts of one learner."""
        learner = factories.make_user()
        return tuple(factories.make_attempt(world.exam, learner, status=status) for status in (S.error, S.submitted))  # type: ignore[return-value]

    def test_all_attempts_of_the_learner(self, world: World, team: APIClient, two: Any) -> None:
        other = factories.make_attempt(world.exam, status=S.submitted)
        assert remove(team, two[1]).content == b""
        assert not ProctoredExamStudentAttempt.objects.filter(pk__in=[one.pk for one in two]).exists()
        assert ProctoredExamStudentAttempt.objects.filter(pk=other.pk).exists()
        assert set(StaffJob.objects.values_list("kind", "reason")) == {("reset", "began by mistake")}

    def test_only_this_one(self, team: APIClient, two: Any) -> None:
        remove(team, two[1], "?scope=this")
        assert ProctoredExamStudentAttempt.objects.filter(pk=two[0].pk).exists()
        remove(team, two[1], expect=404)

    def test_the_provider_does_not_confirm(
        self, team: APIClient, as_role: Any, two: Any, test_backend: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: False)
        response = remove(team, two[0], "?scope=this", expect=502)
        assert response.json()["code"] == "provider_rejected"
        assert ProctoredExamStudentAttempt.objects.filter(pk=two[0].pk).exists()
        assert not StaffJob.objects.exists()
        assert remove(team, two[0], expect=403, force_local=True).json()["code"] == "not_allowed"
        remove(as_role("global_staff"), two[0], "?scope=this", force_local=True)
        assert StaffJob.objects.get().rows.get().result_data["forced"] is True

    def test_a_click_twice_with_one_key(self, team: APIClient, two: Any) -> None:
        url = address("attempt", attempt_id=two[0].pk)
        headers = {"Idempotency-Key": "one"}
        assert team.delete(url, {"reason": "x"}, format="json", headers=headers).status_code == 204
        again = team.delete(url, {"reason": "x"}, format="json", headers=headers)
        assert (again.status_code, again.headers["Idempotent-Replay"]) == (204, "true")

    @pytest.mark.contract("rest-rules#idempotency")
    def test_one_key_with_another_scope_is_refused(self, team: APIClient, two: Any) -> None:
        """The reply to the removal of one attempt must not stand for the removal of all."""
        url = address("attempt", attempt_id=two[0].pk)
        headers = {"Idempotency-Key": "one"}
        assert team.delete(f"{url}?scope=this", {"reason": "x"}, format="json", headers=headers).status_code == 204
        other = team.delete(f"{url}?scope=all", {"reason": "x"}, format="json", headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert ProctoredExamStudentAttempt.objects.filter(pk=two[1].pk).exists()

    @pytest.mark.parametrize(
        ("query", "body", "field"),
        [("?scope=none", {}, "scope"), ("", {"reason": ""}, "reason"), ("", {"everything": True}, "everything")],
    )
    def test_bad_input(self, team: APIClient, two: Any, query: str, body: Any, field: str) -> None:
        assert remove(team, two[0], query, expect=422, **body).json()["errors"][0]["field"] == field


@pytest.mark.contract("rest-v2#queries")
@pytest.mark.parametrize(
    ("role", "action", "before", "cost"),
    [
        ("owner", "click_download_software", {"status": S.created}, 8),
        ("owner", "start", {"status": S.ready_to_start, "started_at": None}, 12),
        ("owner", "stop", {"status": S.started}, 8),
        ("owner", "submit", {"status": S.ready_to_submit}, 13),
        # Staff are put on record with their reason, which takes three.
        ("course_staff", "end", {"status": S.started}, 16),
        ("course_staff", "resume", {"status": S.error, "is_resumable": True}, 12),
    ],
)
def test_cost(
    role: str, action: str, before: dict[str, Any], cost: int, world: World, as_role: Callable[[str], APIClient]
) -> None:
    client = as_role(role)
    ProctoredExamStudentAttempt.objects.filter(pk=world.attempt.pk).update(**before)
    with CaptureQueriesContext(connection) as queries:
        act(client, world.attempt, action, **({} if role == "owner" else {"reason": "fire alarm"}))
    # Safe Exam Browser's app asks once and then its cache.
    statements = [query["sql"] for query in queries.captured_queries if "seb_openedx" not in query["sql"]]
    # Session and user.
    assert sum(map(is_ours, statements)) - 2 == cost
