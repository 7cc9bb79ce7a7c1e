"""What happened to an attempt, oldest first. Contract: contract/rest-v2#history.

Nothing is stored for it: it is read from the history of the attempt, incidents, received reviews, effects that were not
delivered, and what staff did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from edx_proctoring.api.attempts.deadline_report import EXTENSION_MARK
from edx_proctoring.api.course_staff.attempt_rows import Learner, learner_of
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
    StaffJobRow,
)
from edx_proctoring.utils import user_names

__all__: list[str] = []

MOST_ENTRIES: Final = 500
# What the learner sees, without who did it and why.
_FOR_LEARNER: Final = frozenset({"status", "extension", "pause"})
# Kinds of jobs → kinds of entries; extensions are in the history of the attempt.
_OF_JOBS: Final[Mapping[str, str]] = {
    "resume": "resume",
    "reset": "removed",
    "review_decision": "review_decided",
    "allowances": "allowance",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``text``: what a person wrote about it; ``data``: ids, numbers and words of ours."""

    at: datetime
    kind: str
    text: str = ""
    actor_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    actor: Learner | None = None


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """The timeline of an attempt. ``is_more``: there are more entries than the first 500."""

    attempt_id: int
    attempt_code: str
    is_removed: bool
    entries: Sequence[Entry]
    is_more: bool


def history_of(
    *, attempt_id: int | None = None, attempt_code: str | None = None, for_staff: bool = True
) -> AttemptHistory:
    """Return what happened to an attempt, by id or code; also to a removed one. Seven queries.

    ``for_staff``: False for what its learner may see. Raises ``StudentExamAttemptDoesNotExistsException``.
    """
    criteria = {"id": attempt_id} if attempt_code is None else {"attempt_code": attempt_code}
    states = list(
        HistoricalProctoredExamStudentAttempt.objects.filter(**criteria).order_by("history_id")[: 2 * MOST_ENTRIES]
    )
    # Attempts that were written in bulk have no states on record.
    last = states[-1] if states else ProctoredExamStudentAttempt.objects.filter(**criteria).first()
    if last is None:
        raise StudentExamAttemptDoesNotExistsException("no attempt has this id or code")
    entries = [*_of_states(states), *_of_jobs(last), *_of_incidents(last), *_of_reviews(last), *_of_effects(last)]
    entries.sort(key=lambda entry: entry.at)
    if not for_staff:
        entries = [Entry(entry.at, entry.kind, data=entry.data) for entry in entries if entry.kind in _FOR_LEARNER]
    shown = entries[:MOST_ENTRIES]
    return AttemptHistory(
        attempt_id=last.id,
        attempt_code=last.attempt_code or "",
        is_removed=bool(states) and not ProctoredExamStudentAttempt.objects.filter(pk=last.id).exists(),
        entries=_with_actors(shown),
        is_more=len(entries) > len(shown),
    )


def _of_states(states: Sequence[Any]) -> Iterator[Entry]:
    """Compare each state of the attempt with the one before; one that changes nothing of interest is left out."""
    former = None
    for state in states:
        at, actor_id, reason = state.history_date, state.history_user_id, state.history_change_reason or ""
        if former is None:
            yield Entry(at, "created", actor_id=actor_id, data={"to": state.status})
        elif state.status != former.status:
            yield Entry(at, "status", actor_id=actor_id, data={"from": former.status, "to": state.status})
        elif reason.startswith(EXTENSION_MARK) and state.allowed_time_limit_mins != former.allowed_time_limit_mins:
            minutes = (state.allowed_time_limit_mins or 0) - (former.allowed_time_limit_mins or 0)
            text = reason.partition(": ")[2]
            yield Entry(at, "extension", text, actor_id, {"minutes": minutes, "limit": state.allowed_time_limit_mins})
        if state.history_type == "-":
            yield Entry(at, "removed", actor_id=actor_id)
        former = state


def _of_jobs(attempt: Any) -> Iterator[Entry]:
    rows = StaffJobRow.objects.about(attempt.proctored_exam_id, attempt.user_id).filter(
        Q(attempt_id=attempt.id) | Q(attempt_id=None), state=StaffJobRow.STATE_DONE, job__kind__in=_OF_JOBS
    )
    for row in rows[:MOST_ENTRIES]:
        yield Entry(row.modified, _OF_JOBS[row.job.kind], row.job.reason, row.job.created_by, {"job": row.job.code})


def _of_incidents(attempt: Any) -> Iterator[Entry]:
    for incident in AttemptIncident.objects.filter(attempt_id=attempt.id).order_by("id")[:MOST_ENTRIES]:
        # With the id, by which two entries are of the same incident.
        data = {"incident": incident.pk, "source": incident.source, "category": incident.category}
        yield Entry(incident.opened_at, incident.kind, incident.text, incident.opened_by, data)
        if incident.closed_at is not None:
            kind = "continue" if incident.kind == "pause" else incident.kind
            # A note has no reply: it says which note was retracted.
            text = incident.text if incident.kind == AttemptIncident.KIND_NOTE else incident.reply
            yield Entry(incident.closed_at, kind, text, incident.closed_by, {**data, "outcome": incident.outcome})


def _of_reviews(attempt: Any) -> Iterator[Entry]:
    if not attempt.attempt_code:
        return
    received = ReviewInboxEntry.objects.filter(attempt_code=attempt.attempt_code).order_by("id").defer("body")
    for entry in received[:MOST_ENTRIES]:
        # The words after the colon are the provider's.
        yield Entry(entry.created, "review_received", data={"outcome": entry.outcome.partition(":")[0]})


def _of_effects(attempt: Any) -> Iterator[Entry]:
    for effect in AttemptEffect.objects.leftovers().of_attempt(attempt.id)[:MOST_ENTRIES]:
        data = {"kind": effect.kind, "call": effect.call_name, "state": effect.state, "to": effect.to_status}
        yield Entry(effect.created, "effect", data=data)


def _with_actors(entries: Sequence[Entry]) -> list[Entry]:
    users = user_names.users_by_id({entry.actor_id for entry in entries})
    return [
        Entry(
            entry.at,
            entry.kind,
            entry.text,
            entry.actor_id,
            entry.data,
            None if (user := users.get(entry.actor_id or 0)) is None else learner_of(user),
        )
        for entry in entries
    ]
