"""The staff list of attempts shows the same as comparing all attempts would.

Contract: GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time

from edx_proctoring import api
from edx_proctoring.api.course_staff import attempt_count, attempt_list, learner_search, newest_attempts
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, NOON, make_attempt, make_exam, make_user, next_number

pytestmark = pytest.mark.django_db

Count = Callable[[Callable[[], Any]], int]


def page(number: int = 1, size: int = 10, **wanted: Any) -> Any:
    return attempt_list.current_attempts_page(COURSE, page=number, page_size=size, **wanted)


def ids(found: Any) -> list[int]:
    return [row["id"] for row in found.object_list]


def insert(exam: ProctoredExam, users: list[Any], *, seconds: Callable[[], int], status: str = S.submitted) -> None:
    """Insert an attempt per user without signals, created that many seconds after noon."""
    rows = []
    for user in users:
        moment = NOON + timedelta(seconds=seconds())
        rows.append(
            ProctoredExamStudentAttempt(
                user=user,
                proctored_exam=exam,
                status=status,
                attempt_code=f"CODE-{next_number()}",
                created=moment,
                modified=moment,
            )
        )
    ProctoredExamStudentAttempt.objects.bulk_create(rows)


def newest_of_all_attempts(exam_id: int | None = None) -> list[int]:
    """Return the ids of the newest attempt per learner and exam, newest first, by comparing all attempts."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=COURSE)
    if exam_id is not None:
        attempts = attempts.filter(proctored_exam_id=exam_id)
    newest: dict[tuple[int, int], int] = {}
    for attempt in sorted(attempts, key=lambda attempt: (attempt.created, attempt.pk), reverse=True):
        newest.setdefault((attempt.user_id, attempt.proctored_exam_id), attempt.pk)
    return list(newest.values())


