"""The service layer. Hosts import ``edx_proctoring.api`` and nothing deeper.

A façade without logic: each module lists its public names in ``__all__``. Contract: contract/published-names#api.
"""

import logging

from django.contrib.auth import get_user_model
from django.template import loader

from edx_proctoring import constants
from edx_proctoring.api.access.course_ids import *
from edx_proctoring.api.access.course_staff import *
from edx_proctoring.api.attempts.deadline_report import *
from edx_proctoring.api.attempts.ending_by_staff import *
from edx_proctoring.api.attempts.entry import *
from edx_proctoring.api.attempts.extension import *
from edx_proctoring.api.attempts.learner_actions import *
from edx_proctoring.api.attempts.lookup import *
from edx_proctoring.api.attempts.lookup import _calculate_allowed_mins, _check_for_attempt_timeout, _get_exam_attempt
from edx_proctoring.api.attempts.marking import *
from edx_proctoring.api.attempts.opting_out import _create_and_decline_attempt
from edx_proctoring.api.attempts.removal import *
from edx_proctoring.api.attempts.resuming import *
from edx_proctoring.api.attempts.start_gates import *
from edx_proctoring.api.attempts.starting import *
from edx_proctoring.api.course_staff.allowance_list_v1 import *
from edx_proctoring.api.course_staff.attempt_bulk_actions import *
from edx_proctoring.api.course_staff.outage_mode import *
from edx_proctoring.api.course_staff.violation_report import *
from edx_proctoring.api.effects.delivery import *
from edx_proctoring.api.effects.emails import *
from edx_proctoring.api.effects.emails import _get_email_template_paths, _get_proctoring_escalation_email
from edx_proctoring.api.effects.lanes import *
from edx_proctoring.api.effects.receivers import *
from edx_proctoring.api.effects.settling import *
from edx_proctoring.api.exams.allowance_changes import *
from edx_proctoring.api.exams.allowances import *
from edx_proctoring.api.exams.bulk_allowances import *
from edx_proctoring.api.exams.bulk_registration import *
from edx_proctoring.api.exams.exams import *
from edx_proctoring.api.exams.review_policies import *
from edx_proctoring.api.exams.review_policies import _get_review_policy_by_exam_id
from edx_proctoring.api.jobs.allowances import *
from edx_proctoring.api.jobs.extending import *
from edx_proctoring.api.jobs.reset_and_resume import *
from edx_proctoring.api.jobs.working import *
from edx_proctoring.api.learner.mfe import *
from edx_proctoring.api.learner.outline_status import *
from edx_proctoring.api.learner.page import *
from edx_proctoring.api.learner.page_context import *
from edx_proctoring.api.learner.prerequisites import *
from edx_proctoring.api.learner.prerequisites import (
    _are_prerequirements_satisfied,
    _get_ordered_prerequisites,
    _resolve_prerequisite_links,
)
from edx_proctoring.api.learner.timer_payload import *
from edx_proctoring.api.lifecycle.expiry import *
from edx_proctoring.api.lifecycle.expiry import _does_time_remain, _was_review_status_acknowledged
from edx_proctoring.api.lifecycle.queries import *
from edx_proctoring.api.lifecycle.status_change import *
from edx_proctoring.api.lifecycle.transitions import *
from edx_proctoring.api.onboarding.course_roster import *
from edx_proctoring.api.onboarding.enrollments import *
from edx_proctoring.api.onboarding.learner_panel import *
from edx_proctoring.api.onboarding.learner_status import *
from edx_proctoring.api.onboarding.onboarding_exams import *
from edx_proctoring.api.operations.alarm_counts import *
from edx_proctoring.api.operations.sweeping import *
from edx_proctoring.api.privacy.export import *
from edx_proctoring.api.privacy.user_retirement import *
from edx_proctoring.api.providers.attempt_registration import _register_proctored_exam_attempt
from edx_proctoring.api.providers.contact_and_rules import *
from edx_proctoring.api.providers.dashboard_links import *
from edx_proctoring.api.providers.declared_outages import *
from edx_proctoring.api.reviews.applying import *
from edx_proctoring.api.reviews.deciding import *
from edx_proctoring.api.reviews.payload import *
from edx_proctoring.api.reviews.receiving import *
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.backends.attempt_removal import (
    _remove_exam_attempt_from_backend,
    _remove_exam_attempts_from_backend,
)
from edx_proctoring.runtime import get_runtime_service
from edx_proctoring.serializers import (
    ProctoredExamReviewPolicySerializer,
    ProctoredExamSerializer,
    ProctoredExamStudentAllowanceSerializer,
    ProctoredExamStudentAttemptSerializer,
)
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.utils import (
    categorize_inaccessible_exams_by_date,
    emit_event,
    get_course_end_date,
    get_course_home_url,
    get_exam_due_date,
    get_exam_type,
    get_exam_url,
    get_time_remaining_for_attempt,
    get_user_course_outline_details,
    get_visibility_check_date,
    has_due_date_passed,
    has_end_date_passed,
    humanized_time,
    is_reattempting_exam,
    locate_attempt_by_attempt_code,
    obscured_user_id,
    resolve_exam_url_for_learning_mfe,
    verify_and_add_wait_deadline,
)

log = logging.getLogger(__name__)

USER_MODEL = get_user_model()

# Contract (contract/published-names#api): the word for a passed onboarding in outside code.
APPROVED_STATUS = "approved"
