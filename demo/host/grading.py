"""Answers and the points they earn."""

from __future__ import annotations

from typing import Any

from demo.host import content
from demo.host.models import CourseRun, LearnerState, Submission, SubsectionGrade


def save_answer(
    user: Any, course: CourseRun, sequence: content.Sequence, problem: content.Problem, answer: str
) -> bool:
    """Store an answer and recompute the subsection; returns whether it is right."""
    correct = answer.strip().casefold() == problem.answer.strip().casefold()
    LearnerState.objects.update_or_create(
        user=user,
        usage_key=problem.usage_key,
        defaults={"course": course, "state": {"answer": answer, "correct": correct}},
    )
    Submission.objects.create(user=user, usage_key=problem.usage_key, answer=answer)
    recalculate(user.pk, course, sequence.usage_key)
    return correct


def recalculate(user_id: int, course: CourseRun, usage_key: str) -> None:
    """One point per right answer; nothing when the subsection is gone."""
    problems = content.problem_keys_below(course, usage_key)
    if not problems:
        return
    states = LearnerState.objects.filter(user_id=user_id, usage_key__in=problems)
    earned = float(sum(1 for state in states if state.state.get("correct")))
    possible = float(len(problems))
    SubsectionGrade.objects.update_or_create(
        user_id=user_id,
        usage_key=usage_key,
        defaults={
            "course": course,
            "earned_all": earned,
            "possible_all": possible,
            "earned_graded": earned,
            "possible_graded": possible,
        },
    )
