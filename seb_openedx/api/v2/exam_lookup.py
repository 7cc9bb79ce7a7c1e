"""The exam that an address names. Contract: contract/seb-rest#exam."""

from typing import Final

from django.db.models import QuerySet
from opaque_keys.edx.keys import CourseKey

from seb_openedx.access.requests import usage_key
from seb_openedx.api.v2.base import StaffView
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.edxapp_wrapper import special_exams
from seb_openedx.edxapp_wrapper.special_exams import Exam
from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import requirements
from seb_openedx.exams.setup_validation import error_in_place

# Large, and not shown.
_FILES: Final = ("config_xml", "served_bytes")
_MOST_CONTENT_ID: Final = 255


class CourseView(StaffView):
    """A resource of one course."""

    def course(self) -> CourseKey:
        """Return the course in the address. Raises ``not_found`` for one of its branches and versions too."""
        course_key = self.course_of_path()
        if requirements.as_course_key(course_key) != course_key:
            raise ProblemError("not_found")
        return course_key


def rows(course_key: CourseKey) -> "QuerySet[SebExamConfiguration]":
    """Return a course's rows; their files are read when they are needed."""
    return SebExamConfiguration.objects.filter(course_id=course_key).defer(*_FILES)


def find(course_key: CourseKey, content_id: str) -> tuple[Exam | None, SebExamConfiguration | None]:
    """Return the exam and the row of a section. Raises ``not_found`` for what no table can hold."""
    if len(content_id) > _MOST_CONTENT_ID or "\0" in content_id:
        raise ProblemError("not_found")
    exam = special_exams.find(str(course_key), content_id)
    return exam, rows(course_key).filter(content_id=content_id).first()


def find_for_change(course_key: CourseKey, content_id: str) -> tuple[Exam | None, SebExamConfiguration | None]:
    """Return the same; raises ``not_found`` for what cannot be an exam of the course."""
    exam, row = find(course_key, content_id)
    if exam is None and row is None and not _may_be_an_exam(course_key, content_id):
        raise ProblemError("not_found")
    return exam, row


def new_row(course_key: CourseKey, content_id: str) -> SebExamConfiguration:
    """Return a row that demands nothing, not saved. The model's own default demands the browser."""
    return SebExamConfiguration(course_id=course_key, content_id=content_id, mode=Mode.OFF)


def _may_be_an_exam(course_key: CourseKey, content_id: str) -> bool:
    """Whether a section of the course may have this id: its exam is known when the course is published."""
    return usage_key(content_id) is not None and not error_in_place(course_key, content_id)
