"""Allowances for many: from a file, by pairs, and what a job makes of them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api, runtime
from edx_proctoring.api.course_staff import allowance_bulk_actions, allowance_file
from edx_proctoring.api.course_staff.allowance_bulk_actions import Mode
from edx_proctoring.api.course_staff.allowance_file import BadFile, WantedAllowance, rows_of_file
from edx_proctoring.api.exams import allowance_changes
from edx_proctoring.api.jobs import working
from edx_proctoring.api.jobs.allowances import Allowances
from edx_proctoring.exceptions import (
    AllowanceChangeNotFound,
    AllowanceValueNotAllowedException,
    SelectionChanged,
    TooManyRows,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    RemovedAllowance,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockEnrollmentsService
from tests.factories import COURSE, make_allowance, make_attempt, make_exam, make_staff, make_user

pytestmark = pytest.mark.django_db

TIME = "additional_time_granted"
EXCEPTION = "review_policy_exception"
HEADER = "learner,exam,type,value\n"


class TestFile:
    """Reading a file."""

    @pytest.mark.contract("rest-v2#allowances-file")
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param("learner,exam,type,value\njörg,Prüfung,time_multiplier,1.5\n".encode(), id="utf-8"),
            pytest.param("learner;exam;type;value\njörg;Prüfung;time_multiplier;1.5\n".encode("utf-8-sig"), id="bom"),
            pytest.param("learner\texam\ttype\tvalue\njörg\tPrüfung\ttime_multiplier\t1.5".encode(), id="tabs"),
            pytest.param(
                " Value ;EXAM;Learner;Type\r\n1.5;Prüfung; jörg ;Time_Multiplier\r\n\r\n;;;\r\n".encode(),
                id="any-order",
            ),
            pytest.param(
                '"learner","exam","type","value"\r"jörg","Prüfung","time_multiplier","1.5"'.encode(),
                id="quoted-old-mac",
            ),
        ],
    )
    def test_as_spreadsheets_write_it(self, data: bytes) -> None:
        assert rows_of_file(data) == [WantedAllowance("jörg", "Prüfung", "time_multiplier", "1.5", "set", 2)]

    def test_action_and_lines(self) -> None:
        data = 'learner,exam,type,value,action\na,"one\ntwo",x,1,Remove\n\nb,c,x,\n'
        rows = rows_of_file(data.encode())
        assert [(row.learner, row.exam, row.action, row.line) for row in rows] == [
            ("a", "one\ntwo", "remove", 2),
            ("b", "c", "set", 5),
        ]

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            pytest.param(b"", 1, id="empty"),
            pytest.param(b"learner,exam,type\na,b,c\n", 1, id="no-value"),
            pytest.param(b"learner,exam,type,value,note\na,b,c,d,e\n", 1, id="unknown-column"),
            pytest.param(b"learner,exam,type,value,value\na,b,c,d,e\n", 1, id="a-column-twice"),
            pytest.param(HEADER.encode(), 1, id="no-rows"),
            pytest.param(f"{HEADER}a,b,c,d\na,b,c,d,e\n".encode(), 3, id="too-many-cells"),
            pytest.param(f'{HEADER}a,b,c,d\n"a"x,b,c,d\n'.encode(), 3, id="quotation-marks"),
            pytest.param(f'{HEADER}a,b,"c,d\n'.encode(), 2, id="quotation-mark-never-closed"),
            pytest.param(f"{HEADER}a,b,c,d\njörg,b,c,d\n".encode("latin-1"), 3, id="latin-1"),
            pytest.param(f"{HEADER}a,b,c,d\n".encode("utf-16"), 1, id="utf-16"),
            pytest.param(f"{HEADER}a,b,c,d\na,\0,c,d\n".encode(), 3, id="nul"),
            pytest.param(f"{HEADER}{'x' * 140_000},b,c,d\n".encode(), 2, id="endless-cell"),
            pytest.param((HEADER + "a,b,c,d\n" * 5001).encode(), 5002, id="5001-rows"),
        ],
    )
    def test_bad_files_name_the_line(self, data: bytes, line: int) -> None:
        with pytest.raises(BadFile) as caught:
            rows_of_file(data)
        assert caught.value.line == line
        assert str(caught.value)

    def test_5000_rows(self) -> None:
        assert len(rows_of_file((HEADER + "a,b,c,d\n" * 5000).encode())) == allowance_file.MOST_ROWS


@pytest.fixture
def boss() -> User:
    return make_staff("boss")


@pytest.fixture
def exam() -> ProctoredExam:
    return make_exam("timed", exam_name="Final", time_limit_mins=45)


@pytest.fixture
def ann() -> User:
    return make_user("ann")


def wanted(learner: str = "ann", exam: Any = "Final", kind: str = TIME, value: str = "30", **more: Any) -> Any:
    return WantedAllowance(learner, str(exam), kind, value, **more)


def order(boss: User, *rows: WantedAllowance, **mode: Any) -> list[StaffJobRow]:
    """Order and return the rows."""
    ordered = allowance_bulk_actions.request_allowances(COURSE, rows, Mode(boss, **mode))
    return list(ordered.rows if ordered.rows is not None else ordered.job.rows.order_by("position"))


def outcome(row: StaffJobRow) -> str:
    return row.error_code or row.result_data["status"]


def held(user: User) -> dict[str, str]:
    return dict(ProctoredExamStudentAllowance.objects.filter(user=user).values_list("key", "value"))


class TestRows:
    """What a row means."""

    @pytest.mark.contract("rest-v2#allowances-bulk")
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            pytest.param(wanted(), "created", id="by-name"),
            pytest.param(wanted("ann@example.com"), "created", id="by-e-mail"),
            pytest.param(wanted("ANN"), "created", id="another-case"),
            pytest.param(wanted("nobody"), "user_not_found", id="unknown-learner"),
            pytest.param(wanted(""), "user_not_found", id="no-learner"),
            pytest.param(wanted("a\0b"), "user_not_found", id="nul"),
            pytest.param(wanted("x" * 300), "user_not_found", id="long-name"),
            pytest.param(wanted("shared@example.com"), "user_ambiguous", id="e-mail-of-two"),
            pytest.param(wanted(exam="content-1"), "created", id="by-content-id"),
            pytest.param(wanted(exam="Twice"), "exam_ambiguous", id="two-of-this-name"),
            pytest.param(wanted(exam="Again"), "created", id="the-other-of-this-name-is-inactive"),
            pytest.param(wanted(exam="Old"), "exam_inactive", id="inactive"),
            pytest.param(wanted(exam="final"), "exam_not_found", id="another-case-of-an-exam"),
            pytest.param(wanted(exam="999999"), "exam_not_found", id="unknown-exam"),
            pytest.param(wanted(exam="content-b"), "not_your_course", id="content-id-of-another-course"),
            pytest.param(wanted(kind="extra"), "invalid_allowance", id="unknown-type"),
            pytest.param(wanted(value="1.5"), "invalid_allowance", id="no-minutes"),
            pytest.param(wanted(kind="time_multiplier", value="1,5"), "invalid_allowance", id="decimal-comma"),
            pytest.param(wanted(kind=EXCEPTION, value=""), "invalid_allowance", id="no-text"),
            pytest.param(wanted(action="delete"), "invalid_allowance", id="unknown-action"),
            pytest.param(wanted(action="remove"), "unchanged", id="nothing-to-remove"),
        ],
    )
    @pytest.mark.parametrize("dry_run", [True, False], ids=["dry-run", "carried-out"])
    def test_nothing_is_guessed(
        self, row: WantedAllowance, expected: str, dry_run: bool, boss: User, exam: Any, ann: User
    ) -> None:
        exam.content_id = "content-1"
        exam.save()
        for username in ("one", "two"):
            make_user(username, email="shared@example.com")
        for name, active in (("Twice", True), ("Twice", True), ("Again", True), ("Again", False), ("Old", False)):
            make_exam("timed", exam_name=name, is_active=active)
        make_exam("timed", course_id="other/course/1", content_id="content-b")
        [found] = order(boss, row, dry_run=dry_run)
        assert outcome(found) == expected
        assert bool(held(ann)) is (expected == "created" and not dry_run)
        assert StaffJob.objects.exists() is not dry_run

    def test_an_exam_by_its_id_and_one_of_another_course(self, boss: User, exam: Any, ann: User) -> None:
        foreign = make_exam("timed", course_id="other/course/1")
        named = make_exam("timed", exam_name="2026")
        rows = order(boss, wanted(exam=exam.pk), wanted(exam=foreign.pk), wanted(exam="2026"))
        assert [outcome(row) for row in rows] == ["created", "not_your_course", "created"]
        assert [row.exam_id for row in rows] == [exam.pk, None, named.pk]

    def test_an_exact_spelling_wins_and_others_are_not_guessed(self, boss: User, exam: Any, ann: User) -> None:
        if connection.vendor == "mysql":
            pytest.skip("usernames that differ by case cannot both exist there")
        make_user("Ann", email="x@example.com")
        rows = order(boss, wanted("ann"), wanted("ANN"))
        assert [outcome(row) for row in rows] == ["created", "user_ambiguous"]
        assert rows[0].user_id == ann.pk

    def test_a_username_that_is_the_address_of_another(self, boss: User, exam: Any, ann: User) -> None:
        other = make_user("ann@example.com", email="y@example.com")
        [row] = order(boss, wanted("ann@example.com"))
        assert row.user_id == other.pk

    def test_the_same_pair_twice(self, boss: User, exam: Any, ann: User) -> None:
        rows = order(
            boss,
            wanted("ann"),
            wanted("ANN", exam=exam.pk, value="10"),
            wanted(kind="time_multiplier", value="2"),
            wanted(kind=EXCEPTION, value="a book"),
        )
        assert [outcome(row) for row in rows] == ["created", "duplicate_row", "duplicate_row", "created"]
        assert held(ann) == {TIME: "30", EXCEPTION: "a book"}

    def test_a_retired_learner_is_not_found(self, boss: User, exam: Any, ann: User) -> None:
        api.retire_learner(ann.pk)
        api.retire_learner(make_attempt(exam, ann).user_id)
        [row] = order(boss, wanted(kind=EXCEPTION, value="is ill"))
        assert (outcome(row), row.user_id) == ("user_not_found", None)

    def test_lines_messages_and_what_is_kept(self, boss: User, exam: Any, ann: User) -> None:
        [good, bad] = order(boss, wanted(line=2), wanted("Mr. Secret", line=3))
        assert (good.result_data["line"], bad.result_data["line"]) == (2, 3)
        # A name that is nobody's could never be retired, so it is not stored.
        assert "Secret" not in str(bad.__dict__)
        [row] = order(boss, wanted(value="x"))
        assert "minutes" in row.message


class TestOutcomes:
    """What a job does."""

    @pytest.mark.contract("staff-jobs#allowances")
    def test_each_kind_of_change(self, boss: User, exam: Any, events: Any) -> None:
        users = [make_user(name) for name in ("new", "other", "same", "gone")]
        for user, value in zip(users[1:], ("10", "30", "20"), strict=True):
            make_allowance(exam, user, value=value)
        attempt = make_attempt(exam, users[1], status=S.started)
        rows = [wanted("new"), wanted("other"), wanted("same"), wanted("gone", action="remove")]
        planned = [row.result_data for row in order(boss, *rows, dry_run=True)]
        assert not StaffJobRow.objects.exists()
        done = order(boss, *rows)
        assert [row.result_data for row in done] == planned
        assert [outcome(row) for row in done] == ["created", "updated", "unchanged", "removed"]
        assert [(row["before"], row["after"], row["total_minutes"]) for row in planned] == [
            (None, "30", 75),
            ("10", "30", 75),
            ("30", "30", 75),
            ("20", None, None),
        ]
        assert [row["running_attempt_id"] for row in planned] == [None, attempt.pk, None, None]
        assert [row.state for row in done] == ["done", "done", "skipped", "done"]
        [job] = StaffJob.objects.all()
        assert (job.kind, job.exam_id, job.done, job.skipped, job.failed) == ("allowances", exam.pk, 3, 1, 0)
        names = [name.rpartition(".")[2] for name, _data in events if "allowance" in name]
        assert names == ["created", "updated", "deleted"]
        assert [held(user).get(TIME) for user in users] == ["30", "30", "30", None]

    @pytest.mark.contract("provider-interface#new-limit")
    @pytest.mark.parametrize("dies", [False, True], ids=["told-at-once", "the-process-dies"])
    def test_providers_get_the_new_limits(
        self, dies: bool, boss: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[Any] = []
        monkeypatch.setattr(test_backend, "takes_new_limits", True, raising=False)
        monkeypatch.setattr(test_backend, "update_time_limit", lambda *args: told.append(args), raising=False)
        exam = make_exam(exam_name="Proctored", time_limit_mins=60)
        attempt = make_attempt(exam, make_user("ben"), status=S.created, external_id="vendor-1")
        if dies:
            monkeypatch.setattr(Allowances, "announce", lambda *args: None)
        order(boss, wanted("ben", exam="Proctored"))
        assert bool(told) is not dies
        api.deliver_due_effects()
        assert told == [(exam.external_id, attempt.external_id, 90)]

    def test_former_states_are_archived(self, boss: User, exam: Any, ann: User) -> None:
        given = make_allowance(exam, ann, value="10")
        order(boss, wanted())
        order(boss, wanted(action="remove"))
        archived = ProctoredExamStudentAllowanceHistory.objects.order_by("pk")
        assert [(row.allowance_id, row.value) for row in archived] == [(given.pk, "10"), (given.pk, "30")]
        [removal] = RemovedAllowance.objects.all()
        assert (removal.last_state_id, removal.given) == (archived[1].pk, given.created)

    def test_a_factor_is_rounded_up(self, boss: User, exam: Any, ann: User) -> None:
        [row] = order(boss, wanted(kind="time_multiplier", value="1.5"))
        assert (row.result_data["type"], row.result_data["after"], row.result_data["total_minutes"]) == (TIME, "23", 68)
        # Version 1 rounds a half to even, as its clients expect.
        api.add_bulk_allowances([exam.pk], [ann.pk], "time_multiplier", "1.5")
        assert held(ann) == {TIME: "22"}

    @pytest.mark.contract("rest-v2#allowances-undo")
    def test_one_row_is_undone_and_that_too(self, boss: User, exam: Any, ann: User) -> None:
        ben = make_user("ben")
        make_allowance(exam, ann, value="10")
        rows = order(boss, wanted(), wanted("ben"))
        undone = api.undo_allowance_change(rows[0].pk, by=boss)
        assert (held(ann), held(ben)) == ({TIME: "10"}, {TIME: "30"})
        api.undo_allowance_change(undone.row_id or 0, by=boss)
        assert held(ann) == {TIME: "30"}
        assert api.undo_allowance_change(rows[1].pk, by=boss).after is None

    @pytest.mark.parametrize("index", [0, 1])
    def test_rows_that_changed_nothing_cannot_be_undone(self, index: int, boss: User, exam: Any, ann: User) -> None:
        make_allowance(exam, ann, value="30")
        rows = order(boss, wanted(), wanted("nobody"))
        with pytest.raises(AllowanceChangeNotFound):
            allowance_changes.undo_allowance_change(rows[index].pk, by=boss)

    @pytest.mark.contract("rest-v2#allowances-warnings")
    def test_who_is_not_enrolled_gets_it_with_a_warning(self, boss: User, exam: Any, ann: User) -> None:
        make_user("ben")
        runtime.set_runtime_service("enrollments", MockEnrollmentsService([{"user": ann, "mode": "audit"}]))
        rows = order(boss, wanted(), wanted("ben"))
        assert [row.result_data.get("warnings") for row in rows] == [None, ["not_enrolled"]]
        assert [outcome(row) for row in rows] == ["created", "created"]

    def test_a_host_that_fails_to_tell_who_is_enrolled(self, boss: User, exam: Any, ann: User, caplog: Any) -> None:
        service = MockEnrollmentsService([])
        service.get_active_enrollments_by_course = lambda course_id: 1 / 0
        runtime.set_runtime_service("enrollments", service)
        [row] = order(boss, wanted())
        assert (outcome(row), row.result_data.get("warnings")) == ("created", None)
        assert "host does not tell who is enrolled" in caplog.text

    def test_the_number_that_was_seen(self, boss: User, exam: Any, ann: User) -> None:
        with pytest.raises(SelectionChanged):
            order(boss, wanted(), expected_count=2)
        assert held(ann) == {}

    def test_a_colleague_gave_one_at_the_same_moment(
        self, boss: User, exam: Any, ann: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ben = make_user("ben")
        objects = ProctoredExamStudentAllowance.objects
        real = type(objects).bulk_create

        def once(manager: Any, new: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(type(objects), "bulk_create", real)
            raise IntegrityError

        monkeypatch.setattr(type(objects), "bulk_create", once)
        rows = order(boss, wanted(), wanted("ben"))
        assert [outcome(row) for row in rows] == ["created", "created"]
        assert (held(ann), held(ben)) == ({TIME: "30"}, {TIME: "30"})

    def test_an_exam_that_became_inactive_between_order_and_work(
        self, boss: User, exam: Any, ann: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as busy:
            busy.setattr(working._Lease, "take", classmethod(lambda cls, job: None))
            ordered = allowance_bulk_actions.request_allowances(COURSE, [wanted()], Mode(boss))
        assert not ordered.job.is_finished
        exam.is_active = False
        exam.save()
        api.work_on(ordered.job.code)
        assert outcome(StaffJobRow.objects.get()) == "exam_inactive"

    @pytest.mark.contract("staff-jobs#allowances")
    @pytest.mark.parametrize("dry_run", [True, False], ids=["dry-run", "carried-out"])
    def test_queries_do_not_grow(self, dry_run: bool, boss: User, exam: Any) -> None:
        other = make_exam("timed", exam_name="Quiz")
        counted = []
        # Both are one portion of a job (500 rows); another portion is another look at what waits.
        for size in (10, 240):
            names = [make_user().username for _ in range(size)]
            for name in names[: size // 2]:
                make_allowance(exam, User.objects.get(username=name), value="10")
            rows = [
                wanted(name, exam=place, action="remove" if number % 4 == 0 else "set")
                for number, name in enumerate(names)
                for place in ("Final", other.pk)
            ]
            with CaptureQueriesContext(connection) as queries:
                ordered = allowance_bulk_actions.request_allowances(COURSE, rows, Mode(boss, dry_run=dry_run))
            found = ordered.rows or ordered.job.rows.all()
            assert {outcome(row) for row in found} >= {"created", "removed", "updated"}
            sent = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
            # SQLite takes a long statement in several parts.
            counted.append(len({sql[:60] for sql in sent} if connection.vendor == "sqlite" else sent))
        assert counted[0] >= counted[1]
        # Of the job, and of 500 rows.
        assert counted[1] <= (7 if dry_run else 33), counted


class TestPairs:
    """Every learner with every exam."""

    @pytest.mark.contract("rest-v2#allowances-give")
    def test_in_the_order_of_learners_then_exams(self, boss: User, exam: Any, ann: User) -> None:
        other = make_exam("timed", time_limit_mins=3)
        ben = make_user("ben")
        ordered = allowance_bulk_actions.request_for_pairs(
            COURSE, [exam.pk, other.pk], ["ben", "nobody", "ann"], "time_multiplier", "1.15", Mode(boss)
        )
        rows = list(ordered.job.rows.order_by("position"))
        assert [(row.user_id, row.exam_id) for row in rows] == [
            (ben.pk, exam.pk),
            (ben.pk, other.pk),
            (None, exam.pk),
            (None, other.pk),
            (ann.pk, exam.pk),
            (ann.pk, other.pk),
        ]
        assert [outcome(row) for row in rows][2:4] == ["user_not_found"] * 2
        assert [row.result_data.get("total_minutes") for row in rows][:2] == [52, 4]
        assert "line" not in rows[0].result_data

    def test_a_value_that_is_wrong_everywhere(self, boss: User, exam: Any, ann: User) -> None:
        with pytest.raises(AllowanceValueNotAllowedException):
            allowance_bulk_actions.request_for_pairs(COURSE, [exam.pk], ["ann"], TIME, "-1", Mode(boss))

    def test_too_many(self, boss: User, exam: Any, settings: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "JOB_MAX_ROWS": 3}
        with pytest.raises(TooManyRows):
            allowance_bulk_actions.request_for_pairs(COURSE, [exam.pk] * 2, ["ann", "ben"], TIME, "1", Mode(boss))
