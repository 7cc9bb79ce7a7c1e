"""The REST resources, one file per resource.

Views are thin: fetch, authorise, parse, call ``edx_proctoring.api``, which holds the rules, and shape the answer.
This module re-exports the published names (contract/rest-rules#imported-names). Deployments import and subclass them,
and change ``ATTEMPTS_PER_PAGE`` here.
"""

import waffle
from django.contrib.auth import get_user_model

from edx_proctoring import constants
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.views import paging
from edx_proctoring.views.allowances import (
    ActiveExamsForUserView,
    ExamAllowanceView,
    ExamBulkAllowanceView,
    GroupedExamAllowancesByStudent,
)
from edx_proctoring.views.attempts import (
    ProctoredExamAttemptReviewStatus,
    StudentProctoredExamAttempt,
    StudentProctoredExamAttemptCollection,
    StudentProctoredExamResetAttempts,
    StudentProctoredGroupedExamAttemptsByCourse,
)
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.callbacks import (
    AnonymousReviewCallback,
    BaseReviewCallback,
    ExamReadyCallback,
    IgnoreClientContentNegotiation,
    ProctoredExamReviewCallback,
)
from edx_proctoring.views.dashboards import InstructorDashboard
from edx_proctoring.views.error_responses import LOG, handle_proctored_exception
from edx_proctoring.views.exam_settings import ProctoredExamReviewPolicyView, ProctoredSettingsView
from edx_proctoring.views.exams import ProctoredExamView, RegisterProctoredExamsView
from edx_proctoring.views.mfe import ProctoredExamActiveAttemptView, ProctoredExamAttemptView
from edx_proctoring.views.onboarding import StudentOnboardingStatusByCourseView, StudentOnboardingStatusView
from edx_proctoring.views.permissions import (
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    require_staff,
)
from edx_proctoring.views.retirement import BackendUserManagementAPI, UserRetirement

# Rows per page of the lists for staff. Clients rely on it, and deployments replace it while running.
ATTEMPTS_PER_PAGE = 25
paging.read_default_page_size_from(lambda: ATTEMPTS_PER_PAGE)

User = get_user_model()

__all__ = [
    "ATTEMPTS_PER_PAGE",
    "LOG",
    "ActiveExamsForUserView",
    "AnonymousReviewCallback",
    "BackendUserManagementAPI",
    "BaseReviewCallback",
    "ExamAllowanceView",
    "ExamBulkAllowanceView",
    "ExamReadyCallback",
    "GroupedExamAllowancesByStudent",
    "IgnoreClientContentNegotiation",
    "InstructorDashboard",
    "ProctoredAPIView",
    "ProctoredExamActiveAttemptView",
    "ProctoredExamAttemptReviewStatus",
    "ProctoredExamAttemptView",
    "ProctoredExamReviewCallback",
    "ProctoredExamReviewPolicyView",
    "ProctoredExamView",
    "ProctoredSettingsView",
    "RegisterProctoredExamsView",
    "StudentOnboardingStatusByCourseView",
    "StudentOnboardingStatusView",
    "StudentProctoredExamAttempt",
    "StudentProctoredExamAttemptCollection",
    "StudentProctoredExamResetAttempts",
    "StudentProctoredGroupedExamAttemptsByCourse",
    "User",
    "UserRetirement",
    "constants",
    "get_backend_provider",
    "handle_proctored_exception",
    "is_user_course_or_global_staff",
    "require_course_or_global_staff",
    "require_staff",
    "waffle",
]
