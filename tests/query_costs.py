"""What a database makes dearer than the others, so that budgets can be exact everywhere."""

from django.db import DEFAULT_DB_ALIAS

from edx_proctoring.models.locking import can_hold_one_of_joined


def apart(changes: int = 1) -> int:
    """Return the queries more that so many changes of status cost here.

    One each where a database can only hold all the rows that it joins (MariaDB): exam and learner are then read by a
    query of their own.
    """
    return 0 if can_hold_one_of_joined(DEFAULT_DB_ALIAS) else changes
