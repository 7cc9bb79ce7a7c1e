"""The objects of version 2 as serializers. Contract: contract/rest-v2#attempt, contract/rest-v2#exam.

They read the service layer's dataclasses, whose attributes have the same names.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edx_proctoring.api.course_staff.effect_list import EffectRow
from edx_proctoring.views.problem_details import CATALOGUE

__all__ = [
    "AllowanceSerializer",
    "AttemptSerializer",
    "DeadlineSerializer",
    "DecisionSerializer",
    "DeskSerializer",
    "EffectSerializer",
    "ExamRefSerializer",
    "ExamSerializer",
    "HistorySerializer",
    "InboxSerializer",
    "JobRowSerializer",
    "JobSerializer",
    "LearnerSerializer",
    "MeasureSerializer",
    "NoteSerializer",
    "OnboardingSerializer",
    "OutcomeSerializer",
    "PersonSerializer",
    "ProviderSerializer",
    "ReviewDetailSerializer",
    "ReviewRefSerializer",
    "ReviewSerializer",
    "TransitionSerializer",
    "TriedEffectSerializer",
    "UndoneSerializer",
]


# Why a row of a job was skipped, besides the codes of problems.
ROW_SENTENCES: Mapping[str, Any] = {
    "gone": _("There is nothing left to do."),
    "nothing_to_do": _("There is nothing to do."),
    # Of rows about allowances.
    "user_ambiguous": _("Several users have this name or e-mail address. Give the exact username."),
    "exam_not_found": _("The course has no exam with this id, name or content id."),
    "exam_ambiguous": _("Several exams of the course have this name. Give the id of the exam."),
    "not_your_course": _("This exam belongs to another course."),
    "duplicate_row": _("A row above has the same learner, exam and type."),
}


class ReadOnlySerializer(serializers.Serializer):
    """A serializer of replies."""


class LearnerSerializer(ReadOnlySerializer):
    """A learner, as staff know them."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()
    full_name = serializers.CharField()


class PersonSerializer(ReadOnlySerializer):
    """The person who acted."""

    id = serializers.IntegerField()
    username = serializers.CharField()


class ExamRefSerializer(ReadOnlySerializer):
    """An exam by name."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    type = serializers.CharField()


class DeskExamSerializer(ExamRefSerializer):
    """An exam to choose from."""

    due_date = serializers.DateTimeField(allow_null=True)
    is_active = serializers.BooleanField()


class ProviderSerializer(ReadOnlySerializer):
    """A proctoring provider."""

    name = serializers.CharField()
    verbose_name = serializers.CharField()


class ExamSerializer(ExamRefSerializer):
    """An exam with the number of learners per status; ``external_id`` for global staff only."""

    course_id = serializers.CharField()
    content_id = serializers.CharField()
    time_limit_minutes = serializers.IntegerField()
    due_date = serializers.DateTimeField(allow_null=True)
    hide_after_due = serializers.BooleanField()
    is_active = serializers.BooleanField()
    provider = ProviderSerializer(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    external_id = serializers.CharField(allow_null=True, required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the exam as the caller may see it."""
        data: dict[str, Any] = super().to_representation(instance)
        if not self.context["request"].user.is_staff:
            del data["external_id"]
        return data


