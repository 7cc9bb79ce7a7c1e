"""Exams: create, change and read them; keep the provider's copy in step. Spec: python-api.md 8.1."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import backends, constants
from edx_proctoring.exceptions import ProctoredExamAlreadyExists, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamJSONSafeSerializer, data_of, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.db import inner_savepoint
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text
from edx_proctoring.utils.time import with_zone

__all__ = [
    "create_exam",
    "get_all_exams_for_course",
    "get_exam_by_content_id",
    "get_exam_by_id",
    "update_exam",
]

log = logging.getLogger(__name__)


def create_exam(
    course_id: str,
    content_id: str,
    exam_name: str | None,
    time_limit_mins: int | None,
    due_date: datetime | None = None,
    is_proctored: bool = True,
    is_practice_exam: bool = False,
    external_id: str | None = None,
    is_active: bool = True,
    hide_after_due: bool = False,
    backend: str | None = None,
) -> int:
    """Create an exam and return its id. Saving it tells the provider, if it is proctored.

    Without ``backend`` the configured default is stored, for timed exams too. A due date without a
    zone is in UTC. Studio publishes subsections that nobody has finished: one without a title is
    named after its block, one without a limit gets none of the time (0), so that the course's other
    exams go on (host-platform.md 6.3). Raises ``ProctoredExamAlreadyExists`` if the course has an
    exam of this content, and what the database raises for a value that no column takes.
    """
    course_id, content_id = as_text(course_id), as_text(content_id)
    if exam_name is None or time_limit_mins is None:
        log.warning(
            "unfinished exam: course_id=%s content_id=%s has_name=%s has_limit=%s",
            course_id,
            content_id,
            exam_name is not None,
            time_limit_mins is not None,
        )
    if ProctoredExam.get_exam_by_content_id(course_id, content_id) is not None:
        raise _already_exists(course_id, content_id)
    try:
        with inner_savepoint():
            exam = ProctoredExam.objects.create(
                course_id=course_id,
                content_id=content_id,
                external_id=external_id,
                exam_name=_name_of_block(content_id) if exam_name is None else exam_name,
                time_limit_mins=0 if time_limit_mins is None else time_limit_mins,
                due_date=with_zone(due_date),
                # A field of the course that nobody has touched may be null.
                is_proctored=bool(is_proctored),
                is_practice_exam=bool(is_practice_exam),
                is_active=bool(is_active),
                hide_after_due=bool(hide_after_due),
                backend=backend or backends.default_backend_name(),
            )
    except IntegrityError as error:
        if not _exists_now(course_id, content_id):
            # Not ours to explain: the database names the column.
            raise
        # Somebody else created it since we looked.
        raise _already_exists(course_id, content_id) from error
    log.info(
        "exam created: exam_id=%s course_id=%s content_id=%s is_proctored=%s is_practice_exam=%s backend=%s",
        exam.id,
        course_id,
        content_id,
        is_proctored,
        is_practice_exam,
        exam.backend,
    )
    _emit(exam, "created")
    return exam.id


def update_exam(
    exam_id: int,
    exam_name: str | None = None,
    time_limit_mins: int | None = None,
    due_date: datetime | None = constants.MINIMUM_TIME,
    is_proctored: bool | None = None,
    is_practice_exam: bool | None = None,
    external_id: str | None = None,
    is_active: bool | None = None,
    hide_after_due: bool | None = None,
    backend: str | None = None,
) -> int:
    """Change what is given and return the exam's id; None leaves a field as it is.

    For ``due_date``, None clears it; leaving it out (*identity* with ``constants.MINIMUM_TIME``)
    leaves it. Saves even if nothing changed: a way to tell the provider once more. Raises
    ``ProctoredExamNotFoundException``.
    """
    exam = _exam_with(exam_id)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to update exam_id={exam_id}, but this exam does not exist.")
    changes: dict[str, Any] = {
        "exam_name": exam_name,
        "time_limit_mins": time_limit_mins,
        "is_proctored": is_proctored,
        "is_practice_exam": is_practice_exam,
        "external_id": external_id,
        "is_active": is_active,
        "hide_after_due": hide_after_due,
        "backend": backend,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    if due_date is not constants.MINIMUM_TIME:
        given["due_date"] = with_zone(due_date)
    for name, value in given.items():
        setattr(exam, name, value)
    exam.save()
    log.info("exam updated: exam_id=%s course_id=%s fields=%s", exam_id, exam.course_id, ",".join(given) or "none")
    _emit(exam, "updated")
    return exam.id


def get_exam_by_id(exam_id: int) -> dict[str, Any]:
    """Return the exam dict. Raises ``ProctoredExamNotFoundException``."""
    exam = _exam_with(exam_id)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to get exam_id={exam_id}, but this exam does not exist.")
    return exam_dict(exam)


def get_exam_by_content_id(course_id: Any, content_id: Any) -> dict[str, Any]:
    """Return the exam dict; ids may be text, opaque keys or bytes. Raises ``ProctoredExamNotFoundException``."""
    course_id, content_id = as_text(course_id), as_text(content_id)
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        raise ProctoredExamNotFoundException(
            f"Cannot find proctored exam in course_id={course_id} with content_id={content_id}"
        )
    return exam_dict(exam)


def get_all_exams_for_course(course_id: Any, active_only: bool = False) -> list[dict[str, Any]]:
    """Return the dicts of a course's exams of all kinds, in no particular order."""
    return [exam_dict(exam) for exam in ProctoredExam.get_all_exams_for_course(as_text(course_id), active_only)]


