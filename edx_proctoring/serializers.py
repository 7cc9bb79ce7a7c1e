"""The dictionaries that this app hands out: exams, attempts, allowances, review policies.

Spec: rest-api.md 3. Names and order of the fields are public. Some dates are formatted and some
stay ``datetime``: contract, see python-api.md 2. ``.data`` is a mutable dict, and callers add to it.
"""

import logging
from typing import ClassVar

from django.apps import apps
from django.contrib.auth import get_user_model
from rest_framework import serializers

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.utils.storable import ID_RULES

log = logging.getLogger(__name__)


class ProctoredExamSerializer(serializers.ModelSerializer):
    """An exam. ``due_date`` stays a ``datetime``. As input: a new exam, one per course and content."""

    id = serializers.IntegerField(required=False)
    course_id = serializers.CharField(required=True, **ID_RULES)
    content_id = serializers.CharField(required=True, **ID_RULES)
    external_id = serializers.CharField(required=True, **ID_RULES)
    exam_name = serializers.CharField(required=True)
    time_limit_mins = serializers.IntegerField(required=True, min_value=0, max_value=MAX_MINUTES)
    is_proctored = serializers.BooleanField(required=True)
    is_practice_exam = serializers.BooleanField(required=True)
    is_active = serializers.BooleanField(required=True)
    due_date = serializers.DateTimeField(required=False, format=None)
    hide_after_due = serializers.BooleanField(required=True)
    backend = serializers.CharField(required=False, allow_null=True, **ID_RULES)

    class Meta:
        model = ProctoredExam
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "course_id",
            "content_id",
            "external_id",
            "exam_name",
            "time_limit_mins",
            "is_proctored",
            "is_practice_exam",
            "is_active",
            "due_date",
            "hide_after_due",
            "backend",
        )

    def validate_backend(self, backend: str | None) -> str | None:
        """Accept any name, None for the default; warn about one that no installed provider has.

        Refusing it would stop a course from being published while its provider is being set up.
        """
        known = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
        if backend is not None and backend not in known:
            log.warning("exam names an unknown provider: backend=%s known=%s", backend, ",".join(sorted(known)))
        return backend


class ProctoredExamJSONSafeSerializer(ProctoredExamSerializer):
    """An exam as providers get it: ``due_date`` is an ISO 8601 string."""

    due_date = serializers.DateTimeField(required=False)


class ProctoredExamRegistrationSerializer(ProctoredExamSerializer):
    """An exam as registered in bulk: it may exist already, and need not have a provider's id or a due date."""

    external_id = serializers.CharField(required=False, allow_null=True, **ID_RULES)
    due_date = serializers.DateTimeField(required=False, allow_null=True, format=None)

    class Meta(ProctoredExamSerializer.Meta):
        # Registration updates what it finds, so the pair of course and content may be taken.
        validators: ClassVar[list[object]] = []


class UserSerializer(serializers.ModelSerializer):
    """A user: what staff need to tell learners apart."""

    id = serializers.IntegerField(required=False)
    username = serializers.CharField(required=True)
    email = serializers.CharField(required=True)

    class Meta:
        model = get_user_model()
        fields: ClassVar[tuple[str, ...]] = ("id", "username", "email")


class ProctoredExamStudentAttemptSerializer(serializers.ModelSerializer):
    """An attempt with its learner and exam. ``started_at`` and ``completed_at`` stay ``datetime``."""

    proctored_exam = ProctoredExamSerializer(read_only=True)
    user = UserSerializer(read_only=True)
    started_at = serializers.DateTimeField(format=None, allow_null=True)
    completed_at = serializers.DateTimeField(format=None, allow_null=True)

    class Meta:
        model = ProctoredExamStudentAttempt
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "created",
            "modified",
            "user",
            "started_at",
            "completed_at",
            "external_id",
            "status",
            "proctored_exam",
            "allowed_time_limit_mins",
            "attempt_code",
            "is_sample_attempt",
            "taking_as_proctored",
            "review_policy_id",
            "is_status_acknowledged",
            "time_remaining_seconds",
            "is_resumable",
            "ready_to_resume",
            "resumed",
        )


class ProctoredExamStudentAllowanceSerializer(serializers.ModelSerializer):
    """An allowance with its learner and exam."""

    proctored_exam = ProctoredExamSerializer(read_only=True)
    user = UserSerializer(read_only=True)

    class Meta:
        model = ProctoredExamStudentAllowance
        fields: ClassVar[tuple[str, ...]] = ("id", "created", "modified", "user", "key", "value", "proctored_exam")


class ProctoredExamReviewPolicySerializer(serializers.ModelSerializer):
    """A review policy with its exam and its author."""

    proctored_exam = ProctoredExamSerializer(read_only=True)
    set_by_user = UserSerializer(read_only=True)

    class Meta:
        model = ProctoredExamReviewPolicy
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "created",
            "modified",
            "set_by_user",
            "proctored_exam",
            "review_policy",
        )
