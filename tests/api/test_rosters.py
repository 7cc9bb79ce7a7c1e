"""The onboarding roster of a course is the same whether the host returns enrolments as a query or as a list.

Contract: GET /v1/user_onboarding/status/course_id/{course_id}.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models import Q, Value
from django.utils import timezone

from edx_proctoring import runtime
from edx_proctoring.api.onboarding import course_progress, course_roster, enrollments, filter_cache
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
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


class TestARepeatedFilter:
    """What a filter of statuses found is used again for a minute, unless something could have changed it."""

    @pytest.fixture(autouse=True)
    def _enrolments(self, course: Any) -> None:
        runtime.set_runtime_service("enrollments", Enrolments(FORMS["query"]))

    @staticmethod
    def found(*statuses: str, number: int = 1) -> tuple[int, list[str]]:
        roster = course_roster.onboarding_roster(COURSE, page=number, page_size=10, statuses=statuses)
        return roster.page.paginator.count, [row["username"] for row in roster.page.object_list]

    @pytest.mark.parametrize("statuses", [("submitted",), ("not_started", "verified"), ("other_course_approved",)])
    def test_gives_the_same_pages(self, statuses: tuple[str, ...]) -> None:
        first = [self.found(*statuses, number=number) for number in (1, 2, 99)]
        assert [self.found(*statuses, number=number) for number in (1, 2, 99)] == first
        assert first[0][0] > 0

    def test_does_not_look_at_everybody(self, django_assert_num_queries: Any) -> None:
        """Exams, their state, number of enrolments, the page, and the attempts of its learners here and elsewhere."""
        self.found("submitted")
        with django_assert_num_queries(6):
            assert self.found("submitted")[0] > 0

    @pytest.mark.parametrize(
        ("change", "difference"),
        [
            pytest.param(
                lambda course: make_attempt(make_exam_of_course(), course[4], status=S.submitted), 1, id="new"
            ),
            pytest.param(lambda course: attempt_of(course[1]).delete(), -1, id="deleted"),
            pytest.param(lambda course: change_status(course[1], S.rejected), -1, id="another-status"),
            pytest.param(lambda course: change_status(course[3], S.submitted), 1, id="this-status"),
            pytest.param(
                lambda course: make_attempt(
                    make_exam("onboarding", course_id="another/course/2027"), course[1], status=S.verified
                ),
                -1,
                id="verified-elsewhere",
            ),
            pytest.param(lambda course: Profile.objects.get(user=course[1]).delete(), -1, id="no-longer-enrolled"),
        ],
    )
    def test_is_looked_up_again_after_a_change(
        self, course: Any, change: Any, difference: int, django_capture_on_commit_callbacks: Any
    ) -> None:
        before = self.found("submitted")[0]
        with django_capture_on_commit_callbacks(execute=True):
            change(course)
        assert self.found("submitted")[0] == before + difference
        runtime.set_runtime_service("enrollments", Enrolments(FORMS["list"]))
        assert self.found("submitted")[0] == before + difference, "the list, which is never kept"

    def test_what_another_process_keeps_before_the_commit_is_dropped(
        self, course: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        exam, query = make_exam_of_course(), FORMS["query"](Profile.objects.annotate(mode=Value("verified")))

        def wanted() -> filter_cache.Filter:
            found_in = enrollments.Enrollments(query)
            return filter_cache.Filter([exam.pk], exam.backend, found_in, ("submitted",))

        before = self.found("submitted")[0]
        kept = wanted().kept()
        assert kept is not None
        with django_capture_on_commit_callbacks(execute=True):
            make_attempt(make_exam("onboarding", course_id="another/course/2027"), course[1], status=S.verified)
            wanted().keep(*kept)
        assert self.found("submitted")[0] == before - 1

    @pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
    def test_nobody_is_found_among_no_enrolments(self, question: dict[str, Any]) -> None:
        runtime.set_runtime_service("enrollments", Enrolments(lambda found: found.none()))
        pages = [course_roster.onboarding_roster(COURSE, page=1, page_size=10, **question) for _ in range(2)]
        assert [(found.page.object_list, found.enrolled) for found in pages] == [([], 0)] * 2

    def test_of_another_search_is_another_filter(self) -> None:
        everybody = course_roster.onboarding_roster(COURSE, page=1, page_size=10, statuses=["submitted"])
        some = course_roster.onboarding_roster(COURSE, page=1, page_size=10, statuses=["submitted"], text_search="ben")
        assert 0 < some.page.paginator.count < everybody.page.paginator.count

    def test_is_in_no_cache_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys: list[str] = []
        monkeypatch.setattr(cache, "set", lambda key, *_args, **_kwargs: keys.append(key))
        course_roster.onboarding_roster(COURSE, page=1, page_size=10, statuses=["submitted"], text_search="ann b")
        assert keys
        assert not any("ann" in key or " " in key for key in keys)


def make_exam_of_course() -> Any:
    return ProctoredExam.objects.get(course_id=COURSE)


def attempt_of(user: Any) -> Any:
    return ProctoredExamStudentAttempt.objects.get(user=user, proctored_exam__course_id=COURSE)


def change_status(user: Any, status: str) -> None:
    attempt = attempt_of(user)
    attempt.status = status
    attempt.save()


def test_the_deciding_attempt_is_the_same_with_a_filter_as_without() -> None:
    """Learners with several attempts, some of them reset: each filter finds exactly those whom the list shows so."""
    exams = [make_exam("onboarding"), make_exam("onboarding")]
    elsewhere = make_exam("onboarding", course_id="another/course/2026")
    order = random.Random(11)
    words = [S.created, S.started, S.submitted, S.rejected, S.verified, S.error, S.expired, *[S.onboarding_reset] * 4]
    for number in range(80):
        user = make_user(f"learner_{number}")
        Profile.objects.create(user=user, name=user.username)
        for _ in range(order.randrange(5)):
            attempt = make_attempt(order.choice(exams), user, status=order.choice(words))
            ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(
                modified=timezone.now() - timedelta(seconds=order.randrange(50))
            )
        if order.random() < 0.2:
            make_attempt(elsewhere, user, status=S.verified)
    runtime.set_runtime_service("enrollments", Enrolments(FORMS["query"]))
    shown = course_roster.onboarding_roster(COURSE, page=1, page_size=100).page.object_list
    for status in {row["status"] for row in shown if row["status"]}:
        for _kept in (False, True):
            found = course_roster.onboarding_roster(COURSE, page=1, page_size=100, statuses=[status])
            assert found.page.object_list == [row for row in shown if row["status"] == status]


def test_who_is_approved_is_the_same_as_in_the_progress_of_everybody(course: Any) -> None:
    backend = ProctoredExam.objects.filter(course_id=COURSE).latest("pk").backend
    known = course_progress.progress_of_everybody(COURSE, backend, Profile.objects.values("user"))
    approved = {pk for pk, found in known.items() if found.status in ("verified", "other_course_approved")}
    assert {found.status for found in known.values()} > {"verified", "other_course_approved"}
    assert course_progress.approved_user_ids(COURSE, backend, Profile.objects.values("user")) == approved
