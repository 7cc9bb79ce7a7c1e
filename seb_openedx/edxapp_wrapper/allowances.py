"""Allowances of learners for special exams. Their app may be absent, so it is found by name."""

from collections.abc import Sequence
from typing import Final

from django.apps import apps

# What staff write to take an allowance back without deleting it.
_NO: Final = frozenset({"", "0", "false", "no", "off", "none"})


def has_allowance(user_id: int, course_id: str, content_ids: Sequence[str], key: str) -> bool:
    """Return whether the learner has an allowance of this key, with a value that does not say no. One query."""
    if not apps.is_installed("edx_proctoring"):
        return False
    allowances = apps.get_model("edx_proctoring", "ProctoredExamStudentAllowance").objects.filter(
        user_id=user_id,
        key=key,
        proctored_exam__course_id=course_id,
        proctored_exam__content_id__in=content_ids,
    )
    return any(value.strip().lower() not in _NO for value in allowances.values_list("value", flat=True))
