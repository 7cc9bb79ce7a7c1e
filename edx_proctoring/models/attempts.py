"""The attempt: one learner's passage through one exam."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop
from model_utils.models import TimeStampedModel

from edx_proctoring import backends, constants
from edx_proctoring.backends import attempt_removal
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.history import PinnedHistoricalRecords
from edx_proctoring.models.locking import locked_row
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus


class ProctoredExamStudentAttemptQuerySet(models.QuerySet["ProctoredExamStudentAttempt"]):
    """Questions about attempts."""

    def with_exam_and_user(self) -> Self:
        """With the rows that nearly every reader of an attempt looks at next, in the same query."""
        return self.select_related("proctored_exam", "user")

    def newest_first(self) -> Self:
        """The latest attempt first. Two attempts of one instant keep the order in which they were made."""
        return self.order_by("-created", "-id")

    def running(self) -> Self:
        """The clock is ticking: started, not yet submitted."""
        return self.filter(
            status__in=(
                ProctoredExamStudentAttemptStatus.started,
                ProctoredExamStudentAttemptStatus.ready_to_submit,
            )
        )

    def with_onboarding_error(self) -> Self:
        """Registration was refused because the learner's onboarding is missing, pending, failed or expired."""
        return self.filter(status__in=ProctoredExamStudentAttemptStatus.onboarding_errors)

    def of_provider(self, backend: str) -> Self:
        """Attempts at exams of one provider. An exam without a name uses the default provider."""
        of_provider = Q(proctored_exam__backend=backend)
        if backend == backends.default_backend_name():
            of_provider |= Q(proctored_exam__backend=None)
        return self.filter(of_provider)

    def of_learner(self, exam_id: int, user_id: int) -> Self:
        """One learner's attempts at one exam."""
        return self.filter(proctored_exam_id=exam_id, user_id=user_id)

    def locked_in_order(self) -> Self:
        """These rows, held to the end of the transaction; in the order of their ids, against deadlocks."""
        return self.select_for_update().order_by("pk")

    def locked(self, attempt_id: int, /) -> "ProctoredExamStudentAttempt":
        """One attempt, held to the end of the transaction. Joins nothing: only this row waits."""
        attempt = locked_row(self, attempt_id)
        if attempt is None:
            raise StudentExamAttemptDoesNotExistsException(
                f"Attempted to access attempt_id={attempt_id}, but this attempt does not exist."
            )
        return attempt