class MeasureSerializer(ReadOnlySerializer):
    """Something that staff put in force in an exam."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    exam_id = serializers.IntegerField()
    user_id = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    opened_by = PersonSerializer(allow_null=True)
    closed_by = PersonSerializer(allow_null=True)
    is_in_force = serializers.BooleanField()


class ExamOutageSerializer(ReadOnlySerializer):
    """An exam that is taken without its provider, or with attempts to decide about."""

    exam_id = serializers.IntegerField()
    measure = MeasureSerializer(allow_null=True)
    undecided = serializers.IntegerField()


class NoteSerializer(ReadOnlySerializer):
    """What an invigilator saw; ``outcome`` is ``retracted`` if it was wrong."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    exam = ExamRefSerializer()
    user = LearnerSerializer(allow_null=True)
    attempt_id = serializers.IntegerField(allow_null=True)
    # The base class has an attribute of this name.
    source = serializers.CharField()  # type: ignore[assignment]
    opened_at = serializers.DateTimeField()
    opened_by = PersonSerializer(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = PersonSerializer(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)


class DeskSerializer(ReadOnlySerializer):
    """The exam desk of a course; only ``enabled`` where it is off."""

    enabled = serializers.BooleanField()
    is_global_staff = serializers.BooleanField(required=False)
    features = serializers.DictField(child=serializers.BooleanField(), required=False)
    note_categories = serializers.ListField(child=serializers.CharField(), required=False)
    refresh_seconds = serializers.IntegerField(required=False)
    exams = DeskExamSerializer(many=True, required=False)
    counts = serializers.DictField(child=serializers.IntegerField(), required=False)
    outages = ExamOutageSerializer(many=True, required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the desk."""
        if not instance.enabled:
            return {"enabled": False}
        data: dict[str, Any] = super().to_representation(instance)
        return data


class ReviewRefSerializer(ReadOnlySerializer):
    """The verdict on an attempt; ``reviewed_by`` is null if the provider decided."""

    review_status = serializers.CharField()
    is_passing = serializers.BooleanField()
    received_at = serializers.DateTimeField()
    reviewed_by = PersonSerializer(allow_null=True, required=False)


def _dashboard_url(course_id: str, exam: Any, external_id: str | None) -> str | None:
    if not exam.has_dashboard or not external_id:
        return None
    url = reverse("edx_proctoring:instructor_dashboard_exam", args=[course_id, exam.id])
    return f"{url}?{urlencode({'attempt': external_id})}"


# What the learner whose attempt it is does not see.
_FOR_STAFF = ("attempt_code", "dashboard_url", "actions")


class AttemptSerializer(ReadOnlySerializer):
    """An attempt. Its learner, who is not staff, sees a part of it."""

    id = serializers.IntegerField()
    attempt_code = serializers.CharField(allow_null=True, required=False)
    exam = ExamRefSerializer()
    user = LearnerSerializer()
    status = serializers.CharField()
    taking_as_proctored = serializers.BooleanField()
    is_practice = serializers.BooleanField()
    attempt_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    time_remaining_seconds = serializers.FloatField(allow_null=True)
    during_outage = serializers.BooleanField()
    allowed_minutes = serializers.IntegerField(allow_null=True)
    extended_minutes = serializers.IntegerField()
    is_resumable = serializers.BooleanField()
    ready_to_resume = serializers.BooleanField()
    resumed = serializers.BooleanField()
    review = ReviewRefSerializer(allow_null=True)
    dashboard_url = serializers.SerializerMethodField()
    actions = serializers.ListField(child=serializers.CharField(), required=False)

    def get_dashboard_url(self, attempt: Any) -> str | None:
        """Return where the provider shows its session, None if it has no dashboard or does not know the attempt."""
        return _dashboard_url(attempt.course_id, attempt.exam, attempt.external_id)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the attempt as the caller may see it."""
        data: dict[str, Any] = super().to_representation(instance)
        if not self.context["view"].is_for_staff:
            for name in _FOR_STAFF:
                del data[name]
            if data["review"] is not None:
                del data["review"]["reviewed_by"]
        return data


class HistoryEntrySerializer(ReadOnlySerializer):
    """One thing that happened; ``text``: what a person wrote about it."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    actor = LearnerSerializer(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]


class HistorySerializer(ReadOnlySerializer):
    """The timeline of an attempt, oldest first."""

    attempt_id = serializers.IntegerField()
    attempt_code = serializers.CharField(allow_blank=True, required=False)
    is_removed = serializers.BooleanField()
    entries = HistoryEntrySerializer(many=True)
    is_more = serializers.BooleanField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the timeline; the learner does not see the code."""
        data: dict[str, Any] = super().to_representation(instance)
        if not self.context["view"].is_for_staff:
            del data["attempt_code"]
        return data


class TransitionSerializer(ReadOnlySerializer):
    """What was done. ``changed``: false where nothing was done on purpose; ``attempt``: as it is then."""

    attempt_id = serializers.IntegerField()
    changed = serializers.BooleanField()
    attempt = AttemptSerializer()


class ReviewSerializer(ReviewRefSerializer):
    """A review in a list. ``attempt_id`` and ``attempt_status`` are null if the attempt was removed."""

    attempt_id = serializers.IntegerField(allow_null=True)
    attempt_code = serializers.CharField()
    attempt_status = serializers.CharField(allow_null=True)
    exam = ExamRefSerializer()
    user = LearnerSerializer(allow_null=True)
    is_decided = serializers.BooleanField()


class CommentSerializer(ReadOnlySerializer):
    """A reviewer's comment on a part of the recording, in seconds from its start."""

    start = serializers.IntegerField()
    stop = serializers.IntegerField()
    duration = serializers.IntegerField()
    status = serializers.CharField()
    comment = serializers.CharField()


class ReviewDetailSerializer(ReviewSerializer):
    """One review with its comments; ``video_url``: the provider's page about the session, null if it has none."""

    comments = CommentSerializer(many=True)
    video_url = serializers.SerializerMethodField()

    def get_video_url(self, review: Any) -> str | None:
        """Return the URL."""
        return _dashboard_url(review.course_id, review.exam, review.external_id)


class DecisionSerializer(ReadOnlySerializer):
    """What was decided: the attempt's status, and its review."""

    attempt_id = serializers.IntegerField()
    status = serializers.CharField()
    review = ReviewSerializer()


class JobRowErrorSerializer(ReadOnlySerializer):
    """Why a row was skipped or failed."""

    code = serializers.CharField()
    detail = serializers.CharField()


class JobRowSerializer(ReadOnlySerializer):
    """A row of a job. ``line``: of a file; ``success``: false also while it waits."""

    position = serializers.IntegerField()
    line = serializers.IntegerField(allow_null=True)
    exam_id = serializers.IntegerField(allow_null=True)
    user = LearnerSerializer(allow_null=True)
    attempt_id = serializers.IntegerField(allow_null=True)
    success = serializers.BooleanField()
    status = serializers.CharField()
    error = serializers.SerializerMethodField()
    result = serializers.DictField()

    def get_error(self, row: Any) -> Any:
        """Return code and sentence; None for a row that is done or waits."""
        if not row.error_code:
            return None
        sentence = row.message or ROW_SENTENCES.get(row.error_code) or CATALOGUE[row.error_code].sentence
        return JobRowErrorSerializer({"code": row.error_code, "detail": str(sentence)}).data


class JobSerializer(ReadOnlySerializer):
    """A job. ``code`` and ``rows_url`` are null for a dry run, which has ``rows``, with ``is_more`` if not all."""

    code = serializers.CharField(allow_null=True)
    kind = serializers.CharField()
    course_id = serializers.CharField()
    exam_id = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    dry_run = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField()
    created_at = serializers.DateTimeField()
    created_by = PersonSerializer(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    rows_url = serializers.SerializerMethodField()
    rows = JobRowSerializer(many=True, required=False)
    is_more = serializers.BooleanField(required=False)

    def get_rows_url(self, job: Any) -> str | None:
        """Return where the rows are."""
        return None if job.code is None else reverse("edx_proctoring:edx_proctoring_v2:job-rows", args=[job.code])


class ExtensionSerializer(ReadOnlySerializer):
    """Minutes that staff added while the clock ran."""

    minutes = serializers.IntegerField()
    by = serializers.IntegerField(allow_null=True, required=False)
    at = serializers.DateTimeField()
    reason = serializers.CharField(required=False)


class DeadlineSerializer(ReadOnlySerializer):
    """Why a learner's time ends when it ends (contract/timing#explanation)."""

    exam_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    attempt_id = serializers.IntegerField(allow_null=True)
    base_limit_minutes = serializers.IntegerField()
    allowance_minutes = serializers.IntegerField(allow_null=True)
    carry_over_seconds = serializers.IntegerField(allow_null=True)
    limit_minutes = serializers.IntegerField()
    due_date = serializers.DateTimeField(allow_null=True)
    due_date_source = serializers.CharField(allow_null=True)
    course_end = serializers.DateTimeField(allow_null=True)
    allowed_minutes = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    is_running = serializers.BooleanField()
    extensions = ExtensionSerializer(many=True)
    binding = serializers.CharField()
    sentence = serializers.CharField()
    too_late_minutes = serializers.IntegerField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the explanation; the learner does not see who extended the attempt, and why."""
        data: dict[str, Any] = super().to_representation(instance)
        if not self.context["view"].is_for_staff:
            for extension in data["extensions"]:
                del extension["by"], extension["reason"]
        return data


class EffectSerializer(ReadOnlySerializer):
    """An effect that was not delivered. ``attempt_id`` and ``user`` are null if it is about an exam."""

    id = serializers.IntegerField()
    attempt_id = serializers.IntegerField(allow_null=True)
    exam = ExamRefSerializer()
    user = LearnerSerializer(allow_null=True)
    kind = serializers.CharField()
    call = serializers.CharField()
    to_status = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    tries = serializers.IntegerField()
    next_try_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class TriedEffectSerializer(EffectSerializer):
    """An effect after one more try. One that waits no more has only ``id`` and ``state``."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields; all but two may be missing."""
        fields: dict[str, serializers.Field] = super().get_fields()
        for name in fields.keys() - {"id", "state"}:
            fields[name].required = False
        return fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the effect, or what became of it."""
        if isinstance(instance, EffectRow):
            data: dict[str, Any] = super().to_representation(instance)
            return data
        return {"id": instance.id, "state": instance.state}


class InboxSerializer(ReadOnlySerializer):
    """A review as it came in, without its body."""

    id = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    attempt_code = serializers.CharField()
    outcome = serializers.CharField()
    backend = serializers.CharField(allow_blank=True)


class OutcomeSerializer(ReadOnlySerializer):
    """What became of a review that was received again."""

    outcome = serializers.CharField()


class OnboardingSerializer(ReadOnlySerializer):
    """How far a learner is with onboarding; ``source``: ``local``, our attempts, or ``provider``, its profiles."""

    user = LearnerSerializer()
    enrollment_mode = serializers.CharField(allow_null=True)
    status = serializers.CharField(allow_null=True)
    modified_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    attempt_id = serializers.IntegerField(allow_null=True)
    # Fields have an attribute of this name; a serializer that is no field of another does not use it.
    source = serializers.CharField()  # type: ignore[assignment]


class AllowanceSerializer(ReadOnlySerializer):
    """An allowance; ``total_minutes``: with the exam's limit. ``change_id``: by which the last change can be undone."""

    id = serializers.IntegerField()
    exam = ExamRefSerializer()
    user = LearnerSerializer()
    type = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    total_minutes = serializers.IntegerField(allow_null=True)
    granted_by = PersonSerializer(allow_null=True)
    granted_at = serializers.DateTimeField(allow_null=True)
    change_id = serializers.IntegerField(allow_null=True)
    modified_at = serializers.DateTimeField()
    running_attempt_id = serializers.IntegerField(allow_null=True)


class UndoneSerializer(ReadOnlySerializer):
    """What an allowance was before it was undone, and what it is now; null without an allowance."""

    before = serializers.CharField(allow_null=True, allow_blank=True)
    after = serializers.CharField(allow_null=True, allow_blank=True)
    undone = serializers.SerializerMethodField()
    allowance_id = serializers.IntegerField(allow_null=True)
    running_attempt_id = serializers.IntegerField(allow_null=True)

    def get_undone(self, change: Any) -> bool:
        """Return that it is done."""
        return True
