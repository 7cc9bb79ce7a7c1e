"""The vendor's review in the form of the core."""

from typing import Any

import pytest
from django.utils import translation

from edx_proctoring.backends.constructor import reviews
from edx_proctoring.exceptions import ReviewNotUnderstood

from .account import make_provider

REVIEW: dict[str, Any] = {
    "sessionStart": "2030-01-01T09:00:00.123456Z",
    "conclusion": "rejected",
    "comment": "Second person in the room",
    "warnings": [
        {"type": "WARNING_EXTRA_USER_IN_FRAME", "start": "2030-01-01T09:10:05Z", "end": "2030-01-01T09:10:20Z"}
    ],
    "warningTitles": {"WARNING_EXTRA_USER_IN_FRAME": {"en": "An extra person in frame"}},
    "reportUrl": "https://a.proctor.example/report/1",
}

pytestmark = pytest.mark.contract("constructor#review")


def normalized(options: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return reviews.normalized_review({**REVIEW, **changes}, make_provider(**(options or {})).options)


def test_the_review_of_the_vector() -> None:
    review = normalized()
    assert review["status"] == "violation"
    assert review["comments"] == [
        {
            "start": 604,
            "stop": 619,
            "duration": 15,
            "comment": "An extra person in frame",
            "status": "WARNING_EXTRA_USER_IN_FRAME",
        },
        {"start": 0, "stop": 0, "duration": 0, "comment": "Second person in the room", "status": "comment"},
    ]
    assert review["payload"]["videoReviewLink"] == "https://a.proctor.example/report/1"


@pytest.mark.parametrize(
    ("conclusion", "options", "score", "status"),
    [
        pytest.param("accepted", {}, None, "passed", id="accepted"),
        pytest.param("rejected", {}, None, "violation", id="rejected"),
        pytest.param("on hold", {}, None, "suspicious", id="a-word-that-we-do-not-know"),
        pytest.param("on hold", {"conclusions": {"on hold": "passed"}}, None, "passed", id="configured"),
        pytest.param("accepted", {"score_policy": {"suspicious_from": 80}}, 80, "suspicious", id="high-score"),
        pytest.param("accepted", {"score_policy": {"suspicious_from": 80}}, 79.9, "passed", id="low-score"),
        pytest.param("accepted", {"score_policy": {"suspicious_from": 80}}, None, "passed", id="no-score"),
        pytest.param("rejected", {"score_policy": {"suspicious_from": 80}}, 99, "violation", id="rejected-stays"),
    ],
)
def test_conclusions(conclusion: str, options: dict[str, Any], score: float | None, status: str) -> None:
    assert normalized(options, conclusion=conclusion, score=score)["status"] == status


@pytest.mark.parametrize("conclusion", [None, "", "unknown"])
def test_a_draft_has_no_conclusion(conclusion: str | None) -> None:
    assert reviews.conclusion_of({"conclusion": conclusion}) is None


@pytest.mark.parametrize("changes", [{"conclusion": 1}, {"warnings": {"a": 1}}, {"conclusion": None}])
def test_what_is_malformed_is_refused_in_words(changes: dict[str, Any]) -> None:
    with pytest.raises(ReviewNotUnderstood):
        normalized(**changes)


@pytest.mark.parametrize(
    ("warning", "start", "duration"),
    [
        pytest.param({"type": "A", "start": 5, "end": 7.9}, 5, 2, id="numbers"),
        pytest.param({"type": "A", "start": "2030-01-01T08:00:00Z", "end": None}, 0, 0, id="before-the-session"),
        pytest.param({"type": "A", "start": "2030-01-01T09:00:10+0000"}, 9, 0, id="another-way-to-write-utc"),
        pytest.param({"type": "A", "start": "2030-01-01T10:00:10+01:00", "end": "soon"}, 9, 0, id="unreadable-end"),
        pytest.param({"start": float("1e300")}, 0, 0, id="absurd-number"),
    ],
)
def test_times_are_whole_seconds_since_the_session_began(warning: Any, start: int, duration: int) -> None:
    [comment] = normalized(warnings=[warning], comment=None)["comments"]
    assert (comment["start"], comment["duration"]) == (start, duration)


def test_titles_are_in_the_platforms_language() -> None:
    titles = {"A": {"en": "Voice", "fr": "Voix", "de": "Stimme"}}
    with translation.override("fr"):
        [comment] = normalized(warnings=[{"type": "A"}], warningTitles=titles, comment="")["comments"]
        assert comment["comment"] == "Voix"
        assert reviews.slim({"warningTitles": titles})["warningTitles"] == {"A": {"en": "Voice", "fr": "Voix"}}
    with translation.override("ar"):
        [comment] = normalized(warnings=[{"type": "A"}], warningTitles=titles, comment="")["comments"]
    assert comment["comment"] == "Voice"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://a.example/", 7, None, "https://a.example/\n", "x" * 9])
def test_a_link_that_is_no_web_address_is_dropped(link: Any) -> None:
    assert normalized(reportUrl=link)["payload"]["videoReviewLink"] is None