@pytest.mark.parametrize(
    ("learners", "retakes", "moments"),
    [
        pytest.param(0, 0, 1, id="no-learners"),
        pytest.param(7, 1, 5, id="less-than-a-page"),
        pytest.param(120, 1, 100_000, id="few-retakes"),
        pytest.param(120, 1, 3, id="many-at-the-same-time"),
        pytest.param(12, 30, 100_000, id="more-retakes-than-learners"),
    ],
)
def test_all_pages_together_are_the_whole_list(learners: int, retakes: int, moments: int) -> None:
    order = random.Random(learners + retakes + moments)
    exams = [make_exam("timed"), make_exam("practice"), make_exam(is_active=False)]
    make_attempt(make_exam(course_id="another/course/2026"))
    users = [make_user() for _ in range(learners)]
    for exam in exams:
        insert(exam, users, seconds=lambda: order.randrange(moments))
    for _ in range(retakes):
        insert(exams[1], order.sample(users, k=len(users) // 3), seconds=lambda: order.randrange(moments))
    expected = newest_of_all_attempts()

    found = [page(number) for number in range(1, page().paginator.num_pages + 1)]

    assert [pk for one in found for pk in ids(one)] == expected
    assert {one.paginator.count for one in found} == {len(expected)}


def test_the_pages_of_one_exam_contain_only_its_attempts() -> None:
    exams = [make_exam("timed") for _ in range(3)]
    users = [make_user() for _ in range(40)]
    for exam in exams:
        insert(exam, users, seconds=iter(range(40)).__next__)

    found = [page(number, exam_id=exams[1].pk) for number in range(1, 5)]

    assert [pk for one in found for pk in ids(one)] == newest_of_all_attempts(exams[1].pk)


def test_a_page_number_out_of_range_gives_the_last_page() -> None:
    insert(make_exam("timed"), [make_user() for _ in range(45)], seconds=iter(range(45)).__next__)

    assert [(page(number).number, len(ids(page(number)))) for number in (0, -3, 6, 10**9, 10**30)] == [(5, 5)] * 5


@pytest.fixture
def large_exam() -> ProctoredExam:
    """An exam with more learners than fit on the first page of 10."""
    exam = make_exam("timed")
    insert(exam, [make_user() for _ in range(60)], seconds=iter(range(60)).__next__)
    return exam


def test_the_second_request_does_not_count_rows_again(
    large_exam: ProctoredExam, django_assert_num_queries: Any
) -> None:
    assert page().paginator.count == 60

    with django_assert_num_queries(4) as queries:
        assert page().paginator.count == 60

    assert not any("COUNT(" in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda exam: make_attempt(exam), id="an-attempt-is-created"),
        pytest.param(lambda exam: insert(exam, [make_user()], seconds=lambda: 99), id="another-process-creates-one"),
        pytest.param(lambda exam: exam.proctoredexamstudentattempt_set.first().delete(), id="an-attempt-is-deleted"),
        pytest.param(
            lambda exam: exam.proctoredexamstudentattempt_set.all()[:1][0].user.delete(), id="a-learner-is-deleted"
        ),
        pytest.param(lambda exam: make_attempt(make_exam("practice")), id="another-exam-gets-one"),
    ],
)
def test_rows_are_counted_again_when(
    large_exam: ProctoredExam, change: Callable[..., Any], django_capture_on_commit_callbacks: Any
) -> None:
    page()

    with django_capture_on_commit_callbacks(execute=True):
        change(large_exam)

    assert page().paginator.count == len(newest_of_all_attempts()) != 60


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        pytest.param({}, "read_marks", id="learners"),
        pytest.param({"status": S.submitted}, "read_status_marks", id="superseded"),
    ],
)
def test_a_count_from_before_a_commit_that_is_kept_after_it_is_not_used(
    large_exam: ProctoredExam,
    wanted: dict[str, str],
    read: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    first = large_exam.proctoredexamstudentattempt_set.earliest("created")
    make_attempt(large_exam, first.user, status=S.submitted)
    cache.clear()
    really_read = getattr(newest_attempts, read)

    def read_while_another_request_deletes(*args: Any, **options: Any) -> Any:
        marks = really_read(*args, **options)
        with django_capture_on_commit_callbacks(execute=True):
            # Superseded: the newest attempt stays the same.
            first.delete()
            large_exam.proctoredexamstudentattempt_set.earliest("created").delete()
        return marks

    monkeypatch.setattr(newest_attempts, read, read_while_another_request_deletes)
    assert page(**wanted).paginator.count == 60
    monkeypatch.undo()

    assert page(**wanted).paginator.count == len(newest_of_all_attempts()) == 59


def test_a_count_from_before_a_commit_is_kept_under_the_former_generation(
    large_exam: ProctoredExam, django_capture_on_commit_callbacks: Any
) -> None:
    kept = attempt_count.kept_learners([large_exam.pk])
    with django_capture_on_commit_callbacks(execute=True):
        large_exam.proctoredexamstudentattempt_set.earliest("created").delete()

    kept.keep({large_exam.pk: (None, 60)})

    assert attempt_count.kept_learners([large_exam.pk]).numbers == {}


def test_a_cache_that_fails_fails_no_change(
    large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    first = large_exam.proctoredexamstudentattempt_set.earliest("created")
    make_attempt(large_exam, first.user)

    def fail(*_args: Any) -> None:
        raise ConnectionError("the cache does not answer")

    monkeypatch.setattr(cache, "set_many", fail)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        api.update_attempt_status(first.pk, S.second_review_required)

    assert callbacks
    first.refresh_from_db()
    assert first.status == S.second_review_required


def test_the_rows_that_were_read_win_over_a_kept_count(large_exam: ProctoredExam) -> None:
    """After rows are deleted without the ORM, the list is right at once."""
    page()
    newest = newest_of_all_attempts()[0]
    gone = ProctoredExamStudentAttempt.objects.exclude(pk=newest)
    gone._raw_delete(gone.db)

    assert (ids(page()), page().paginator.count) == ([newest], 1)


def test_without_a_cache_the_list_is_the_same(large_exam: ProctoredExam, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert cache.get_many(["anything"]) == {}

    assert [page().paginator.count for _ in range(2)] == [60, 60]


def test_a_search_with_many_matches_gives_the_same_pages_as_with_few(
    large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [ids(page(number, search_by="learner")) for number in (1, 6)]
    monkeypatch.setattr(learner_search, "_MOST_IDS", 1)

    many = [ids(page(number, search_by="learner")) for number in (1, 6)]

    assert few == many == [newest_of_all_attempts()[:10], newest_of_all_attempts()[50:]]


@pytest.mark.parametrize(
    "enter",
    [
        pytest.param(lambda exam, user: make_attempt(exam, user), id="now"),
        pytest.param(
            lambda exam, user: make_attempt(exam, user, created=timezone.now() - timedelta(seconds=50)),
            id="in-a-transaction-that-was-still-open",
        ),
    ],
)
def test_a_repeated_search_finds_learners_who_entered_since(
    large_exam: ProctoredExam, enter: Callable[..., Any]
) -> None:
    assert ids(page(search_by="ZOE")) == []

    pk = enter(large_exam, make_user("zoe_smith")).pk
    assert ids(page(search_by="ZOE")) == [pk]

    ProctoredExamStudentAttempt.objects.get(pk=pk).delete()
    assert ids(page(search_by="zoe")) == []


def test_a_search_repeated_within_a_minute_compares_only_new_learners(
    large_exam: ProctoredExam, count_queries: Count
) -> None:
    zoe = make_user("zoe")
    attempt = make_attempt(large_exam, zoe)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(created=timezone.now() - timedelta(hours=1))

    with freeze_time(timezone.now()) as clock:
        assert count_queries(lambda: page(search_by="zoe")) == 4
        with CaptureQueriesContext(connection) as repeated:
            assert ids(page(search_by="zoe")) == [attempt.pk]
        assert len(repeated) == 4
        [looking] = [query["sql"] for query in repeated.captured_queries if "LIKE" in query["sql"].upper()]
        assert "created" in looking, "only learners who entered since are compared"

        type(zoe).objects.filter(pk=zoe.pk).update(username="anna", email="anna@example.com")
        assert ids(page(search_by="anna")) == [attempt.pk]
        assert ids(page(search_by="zoe")) == [attempt.pk], "from the cache"
        clock.tick(61)
        assert ids(page(search_by="zoe")) == []


def test_a_repeated_search_is_complete_when_new_learners_exceed_the_limit(
    large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner_search, "_MOST_IDS", 1)
    first = make_attempt(large_exam, make_user("zoe_1"))
    assert ids(page(search_by="zoe")) == [first.pk]

    second = make_attempt(large_exam, make_user("zoe_2"))

    assert ids(page(search_by="zoe")) == [second.pk, first.pk]


def test_the_searched_text_is_in_no_cache_key(large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    monkeypatch.setattr(cache, "set", lambda key, *_args, **_kwargs: keys.append(key))

    page(search_by="zoe.smith@example.com")

    assert keys
    assert not any("zoe" in key or " " in key for key in keys)


@pytest.mark.parametrize("ordering", attempt_list.ATTEMPT_ORDERINGS)
@pytest.mark.parametrize("status", ["", S.submitted, S.rejected])
def test_a_search_with_many_matches_has_the_same_order_as_with_few(
    large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch, ordering: str, status: str
) -> None:
    other = make_exam("timed", exam_name="Another")
    learners = [attempt.user for attempt in large_exam.proctoredexamstudentattempt_set.all()[:5]]
    insert(other, learners[:3], seconds=lambda: 7, status=S.rejected)
    insert(large_exam, learners[1:4], seconds=lambda: 7, status=S.rejected)
    few = ids(page(size=100, search_by="learner", ordering=ordering, status=status))
    monkeypatch.setattr(learner_search, "_MOST_IDS", 1)
    cache.clear()

    assert few == ids(page(size=100, search_by="learner", ordering=ordering, status=status))
    assert few


def test_a_search_does_not_find_learners_of_other_courses(large_exam: ProctoredExam) -> None:
    make_attempt(make_exam(course_id="another/course/2026"), make_user("other_learner"))

    assert ids(page(search_by="other_learner")) == []


def test_every_page_takes_the_same_number_of_queries(large_exam: ProctoredExam, count_queries: Count) -> None:
    page()

    assert {count_queries(lambda number=number: page(number)) for number in (1, 3, 6)} == {4}


@pytest.mark.contract("staff-tab#error-report")
class TestErrorReports:
    @pytest.fixture
    def broken(self) -> ProctoredExamStudentAttempt:
        """Of 90 minutes; the error came after 20, and half an hour later staff released the learner."""
        with freeze_time(NOON):
            attempt = make_attempt(
                status=S.started, started_at=NOON, allowed_time_limit_mins=90, time_remaining_seconds=5400
            )
        with freeze_time(NOON + timedelta(minutes=20)):
            api.update_attempt_status(attempt.pk, S.error)
        with freeze_time(NOON + timedelta(minutes=50)):
            api.mark_exam_attempt_as_ready_to_resume(attempt.pk)
        return attempt

    def test_say_when_it_was_and_what_was_left(self, broken: ProctoredExamStudentAttempt) -> None:
        (row,) = page().object_list
        for attempt in (row, *row["all_attempts"]):
            assert attempt["error_reported_at"] == NOON + timedelta(minutes=20)
            assert attempt["seconds_left_at_error"] == 70 * 60

    def test_without_a_clock_the_seconds_that_were_kept_count(self, broken: ProctoredExamStudentAttempt) -> None:
        ProctoredExamStudentAttempt.objects.update(allowed_time_limit_mins=None, time_remaining_seconds=77)
        (row,) = page().object_list
        assert row["seconds_left_at_error"] == 77

    def test_without_history_nobody_knows(self, broken: ProctoredExamStudentAttempt) -> None:
        broken.history.all().delete()
        (row,) = page().object_list
        assert (row["error_reported_at"], row["seconds_left_at_error"]) == (None, None)

    def test_are_looked_for_only_for_those_that_are_in_error(self, broken: ProctoredExamStudentAttempt) -> None:
        in_time = make_attempt(status=S.submitted)
        in_time.history.update(status=S.error)
        rows = ProctoredExamStudentAttempt.objects.annotate(reported_at=queries.ErrorReportedAt())
        assert dict(rows.values_list("pk", "reported_at")) == {
            broken.pk: NOON + timedelta(minutes=20),
            in_time.pk: None,
        }

    def test_cost_no_query_more(self, count_queries: Callable[..., int]) -> None:
        exam = make_exam()
        make_attempt(exam, status=S.submitted)
        page()
        without = count_queries(page)
        for _ in range(3):
            make_attempt(exam, status=S.error)
        page()
        assert count_queries(page) == without
        assert "error_reported_at" not in next(row for row in page().object_list if row["status"] == S.submitted)


class TestOneStatus:
    """The list with ``?status=`` is the same as comparing all attempts, and reads no more of a larger course."""

    @staticmethod
    def expected(status: str) -> list[int]:
        newest = newest_of_all_attempts()
        with_status = set(ProctoredExamStudentAttempt.objects.filter(status=status).values_list("pk", flat=True))
        return [pk for pk in newest if pk in with_status]

    @pytest.mark.parametrize("status", [S.submitted, S.rejected, S.error, S.verified, "unknown"])
    @pytest.mark.parametrize(
        ("learners", "retakes", "moments"),
        [
            pytest.param(0, 0, 1, id="no-learners"),
            pytest.param(120, 1, 100_000, id="few-retakes"),
            pytest.param(120, 1, 3, id="many-at-the-same-time"),
            pytest.param(12, 30, 100_000, id="more-retakes-than-learners"),
        ],
    )
    def test_all_pages_together_are_the_whole_list(
        self, learners: int, retakes: int, moments: int, status: str
    ) -> None:
        order = random.Random(learners + retakes + moments)
        exams = [make_exam("timed"), make_exam("practice"), make_exam(is_active=False)]
        users = [make_user() for _ in range(learners)]
        for number in range(retakes + 1):
            for exam in exams:
                some = users if number == 0 else order.sample(users, k=len(users) // 3)
                for chosen in (S.submitted, S.rejected, S.error):
                    group = [user for user in some if order.random() < 0.5]
                    insert(exam, group, seconds=lambda: order.randrange(moments), status=chosen)
        expected = self.expected(status)

        for _kept in (False, True):
            pages = page(status=status).paginator.num_pages
            found = [page(number, status=status) for number in range(1, pages + 1)]
            assert [pk for one in found for pk in ids(one)] == expected
            assert {one.paginator.count for one in found} == {len(expected)}

    def test_a_page_far_down_is_the_same(self, large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch) -> None:
        near = ids(page(3, status=S.submitted))
        monkeypatch.setattr(newest_attempts, "_DEEPEST_ROW", 5)
        assert ids(page(3, status=S.submitted)) == near == self.expected(S.submitted)[20:30]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda exam, first: make_attempt(exam, first.user), id="an-attempt-is-created"),
            pytest.param(lambda exam, first: insert(exam, [first.user], seconds=lambda: 99), id="by-another-process"),
            pytest.param(lambda exam, first: first.delete(), id="an-attempt-is-deleted"),
            pytest.param(lambda exam, first: api.update_attempt_status(first.pk, S.verified), id="a-status-changes"),
        ],
    )
    def test_rows_are_right_after(self, large_exam: ProctoredExam, change: Callable[..., Any]) -> None:
        first = large_exam.proctoredexamstudentattempt_set.earliest("created")
        page(status=S.submitted)

        change(large_exam, first)

        for status in (S.submitted, S.verified):
            assert page(status=status).paginator.count == len(self.expected(status))

    def test_rows_are_counted_again_when_a_superseded_attempt_changes(
        self, large_exam: ProctoredExam, django_capture_on_commit_callbacks: Any
    ) -> None:
        first = large_exam.proctoredexamstudentattempt_set.earliest("created")
        make_attempt(large_exam, first.user)
        before = page(status=S.submitted).paginator.count

        with django_capture_on_commit_callbacks(execute=True):
            api.update_attempt_status(first.pk, S.second_review_required)

        assert page(status=S.submitted).paginator.count == before == len(self.expected(S.submitted))

    def test_an_attempt_that_is_superseded_while_the_page_is_read_is_left_out(
        self, large_exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = ids(page(status=S.submitted))
        retaken = ProctoredExamStudentAttempt.objects.get(pk=before[0])
        load = attempt_list._with_all_attempts

        def load_after_another_request(rows: Any, exams: Any) -> Any:
            monkeypatch.undo()
            make_attempt(large_exam, retaken.user)
            return load(rows, exams)

        monkeypatch.setattr(attempt_list, "_with_all_attempts", load_after_another_request)

        assert ids(page(status=S.submitted)) == before[1:]

    @pytest.mark.parametrize(
        "status", [pytest.param(S.submitted, id="superseded"), pytest.param(S.verified, id="with-another-status")]
    )
    def test_later_attempts_are_looked_for_only_if_one_with_the_status_is_superseded(
        self, large_exam: ProctoredExam, status: str
    ) -> None:
        superseded = large_exam.proctoredexamstudentattempt_set.filter(pk__in=newest_of_all_attempts()).first()
        make_attempt(large_exam, superseded.user, status=S.error)
        large_exam.proctoredexamstudentattempt_set.filter(pk__in=newest_of_all_attempts()[1:21]).update(
            status=S.verified
        )

        with CaptureQueriesContext(connection) as captured:
            assert ids(page(status=status)) == self.expected(status)[:10]

        [rows] = [query["sql"] for query in captured if " LIMIT 10" in query["sql"] and "COUNT(" not in query["sql"]]
        assert ("later.created" in rows) == (status == S.submitted)

    def test_superseded_attempts_are_counted_once(
        self, large_exam: ProctoredExam, django_assert_num_queries: Any
    ) -> None:
        page(status=S.submitted)
        with django_assert_num_queries(4) as queries:
            page(status=S.submitted)
        marks = next(query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"])
        assert "superseded" not in marks
