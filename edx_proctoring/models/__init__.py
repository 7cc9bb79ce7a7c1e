"""What this app remembers: one file per noun.

Outside code imports the names below from here. Migrations, tables and columns are contract
(contract/tables#columns, contract/tables#migrations): an improvement is additive and starts with migration 0026.
"""

from django.contrib.auth import get_user_model

from edx_proctoring.backends import get_backend_provider
from edx_proctoring.constants import VERIFICATION_DAYS_VALID
from edx_proctoring.models.allowances import (
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAllowanceManager,
    QuerySetWithUpdateOverride,
    RemovedAllowance,
)
from edx_proctoring.models.attempt_incidents import AttemptIncident
from edx_proctoring.models.attempts import (
    HistoricalProctoredExamStudentAttempt,
    ProctoredExamStudentAttempt,
    ProctoredExamStudentAttemptManager,
)
from edx_proctoring.models.effects import AttemptEffect
from edx_proctoring.models.exam_measures import ExamMeasure
from edx_proctoring.models.exams import HistoricalProctoredExam, ProctoredExam
from edx_proctoring.models.history import archive_model
from edx_proctoring.models.inbox import ReviewInboxEntry
from edx_proctoring.models.open_attempts import OpenAttempt
from edx_proctoring.models.retired_learners import ProviderRetirement, RetiredLearner
from edx_proctoring.models.review_decisions import ReviewDecision
from edx_proctoring.models.review_policies import ProctoredExamReviewPolicy, ProctoredExamReviewPolicyHistory
from edx_proctoring.models.reviews import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
)
from edx_proctoring.models.staff_jobs import StaffJob, StaffJobRow
from edx_proctoring.models.used_nonces import UsedNonce
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus

USER_MODEL = get_user_model()

__all__ = [
    "USER_MODEL",
    "VERIFICATION_DAYS_VALID",
    "AttemptEffect",
    "AttemptIncident",
    "ExamMeasure",
    "HistoricalProctoredExam",
    "HistoricalProctoredExamStudentAttempt",
    "OpenAttempt",
    "ProctoredExam",
    "ProctoredExamReviewPolicy",
    "ProctoredExamReviewPolicyHistory",
    "ProctoredExamSoftwareSecureComment",
    "ProctoredExamSoftwareSecureReview",
    "ProctoredExamSoftwareSecureReviewHistory",
    "ProctoredExamStudentAllowance",
    "ProctoredExamStudentAllowanceHistory",
    "ProctoredExamStudentAllowanceManager",
    "ProctoredExamStudentAttempt",
    "ProctoredExamStudentAttemptManager",
    "ProctoredExamStudentAttemptStatus",
    "ProviderRetirement",
    "QuerySetWithUpdateOverride",
    "RemovedAllowance",
    "RetiredLearner",
    "ReviewDecision",
    "ReviewInboxEntry",
    "SoftwareSecureReviewStatus",
    "StaffJob",
    "StaffJobRow",
    "UsedNonce",
    "archive_model",
    "get_backend_provider",
]
