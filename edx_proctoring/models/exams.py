"""The exam: one sequence of a course that is timed or proctored."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models.exam_measures import OutageInForce
from edx_proctoring.models.history import PinnedHistoricalRecords
from edx_proctoring.models.locking import locked_row


class ProctoredExamQuerySet(models.QuerySet["ProctoredExam"]):
    """Queries for exams."""

    def existing(self, exam_id: int, /) -> "ProctoredExam":
        """Return one exam. Raises ``ProctoredExamNotFoundException``."""
        exam: ProctoredExam | None = self.filter(pk=exam_id).first()
        if exam is None:
            raise ProctoredExamNotFoundException(f"exam_id={exam_id} does not exist")
        return exam

    def locked(self, exam_id: int, /) -> "ProctoredExam":
        """Return one exam, locked until the end of the transaction. Without joins, so that no other row is locked."""
        exam = locked_row(self, exam_id)
        if exam is None:
            raise ProctoredExamNotFoundException(f"exam_id={exam_id} does not exist")
        return exam

    def with_outage(self, now: datetime) -> Self:
        """Add ``outage_id``: of the outage of the provider in force in the exam, None without one. No query more."""
        return self.annotate(outage_id=OutageInForce(now))


class ProctoredExamManager(models.Manager.from_queryset(ProctoredExamQuerySet)):  # type: ignore[misc]
    """All exams, in no particular order."""


class ProctoredExam(TimeStampedModel):
    """One special exam of a course: timed, proctored, practice or onboarding.

    A row is created when the course author publishes the sequence, or by the API. This app never deletes it: an exam
    that the author withdraws becomes inactive.

    ==================  ===============  =============================================
    ``is_proctored``    practice         Kind
    ==================  ===============  =============================================
    False               any              timed: a clock, no provider
    True                False            proctored
    True                True             practice, or onboarding if the provider has it
    ==================  ===============  =============================================

    ``backend`` null means the configured default provider.

    .. no_pii:
    """

    # Serialised course key, such as course-v1:edX+DemoX+2026.
    course_id = models.CharField(max_length=255, db_index=True)
    # Serialised usage key of the sequence.
    content_id = models.CharField(max_length=255, db_index=True)
    # The provider's id of this exam.
    external_id = models.CharField(max_length=255, null=True, db_index=True)
    exam_name = models.TextField()
    # Without allowances. May be negative: such an exam ends as soon as it starts.
    time_limit_mins = models.IntegerField()
    due_date = models.DateTimeField(null=True)
    is_proctored = models.BooleanField(default=False)
    is_practice_exam = models.BooleanField(default=False)
    is_active = models.BooleanField(default=False)
    # Hides results and content after the due date.
    hide_after_due = models.BooleanField(default=False)
    backend = models.CharField(max_length=255, null=True, default=None)

    history = PinnedHistoricalRecords(table_name="proctoring_proctoredexamhistory")

    objects: ClassVar[ProctoredExamManager] = ProctoredExamManager()

    class Meta:
        unique_together = (("course_id", "content_id"),)
        db_table = "proctoring_proctoredexam"

    def __str__(self) -> str:
        state = "active" if self.is_active else "inactive"
        return f"{self.course_id}: {self.exam_name} ({state})"

    # Look-ups of one exam use ``objects.get`` and lists ``objects.filter``, because tests of hosts replace ``filter``
    # and expect ``get`` to keep working (contract/exams#model-lookups).

    @classmethod
    def get_exam_by_content_id(cls, course_id: str, content_id: str) -> Self | None:
        """Return the exam of this sequence, or None."""
        try:
            return cls.objects.get(course_id=course_id, content_id=content_id)
        except cls.DoesNotExist:
            return None

    @classmethod
    def get_exam_by_id(cls, exam_id: int) -> Self | None:
        """Return the exam, or None."""
        try:
            return cls.objects.get(id=exam_id)
        except cls.DoesNotExist:
            return None

    @classmethod
    def get_all_exams_for_course(
        cls, course_id: str, active_only: bool = False, proctored_exams_only: bool = False
    ) -> models.QuerySet[Self]:
        """Return the exams of a course, unordered. ``proctored_exams_only`` excludes practice exams too."""
        filters: dict[str, str | bool] = {"course_id": course_id}
        if active_only:
            filters["is_active"] = True
        if proctored_exams_only:
            filters["is_proctored"] = True
            filters["is_practice_exam"] = False
        return cls.objects.filter(**filters)

    @classmethod
    def get_practice_proctored_exams_for_course(cls, course_id: str) -> models.QuerySet[Self]:
        """Return the active practice and onboarding exams of a course, unordered."""
        return cls.objects.filter(course_id=course_id, is_active=True, is_practice_exam=True, is_proctored=True)


# ``ProctoredExam.history`` creates this class and adds it to the module.
HistoricalProctoredExam: type[Any]
