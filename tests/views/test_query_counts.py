"""What a request costs the database. Spec: rest-api.md 11, architecture R5.

Each list is asked at two sizes: the count must not grow with what it lists, and stay within the
budget. Counts include the two queries for session and user.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from waffle import get_waffle_switch_model

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]

SIZES = (5, 50)
COURSE = factories.COURSE


def url(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


def count(send: Callable[[], Any], expect: int = 200) -> int:
    """Return how many queries a request needs.

    Savepoints are left out: without the transaction around a test they are plain begin and commit.
    """
    with CaptureQueriesContext(connection) as queries:
        response = send()
    assert response.status_code == expect, response.content
    return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)


def grow(size: int, kind: str = "onboarding", status: str = S.submitted) -> list[User]:
    """Make learners with an attempt, an older attempt and an allowance in one exam."""
    exam = factories.make_exam(kind)
    users = [factories.make_user() for _ in range(size)]
    for user in users:
        factories.make_attempt(exam, user, status=S.error)
        factories.make_attempt(exam, user, status=status)
        factories.make_allowance(exam, user)
    return users


LISTS = [
    pytest.param("proctored_exam.attempts.grouped.course", (COURSE,), {}, 5, id="attempts"),
    pytest.param("proctored_exam.attempts.grouped.search", (COURSE, "learner"), {}, 5, id="attempts-searched"),
    pytest.param(
        "proctored_exam.attempts.grouped.course",
        (COURSE,),
        {"status": "submitted", "ordering": "username", "page_size": 100},
        5,
        id="attempts-filtered",
    ),
    pytest.param("proctored_exam.allowance", (COURSE,), {}, 4, id="allowances"),
    pytest.param("proctored_exam.allowance.grouped.course", (COURSE,), {}, 4, id="allowances-grouped"),
    pytest.param("user_onboarding.status.course", (COURSE,), {}, 8, id="onboarding"),
    pytest.param("user_onboarding.status.course", (COURSE,), {"statuses": "submitted"}, 8, id="onboarding-filtered"),
    pytest.param("proctored_exam.exams_by_course_id", (COURSE,), {}, 3, id="exams"),
    pytest.param("instructor_dashboard_course", (COURSE,), {}, 4, id="dashboard"),
]


@pytest.mark.spec("rest-api.md", "11:lists")
@pytest.mark.parametrize(("name", "args", "query", "budget"), LISTS)
def test_list_costs_the_same_at_both_sizes(
    staff_client: Any,
    enrol: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    query: dict[str, Any],
    budget: int,
) -> None:
    counts = []
    users: list[User] = []
    # Switches and dates of the course come from the cache from the second request on.
    enrol()
    staff_client.get(url(name, *args), query)
    for size in SIZES:
        users += grow(size)
        for _ in range(size):
            factories.make_exam("timed")
        enrol(*users)
        expect = 302 if name == "instructor_dashboard_course" else 200
        counts.append(count(lambda: staff_client.get(url(name, *args), query), expect=expect))
    assert counts[1] <= counts[0] <= budget, counts


def test_onboarding_by_profiles_costs_the_same_at_both_sizes(
    staff_client: Any, enrol: Callable[..., Any], test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_waffle_switch_model().objects.create(
        name="edx_proctoring.onboarding_profile_instructor_dashboard_api", active=True
    )
    counts = []
    for size in SIZES:
        users = grow(size)
        enrol(*users)
        profiles = [{"user_id": obscured_user_id(user.pk, "test"), "status": "pending"} for user in users]
        monkeypatch.setattr(
            test_backend,
            "get_onboarding_profile_info",
            lambda *_args, profiles=profiles, **_kwargs: {"results": profiles},
            raising=False,
        )
        counts.append(count(lambda: staff_client.get(url("user_onboarding.status.course", COURSE))))
    assert counts[1] <= counts[0] <= 8, counts


@pytest.mark.spec("rest-api.md", "11:polls")
@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("proctored_exam.attempt", 3),
        ("proctored_exam.attempt.collection", 4),
        ("proctored_exam.active_attempt", 4),
        ("proctored_exam.exam_attempts", 5),
    ],
)
def test_poll_of_a_learner_in_an_exam(learner_client: Any, learner: User, name: str, budget: int) -> None:
    exam = factories.make_exam()
    attempt = factories.make_attempt(exam, learner, status=S.started)
    args: tuple[Any, ...] = {
        "proctored_exam.attempt": (attempt.pk,),
        "proctored_exam.exam_attempts": (COURSE,),
    }.get(name, ())
    query = {"content_id": exam.content_id} if name == "proctored_exam.exam_attempts" else {}
    counts = []
    learner_client.get(url(name, *args), query)
    for size in SIZES:
        grow(size, "proctored", S.started)
        counts.append(count(lambda: learner_client.get(url(name, *args), query)))
    assert max(counts) <= budget, counts


def test_exam_before_the_first_attempt(learner_client: Any) -> None:
    exam = factories.make_exam()
    path, query = url("proctored_exam.exam_attempts", COURSE), {"content_id": exam.content_id}
    learner_client.get(path, query)
    grow(5)
    assert count(lambda: learner_client.get(path, query)) <= 7


def review(client: Any, comments: int) -> int:
    attempt = factories.make_attempt(status=S.submitted)
    body = {"status": "passed", "comments": [{"comment": "x", "status": "y"}] * comments}
    path = url("proctored_exam.attempt.callback", attempt.external_id)
    return count(lambda: client.post(path, body, format="json"))


@pytest.mark.spec("rest-api.md", "11:writes")
def test_review_costs_the_same_with_few_and_many_comments(staff_client: Any) -> None:
    counts = [review(staff_client, size) for size in SIZES]
    assert counts[0] == counts[1] <= 25, counts


@pytest.mark.spec("rest-api.md", "11:attempt")
def test_attempt_from_entering_to_submitting(learner_client: Any, learner: User) -> None:
    exam = factories.make_exam()
    collection = url("proctored_exam.attempt.collection")
    body = {"exam_id": exam.pk, "attempt_proctored": "true"}
    used = count(lambda: learner_client.post(collection, body, format="json"))
    attempt = exam.proctoredexamstudentattempt_set.get()
    ready = url("proctored_exam.attempt.ready_callback", attempt.external_id)
    used += count(lambda: learner_client.post(ready))
    for action in ("start", "stop", "submit"):
        used += act(learner_client, attempt.pk, action)
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert used <= 60


def act(client: Any, attempt_id: int, action: str) -> int:
    return count(lambda: client.put(url("proctored_exam.attempt", attempt_id), {"action": action}, format="json"))


def give_allowances(client: Any, learners: int) -> int:
    exams = [factories.make_exam("timed") for _ in range(2)]
    body = {
        "exam_ids": [exam.pk for exam in exams],
        "user_ids": [factories.make_user().username for _ in range(learners)],
        "allowance_type": "additional_time_granted",
        "value": "10",
    }
    return count(lambda: client.put(url("proctored_exam.bulk_allowance"), body, format="json"))


@pytest.mark.spec("rest-api.md", "11:writes")
def test_bulk_allowances_are_written_in_batches(staff_client: Any) -> None:
    """500 learners in 2 exams are 1 000 allowances; databases take some hundred rows at a time."""
    few, many = (give_allowances(staff_client, learners) for learners in (5, 500))
    assert few <= many <= 20, (few, many)


def retire(client: Any, attempts: int) -> int:
    user = factories.make_user()
    for _ in range(attempts):
        attempt = factories.make_attempt(user=user, status=S.submitted)
        factories.make_comment(factories.make_review(attempt))
        factories.make_allowance(attempt.proctored_exam, user)
    return count(lambda: client.post(url("user_retirement_api", user.pk)), expect=204)


@pytest.mark.spec("rest-api.md", "11:writes")
def test_retirement_costs_the_same_for_few_and_many_attempts(staff_client: Any) -> None:
    counts = [retire(staff_client, attempts) for attempts in SIZES]
    assert counts[0] == counts[1], counts
