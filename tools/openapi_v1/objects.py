"""The objects of version 1's replies and callbacks, for ``docs/reference/openapi.json``.

Version 1 has no serializers that say what of a reply may be null or absent. ``tests/views/test_document.py`` compares
what is described here with real replies.
"""

from typing import Any, Final

from rest_framework import serializers

from edx_proctoring.api.attempts import learner_actions
from edx_proctoring.api.exams import allowance_values
from edx_proctoring.views import allowances, exams
from edx_proctoring.views.request_fields import IdField

Object = serializers.Serializer[Any]

EXAM_TYPES: Final = ("proctored", "timed", "practice", "onboarding")
BULK_STATUSES: Final = ("created", "updated", "failed")
ACTIONS: Final = tuple(learner_actions.ACTIONS)
REVIEW_STATUSES: Final = ("passed", "violation", "suspicious", "not_reviewed")
WEBHOOK_STATUSES: Final = ("ok", "error")
# Names of the components of these sets of words. The first keeps its name of version 2.
ENUM_NAMES: Final = {
    "TypeEnum": allowance_values.TYPES,
    "ExamTypeEnum": EXAM_TYPES,
    "BulkStatusEnum": BULK_STATUSES,
    "ActionEnum": ACTIONS,
    "ReviewStatusEnum": REVIEW_STATUSES,
    "WebhookStatusEnum": WEBHOOK_STATUSES,
}


def _text(**options: Any) -> serializers.CharField:
    return serializers.CharField(allow_blank=True, **options)


class Refusal(Object):
    """Why a request is refused."""

    detail = serializers.CharField()


class StartRefusal(Object):
    """A start that a gate refuses, and where the learner gets what is missing."""

    detail = serializers.CharField()
    code = serializers.CharField()
    launch_url = serializers.CharField(allow_null=True)


class BulkRefusal(Object):
    """A bulk allowance that nobody gets. ``field``: the element of the form that is wrong."""

    detail = serializers.CharField()
    field = serializers.CharField()


class ProctoredUser(Object):
    """A user."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = _text()


class ProctoredExam(Object):
    """An exam. Where the operator hides them, ``external_id`` and ``backend`` are absent for learners."""

    id = serializers.IntegerField()
    course_id = serializers.CharField()
    content_id = serializers.CharField()
    external_id = _text(allow_null=True, required=False)
    exam_name = _text()
    time_limit_mins = serializers.IntegerField()
    is_proctored = serializers.BooleanField()
    is_practice_exam = serializers.BooleanField()
    is_active = serializers.BooleanField()
    due_date = serializers.DateTimeField(allow_null=True)
    hide_after_due = serializers.BooleanField()
    backend = _text(allow_null=True, required=False)


class ExamForLearner(ProctoredExam):
    """An exam. ``seb``: what leads into Safe Exam Browser, for an exam that demands it."""

    seb = serializers.DictField(required=False)


class ExamId(Object):
    """The id of an exam."""

    exam_id = serializers.IntegerField()


class ProctoredAttempt(Object):
    """An attempt at an exam."""

    id = serializers.IntegerField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    user = ProctoredUser()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    external_id = _text(allow_null=True)
    status = serializers.CharField()
    proctored_exam = ProctoredExam()
    allowed_time_limit_mins = serializers.IntegerField(allow_null=True)
    attempt_code = _text(allow_null=True)
    is_sample_attempt = serializers.BooleanField()
    taking_as_proctored = serializers.BooleanField()
    review_policy_id = serializers.IntegerField(allow_null=True)
    is_status_acknowledged = serializers.BooleanField()
    time_remaining_seconds = serializers.FloatField(allow_null=True)
    is_resumable = serializers.BooleanField()
    ready_to_resume = serializers.BooleanField()
    resumed = serializers.BooleanField()


class PolledAttempt(ProctoredAttempt):
    """The caller's attempt with the time that is left."""

    time_remaining_seconds = serializers.FloatField()
    accessibility_time_string = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    server_time = serializers.DateTimeField()


class ListedAttempt(ProctoredAttempt):
    """The newest attempt of a learner at an exam, with all of them."""

    all_attempts = ProctoredAttempt(many=True)


