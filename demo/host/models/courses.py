"""Courses and their draft tree. Learners see the snapshot in ``CourseRun.published``."""

from __future__ import annotations

from django.db import models


class CourseRun(models.Model):
    """One run of a course: what the platform stores as modulestore course, course overview and waffle flags.

    ``published`` is the tree that learners see (``published_course.snapshot``), None before the first publish.
    ``published_version`` counts publishes.

    .. no_pii:
    """

    course_id = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    self_paced = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False, help_text="Anonymous visitors may read the outline.")
    graceperiod = models.PositiveIntegerField(default=0, help_text="Seconds after a due date.")
    enable_timed_exams = models.BooleanField(default=True)
    enable_proctored_exams = models.BooleanField(default=True)
    allow_proctoring_opt_out = models.BooleanField(default=False)
    proctoring_provider = models.CharField(max_length=255, null=True, blank=True)
    proctoring_escalation_email = models.CharField(max_length=255, null=True, blank=True)
    create_zendesk_tickets = models.BooleanField(default=True)
    is_credit_course = models.BooleanField(default=False)
    exams_ida = models.BooleanField(default=False, help_text="Course waffle flag course_apps.exams_ida.")
    rejected_exam_overrides_grade = models.BooleanField(
        default=False, help_text="Course waffle flag grades.rejected_exam_overrides_grade."
    )
    other_course_settings = models.JSONField(
        default=dict, blank=True, help_text="Advanced settings that no field has, such as SAFE_EXAM_BROWSER."
    )
    published = models.JSONField(null=True, blank=True)
    published_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["course_id"]

    def __str__(self) -> str:
        return self.course_id


class Section(models.Model):
    """A chapter of the draft.

    .. no_pii:
    """

    course = models.ForeignKey(CourseRun, on_delete=models.CASCADE, related_name="sections")
    usage_key = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.usage_key


class Sequence(models.Model):
    """A subsection of the draft; the four flags say which kind of exam it is.

    ``display_name`` and ``default_time_limit_minutes`` may be empty: a new subsection has neither, and publishing must
    accept that. ``edited_by`` is -1 after an edit by the system.

    .. no_pii:
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="sequences")
    usage_key = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255, null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_time_limited = models.BooleanField(default=False)
    is_proctored_enabled = models.BooleanField(default=False)
    is_practice_exam = models.BooleanField(default=False)
    is_onboarding_exam = models.BooleanField(default=False)
    default_time_limit_minutes = models.PositiveIntegerField(null=True, blank=True)
    exam_review_rules = models.CharField(max_length=255, blank=True)
    hide_after_due = models.BooleanField(default=False)
    due = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.IntegerField(default=-1)
    prerequisite = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.usage_key


class Unit(models.Model):
    """A page of a subsection.

    .. no_pii:
    """

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="units")
    usage_key = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.usage_key


class Problem(models.Model):
    """A question with choices (``choices`` holds a list) or, without choices, a line of text.

    .. no_pii:
    """

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="problems")
    usage_key = models.CharField(max_length=255, unique=True)
    prompt = models.TextField()
    choices = models.JSONField(default=list, blank=True)
    answer = models.CharField(max_length=255)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.usage_key
