"""What the credit service says about a learner, for those who only read.

Contract: contract/host-services#credit, contract/host-services#reads-never-fail.

A host may have no such service, and the one it has may fail: it refuses, for example, users without
a profile. Then nothing is known, and pages are drawn without it.
"""

import logging
from typing import Any

from edx_proctoring import host, runtime
from edx_proctoring.utils.transactions import inner_savepoint

__all__: list[str] = []

log = logging.getLogger(__name__)


def credit_state(user_id: int, course_id: str, **options: Any) -> host.CreditState | None:
    """Return the learner's credit state, None if the host has none or does not tell.

    ``options``: passed on by keyword, such as ``return_course_info``.
    """
    service: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    if service is None:
        return None
    try:
        # A service that breaks a query must not break the caller's transaction.
        with inner_savepoint():
            return service.get_credit_state(user_id, course_id, **options)
    except Exception:  # pylint: disable=broad-except
        # The service runs the host's code, with exceptions that cannot be imported here.
        log.exception("credit state not available: course_id=%s user_id=%s", course_id, user_id)
        return None
