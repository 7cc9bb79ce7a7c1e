"""What the value of an allowance means: how it is read from staff, and how many minutes it gives.

Contract: contract/rest-v2#allowance-values. A factor of the exam's limit is stored as minutes, rounded up to the
learner's favour. ``bulk_allowances``, which version 1 calls, rounds a half to the even number, as its clients expect.
"""

import math
import re
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from edx_proctoring import constants
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.utils.storable import is_storable
from edx_proctoring.utils.texts import has_controls

__all__: list[str] = []

# Upper bound against typing errors.
MAX_MULTIPLIER: Final = 1000

ADDITIONAL_TIME: Final = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]
REVIEW_POLICY_EXCEPTION: Final = ProctoredExamStudentAllowance.REVIEW_POLICY_EXCEPTION[0]
# What staff can give; a factor of the limit becomes additional time.
TYPES: Final = (ADDITIONAL_TIME, constants.TIME_MULTIPLIER, REVIEW_POLICY_EXCEPTION)

_LONGEST: Final = 255
# No sign, no exponent, no digits of other scripts.
_FACTOR: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")


def as_stored(kind: str, value: str, limit_minutes: int) -> tuple[str, str]:
    """Return key and value under which an allowance is stored.

    Args:
        kind: one of ``TYPES``, or the key of an existing allowance.
        value: as staff wrote it.
        limit_minutes: the limit of the exam.

    Raises ``AllowanceValueNotAllowedException``, whose text says what is right.
    """
    text = value.strip()
    if kind == constants.TIME_MULTIPLIER:
        return ADDITIONAL_TIME, str(extra_minutes(_factor(text), limit_minutes))
    if kind == ADDITIONAL_TIME:
        if not ProctoredExamStudentAllowance.is_allowance_value_valid(kind, text):
            raise AllowanceValueNotAllowedException(_("Enter whole minutes, 0 or more, such as 30."))
        return kind, str(int(text))
    if not text or len(text) > _LONGEST or not is_storable(text) or has_controls(text):
        raise AllowanceValueNotAllowedException(
            _("Enter at most {count} characters on one line.").format(count=_LONGEST)
        )
    return kind, text


def extra_minutes(factor: Decimal, limit_minutes: int) -> int:
    """Return the minutes that a factor of the limit adds, rounded up."""
    return min(math.ceil(limit_minutes * (factor - 1)), MAX_MINUTES)


def total_minutes(key: str, value: str, limit_minutes: int) -> int | None:
    """Return limit and allowance together; None for an allowance that gives no time."""
    if key != ADDITIONAL_TIME or not ProctoredExamStudentAllowance.is_allowance_value_valid(key, value):
        return None
    return limit_minutes + int(value)


def _factor(text: str) -> Decimal:
    factor = Decimal(text) if _FACTOR.fullmatch(text) else Decimal(0)
    if not 1 <= factor <= MAX_MULTIPLIER:
        raise AllowanceValueNotAllowedException(
            _("Enter a factor from 1 to {most}, such as 1.5.").format(most=MAX_MULTIPLIER)
        )
    return factor
