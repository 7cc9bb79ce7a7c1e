"""What a request costs the database.

Each list is asked at two sizes: the count must not grow with what it lists, and stay within the
budget. Counts include the two queries for session and user.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient
from waffle import get_waffle_switch_model

from edx_proctoring import urls
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import get_exam_due_date, obscured_user_id
from seb_openedx.exams import requirements as seb_requirements
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
    # Another app's question at the end of attempts, which the cache answers for a minute.
    seb_requirements.exist()
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
    pytest.param("proctored_exam.attempts.grouped.course", (COURSE,), {}, 6, id="attempts"),
    pytest.param("proctored_exam.attempts.grouped.search", (COURSE, "learner"), {}, 6, id="attempts-searched"),
    pytest.param(
        "proctored_exam.attempts.grouped.course",
        (COURSE,),
        {"status": "submitted", "ordering": "username", "page_size": 100},
        6,
        id="attempts-filtered",
    ),
    pytest.param("proctored_exam.allowance", (COURSE,), {}, 4, id="allowances"),
    pytest.param("proctored_exam.allowance.grouped.course", (COURSE,), {}, 4, id="allowances-grouped"),
    pytest.param("user_onboarding.status.course", (COURSE,), {}, 8, id="onboarding"),
    pytest.param("user_onboarding.status.course", (COURSE,), {"statuses": "submitted"}, 8, id="onboarding-filtered"),
    pytest.param("proctored_exam.exams_by_course_id", (COURSE,), {}, 3, id="exams"),
    pytest.param("instructor_dashboard_course", (COURSE,), {}, 4, id="dashboard"),
]


@pytest.mark.contract("rest-rules#list-queries")
@pytest.mark.parametrize(("name", "args", "query", "budget"), LISTS)
def test_list_costs_the_same_at_both_sizes(
    staff_client: Any,
    enrol: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    query: dict[str, Any],
    budget: int,
) -> None:
    counts, sizes = [], []
    users: list[User] = []

    def ask() -> Any:
        reply = staff_client.get(url(name, *args), query)
        sizes.append(len(reply.content))
        return reply

    # Switches and dates of the course come from the cache from the second request on.
    enrol()
    staff_client.get(url(name, *args), query)
    for size in SIZES:
        users += grow(size)
        for _ in range(size):
            factories.make_exam("timed")
        enrol(*users)
        expect = 302 if name == "instructor_dashboard_course" else 200
        counts.append(count(ask, expect=expect))
    assert name == "instructor_dashboard_course" or sizes[1] > sizes[0], "the list has grown"
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


@pytest.mark.contract("rest-rules#poll-queries")
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


@pytest.mark.contract("rest-rules#write-queries")
def test_review_costs_the_same_with_few_and_many_comments(staff_client: Any) -> None:
    counts = [review(staff_client, size) for size in SIZES]
    assert counts[0] == counts[1] <= 20, counts


@pytest.mark.contract("rest-rules#attempt-queries")
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
    # With session and user of five requests, and the due date read fresh twice.
    assert used <= 47, used


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


@pytest.mark.contract("rest-rules#write-queries")
def test_bulk_allowances_are_written_in_batches(staff_client: Any) -> None:
    """500 learners in 2 exams are 1 000 allowances; databases take some hundred rows at a time."""
    few, many = (give_allowances(staff_client, learners) for learners in (5, 500))
    assert few <= many <= 26, (few, many)


def retire(client: Any, attempts: int) -> int:
    user = factories.make_user()
    for _ in range(attempts):
        attempt = factories.make_attempt(user=user, status=S.submitted)
        factories.make_comment(factories.make_review(attempt))
        factories.make_allowance(attempt.proctored_exam, user)
    return count(lambda: client.post(url("user_retirement_api", user.pk)), expect=204)


@pytest.mark.contract("rest-rules#write-queries")
def test_retirement_costs_the_same_for_few_and_many_attempts(staff_client: Any) -> None:
    counts = [retire(staff_client, attempts) for attempts in SIZES]
    assert counts[0] == counts[1], counts


# Every route, with a small and a large course around it


class Place:
    """A course that grows, and people in it. ``course``: the id of another one, for exams to come and go."""

    course = "course-v1:Demo+QUIET+2026"

    def __init__(self, client_of: Callable[..., Any], staff: User) -> None:
        self._client_of = client_of
        self.staff = client_of(staff)
        self.exam = factories.make_exam()
        self.timed = factories.make_exam("timed")
        self.onboarding = factories.make_exam("onboarding")

    def attempt(self, status: str, exam: Any = None, **fields: Any) -> tuple[Any, Any]:
        """Make an attempt of a new learner; return it and the learner's client."""
        attempt = factories.make_attempt(exam or self.exam, status=status, **fields)
        return attempt, self._client_of(attempt.user)

    def newcomer(self) -> Any:
        """The client of a learner without attempts."""
        return self._client_of(factories.make_user())


