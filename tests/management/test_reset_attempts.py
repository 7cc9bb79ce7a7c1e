"""``reset_attempts``."""

import pytest
from django.core.management import CommandError

from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.factories import make_attempt, make_exam

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("commands#reset-attempts"),
]


@pytest.fixture
def attempts():
    exam = make_exam()
    return [make_attempt(exam) for _ in range(10)]


@pytest.fixture
def listed(tmp_path, attempts):
    """A hand-typed file with all attempts but the first and the last: spaces, blank lines."""
    path = tmp_path / "attempts.txt"
    path.write_text("\n".join(f"  {attempt.id} " for attempt in attempts[1:-1]) + "\n\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def provider(test_backend, monkeypatch):
    """Records removals and returns or raises ``answer``."""
    calls = []
    provider = type("Answers", (), {"answer": True, "calls": calls})

    def remove(exam, attempt):
        calls.append(attempt)
        if isinstance(provider.answer, Exception):
            raise provider.answer
        return provider.answer

    monkeypatch.setattr(test_backend, "remove_exam_attempt", remove)
    return provider


def remaining():
    return list(ProctoredExamStudentAttempt.objects.order_by("id"))


@pytest.mark.parametrize("answer", [True, False, ConnectionError()], ids=["removes", "refuses", "fails"])
def test_only_the_listed_attempts_are_removed_whatever_the_provider_answers(run, attempts, listed, provider, answer):
    provider.answer = answer
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert remaining() == [attempts[0], attempts[-1]]


@pytest.mark.parametrize("answer", [True, False], ids=["removes", "refuses"])
def test_a_provider_that_answers_is_called_for_each_attempt(run, attempts, listed, provider, answer):
    provider.answer = answer
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert sorted(provider.calls) == sorted(attempt.external_id for attempt in attempts[1:-1])


def test_a_failing_provider_is_called_only_once(run, listed, provider):
    provider.answer = ConnectionError()
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert len(provider.calls) == 1


def test_the_command_pauses_only_between_batches(run, listed, pauses):
    run("reset_attempts", file_path=listed, batch_size=4, sleep_time=5)
    assert pauses == [5]


def test_a_second_run_with_the_same_file_removes_nothing(run, attempts, listed):
    run("reset_attempts", file_path=listed, sleep_time=0)
    assert "Removed 0 of 8" in run("reset_attempts", file_path=listed, sleep_time=0)
    assert remaining() == [attempts[0], attempts[-1]]


def test_a_dry_run_neither_removes_nor_calls_the_provider(run, attempts, listed, provider):
    assert "Would remove 8 of 8" in run("reset_attempts", file_path=listed, sleep_time=0, dry_run=True)
    assert remaining() == attempts
    assert provider.calls == []


def test_a_malformed_line_stops_the_command_before_any_removal(run, attempts, tmp_path):
    path = tmp_path / "attempts.txt"
    path.write_text(f"{attempts[0].id}\nabc\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"line 2: 'abc'"):
        run("reset_attempts", file_path=str(path), batch_size=1, sleep_time=0)
    assert remaining() == attempts


def test_a_file_that_cannot_be_read_is_named(run, tmp_path):
    with pytest.raises(CommandError, match=r"missing\.txt"):
        run("reset_attempts", file_path=str(tmp_path / "missing.txt"))