class PageNumbers(Object):
    """Where a page stands."""

    has_previous = serializers.BooleanField()
    has_next = serializers.BooleanField()
    current_page = serializers.IntegerField()
    total_pages = serializers.IntegerField()


class ListedAttempts(Object):
    """A page of attempts. ``attempt_url``: path of the list, without a query."""

    proctored_exam_attempts = ListedAttempt(many=True)
    pagination_info = PageNumbers()
    attempt_url = serializers.CharField()


class TimerData(Object):
    """What a page needs to show an attempt and its clock; the last three only with a provider."""

    in_timed_exam = serializers.BooleanField()
    taking_as_proctored = serializers.BooleanField()
    exam_type = serializers.CharField()
    exam_display_name = _text()
    exam_url_path = serializers.CharField()
    time_remaining_seconds = serializers.FloatField()
    total_time = serializers.CharField()
    low_threshold_sec = serializers.IntegerField()
    critically_low_threshold_sec = serializers.IntegerField()
    course_id = serializers.CharField()
    attempt_id = serializers.IntegerField()
    external_id = _text(allow_null=True)
    accessibility_time_string = serializers.CharField()
    attempt_status = serializers.CharField()
    exam_started_poll_url = serializers.CharField()
    attempt_ready_to_resume = serializers.BooleanField()
    use_legacy_attempt_api = serializers.BooleanField()
    desktop_application_js_url = _text()
    exam_id = serializers.IntegerField()
    content_id = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    server_time = serializers.DateTimeField()
    poll_interval_sec = serializers.IntegerField()
    ping_interval = serializers.IntegerField(required=False)
    attempt_code = _text(allow_null=True, required=False)
    software_download_url = _text(allow_null=True, required=False)


class NotInExam(Object):
    """The caller has no running exam."""

    in_timed_exam = serializers.BooleanField()
    is_proctored = serializers.BooleanField()


class ChangedAttempt(Object):
    """The attempt that was made."""

    exam_attempt_id = serializers.IntegerField()


class ExamWithAttempt(ExamForLearner):
    """An exam as a learner sees it. ``attempt``: as ``TimerData``, or empty."""

    attempt = serializers.DictField()
    type = serializers.ChoiceField(EXAM_TYPES)
    passed_due_date = serializers.BooleanField()
    use_legacy_attempt_api = serializers.BooleanField()
    total_time = serializers.CharField(required=False)
    prerequisite_status = serializers.DictField(required=False)
    onboarding_link = _text(required=False)


class RunningExam(Object):
    """A learner's running exam."""

    exam = ProctoredExam()
    attempt = ProctoredAttempt()
    allowances: Any = serializers.ListField(child=serializers.DictField())


class ProctoredAllowance(Object):
    """An exception from the rules of an exam for one learner."""

    id = serializers.IntegerField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    user = ProctoredUser()
    key = serializers.CharField()
    value = _text()
    proctored_exam = ProctoredExam()


class BulkRow(Object):
    """What became of one pair of exam and learner."""

    exam_id = serializers.CharField()
    user_id = serializers.CharField()
    success = serializers.BooleanField()
    status = serializers.ChoiceField(BULK_STATUSES)
    error = _text(allow_null=True)


class OnboardingPanel(Object):
    """A learner's onboarding in a course."""

    onboarding_status = serializers.CharField(allow_null=True)
    expiration_date = serializers.CharField(allow_null=True)
    onboarding_link = serializers.CharField(allow_null=True)
    onboarding_past_due = serializers.BooleanField()
    onboarding_release_date = serializers.CharField(allow_null=True)
    review_requirements_url = _text(allow_null=True)


class OnboardingListRow(Object):
    """A learner's onboarding in the list of a course."""

    username = serializers.CharField()
    enrollment_mode = _text(allow_null=True)
    status = serializers.CharField(allow_null=True)
    modified = serializers.DateTimeField(allow_null=True)


class OnboardingList(Object):
    """A page of a course's learners."""

    count = serializers.IntegerField()
    previous = serializers.CharField(allow_null=True)
    next = serializers.CharField(allow_null=True)
    num_pages = serializers.IntegerField()
    results = OnboardingListRow(many=True)
    use_onboarding_profile_api = serializers.BooleanField()


