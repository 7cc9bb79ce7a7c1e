"""What the vendor tells the platform about a session: a review, a booking, an agreement, a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

WEBHOOK_PATH = "/api/edx_proctoring/constructor/v1/{backend}/webhooks/{kind}"
# A verdict of the reviewer desk in the vendor's words. Other verdicts are sent as they are.
CONCLUSIONS = {"passed": "accepted", "violation": "rejected", "not_reviewed": None}
WARNING = "WARNING_EXTRA_USER_IN_FRAME"
WARNING_TITLES = {WARNING: {"en": "An extra person in frame", "es": "Otra persona en el cuadro"}}


def review(session: Mapping[str, Any], status: str, comments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A review. ``session``: its row; ``status``, ``comments``: of the reviewer desk."""
    report = f"{session['base_url']}/proctor/{session['attempt_id']}/report/"
    begin = datetime.fromisoformat(session["started_at"] or session["created_at"])
    offsets = [(int(item.get("start", 0)), int(item.get("stop", 0))) for item in comments]
    return {
        **_of(session),
        "conclusion": CONCLUSIONS.get(status, status),
        "comment": "; ".join(str(item.get("comment", "")) for item in comments),
        "score": 10 if status == "passed" else 90,
        "threshold": {"attention": 50, "rejected": 80},
        "sessionStart": _written(begin),
        "sessionEnd": _written(datetime.fromisoformat(session["ended_at"]) if session["ended_at"] else now()),
        "archive": report,
        "reportUrl": report,
        "warnings": [
            {
                "type": WARNING,
                "start": _written(begin + timedelta(seconds=start)),
                "end": _written(begin + timedelta(seconds=stop)),
                "cyber": False,
            }
            for start, stop in offsets
            if stop > start
        ],
        "warningTitles": WARNING_TITLES,
    }


def draft(session: Mapping[str, Any]) -> dict[str, Any]:
    """A review that has no conclusion yet."""
    return {**review(session, "not_reviewed", []), "warnings": None, "score": None}


def booking(session: Mapping[str, Any], event: str) -> dict[str, Any]:
    """The learner booked a time, or gave it back. ``event``: ``scheduled`` or ``canceled``."""
    start = now() + timedelta(minutes=5)
    return {
        **_of(session),
        "event": event,
        "start": _written(start),
        "cancelDeadline": _written(start - timedelta(minutes=1)),
    }


def agreement(session: Mapping[str, Any]) -> dict[str, Any]:
    """The learner accepted the agreement."""
    return {**_of(session), "timestamp": _written(now())}


def warning(session: Mapping[str, Any]) -> dict[str, Any]:
    """Something was seen during the exam."""
    return {**_of(session), "type": WARNING, "start": _written(now())}


def now() -> datetime:
    """The current time."""
    return datetime.now(tz=UTC)


def _of(session: Mapping[str, Any]) -> dict[str, Any]:
    return {"accountId": session["claims"].get("accountId"), "sessionId": session["attempt_id"]}


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
