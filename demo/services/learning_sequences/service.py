"""Outlines as a learner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import dates, published_course
from demo.host.models import CourseRun
from edx_proctoring.api import get_attempt_status_summary
from edx_proctoring.exceptions import ProctoredExamNotFoundException


class OutlineDoesNotExist(Exception):
    """The course has no published outline. As on the platform, plug-ins cannot import this exception."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The subsections that a learner may open."""

    course_key: CourseKey
    accessible_sequences: frozenset[UsageKey]


@dataclass(frozen=True, slots=True)
class SequenceDates:
    """Dates of one subsection; all three may be None."""

    usage_key: UsageKey
    start: datetime | None
    effective_start: datetime | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Dates of a course and its subsections."""

    course_start: datetime | None
    course_end: datetime | None
    sequences: dict[UsageKey, SequenceDates]


@dataclass(frozen=True, slots=True)
class OutlineDetails:
    """Outline, schedule, and this package's status summary of each exam."""

    outline: Outline
    schedule: Schedule
    special_exam_attempts: dict[UsageKey, dict[str, Any]]


class LearningSequencesService:
    """Outlines of published courses."""

    def get_user_course_outline_details(self, course_key: CourseKey, user: Any, at_time: datetime) -> OutlineDetails:
        """Outline with dates. ``course_key`` must be a key object, ``at_time`` aware.

        Platform oddities: it calls ``get_attempt_status_summary`` of this package for each exam; an unpublished course
        and an old-style key raise an exception that the caller cannot import.
        """
        course, outline = self._outline(course_key, at_time)
        schedule: dict[UsageKey, SequenceDates] = {}
        attempts: dict[UsageKey, dict[str, Any]] = {}
        for sequence in published_course.sequences(course):
            key = UsageKey.from_string(sequence.usage_key)
            schedule[key] = SequenceDates(
                usage_key=key,
                start=sequence.starts_at,
                effective_start=sequence.starts_at,  # None when the author set no date
                due=dates.due(course, sequence.usage_key, getattr(user, "id", None)),
            )
            if sequence.is_time_limited and not course.exams_ida:
                try:
                    summary = get_attempt_status_summary(getattr(user, "id", None), str(course_key), str(key))
                except ProctoredExamNotFoundException:
                    summary = None
                if summary:
                    attempts[key] = summary
        return OutlineDetails(
            outline=outline,
            schedule=Schedule(course.starts_at, course.ends_at, schedule),
            special_exam_attempts=attempts,
        )

    def get_user_course_outline(self, course_key: CourseKey, user: Any, at_time: datetime) -> Outline:
        """The outline alone, without calling this package."""
        return self._outline(course_key, at_time)[1]

    @staticmethod
    def _outline(course_key: CourseKey, at_time: datetime) -> tuple[CourseRun, Outline]:
        if not isinstance(course_key, CourseKey):
            raise TypeError(f"expected a CourseKey, got {type(course_key).__name__}")
        if at_time.tzinfo is None:
            raise ValueError("at_time must be aware")
        course = CourseRun.objects.filter(course_id=str(course_key)).first()
        if course is None or course.published is None or course_key.deprecated:
            raise OutlineDoesNotExist(f"no published outline for {course_key}")
        accessible = frozenset(
            UsageKey.from_string(sequence.usage_key)
            for sequence in published_course.sequences(course)
            if sequence.starts_at is None or sequence.starts_at <= at_time
        )
        return course, Outline(course_key=course_key, accessible_sequences=accessible)
