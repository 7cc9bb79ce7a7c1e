"""What the service layer logs."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import edx_proctoring
from edx_proctoring import api
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_staff, make_user

ROOT = Path(edx_proctoring.__file__).parent
PACKAGES = ("api", "models", "utils", "backends")

# A line about an attempt has all three.
IDS_OF_AN_ATTEMPT = {"attempt_id", "exam_id", "user_id"}


def info_lines() -> Iterator[Any]:
    """Each ``log.info`` of the package: where, format, number of values."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "tests" in path.relative_to(ROOT).parts:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "info"
                    and ast.unparse(node.func.value).endswith("log")
                ):
                    text = node.args[0]
                    assert isinstance(text, ast.Constant), f"{path}:{node.lineno}: the format is not a literal"
                    where = f"{path.relative_to(ROOT)}-{text.value.split(':')[0].replace(' ', '-')}"
                    yield pytest.param(text.value, len(node.args) - 1, id=where)


@pytest.mark.contract("events-and-logs#ids")
@pytest.mark.parametrize(("text", "values"), list(info_lines()))
def test_an_info_line_names_each_of_its_values(text: str, values: int) -> None:
    pairs = re.findall(r"(\w+)=%s", text)

    assert len(pairs) == text.count("%") == values
    assert not {"username", "email", "user", "full_name"} & set(pairs), "ids, not names"


@pytest.fixture
def info(caplog: pytest.LogCaptureFixture) -> Any:
    """The INFO lines of this app so far, each as (event, its keys and values)."""
    caplog.set_level(logging.INFO, "edx_proctoring")

    def lines() -> list[tuple[str, dict[str, str]]]:
        return [
            (record.getMessage().split(":")[0], dict(re.findall(r"(\w+)=(\S+)", record.getMessage())))
            for record in caplog.records
            if record.name.startswith("edx_proctoring") and record.levelname == "INFO"
        ]

    return lines


@pytest.mark.contract("events-and-logs#ids")
@pytest.mark.django_db
def test_each_step_of_an_attempt_logs_its_ids(info: Any, provider: Any) -> None:
    exam, user, staff = make_exam(), make_user("iris", email="iris@example.com"), make_staff()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    for status in (S.ready_to_start, S.started):
        api.update_attempt_status(attempt_id, status)
    api.extend_running_attempt(attempt_id, 5, staff, "fire drill")
    api.update_attempt_status(attempt_id, S.error)
    api.mark_exam_attempt_as_ready_to_resume(attempt_id)
    second_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.remove_exam_attempt(second_id, staff)

    lines = info()

    of_attempts = [(event, ids) for event, ids in lines if "attempt_id" in ids]
    assert {event for event, _ in of_attempts} >= {
        "attempt created",
        "attempt status changed",
        "attempt extended",
        "attempt released for resumption",
        "attempt resumed",
        "removing attempt",
    }
    for event, ids in of_attempts:
        assert ids.keys() >= IDS_OF_AN_ATTEMPT, event
        assert (ids["exam_id"], ids["user_id"]) == (str(exam.pk), str(user.pk)), event
        assert ids.get("course_id", COURSE) == COURSE
    assert "iris" not in repr(lines)


@pytest.mark.contract("events-and-logs#ids", "events-and-logs#personal-data")
@pytest.mark.django_db
def test_an_allowance_given_by_address_is_logged_by_ids(info: Any) -> None:
    exam, user = make_exam(), make_user("iris", email="iris@example.com")
    api.add_allowance_for_user(exam.pk, "iris@example.com", "additional_time_granted", "10")
    api.remove_allowance_for_user(exam.pk, user.pk, "additional_time_granted")

    given, deleted = [(event, ids) for event, ids in info() if event.startswith("allowance")]

    expected = {"exam_id": str(exam.pk), "user_id": str(user.pk), "course_id": COURSE, "key": "additional_time_granted"}
    expected["by"] = "None"
    assert given == ("allowance given", {"action": "created", **expected})
    assert deleted == ("allowance deleted", expected)


# Ordinary work logs no warnings


@pytest.mark.contract("host-services#absent")
@pytest.mark.urls("tests.learner_view.host_urls")  # a host has course pages, whichever services it lacks
@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice", "onboarding"])
def test_without_any_service_nothing_is_logged_above_info(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    exam, user, staff = make_exam(kind), make_user(), make_staff()

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=exam.is_proctored)
    for status in (S.ready_to_start, S.started, S.ready_to_submit, S.submitted, S.rejected, S.verified, S.error):
        api.update_attempt_status(attempt_id, status)
    api.check_prerequisites(api.get_exam_by_id(exam.pk), user.pk)
    api.get_attempt_status_summary(user.pk, exam.course_id, exam.content_id)
    api.get_attempt_status_summaries(user.pk, exam.course_id)
    api.get_student_view(user.pk, exam.course_id, exam.content_id, {})
    api.get_exam_attempt_data(exam.pk, attempt_id)
    api.get_proctoring_settings_by_exam_id(exam.pk)
    api.get_onboarding_exam_link(exam.course_id, user, False)
    api.remove_exam_attempt(attempt_id, staff)

    ours = [record for record in caplog.records if record.name.startswith("edx_proctoring")]
    assert [record.getMessage() for record in ours if record.levelno > logging.INFO] == []


@pytest.mark.contract("host-services#absent")
@pytest.mark.django_db
def test_control_with_a_failing_service_something_is_logged_above_info(
    credit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    credit.failing = {"set_credit_requirement_status"}

    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    assert [record for record in caplog.records if record.levelno > logging.INFO]
