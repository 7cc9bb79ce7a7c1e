"""The onboarding roster of a course is the same whether the host returns enrolments as a query or as a list.

Contract: GET /v1/user_onboarding/status/course_id/{course_id}.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Q, Value

from edx_proctoring import runtime
from edx_proctoring.api.onboarding import course_roster, enrollments
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id
from mock_apps.models import Profile
from tests.factories import COURSE, make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

STATUSES = (S.created, S.submitted, S.verified, S.rejected, None)
# Learners: more than three pages of 10.
LEARNERS = 37


class Enrolments:
    """An enrolment service based on profiles; ``form`` converts what it returns."""

    def __init__(self, form: Callable[[Any], Any]) -> None:
        self._form = form

    def get_enrollments_can_take_proctored_exams(self, course_id: str, text_search: str | None = None) -> Any:
        found = Profile.objects.annotate(mode=Value("verified"))
        if text_search:
            found = found.filter(Q(user__username__icontains=text_search) | Q(user__email__icontains=text_search))
        return self._form(found)


FORMS: dict[str, Callable[[Any], Any]] = {
    "list": lambda found: list(found.order_by("pk")),
    "query": lambda found: found,
    "ordered-query": lambda found: found.order_by("pk"),
    "query-that-cannot-be-filtered": lambda found: found.order_by("pk")[:1000],
}


@pytest.fixture
def course(test_backend: Any) -> Any:
    """Learners with every status; a fifth of them are verified in another course."""
    here, elsewhere = make_exam("onboarding"), make_exam("onboarding", course_id="another/course/2026")
    users = [make_user(f"ann{number}" if number % 3 else f"ben{number}") for number in range(LEARNERS)]
    for number, user in enumerate(users):
        Profile.objects.create(user=user, name=user.username)
        status = STATUSES[number % len(STATUSES)]
        if status is not None:
            make_attempt(here, user, status=status)
        if number % 5 == 0:
            make_attempt(elsewhere, user, status=S.verified)
    test_backend.get_onboarding_profile_info = lambda *_args, **_kwargs: {
        "results": [
            {"user_id": obscured_user_id(user.pk, "test"), "status": "approved-in-course"} for user in users[20:25]
        ]
    }
    return users


QUESTIONS: dict[str, dict[str, Any]] = {
    "everybody": {},
    "search": {"text_search": "ann"},
    "search-for-nobody": {"text_search": "nobody"},
    "one-status": {"statuses": ["submitted"]},
    "several-statuses": {"statuses": ["not_started", "other_course_approved", "verified"]},
    "unknown-status": {"statuses": ["no such status"]},
    "status-and-search": {"statuses": ["submitted"], "text_search": "ben"},
    "provider": {"ask_provider": True},
    "provider-and-status": {"ask_provider": True, "statuses": ["verified"]},
}


def all_pages(form: str, question: dict[str, Any]) -> list[tuple[int, int, list[dict[str, Any]]]]:
    runtime.set_runtime_service("enrollments", Enrolments(FORMS[form]))
    pages = [
        course_roster.onboarding_roster(COURSE, page=number, page_size=10, **question) for number in (1, 2, 3, 4, 99)
    ]
    return [(found.page.number, found.page.paginator.count, found.enrolled, found.page.object_list) for found in pages]


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("form", [form for form in FORMS if form != "list"])
def test_a_query_of_enrolments_gives_the_same_pages_as_a_list(form: str, question: dict[str, Any]) -> None:
    assert all_pages(form, question) == all_pages("list", question)


@pytest.mark.usefixtures("course")
def test_control_the_pages_show_the_learners_statuses() -> None:
    """The list that the other tests compare with is right."""
    pages = all_pages("list", {})

    rows = [row for _number, _count, _enrolled, found in pages[:4] for row in found]
    assert [(row["username"], row["status"]) for row in rows[:5]] == [
        ("ben0", "other_course_approved"),
        ("ann1", "submitted"),
        ("ann2", "verified"),
        ("ben3", "rejected"),
        ("ann4", "not_started"),
    ]
    assert len(rows) == len({row["username"] for row in rows}) == LEARNERS


@pytest.mark.usefixtures("course")
def test_a_search_with_many_matches_gives_the_same_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    few = all_pages("query", {"text_search": "ann"})
    monkeypatch.setattr(enrollments, "_MOST_KEYS", 3)

    assert all_pages("query", {"text_search": "ann"}) == few


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_page_takes_as_many_queries_for_many_learners_as_for_few(
    question: dict[str, Any], count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    runtime.set_runtime_service("enrollments", Enrolments(FORMS["query"]))

    def ask() -> Any:
        return course_roster.onboarding_roster(COURSE, page=1, page_size=10, **question)

    few = count_queries(ask)
    exam = make_exam("onboarding")
    for number in range(40):
        user = make_user(f"ann_and_ben_{number}")
        Profile.objects.create(user=user, name=user.username)
        make_attempt(exam, user, status=S.submitted)

    assert count_queries(ask) <= max(few, 6)
