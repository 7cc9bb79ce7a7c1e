"""The dictionaries that this app hands out: exams, attempts, allowances, review policies.

Contract: contract/rest-rules#objects. Names and order of the fields are public. Some dates are formatted and some
stay ``datetime``: contract, see contract/data-shapes#exam and contract/data-shapes#attempt. ``.data`` is a mutable
dict, and callers add to it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
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


def data_of(serializer: type[serializers.ModelSerializer], instance: Model) -> dict[str, Any]:
    """Return what ``serializer(instance).data`` holds, as a fresh dict, many times as fast (``bench/object_dicts.py``).

    Instantiating a serializer rebuilds every field, which takes longer than the queries of a page. Here
    its fields are looked at once, and a value that has the type of its field is taken as it is.
    """
    return _reader(serializer).read(instance)


# What these fields do with a value of this very type: nothing.
_TAKEN_AS_IT_IS: Final[Mapping[type[serializers.Field], type]] = {
    serializers.IntegerField: int,
    serializers.CharField: str,
    serializers.BooleanField: bool,
}


class _Reader:
    """Reads instances the way one serializer does."""

    def __init__(self, serializer: serializers.BaseSerializer) -> None:
        self._fields: list[tuple[str, type | None, serializers.Field]] = []
        self._nested: dict[str, _Reader] = {}
        fields: Mapping[str, serializers.Field] = serializer.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            if field.write_only or field.source != name:
                raise TypeError(f"{type(serializer).__name__}.{name}: only fields named as in the model can be read")
            self._fields.append((name, _taken_as_it_is(field), field))
            if isinstance(field, serializers.Serializer):
                self._nested[name] = _Reader(field)

    def read(self, instance: Model) -> dict[str, Any]:
        """Return the fields in their order."""
        data: dict[str, Any] = {}
        for name, kind, field in self._fields:
            try:
                value = getattr(instance, name)
            except ObjectDoesNotExist:
                # An archived row outlives what it refers to.
                value = None
            if value is None or type(value) is kind:
                data[name] = value
            elif name in self._nested:
                data[name] = self._nested[name].read(value)
            else:
                data[name] = field.to_representation(value)
        return data

    def columns(self, prefix: str = "", *, without: str = "") -> tuple[str, ...]:
        """Return the names for ``QuerySet.values()`` that ``read_columns`` needs. ``without``: a nested object."""
        found: list[str] = []
        for name, _kind, _field in self._fields:
            if name in self._nested:
                found += () if name == without else self._nested[name].columns(f"{name}__")
            else:
                found.append(f"{prefix}{name}")
        return tuple(found)

    def read_columns(self, values: Mapping[str, Any], given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the fields in their order, from columns. ``given``: nested objects that are dicts already."""
        data: dict[str, Any] = {}
        for name, kind, field in self._fields:
            if name in given:
                data[name] = given[name]
            elif name in self._nested:
                data[name] = self._nested[name].read_columns(values, {}, f"{name}__")
            else:
                value = values[prefix + name]
                data[name] = value if value is None or type(value) is kind else field.to_representation(value)
        return data


def _taken_as_it_is(field: serializers.Field) -> type | None:
    if isinstance(field, serializers.DateTimeField) and getattr(field, "format", "") is None:
        return datetime
    return _TAKEN_AS_IT_IS.get(type(field))


@cache
def _reader(serializer: type[serializers.ModelSerializer]) -> _Reader:
    # Reading leaves no trace in the fields, so threads may share them.
    return _Reader(serializer())


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


def exam_dict(exam: ProctoredExam) -> dict[str, Any]:
    """Return the contract's dict of an exam, fresh: callers change it."""
    return data_of(ProctoredExamSerializer, exam)


def attempt_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    """Return the contract's dict of an attempt, fresh. No query if exam and user were loaded with it."""
    return data_of(ProctoredExamStudentAttemptSerializer, attempt)


def attempt_columns() -> tuple[str, ...]:
    """Return the columns of an attempt and its learner that ``attempt_dict_of_columns`` needs."""
    return _reader(ProctoredExamStudentAttemptSerializer).columns(without="proctored_exam")


def attempt_dict_of_columns(values: Mapping[str, Any], exam: dict[str, Any]) -> dict[str, Any]:
    """Return what ``attempt_dict`` does, fresh, from a row of ``values(*attempt_columns())``; for lists.

    ``exam``: the dict of its exam, which becomes part of the result.
    """
    return _reader(ProctoredExamStudentAttemptSerializer).read_columns(values, {"proctored_exam": exam})


def allowance_dict(allowance: ProctoredExamStudentAllowance) -> dict[str, Any]:
    """Return the contract's dict of an allowance, fresh."""
    return data_of(ProctoredExamStudentAllowanceSerializer, allowance)
