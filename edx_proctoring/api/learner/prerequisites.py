"""Credit requirements that a learner must meet before an exam. Contract: contract/prerequisites#check."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.urls import reverse

from edx_proctoring.api.attempts import opting_out
from edx_proctoring.api.effects import credit_lookup
from edx_proctoring.exceptions import StudentExamAttemptAlreadyExistsException, UserNotFoundException

__all__ = ["JUMPTO_SUPPORTED_NAMESPACES", "check_prerequisites"]

log = logging.getLogger(__name__)

# Requirements of these namespaces have the id of the content that fulfils them as their name.
JUMPTO_SUPPORTED_NAMESPACES: Final = ["proctored_exam"]

# Grades are decided at the end of the course, not before an exam.
IGNORED_NAMESPACES: Final = ["grade"]


def check_prerequisites(exam: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Add ``prerequisite_status`` to the exam dict and return the same dict.

    Nothing is added without a credit state or when the credit service fails. A declined prerequisite
    declines this exam as well, unless the learner has an attempt. Failed prerequisites, or if there are
    none, pending ones get links to the content that fulfils them.
    """
    state = credit_lookup.credit_state(user_id, exam["course_id"])
    if not state:
        return exam
    status = _are_prerequirements_satisfied(
        state.get("credit_requirement_status") or [],
        evaluate_for_requirement_name=exam["content_id"],
        filter_out_namespaces=IGNORED_NAMESPACES,
    )
    exam["prerequisite_status"] = status
    if status["are_prerequisites_satisifed"]:
        return exam
    if status["declined_prerequisites"]:
        try:
            opting_out.create_and_decline_attempt(exam["id"], user_id)
        except (StudentExamAttemptAlreadyExistsException, UserNotFoundException) as refusal:
            # Callers only read, so an existing attempt or a deleted user is not an error to them.
            log.info("exam not declined: exam_id=%s user_id=%s reason=%s", exam["id"], user_id, type(refusal).__name__)
    elif status["failed_prerequisites"]:
        status["failed_prerequisites"] = _resolve_prerequisite_links(exam, status["failed_prerequisites"])
    else:
        status["pending_prerequisites"] = _resolve_prerequisite_links(exam, status["pending_prerequisites"])
    return exam


def _get_ordered_prerequisites(
    prerequisites_statuses: Iterable[Any], filter_out_namespaces: Sequence[str] | None = None
) -> list[Any]:
    """Return requirements in ascending order, without those of some namespaces. Published name."""
    ignored = filter_out_namespaces or ()
    considered = [requirement for requirement in prerequisites_statuses if requirement.get("namespace") not in ignored]
    # A requirement without an order comes first, so that it counts for every exam.
    return sorted(considered, key=lambda requirement: requirement.get("order") or 0)


def _are_prerequirements_satisfied(
    prerequisites_statuses: Iterable[Any],
    evaluate_for_requirement_name: str | None = None,
    filter_out_namespaces: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Sort by status the requirements that come before the named one. Published name.

    All requirements if no name is given or the name is not among them. An unknown or missing status
    means pending.
    """
    ordered = _get_ordered_prerequisites(prerequisites_statuses, filter_out_namespaces)
    names = [requirement.get("name") for requirement in ordered]
    if evaluate_for_requirement_name in names:
        ordered = ordered[: names.index(evaluate_for_requirement_name)]
    by_status: dict[str, list[Any]] = {"satisfied": [], "failed": [], "declined": [], "pending": []}
    for requirement in ordered:
        status = requirement.get("status")
        by_status[status if status in by_status else "pending"].append(requirement)
    return {
        # Sic: the misspelling is contract, here and over the wire.
        "are_prerequisites_satisifed": len(by_status["satisfied"]) == len(ordered),
        "satisfied_prerequisites": by_status["satisfied"],
        "failed_prerequisites": by_status["failed"],
        "pending_prerequisites": by_status["pending"],
        "declined_prerequisites": by_status["declined"],
    }


def _resolve_prerequisite_links(exam: dict[str, Any], prerequisites: list[Any]) -> list[Any]:
    """Set ``jumpto_url`` on each requirement: where it can be fulfilled, or None. Published name."""
    for prerequisite in prerequisites:
        jumpto_url = None
        name = prerequisite.get("name")
        if prerequisite.get("namespace") in JUMPTO_SUPPORTED_NAMESPACES and name:
            jumpto_url = reverse("jump_to", args=[exam["course_id"], name])
        prerequisite["jumpto_url"] = jumpto_url
    return prerequisites