Send = Callable[[], Any]


def read(name: str, *args: Any, **query: Any) -> Callable[[Place], Send]:
    def prepare(place: Place) -> Send:
        found = [getattr(place, arg[1:]).pk if isinstance(arg, str) and arg.startswith("@") else arg for arg in args]
        return lambda: place.staff.get(url(name, *found), query)

    return prepare


def asked_by_learner(name: str, *, by_id: bool = False, by_course: bool = False) -> Callable[[Place], Send]:
    def prepare(place: Place) -> Send:
        attempt, learner = place.attempt(S.started)
        # Since the start the cache of the date service knows the learner's dates (contract timing#closing).
        get_exam_due_date(exam_dict(attempt.proctored_exam), attempt.user_id)
        args = (attempt.pk,) if by_id else (COURSE,) if by_course else ()
        query = {"content_id": place.exam.content_id, "is_learning_mfe": "true"} if by_course else {}
        return lambda: learner.get(url(name, *args), query)

    return prepare


def acted(status: str, action: str) -> Callable[[Place], Send]:
    def prepare(place: Place) -> Send:
        attempt, learner = place.attempt(status)
        return lambda: learner.put(url("proctored_exam.attempt", attempt.pk), {"action": action}, format="json")

    return prepare


def entered(kind: str, **body: str) -> Callable[[Place], Send]:
    def prepare(place: Place) -> Send:
        learner, exam_id = place.newcomer(), getattr(place, kind).pk
        path = url("proctored_exam.attempt.collection")
        return lambda: learner.post(path, {"exam_id": exam_id, **body}, format="json")

    return prepare


def resumed(place: Place) -> Send:
    attempt, _learner = place.attempt(S.error, is_resumable=True)
    body = {"action": "mark_ready_to_resume", "user_id": attempt.user_id}
    return lambda: place.staff.put(url("proctored_exam.attempt", attempt.pk), body, format="json")


def reset_by_learner(place: Place) -> Send:
    attempt, learner = place.attempt(S.rejected, place.onboarding)
    return lambda: learner.put(url("proctored_exam.attempt", attempt.pk), {"action": "reset_attempt"}, format="json")


