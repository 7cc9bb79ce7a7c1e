"""Order and pages of the lists that hosts read through the Python API."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import FieldError

from edx_proctoring import api
from edx_proctoring.exceptions import UnknownOrdering
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, NOON, make_allowance, make_attempt, make_exam, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("attempts#list-parts")]


@pytest.fixture
def attempts() -> list[ProctoredExamStudentAttempt]:
    """Of learners c, a, b; the second has not started."""
    exams = [make_exam(exam_name=name) for name in ("Z", "Y", "Y")]
    made = [
        make_attempt(exam, make_user(name), status=S.created)
        for exam, name in zip(exams, ("c-learner", "a-learner", "b-learner"), strict=True)
    ]
    for hours, attempt in ((1, made[0]), (2, made[2])):
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(started_at=NOON + timedelta(hours=hours))
    return made


def names(found: list[dict[str, Any]]) -> str:
    return "".join(attempt["user"]["username"][0] for attempt in found)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, "bac", id="newest-first"),
        pytest.param({"ordering": "user__username"}, "abc", id="of-the-learner"),
        pytest.param({"ordering": "-user__username"}, "cba", id="descending"),
        pytest.param({"ordering": "proctored_exam__exam_name,-user__username"}, "bac", id="two-names"),
        pytest.param({"ordering": "started_at"}, "cba", id="missing-values-last"),
        pytest.param({"ordering": "-started_at"}, "bca", id="missing-values-last-descending"),
        pytest.param({"ordering": "status"}, "cab", id="ties-by-id"),
        pytest.param({"limit": 2}, "ba", id="first-page"),
        pytest.param({"offset": 2, "limit": 2}, "c", id="last-page"),
        pytest.param({"offset": 1}, "ac", id="offset-alone"),
        pytest.param({"ordering": "user__username", "offset": 1, "limit": 1}, "b", id="page-of-an-order"),
        pytest.param({"limit": 0}, "", id="none"),
    ],
)
def test_attempts_of_a_course(attempts: list[Any], parameters: dict[str, Any], expected: str) -> None:
    assert names(api.get_all_exam_attempts(COURSE, **parameters)) == expected
    assert names(api.get_filtered_exam_attempts(COURSE, "-learner", **parameters)) == expected


def test_attempts_of_one_exam(attempts: list[Any]) -> None:
    exam_id = attempts[1].proctored_exam_id
    assert names(api.get_all_exam_attempts(COURSE, exam_id=exam_id)) == "a"
    assert names(api.get_filtered_exam_attempts(COURSE, "learner", exam_id=exam_id)) == "a"


@pytest.mark.parametrize(
    ("parameters", "count"), [({}, 3), ({"search": "a-learn"}, 1), ({"search": "nobody"}, 0), ({"exam_id": -1}, 0)]
)
def test_attempts_are_counted(attempts: list[Any], parameters: dict[str, Any], count: int) -> None:
    assert api.count_exam_attempts(COURSE, **parameters) == count


def test_a_page_is_cut_in_the_database(attempts: list[Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1) as captured:
        api.get_all_exam_attempts(COURSE, offset=1, limit=1)
    assert "LIMIT 1" in captured[0]["sql"]


@pytest.mark.parametrize("ordering", ["splendour", "user__password", "user__groups__name", "", "-", "?", "-user"])
def test_another_order_is_refused_with_the_known_ones(ordering: str) -> None:
    with pytest.raises(UnknownOrdering, match="user__username") as refusal:
        api.get_all_exam_attempts(COURSE, ordering)
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, FieldError)


def test_allowances_of_a_course() -> None:
    for name in ("c-learner", "a-learner", "b-learner"):
        make_allowance(user=make_user(name))
    assert names(api.get_allowances_for_course(COURSE, "user__username")) == "abc"
    assert names(api.get_allowances_for_course(COURSE, "-user__username", offset=1, limit=1)) == "b"
    pages = [names(api.get_allowances_for_course(COURSE, offset=n, limit=1)) for n in range(3)]
    assert sorted(pages) == ["a", "b", "c"]


def test_exams_of_a_course() -> None:
    for name in ("B", "C", "A"):
        make_exam(exam_name=name, is_active=name != "C")
    ordered = api.get_all_exams_for_course(COURSE, ordering="-exam_name")
    assert [exam["exam_name"] for exam in ordered] == ["C", "B", "A"]
    active = api.get_all_exams_for_course(COURSE, True, ordering="exam_name")
    assert [exam["exam_name"] for exam in active] == ["A", "B"]


def test_the_published_keyword_of_an_attempt_in_the_resume_process() -> None:
    attempt = make_attempt(status=S.error)
    attempt.ready_to_resume = True
    assert api.is_attempt_in_resume_process(attempt_obj=attempt) is True
