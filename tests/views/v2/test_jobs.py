"""Jobs by REST: orders for many, their progress and their rows."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone, translation
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.api.jobs import working
from edx_proctoring.models import ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, CourseStaff, World
from tests.views.v2.conftest import address

BULK = address("attempts-bulk", course_id=COURSE_A)


def order(client: APIClient, url: str = BULK, expect: int = 200, key: str = "", **body: Any) -> Any:
    sent = {"reason": "fire alarm", **body}
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post(url, sent, format="json", headers=headers)
    assert response.status_code == expect, response.content
    return response.json()


@pytest.fixture
def extend_url(world: World) -> str:
    return address("exam-extend", exam_id=world.exam.pk)


@pytest.fixture
def running(world: World) -> list[ProctoredExamStudentAttempt]:
    """Three learners in the exam."""
    fields = {"status": S.started, "started_at": timezone.now(), "allowed_time_limit_mins": 60}
    ProctoredExamStudentAttempt.objects.filter(pk=world.attempt.pk).update(**fields)
    return [world.attempt, *(factories.make_attempt(world.exam, **fields) for _ in range(2))]


@pytest.mark.contract("rest-v2#bulk")
class TestBulk:
    def test_reset_of_a_selection(self, world: World, team: APIClient) -> None:
        other = factories.make_attempt(world.exam, status=S.submitted)
        job = order(team, action="reset", attempt_ids=[world.attempt.pk, world.foreign_attempt.pk])
        assert (job["state"], job["total"], job["done"], job["failed"]) == ("done", 2, 1, 1)
        assert (job["kind"], job["course_id"], job["reason"]) == ("reset", COURSE_A, "fire alarm")
        assert job["created_by"] == {"id": world["course_staff"].pk, "username": "course_staff"}  # type: ignore[union-attr]
        rows = team.get(job["rows_url"]).json()["results"]
        assert [(row["status"], row["success"]) for row in rows] == [("done", True), ("failed", False)]
        assert rows[0]["user"]["username"] == "owner"
        assert (rows[0]["error"], rows[1]["error"]["code"]) == (None, "not_found")
        assert rows[1]["error"]["detail"]
        assert rows[0]["result"]["attempts"] == 1
        left = set(ProctoredExamStudentAttempt.objects.values_list("pk", flat=True))
        assert left == {other.pk, world.foreign_attempt.pk}

    @pytest.mark.parametrize(
        "wanted",
        [{"status": "error", "resumable": "true"}, {"status": ["error"], "resumable": True, "exam": ["EXAM"]}],
        ids=["as-in-the-address", "as-json"],
    )
    def test_resume_by_a_filter(self, world: World, team: APIClient, wanted: Any) -> None:
        broken = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
        factories.make_attempt(world.exam, status=S.error)
        if "exam" in wanted:
            wanted = {**wanted, "exam": [world.exam.pk]}
        job = order(team, action="resume", filter=wanted, expected_count=1)
        assert (job["total"], job["done"]) == (1, 1)
        broken.refresh_from_db()
        assert broken.ready_to_resume

    def test_dry_run(self, world: World, team: APIClient) -> None:
        job = order(team, action="reset", all=True, dry_run=True)
        assert (job["code"], job["rows_url"], job["dry_run"], job["total"]) == (None, None, True, 1)
        assert [row["status"] for row in job["rows"]] == ["done"]
        assert job["is_more"] is False
        assert not StaffJob.objects.exists()
        assert ProctoredExamStudentAttempt.objects.filter(pk=world.attempt.pk).exists()

    def test_a_selection_that_changed(self, world: World, team: APIClient) -> None:
        problem = order(team, expect=409, action="reset", all=True, expected_count=7)
        assert problem["code"] == "selection_changed"
        assert (problem["errors"][0]["field"], problem["errors"][0]["count"]) == ("expected_count", 1)

    def test_too_many(self, world: World, team: APIClient, proctoring_settings: Any) -> None:
        proctoring_settings(JOB_MAX_ROWS=1)
        factories.make_attempt(world.exam, status=S.submitted)
        problem = order(team, expect=422, action="reset", all=True)
        assert (problem["code"], problem["errors"][0]["most"]) == ("too_many", 1)

    def test_only_global_staff_reset_without_the_provider(self, world: World, team: APIClient, as_role: Any) -> None:
        body = {"action": "reset", "all": True, "force_local": True}
        assert order(team, expect=403, **body)["code"] == "not_allowed"
        assert order(as_role("global_staff"), **body)["done"] == 1

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"action": "reset"}, "validation_error", ""),
            ({"action": "reset", "all": False}, "validation_error", ""),
            ({"action": "reset", "all": True, "attempt_ids": [1]}, "validation_error", ""),
            ({"action": "reset", "attempt_ids": []}, "validation_error", "attempt_ids"),
            ({"action": "reset", "attempt_ids": list(range(1, 1002))}, "validation_error", "attempt_ids"),
            ({"action": "reset", "attempt_ids": ["x"]}, "validation_error", "attempt_ids.0"),
            ({"action": "reset", "attempt_ids": [2**40]}, "validation_error", "attempt_ids.0"),
            ({"action": "explode", "all": True}, "validation_error", "action"),
            ({"action": "reset", "all": True, "reason": " "}, "validation_error", "reason"),
            ({"action": "reset", "all": True, "reason": "x" * 501}, "validation_error", "reason"),
            ({"action": "reset", "all": True, "expected_count": -1}, "validation_error", "expected_count"),
            ({"action": "resume", "all": True, "only_this": True}, "validation_error", "only_this"),
            ({"action": "reset", "filter": {"stauts": "x"}}, "unknown_parameter", "filter.stauts"),
            ({"action": "reset", "filter": {"status": "x"}}, "validation_error", "filter.status"),
            ({"action": "reset", "filter": "started"}, "validation_error", "filter"),
            ({"action": "reset", "filter": {"page": 1}}, "unknown_parameter", "filter.page"),
            ({"action": "reset", "everything": True}, "unknown_parameter", "everything"),
            ({"action": "reset", "filter": {"resumable": {}}}, "validation_error", "filter.resumable"),
        ],
    )
    def test_bad_input(self, world: World, team: APIClient, body: Any, code: str, field: str) -> None:
        problem = order(team, expect=422, **body)
        assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
        assert not StaffJob.objects.exists()


@pytest.mark.contract("rest-v2#extend-many")
class TestExtend:
    def test_everybody(self, team: APIClient, extend_url: str, running: Any) -> None:
        job = order(team, extend_url, minutes=10, all=True, expected_count=3)
        assert (job["kind"], job["done"]) == ("extend", 3)
        running[2].refresh_from_db()
        assert running[2].allowed_time_limit_mins == 70
        [row, *_others] = team.get(job["rows_url"], {"state": "done", "page_size": 1}).json()["results"]
        assert row["result"]["minutes"] == 10
        assert row["result"]["expires_at"].endswith("Z")

    def test_a_click_twice_with_one_key_extends_once(self, team: APIClient, extend_url: str, running: Any) -> None:
        first = order(team, extend_url, key="one", minutes=10, all=True)
        assert order(team, extend_url, key="one", minutes=10, all=True) == first
        running[0].refresh_from_db()
        assert running[0].allowed_time_limit_mins == 70

    def test_two_orders_without_a_key_both_count(self, team: APIClient, extend_url: str, running: Any) -> None:
        for _ in range(2):
            order(team, extend_url, minutes=10, all=True)
        running[0].refresh_from_db()
        assert running[0].allowed_time_limit_mins == 80

    def test_only_global_staff_go_past_the_due_date(self, team: APIClient, extend_url: str, as_role: Any) -> None:
        body = {"minutes": 5, "all": True, "past_due": True}
        assert order(team, extend_url, expect=403, **body)["code"] == "not_allowed"
        assert order(as_role("global_staff"), extend_url, **body)["total"] == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"minutes": 0, "all": True}, "minutes"),
            ({"minutes": 10**12, "all": True}, "minutes"),
            ({"minutes": "soon", "all": True}, "minutes"),
            ({"all": True}, "minutes"),
            ({"minutes": 5}, ""),
        ],
    )
    def test_bad_input(self, team: APIClient, extend_url: str, body: Any, field: str) -> None:
        problem = order(team, extend_url, expect=422, **body)
        assert (problem["code"], problem["errors"][0]["field"]) == ("validation_error", field)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request does one row."""
    original = working.work_on
    monkeypatch.setattr(working, "go_on", lambda code: original(code, most_rows=1))
    monkeypatch.setattr(working, "begin", lambda job, by: original(job.code, most_rows=1))


