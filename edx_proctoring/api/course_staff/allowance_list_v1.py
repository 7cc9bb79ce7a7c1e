"""The list of allowances for course staff. Contract: GET /v1/proctored_exam/{course_id}/grouped/allowance."""

from typing import Any

from edx_proctoring.api.exams import allowances

__all__ = ["allowances_by_username"]


def allowances_by_username(course_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the allowance dicts of a course, grouped by the learner's username. One query."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for allowance in allowances.get_allowances_for_course(course_id):
        grouped.setdefault(allowance["user"]["username"], []).append(allowance)
    return grouped
