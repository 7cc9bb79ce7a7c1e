"""Attempts as files."""

import csv
import json
import tracemalloc
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.signals import request_finished
from rest_framework.test import APIClient

from edx_proctoring.api.course_staff import exports, violation_report
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter
from edx_proctoring.models import ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address


def download(client: APIClient, ending: str = "csv", **query: Any) -> Any:
    return client.get(
        address("attempts-file", course_id=COURSE_A, ending=ending), query, headers={"Accept": "text/html"}
    )


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.contract("rest-v2#exports")
def test_the_file_has_what_the_list_shows(world: World, team: APIClient) -> None:
    ann = factories.make_user("ann")
    old = factories.make_attempt(world.exam, ann, status=S.error)
    attempt = factories.make_attempt(world.exam, ann, status=S.second_review_required, started_at=factories.NOON)
    factories.make_review(attempt, review_status="Suspicious")
    response = download(team)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="edX-Physics-2026-attempts-')
    rows = rows_of(response)
    assert list(rows[0]) == list(exports.ATTEMPT_COLUMNS)
    assert [row["attempt_id"] for row in rows] == [str(world.attempt.pk), str(attempt.pk)]
    assert rows[1]["username"] == "ann"
    assert rows[1]["review_status"] == "Suspicious"
    assert rows[1]["started_at"] == factories.NOON.isoformat().replace("+00:00", "Z")
    assert (rows[0]["taken_as_proctored"], rows[0]["completed_at"]) == ("true", "")
    everything = rows_of(download(team, latest_only="false"))
    assert str(old.pk) in {row["attempt_id"] for row in everything}
    assert [row["attempt_id"] for row in rows_of(download(team, status="started"))] == [str(world.attempt.pk)]


def test_json_lines(world: World, team: APIClient) -> None:
    response = download(team, "jsonl")
    [line] = b"".join(response).splitlines()
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert json.loads(line)["attempt_id"] == world.attempt.pk


def test_a_mark_for_old_spreadsheets(world: World, team: APIClient) -> None:
    assert b"".join(download(team, bom="true")).startswith(b"\xef\xbb\xbfattempt_id")
    assert b"".join(download(team)).startswith(b"attempt_id")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "\tx"])
def test_a_spreadsheet_runs_nothing(name: str, world: World, team: APIClient) -> None:
    world.exam.exam_name = name
    world.exam.save()
    [row] = rows_of(download(team))
    assert row["exam_name"] == f"'{name}"


def test_numbers_and_text_of_other_languages_stay(world: World, team: APIClient) -> None:
    world.exam.exam_name = "Prüfung, «1»\nzweite Zeile"
    world.exam.save()
    [row] = rows_of(download(team))
    assert row["exam_name"] == "Prüfung, «1»\nzweite Zeile"


