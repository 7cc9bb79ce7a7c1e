"""Tables of the host."""

from demo.host.models.answers import LearnerState, Submission
from demo.host.models.completion import BlockCompletion
from demo.host.models.courses import CourseRun, Problem, Section, Sequence, Unit
from demo.host.models.credit import CreditEligibility, CreditRequest, CreditRequirement, CreditRequirementStatus
from demo.host.models.grades import (
    Certificate,
    CertificateAllowlist,
    SubsectionGrade,
    SubsectionGradeOverride,
    SubsectionGradeOverrideChange,
)
from demo.host.models.people import CourseRole, Enrollment, UserProfile, VerifiedName
from demo.host.models.service_faults import ServiceFault
from demo.host.models.site_configuration import SiteConfiguration
from demo.host.models.support_tickets import SupportTicket
from demo.host.models.tasks import Task
from demo.host.models.tracking_events import TrackingEvent

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
    "SiteConfiguration",
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
