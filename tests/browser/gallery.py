"""What hangs in the gallery: one picture for each row of the decision tables, and some for what a page can become.

A picture says in which situation a learner is; ``gallery_stage`` brings the demo's database there.
``tests/learner_view/test_gallery.py`` compares this list with the tables: no page can be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

# Names of the gallery's providers, see ``tokens``.
REST: Final = "mock_provider"
WITH_ONBOARDING: Final = "onboarding_provider"
EXAM_CODE: Final = "software_secure"
UNKNOWN: Final = "nobody"
WITHOUT_PROVIDER: Final = "practice without provider"

DAY: Final = 24 * 60
HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """One learner in front of one exam.

    ``kind`` and ``situation`` name the row of the decision table; an empty situation is a screen that no table
    knows. ``status``: of the newest attempt, None without one; ``attempt``: more of its fields. ``due``, ``grace``:
    minutes from now, and after that. ``prerequisite``: status of a requirement before this exam.
    ``is_registered``: the provider knows exam and attempt. ``is_outage``: staff let learners go on without it.
    ``act``: buttons to press before the picture is taken,
    by name. ``dialog``: to be waited for then; ``is_dialog_ours``: the host has none of its own.
    """

    kind: str
    situation: str
    status: str | None = None
    attempt: Mapping[str, Any] = field(default_factory=dict)
    backend: str = ""
    due: float | None = 40 * DAY
    grace: float = 0
    minutes: int = 90
    hide_after_due: bool = False
    may_opt_out: bool = True
    prerequisite: str = ""
    is_account_active: bool = True
    is_registered: bool = False
    is_alone: bool = False
    is_provider_down: bool = False
    is_outage: bool = False
    act: tuple[str, ...] = ()
    dialog: str = ""
    address: str = ""
    is_dialog_ours: bool = False
    rtl: bool = False


def _started(minutes_ago: float, **more: Any) -> dict[str, Any]:
    return {"started_ago": minutes_ago, **more}


_LEFT = {"ready_to_resume": True, "time_remaining_seconds": 47 * 60}
_SECONDS_LEFT = {"ready_to_resume": True, "time_remaining_seconds": 50}
_ENDED = _started(80, ended_ago=10)

# In the order in which they are taken. The first one is true for a minute only.
PICTURES: Final[dict[str, Picture]] = {
    "timed-time-is-up": Picture("timed", "submitted", S.submitted, _started(89, ended_ago=-1)),
    "timed-entrance": Picture("timed", "not entered", rtl=True),
    "timed-entrance-due-soon": Picture("timed", "not entered", due=45.5),
    "timed-expired": Picture("timed", "not entered, past due", due=-DAY),
    "timed-no-time": Picture("timed", "not entered, no time left", due=0.95),
    "timed-expired-while-open": Picture("timed", "open, past due", S.started, _started(5), due=-1),
    "timed-are-you-sure": Picture("timed", "about to submit", S.ready_to_submit, _started(20), rtl=True),
    "timed-submitted": Picture("timed", "submitted", S.submitted, _ENDED),
    "timed-submitted-by-the-clock": Picture("timed", "submitted", S.submitted, _started(3 * HOUR, ended_ago=90)),
    "timed-submitted-grace": Picture(
        "timed", "submitted, past due, in the grace period", S.submitted, _ENDED, due=-HOUR, grace=2 * DAY
    ),
    "timed-over": Picture("timed", "submitted", S.rejected, _ENDED),
    "timed-error": Picture("timed", "broken off", S.error, _started(20)),
    "timed-unexpected": Picture("timed", "anything else", S.onboarding_reset),
    "timed-alone": Picture("timed", "not entered", is_alone=True),
    "practice-inactive-account": Picture("practice", "inactive account", is_account_active=False),
    "practice-entrance": Picture("practice", "not entered"),
    "practice-resume": Picture("practice", "released for resumption", S.error, _LEFT),
    "practice-wrong-browser": Picture(
        "practice", "started, seen in the wrong browser", S.started, _started(5), backend=EXAM_CODE
    ),
    "practice-instructions": Picture("practice", "being set up", S.created, is_registered=True),
    "practice-rules": Picture("practice", "set up", S.ready_to_start),
    "practice-error": Picture("practice", "broken off", S.error, _started(5)),
    "practice-submitted": Picture("practice", "submitted", S.submitted, _ENDED),
    "practice-reviewed": Picture("practice", "reviewed", S.verified, _ENDED),
    "practice-no-time": Picture(
        "practice", "in set-up or released for resumption, no time left", S.error, _SECONDS_LEFT
    ),
    "practice-are-you-sure": Picture("practice", "about to submit", S.ready_to_submit, _started(5)),
    "practice-unexpected": Picture("practice", "anything else", S.onboarding_reset),
    "onboarding-inactive-account": Picture("onboarding", "inactive account", is_account_active=False),
    "onboarding-expired": Picture("onboarding", "not entered, past due", due=-DAY),
    "onboarding-no-time": Picture("onboarding", "before the start, no time left", due=0.95),
    "onboarding-entrance": Picture("onboarding", "not entered", rtl=True),
    "onboarding-resume": Picture("onboarding", "released for resumption", S.error, _LEFT),
    "onboarding-instructions": Picture("onboarding", "being set up", S.created, is_registered=True),
    "onboarding-rules": Picture("onboarding", "set up", S.ready_to_start),
    "onboarding-error": Picture("onboarding", "broken off", S.error, _started(5)),
    "onboarding-submitted": Picture("onboarding", "submitted", S.submitted, _ENDED),
    "onboarding-are-you-sure": Picture("onboarding", "about to submit", S.ready_to_submit, _started(5)),
    "onboarding-verified": Picture("onboarding", "verified", S.verified, _ENDED),
    "onboarding-rejected": Picture("onboarding", "rejected", S.rejected, _ENDED),
    "onboarding-unexpected": Picture("onboarding", "anything else", S.onboarding_reset),
    "proctored-inactive-account": Picture("proctored", "inactive account", is_account_active=False),
    "proctored-expired": Picture("proctored", "not entered, past due", due=-DAY),
    "proctored-failed-prerequisites": Picture(
        "proctored", "not entered, a prerequisite failed", prerequisite="failed", rtl=True
    ),
    "proctored-pending-prerequisites": Picture(
        "proctored", "not entered, a prerequisite is pending", prerequisite="submitted"
    ),
    "proctored-no-time": Picture("proctored", "not entered, no time left", due=0.95),
    "proctored-no-time-to-resume": Picture(
        "proctored", "in set-up or released for resumption, no time left", S.error, _SECONDS_LEFT
    ),
    "proctored-entrance": Picture("proctored", "not entered"),
    "proctored-entrance-without-opt-out": Picture("proctored", "not entered", may_opt_out=False),
    "proctored-entrance-outage": Picture("proctored", "not entered, provider out of order", is_outage=True, rtl=True),
    "proctored-resume-outage": Picture(
        "proctored", "released for resumption, provider out of order", S.error, _LEFT, is_outage=True
    ),
    "proctored-opt-out": Picture("proctored", "not entered", act=("Take this exam without proctoring.",)),
    "proctored-expired-while-open": Picture("proctored", "open, past due", S.started, _started(5), due=-1),
    "proctored-expired-before-resuming": Picture(
        "proctored", "released for resumption, past due", S.error, _LEFT, due=-DAY
    ),
    "proctored-resume": Picture("proctored", "released for resumption", S.error, _LEFT),
    "proctored-wrong-browser": Picture(
        "proctored", "started, seen in the wrong browser", S.started, _started(5), backend=EXAM_CODE
    ),
    "proctored-instructions": Picture("proctored", "being set up", S.created, is_registered=True, rtl=True),
    "proctored-instructions-not-complete": Picture(
        "proctored",
        "being set up",
        S.created,
        is_registered=True,
        act=("Start Proctored Exam",),
        dialog="Your set-up is not complete",
    ),
    "proctored-own-dialog": Picture(
        "proctored",
        "being set up",
        S.created,
        is_registered=True,
        act=("Start Proctored Exam",),
        dialog="Your set-up is not complete",
        is_dialog_ours=True,
    ),
    "proctored-exam-code": Picture("proctored", "being set up", S.created, backend=EXAM_CODE),
    "proctored-provider-down": Picture("proctored", "being set up", S.created, is_provider_down=True),
    "proctored-rules": Picture("proctored", "set up", S.ready_to_start),
    "proctored-software-silent": Picture(
        "proctored",
        "set up",
        S.ready_to_start,
        act=("Start my exam",),
        dialog="Your exam could not be started",
    ),
    "proctored-error": Picture("proctored", "broken off", S.error, _started(5)),
    "proctored-submitted": Picture("proctored", "submitted", S.submitted, _ENDED),
    "proctored-submitted-past-due": Picture("proctored", "submitted", S.submitted, _ENDED, due=-HOUR),
    "proctored-verified": Picture("proctored", "verified", S.verified, _ENDED),
    "proctored-verified-grace": Picture("proctored", "verified", S.verified, _ENDED, due=-HOUR, grace=2 * DAY),
    "proctored-rejected": Picture("proctored", "rejected", S.rejected, _ENDED),
    "proctored-are-you-sure": Picture("proctored", "about to submit", S.ready_to_submit, _started(20)),
    "proctored-onboarding-missing": Picture("proctored", "refused for onboarding reasons", S.onboarding_missing),
    "proctored-onboarding-pending": Picture("proctored", "refused for onboarding reasons", S.onboarding_pending),
    "proctored-onboarding-failed": Picture("proctored", "refused for onboarding reasons", S.onboarding_failed),
    "proctored-onboarding-expired": Picture("proctored", "refused for onboarding reasons", S.onboarding_expired),
    "proctored-unexpected": Picture("proctored", "anything else", S.expired),
    "proctored-misconfigured": Picture("proctored", "", backend=UNKNOWN),
    "without-provider-inactive-account": Picture(
        WITHOUT_PROVIDER, "inactive account", S.submitted, _ENDED, is_account_active=False, backend=UNKNOWN
    ),
    "without-provider-are-you-sure": Picture(
        WITHOUT_PROVIDER, "about to submit", S.ready_to_submit, _started(5), backend=UNKNOWN
    ),
    "without-provider-ended": Picture(WITHOUT_PROVIDER, "ended", S.submitted, _ENDED, backend=UNKNOWN),
    "without-provider-verified": Picture(WITHOUT_PROVIDER, "ended", S.verified, _ENDED, backend=UNKNOWN),
    "without-provider-unexpected": Picture(WITHOUT_PROVIDER, "anything else", S.onboarding_reset, backend=UNKNOWN),
    # Not in the place of the exam, but around it. Long exams, so that each state lasts for longer than the tests.
    "timed-running": Picture("timed", "", S.started, _started(20)),
    "timed-running-low": Picture("timed", "", S.started, _started(9 * HOUR), minutes=10 * HOUR),
    "timed-running-critical": Picture("timed", "", S.started, _started(9 * HOUR + 40), minutes=10 * HOUR),
    "proctored-running": Picture("proctored", "", S.started, _started(20)),
    "outline": Picture("onboarding", "", S.rejected, _ENDED, address="/courses/{course}/outline"),
}


def tokens(base: Mapping[str, Any], provider_url: str) -> dict[str, Any]:
    """The demo's settings file with the gallery's providers in it."""
    backends = base["PROCTORING_BACKENDS"]
    return {
        **base,
        "PROCTORED_EXAM_VIEWABLE_PAST_DUE": True,
        "PROCTORING_SETTINGS": {**base["PROCTORING_SETTINGS"], "EXPLAIN_MISCONFIGURED_PROVIDER": True},
        "PROCTORING_BACKENDS": {
            **backends,
            REST: {**backends[REST], "supports_onboarding": False},
            WITH_ONBOARDING: {
                **backends[REST],
                "plugin": REST,
                "base_url": provider_url,
                "supports_onboarding": True,
            },
            EXAM_CODE: {
                "organization": "demo",
                "exam_sponsor": "demo",
                "exam_register_endpoint": f"{provider_url}/register",
                "secret_key_id": "id",
                "secret_key": "secret",
                "crypto_key": "123456789123456712345678",
                "software_download_url": "https://software.demo.example/check",
            },
        },
    }
