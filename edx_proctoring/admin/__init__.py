"""Django admin, one file per model. Contract: contract/admin#attempt-save, contract/admin#review-decision.

Saving here uses the same service layer as the pages and the REST API.
"""

from edx_proctoring.admin.attempts import (
    ExamAttemptFilterByCourseId,
    ProctoredExamAttemptForm,
    ProctoredExamStudentAttemptAdmin,
)
from edx_proctoring.admin.common import prettify_course_id
from edx_proctoring.admin.effects import AttemptEffectAdmin
from edx_proctoring.admin.exams import ProctoredExamAdmin, ProctoredExamForm
from edx_proctoring.admin.inbox import ReviewInboxEntryAdmin
from edx_proctoring.admin.read_only_tables import (
    ProctoredExamReviewPolicyHistoryAdmin,
    ProctoredExamSoftwareSecureCommentAdmin,
    ProctoredExamStudentAllowanceAdmin,
    ProctoredExamStudentAllowanceHistoryAdmin,
)
from edx_proctoring.admin.review_policies import ProctoredExamReviewPolicyAdmin
from edx_proctoring.admin.reviews import (
    ProctoredExamCoursesListFilter,
    ProctoredExamListFilter,
    ProctoredExamSoftwareSecureReviewAdmin,
    ProctoredExamSoftwareSecureReviewForm,
    ProctoredExamSoftwareSecureReviewHistoryAdmin,
    ReviewListFilter,
)
from edx_proctoring.admin.staff_jobs import StaffJobAdmin, StaffJobRowAdmin

__all__ = [
    "AttemptEffectAdmin",
    "ExamAttemptFilterByCourseId",
    "ProctoredExamAdmin",
    "ProctoredExamAttemptForm",
    "ProctoredExamCoursesListFilter",
    "ProctoredExamForm",
    "ProctoredExamListFilter",
    "ProctoredExamReviewPolicyAdmin",
    "ProctoredExamReviewPolicyHistoryAdmin",
    "ProctoredExamSoftwareSecureCommentAdmin",
    "ProctoredExamSoftwareSecureReviewAdmin",
    "ProctoredExamSoftwareSecureReviewForm",
    "ProctoredExamSoftwareSecureReviewHistoryAdmin",
    "ProctoredExamStudentAllowanceAdmin",
    "ProctoredExamStudentAllowanceHistoryAdmin",
    "ProctoredExamStudentAttemptAdmin",
    "ReviewInboxEntryAdmin",
    "ReviewListFilter",
    "StaffJobAdmin",
    "StaffJobRowAdmin",
    "prettify_course_id",
]
