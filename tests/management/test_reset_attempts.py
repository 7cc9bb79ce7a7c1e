"""``reset_attempts``."""

import pytest
from django.core.management import CommandError

from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.factories import make_attempt, make_exam

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.spec("data-model.md", "9.5"),
    pytest.mark.spec("python-api.md", "16:reset_attempts"),
]


@pytest.fixture
def attempts():
    exam = make_exam()
    return [make_attempt(exam) for _ in range(10)]


@pytest.fixture
def listed(tmp_path, attempts):
    """A file with all attempts but the first and the last, in the way of people who type."""
    path = tmp_path / "attempts.txt"
    path.write_text("\n".join(f"  {attempt.id} " for attempt in attempts[1:-1]) + "\n\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def provider(test_backend, monkeypatch):
    """Counts removals; answers as told."""
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
def test_the_listed_attempts_and_only_they_are_removed(run, attempts, listed, provider, answer):
    provider.answer = answer
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert remaining() == [attempts[0], attempts[-1]]


@pytest.mark.parametrize("answer", [True, False], ids=["removes", "refuses"])
def test_a_provider_that_answers_is_asked_for_each(run, attempts, listed, provider, answer):
    provider.answer = answer
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert sorted(provider.calls) == sorted(attempt.external_id for attempt in attempts[1:-1])


def test_a_provider_that_fails_is_asked_once_in_the_whole_run(run, listed, provider):
    provider.answer = ConnectionError()
    run("reset_attempts", file_path=listed, batch_size=2, sleep_time=0)
    assert len(provider.calls) == 1


def test_there_is_a_rest_between_batches_only(run, listed, naps):
    run("reset_attempts", file_path=listed, batch_size=4, sleep_time=5)
    assert naps == [5]


def test_the_same_file_can_be_used_again(run, attempts, listed):
    run("reset_attempts", file_path=listed, sleep_time=0)
    assert "Removed 0 of 8" in run("reset_attempts", file_path=listed, sleep_time=0)
    assert remaining() == [attempts[0], attempts[-1]]


def test_a_dry_run_removes_nothing_and_asks_nobody(run, attempts, listed, provider):
    assert "Would remove 8 of 8" in run("reset_attempts", file_path=listed, sleep_time=0, dry_run=True)
    assert remaining() == attempts
    assert provider.calls == []


def test_a_line_that_is_no_id_stops_it_before_anything_is_removed(run, attempts, tmp_path):
    path = tmp_path / "attempts.txt"
    path.write_text(f"{attempts[0].id}\nabc\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"line 2: 'abc'"):
        run("reset_attempts", file_path=str(path), batch_size=1, sleep_time=0)
    assert remaining() == attempts


def test_a_file_that_cannot_be_read_is_named(run, tmp_path):
    with pytest.raises(CommandError, match=r"missing\.txt"):
        run("reset_attempts", file_path=str(tmp_path / "missing.txt"))
