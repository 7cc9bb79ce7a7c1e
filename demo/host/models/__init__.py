"""Tables of the host, one module per noun (Spec: host-platform.md 13.3)."""

from demo.host.models.courses import CourseRun, Problem, Section, Sequence, Unit
from demo.host.models.credit import CreditEligibility, CreditRequest, CreditRequirement, CreditRequirementStatus
from demo.host.models.grades import (
    Certificate,
    CertificateAllowlist,
    SubsectionGrade,
    SubsectionGradeOverride,
    SubsectionGradeOverrideChange,
)
from demo.host.models.learning import BlockCompletion, LearnerState, Submission
from demo.host.models.operations import ServiceFault, SupportTicket, Task, TrackingEvent
from demo.host.models.people import CourseRole, Enrollment, UserProfile, VerifiedName

__all__ = [
    "BlockCompletion",
    "Certificate",
    "CertificateAllowlist",
    "CourseRole",
    "CourseRun",
    "CreditEligibility",
    "CreditRequest",
    "CreditRequirement",
    "CreditRequirementStatus",
    "Enrollment",
    "LearnerState",
    "Problem",
    "Section",
    "Sequence",
    "ServiceFault",
    "Submission",
    "SubsectionGrade",
    "SubsectionGradeOverride",
    "SubsectionGradeOverrideChange",
    "SupportTicket",
    "Task",
    "TrackingEvent",
    "Unit",
    "UserProfile",
    "VerifiedName",
]
