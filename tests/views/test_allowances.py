"""Allowances over REST, and active exams with them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation

from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World

pytestmark = pytest.mark.django_db

ALLOWANCE_KEYS = ["id", "created", "modified", "user", "key", "value", "proctored_exam"]
MINUTES = "additional_time_granted"


def url(name: str = "allowance", **kwargs: Any) -> str:
    return reverse(f"edx_proctoring:proctored_exam.{name}", kwargs=kwargs)


def values() -> list[tuple[int, str, str]]:
    rows = ProctoredExamStudentAllowance.objects.order_by("pk")
    return [(row.proctored_exam_id, row.user.username, row.value) for row in rows]


# Single


@pytest.mark.operation("GET /v1/proctored_exam/{course_id}/allowance")
@pytest.mark.parametrize(
    "query", [lambda exam: {"course_id": exam.course_id}, lambda exam: {"exam_id": exam.pk}], ids=["course", "exam"]
)
def test_the_list_contains_all_allowances_of_the_course(staff_client: Any, query: Any) -> None:
    exam = factories.make_exam(course_id=COURSE_A)
    of_course = [
        factories.make_allowance(exam),
        factories.make_allowance(factories.make_exam("timed", course_id=COURSE_A, is_active=False)),
    ]
    factories.make_allowance(factories.make_exam(course_id=COURSE_B))
    for response in (staff_client.get(url(course_id=COURSE_A)), staff_client.get(url(), query(exam))):
        assert sorted(row["id"] for row in response.json()) == [allowance.pk for allowance in of_course]
        assert list(response.json()[0]) == ALLOWANCE_KEYS


@pytest.mark.parametrize("query", [{}, {"exam_id": "one"}, {"exam_id": 99999}])
def test_a_list_without_a_course_or_an_existing_exam_answers_400(staff_client: Any, query: dict[str, Any]) -> None:
    assert staff_client.get(url(), query).status_code == 400


@pytest.mark.contract("rest-rules#course-scope")
def test_course_staff_get_the_same_refusal_for_a_missing_exam_as_for_one_of_another_course(
    course_staff_client: Any, world: World
) -> None:
    unknown, foreign = (course_staff_client.get(url(), {"exam_id": pk}) for pk in (99999, world.foreign_exam.pk))
    assert unknown.status_code == foreign.status_code == 403
    assert unknown.json() == foreign.json()


@pytest.mark.contract("rest-rules#bodies")
@pytest.mark.operation("PUT /v1/proctored_exam/allowance")
@pytest.mark.parametrize(
    ("format_", "who"),
    # A form has text only, which is read as a name and not as an id.
    [("json", "id"), ("json", "username"), ("json", "email"), ("multipart", "username"), ("multipart", "email")],
)
def test_put_creates_an_allowance_then_changes_it(staff_client: Any, learner: User, who: str, format_: str) -> None:
    exam = factories.make_exam("timed")
    for value in ("10", "20"):
        body = {"exam_id": exam.pk, "user_info": getattr(learner, who), "key": MINUTES, "value": value}
        response = staff_client.put(url(), body, format=format_)
        assert (response.status_code, response.content) == (200, b"")
        assert values() == [(exam.pk, "learner", value)]


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("PUT /v1/proctored_exam/allowance")
@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"user_info": "invalid_user"}, "Cannot find user against invalid_user"),
        ({"value": "invalid_value"}, 'allowance_value "invalid_value" should be non-negative integer value.'),
    ],
)
def test_a_refused_allowance_has_the_text_that_clients_compare(
    staff_client: Any, learner: User, change: dict[str, Any], detail: str
) -> None:
    body = {"exam_id": factories.make_exam().pk, "user_info": "learner", "key": MINUTES, "value": "5", **change}
    response = staff_client.put(url(), body, format="json")
    assert (response.status_code, response.data) == (400, {"detail": detail})


@pytest.mark.operation("PUT /v1/proctored_exam/allowance")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"exam_id": 99999}, id="unknown-exam"),
        pytest.param({"exam_id": None}, id="no-exam"),
        pytest.param({"exam_id": "one"}, id="exam-id-not-a-number"),
        pytest.param({"user_info": None}, id="no-user"),
        pytest.param({"user_info": True}, id="user-that-is-a-boolean"),
        pytest.param({"user_info": 99999}, id="unknown-user-id"),
        pytest.param({"key": None}, id="no-key"),
        pytest.param({"key": ["k"]}, id="key-that-is-a-list"),
        pytest.param({"value": None}, id="no-value"),
        pytest.param({"value": {"a": 1}}, id="value-that-is-an-object"),
        pytest.param({"key": "k", "value": True}, id="value-that-is-a-boolean"),
        pytest.param({"key": "k", "value": "v" * 256}, id="overlong-value"),
        pytest.param({"value": "9" * 12}, id="more-minutes-than-a-column-holds"),
    ],
)
def test_an_invalid_allowance_answers_400(staff_client: Any, learner: User, change: dict[str, Any]) -> None:
    body = {"exam_id": factories.make_exam().pk, "user_info": "learner", "key": MINUTES, "value": "5", **change}
    response = staff_client.put(url(), body, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert values() == []


def test_an_exam_with_the_largest_limit_and_allowance_can_be_started(
    staff_client: Any, learner_client: Any, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("timed", time_limit_mins=10**9)
    body = {"exam_id": exam.pk, "user_info": "learner", "key": MINUTES, "value": str(10**9)}
    assert staff_client.put(url(), body, format="json").status_code == 200
    body = {"exam_id": exam.pk, "start_clock": "true"}
    assert learner_client.post(url("attempt.collection"), body, format="json").status_code == 200
    assert learner_client.get(url("attempt.collection")).json()["time_remaining_seconds"] > 10**9


@pytest.mark.operation("PUT /v1/proctored_exam/allowance")
def test_an_allowance_for_an_inactive_exam_answers_400(staff_client: Any, learner: User) -> None:
    exam = factories.make_exam(is_active=False)
    body = {"exam_id": exam.pk, "user_info": "learner", "key": MINUTES, "value": "5"}
    assert staff_client.put(url(), body, format="json").status_code == 400


@pytest.mark.operation("PUT /v1/proctored_exam/allowance")
def test_a_number_is_accepted_as_value(staff_client: Any, learner: User) -> None:
    body = {"exam_id": factories.make_exam().pk, "user_info": "learner", "key": MINUTES, "value": 15}
    assert staff_client.put(url(), body, format="json").status_code == 200
    assert values()[0][2] == "15"


@pytest.mark.contract("rest-rules#bodies")
@pytest.mark.operation("DELETE /v1/proctored_exam/allowance")
@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_delete_removes_an_allowance_even_of_an_inactive_exam(staff_client: Any, format_: str) -> None:
    allowance = factories.make_allowance(factories.make_exam(is_active=False))
    body = {"exam_id": allowance.proctored_exam_id, "user_id": allowance.user_id, "key": allowance.key}
    for _ in range(2):
        response = staff_client.delete(url(), body, format=format_)
        assert (response.status_code, response.content) == (200, b"")
        assert values() == []


@pytest.mark.operation("DELETE /v1/proctored_exam/allowance")
def test_delete_without_a_user_removes_nothing(staff_client: Any) -> None:
    allowance = factories.make_allowance()
    body = {"exam_id": allowance.proctored_exam_id, "key": allowance.key}
    assert staff_client.delete(url(), body, format="json").status_code == 200
    assert len(values()) == 1


# Bulk


def bulk(client: Any, **body: Any) -> Any:
    return client.put(url("bulk_allowance"), body, format="json")


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_bulk_gives_the_allowance_to_all_pairs(staff_client: Any) -> None:
    exams = [factories.make_exam("timed") for _ in range(2)]
    users = [factories.make_user() for _ in range(2)]
    response = bulk(
        staff_client,
        exam_ids=f"{exams[0].pk}, {exams[1].pk},",
        user_ids=f"{users[0].username},\n{users[1].email} ,",
        allowance_type=MINUTES,
        value="10",
    )
    assert (response.status_code, response.content) == (200, b"")
    assert sorted(values()) == sorted((exam.pk, user.username, "10") for exam in exams for user in users)


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_bulk_accepts_json_lists(staff_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    response = bulk(staff_client, exam_ids=[exam.pk], user_ids=["learner"], allowance_type="k", value=7)
    assert (response.status_code, values()) == (200, [(exam.pk, "learner", "7")])


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_bulk_removes_blanks_inside_an_entry(staff_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    bulk(staff_client, exam_ids=str(exam.pk), user_ids="lea  rner", allowance_type="k", value="v")
    assert values() == [(exam.pk, "learner", "v")]


@pytest.mark.parametrize("comma", [",", "\N{FULLWIDTH COMMA}", "\N{ARABIC COMMA}"], ids=["latin", "chinese", "arabic"])
def test_bulk_accepts_the_comma_of_any_keyboard(
    staff_client: Any, all_services: Any, learner: User, comma: str
) -> None:
    other = factories.make_user("other")
    exam = factories.make_exam()
    response = bulk(
        staff_client, exam_ids=str(exam.pk), user_ids=f"learner{comma}other", allowance_type=MINUTES, value="5"
    )
    assert response.status_code == 200
    assert {allowance.user for allowance in ProctoredExamStudentAllowance.objects.all()} == {learner, other}


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_a_multiplier_is_stored_as_minutes_of_each_exam(staff_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed", time_limit_mins=21)
    bulk(staff_client, exam_ids=str(exam.pk), user_ids="learner", allowance_type="time_multiplier", value="1.5")
    assert values() == [(exam.pk, "learner", "10")]


@pytest.mark.contract("allowances#bulk-result")
@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
@pytest.mark.parametrize(
    ("exam_ids", "user_ids"),
    [("{exam}", "learner,nobody"), ("{exam},99999", "learner"), ("{exam},nonsense", "learner")],
)
def test_bulk_with_some_failures_answers_207_with_a_row_for_every_pair(
    staff_client: Any, learner: User, exam_ids: str, user_ids: str
) -> None:
    exam = factories.make_exam("timed")
    response = bulk(
        staff_client,
        exam_ids=exam_ids.format(exam=exam.pk),
        user_ids=user_ids,
        allowance_type=MINUTES,
        value="5",
    )
    assert response.status_code == 207
    pairs = [(str(row["exam_id"]), row["user_id"]) for row in response.json()]
    assert pairs == [
        (exam_id, user) for exam_id in exam_ids.format(exam=exam.pk).split(",") for user in user_ids.split(",")
    ]
    assert values() == [(exam.pk, "learner", "5")]


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_a_row_reports_the_outcome_of_its_pair(staff_client: Any, learner: User) -> None:
    exam, ann = factories.make_exam("timed"), factories.make_user("ann")
    factories.make_allowance(exam, ann)
    response = bulk(
        staff_client, exam_ids=str(exam.pk), user_ids="ann,learner,nobody", allowance_type=MINUTES, value="5"
    )
    assert list(response.json()[0]) == ["exam_id", "user_id", "success", "status", "error"]
    assert [(row["user_id"], row["status"], bool(row["error"])) for row in response.json()] == [
        ("ann", "updated", False),
        ("learner", "created", False),
        ("nobody", "failed", True),
    ]


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
@pytest.mark.parametrize(("users", "code", "given"), [("learner,nobody", 400, []), ("learner", 200, ["5"])])
@pytest.mark.parametrize("atomic", [True, "true", 1])
def test_atomic_bulk_gives_no_allowance_if_one_pair_fails(
    staff_client: Any, learner: User, users: str, code: int, given: list[str], atomic: Any
) -> None:
    exam = factories.make_exam("timed")
    response = bulk(
        staff_client, exam_ids=str(exam.pk), user_ids=users, allowance_type=MINUTES, value="5", atomic=atomic
    )
    assert response.status_code == code
    assert [value for _exam, _user, value in values()] == given


def test_atomic_bulk_with_an_exam_of_another_course_answers_403(
    course_staff_client: Any, world: World, learner: User
) -> None:
    response = bulk(
        course_staff_client,
        exam_ids=f"{world.exam.pk},{world.foreign_exam.pk}",
        user_ids="learner",
        allowance_type=MINUTES,
        value="5",
        atomic=True,
    )
    assert response.status_code == 403
    assert values() == []


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
@pytest.mark.parametrize(
    ("exam_ids", "user_ids"), [("", ""), ("{exam}", ""), ("", "learner"), ("{exam}", "nobody"), (None, None)]
)
def test_bulk_without_any_success_answers_400_for_the_learners_field(
    staff_client: Any, learner: User, exam_ids: str | None, user_ids: str | None
) -> None:
    exam = factories.make_exam("timed")
    response = bulk(
        staff_client,
        exam_ids=exam_ids and exam_ids.format(exam=exam.pk),
        user_ids=user_ids,
        allowance_type=MINUTES,
        value="5",
    )
    assert response.status_code == 400
    assert (set(response.data), response.data["field"]) == ({"detail", "field"}, "user_info")


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
def test_bulk_errors_are_translated_but_machine_words_are_not(staff_client: Any, learner: User) -> None:
    exam, closed = factories.make_exam("timed"), factories.make_exam("timed", is_active=False)
    body = {"exam_ids": f"{exam.pk},{closed.pk},99999", "user_ids": "learner,nobody", "allowance_type": MINUTES}
    with translation.override("es"):
        no_value = bulk(staff_client, **body, value="-1").data
        nobody = bulk(staff_client, **{**body, "user_ids": "nobody"}, value="5").data
        rows = bulk(staff_client, **body, value="5").data
    assert no_value == {"detail": "Introduzca un número positivo válido", "field": "allowance_value"}
    assert nobody == {"detail": "Introduzca un nombre de usuario o correo electrónico válido", "field": "user_info"}
    assert {row["error"] for row in rows} == {
        None,
        "No se encuentra ningún usuario con «nobody»",
        "El examen no está activo.",
        "El examen no existe.",
    }
    # Machine words are not translated.
    assert {row["status"] for row in rows} == {"created", "failed"}


@pytest.mark.operation("PUT /v1/proctored_exam/bulk_allowance")
@pytest.mark.parametrize(
    ("allowance_type", "value"),
    [
        (MINUTES, "-10"),
        (MINUTES, "ten"),
        (MINUTES, "²"),
        (MINUTES, "9" * 12),
        (MINUTES, "9" * 200),
        (MINUTES, None),
        (MINUTES, 1.5),
        ("time_multiplier", "0.5"),
        ("time_multiplier", ".5"),
        ("time_multiplier", "d30"),
        ("time_multiplier", "nan"),
        ("time_multiplier", "inf"),
        ("time_multiplier", "1e300"),
        ("time_multiplier", None),
        ("review_policy_exception", {"a": 1}),
    ],
)
def test_bulk_with_an_invalid_value_answers_400_for_the_value_field(
    staff_client: Any, learner: User, allowance_type: str, value: Any
) -> None:
    exam = factories.make_exam("timed")
    response = bulk(staff_client, exam_ids=str(exam.pk), user_ids="learner", allowance_type=allowance_type, value=value)
    assert response.status_code == 400
    assert response.data == {"detail": "Enter a valid positive value number", "field": "allowance_value"}
    assert values() == []


def test_nan_in_json_answers_400(staff_client: Any, learner: User) -> None:
    body = json.dumps(
        {"exam_ids": "1", "user_ids": "learner", "allowance_type": "time_multiplier", "value": float("nan")}
    )
    assert staff_client.put(url("bulk_allowance"), body, content_type="application/json").status_code == 400


@pytest.mark.contract("rest-rules#course-scope")
def test_bulk_reports_exams_of_another_course_as_failed_rows(
    course_staff_client: Any, world: World, learner: User
) -> None:
    response = bulk(
        course_staff_client,
        course_id=COURSE_A,
        exam_ids=f"{world.exam.pk},{world.foreign_exam.pk}",
        user_ids="learner",
        allowance_type=MINUTES,
        value="5",
    )
    assert response.status_code == 207
    assert [(str(row["exam_id"]), row["success"]) for row in response.json()] == [
        (str(world.exam.pk), True),
        (str(world.foreign_exam.pk), False),
    ]
    assert values() == [(world.exam.pk, "learner", "5")]


@pytest.mark.contract("rest-rules#course-scope")
@pytest.mark.parametrize("spelling", ["{}", "0000000000{}", " {} "], ids=["plain", "leading-zeros", "blanks"])
def test_another_spelling_of_an_exam_id_does_not_give_access_to_another_course(
    course_staff_client: Any, world: World, learner: User, spelling: str
) -> None:
    response = bulk(
        course_staff_client,
        exam_ids=[str(world.exam.pk), spelling.format(world.foreign_exam.pk)],
        user_ids="learner",
        allowance_type=MINUTES,
        value="5",
    )
    assert response.status_code == 207
    assert values() == [(world.exam.pk, "learner", "5")]


@pytest.mark.contract("rest-rules#ids")
@pytest.mark.parametrize("exam_id", ["9" * 11, "9" * 30, "9" * 5000, "-1", "²", "1e3"])
def test_bulk_reports_text_that_is_not_an_id_as_a_failed_row(staff_client: Any, learner: User, exam_id: str) -> None:
    exam = factories.make_exam("timed")
    response = bulk(
        staff_client, exam_ids=f"{exam.pk},{exam_id}", user_ids="learner", allowance_type=MINUTES, value="5"
    )
    assert response.status_code == 207
    assert [row["exam_id"] for row in response.json()] == [str(exam.pk), exam_id]
    assert values() == [(exam.pk, "learner", "5")]


@pytest.mark.contract("rest-rules#course-scope")
@pytest.mark.parametrize(
    ("kwargs", "body"),
    [
        pytest.param({}, {"course_id": COURSE_A}, id="own-course-in-the-body"),
        pytest.param({"course_id": COURSE_A}, {}, id="own-course-in-the-url"),
        pytest.param({"course_id": COURSE_B}, {"course_id": COURSE_A}, id="foreign-course-in-the-url"),
        pytest.param({}, {}, id="no-course"),
    ],
)
def test_bulk_with_only_exams_of_another_course_answers_403(
    course_staff_client: Any, world: World, learner: User, kwargs: dict[str, Any], body: dict[str, Any]
) -> None:
    body = {
        "exam_ids": str(world.foreign_exam.pk),
        "user_ids": "learner",
        "allowance_type": MINUTES,
        "value": "5",
        **body,
    }
    assert course_staff_client.put(url("bulk_allowance", **kwargs), body, format="json").status_code == 403
    assert values() == []


# Grouped


@pytest.mark.operation("GET /v1/proctored_exam/{course_id}/grouped/allowance")
def test_allowances_are_grouped_by_learner(staff_client: Any) -> None:
    ann, ben = factories.make_user("ann"), factories.make_user("ben")
    exams = [factories.make_exam(course_id=COURSE_A) for _ in range(2)]
    of_ann = [factories.make_allowance(exam, ann) for exam in exams]
    of_ben = factories.make_allowance(exams[0], ben)
    data = staff_client.get(url("allowance.grouped.course", course_id=COURSE_A)).json()
    assert {name: sorted(row["id"] for row in rows) for name, rows in data.items()} == {
        "ann": [allowance.pk for allowance in of_ann],
        "ben": [of_ben.pk],
    }
    assert list(data["ann"][0]) == ALLOWANCE_KEYS


@pytest.mark.operation("GET /v1/proctored_exam/{course_id}/grouped/allowance")
def test_a_course_without_allowances_has_an_empty_object(staff_client: Any) -> None:
    assert staff_client.get(url("allowance.grouped.course", course_id=COURSE_A)).json() == {}


# Active exams


def active(client: Any, **query: Any) -> Any:
    return client.get(url("active_exams_for_user"), query)


@pytest.mark.operation("GET /v1/proctored_exam/active_exams_for_user")
def test_an_active_exam_comes_with_its_attempt_and_allowances(learner_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    allowance = factories.make_allowance(attempt.proctored_exam, learner)
    (row,) = active(learner_client).json()
    assert list(row) == ["exam", "attempt", "allowances"]
    assert (row["exam"]["id"], row["attempt"]["id"]) == (attempt.proctored_exam_id, attempt.pk)
    assert [item["id"] for item in row["allowances"]] == [allowance.pk]


@pytest.mark.operation("GET /v1/proctored_exam/active_exams_for_user")
def test_learners_may_name_themselves_but_not_others(learner_client: Any, learner: User) -> None:
    other = factories.make_attempt(status=S.started)
    assert active(learner_client, user_id=learner.pk).json() == []
    assert active(learner_client, user_id=other.user_id).status_code == 403
    assert active(learner_client, user_id="one").status_code == 400


@pytest.mark.operation("GET /v1/proctored_exam/active_exams_for_user")
def test_the_body_of_a_get_is_not_read(learner_client: Any) -> None:
    other = factories.make_attempt(status=S.started)
    response = learner_client.generic(
        "GET",
        url("active_exams_for_user"),
        json.dumps({"user_id": other.user_id}),
        content_type="application/json",
    )
    assert (response.status_code, response.json()) == (200, [])


@pytest.mark.operation("GET /v1/proctored_exam/active_exams_for_user")
@pytest.mark.parametrize(
    ("role", "query", "code"),
    [
        ("global_staff", {}, 200),
        ("global_staff", {"course_id": COURSE_A}, 200),
        ("global_staff", {"course_id": ""}, 200),
        ("course_staff", {"course_id": COURSE_A}, 200),
        ("course_staff", {}, 403),
        ("course_staff", {"course_id": ""}, 403),
        ("course_staff", {"course_id": COURSE_B}, 403),
        ("foreign_staff", {"course_id": COURSE_A}, 403),
    ],
)
def test_staff_see_active_exams_of_learners_in_their_course(
    world: World, client_of: Callable[..., Any], role: str, query: dict[str, str], code: int
) -> None:
    response = active(client_of(world[role]), user_id=world["owner"].pk, **query)  # type: ignore[union-attr]
    assert response.status_code == code
    if code == 200:
        assert [row["attempt"]["id"] for row in response.json()] == [world.attempt.pk]


@pytest.mark.operation("GET /v1/proctored_exam/active_exams_for_user")
def test_staff_of_a_course_do_not_see_active_exams_of_another_course(
    world: World, client_of: Callable[..., Any]
) -> None:
    response = active(client_of(world["course_staff"]), user_id=world.foreign_attempt.user_id, course_id=COURSE_A)
    assert response.json() == []


@pytest.mark.parametrize(
    "separator",
    ["\n", "\r\n", "\t", ";", "; ", ",", ", ", ",\n\t; "],
    ids=["line-end", "windows-line-end", "tab", "semicolon", "semicolon-space", "comma", "comma-space", "mixed"],
)
def test_names_pasted_from_a_spreadsheet_are_taken(staff_client: Any, separator: str) -> None:
    exam = factories.make_exam()
    users = [factories.make_user() for _ in range(3)]
    response = staff_client.put(
        "/edx_proctoring/v1/proctored_exam/bulk_allowance",
        {
            "exam_ids": str(exam.pk),
            "user_ids": separator.join(user.username for user in users),
            "allowance_type": "additional_time_granted",
            "value": "20",
        },
    )
    assert response.status_code == 200
    given = ProctoredExamStudentAllowance.objects.values_list("user_id", flat=True)
    assert sorted(given) == [user.pk for user in users]
