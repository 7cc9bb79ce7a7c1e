"""The spike's learners do what they say, and its numbers mean what they say."""

import argparse
from typing import Any

import pytest
import requests

from bench.faults.provider import Provider
from bench.spike import journeys, parts, results
from bench.spike.journeys import JOURNEYS, Learner
from bench.spike.parts import Version

EXAM = {"course_id": "course-v1:a+b+c", "content_id": "block-v1:x", "exam_id": 7, "exam_external_id": "exam-1"}


class Recorder:
    """A server that agrees with everything."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.sessions: dict[str, str] = {}
        self.paths: dict[str, str] = {}

    def __call__(self, step: str, method: str, path: str, session: str, body: Any = None) -> Any:
        self.steps.append(step)
        self.sessions[step], self.paths[step] = session, path
        return {"exam_attempt_id": 12, "external_id": "exam-1-user5-2"}


def take(journey: str, *, polls: int = 2, is_extended: bool = False) -> tuple[Recorder, list[float]]:
    """Return what a learner sent, and the pauses."""
    recorder, pauses = Recorder(), []  # type: tuple[Recorder, list[float]]
    learner = Learner(
        recorder, pauses.append, EXAM, 0, 5, "own", "of the provider", "of staff", polls, 1.5, is_extended=is_extended
    )
    JOURNEYS[journey](learner)
    return recorder, pauses


def test_the_bare_flow_and_an_attempt_have_as_many_requests() -> None:
    bare, attempt = take("bare")[0], take("attempt")[0]

    assert len(bare.steps) == len(attempt.steps) == 6
    assert bare.steps.count("start") == attempt.steps.count("start") == 1


def test_a_day_has_pauses_polls_more_time_and_a_review() -> None:
    recorder, pauses = take("day", is_extended=True)

    assert recorder.steps == [
        *("outline", "entrance page", "enter", "set-up poll", "click", "ready", "start"),
        *("poll", "extend", "poll", "stop", "submit", "review"),
    ]
    assert pauses == [1.5, 1.5]
    assert recorder.sessions["extend"] == "of staff"
    # The registration that the platform names, not always the learner's first.
    assert "/exam-1-user5-2/" in recorder.paths["ready"]
    assert "/exam-1-user5-2/" in recorder.paths["review"]
    assert recorder.sessions["review"] == recorder.sessions["ready"] == "of the provider"


@pytest.mark.parametrize(
    ("number", "extends", "polls", "expected"),
    [(0, True, 1, True), (20, True, 1, True), (1, True, 1, False), (0, False, 1, False), (0, True, 0, False)],
)
def test_one_learner_in_twenty_is_extended(number: int, extends: bool, polls: int, expected: bool) -> None:
    assert journeys.is_extended(number, {"extends": extends, "polls": polls}) is expected


def test_a_provider_that_is_down_answers_nothing_and_then_answers_again() -> None:
    with Provider(seed=1, share=0).serving() as provider:
        provider.is_down = True
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{provider.url}/api/v1/config/", timeout=5)
        provider.is_down = False

        assert requests.get(f"{provider.url}/api/v1/config/", timeout=5).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"status": "started"}, {"started_at": False}, {"completed_at": False}, {"allowed_time_limit_mins": 91}],
    ids=lambda change: next(iter(change)),
)
def test_an_attempt_that_is_not_as_it_must_be_is_reported(change: dict[str, Any]) -> None:
    right = {"user_id": 5, "status": "submitted", "allowed_time_limit_mins": 90, "started_at": True}
    right |= {"completed_at": True, "external_id": "exam-1-user5-1"}

    assert not complaints_about([right])
    assert any("wrong: 1" in text for text in complaints_about([{**right, **change}]))


def test_attempts_effects_and_registrations_that_are_missing_are_reported() -> None:
    texts = complaints_about([], due=3, heard=("started",))

    assert any(text.startswith("attempts: 0 of 1") for text in texts)
    assert any(text.startswith("effects not told") for text in texts)
    assert any(text.startswith("what the provider heard") for text in texts)


def complaints_about(
    attempts: list[dict[str, Any]], *, due: int = 0, heard: tuple[str, ...] = ("started", "submitted")
) -> list[str]:
    """Return what a run of one learner complains about."""

    class AppSide:
        def ask(self, command: str, *_arguments: Any) -> Any:
            return {"attempts": attempts, "count": {"due": due}}[command]

    options = argparse.Namespace(polls=1, outage=None)
    version = Version.__new__(Version)
    version.app_side, version.people, version.extends = AppSide(), {"learners": [(5, "own")]}, True  # type: ignore[assignment]
    with Provider(seed=1, share=0).serving() as provider:
        provider.answer("POST", "/api/v1/exam/exam-1/attempt/", {"email": "user5@example.com"}, "key")
        provider.registrations["exam-1-user5-1"].heard.extend(heard)
        run = parts.Run(options, version, provider, parts.ROOT, "", {})
        return list(run.complaints({"journey": "attempt", "learners": 1, "refused": []}, EXAM))


def test_the_ratios_are_of_medians_and_against_the_bare_flow() -> None:
    def part(journey: str, version: str, rate: float) -> dict[str, Any]:
        return {"latency_ms": 0, "journey": journey, "version": version, "started_per_second": rate}

    text = results.ratios(
        [part("bare", "new", 60), *(part("attempt", "new", rate) for rate in (30, 40, 90)), part("attempt", "old", 20)]
    )

    assert "attempt: new 40, old 20, new/old 2.00" in text
    assert "attempt/bare: new 0.67" in text