class ExamSettings(Object):
    """Contact details and rules; those of the provider only for proctored exams."""

    platform_name = _text()
    contact_us = _text()
    link_urls = serializers.DictField(allow_null=True)
    exam_proctoring_backend = serializers.DictField(allow_null=True)
    provider_tech_support_email = _text(allow_null=True, required=False)
    provider_tech_support_phone = _text(allow_null=True, required=False)
    provider_tech_support_url = _text(allow_null=True, required=False)
    provider_name = _text(allow_null=True, required=False)
    learner_notification_from_email = _text(allow_null=True, required=False)
    integration_specific_email = _text(allow_null=True, required=False)
    proctoring_escalation_email = _text(allow_null=True, required=False)


class ReviewPolicy(Object):
    """The course team's rules for reviewers."""

    review_policy = _text(allow_null=True)


class ConstructorSettings(Object):
    """What an exam sets otherwise than the account, and what the account has."""

    exam_id = serializers.IntegerField()
    overrides = serializers.DictField()
    account = serializers.DictField()


class WebhookReply(Object):
    """What became of a message of Constructor's server."""

    status = serializers.ChoiceField(WEBHOOK_STATUSES)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


# Bodies


class ExamChangesBody(exams.ExamChanges):
    """What changes; null and absent mean unchanged."""

    exam_id = IdField()

    def get_fields(self) -> Any:
        """Return the fields, none of which is required but the id: the view reads them with ``partial``."""
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name == "exam_id"
        return fields


class NewAttemptBody(Object):
    """An exam to enter. Flags are true for ``true`` and ``1``. ``automatic``: no clock may start."""

    exam_id = IdField()
    start_clock = serializers.CharField(required=False)
    attempt_proctored = serializers.CharField(required=False)
    automatic = serializers.CharField(required=False)


class ActionBody(Object):
    """``user_id``: only for ``mark_ready_to_resume``, by the course team."""

    action = serializers.ChoiceField(ACTIONS)
    detail = _text(required=False)
    user_id = IdField(required=False, allow_null=True)


class AllowanceBody(allowances.AllowanceInput):
    """One learner's allowance. ``course_id`` need not be named."""

    course_id = serializers.CharField(required=False)


class AllowanceToRemoveBody(allowances.AllowanceToRemove):
    """The allowance to remove. ``course_id`` need not be named."""

    course_id = serializers.CharField(required=False)


class BulkAllowanceBody(allowances.BulkPairs, allowances.BulkAllowance):
    """An allowance for every pair. ``atomic``: none is given where one cannot be."""

    course_id = serializers.CharField(required=False)
    atomic = serializers.CharField(required=False)


class ReviewComment(Object):
    """A reviewer's comment; times in seconds from the start of the recording."""

    comment = _text()
    status = serializers.CharField()
    start = serializers.IntegerField(required=False, allow_null=True)
    stop = serializers.IntegerField(required=False, allow_null=True)
    duration = serializers.IntegerField(required=False, allow_null=True)


class ReviewBody(Object):
    """A review of a REST provider. ``reviewed_by``: e-mail address."""

    status = serializers.ChoiceField(REVIEW_STATUSES)
    comments = ReviewComment(many=True)
    reviewed_by = serializers.CharField(required=False, allow_null=True)
    payload = serializers.DictField(required=False, allow_null=True)


class RpnowExam(Object):
    """Which attempt a review is about."""

    examCode = serializers.CharField()
    ssiRecordLocator = serializers.CharField()
    reviewedExam = serializers.BooleanField(required=False)


class RpnowComment(Object):
    """A comment of RPNow; times in seconds."""

    comments = _text()
    eventStatus = serializers.CharField()
    eventStart = serializers.IntegerField()
    eventFinish = serializers.IntegerField()
    duration = serializers.IntegerField()


class RpnowReview(Object):
    """A review of RPNow."""

    examMetaData = RpnowExam()
    reviewStatus = serializers.CharField()
    videoReviewLink = serializers.CharField(required=False)
    webCamComments = RpnowComment(many=True, required=False)
    desktopComments = RpnowComment(many=True, required=False)


class ConstructorOverridesBody(Object):
    """Options of the account that the exam sets otherwise."""

    overrides = serializers.DictField()


class WebhookBody(Object):
    """A message of Constructor's server; its other members depend on the kind."""

    sessionId = serializers.CharField()
    accountId = serializers.CharField(required=False)
