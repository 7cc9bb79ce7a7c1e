"""Grades and their overrides."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import published_course
from demo.host.grading import recalculate_subsection_grade
from demo.host.models import CourseRun, SubsectionGrade, SubsectionGradeOverride, SubsectionGradeOverrideChange
from demo.host.task_queue import enqueue
from demo.services.keys import course_key, usage_key


class GradesService:
    """Overrides a subsection's grade, and removes the override."""

    def should_override_grade_on_rejected_exam(self, course_key_or_id: CourseKey | str) -> bool:
        """Whether the course's waffle flag says so."""
        return CourseRun.objects.filter(
            course_id=str(course_key(course_key_or_id)), rejected_exam_overrides_grade=True
        ).exists()

    def override_subsection_grade(
        self,
        user_id: int,
        course_key_or_id: CourseKey | str,
        usage_key_or_id: UsageKey | str,
        earned_all: float | None = None,
        earned_graded: float | None = None,
        feature: str = "PROCTORING",
        overrider: Any = None,
        comment: str | None = None,
    ) -> None:
        """Write an override, and a zero grade where there is none yet. A block that is not in the course raises."""
        course_id, block_id = str(course_key(course_key_or_id)), str(usage_key(usage_key_or_id))
        course = CourseRun.objects.get(course_id=course_id)
        if published_course.find_sequence(course, block_id) is None:
            raise Exception(f"{block_id} is not in {course_id}")  # the platform raises nothing more specific
        grade, _ = SubsectionGrade.objects.get_or_create(
            user_id=user_id, usage_key=block_id, defaults={"course": course}
        )
        SubsectionGradeOverride.objects.update_or_create(
            grade=grade,
            defaults={
                "earned_all_override": earned_all,
                "earned_graded_override": earned_graded,
                "feature": feature,
                "overrider": overrider,  # a User or None; anything else raises ValueError
                "override_reason": comment,
            },
        )
        self._record_change("override", grade, feature, getattr(overrider, "pk", None), comment)
        self._recalculate(user_id, course_id, block_id)

    def undo_override_subsection_grade(
        self,
        user_id: int,
        course_key_or_id: CourseKey | str,
        usage_key_or_id: UsageKey | str,
        feature: str = "PROCTORING",
    ) -> None:
        """Remove this feature's override, not another feature's. Recalculates in every case."""
        course_id, block_id = str(course_key(course_key_or_id)), str(usage_key(usage_key_or_id))
        override = (
            SubsectionGradeOverride.objects.filter(grade__user_id=user_id, grade__usage_key=block_id)
            .select_related("grade")
            .first()
        )
        if override is not None and override.feature == feature:
            self._record_change("undo", override.grade, feature, None, None)
            override.delete()
        self._recalculate(user_id, course_id, block_id)

    def get_subsection_grade(
        self, user_id: int, course_key_or_id: CourseKey | str, usage_key_or_id: UsageKey | str
    ) -> SubsectionGrade | None:
        """The computed grade."""
        return SubsectionGrade.objects.filter(user_id=user_id, usage_key=str(usage_key(usage_key_or_id))).first()

    def get_subsection_grade_override(
        self, user_id: int, course_key_or_id: CourseKey | str, usage_key_or_id: UsageKey | str
    ) -> SubsectionGradeOverride | None:
        """The override, if there is one."""
        return SubsectionGradeOverride.objects.filter(
            grade__user_id=user_id, grade__usage_key=str(usage_key(usage_key_or_id))
        ).first()

    @staticmethod
    def _record_change(
        action: str, grade: SubsectionGrade, feature: str, overrider_id: int | None, comment: str | None
    ) -> None:
        SubsectionGradeOverrideChange.objects.create(
            grade=grade, action=action, feature=feature, overrider_id=overrider_id, comment=comment
        )

    @staticmethod
    def _recalculate(user_id: int, course_id: str, block_id: str) -> None:
        enqueue(recalculate_subsection_grade, user_id=user_id, course_id=course_id, usage_key=block_id)