class ProctoredExamStudentAttemptManager(
    models.Manager.from_queryset(ProctoredExamStudentAttemptQuerySet)  # type: ignore[misc]
):
    """The questions of the published interface (contract/tables#attempt-manager), also on related managers."""

    def get_current_exam_attempt(self, exam_id: int, user_id: int) -> "ProctoredExamStudentAttempt | None":
        """Return the learner's newest attempt at the exam, or None."""
        return self.filter(proctored_exam_id=exam_id, user_id=user_id).with_exam_and_user().newest_first().first()

    def get_exam_attempt_by_id(self, attempt_id: int) -> "ProctoredExamStudentAttempt | None":
        """Return the attempt, or None. Raises ``ValueError`` for an id that is not a number."""
        return self._one(id=attempt_id)

    def get_exam_attempt_by_code(self, attempt_code: str) -> "ProctoredExamStudentAttempt | None":
        """Return the attempt with our code, or None. Raises ``MultipleObjectsReturned`` for a code used twice."""
        return self._one(attempt_code=attempt_code)

    def get_exam_attempt_by_external_id(self, external_id: str) -> "ProctoredExamStudentAttempt | None":
        """Return the attempt with the provider's id, or None. Raises ``MultipleObjectsReturned`` as above."""
        return self._one(external_id=external_id)

    def get_all_exam_attempts(self, course_id: str) -> ProctoredExamStudentAttemptQuerySet:
        """Return all attempts of a course, newest first."""
        return self.filter(proctored_exam__course_id=course_id).with_exam_and_user().newest_first()

    def get_all_exam_attempts_by_exam_id(self, exam_id: int) -> ProctoredExamStudentAttemptQuerySet:
        """Return all attempts at an exam, unordered."""
        return self.filter(proctored_exam_id=exam_id).with_exam_and_user()

    def get_proctored_practice_attempts_by_course_id(
        self, course_id: str, users: Collection[Any] | None = None
    ) -> ProctoredExamStudentAttemptQuerySet:
        """Return proctored attempts at the active practice exams of a course, latest change first.

        ``users``: User instances or ids to restrict to; an empty collection restricts nothing.
        """
        attempts = self.filter(
            proctored_exam__course_id=course_id,
            proctored_exam__is_practice_exam=True,
            proctored_exam__is_active=True,
            taking_as_proctored=True,
        )
        if users:
            attempts = attempts.filter(user__in=users)
        return attempts.with_exam_and_user().order_by("-modified", "-id")

    def get_last_verified_proctored_onboarding_attempts(
        self, users: Iterable[Any], proctoring_backend: str
    ) -> ProctoredExamStudentAttemptQuerySet:
        """Return verified, still valid onboarding attempts with one provider in any course, latest change first.

        ``users``: User instances or ids. A verification is valid for ``constants.VERIFICATION_DAYS_VALID`` days.
        """
        earliest_allowed = timezone.now() - timedelta(days=constants.VERIFICATION_DAYS_VALID)
        return (
            self.filter(
                user__in=users,
                taking_as_proctored=True,
                proctored_exam__is_practice_exam=True,
                proctored_exam__backend=proctoring_backend,
                status=ProctoredExamStudentAttemptStatus.verified,
                modified__gt=earliest_allowed,
            )
            .with_exam_and_user()
            .order_by("-modified", "-id")
        )

    def get_filtered_exam_attempts(self, course_id: str, search_by: str) -> ProctoredExamStudentAttemptQuerySet:
        """Return the attempts of a course whose learner's username or e-mail contains ``search_by``, newest first."""
        return (
            self.filter(proctored_exam__course_id=course_id)
            .filter(Q(user__username__contains=search_by) | Q(user__email__contains=search_by))
            .with_exam_and_user()
            .newest_first()
        )

    def get_proctored_exam_attempts(self, course_id: str, username: str) -> ProctoredExamStudentAttemptQuerySet:
        """Return a learner's proctored, non-practice attempts of a course, latest submission first."""
        return (
            self.filter(
                proctored_exam__course_id=course_id,
                user__username=username,
                taking_as_proctored=True,
                is_sample_attempt=False,
            )
            .with_exam_and_user()
            .order_by("-completed_at")
        )

    def get_active_student_attempts(
        self, user_id: int, course_id: str | None = None
    ) -> ProctoredExamStudentAttemptQuerySet:
        """Return the learner's attempts whose clock is ticking, newest first; of one course if one is given."""
        attempts = self.filter(user_id=user_id).running()
        if course_id is not None:
            attempts = attempts.filter(proctored_exam__course_id=course_id)
        return attempts.with_exam_and_user().newest_first()

    def clear_onboarding_errors(self, user_id: int, *, backend: str | None = None) -> None:
        """Delete the learner's attempts that were refused for onboarding reasons.

        Providers are asked first to remove them, best-effort: a provider that fails or does not
        confirm never blocks the local removal. ``backend``: only exams of this provider; None for
        the exams of every provider.
        """
        attempts = self.filter(user_id=user_id).with_onboarding_error()
        if backend is not None:
            attempts = attempts.of_provider(backend)
        attempt_removal._remove_exam_attempts_from_backend(attempts.select_related("proctored_exam"))
        attempts.delete()

    def get_user_attempts_by_exam_id(self, user_id: int, exam_id: int) -> ProctoredExamStudentAttemptQuerySet:
        """Return the learner's attempts at an exam, newest first."""
        return self.filter(user_id=user_id, proctored_exam_id=exam_id).with_exam_and_user().newest_first()

    def _one(self, **criteria: Any) -> "ProctoredExamStudentAttempt | None":
        try:
            return self.get_queryset().with_exam_and_user().get(**criteria)
        except self.model.DoesNotExist:
            return None