# For sister rooms and doors



def push_exam_to_provider(exam: ProctoredExam, policy: ProctoredExamReviewPolicy | None = None) -> None:
    """Tell the provider how a proctored exam looks now; keep the id by which the provider knows it.

    ``policy``: the exam's review policy; looked up if not given. A new provider id is stored with a
    second save of ``exam`` (one more history row), without telling the provider again. A provider
    that fails or is not configured loses nothing: the row stands, and the next save tells it again.
    Spec: data-model.md 5.2.
    """
    if not exam.is_proctored or exam.__dict__.get(_BEING_PUSHED):
        return
    if _is_held_back(partial(push_exam_to_provider, exam, policy)):
        return
    if policy is None:
        policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.id)
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    if policy is not None:
        payload["rule_summary"] = policy.review_policy
    try:
        external_id = backends.get_backend_provider(payload).on_exam_saved(payload)
    except Exception:  # pylint: disable=broad-except
        # Plug-ins raise what they like, and a course must be publishable while its provider is down (R4).
        log.exception("provider not told about exam: exam_id=%s backend=%s", exam.id, exam.backend)
        return
    if external_id and external_id != exam.external_id:
        exam.external_id = external_id
        # The save calls us again through the receiver; a provider with ever new ids would never let us out.
        exam.__dict__[_BEING_PUSHED] = True
        try:
            exam.save()
        finally:
            del exam.__dict__[_BEING_PUSHED]


def tell_provider_exam_is_inactive(exam: ProctoredExam) -> None:
    """Tell the provider that an exam is over: switched to timed, or deleted. Spec: data-model.md 5.1.

    A provider that is not configured any more is no obstacle; other failures propagate.
    """
    if _is_held_back(partial(tell_provider_exam_is_inactive, exam)):
        return
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    payload["is_active"] = False
    try:
        backends.get_backend_provider(name=payload["backend"]).on_exam_saved(payload)
    except NotImplementedError:
        log.exception("provider is not configured: exam_id=%s backend=%s", exam.id, exam.backend)


def _emit(exam: ProctoredExam, what: str) -> None:
    if not _is_held_back(partial(_emit, exam, what)):
        emit_event(exam_dict(exam), what)


News = list[Callable[[], None]]

_held_back: ContextVar[News | None] = ContextVar("news_of_exams_held_back", default=None)


@contextmanager
def holding_back_news() -> Iterator[News]:
    """Inside: what providers and listeners are to hear of exams is only noted, in the list that this yields.

    For sister rooms that save several exams in one transaction: nobody waits for a provider while rows are locked
    (R4), and what is undone is told to nobody. Afterwards the caller passes the list to ``tell``.
    """
    news: News = []
    token = _held_back.set(news)
    try:
        yield news
    finally:
        _held_back.reset(token)


def tell(news: News) -> None:
    """Tell what was held back, in order. The rows stand, so one who cannot be told does not keep it from the others."""
    for item in news:
        try:
            item()
        except Exception:  # pylint: disable=broad-except
            # Plug-ins raise what they like.
            log.exception("news of an exam not told")


def _is_held_back(item: Callable[[], None]) -> bool:
    news = _held_back.get()
    if news is None:
        return False
    news.append(item)
    return True


# Kept on the instance, not beside it: the guard must end with the object that is being saved.
_BEING_PUSHED = "_edx_proctoring_being_pushed"


def _exam_with(exam_id: Any) -> ProctoredExam | None:
    number = as_id(exam_id)
    return None if number is None else ProctoredExam.get_exam_by_id(number)


def _name_of_block(content_id: str) -> str:
    try:
        return str(UsageKey.from_string(content_id).block_id)
    except InvalidKeyError:
        return content_id


def _exists_now(course_id: str, content_id: str) -> bool:
    """Return whether the exam is there, also if it came after our transaction took its snapshot."""
    with transaction.atomic():
        found = ProctoredExam.objects.select_for_update().filter(course_id=course_id, content_id=content_id)
        return found.exists()


def _already_exists(course_id: str, content_id: str) -> ProctoredExamAlreadyExists:
    return ProctoredExamAlreadyExists(
        f"Attempted to create proctored exam with course_id={course_id} content_id={content_id}, "
        "but this exam already exists."
    )
