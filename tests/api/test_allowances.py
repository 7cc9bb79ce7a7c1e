"""Extra time and review exceptions."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from edx_proctoring import api
from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory
from tests.factories import COURSE, make_allowance, make_exam, make_user

pytestmark = pytest.mark.django_db

TIME = "additional_time_granted"
EXCEPTION = "review_policy_exception"


def granted() -> dict[tuple[int, int, str], str]:
    rows = ProctoredExamStudentAllowance.objects.values_list("proctored_exam_id", "user_id", "key", "value")
    return {(exam, user, key): value for exam, user, key, value in rows}


@pytest.mark.contract("allowances#add")
@pytest.mark.parametrize(
    "info_of",
    [
        pytest.param(lambda user: user.pk, id="id"),
        pytest.param(lambda user: user.username, id="username"),
        pytest.param(lambda user: user.email, id="e-mail"),
        pytest.param(lambda user: user, id="user-object"),
    ],
)
def test_the_learner_may_be_named_by_id_username_or_email(info_of: Callable[[Any], Any]) -> None:
    exam, user = make_exam(), make_user()

    api.add_allowance_for_user(exam.pk, info_of(user), TIME, "30")

    assert granted() == {(exam.pk, user.pk, TIME): "30"}


@pytest.mark.contract("allowances#add", "allowances#keys")
def test_the_models_tuple_of_key_and_label_is_accepted() -> None:
    exam, user = make_exam(), make_user()

    api.add_allowance_for_user(exam.pk, user.pk, ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED, "30")

    assert granted() == {(exam.pk, user.pk, TIME): "30"}


@pytest.mark.contract("allowances#keys")
@pytest.mark.parametrize(
    ("given", "stored", "value"),
    [
        pytest.param(ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED, TIME, "30", id="tuple-of-extra-time"),
        pytest.param(
            ProctoredExamStudentAllowance.REVIEW_POLICY_EXCEPTION, EXCEPTION, "Notes", id="tuple-of-exception"
        ),
        pytest.param(TIME, TIME, "30", id="text-of-extra-time"),
        pytest.param(EXCEPTION, EXCEPTION, "Notes", id="text-of-exception"),
        pytest.param("a-key-of-the-host", "a-key-of-the-host", "any text", id="another-key"),
    ],
)
def test_a_key_is_stored_as_its_word_singly_and_in_bulk(given: Any, stored: str, value: str) -> None:
    exam, one, other = make_exam(), make_user(), make_user()

    api.add_allowance_for_user(exam.pk, one.pk, given, value)
    api.add_bulk_allowances([exam.pk], [other.pk], given, value)

    assert granted() == {(exam.pk, one.pk, stored): value, (exam.pk, other.pk, stored): value}


@pytest.mark.contract("allowances#add")
def test_adding_the_same_key_again_changes_the_value(events: list[Any]) -> None:
    exam, user = make_exam(), make_user()
    events.clear()

    api.add_allowance_for_user(exam.pk, user.pk, TIME, "30")
    api.add_allowance_for_user(exam.pk, user.pk, TIME, "45")

    assert granted() == {(exam.pk, user.pk, TIME): "45"}
    assert [name for name, _ in events] == [
        "edx.special_exam.proctored.allowance.created",
        "edx.special_exam.proctored.allowance.updated",
    ]
    assert events[-1][1]["allowance_user_id"] == user.pk
    assert (events[-1][1]["allowance_key"], events[-1][1]["allowance_value"]) == (TIME, "45")


@pytest.mark.contract("allowances#add")
@pytest.mark.parametrize("value", ["-1", "ten", "1.5", "", "²"])
def test_additional_time_that_is_not_a_whole_number_is_refused(value: str) -> None:
    with pytest.raises(AllowanceValueNotAllowedException) as refusal:
        api.add_allowance_for_user(make_exam().pk, make_user().pk, TIME, value)

    assert str(refusal.value) == f'allowance_value "{value}" should be non-negative integer value.'
    assert granted() == {}


@pytest.mark.contract("allowances#add")
def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(UserNotFoundException, match="Cannot find user against nobody"):
        api.add_allowance_for_user(make_exam().pk, "nobody", TIME, "30")


@pytest.mark.contract("allowances#add")
def test_an_inactive_exam_is_refused() -> None:
    with pytest.raises(ProctoredExamNotActiveException, match="is not active"):
        api.add_allowance_for_user(make_exam(is_active=False).pk, make_user().pk, TIME, "30")


@pytest.mark.contract("allowances#remove")
def test_removing_deletes_once_and_emits_one_event(events: list[Any]) -> None:
    allowance = make_allowance()
    events.clear()

    api.remove_allowance_for_user(allowance.proctored_exam_id, allowance.user_id, TIME)
    api.remove_allowance_for_user(allowance.proctored_exam_id, allowance.user_id, TIME)

    assert granted() == {}
    assert [name for name, _ in events] == ["edx.special_exam.proctored.allowance.deleted"]


@pytest.mark.contract("allowances#list")
def test_the_list_contains_only_allowances_of_the_course() -> None:
    here = make_allowance()
    make_allowance(make_exam(course_id="course-v1:Another+One+2026"))

    [found] = api.get_allowances_for_course(COURSE)

    assert (found["id"], found["user"]["id"], found["value"]) == (here.pk, here.user_id, "30")


# In bulk


@pytest.mark.contract("allowances#bulk", "allowances#bulk-result")
def test_bulk_gives_every_pair_one_allowance() -> None:
    exams, users = [make_exam(), make_exam()], [make_user(), make_user()]
    ids = [exam.pk for exam in exams]
    entries = [users[0].username, users[1].email, users[0].username]

    data, successes, failures = api.add_bulk_allowances([*ids, str(ids[0])][:2], entries, TIME, "20")

    assert (len(data), successes, failures) == (4, 4, 0)
    assert data[0] == {
        "exam_id": ids[0],
        "user_id": users[0].username,
        "success": True,
        "status": "created",
        "error": None,
    }
    assert granted() == {(exam.pk, user.pk, TIME): "20" for exam in exams for user in users}


@pytest.mark.contract("allowances#bulk", "allowances#bulk-multiplier")
@pytest.mark.parametrize(
    ("limit", "multiplier", "minutes"),
    [
        pytest.param(90, "1.5", "45", id="half-again"),
        pytest.param(21, "1.5", "10", id="half-rounds-to-even"),
        pytest.param(90, "1", "0", id="nothing-on-top"),
        pytest.param(60, "2", "60", id="double"),
        pytest.param(45, "1.5", "22", id="half-rounds-to-even-downwards"),
        pytest.param(3, "1.15", "1", id="never-nothing-for-a-factor-above-one"),
        pytest.param(2, "1000", "1998", id="the-largest-factor"),
    ],
)
def test_bulk_turns_a_multiplier_into_minutes(limit: int, multiplier: str, minutes: str) -> None:
    exam, user = make_exam(time_limit_mins=limit), make_user()

    api.add_bulk_allowances([exam.pk], [user.pk], "time_multiplier", multiplier)

    assert granted() == {(exam.pk, user.pk, TIME): minutes}


@pytest.mark.contract("allowances#bulk", "allowances#bulk-multiplier")
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("time_multiplier", value) for value in (".5", "-10", "1000.1", "d30", "nan", "inf", None)),
        *((TIME, value) for value in ("-1", "ten")),
    ],
)
def test_bulk_with_an_invalid_value_writes_nothing(kind: str, value: Any) -> None:
    with pytest.raises(AllowanceValueNotAllowedException):
        api.add_bulk_allowances([make_exam().pk], [make_user().pk], kind, value)

    assert granted() == {}


@pytest.mark.contract("allowances#bulk", "events-and-logs#personal-data")
def test_a_failed_pair_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    exam, inactive, user = make_exam(), make_exam(is_active=False), make_user()

    data, successes, failures = api.add_bulk_allowances(
        [4711, "no-number", inactive.pk, exam.pk], [user.username, "nobody"], EXCEPTION, "Notes allowed"
    )

    assert (len(data), successes, failures) == (8, 1, 7)
    assert granted() == {(exam.pk, user.pk, EXCEPTION): "Notes allowed"}
    assert [item["error"] is None for item in data] == [item["success"] for item in data]
    assert "nobody" not in caplog.text


def test_a_bulk_that_fails_logs_one_line_per_kind_of_failure_with_a_count(caplog: pytest.LogCaptureFixture) -> None:
    exams = [4711, 4712, make_exam(is_active=False).pk, make_exam().pk]

    api.add_bulk_allowances(exams, [make_user().pk, *(f"nobody{number}" for number in range(50))], TIME, 5)

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "allowances not granted: kind=unknown_exam count=2 exams=4",
        "allowances not granted: kind=inactive_exam count=1 exams=4",
        "allowances not granted: kind=unknown_learner count=50 exams=4",
    ]


@pytest.mark.contract("events-and-logs#allowances")
@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
@pytest.mark.parametrize("key", [EXCEPTION, "a-key-of-the-host"])
def test_free_text_of_an_allowance_is_in_no_event_and_no_log(
    events: list[Any], caplog: pytest.LogCaptureFixture, key: str, bulk: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    exam, user = make_exam(), make_user()

    if bulk:
        api.add_bulk_allowances([exam.pk], [user.pk], key, "may bring insulin")
    else:
        api.add_allowance_for_user(exam.pk, user.pk, key, "may bring insulin")
    api.remove_allowance_for_user(exam.pk, user.pk, key)

    assert [data["allowance_value"] for _name, data in events if "allowance_value" in data] == [None, None]
    assert "insulin" not in f"{events}{caplog.text}"


@pytest.mark.contract("allowances#bulk", "host-services#reads-never-fail")
def test_bulk_counts_invalid_users_as_failures() -> None:
    exam, user = make_exam(), make_user()

    data, successes, failures = api.add_bulk_allowances([exam.pk], [10**30, -1, None, user.pk], TIME, 5)

    assert ([item["success"] for item in data], successes, failures) == ([False, False, False, True], 1, 3)
    assert granted() == {(exam.pk, user.pk, TIME): "5"}


@pytest.mark.contract("allowances#add", "allowances#bulk", "allowances#keys")
@pytest.mark.parametrize("key", [TIME, EXCEPTION, "a-key-of-the-host"])
def test_a_value_may_be_a_number(key: str) -> None:
    exam, one, other = make_exam(), make_user(), make_user()

    api.add_allowance_for_user(exam.pk, one.pk, key, 30)
    api.add_bulk_allowances([exam.pk], [other.pk], key, 30)

    assert granted() == {(exam.pk, one.pk, key): "30", (exam.pk, other.pk, key): "30"}


@pytest.mark.contract("allowances#bulk")
def test_bulk_without_exams_and_learners_does_nothing() -> None:
    assert api.add_bulk_allowances([], [], TIME, "1") == ([], 0, 0)


@pytest.mark.contract("attempts#queries")
def test_bulk_for_fifty_learners_takes_as_many_queries_as_for_five(count_queries: Callable[..., int]) -> None:
    exams = [make_exam(), make_exam()]

    def cost(number: int) -> int:
        users = [make_user().username for _ in range(number)]
        ids = [exam.pk for exam in exams]
        first = count_queries(lambda: api.add_bulk_allowances(ids, users, TIME, "1"))
        again = count_queries(lambda: api.add_bulk_allowances(ids, users, TIME, "2"))
        return first + again

    assert cost(5) == cost(50) <= 40


def test_bulk_archives_the_values_it_replaces() -> None:
    allowance = make_allowance(value="10")

    api.add_bulk_allowances([allowance.proctored_exam_id], [allowance.user_id], TIME, "20")

    [archived] = ProctoredExamStudentAllowanceHistory.objects.all()
    assert (archived.allowance_id, archived.value) == (allowance.pk, "10")


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title], ids=["lower", "upper", "title"])
@pytest.mark.parametrize("field", ["username", "email"])
def test_names_in_another_case_are_taken_singly_and_in_bulk(field: str, spell: Callable[[str], str]) -> None:
    exam, user = make_exam(), make_user("Ann.Lee")
    name = spell(getattr(user, field))

    data, done, failed = api.add_bulk_allowances([exam.pk], [name], TIME, "20")
    api.add_allowance_for_user(exam.pk, name, TIME, "30")

    assert ([item["user_id"] for item in data], done, failed) == ([name], 1, 0)
    assert granted() == {(exam.pk, user.pk, TIME): "30"}


def test_the_exact_spelling_wins_where_case_makes_the_difference() -> None:
    exam, upper = make_exam(), make_user("ANN")
    if get_user_model().objects.filter(username="ann").exists():
        pytest.skip("this database compares names without case, so there is one user of the name")
    lower = make_user("ann")

    api.add_bulk_allowances([exam.pk], ["ANN", "ann"], TIME, "20")

    assert granted() == {(exam.pk, upper.pk, TIME): "20", (exam.pk, lower.pk, TIME): "20"}
    assert api.add_bulk_allowances([exam.pk], ["Ann"], TIME, "20")[1:] == (0, 1)
