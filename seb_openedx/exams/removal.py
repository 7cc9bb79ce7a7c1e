"""Taking back what an exam demands. Contract: contract/seb-exams#setup."""

from django.db import transaction

from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import setup


@transaction.atomic
def remove(row: SebExamConfiguration, *, origin: str, by: str, force: bool = False) -> None:
    """Delete a requirement; any browser may be used then, and what was proved for it ends.

    Locks: the row. ``row.version`` is the version that is meant, ``force``: also while learners are in the exam. Raises
    ``SetupError`` as a change does.
    """
    setup.save(row, setup.Change(mode=Mode.OFF), origin=origin, by=by, force=force).delete()