@pytest.mark.contract("rest-v2#jobs")
class TestProgress:
    @pytest.mark.usefixtures("slow")
    def test_it_goes_on_while_somebody_watches(self, world: World, team: APIClient) -> None:
        for _ in range(2):
            factories.make_attempt(world.exam, status=S.submitted)
        response = team.post(BULK, {"action": "reset", "all": True, "reason": "x"}, format="json")
        assert response.status_code == 202
        url = response.headers["Location"]
        assert (team.get(url).json()["state"], team.get(url).json()["done"]) == ("running", 1)
        work = team.post(f"{url}/work", format="json")
        assert (work.status_code, work.json()["done"], work.headers["Location"]) == (202, 2, url)
        assert team.post(f"{url}/work", format="json").status_code == 200
        assert team.get(url).json()["state"] == "done"

    @pytest.mark.usefixtures("slow")
    def test_a_repeated_order_says_again_where_to_look(self, world: World, team: APIClient) -> None:
        factories.make_attempt(world.exam, status=S.submitted)
        body = {"action": "reset", "all": True, "reason": "x"}
        first, again = (team.post(BULK, body, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert again.headers["Idempotent-Replay"] == "true"
        assert (again.status_code, again.headers["Location"]) == (202, first.headers["Location"])
        assert StaffJob.objects.count() == 1

    @pytest.mark.usefixtures("slow")
    @pytest.mark.contract("staff-jobs#stop")
    def test_stop(self, world: World, team: APIClient) -> None:
        for _ in range(2):
            factories.make_attempt(world.exam, status=S.submitted)
        job = order(team, expect=202, action="reset", all=True)
        stopped = team.post(address("job-stop", code=job["code"])).json()
        assert (stopped["state"], stopped["done"]) == ("stopped", 1)
        assert team.post(address("job-work", code=job["code"])).json()["done"] == 1
        waiting = team.get(job["rows_url"], {"state": "waiting"}).json()["results"]
        assert [(row["status"], row["success"], row["error"]) for row in waiting] == [("waiting", False, None)] * 2

    def test_304_if_nothing_changed(self, world: World, team: APIClient) -> None:
        url = address("job", code=factories.make_job(world.attempt).code)
        etag = team.get(url).headers["ETag"]
        assert team.get(url, headers={"If-None-Match": etag}).status_code == 304
        StaffJob.objects.update(done=0)
        assert team.get(url, headers={"If-None-Match": etag}).status_code == 200

    def test_another_course(self, world: World, team: APIClient, as_role: Callable[[str], APIClient]) -> None:
        code = factories.make_job(world.foreign_attempt).code
        for route in ("job", "job-rows"):
            assert team.get(address(route, code=code)).status_code == 404
            assert as_role("foreign_staff").get(address(route, code=code)).status_code == 200
        for route in ("job-work", "job-stop"):
            assert team.post(address(route, code=code)).json()["code"] == "not_found"

    @pytest.mark.usefixtures("slow")
    @pytest.mark.contract("staff-jobs#permission")
    def test_who_ordered_it_leaves_the_course_team(self, world: World, team: APIClient, as_role: Any) -> None:
        for _ in range(2):
            factories.make_attempt(world.exam, status=S.submitted)
        code = order(team, expect=202, action="reset", all=True)["code"]
        boss = world["global_staff"]
        runtime.set_runtime_service("instructor", CourseStaff({boss: []}))  # type: ignore[dict-item]
        for route in ("job-work", "job-stop"):
            assert team.post(address(route, code=code)).json()["code"] == "not_found"
        assert team.get(address("job", code=code)).status_code == 404
        # What was ordered is carried out, unless a colleague stops it.
        colleague = as_role("global_staff")
        assert colleague.post(address("job-work", code=code)).json()["done"] == 2
        assert colleague.post(address("job-stop", code=code)).json()["state"] == "stopped"

    def test_a_body_where_there_is_none(self, world: World, team: APIClient) -> None:
        url = address("job-stop", code=factories.make_job(world.attempt).code)
        assert team.post(url, {"now": True}, format="json").json()["code"] == "unknown_parameter"


@pytest.mark.contract("rest-v2#jobs-list")
class TestLists:
    def test_newest_first(self, world: World, team: APIClient) -> None:
        old, new = factories.make_job(world.attempt), factories.make_job(world.attempt, kind="resume")
        factories.make_job(world.foreign_attempt)
        found = team.get(address("jobs", course_id=COURSE_A)).json()["results"]
        assert [job["code"] for job in found] == [new.code, old.code]

    def test_a_single_action_is_in_the_list(self, world: World, team: APIClient, running: Any) -> None:
        url = address("attempt-extend", attempt_id=world.attempt.pk)
        team.post(url, {"minutes": 5, "reason": "noise"}, format="json")
        [job] = team.get(address("jobs", course_id=COURSE_A)).json()["results"]
        assert (job["kind"], job["state"], job["total"], job["reason"]) == ("extend", "done", 1, "noise")

    def test_a_change_of_an_allowance_says_which_it_was(self, world: World, team: APIClient) -> None:
        result = '{"status": "created", "line": 4, "before": null, "after": "5"}'
        job = factories.make_job(world.attempt, kind="allowances", row={"result": result})
        [row] = team.get(address("job-rows", code=job.code)).json()["results"]
        assert (row["status"], row["line"], row["success"]) == ("created", 4, True)
        assert "line" not in row["result"]

    @pytest.mark.parametrize("code", ["gone", "provider_unavailable", "past_due", "internal_error", "not_resumable"])
    @pytest.mark.parametrize("language", ["en", "fr", "ar"])
    def test_each_reason_has_a_sentence(self, world: World, team: APIClient, code: str, language: str) -> None:
        job = factories.make_job(world.attempt, row={"state": "failed", "error_code": code})
        with translation.override(language):
            [row] = team.get(address("job-rows", code=job.code), headers={"Accept-Language": language}).json()[
                "results"
            ]
        assert row["error"]["code"] == code
        assert len(row["error"]["detail"]) > 10

    def test_of_a_learner_who_is_gone(self, world: World, team: APIClient) -> None:
        job = factories.make_job(world.attempt, created_by=987_654, row={"user_id": 987_654})
        assert team.get(address("job", code=job.code)).json()["created_by"] is None
        assert team.get(address("job-rows", code=job.code)).json()["results"][0]["user"] is None

    @pytest.mark.parametrize("state", ["splendid", "done,", "started"])
    def test_an_unknown_state(self, world: World, team: APIClient, state: str) -> None:
        job = factories.make_job(world.attempt)
        assert team.get(address("job-rows", code=job.code), {"state": state}).status_code == 422


@pytest.mark.contract("rest-v2#jobs-file")
def test_the_file_has_one_line_per_learner(world: World, team: APIClient) -> None:
    job = factories.make_job(world.attempt, reason="=1+1", created_by=world["course_staff"].pk)  # type: ignore[union-attr]
    factories.make_job(world.foreign_attempt)
    response = team.get(address("jobs-file", course_id=COURSE_A, ending="csv"))
    [row] = csv.DictReader(StringIO(b"".join(response).decode()))
    assert (row["job"], row["kind"], row["reason"], row["status"]) == (job.code, "extend", "'=1+1", "done")
    assert (row["username"], row["created_by"]) == ("owner", "course_staff")
