"""Allowances for many over REST: by pairs, by rows, from a file."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExamStudentAllowance, StaffJob
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

TIME = "additional_time_granted"
HEADER = "learner;exam;type;value\r\n"


@pytest.fixture
def ann(world: World) -> User:
    world.exam.exam_name = "Prüfung"
    world.exam.save()
    return factories.make_user("jörg")


def held(user: User) -> list[str]:
    return list(ProctoredExamStudentAllowance.objects.filter(user=user).values_list("value", flat=True))


def give(client: APIClient, world: World, **more: Any) -> Any:
    body = {"exam_ids": [world.exam.pk], "learners": ["jörg", "nobody"], "type": TIME, "value": 15, **more}
    return client.post(address("allowances", course_id=COURSE_A), body, format="json")


def send_rows(client: APIClient, *rows: Any, **more: Any) -> Any:
    return client.post(address("allowances-bulk", course_id=COURSE_A), {"rows": rows, **more}, format="json")


def send_file(client: APIClient, data: bytes, headers: Any = None, **more: Any) -> Any:
    file = SimpleUploadedFile("extra.csv", data, content_type="text/csv")
    url = address("allowances-bulk", course_id=COURSE_A)
    return client.post(url, {"file": file, **more}, format="multipart", headers=headers)


def rows_of(client: APIClient, job: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(address("job-rows", code=job["code"])).json()["results"]
    return rows


class TestPairs:
    """POST courses/{c}/allowances."""

    @pytest.mark.contract("rest-v2#allowances-give")
    def test_what_became_of_each_pair(self, world: World, ann: User, team: APIClient) -> None:
        response = give(team, world, reason="a decision of the board")
        job = response.json()
        assert response.status_code == 200
        assert (job["kind"], job["state"], job["total"], job["done"], job["failed"]) == ("allowances", "done", 2, 1, 1)
        assert job["reason"] == "a decision of the board"
        good, bad = rows_of(team, job)
        assert (good["success"], good["status"], good["user"]["username"]) == (True, "created", "jörg")
        assert (good["result"]["total_minutes"], good["line"]) == (105, None)
        assert (bad["success"], bad["status"], bad["user"]) == (False, "failed", None)
        assert bad["error"]["code"] == "user_not_found"
        assert bad["error"]["detail"]
        assert held(ann) == ["15"]

    def test_what_is_as_wanted_already(self, world: World, ann: User, team: APIClient) -> None:
        give(team, world, learners=["jörg"])
        job = give(team, world, learners=["jörg"]).json()
        [row] = rows_of(team, job)
        assert (job["done"], job["skipped"]) == (0, 1)
        assert (row["success"], row["status"], row["error"]) == (True, "unchanged", None)

    def test_a_dry_run(self, world: World, ann: User, team: APIClient) -> None:
        job = give(team, world, dry_run=True).json()
        assert (job["code"], job["dry_run"]) == (None, True)
        assert [row["status"] for row in job["rows"]] == ["created", "failed"]
        assert held(ann) == []
        assert not StaffJob.objects.exists()

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"value": "-1"}, "invalid_allowance"),
            ({"type": "time_multiplier", "value": "0.5"}, "invalid_allowance"),
            ({"type": "extra"}, "validation_error"),
            ({"exam_ids": []}, "validation_error"),
            ({"exam_ids": "1"}, "validation_error"),
            ({"exam_ids": [1] * 201}, "validation_error"),
            ({"learners": []}, "validation_error"),
            ({"learners": ["x" * 256]}, "validation_error"),
            ({"learners": [["a"]]}, "validation_error"),
            ({"reason": " "}, "validation_error"),
            ({"dryrun": True}, "unknown_parameter"),
        ],
        ids=str,
    )
    def test_bad_values(self, more: Any, code: str, world: World, ann: User, team: APIClient) -> None:
        response = give(team, world, **more)
        assert (response.status_code, response.json()["code"]) == (422, code)
        assert held(ann) == []

    def test_too_many(self, world: World, ann: User, team: APIClient, settings: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "JOB_MAX_ROWS": 1}
        response = give(team, world)
        assert (response.status_code, response.json()["code"]) == (422, "too_many")


class TestRows:
    """POST courses/{c}/allowances/bulk with JSON."""

    @pytest.mark.contract("rest-v2#allowances-bulk")
    def test_each_row_by_itself(self, world: World, ann: User, team: APIClient) -> None:
        row = {"learner": "jörg", "exam": world.exam.pk, "type": TIME, "value": 10}
        job = send_rows(
            team,
            row,
            {**row, "value": "x"},
            {**row, "exam": world.foreign_exam.pk},
            {**row, "type": "review_policy_exception", "action": "remove"},
        ).json()
        rows = rows_of(team, job)
        assert [row["line"] for row in rows] == [1, 2, 3, 4]
        assert [row["status"] for row in rows] == ["created", "failed", "failed", "unchanged"]
        assert [row["error"] and row["error"]["code"] for row in rows] == [
            None,
            "invalid_allowance",
            "not_your_course",
            None,
        ]
        assert "minutes" in rows[1]["error"]["detail"]

    @pytest.mark.parametrize(
        ("rows", "code"),
        [
            ([], "validation_error"),
            (["x"], "validation_error"),
            ([{"learner": "ann"}], "validation_error"),
            ([{"learner": "a", "exam": "b", "type": "c", "value": "d", "action": "e"}], "validation_error"),
            ([{"learner": "a", "exam": "b", "type": "c", "value": "d", "note": "e"}], "unknown_parameter"),
            ([{"learner": "a", "exam": "b", "type": "c", "value": "d"}] * 5001, "validation_error"),
        ],
        ids=["none", "text", "half", "unknown-action", "unknown-member", "5001"],
    )
    def test_bad_rows(self, rows: Any, code: str, world: World, team: APIClient) -> None:
        response = send_rows(team, *rows)
        assert (response.status_code, response.json()["code"]) == (422, code)
        assert not StaffJob.objects.exists()


class TestFile:
    """POST courses/{c}/allowances/bulk with a file."""

    @pytest.mark.contract("rest-v2#allowances-file")
    def test_the_dry_run_is_what_is_done(self, world: World, ann: User, team: APIClient) -> None:
        text = f"{HEADER}jörg;Prüfung;time_multiplier;1.5\r\n\r\nnobody;Prüfung;{TIME};5\r\n"
        for encoding in ("utf-8", "utf-8-sig"):
            plan = send_file(team, text.encode(encoding), dry_run="true").json()
            assert [(row["line"], row["status"]) for row in plan["rows"]] == [(2, "created"), (4, "failed")]
        assert held(ann) == []
        data = text.encode("utf-8-sig")
        response = send_file(team, data, expected_count=plan["total"], reason="a decision of the board")
        done = rows_of(team, response.json())
        assert [{**row, "position": 0} for row in done] == [{**row, "position": 0} for row in plan["rows"]]
        assert held(ann) == ["45"]
        assert StaffJob.objects.get().reason == "a decision of the board"

    def test_the_file_was_changed_since_the_dry_run(self, world: World, ann: User, team: APIClient) -> None:
        response = send_file(team, f"{HEADER}jörg;Prüfung;{TIME};5\r\n".encode(), expected_count=2)
        assert (response.status_code, response.json()["code"]) == (409, "selection_changed")
        assert response.json()["errors"][0]["count"] == 1

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            pytest.param(b"name;exam\r\n", 1, id="columns"),
            pytest.param(f"{HEADER}jörg;a;b;c\r\n".encode("latin-1"), 2, id="encoding"),
            pytest.param((HEADER + f"jörg;Prüfung;{TIME};5\r\n" * 5001).encode(), 5002, id="5001-rows"),
        ],
    )
    def test_bad_files(self, data: bytes, line: int, world: World, ann: User, team: APIClient) -> None:
        response = send_file(team, data)
        problem = response.json()
        assert (response.status_code, problem["code"]) == (422, "bad_file")
        assert problem["errors"][0]["line"] == line
        assert problem["detail"] == problem["errors"][0]["message"]
        assert not StaffJob.objects.exists()

    def test_a_file_that_is_too_large(self, world: World, team: APIClient) -> None:
        response = send_file(team, b"x" * (1024 * 1024 + 1))
        assert (response.status_code, response.json()["code"]) == (413, "too_large")

    def test_other_files_and_parameters(self, world: World, team: APIClient) -> None:
        file = SimpleUploadedFile("extra.csv", b"x")
        url = address("allowances-bulk", course_id=COURSE_A)
        assert team.post(url, {"table": file}, format="multipart").json()["code"] == "bad_file"
        assert send_file(team, b"x", rows="1").json()["code"] == "unknown_parameter"
        assert send_file(team, b"x", dry_run="perhaps").json()["code"] == "validation_error"

    def test_a_long_file_is_finished_by_who_watches(
        self, world: World, ann: User, team: APIClient, settings: Any
    ) -> None:
        names = [f"learner-{number}" for number in range(1200)]
        User.objects.bulk_create(User(username=name) for name in names)
        text = HEADER + "".join(f"{name};Prüfung;{TIME};5\r\n" for name in names)
        job = send_file(team, text.encode()).json()
        for _ in range(20):
            if job["state"] == "done":
                break
            job = team.post(address("job-work", code=job["code"])).json()
        assert (job["done"], job["failed"]) == (1200, 0)
        assert ProctoredExamStudentAllowance.objects.count() == 1200

    def test_a_repeated_key_with_another_file(self, world: World, ann: User, team: APIClient) -> None:
        headers = {"Idempotency-Key": "file-1"}
        first = send_file(team, f"{HEADER}jörg;Prüfung;{TIME};5\r\n".encode(), headers)
        again = send_file(team, f"{HEADER}jörg;Prüfung;{TIME};5\r\n".encode(), headers)
        assert again.headers["Idempotent-Replay"] == "true"
        assert again.json() == first.json()
        other = send_file(team, f"{HEADER}jörg;Prüfung;{TIME};6\r\n".encode(), headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert held(ann) == ["5"]


@pytest.mark.parametrize(
    "code",
    [
        "user_not_found",
        "user_ambiguous",
        "exam_not_found",
        "exam_ambiguous",
        "exam_inactive",
        "invalid_allowance",
        "not_your_course",
        "duplicate_row",
    ],
)
def test_each_failure_of_a_row_has_a_sentence(code: str, world: World, team: APIClient) -> None:
    job = factories.make_job(world.attempt, {"state": "failed", "error_code": code}, kind="allowances")
    [row] = rows_of(team, {"code": job.code})
    assert row["error"]["code"] == code
    assert row["error"]["detail"].endswith(".")
