"""The list of attempts for staff."""

from typing import Any

import pytest
from django.urls import reverse

from edx_proctoring import views
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.attempt_requests import ATTEMPT_KEYS

pytestmark = pytest.mark.django_db

GROUPED = reverse("edx_proctoring:proctored_exam.attempts.grouped.course", args=[factories.COURSE])


@pytest.mark.contract("staff-tab#attempts")
@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}")
def test_the_list_has_the_newest_attempt_per_learner_and_exam_with_the_older_ones(staff_client: Any) -> None:
    practice, timed = factories.make_exam("practice"), factories.make_exam("timed")
    ann, ben = factories.make_user("ann"), factories.make_user("ben")
    old = factories.make_attempt(practice, ann, status=S.rejected)
    other = factories.make_attempt(timed, ben)
    new = factories.make_attempt(practice, ann)
    factories.make_attempt(factories.make_exam(course_id="x/y/z"), ann)
    response = staff_client.get(GROUPED)
    rows = response.json()["proctored_exam_attempts"]
    assert [row["id"] for row in rows] == [new.pk, other.pk]
    assert list(rows[0]) == [*ATTEMPT_KEYS, "all_attempts"]
    assert [[attempt["id"] for attempt in row["all_attempts"]] for row in rows] == [[new.pk, old.pk], [other.pk]]
    assert list(rows[0]["all_attempts"][0]) == ATTEMPT_KEYS
    assert response.json()["pagination_info"] == {
        "has_previous": False,
        "has_next": False,
        "current_page": 1,
        "total_pages": 1,
    }
    assert response.json()["attempt_url"] == GROUPED


@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}")
def test_an_empty_course_has_one_empty_page(staff_client: Any) -> None:
    data = staff_client.get(GROUPED).json()
    assert (data["proctored_exam_attempts"], data["pagination_info"]["total_pages"]) == ([], 1)


@pytest.mark.contract("rest-rules#imported-names")
@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}")
@pytest.mark.parametrize(("page", "current"), [("", 1), ("1", 1), ("2", 2), ("2 ", 2), ("two", 1), ("99", 3), ("0", 3)])
def test_any_page_number_returns_a_page(
    staff_client: Any, monkeypatch: pytest.MonkeyPatch, page: str, current: int
) -> None:
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    exam = factories.make_exam()
    attempts = [factories.make_attempt(exam) for _ in range(3)]
    response = staff_client.get(GROUPED, {"page": page})
    assert response.status_code == 200
    data = response.json()
    assert data["pagination_info"]["current_page"] == current
    assert [row["id"] for row in data["proctored_exam_attempts"]] == [attempts[-current].pk]


@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}/search/{search_by}")
@pytest.mark.parametrize("text", ["ann", "ANN", "nn@exam"])
def test_the_search_covers_username_and_email(staff_client: Any, text: str) -> None:
    found = factories.make_attempt(user=factories.make_user("ann"))
    factories.make_attempt(user=factories.make_user("ben", first_name="Ann"))
    path = reverse("edx_proctoring:proctored_exam.attempts.grouped.search", args=[factories.COURSE, text])
    data = staff_client.get(path).json()
    assert [row["id"] for row in data["proctored_exam_attempts"]] == [found.pk]
    assert data["attempt_url"] == path


@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}")
def test_the_list_is_filtered_and_ordered_before_paging(staff_client: Any) -> None:
    exam = factories.make_exam()
    late = factories.make_attempt(exam, factories.make_user("zoe"), status=S.error)
    early = factories.make_attempt(exam, factories.make_user("adam"), status=S.error)
    factories.make_attempt(exam, status=S.verified)
    factories.make_attempt(factories.make_exam(), status=S.error)
    query = {"exam_id": exam.pk, "status": "error", "ordering": "-username", "page_size": 1}
    first = staff_client.get(GROUPED, query).json()
    second = staff_client.get(GROUPED, {**query, "page": 2}).json()
    assert [row["id"] for page in (first, second) for row in page["proctored_exam_attempts"]] == [late.pk, early.pk]


def test_the_status_filter_applies_to_the_newest_attempt_only(staff_client: Any) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    factories.make_attempt(exam, user, status=S.error)
    factories.make_attempt(exam, user, status=S.created)
    assert staff_client.get(GROUPED, {"status": "error"}).json()["proctored_exam_attempts"] == []


@pytest.mark.operation("GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}")
@pytest.mark.parametrize("size", ["0", "-5", "many", "100000"])
def test_any_page_size_returns_a_page(staff_client: Any, size: str) -> None:
    factories.make_attempt()
    response = staff_client.get(GROUPED, {"page_size": size})
    assert len(response.json()["proctored_exam_attempts"]) == 1


def test_an_exam_filter_that_is_not_an_id_answers_400(staff_client: Any) -> None:
    assert staff_client.get(GROUPED, {"exam_id": "one"}).status_code == 400
