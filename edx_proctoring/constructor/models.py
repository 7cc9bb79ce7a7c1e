"""Sessions with the vendor, what happened in them, and settings of single exams. Contract: contract/constructor#tables.

Plain ids instead of foreign keys to attempts and users, because those may be deleted.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.backends.constructor import configuration

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    EventManagerBase = Manager["ConstructorEvent"]
else:
    EventManagerBase = models.Manager


class State(models.TextChoices):
    """How far a session is."""

    NEW = "new", "New"
    LAUNCHED = "launched", "Opened at the vendor"
    SCHEDULED = "scheduled", "Booked"
    READY = "ready", "Exam page opened"
    PROCTORED = "proctored", "Proctored"
    LOST = "lost", "Proctoring interrupted"
    FINISHED = "finished", "Finished"
    CANCELED = "canceled", "Canceled"
    RESET = "reset", "Replaced or removed"


class FinishState(models.TextChoices):
    """Whether the vendor knows that the exam has ended."""

    NONE = "none", "Not ended"
    PENDING = "pending", "Not told yet"
    DONE = "done", "Told"
    FAILED = "failed", "Given up"


# States that no page opens any more.
ENDED = (State.FINISHED, State.CANCELED, State.RESET)
_ENDS = frozenset(ENDED)
_OPEN = tuple(state for state in State if state not in _ENDS)

# What a state may become; each may also stay. From an ended state none leads back to one that opens a page.
MAY_BECOME: Mapping[str, frozenset[State]] = {
    State.NEW: _ENDS | {State.LAUNCHED, State.SCHEDULED, State.READY},
    State.LAUNCHED: _ENDS | {State.SCHEDULED, State.READY},
    # The booking is cancelled, or its time was missed.
    State.SCHEDULED: _ENDS | {State.LAUNCHED, State.READY},
    State.READY: _ENDS | {State.PROCTORED},
    State.PROCTORED: _ENDS | {State.LOST},
    State.LOST: _ENDS | {State.PROCTORED},
    # The attempt was removed after it had ended.
    State.FINISHED: frozenset({State.RESET}),
    State.CANCELED: frozenset({State.RESET}),
    State.RESET: frozenset(),
}


def may_become(state: str, /) -> tuple[str, ...]:
    """Return the states that may become this one, with the state itself."""
    return (state, *(source for source, targets in MAY_BECOME.items() if state in targets))


class ConstructorSessionQuerySet(models.QuerySet["ConstructorSession"]):
    """Questions about sessions."""

    def current(self) -> Self:
        """Neither ended nor replaced."""
        # Not ``exclude``, for which no database uses the index.
        return self.filter(state__in=_OPEN)

    def framed_for(self, user_id: int, /) -> Self:
        """Whose exam pages the vendor may frame."""
        return self.filter(user_id=user_id, state__in=(State.READY, State.PROCTORED, State.LOST))

    def of_exam_of(self, session: "ConstructorSession", /) -> Self:
        """All sessions of the same learner and exam; none if the learner was forgotten."""
        if not session.user_subject:
            return self.none()
        return self.filter(
            backend=session.backend,
            user_subject=session.user_subject,
            course_id=session.course_id,
            content_id=session.content_id,
        )

    def older_than(self, instant: datetime, /) -> Self:
        """Ended ones that nothing has changed since. One whose review waits is kept."""
        return self.filter(state__in=ENDED, modified__lt=instant, draft_at=None)

    def with_waiting_review(self) -> Self:
        """Those with a review that was not handed to the core yet."""
        return self.filter(draft_at__isnull=False)


class ConstructorSession(TimeStampedModel):
    """One registration of an attempt: what the vendor calls a session. ``session_id`` is the attempt's external id.

    1. ``new``: registered; the vendor does not know it.
    2. ``launched``: the learner was sent to the vendor. ``scheduled``: the learner booked a time there.
    3. ``ready``: the vendor has opened the exam page in its frame; the page is still covered.
    4. ``proctored``: the message came and the vendor's server confirmed it; content is shown.
    5. ``lost``: the vendor says otherwise since; content is hidden again.
    6. ``finished``: the attempt is over. ``canceled``: it ended before the booked time. ``reset``: the attempt was
       removed, or a newer one replaced it.

    ``registration``: what the start token says. Name and e-mail address in it are forgotten at the end.

    .. pii: learner's name and address until the end of the session, ids, links to the record of the session
    .. pii_types: id, name, email_address, external_service
    .. pii_retirement: local_api
    """

    session_id = models.CharField(max_length=64, unique=True)
    # Configured name of the provider.
    backend = models.CharField(max_length=255)
    attempt_code = models.CharField(max_length=255, unique=True)
    # Known from the first launch on: a registration has only the id that the vendor knows.
    attempt_id = models.IntegerField(null=True, blank=True, db_index=True)
    user_id = models.IntegerField(null=True, blank=True, db_index=True)
    user_subject = models.CharField(max_length=64, db_index=True)
    course_id = models.CharField(max_length=255)
    content_id = models.CharField(max_length=255)
    exam_external_id = models.CharField(max_length=255)
    registration = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.NEW)
    # The code that the vendor's message had when it came first.
    assess_code = models.CharField(max_length=230, blank=True, default="")
    client_origin = models.CharField(max_length=255, blank=True, default="")
    scheduled_at = models.DateTimeField(null=True, blank=True)
    cancel_deadline = models.DateTimeField(null=True, blank=True)
    agreement_at = models.DateTimeField(null=True, blank=True)
    vendor_status = models.CharField(max_length=64, blank=True, default="")
    vendor_status_at = models.DateTimeField(null=True, blank=True)
    # When the vendor last said ``started``: for ten minutes this stands in for an answer.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    vendor_started_at = models.DateTimeField(null=True, blank=True)
    vendor_ended_at = models.DateTimeField(null=True, blank=True)
    # Answers other than ``started`` in a row.
    status_misses = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    entry_token_uses = models.PositiveSmallIntegerField(default=0)
    finish_state = models.CharField(max_length=16, choices=FinishState.choices, default=FinishState.NONE, db_index=True)
    report_url = models.TextField(blank=True, default="")
    archive_url = models.TextField(blank=True, default="")
    score = models.FloatField(null=True, blank=True)
    conclusion = models.CharField(max_length=64, blank=True, default="")
    # JSON text of a review that waits for the submission, or is on its way to the core; blank without one.
    draft_review = models.TextField(blank=True, default="")
    # Since when it waits.
    draft_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # Counts the reviews that were kept there: which one was handed to the core.
    draft_number = models.PositiveIntegerField(default=0)
    # Since when a process hands it over.
    draft_claimed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ConstructorSessionQuerySet] = ConstructorSessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        app_label = "edx_proctoring_constructor"
        verbose_name = "session with Constructor Proctor"
        verbose_name_plural = "sessions with Constructor Proctor"
        # "Which pages may be framed for this learner?", at each framed page; "is there a newer session?"; "which are
        # left open, which are old?", at each sweep and purge. The sweep also asks for waiting reviews and pending ends.
        indexes = [
            models.Index(fields=["user_id", "state"], name="constructor_user_state"),
            models.Index(fields=["user_subject", "backend"], name="constructor_subject"),
            models.Index(fields=["state", "modified"], name="constructor_state_modified"),
        ]

    def __str__(self) -> str:
        return f"session={self.session_id} state={self.state}"

    @property
    def is_forgotten(self) -> bool:
        """Whether the learner was retired: nothing about them is kept any more."""
        return not self.user_subject

    @property
    def is_over(self) -> bool:
        """Whether no page of this session opens any more."""
        return self.state in ENDED


class ConstructorEvent(TimeStampedModel):
    """A message of the vendor, or something that a page of the session saw. The audit trail of a session.

    Unique by the digest of its body, so that a message that comes twice is recognised. ``handled_at`` is empty until
    its effect is done: if the process dies before, the vendor's repetition is handled. ``claimed_at`` keeps two
    deliveries at the same moment apart.

    .. pii: remarks about the learner, without names, addresses and tokens
    .. pii_types: other
    .. pii_retirement: local_api
    """

    session = models.ForeignKey(ConstructorSession, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    payload = models.JSONField(default=dict, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    # Since when a process handles it.
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EventManagerBase] = models.Manager()

    class Meta:
        app_label = "edx_proctoring_constructor"
        verbose_name = "event of a session"
        verbose_name_plural = "events of sessions"
        constraints = [
            # Two deliveries of one message at the same time.
            models.UniqueConstraint(fields=["session", "kind", "digest"], name="constructor_event_once")
        ]

    def __str__(self) -> str:
        return f"event_id={self.pk} kind={self.kind}"


class ConstructorExamSettings(TimeStampedModel):
    """What one exam sets otherwise than the account. ``overrides``: option → value, see ``PER_EXAM_KEYS``.

    .. no_pii:
    """

    course_id = models.CharField(max_length=255)
    content_id = models.CharField(max_length=255)
    overrides = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "edx_proctoring_constructor"
        verbose_name = "exam with Constructor Proctor"
        verbose_name_plural = "exams with Constructor Proctor"
        # Two rows of one exam could contradict each other.
        unique_together = (("course_id", "content_id"),)

    def __str__(self) -> str:
        return f"{self.course_id} {self.content_id}"

    def clean(self) -> None:
        """Refuse settings that the start token cannot carry, with the sentence that says why."""
        problems = configuration.problems_of_overrides(self.overrides)
        if problems:
            raise ValidationError({"overrides": problems})