class ProctoredExamStudentAttempt(TimeStampedModel):
    """One learner's passage through one exam; a learner may have several, the newest counts.

    A row is made when the learner enters the exam (or staff, or a cascade, on their behalf). It is
    deleted when staff reset the attempt; its history rows stay and are the archive through which
    late reviews find it. By status:

    1. ``created``, ``download_software_clicked``, ``ready_to_start``: not started; ended by the
       learner (start, decline) or the provider (ready callback).
    2. ``started``, ``ready_to_submit``: the clock ticks; ended by the learner (submit), by the
       clock (time-out) or by the provider's software (error).
    3. ``submitted``: waits for the provider's review; timed and practice attempts stay here.
    4. ``second_review_required``: waits for a person of the course team.
    5. ``verified``, ``rejected``, ``error``, ``declined``, ``timed_out``: over, until staff say otherwise.
    6. ``onboarding_missing|pending|failed|expired``: the provider refused the registration; ended
       by the learner's onboarding, which deletes the row.
    7. ``onboarding_reset``: a practice attempt that a newer one replaced.

    Which may follow which is decided in ``api.transitions`` and nowhere else.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, db_index=True, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, db_index=True, on_delete=models.CASCADE)
    started_at = models.DateTimeField(null=True)
    # Set at submission, kept afterwards.
    completed_at = models.DateTimeField(null=True)
    # Our opaque code: shown to the learner, echoed by providers. Unique by construction, not by the database.
    attempt_code = models.CharField(max_length=255, null=True, db_index=True)
    # The provider's id of this attempt.
    external_id = models.CharField(max_length=255, null=True, db_index=True)
    # Fixed when the attempt starts: exam, allowances and due date taken together.
    allowed_time_limit_mins = models.IntegerField(null=True)
    status = models.CharField(max_length=64)
    # False once the learner opted out of proctoring.
    taking_as_proctored = models.BooleanField(default=False, verbose_name=gettext_noop("Taking as Proctored"))
    # Practice or onboarding.
    is_sample_attempt = models.BooleanField(default=False, verbose_name=gettext_noop("Is Sample Attempt"))
    # No foreign key: points to a live or an archived policy.
    review_policy_id = models.IntegerField(null=True)
    # The learner has put the notice about the result away.
    is_status_acknowledged = models.BooleanField(default=False)
    # What was left when an error interrupted the attempt; the limit of the attempt that resumes it.
    time_remaining_seconds = models.IntegerField(null=True)
    # Errored, and staff may let the learner take it up again.
    is_resumable = models.BooleanField(default=False, verbose_name=gettext_noop("Is Resumable"))
    # Staff did so.
    ready_to_resume = models.BooleanField(default=False, verbose_name=gettext_noop("Ready to Resume"))
    # The learner took it up with a new attempt.
    resumed = models.BooleanField(default=False, verbose_name=gettext_noop("Resumed"))

    history = PinnedHistoricalRecords(
        table_name="proctoring_proctoredexamstudentattempt_history",
        indexes=[
            # "Which attempt did this late review's code belong to?"
            models.Index(fields=["attempt_code", "modified"], name="proctoring_hist_code_mod_idx"),
        ],
    )

    objects: ClassVar[ProctoredExamStudentAttemptManager] = ProctoredExamStudentAttemptManager()

    class Meta:
        db_table = "proctoring_proctoredexamstudentattempt"
        verbose_name = "proctored exam attempt"
        indexes = [
            # "What is this learner's current attempt at this exam?": each page of an exam asks it.
            models.Index(fields=["proctored_exam", "user", "created"], name="proctoring_att_current_idx"),
            # "Which attempts at this exam are the newest?": the first page of the course team's list asks it.
            models.Index(fields=["proctored_exam", "created"], name="proctoring_att_newest_idx"),
            # "Which attempts at this exam have this status?": the course team's list with a filter asks it.
            models.Index(fields=["proctored_exam", "status", "created"], name="proctoring_att_status_idx"),
            # "What changed last at this exam?": the filtered list of onboarding statuses asks it.
            models.Index(fields=["proctored_exam", "modified"], name="proctoring_att_changed_idx"),
            # "Is this learner in an exam right now?": the timer bar of each course page asks it.
            models.Index(fields=["user", "status"], name="proctoring_att_running_idx"),
        ]

    def __str__(self) -> str:
        return f"attempt_id={self.pk} exam_id={self.proctored_exam_id} user_id={self.user_id} status={self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the attempt. Raises ``DatabaseError`` if it was removed meanwhile: a reset is not undone by a save."""
        stays_here = kwargs.get("using") in (None, self._state.db)
        if not args and not self._state.adding and self.pk is not None and stays_here:
            kwargs.setdefault("force_update", not kwargs.get("force_insert", False))
        super().save(*args, **kwargs)

    @classmethod
    def create_exam_attempt(
        cls,
        exam_id: int,
        user_id: int,
        attempt_code: str,
        taking_as_proctored: bool,
        is_sample_attempt: bool,
        external_id: str | None,
        review_policy_id: int | None = None,
        status: str | None = None,
        time_remaining_seconds: int | None = None,
    ) -> Self:
        """Make a row, without limit and times; ``status`` falls back to ``created``."""
        return cls.objects.create(
            proctored_exam_id=exam_id,
            user_id=user_id,
            attempt_code=attempt_code,
            taking_as_proctored=taking_as_proctored,
            is_sample_attempt=is_sample_attempt,
            external_id=external_id,
            status=status or ProctoredExamStudentAttemptStatus.created,
            review_policy_id=review_policy_id,
            time_remaining_seconds=time_remaining_seconds,
        )

    @classmethod
    def get_historic_attempt_by_code(cls, attempt_code: str) -> Self | None:
        """Return an unsaved attempt as the archive remembers it last, or None.

        It has its former ``pk``, so ``.history`` works on it. Finds live attempts as well.
        """
        newest = cls.history.filter(attempt_code=attempt_code).order_by("-modified", "-history_id").first()
        return None if newest is None else newest.instance

    def delete_exam_attempt(self) -> None:
        """Delete the row; its history stays."""
        self.delete()


# Made by ``ProctoredExamStudentAttempt.history``, which puts it here.
HistoricalProctoredExamStudentAttempt: type[Any]
