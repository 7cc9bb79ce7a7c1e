"""Which receiver delivers which effect, and when an effect is no longer true.

Receivers register themselves with ``receives`` (see ``receivers`` and ``attempts.cascade``). A
delivery shows them the attempt as it is now, not as it was when the effect was recorded.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import backends
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict

__all__: list[str] = []

# Beside the kinds of the model: an effect that changes other attempts of the learner.
KIND_CASCADE: Final = "cascade"

# Kinds that leave this process: delivered after the commit, by a worker if ASYNC_PROVIDER_CALLS is on.
OUTSIDE_KINDS: Final = frozenset({AttemptEffect.KIND_PROVIDER, AttemptEffect.KIND_MAIL})

# Kinds that are never delivered inside the transaction of the change that causes them.
AFTER_COMMIT_KINDS: Final = OUTSIDE_KINDS | {KIND_CASCADE}


class AlreadyLogged(Exception):
    """Raised by a receiver from an error that it has logged itself, in the words of the contract."""


class NoLongerTrue(Exception):
    """Raised by a receiver that finds its effect superseded; nothing was told, and nothing is to be tried again."""


class Scene:
    """One attempt in the forms that receivers ask for, made once for all effects of a change.

    ``attempt`` is None for effects that outlive their attempt (``Route.outlives_attempt``), but for their first
    delivery. ``locked_others``: the learner's other attempts at the exam, if the caller holds their locks.
    """

    def __init__(
        self,
        attempt: ProctoredExamStudentAttempt | None,
        actor: Any = None,
        locked_others: Sequence[ProctoredExamStudentAttempt] | None = None,
    ) -> None:
        self._attempt = attempt
        self.actor = actor
        self.locked_others = locked_others

    @property
    def attempt(self) -> ProctoredExamStudentAttempt:
        """The attempt. Raises ``LookupError`` if it was removed."""
        if self._attempt is None:
            raise LookupError("the attempt was removed")
        return self._attempt

    @cached_property
    def attempt_dict(self) -> dict[str, Any]:
        """The attempt as the contract's dict."""
        return attempt_dict(self.attempt)

    @property
    def exam_dict(self) -> dict[str, Any]:
        """Its exam as the contract's dict."""
        exam: dict[str, Any] = self.attempt_dict["proctored_exam"]
        return exam

    @property
    def provider(self) -> Any:
        """The provider of its exam, None for a timed exam. Raises ``NotImplementedError`` if it is not configured."""
        return backends.get_backend_provider(self.exam_dict)

    @property
    def configured_provider(self) -> Any:
        """As ``provider``; None if it is not configured. For effects that only mention the provider."""
        try:
            return self.provider
        except (NotImplementedError, ImproperlyConfigured):
            return None

    def learner_of(self, arguments: Mapping[str, Any]) -> Any:
        """The ``User`` with ``user_id``, None if the account was deleted. For effects that outlive their attempt."""
        if self._attempt is not None:
            return self._attempt.user
        return get_user_model().objects.filter(pk=arguments["user_id"]).first()

    def actor_of(self, arguments: Mapping[str, Any]) -> Any:
        """The ``User`` who caused the change, or None; read from the database on a later try."""
        actor_id = arguments.get("actor_id")
        if self.actor is None and actor_id is not None:
            self.actor = get_user_model().objects.filter(pk=actor_id).first()
        return self.actor


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a receiver gets: the effect and the attempt.

    ``exam_id``: of a recorded effect, for receivers of effects without an attempt.
    """

    call: str
    to_status: str
    arguments: Mapping[str, Any]
    scene: Scene
    is_first_try: bool = True
    exam_id: int | None = None

    @property
    def attempt(self) -> ProctoredExamStudentAttempt:
        """The attempt as it is now, with exam and user."""
        return self.scene.attempt


Receiver = Callable[[Delivery], None]


@dataclass(frozen=True, slots=True)
class Route:
    """How one call is delivered.

    ``lane``: of the effects of one attempt in one lane, only the newest is true.
    ``only_while``: statuses of the attempt in which it is true; None for every status.
    ``status_must_hold``: true as long as the attempt is in the status that caused it.
    ``own_transactions``: the receiver protects itself; what it did before it failed is kept.
    ``reaches_a_person``: a repetition would be noticed. Its row is deleted at once and not with the
    others, so that a process that is killed later does not send a second mail.
    ``outlives_attempt``: true also after the attempt was removed; its arguments say everything.
    """

    receiver: Receiver
    lane: str | None = None
    only_while: Collection[str] | None = None
    status_must_hold: bool = False
    own_transactions: bool = False
    reaches_a_person: bool = False
    outlives_attempt: bool = False

    @property
    def depends_on_status(self) -> bool:
        """Whether a later change of the attempt can make the effect untrue."""
        return self.lane is not None or self.only_while is not None or self.status_must_hold

    def is_untrue(self, to_status: str, status_now: str) -> bool:
        """Return whether an effect of ``to_status`` is no longer true of an attempt in ``status_now``."""
        if self.status_must_hold and status_now != to_status:
            return True
        return self.only_while is not None and status_now not in self.only_while

    def is_superseded(self, to_status: str, status_now: str, newer_lanes: Collection[str | None]) -> bool:
        """Return whether a change to ``status_now``, with effects in these lanes, supersedes an older effect."""
        return self.lane in newer_lanes or self.is_untrue(to_status, status_now)


_routes: dict[tuple[str, str], Route] = {}


def receives(
    kind: str,
    call: str,
    *,
    lane: str | None = None,
    only_while: Collection[str] | None = None,
    status_must_hold: bool = False,
    own_transactions: bool = False,
    reaches_a_person: bool = False,
    outlives_attempt: bool = False,
) -> Callable[[Receiver], Receiver]:
    """Register the decorated function as receiver of an effect; arguments as of ``Route``.

    The receiver returns when the effect is delivered and raises when it is to be tried again.
    """

    def register(receiver: Receiver) -> Receiver:
        _routes[kind, call] = Route(
            receiver, lane, only_while, status_must_hold, own_transactions, reaches_a_person, outlives_attempt
        )
        return receiver

    return register


def route(kind: str, call: str) -> Route:
    """Return the route of a call. A call that this release does not know is kept and retried."""
    return _routes.get((kind, call), _UNKNOWN)


def route_of(row: AttemptEffect) -> Route:
    """Return the route of a recorded effect."""
    return route(row.kind, row.call_name)


def _refuse_unknown(delivery: Delivery) -> None:
    raise LookupError(f"this release has no receiver for {delivery.call}")


# The row was written by a newer release and met after a downgrade.
_UNKNOWN: Final = Route(_refuse_unknown)
