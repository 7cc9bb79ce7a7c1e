"""Answers and the points they earn."""

from __future__ import annotations

from typing import Any

from demo.host import published_course
from demo.host.models import CourseRun, LearnerState, Submission, SubsectionGrade
from demo.host.task_queue import task


def save_answer(
    user: Any, course: CourseRun, sequence: published_course.Sequence, problem: published_course.Problem, answer: str
) -> bool:
    """Store an answer and recalculate the subsection's points. Returns whether the answer is right."""
    correct = answer.strip().casefold() == problem.answer.strip().casefold()
    LearnerState.objects.update_or_create(
        user=user,
        usage_key=problem.usage_key,
        defaults={"course": course, "state": {"answer": answer, "correct": correct}},
    )
    Submission.objects.create(user=user, usage_key=problem.usage_key, answer=answer)
    recalculate(user.pk, course, sequence.usage_key)
    return correct


@task
def recalculate_subsection_grade(user_id: int, course_id: str, usage_key: str) -> None:
    """Recalculate a subsection's points."""
    recalculate(user_id, CourseRun.objects.get(course_id=course_id), usage_key)


def recalculate(user_id: int, course: CourseRun, usage_key: str) -> None:
    """Give one point per right answer; does nothing for a subsection without problems."""
    problems = published_course.problem_keys_below(course, usage_key)
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
