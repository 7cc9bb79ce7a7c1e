"""What this app knows of one learner, for the learner to have. Contract: contract/privacy#export.

One key per table, in the words of REST version 2. Other people, addresses of recordings and what proves a message of a
provider are left out: attempt codes, the provider's ids, and such members of received reviews.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from edx_proctoring import backends
from edx_proctoring.api.privacy.user_retirement import backends_that_know
from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    ExamMeasure,
    HistoricalProctoredExamStudentAttempt,
    OpenAttempt,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ProviderRetirement,
    RetiredLearner,
    ReviewDecision,
    ReviewInboxEntry,
    StaffJobRow,
)

__all__ = ["export_learner"]

Row = dict[str, Any]
# Members of a review as a provider sent it that identify others, or prove who sent it.
_LEFT_OUT: Final = frozenset(
    {"reviewed_by", "reviewedBy", "videoReviewLink", "ssiRecordLocator", "examCode", "attempt_code", "external_id"}
)
_ATTEMPT: Final = {
    "taking_as_proctored": F("taking_as_proctored"),
    "is_practice": F("is_sample_attempt"),
    "allowed_minutes": F("allowed_time_limit_mins"),
    "is_resumable": F("is_resumable"),
    "ready_to_resume": F("ready_to_resume"),
    "resumed": F("resumed"),
}


@dataclass(frozen=True, slots=True)
class _Learner:
    """``attempt_ids``: code → id, of all attempts, live and removed."""

    user_id: int
    attempt_ids: Mapping[str, int]

    @property
    def codes(self) -> Collection[str]:
        """The codes of all attempts."""
        return self.attempt_ids.keys()


def export_learner(user_id: int, /) -> dict[str, Any]:
    """Return everything that is stored about a learner; for an unknown user, empty lists. At most 25 queries."""
    return dict(tables_of(user_id))


def tables_of(user_id: int, /) -> Iterator[tuple[str, Any]]:
    """Yield names and rows of ``export_learner`` one table after the other."""
    learner = _Learner(user_id, _attempt_ids(user_id))
    yield "user_id", user_id
    exam_ids: set[int] = set()
    for name, rows_of in _TABLES.items():
        rows = rows_of(learner)
        exam_ids.update(row["exam_id"] for row in rows if row.get("exam_id") is not None)
        yield name, rows
    yield "exams", _exams(exam_ids)
    yield "providers", _providers(user_id)


def _attempt_ids(user_id: int) -> dict[str, int]:
    columns = ("attempt_code", "id")
    live = ProctoredExamStudentAttempt.objects.filter(user_id=user_id).values_list(*columns)
    past = HistoricalProctoredExamStudentAttempt.objects.filter(user_id=user_id).order_by()
    return {code: pk for code, pk in chain(past.values_list(*columns).distinct(), live) if code}


def _attempts(learner: _Learner) -> list[Row]:
    attempts = ProctoredExamStudentAttempt.objects.filter(user_id=learner.user_id).order_by("pk")
    return _rows(
        attempts,
        attempt_id=F("pk"),
        exam_id=F("proctored_exam_id"),
        status=F("status"),
        created_at=F("created"),
        modified_at=F("modified"),
        started_at=F("started_at"),
        completed_at=F("completed_at"),
        is_status_acknowledged=F("is_status_acknowledged"),
        **_ATTEMPT,
    )


def _attempt_history(learner: _Learner) -> list[Row]:
    states = HistoricalProctoredExamStudentAttempt.objects.filter(user_id=learner.user_id).order_by("history_id")
    return _rows(
        states,
        at=F("history_date"),
        attempt_id=F("id"),
        exam_id=F("proctored_exam_id"),
        status=F("status"),
        started_at=F("started_at"),
        completed_at=F("completed_at"),
        change=F("history_type"),
        reason=F("history_change_reason"),
        **_ATTEMPT,
    )


def _open_attempts(learner: _Learner) -> list[Row]:
    return _rows(OpenAttempt.objects.filter(user_id=learner.user_id), attempt_id=F("attempt_id"), exam_id=F("exam_id"))


def _allowances(learner: _Learner) -> list[Row]:
    return _of_allowances(ProctoredExamStudentAllowance.objects.filter(user_id=learner.user_id))


def _allowance_history(learner: _Learner) -> list[Row]:
    return _of_allowances(ProctoredExamStudentAllowanceHistory.objects.filter(user_id=learner.user_id))


def _of_allowances(allowances: QuerySet) -> list[Row]:
    return _rows(
        allowances.order_by("pk"),
        exam_id=F("proctored_exam_id"),
        type=F("key"),
        value=F("value"),
        created_at=F("created"),
        modified_at=F("modified"),
    )


def _reviews(learner: _Learner) -> list[Row]:
    return _of_reviews(ProctoredExamSoftwareSecureReview.objects.filter(_reviewed(learner)), learner)


def _review_history(learner: _Learner) -> list[Row]:
    return _of_reviews(ProctoredExamSoftwareSecureReviewHistory.objects.filter(_reviewed(learner)), learner)


def _reviewed(learner: _Learner, prefix: str = "") -> Q:
    return Q(**{f"{prefix}student_id": learner.user_id}) | Q(**{f"{prefix}attempt_code__in": learner.codes})


def _of_reviews(reviews: QuerySet, learner: _Learner) -> list[Row]:
    rows = _rows(
        reviews.order_by("pk"),
        attempt_id=F("attempt_code"),
        exam_id=F("exam_id"),
        review_status=F("review_status"),
        received_at=F("created"),
        modified_at=F("modified"),
        data=F("raw_data"),
    )
    return [
        {**row, "attempt_id": learner.attempt_ids.get(row["attempt_id"]), "data": _as_data(row["data"])} for row in rows
    ]


def _comments(learner: _Learner) -> list[Row]:
    comments = ProctoredExamSoftwareSecureComment.objects.filter(_reviewed(learner, "review__")).order_by("pk")
    rows = _rows(
        comments,
        attempt_id=F("review__attempt_code"),
        start=F("start_time"),
        stop=F("stop_time"),
        duration=F("duration"),
        status=F("status"),
        comment=F("comment"),
    )
    return [{**row, "attempt_id": learner.attempt_ids.get(row["attempt_id"])} for row in rows]


def _decisions(learner: _Learner) -> list[Row]:
    decisions = ReviewDecision.objects.filter(_reviewed(learner, "review__")).order_by("pk")
    rows = _rows(
        decisions,
        attempt_id=F("review__attempt_code"),
        at=F("created"),
        review_status=F("review_status"),
        comment=F("comment"),
        stands=F("stands"),
    )
    return [{**row, "attempt_id": learner.attempt_ids.get(row["attempt_id"])} for row in rows]


def _inbox(learner: _Learner) -> list[Row]:
    entries = ReviewInboxEntry.objects.filter(attempt_code__in=learner.codes).order_by("pk")
    rows = _rows(
        entries,
        attempt_id=F("attempt_code"),
        received_at=F("created"),
        backend=F("backend"),
        outcome=F("outcome"),
        data=F("body"),
    )
    return [
        {**row, "attempt_id": learner.attempt_ids.get(row["attempt_id"]), "data": _as_data(row["data"])} for row in rows
    ]


def _effects(learner: _Learner) -> list[Row]:
    effects = AttemptEffect.objects.filter(attempt_id__in=learner.attempt_ids.values()).order_by("pk")
    rows = _rows(
        effects,
        attempt_id=F("attempt_id"),
        exam_id=F("exam_id"),
        kind=F("kind"),
        call=F("call_name"),
        to_status=F("to_status"),
        state=F("state"),
        tries=F("tries"),
        last_error=F("last_error"),
        created_at=F("created"),
        arguments=F("arguments"),
    )
    return [{**row, "arguments": _as_data(row["arguments"])} for row in rows]


def _incidents(learner: _Learner) -> list[Row]:
    incidents = AttemptIncident.objects.filter(user_id=learner.user_id).order_by("pk")
    rows = _rows(
        incidents,
        kind=F("kind"),
        exam_id=F("exam_id"),
        attempt_id=F("attempt_id"),
        source=F("source"),
        opened_at=F("opened_at"),
        closed_at=F("closed_at"),
        outcome=F("outcome"),
        category=F("category"),
        text=F("text"),
        reply=F("reply"),
        details=F("details"),
    )
    return [{**row, "details": _as_data(row["details"])} for row in rows]


def _measures(learner: _Learner) -> list[Row]:
    measures = ExamMeasure.objects.filter(user_id=learner.user_id).order_by("pk")
    return _rows(
        measures,
        kind=F("kind"),
        exam_id=F("exam_id"),
        text=F("text"),
        reason=F("reason"),
        starts_at=F("starts_at"),
        ends_at=F("ends_at"),
    )


def _jobs(learner: _Learner) -> list[Row]:
    rows = _rows(
        StaffJobRow.objects.filter(user_id=learner.user_id).order_by("pk"),
        kind=F("job__kind"),
        course_id=F("job__course_id"),
        exam_id=F("exam_id"),
        attempt_id=F("attempt_id"),
        created_at=F("job__created"),
        reason=F("job__reason"),
        status=F("state"),
        error=F("error_code"),
        message=F("message"),
        result=F("result"),
    )
    return [{**row, "result": _as_data(row["result"])} for row in rows]


def _retirements(learner: _Learner) -> list[Row]:
    return _rows(RetiredLearner.objects.filter(user_id=learner.user_id), at=F("created"))


# In the order of the export; each reads one table.
_TABLES: Final[Mapping[str, Callable[[_Learner], list[Row]]]] = {
    "attempts": _attempts,
    "attempt_history": _attempt_history,
    "open_attempts": _open_attempts,
    "allowances": _allowances,
    "allowance_history": _allowance_history,
    "reviews": _reviews,
    "review_history": _review_history,
    "review_comments": _comments,
    "review_decisions": _decisions,
    "inbox": _inbox,
    "effects": _effects,
    "incidents": _incidents,
    "measures": _measures,
    "jobs": _jobs,
    "retirements": _retirements,
}


def _exams(exam_ids: Collection[int]) -> list[Row]:
    exams = ProctoredExam.objects.filter(pk__in=exam_ids).order_by("pk")
    return _rows(exams, id=F("pk"), name=F("exam_name"), course_id=F("course_id"), content_id=F("content_id"))


def _providers(user_id: int) -> list[Row]:
    """Return the providers that were told of the learner; ``has_forgotten``: null if they were not asked to forget."""
    asked = dict(ProviderRetirement.objects.filter(user_id=user_id).values_list("backend", "is_done"))
    known = {backend or str(backends.default_backend_name()) for backend in backends_that_know(user_id)}
    return [{"name": name, "has_forgotten": asked.get(name)} for name in sorted(known | asked.keys())]


def _rows(found: QuerySet, **columns: F) -> list[Row]:
    """Return rows with these columns. Under names of their own, because a model may have the other ones."""
    aliases = {f"_{name}": column for name, column in columns.items()}
    return [dict(zip(columns, values, strict=True)) for values in found.annotate(**aliases).values_list(*aliases)]


def _as_data(text: str) -> Any:
    """Return what a JSON text says, without what is left out; a text that is not JSON is left out as a whole."""
    try:
        return _without_secrets(json.loads(text)) if text else None
    except (ValueError, RecursionError):
        return None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_secrets(part) for name, part in value.items() if name not in _LEFT_OUT}
    if isinstance(value, list):
        return [_without_secrets(part) for part in value]
    # Recordings are behind addresses.
    return None if isinstance(value, str) and value.strip().lower().startswith(("http:", "https:")) else value
