"""What a kind of job is: what it plans and how it carries out its rows."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self, TypeVar

from edx_proctoring import exceptions as ours
from edx_proctoring.models import StaffJob, StaffJobRow

__all__: list[str] = []

log = logging.getLogger(__name__)

# Codes of outcomes that are no refusals of the service layer.
GONE: Final = "gone"
NOTHING_TO_DO: Final = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row, or would become of it.

    ``state``: of ``StaffJobRow``. ``result``: plain data for the client, added to the target's data. ``code``: why it
    was skipped or failed. ``message``: only where the code does not say enough; at most 255 characters.
    """

    state: str
    result: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""

    @classmethod
    def done(cls, result: Mapping[str, Any] | None = None) -> Self:
        """It was changed."""
        return cls(StaffJobRow.STATE_DONE, result or {})

    @classmethod
    def skipped(cls, code: str, result: Mapping[str, Any] | None = None) -> Self:
        """There is nothing to do."""
        return cls(StaffJobRow.STATE_SKIPPED, result or {}, code)

    @classmethod
    def failed(cls, code: str, message: str = "", result: Mapping[str, Any] | None = None) -> Self:
        """It was refused."""
        return cls(StaffJobRow.STATE_FAILED, result or {}, code, message)


@dataclass(frozen=True, slots=True)
class Target:
    """One object of an order.

    ``data``: what the kind needs besides, as plain data; part of the row's ``result`` from the start (``line`` of a
    file). ``outcome``: for a target that cannot be done.
    """

    exam_id: int | None
    user_id: int | None
    attempt_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a kind is told about its job. ``by``: the ``User`` who ordered it, None if the account is gone."""

    course_id: str
    exam_id: int | None
    by: Any
    reason: str
    parameters: Mapping[str, Any]


# Writes the outcome of the row; called inside the transaction of the change. Raises ``AlreadySettled``.
Settle = Callable[[Outcome], None]


class AlreadySettled(Exception):
    """Another process has given the row its outcome: the change of this one is rolled back."""


class Kind(ABC):
    """One kind of job."""

    name: ClassVar[str]
    # Rows that are planned, and in batches carried out, together.
    batch_size: ClassVar[int] = 500

    @abstractmethod
    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Return what would become of these rows, in their order, and write nothing.

        The rows need not be in the database. The number of queries must not grow with the rows.
        """


class OneByOne(Kind):
    """A kind whose rows are changed one by one, for changes that also happen elsewhere, such as at a provider."""

    @abstractmethod
    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        """Change what the row is about.

        No transaction is open. ``settle(outcome)`` is called inside the transaction that makes the change; then None is
        returned. Without such a transaction, when nothing is changed, the outcome is returned. A row may come a second
        time if a process died before it was settled: what is gone then is skipped.
        """


class InBatches(Kind):
    """A kind whose rows are changed together, up to ``batch_size`` in one transaction."""

    @abstractmethod
    def carry_out(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Change what the rows are about, and return their outcomes in the same order.

        Called inside a transaction in which the rows are locked; the outcomes are written in it. The transaction may be
        repeated after a deadlock. No network. After an exception nothing is changed, and the rows come one by one.
        """

    def announce(self, order: Order, rows: Sequence[StaffJobRow]) -> None:
        """After the transaction: write log lines, emit events. The rows have their outcomes."""


KindT = TypeVar("KindT", bound=Kind)

_kinds: Final[dict[str, Kind]] = {}


def register(kind: type[KindT]) -> type[KindT]:
    """Make a kind known by its name."""
    _kinds[kind.name] = kind()
    return kind


def kind_of(job: StaffJob) -> Kind | None:
    """Return the kind of a job, None for one of another release or of a single action."""
    return _kinds.get(job.kind)


# About the provider of a row, whatever it answered: the row can be ordered again later.
_OF_PROVIDERS: Final = (ours.BackendProviderCannotRemoveAttempt, *ours.PROVIDER_REPLIES)


def failure_of(error: Exception, **ids: Any) -> Outcome:
    """Return the outcome of a row that raised; an unexpected error is logged, with ``ids``."""
    code = error.code if isinstance(error, ours.ProctoredBaseException) else ""
    if isinstance(error, _OF_PROVIDERS):
        code = "provider_unavailable"
    if not code:
        log.error("job: row failed: %s", " ".join(f"{name}={value}" for name, value in ids.items()), exc_info=error)
        code = "internal_error"
    return Outcome.failed(code)
