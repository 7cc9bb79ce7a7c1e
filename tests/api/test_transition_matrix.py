"""Which status may follow which, cell by cell."""

from typing import Final

import pytest
from django.conf import settings

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

# The published table. Columns and rows have the same order; ?? is any other word.
MATRIX: Final = """
|from \\ to |EL|CR|DL|RS|ST|RQ|DE|TO|SU|SR|VE|RJ|ER|EX|OR|OM|OP|OF|OE|??|
|`eligible` EL|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`created` CR|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`download_software_clicked` DL|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`ready_to_start` RS|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`started` ST|+|S|S|S|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`ready_to_submit` RQ|+|S|S|S|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`declined` DE|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`timed_out` TO|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`submitted` SU|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`second_review_required` SR|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`verified` VE|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`rejected` RJ|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`error` ER|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`expired` EX|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_reset` OR|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_missing` OM|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_pending` OP|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_failed` OF|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_expired` OE|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|any other ??|+|+|+|+|+|+|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
"""

# Two rows are stricter than the published table (contract/transitions#refusals).
STRICTER: Final = """
|`expired` EX|X|X|X|X|X|X|+|T|+|+|+|+|+|+|+|+d|+d|+d|+d|+|
|`onboarding_reset` OR|X|X|X|X|X|X|X|X|X|X|X|X|X|X|+|X|X|X|X|X|
"""

OTHER_WORD: Final = "other_course_approved"


def cells() -> list[tuple[str, str, str]]:
    """Return (from, to, mark) of each cell, statuses as words."""
    header, *published = [line.strip("|").split("|") for line in MATRIX.strip().splitlines()]
    stricter = {row[0]: row for row in (line.strip("|").split("|") for line in STRICTER.strip().splitlines())}
    rows = [stricter.pop(row[0], row) for row in published]
    assert not stricter
    words = []
    for row in rows:
        quoted = row[0].split("`")
        words.append(quoted[1] if len(quoted) > 1 else OTHER_WORD)
    assert len(header) - 1 == len(words) == 20
    return [(words[i], words[j], mark) for i, row in enumerate(rows) for j, mark in enumerate(row[1:])]


# Status at the end (None: the attempt is gone), history rows added, what the exception says.
Change = tuple[str | None, int, str | None]


def change_due(mark: str, from_status: str, requested: str, *, kind: str, allow_timed_out: bool) -> Change:
    """Return what a cell of the table must lead to."""
    if mark == "X":
        return from_status, 0, from_status
    if mark == "+d" and kind == "onboarding":
        return None, 2, None  # an onboarding attempt in an onboarding error is cleared by its own clean-up
    if mark == "S" or (mark == "T" and not allow_timed_out):
        return S.submitted, 1, None
    return requested, 1, None


def change_made(attempt: ProctoredExamStudentAttempt, requested: str) -> Change:
    """Request a status; return the result."""
    from_status, rows_before = attempt.status, attempt.history.count()
    refusal = None
    try:
        assert api.update_attempt_status(attempt.pk, requested) == attempt.pk
    except ProctoredExamIllegalStatusTransition as error:
        refusal = from_status if from_status in str(error) else f"does not name {from_status}: {error}"
    stored = ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).first()
    return stored and stored.status, attempt.history.count() - rows_before, refusal


# One test per row of the table: one per cell would spend most of its time on fixtures.
@pytest.mark.contract(
    "transitions#matrix",
    "transitions#refusals",
    "transitions#history-row",
    "transitions#time-out",
    "transitions#repeat",
    "transitions#unknown-words",
    "transitions#re-entry",
)
@pytest.mark.django_db
@pytest.mark.parametrize("allow_timed_out", [False, True], ids=["time-out-submits", "time-out-is-a-status"])
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice", "onboarding"])
@pytest.mark.parametrize("from_status", dict.fromkeys(cell[0] for cell in cells()))
def test_each_requested_status_leads_to_what_its_cell_says(
    from_status: str, kind: str, allow_timed_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE", allow_timed_out)
    exam = make_exam(kind)
    row = [(requested, mark) for start, requested, mark in cells() if start == from_status]
    assert len(row) == 20

    # Each cell has a learner of its own.
    made = {requested: change_made(make_attempt(exam, status=from_status), requested) for requested, _ in row}

    assert made == {
        requested: change_due(mark, from_status, requested, kind=kind, allow_timed_out=allow_timed_out)
        for requested, mark in row
    }


@pytest.mark.contract("transitions#legality")
@pytest.mark.parametrize(
    ("from_status", "to_status", "mark"), [pytest.param(*cell, id=f"{cell[0]}-to-{cell[1]}") for cell in cells()]
)
def test_legality_of_a_transition_ignores_rewrites(from_status: str, to_status: str, mark: str) -> None:
    was_over = S.is_completed_status(from_status) or from_status == S.expired
    reopens = from_status == S.onboarding_reset != to_status

    expected = not reopens and not (was_over and S.is_incomplete_status(to_status))
    assert api.is_state_transition_legal(from_status, to_status) == expected
    if mark == "X":
        assert not api.is_state_transition_legal(from_status, to_status)