@pytest.mark.parametrize("query", [{"status": "x"}, {"page": 1}, {"bom": "1"}, {"ordering": "status"}], ids=str)
def test_refusals_come_before_the_first_byte(query: Any, world: World, team: APIClient) -> None:
    response = download(team, **query)
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_file_that_breaks_off_says_so(world: World, team: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(attempt_ids: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(exports, "extended_minutes", broken)
    assert b"".join(download(team)).endswith(b"#error\n")


def test_pieces_meet_without_gap_or_repetition(world: World, monkeypatch: pytest.MonkeyPatch, team: APIClient) -> None:
    monkeypatch.setattr(exports, "CHUNK", 3)
    made = [world.attempt, *(factories.make_attempt(world.exam, factories.make_user()) for _ in range(7))]
    assert [row["attempt_id"] for row in rows_of(download(team))] == [str(attempt.pk) for attempt in made]


def test_pieces_meet_between_attempts_of_the_same_moment(
    world: World, monkeypatch: pytest.MonkeyPatch, team: APIClient
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    other = factories.make_exam(course_id=COURSE_A, content_id="another")
    made = [factories.make_attempt(world.exam, factories.make_user()) for _number in range(7)]
    made += [factories.make_attempt(other, factories.make_user()) for _number in range(3)]
    ProctoredExamStudentAttempt.objects.filter(pk__in=[one.pk for one in made[1:6]]).update(created=factories.NOON)
    listed = [row["attempt_id"] for row in rows_of(download(team))]
    assert sorted(listed) == sorted(str(one.pk) for one in [*made, world.attempt])


@pytest.mark.contract("rest-v2#export-violations")
def test_what_reviews_found(world: World, team: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(violation_report, "CHUNK", 1)
    attempt = factories.make_attempt(world.exam, factories.make_user("ann"), status=S.rejected)
    review = factories.make_review(attempt, review_status="Suspicious")
    for text in ("=looks away", "is absent"):
        factories.make_comment(review, comment=text)
    factories.make_comment(review, comment="talks", status="Rules Violation")
    factories.make_attempt(world.foreign_exam)
    url = address("violations-file", course_id=COURSE_A, ending="csv")
    without, found = rows_of(team.get(url))
    assert list(found) == list(violation_report.COLUMNS)
    assert (found["username"], found["review_status"], found["provider"]) == ("ann", "Suspicious", "test")
    assert (found["Suspicious Count"], found["Suspicious Comments"]) == ("2", "'=looks away; is absent")
    assert (found["Rules Violation Count"], found["Rules Violation Comments"]) == ("1", "talks")
    assert (without["attempt_code"], without["Suspicious Count"]) == (world.attempt.attempt_code, "")
    other = factories.make_exam(course_id=COURSE_A)
    assert rows_of(team.get(url, {"exam": other.pk})) == []
    assert team.get(url, {"exam": "x"}).status_code == 422


@pytest.mark.contract("rest-v2#exports")
def test_a_download_is_on_record(world: World, team: APIClient) -> None:
    for _number in range(2):
        factories.make_attempt(world.exam, factories.make_user())
    b"".join(download(team, status="created,started", search="own", latest_only="true"))
    job = StaffJob.objects.get()
    assert (job.kind, job.state, job.course_id) == ("export", "done", COURSE_A)
    assert (job.total, job.done) == (1, 1)
    assert job.created_by == world["course_staff"].pk  # type: ignore[union-attr]
    assert job.parameters_data == {
        "name": "attempts",
        "format": "csv",
        "filter": {"status": ["created", "started"], "search": True, "latest_only": True},
        "is_complete": True,
    }


def test_a_download_that_breaks_off_is_on_record_as_such(
    world: World, team: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 1)
    factories.make_attempt(world.exam, factories.make_user())
    response = download(team)
    parts = iter(response)
    # The header, and the first row.
    for _part in range(2):
        next(parts)
    # The end of a request closes the connection to a server, and with it this test's transaction.
    monkeypatch.setattr(request_finished, "send", lambda **_named: [])
    response.close()
    job = StaffJob.objects.get()
    assert (job.total, job.parameters_data["is_complete"]) == (1, False)


def test_a_cell_depends_only_on_its_value() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    values = ["=1+1", "", "a", None, True, False, -5, 1.5, noon, "\tx"]
    cells = ["'=1+1", "", "a", "", "true", "false", "-5", "1.5", "2026-03-01T12:00:00Z", "'\tx"]

    def file(column: list[Any]) -> str:
        piece = [{"cell": value, "end": "."} for value in column]
        return b"".join(exports.as_csv([piece], ("cell", "end"))).decode()

    assert file(values) == "cell,end\r\n" + "".join(f"{cell},.\r\n" for cell in cells)
    for value, cell in zip(values, cells, strict=True):
        assert file([value, None, value]) == f"cell,end\r\n{cell},.\r\n,.\r\n{cell},.\r\n"


def test_a_piece_takes_one_query_and_one_more_if_staff_extended_attempts(
    world: World, django_assert_num_queries: Any
) -> None:
    pieces = exports.attempt_records(COURSE_A, AttemptFilter())
    with django_assert_num_queries(3):
        # Exams, attempts, and that there are no more.
        before = list(pieces)

    attempt_id = before[0][0]["attempt_id"]
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    attempt._change_reason = "extended 7: the fire alarm"
    attempt.save()

    with django_assert_num_queries(4):
        [after] = exports.attempt_records(COURSE_A, AttemptFilter())
    minutes = {row["attempt_id"]: row["extended_minutes"] for row in after}
    assert minutes == {**dict.fromkeys(minutes, 0), attempt_id: 7}


def test_memory_does_not_grow_with_the_file() -> None:
    record = dict.fromkeys(exports.ATTEMPT_COLUMNS, "x" * 50)

    def peak(pieces: int) -> int:
        tracemalloc.start()
        for _part in exports.as_csv(([record] * 100 for _ in range(pieces)), exports.ATTEMPT_COLUMNS):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(200) < 1.5 * peak(10)
