"""By what the lists of REST version 2 can be sorted: name of an ordering → field or expression.

Contract: contract/rest-v2#lists. Version 1 sorts its list of attempts by ``attempt_list.ATTEMPT_ORDERINGS``.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Case, Value, When
from django.db.models.functions import LPad

from edx_proctoring.utils.sql_functions import AddMinutes

__all__: list[str] = []

# As ``timing.expires_at`` computes it.
EXPIRES_AT: Final = AddMinutes("started_at", "allowed_time_limit_mins")

ATTEMPTS: Final[Mapping[str, Any]] = {
    "username": "user__username",
    "exam": "proctored_exam__exam_name",
    "status": "status",
    "started_at": "started_at",
    "completed_at": "completed_at",
    "expires_at": EXPIRES_AT,
    "created_at": "created",
}

LIVE_BOARD: Final[Mapping[str, Any]] = {
    "expires_at": EXPIRES_AT,
    "username": "user__username",
    "started_at": "started_at",
    "status": "status",
}

ALLOWANCES: Final[Mapping[str, Any]] = {
    "username": "user__username",
    "exam": "proctored_exam__exam_name",
    "type": "key",
    # Values are text; padded, numbers come in their order.
    "value": LPad("value", 255, Value("0")),
    "modified_at": "modified",
}

# ``type``: timed, proctored, then practice and onboarding.
EXAMS: Final[Mapping[str, Any]] = {
    "name": "exam_name",
    "due_date": "due_date",
    "type": Case(
        When(is_proctored=False, then=Value(0)),
        When(is_practice_exam=False, then=Value(1)),
        default=Value(2),
    ),
}
