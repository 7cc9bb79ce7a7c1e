"""Bulk changes of allowances: by pairs of learners and exams, or row by row from a file.

Contract: contract/rest-v2#allowances-give, contract/rest-v2#allowances-bulk. Nothing is guessed: a name that may mean
two learners or two exams refuses its row, and the others go on.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from edx_proctoring import conf, host, runtime
from edx_proctoring.api.course_staff.allowance_file import WantedAllowance
from edx_proctoring.api.exams import allowance_values, allowances
from edx_proctoring.api.jobs.allowances import ACTIONS, REMOVE, SET
from edx_proctoring.api.jobs.creating import JobOutcome, request_job
from edx_proctoring.api.jobs.kinds import Outcome, Target
from edx_proctoring.constants import TIME_MULTIPLIER
from edx_proctoring.exceptions import AllowanceValueNotAllowedException, TooManyRows
from edx_proctoring.models import ProctoredExam, RetiredLearner
from edx_proctoring.models.allowances import users_named
from edx_proctoring.utils.storable import as_id, is_storable
from edx_proctoring.utils.transactions import in_parts

__all__ = ["NOT_ENROLLED", "request_allowances", "request_for_pairs"]

log = logging.getLogger(__name__)

# A word of a row's ``warnings``.
NOT_ENROLLED: Final = "not_enrolled"

# Names per query.
_BATCH: Final = 500
_LONGEST: Final = 255

_REMOVED_KEY: Final = {TIME_MULTIPLIER: allowance_values.ADDITIONAL_TIME}


@dataclass(frozen=True, slots=True)
class Mode:
    """How a request is carried out; as of ``request_job``."""

    by: Any
    reason: str = ""
    dry_run: bool = False
    expected_count: int | None = None


class _Refused(Exception):
    """A row cannot be carried out. ``code``: of the row's failure."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.outcome = Outcome.failed(code, message)


@dataclass(slots=True)
class _Resolver:
    """Finds out what the words of some rows mean, in a constant number of queries per 500 names."""

    course_id: str
    users: Mapping[str, Sequence[int]]
    exams: Sequence[ProctoredExam]
    # Ids and content ids of exams of other courses.
    elsewhere: Collection[str]
    enrolled: Collection[int] | None
    seen: set[tuple[int, int, str]] = field(default_factory=set)

    def target(self, row: WantedAllowance) -> Target:
        """Return what a job does for a row."""
        data: dict[str, Any] = {} if row.line is None else {"line": row.line}
        exam_id = user_id = None
        try:
            exam = self._exam(row.exam)
            exam_id = exam.pk
            user_id = self._user_id(row.learner)
            data |= self._change(row, exam, user_id)
        except _Refused as refused:
            return Target(exam_id, user_id, data=data, outcome=refused.outcome)
        return Target(exam_id, user_id, data=data)

    def _change(self, row: WantedAllowance, exam: ProctoredExam, user_id: int) -> dict[str, Any]:
        value: str | None
        if row.action not in ACTIONS:
            raise _Refused("invalid_allowance", _("The action is one of: {words}.").format(words=", ".join(ACTIONS)))
        if row.type not in allowance_values.TYPES:
            words = ", ".join(allowance_values.TYPES)
            raise _Refused("invalid_allowance", _("The type is one of: {words}.").format(words=words))
        if row.action == REMOVE:
            key, value = _REMOVED_KEY.get(row.type, row.type), None
        else:
            if not exam.is_active:
                raise _Refused("exam_inactive")
            try:
                key, value = allowance_values.as_stored(row.type, row.value, exam.time_limit_mins)
            except AllowanceValueNotAllowedException as exc:
                raise _Refused("invalid_allowance", str(exc)) from exc
        if (exam.pk, user_id, key) in self.seen:
            raise _Refused("duplicate_row")
        self.seen.add((exam.pk, user_id, key))
        change: dict[str, Any] = {"type": key, "action": row.action, "value": value}
        if row.action == SET and self.enrolled is not None and user_id not in self.enrolled:
            change["warnings"] = [NOT_ENROLLED]
        return change

    def _user_id(self, name: str) -> int:
        user_ids = self.users.get(name, ())
        if len(user_ids) > 1:
            raise _Refused("user_ambiguous")
        if not user_ids:
            raise _Refused("user_not_found")
        return user_ids[0]

    def _exam(self, text: str) -> ProctoredExam:
        number = as_id(text)
        by_id = [exam for exam in self.exams if number is not None and exam.pk == number]
        named = by_id or [exam for exam in self.exams if exam.exam_name == text]
        # A sequence that was deleted and made again leaves an inactive exam of the same name, which gets nothing.
        active = [exam for exam in named if exam.is_active]
        found = active or named or [exam for exam in self.exams if exam.content_id == text]
        if len(found) > 1:
            raise _Refused("exam_ambiguous")
        if not found:
            raise _Refused("not_your_course" if _exam_key(text) in self.elsewhere else "exam_not_found")
        return found[0]


