"""The course tree that learners see, read from the snapshot that publishing stored.

The demo's replacement for the platform's modulestore.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from demo.host.models import CourseRun


@dataclass(frozen=True, slots=True)
class Problem:
    """A question. Without ``choices`` the learner types the answer."""

    usage_key: str
    prompt: str
    choices: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A page of a subsection."""

    usage_key: str
    display_name: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A subsection with the platform's exam fields."""

    usage_key: str
    display_name: str | None
    is_time_limited: bool
    is_proctored_enabled: bool
    is_practice_exam: bool
    is_onboarding_exam: bool
    default_time_limit_minutes: int | None
    exam_review_rules: str
    hide_after_due: bool
    due: datetime | None
    starts_at: datetime | None
    edited_by: int
    prerequisite: str | None
    units: tuple[Unit, ...]

    @property
    def title(self) -> str:
        """Its name on pages; a new subsection has none yet."""
        return self.display_name or gettext("Untitled subsection")


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter."""

    usage_key: str
    display_name: str
    sequences: tuple[Sequence, ...]


def snapshot(course: CourseRun) -> dict[str, Any]:
    """The draft as plain JSON, for ``CourseRun.published``."""
    return {
        "sections": [
            {
                "usage_key": section.usage_key,
                "display_name": section.display_name,
                "sequences": [
                    {
                        "usage_key": sequence.usage_key,
                        "display_name": sequence.display_name,
                        "is_time_limited": sequence.is_time_limited,
                        "is_proctored_enabled": sequence.is_proctored_enabled,
                        "is_practice_exam": sequence.is_practice_exam,
                        "is_onboarding_exam": sequence.is_onboarding_exam,
                        "default_time_limit_minutes": sequence.default_time_limit_minutes,
                        "exam_review_rules": sequence.exam_review_rules,
                        "hide_after_due": sequence.hide_after_due,
                        "due": sequence.due.isoformat() if sequence.due else None,
                        "starts_at": sequence.starts_at.isoformat() if sequence.starts_at else None,
                        "edited_by": sequence.edited_by,
                        "prerequisite": sequence.prerequisite.usage_key if sequence.prerequisite else None,
                        "units": [
                            {
                                "usage_key": unit.usage_key,
                                "display_name": unit.display_name,
                                "problems": [
                                    {
                                        "usage_key": problem.usage_key,
                                        "prompt": problem.prompt,
                                        "choices": problem.choices,
                                        "answer": problem.answer,
                                    }
                                    for problem in unit.problems.all()
                                ],
                            }
                            for unit in sequence.units.all()
                        ],
                    }
                    for sequence in section.sequences.select_related("prerequisite").prefetch_related("units__problems")
                ],
            }
            for section in course.sections.all()
        ]
    }


def sections(course: CourseRun | None) -> Iterator[Section]:
    """Chapters of the published course, in order; nothing before the first publish."""
    if course is None or course.published is None:
        return
    for section in course.published["sections"]:
        yield Section(
            usage_key=section["usage_key"],
            display_name=section["display_name"],
            sequences=tuple(_sequence(sequence) for sequence in section["sequences"]),
        )


def sequences(course: CourseRun | None) -> Iterator[Sequence]:
    """Subsections of the published course, in order."""
    for section in sections(course):
        yield from section.sequences


def find_sequence(course: CourseRun | None, usage_key: str) -> Sequence | None:
    """The published subsection with this key."""
    return next((sequence for sequence in sequences(course) if sequence.usage_key == usage_key), None)


def sequence_of(course: CourseRun | None, usage_key: str) -> Sequence | None:
    """The published subsection that is or contains this block."""
    for sequence in sequences(course):
        if sequence.usage_key == usage_key:
            return sequence
        for unit in sequence.units:
            if usage_key in (unit.usage_key, *(problem.usage_key for problem in unit.problems)):
                return sequence
    return None


def path_to(course: CourseRun | None, usage_key: str) -> list[str]:
    """Keys of the chapter, subsection and page of a block, as far down as the block is; LookupError without one."""
    for section in sections(course):
        if section.usage_key == usage_key:
            return [usage_key]
        for sequence in section.sequences:
            if sequence.usage_key == usage_key:
                return [section.usage_key, usage_key]
            for unit in sequence.units:
                if usage_key in (unit.usage_key, *(problem.usage_key for problem in unit.problems)):
                    return [section.usage_key, sequence.usage_key, unit.usage_key]
    raise LookupError(f"{usage_key} is not published")


def problem_keys_below(course: CourseRun | None, usage_key: str) -> list[str]:
    """Keys of all problems in a subsection; empty when it is not published."""
    sequence = find_sequence(course, usage_key)
    return [problem.usage_key for unit in sequence.units for problem in unit.problems] if sequence else []


def course_of(usage_key: str) -> CourseRun | None:
    """The course whose published tree holds this block."""
    return next((course for course in CourseRun.objects.all() if sequence_of(course, usage_key)), None)


def _sequence(stored: dict[str, Any]) -> Sequence:
    return Sequence(
        **{
            **stored,
            "due": _moment(stored["due"]),
            "starts_at": _moment(stored["starts_at"]),
            "units": tuple(
                Unit(
                    usage_key=unit["usage_key"],
                    display_name=unit["display_name"],
                    problems=tuple(
                        Problem(
                            usage_key=problem["usage_key"],
                            prompt=problem["prompt"],
                            choices=tuple(problem["choices"]),
                            answer=problem["answer"],
                        )
                        for problem in unit["problems"]
                    ),
                )
                for unit in stored["units"]
            ),
        }
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