def removed(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    return lambda: place.staff.delete(url("proctored_exam.attempt", attempt.pk))


def reset_by_staff(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    path = url("proctored_exam.attempts.reset", attempt.proctored_exam_id, attempt.user_id)
    return lambda: place.staff.delete(path)


def acknowledged(place: Place) -> Send:
    attempt, learner = place.attempt(S.submitted)
    return lambda: learner.put(url("proctored_exam.attempt.review_status", attempt.pk))


def told_ready(place: Place) -> Send:
    attempt, _learner = place.attempt(S.created)
    return lambda: place.staff.post(url("proctored_exam.attempt.ready_callback", attempt.external_id))


def told_reviewed(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    path = url("proctored_exam.attempt.callback", attempt.external_id)
    return lambda: place.staff.post(path, {"status": "passed", "comments": []}, format="json")


def told_reviewed_by_rpnow(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    body = json.loads(create_test_review_payload(attempt_code=attempt.attempt_code, external_id=attempt.external_id))
    return lambda: APIClient().post(url("anonymous.proctoring_review_callback"), body, format="json")


def launched(place: Place) -> Send:
    attempt, _learner = place.attempt(S.created)
    return lambda: APIClient().get(url("anonymous.proctoring_launch_callback.start_exam", attempt.attempt_code))


def allowance_given(place: Place) -> Send:
    user = factories.make_user()
    body = {"exam_id": place.timed.pk, "user_info": user.username, "key": "additional_time_granted", "value": "5"}
    return lambda: place.staff.put(url("proctored_exam.allowance"), body, format="json")


def allowance_taken(place: Place) -> Send:
    given = factories.make_allowance(place.timed)
    body = {"exam_id": place.timed.pk, "user_id": given.user_id, "key": given.key}
    return lambda: place.staff.delete(url("proctored_exam.allowance"), body, format="json")


def allowances_given(*args: Any) -> Callable[[Place], Send]:
    def prepare(place: Place) -> Send:
        body = {
            "exam_ids": f"{place.exam.pk},{place.timed.pk}",
            "user_ids": ",".join(factories.make_user().username for _ in range(3)),
            "allowance_type": "additional_time_granted",
            "value": "10",
        }
        return lambda: place.staff.put(url("proctored_exam.bulk_allowance", *args), body, format="json")

    return prepare


def exam_body(number: int) -> dict[str, Any]:
    return {
        "course_id": Place.course,
        "content_id": f"block-v1:Demo+QUIET+2026+type@sequential+block@new{number}",
        "exam_name": f"New {number}",
        "time_limit_mins": 60,
        "is_proctored": True,
        "is_practice_exam": False,
        "external_id": "external",
        "is_active": True,
        "hide_after_due": False,
        "backend": "test",
    }


def exam_made(place: Place) -> Send:
    return lambda: place.staff.post(url("proctored_exam.exam"), exam_body(factories.next_number()), format="json")


def exam_changed(place: Place) -> Send:
    body = {"exam_id": place.timed.pk, "exam_name": f"Renamed {factories.next_number()}"}
    return lambda: place.staff.put(url("proctored_exam.exam"), body, format="json")


def exams_registered(place: Place) -> Send:
    body = [exam_body(factories.next_number()) for _ in range(2)]
    return lambda: place.staff.patch(
        url("proctored_exam.register_exams_by_course_id", place.course), body, format="json"
    )


def retired_at_provider(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    return lambda: place.staff.post(url("backend_user_deletion_api", attempt.user_id))


def retired(place: Place) -> Send:
    attempt, _learner = place.attempt(S.submitted)
    return lambda: place.staff.post(url("user_retirement_api", attempt.user_id))


EXAM_CONTENT = "block-v1:Demo+PROC+2026+type@sequential+block@by_content"

# (method and name of the URL, how it is asked, most queries, status). Changes read the attempt, lock it with its
# siblings and read its exam by plain look-ups; start and entry read the due date fresh, without the cache.
# Where staff act, two queries are the record of it (contract/staff-jobs#record).
ROUTES: list[Any] = [
    pytest.param("GET proctored_exam.exam", read("proctored_exam.exam", course_id=COURSE), 3, 200, id="1-get"),
    pytest.param("POST proctored_exam.exam", exam_made, 7, 200, id="1-post"),
    pytest.param("PUT proctored_exam.exam", exam_changed, 6, 200, id="1-put"),
    pytest.param("GET proctored_exam.exam_by_id", read("proctored_exam.exam_by_id", "@exam"), 3, 200, id="2"),
    pytest.param(
        "GET proctored_exam.exam_by_content_id",
        read("proctored_exam.exam_by_content_id", COURSE, EXAM_CONTENT),
        3,
        200,
        id="3",
    ),
    pytest.param(
        "GET proctored_exam.exams_by_course_id", read("proctored_exam.exams_by_course_id", COURSE), 3, 200, id="4"
    ),
    pytest.param("PATCH proctored_exam.register_exams_by_course_id", exams_registered, 19, 200, id="5"),
    pytest.param(
        "GET proctored_exam.attempt", asked_by_learner("proctored_exam.attempt", by_id=True), 3, 200, id="6-get"
    ),
    pytest.param("PUT proctored_exam.attempt", acted(S.created, "click_download_software"), 6, 200, id="6-download"),
    pytest.param("PUT proctored_exam.attempt", acted(S.ready_to_start, "start"), 12, 200, id="6-start"),
    pytest.param("PUT proctored_exam.attempt", acted(S.started, "stop"), 6, 200, id="6-stop"),
    pytest.param("PUT proctored_exam.attempt", acted(S.started, "submit"), 11, 200, id="6-submit"),
    pytest.param("PUT proctored_exam.attempt", acted(S.submitted, "submit"), 4, 200, id="6-submit-again"),
    pytest.param("PUT proctored_exam.attempt", acted(S.started, "error"), 12, 200, id="6-error"),
    pytest.param("PUT proctored_exam.attempt", resumed, 10, 200, id="6-resume"),
    pytest.param("PUT proctored_exam.attempt", reset_by_learner, 18, 200, id="6-reset"),
    pytest.param("DELETE proctored_exam.attempt", removed, 11, 200, id="6-delete"),
    pytest.param(
        "GET proctored_exam.attempts.grouped.course",
        read("proctored_exam.attempts.grouped.course", COURSE),
        6,
        200,
        id="7",
    ),
    pytest.param(
        "GET proctored_exam.attempts.grouped.search",
        read("proctored_exam.attempts.grouped.search", COURSE, "learner"),
        6,
        200,
        id="8",
    ),
    pytest.param(
        "GET proctored_exam.attempt.collection",
        asked_by_learner("proctored_exam.attempt.collection"),
        3,
        200,
        id="9-get",
    ),
    pytest.param(
        "POST proctored_exam.attempt.collection", entered("timed", start_clock="true"), 17, 200, id="9-post-timed"
    ),
    pytest.param(
        "POST proctored_exam.attempt.collection",
        entered("exam", attempt_proctored="true"),
        12,
        200,
        id="9-post-proctored",
    ),
    pytest.param("PUT proctored_exam.attempt.review_status", acknowledged, 7, 200, id="10"),
    pytest.param("POST proctored_exam.attempt.ready_callback", told_ready, 6, 200, id="11"),
    pytest.param("POST proctored_exam.attempt.callback", told_reviewed, 15, 200, id="12"),
    pytest.param("GET proctored_exam.allowance", read("proctored_exam.allowance", COURSE), 3, 200, id="13"),
    pytest.param("PUT proctored_exam.allowance", allowance_given, 11, 200, id="14-put"),
    # One is the lock, one the mark that it was removed (contract/attempts#resume-carry-over): what is given again
    # counts in full.
    pytest.param("DELETE proctored_exam.allowance", allowance_taken, 9, 200, id="14-delete"),
    pytest.param("PUT proctored_exam.bulk_allowance", allowances_given(COURSE), 9, 200, id="15"),
    pytest.param("PUT proctored_exam.bulk_allowance", allowances_given(), 9, 200, id="16"),
    pytest.param(
        "GET proctored_exam.allowance.grouped.course",
        read("proctored_exam.allowance.grouped.course", COURSE),
        3,
        200,
        id="17",
    ),
    pytest.param(
        "GET proctored_exam.active_exams_for_user",
        asked_by_learner("proctored_exam.active_exams_for_user"),
        4,
        200,
        id="18",
    ),
    pytest.param("GET user_onboarding.status", read("user_onboarding.status", course_id=COURSE), 6, 200, id="19"),
    pytest.param("GET user_onboarding.status.course", read("user_onboarding.status.course", COURSE), 5, 200, id="20"),
    pytest.param("GET instructor_dashboard_course", read("instructor_dashboard_course", COURSE), 4, 302, id="21"),
    pytest.param("GET instructor_dashboard_exam", read("instructor_dashboard_exam", COURSE, "@exam"), 4, 302, id="22"),
    # Two for the note of what the provider answered (contract/privacy#provider-retirement).
    pytest.param("POST backend_user_deletion_api", retired_at_provider, 7, 200, id="23"),
    # One for each table with personal data, more or less.
    pytest.param("POST user_retirement_api", retired, 21, 204, id="24"),
    pytest.param(
        "GET proctored_exam.exam_attempts",
        asked_by_learner("proctored_exam.exam_attempts", by_course=True),
        4,
        200,
        id="25",
    ),
    pytest.param(
        "GET proctored_exam.active_attempt", asked_by_learner("proctored_exam.active_attempt"), 3, 200, id="26"
    ),
    pytest.param(
        "GET proctored_exam.proctoring_settings", read("proctored_exam.proctoring_settings", "@exam"), 3, 200, id="27"
    ),
    pytest.param("GET proctored_exam.review_policy", read("proctored_exam.review_policy", "@exam"), 3, 200, id="28"),
    pytest.param("GET anonymous.proctoring_launch_callback.start_exam", launched, 6, 302, id="29"),
    pytest.param("POST anonymous.proctoring_review_callback", told_reviewed_by_rpnow, 17, 200, id="30"),
    pytest.param("DELETE proctored_exam.attempts.reset", reset_by_staff, 12, 200, id="31"),
]


@pytest.mark.parametrize(("route", "prepare", "most", "status"), ROUTES)
def test_each_route_costs_the_same_in_a_small_and_a_large_course(
    client_of: Callable[..., Any],
    staff: User,
    enrol: Callable[..., Any],
    test_backend: Any,
    settings: Any,
    route: str,
    prepare: Callable[[Place], Send],
    most: int,
    status: int,
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    place = Place(client_of, staff)
    factories.make_exam("timed", content_id=EXAM_CONTENT)
    enrol()
    # Switches and dates of the course come from the cache from the second request on.
    prepare(place)()
    users: list[User] = []
    counts = []
    for size in SIZES:
        users += grow(size)
        for _ in range(size):
            factories.make_exam("timed")
        enrol(*users)
        test_backend.last_retire_user = None
        counts.append(count(prepare(place), expect=status))
    assert counts[0] == counts[1] <= most, counts


def test_the_routes_above_are_all_there_are() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if getattr(pattern, "name", None)}

    assert {param.values[0].partition(" ")[2] for param in ROUTES} == names


def test_exam_with_attempt_while_another_exam_runs(client_of: Callable[..., Any], staff: User) -> None:
    place = Place(client_of, staff)
    attempt, learner = place.attempt(S.started)
    other = factories.make_attempt(place.timed, attempt.user, status=S.submitted)
    path, query = url("proctored_exam.exam_attempts", COURSE), {"content_id": other.proctored_exam.content_id}
    learner.get(path, query)
    counts = []
    for size in SIZES:
        grow(size, "proctored", S.started)
        counts.append(count(lambda: learner.get(path, query)))
    assert counts[0] == counts[1] <= 7, counts