def request_for_pairs(
    course_id: str, exam_ids: Sequence[int], learners: Sequence[str], kind: str, value: str, mode: Mode
) -> JobOutcome:
    """Give each learner the allowance in each exam; the rows are in the order of the learners, then of the exams.

    Raises as ``request_job``, and ``AllowanceValueNotAllowedException`` for a value that is wrong in every exam.
    """
    # Before the rows are made: their number is a product.
    most = conf.proctoring.job_max_rows
    if len(exam_ids) * len(learners) > most:
        raise TooManyRows(f"{len(exam_ids) * len(learners)} rows, at most {most} are possible", most=most)
    allowance_values.as_stored(kind, value, 1)
    rows = [WantedAllowance(learner, str(exam_id), kind, value) for learner in learners for exam_id in exam_ids]
    return request_allowances(course_id, rows, mode)


def request_allowances(course_id: str, rows: Sequence[WantedAllowance], mode: Mode) -> JobOutcome:
    """Give or remove the allowance of each row. Raises as ``request_job``."""
    resolver = _resolver(course_id, rows)
    targets = [resolver.target(row) for row in rows]
    exam_ids = {target.exam_id for target in targets}
    return request_job(
        allowances.RECORD_KIND,
        targets,
        course_id=course_id,
        exam_id=exam_ids.pop() if len(exam_ids) == 1 else None,
        by=mode.by,
        reason=mode.reason,
        parameters={"from_file": any(row.line is not None for row in rows)},
        dry_run=mode.dry_run,
        expected_count=mode.expected_count,
    )


def _resolver(course_id: str, rows: Sequence[WantedAllowance]) -> _Resolver:
    names = {row.learner for row in rows if row.learner and len(row.learner) <= _LONGEST and is_storable(row.learner)}
    users: dict[str, Sequence[int]] = {}
    retired: set[int] = set()
    for batch in in_parts(names, _BATCH):
        found = users_named(batch)
        users |= found
        retired |= RetiredLearner.objects.among({user_id for user_ids in found.values() for user_id in user_ids})
    # About a retired learner nothing new is written.
    users = {name: [user_id for user_id in user_ids if user_id not in retired] for name, user_ids in users.items()}
    exams = list(ProctoredExam.objects.filter(course_id=course_id).order_by("pk"))
    return _Resolver(
        course_id=course_id,
        users=users,
        exams=exams,
        elsewhere=_of_other_courses(course_id, {row.exam for row in rows}),
        enrolled=_enrolled(course_id, {user_id for user_ids in users.values() for user_id in user_ids}),
    )


def _of_other_courses(course_id: str, texts: Collection[str]) -> set[str]:
    """Return which of these ids and content ids are those of exams of other courses."""
    found: set[str] = set()
    usable = [text for text in texts if len(text) <= _LONGEST and is_storable(text)]
    for batch in in_parts(usable, _BATCH):
        numbers = [number for text in batch if (number := as_id(text)) is not None]
        others = ProctoredExam.objects.filter(Q(pk__in=numbers) | Q(content_id__in=batch)).exclude(course_id=course_id)
        for pk, content_id in others.values_list("pk", "content_id"):
            found |= {str(pk), content_id}
    return found


def _exam_key(text: str) -> str:
    number = as_id(text)
    return text if number is None else str(number)


def _enrolled(course_id: str, user_ids: Collection[int]) -> set[int] | None:
    """Return who of these is enrolled, None if the host does not tell."""
    service: Any = runtime.get_runtime_service(host.ENROLLMENTS)
    active = getattr(service, "get_active_enrollments_by_course", None)
    if active is None or not user_ids:
        return None
    try:
        found = active(course_id)
        if not isinstance(found, QuerySet):
            return {enrollment.user.id for enrollment in found or ()}
        ids: set[int] = set()
        for batch in in_parts(user_ids, _BATCH):
            ids |= set(found.filter(user__in=batch).values_list("user", flat=True))
        return ids
    except Exception:  # pylint: disable=broad-except
        # Only a warning depends on it.
        log.exception("host does not tell who is enrolled: course_id=%s", course_id)
        return None
