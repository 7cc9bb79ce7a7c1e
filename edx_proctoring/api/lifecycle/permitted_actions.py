"""What a learner may do to an attempt: status, action, kind of exam, opting out. Plain data and pure functions.

``RULES`` is the table; the first row that matches decides. REST, the launch callback and the learner's page
look rules up here, and the page ``docs/contract/learner-actions.rst`` is printed from it. ``transitions``
says which status may follow which for everybody; this table is narrower, because it is about requests that
learners send. Contract: contract/learner-actions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__: list[str] = []


class Kind(StrEnum):
    """Kind of exam. Practice and onboarding differ by the provider: onboarding results are reviewed."""

    TIMED = "timed"
    PROCTORED = "proctored"
    PRACTICE = "practice"
    ONBOARDING = "onboarding"


class Action(StrEnum):
    """What a learner, or the page on the learner's behalf, asks for. Values of PUT requests are contract."""

    ENTER = "enter"
    ENTER_WITHOUT_PROCTORING = "enter without proctoring"
    CLICK_DOWNLOAD = "click_download_software"
    START = "start"
    STOP = "stop"
    SUBMIT = "submit"
    DECLINE = "decline"
    ERROR = "error"
    RESET = "reset_attempt"
    RELEASE = "mark_ready_to_resume"
    LAUNCH = "launch"
    CONFIRMED_LAUNCH = "launch, confirmed"


class Outcome(StrEnum):
    """What becomes of the request."""

    # The status becomes ``Rule.becomes``.
    DONE = "done"
    # Answered as if it were done; nothing changes.
    UNCHANGED = "nothing changes"
    # An error report that does not count: 200 with ``exam_attempt_id: false``.
    IGNORED = "ignored"
    # 400 with the reason.
    REFUSED = "refused"
    # 403 with the reason.
    FORBIDDEN = "forbidden"
    # A page that asks the learner to confirm; nothing changes.
    ASKED = "learner is asked"


PROCTORED_KINDS: Final = frozenset({Kind.PROCTORED, Kind.PRACTICE, Kind.ONBOARDING})
REPEATABLE_KINDS: Final = frozenset({Kind.PRACTICE, Kind.ONBOARDING})

BEFORE_START: Final = frozenset(
    {Status.eligible, Status.created, Status.download_software_clicked, Status.ready_to_start}
)
RUNNING: Final = frozenset({Status.started, Status.ready_to_submit})
HANDED_IN: Final = frozenset({Status.submitted, Status.second_review_required, Status.verified, Status.rejected})
ONBOARDING_ERRORS: Final = frozenset(Status.onboarding_errors)
OVER: Final = HANDED_IN | {Status.declined, Status.timed_out, Status.error, Status.expired}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule depends on besides the action.

    ``status``: of the attempt, None without one. ``may_opt_out``: the host lets learners take the exam
    without proctoring. ``needs_ready``: the provider says when a learner may start. ``is_released``: staff
    let the learner resume the attempt, and the learner has not done so.
    """

    status: str | None
    kind: Kind
    may_opt_out: bool = True
    needs_ready: bool = False
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. ``statuses=None`` matches any status, ``kinds=None`` any kind, a flag of None either value.

    ``statuses`` contains None for "no attempt". ``reason`` is sent to the caller when the request is refused.
    """

    action: Action
    statuses: Collection[str | None] | None
    outcome: Outcome
    becomes: str | None = None
    reason: str = ""
    kinds: Collection[Kind] | None = None
    may_opt_out: bool | None = None
    needs_ready: bool | None = None
    is_released: bool | None = None

    def applies_to(self, action: Action, facts: Facts) -> bool:
        """Return whether this row decides the request."""
        return (
            action is self.action
            and (self.statuses is None or facts.status in self.statuses)
            and (self.kinds is None or facts.kind in self.kinds)
            and self.may_opt_out in (None, facts.may_opt_out)
            and self.needs_ready in (None, facts.needs_ready)
            and self.is_released in (None, facts.is_released)
        )


