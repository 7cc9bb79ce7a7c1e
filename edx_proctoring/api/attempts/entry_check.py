"""What stands at the door of an exam when a learner wants to enter: all of it in one query.

Spec: python-api.md 8.5, rest-api.md 11. Looked at before the provider is asked and after it, and under a lock where an
earlier attempt or a taken place has to be dealt with. One statement sees one state of the tables, so what it says
about the place and about the attempts belongs together.
"""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from edx_proctoring.api.exams import exams
from edx_proctoring.api.lifecycle import timing
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models import (
    OpenAttempt,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

__all__: list[str] = []

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Former:
    """The learner's current attempt, as far as it bears on a new one."""

    attempt_id: int
    is_sample_attempt: bool
    in_resume_process: bool
    time_remaining_seconds: int | None

    @property
    def stands_in_the_way(self) -> bool:
        """Whether it keeps the learner out."""
        return not self.is_sample_attempt and not self.in_resume_process


@dataclass(frozen=True)
class Entrance:
    """One learner before one exam.

    ``review_policy``: unsaved, with id and text. ``place_holder``: id of the attempt that has the learner's
    place (``OpenAttempt``), None if it is free. ``user``: the learner, if whoever looks knows them.
    """

    exam: ProctoredExam
    user_id: int
    former: Former | None
    review_policy: ProctoredExamReviewPolicy | None
    grants: timing.Grants
    place_holder: int | None
    user: Any = None

    @property
    def is_clear(self) -> bool:
        """Whether nothing is there to be dealt with, and the place keeps out whoever else finds it so."""
        return self.former is None and self.place_holder is None and not self.exam.is_practice_exam

    @cached_property
    def exam_dict(self) -> dict[str, Any]:
        """The exam as the contract's dict; one for all who ask, so a provider's id put into it is seen by them."""
        return exams.exam_dict(self.exam)


def look(exam_id: int, user_id: int, *, user: Any = None) -> Entrance:
    """Return what is there now. One query. Raises ``ProctoredExamNotFoundException``.

    ``user``: the learner, from callers who have them.
    """
    allowances = ProctoredExamStudentAllowance
    try:
        exam = ProctoredExam.objects.annotate(
            entrance_former=_json(
                ProctoredExamStudentAttempt.objects.filter(
                    proctored_exam_id=OuterRef("pk"), user_id=user_id
                ).newest_first(),
                "id",
                "is_sample_attempt",
                "ready_to_resume",
                "resumed",
                "time_remaining_seconds",
            ),
            entrance_policy=_json(_policies(), "id", "review_policy"),
            entrance_older_policy=Subquery(_policies().values("id")[1:2]),
            entrance_extra_time=_allowance(user_id, allowances.ADDITIONAL_TIME_GRANTED[0]),
            entrance_exception=_allowance(user_id, allowances.REVIEW_POLICY_EXCEPTION[0]),
            entrance_place=Subquery(
                OpenAttempt.objects.filter(exam_id=OuterRef("pk"), user_id=user_id).values("attempt_id")[:1]
            ),
        ).get(pk=exam_id)
    except ProctoredExam.DoesNotExist as error:
        raise ProctoredExamNotFoundException(
            f"Attempted to get exam_id={exam_id}, but this exam does not exist."
        ) from error
    return Entrance(
        exam=exam,
        user_id=user_id,
        former=_former(exam.entrance_former),
        review_policy=_policy(exam, exam.entrance_policy, is_one_of_several=exam.entrance_older_policy is not None),
        grants=timing.grants_of(exam.entrance_extra_time, exam.entrance_exception, exam_id=exam_id, user_id=user_id),
        place_holder=exam.entrance_place,
        user=user,
    )


def _json(rows: QuerySet, *fields: str) -> Subquery:
    """Return the first row's fields as one value: a dict, or None."""
    return Subquery(rows.values(as_json=JSONObject(**{name: name for name in fields}))[:1])


def _policies() -> QuerySet:
    return ProctoredExamReviewPolicy.objects.filter(proctored_exam_id=OuterRef("pk")).order_by("-id")


def _allowance(user_id: int, key: str) -> Subquery:
    given = ProctoredExamStudentAllowance.objects.filter(proctored_exam_id=OuterRef("pk"), user_id=user_id, key=key)
    return Subquery(given.values("value")[:1])


def _former(found: dict[str, Any] | None) -> Former | None:
    if found is None:
        return None
    return Former(
        attempt_id=found["id"],
        # Truth values are numbers in the JSON of some databases.
        is_sample_attempt=bool(found["is_sample_attempt"]),
        in_resume_process=bool(found["ready_to_resume"] or found["resumed"]),
        time_remaining_seconds=found["time_remaining_seconds"],
    )


def _policy(
    exam: ProctoredExam, found: dict[str, Any] | None, *, is_one_of_several: bool
) -> ProctoredExamReviewPolicy | None:
    if found is None:
        return None
    if is_one_of_several:
        log.warning(
            "several review policies for one exam, using the newest: exam_id=%s policy_id=%s", exam.pk, found["id"]
        )
    return ProctoredExamReviewPolicy(id=found["id"], proctored_exam=exam, review_policy=found["review_policy"])