_ONLY_PROCTORED: Final = "this exam cannot be taken without proctoring"
_IS_OVER: Final = "the attempt is over; staff can remove it or let the learner resume it"
_EXISTS: Final = "there is an attempt already"

# For a timed exam, ENTER stands for every POST: there is no proctoring to opt out of.
RULES: Final = (
    # A new attempt never changes the former one. A learner who opted out or was not onboarded, and whose exam is
    # timed by now, takes it. Which attempts are continued instead: ``is_continued``.
    Rule(
        Action.ENTER,
        {None, Status.declined} | ONBOARDING_ERRORS,
        Outcome.DONE,
        Status.created,
        kinds={Kind.TIMED},
    ),
    Rule(Action.ENTER, {None}, Outcome.DONE, Status.created, kinds={Kind.PROCTORED}),
    Rule(Action.ENTER, None, Outcome.DONE, Status.created, kinds=REPEATABLE_KINDS),
    Rule(Action.ENTER, None, Outcome.DONE, Status.created, is_released=True),
    Rule(Action.ENTER, None, Outcome.REFUSED, reason=_EXISTS),
    Rule(Action.ENTER_WITHOUT_PROCTORING, None, Outcome.DONE, Status.declined, kinds=REPEATABLE_KINDS),
    Rule(Action.ENTER_WITHOUT_PROCTORING, {None}, Outcome.FORBIDDEN, reason=_ONLY_PROCTORED, may_opt_out=False),
    Rule(
        Action.ENTER_WITHOUT_PROCTORING,
        None,
        Outcome.FORBIDDEN,
        reason=_ONLY_PROCTORED,
        may_opt_out=False,
        is_released=True,
    ),
    Rule(Action.ENTER_WITHOUT_PROCTORING, {None}, Outcome.DONE, Status.declined),
    Rule(Action.ENTER_WITHOUT_PROCTORING, None, Outcome.DONE, Status.declined, is_released=True),
    Rule(Action.ENTER_WITHOUT_PROCTORING, None, Outcome.REFUSED, reason=_EXISTS),
    #
    Rule(Action.CLICK_DOWNLOAD, {Status.eligible, Status.created}, Outcome.DONE, Status.download_software_clicked),
    # An old tab must neither take back that the learner is ready nor end a running exam.
    Rule(
        Action.CLICK_DOWNLOAD,
        {Status.download_software_clicked, Status.ready_to_start} | RUNNING,
        Outcome.UNCHANGED,
    ),
    Rule(Action.CLICK_DOWNLOAD, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(Action.START, {Status.ready_to_start, Status.ready_to_submit}, Outcome.DONE, Status.started),
    Rule(
        Action.START,
        BEFORE_START,
        Outcome.REFUSED,
        reason="the proctoring software has not reported yet that the learner is ready",
        kinds=PROCTORED_KINDS,
        needs_ready=True,
    ),
    Rule(Action.START, BEFORE_START, Outcome.DONE, Status.started),
    Rule(Action.START, {Status.started}, Outcome.REFUSED, reason="the attempt has started already"),
    Rule(
        Action.START, ONBOARDING_ERRORS, Outcome.REFUSED, reason="the provider requires an approved onboarding profile"
    ),
    Rule(Action.START, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(Action.STOP, {Status.started}, Outcome.DONE, Status.ready_to_submit),
    Rule(Action.STOP, {Status.ready_to_submit}, Outcome.UNCHANGED),
    # Otherwise "stop" and then "start" would get around the wait for the provider.
    Rule(
        Action.STOP,
        BEFORE_START,
        Outcome.REFUSED,
        reason="the attempt has not started",
        kinds=PROCTORED_KINDS,
        needs_ready=True,
    ),
    Rule(Action.STOP, BEFORE_START, Outcome.DONE, Status.ready_to_submit),
    Rule(Action.STOP, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(Action.SUBMIT, BEFORE_START | RUNNING, Outcome.DONE, Status.submitted),
    # Timers submit late and repeatedly; that must neither move the time of submission nor replace a verdict.
    Rule(Action.SUBMIT, OVER, Outcome.UNCHANGED),
    Rule(Action.SUBMIT, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(Action.DECLINE, {Status.declined}, Outcome.UNCHANGED),
    Rule(
        Action.DECLINE,
        BEFORE_START | ONBOARDING_ERRORS,
        Outcome.FORBIDDEN,
        reason=_ONLY_PROCTORED,
        kinds={Kind.PROCTORED},
        may_opt_out=False,
    ),
    Rule(Action.DECLINE, BEFORE_START | ONBOARDING_ERRORS, Outcome.DONE, Status.declined),
    Rule(Action.DECLINE, RUNNING, Outcome.REFUSED, reason="an attempt can be declined before its start only"),
    Rule(Action.DECLINE, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(Action.ERROR, BEFORE_START | RUNNING, Outcome.DONE, Status.error),
    Rule(Action.ERROR, OVER | ONBOARDING_ERRORS, Outcome.IGNORED),
    Rule(Action.ERROR, None, Outcome.REFUSED, reason=_IS_OVER),
    #
    Rule(
        Action.RESET,
        BEFORE_START | RUNNING | {Status.verified},
        Outcome.REFUSED,
        reason="an open or verified attempt is not reset",
        kinds=REPEATABLE_KINDS,
    ),
    # A new attempt replaces it. One that waits for its review is removed instead of kept.
    Rule(Action.RESET, None, Outcome.DONE, Status.onboarding_reset, kinds=REPEATABLE_KINDS),
    Rule(Action.RESET, None, Outcome.REFUSED, reason="only practice and onboarding exams are reset by learners"),
    # Sent by staff; by learners only where LEARNER_MAY_RESUME is on. The status stays.
    Rule(Action.RELEASE, {Status.error}, Outcome.DONE, Status.error),
    Rule(Action.RELEASE, None, Outcome.REFUSED, reason="only an attempt that was broken off is resumed"),
    #
    Rule(Action.LAUNCH, {Status.created, Status.download_software_clicked}, Outcome.DONE, Status.ready_to_start),
    # Browsers and mail scanners fetch links ahead, so a GET alone does not end an exam.
    Rule(Action.LAUNCH, RUNNING, Outcome.ASKED),
    Rule(Action.LAUNCH, None, Outcome.UNCHANGED),
    # A POST, or a GET with the cookie that an earlier launch of this attempt set.
    Rule(
        Action.CONFIRMED_LAUNCH,
        {Status.created, Status.download_software_clicked},
        Outcome.DONE,
        Status.ready_to_start,
    ),
    Rule(Action.CONFIRMED_LAUNCH, RUNNING, Outcome.DONE, Status.submitted),
    Rule(Action.CONFIRMED_LAUNCH, None, Outcome.UNCHANGED),
)


def kind_of(*, is_proctored: bool, is_practice: bool, supports_onboarding: bool) -> Kind:
    """Return the kind of an exam. Practice without proctoring is a timed exam."""
    if not is_proctored:
        return Kind.TIMED
    if not is_practice:
        return Kind.PROCTORED
    return Kind.ONBOARDING if supports_onboarding else Kind.PRACTICE


def find_rule(action: Action, facts: Facts) -> Rule:
    """Return the row that decides. Every action ends with a row for everything else."""
    return next(rule for rule in RULES if rule.applies_to(action, facts))


def is_entered_again(status: str | None, *, is_proctored: bool) -> bool:
    """Return whether a learner with an attempt of this status, not released, enters a real exam again."""
    kind = Kind.PROCTORED if is_proctored else Kind.TIMED
    return status is not None and find_rule(Action.ENTER, Facts(status, kind)).outcome is Outcome.DONE


def is_continued(status: str | None, *, is_proctored: bool, is_registered: bool) -> bool:
    """Return whether a learner who enters a real exam goes on with an attempt of this status instead of a new one.

    A timed exam has no set-up: an attempt that has not started is started, also one whose set-up began while
    the exam was proctored. A proctored exam needs an attempt that the provider knows: one that was created while
    the exam was timed, or by an opt-out that failed halfway, is registered or declined first.
    """
    return status is not None and Status.is_pre_started_status(status) and not (is_proctored and is_registered)
