"""The REST API in one table: each method of each route, who may use it, and the shape of the answer.

Contract: contract/rest-rules#course-staff, contract/rest-rules#objects, contract/rest-rules#permission-table. Data
only, without Django: ``test_permissions.py`` sends each row as each role, and ``tools/permission_matrix.py``
generates a page of the documentation from it.
"""

from dataclasses import dataclass, field
from typing import Any, Final

ROLES: Final = {
    "anonymous": "not signed in",
    "stranger": "a learner without any relation to the object",
    "owner": "the learner whose attempt, allowance or data it is",
    "course_staff": "staff of the object's course, according to the host's ``instructor`` service",
    "foreign_staff": "staff of another course",
    "global_staff": "staff of the platform (``is_staff``)",
    "reviewer": "a member of the group ``<provider>_review`` of the exam's provider",
    "retirement": "a holder of ``accounts.can_retire_user``, which the host grants",
}
EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"anonymous"}
OWNER = frozenset({"owner"})
COURSE = frozenset({"course_staff", "global_staff"})
GLOBAL = frozenset({"global_staff"})
REVIEWERS = frozenset({"reviewer", "global_staff"})
# The test host grants the permission to staff and to the user of its retirement scripts.
RETIRE = frozenset({"retirement", "global_staff"})

# The objects of contract/rest-rules#objects with their keys in order

EXAM = (
    "id",
    "course_id",
    "content_id",
    "external_id",
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "is_active",
    "due_date",
    "hide_after_due",
    "backend",
)
USER = ("id", "username", "email")
ATTEMPT = (
    "id",
    "created",
    "modified",
    "user",
    "started_at",
    "completed_at",
    "external_id",
    "status",
    "proctored_exam",
    "allowed_time_limit_mins",
    "attempt_code",
    "is_sample_attempt",
    "taking_as_proctored",
    "review_policy_id",
    "is_status_acknowledged",
    "time_remaining_seconds",
    "is_resumable",
    "ready_to_resume",
    "resumed",
)
ALLOWANCE = ("id", "created", "modified", "user", "key", "value", "proctored_exam")
ATTEMPT_DATA = (
    "in_timed_exam",
    "taking_as_proctored",
    "exam_type",
    "exam_display_name",
    "exam_url_path",
    "time_remaining_seconds",
    "total_time",
    "low_threshold_sec",
    "critically_low_threshold_sec",
    "course_id",
    "attempt_id",
    "external_id",
    "accessibility_time_string",
    "attempt_status",
    "exam_started_poll_url",
    "attempt_ready_to_resume",
    "use_legacy_attempt_api",
    "desktop_application_js_url",
    # Beyond 6.1.4.
    "exam_id",
    "content_id",
    "expires_at",
    "server_time",
    "poll_interval_sec",
)
PROVIDER_DATA = ("ping_interval", "attempt_code")
ONBOARDING = (
    "onboarding_status",
    "expiration_date",
    "onboarding_link",
    "onboarding_past_due",
    "onboarding_release_date",
    "review_requirements_url",
)
SETTINGS = (
    "platform_name",
    "contact_us",
    "link_urls",
    "exam_proctoring_backend",
    "provider_tech_support_email",
    "provider_tech_support_phone",
    "provider_name",
    "learner_notification_from_email",
    "integration_specific_email",
    "proctoring_escalation_email",
)


# Shapes of an answer


@dataclass(frozen=True)
class Keys:
    """An object with exactly these keys, in this order."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """A list of objects with these keys, at least one of them."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Exactly:
    """Exactly this value."""

    value: Any


@dataclass(frozen=True)
class Empty:
    """No body."""


@dataclass(frozen=True)
class Redirect:
    """A redirect."""


@dataclass(frozen=True)
class Page:
    """A page that offers this button."""

    button: str


Shape = Keys | Rows | Exactly | Empty | Redirect | Page

DETAIL: Final = Keys(("detail",))
STAFF_TEXT: Final = Exactly({"detail": "Must be a Staff User to Perform this request."})
CHANGED: Final = Keys(("exam_attempt_id",))
RUNNING: Final = Keys((*ATTEMPT_DATA, *PROVIDER_DATA))


@dataclass(frozen=True)
class Row:
    """One method of one route.

    ``kwargs``, ``query``, ``body``: the request, with names of the world's objects instead of their ids. ``status``,
    ``shape``: the answer for allowed roles. ``differs``: role -> (status, shape) for allowed roles with another answer.
    ``refusal``: the body of the 403 for other roles; anonymous requests always get ``DETAIL``. ``note``: how this row
    differs from the one before.
    """

    name: str
    method: str
    allowed: frozenset[str]
    kwargs: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | list[Any] | None = None
    query: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    shape: Shape = Empty()
    differs: dict[str, tuple[int, Shape]] = field(default_factory=dict)
    refusal: Shape = STAFF_TEXT
    note: str = ""

    def __str__(self) -> str:
        words = [self.method.upper(), self.name, ",".join(self.kwargs), self.note.replace(" ", "-")]
        return " ".join(word for word in words if word)

    def answer_for(self, role: str) -> tuple[int, Shape]:
        """Return status and shape of the answer for a role."""
        if role in self.allowed:
            return self.differs.get(role, (self.status, self.shape))
        return 403, DETAIL if role == "anonymous" else self.refusal


IN_A = {"course_id": "course"}
EXAM_ID = {"exam_id": "exam"}
ATTEMPT_ID = {"attempt_id": "attempt"}
VENDOR = {"external_id": "vendor-1"}
LEARNER = {"user_id": "owner"}
OF_ANOTHER = "naming another learner"
THE_EXAM = {
    "course_id": "course",
    "content_id": "physicsexam",
    "exam_name": "Physics",
    "time_limit_mins": 90,
    "is_proctored": True,
    "is_practice_exam": False,
    "external_id": "123",
    "is_active": True,
    "hide_after_due": False,
}
GIVEN = {"exam_id": "exam", "user_id": "owner", "user_info": "owner_name", "key": "k", "value": "v"}
BULK = {"exam_ids": "exam", "user_ids": "owner_name", "allowance_type": "k", "value": "v"}
REVIEW = {"status": "passed", "comments": []}

TABLE: Final = (
    Row("proctored_exam.exam", "get", SIGNED_IN, query=EXAM_ID, shape=Keys(EXAM)),
    Row(
        "proctored_exam.exam",
        "post",
        GLOBAL,
        body={**THE_EXAM, "content_id": "another"},
        shape=Keys(("exam_id",)),
    ),
    Row("proctored_exam.exam", "put", GLOBAL, body=EXAM_ID, shape=Keys(("exam_id",))),
    Row("proctored_exam.exam_by_id", "get", SIGNED_IN, EXAM_ID, shape=Keys(EXAM)),
    Row(
        "proctored_exam.exam_by_content_id",
        "get",
        SIGNED_IN,
        {**IN_A, "content_id": "physicsexam"},
        shape=Keys(EXAM),
    ),
    Row("proctored_exam.exams_by_course_id", "get", SIGNED_IN, IN_A, shape=Rows(EXAM)),
    Row(
        "proctored_exam.register_exams_by_course_id",
        "patch",
        GLOBAL,
        IN_A,
        body=[THE_EXAM],
        shape=Rows(("exam_id",)),
    ),
    Row(
        "proctored_exam.attempt",
        "get",
        OWNER,
        ATTEMPT_ID,
        shape=Keys((*ATTEMPT, "accessibility_time_string", "expires_at", "server_time")),
        refusal=DETAIL,
    ),
    Row("proctored_exam.attempt", "put", OWNER, ATTEMPT_ID, body={"action": "stop"}, shape=CHANGED, refusal=DETAIL),
    Row(
        "proctored_exam.attempt",
        "put",
        COURSE,
        {"attempt_id": "failed_attempt"},
        body={"action": "mark_ready_to_resume", **LEARNER},
        shape=CHANGED,
        refusal=DETAIL,
        note="releasing the learner",
    ),
    Row("proctored_exam.attempt", "delete", COURSE, ATTEMPT_ID),
    Row(
        "proctored_exam.attempts.grouped.course",
        "get",
        COURSE,
        IN_A,
        shape=Keys(("proctored_exam_attempts", "pagination_info", "attempt_url")),
    ),
    Row(
        "proctored_exam.attempts.grouped.search",
        "get",
        COURSE,
        {**IN_A, "search_by": "own"},
        shape=Keys(("proctored_exam_attempts", "pagination_info", "attempt_url")),
    ),
    Row(
        "proctored_exam.attempt.collection",
        "get",
        SIGNED_IN,
        shape=Exactly({"in_timed_exam": False, "is_proctored": False}),
        differs={"owner": (200, RUNNING)},
    ),
    Row(
        "proctored_exam.attempt.collection",
        "post",
        SIGNED_IN,
        body=EXAM_ID,
        shape=CHANGED,
        differs={"owner": (400, DETAIL)},
    ),
    Row("proctored_exam.attempt.review_status", "put", OWNER, ATTEMPT_ID, refusal=DETAIL),
    Row(
        "proctored_exam.attempt.ready_callback",
        "post",
        REVIEWERS | OWNER,
        VENDOR,
        body={"status": "ready"},
        shape=Exactly("OK"),
        refusal=DETAIL,
    ),
    Row(
        "proctored_exam.attempt.callback", "post", REVIEWERS, VENDOR, body=REVIEW, shape=Exactly("OK"), refusal=Empty()
    ),
    Row("proctored_exam.allowance", "get", COURSE, IN_A, shape=Rows(ALLOWANCE)),
    Row("proctored_exam.allowance", "put", COURSE, IN_A, body=GIVEN),
    Row("proctored_exam.allowance", "delete", COURSE, IN_A, body=GIVEN),
    Row("proctored_exam.allowance", "get", COURSE, query=EXAM_ID, shape=Rows(ALLOWANCE)),
    Row("proctored_exam.allowance", "put", COURSE, body=GIVEN),
    Row("proctored_exam.allowance", "delete", COURSE, body=GIVEN),
    Row("proctored_exam.bulk_allowance", "put", COURSE, IN_A, body=BULK),
    Row("proctored_exam.bulk_allowance", "put", COURSE, body={**BULK, **IN_A}),
    Row("proctored_exam.allowance.grouped.course", "get", COURSE, IN_A, shape=Keys(("owner",))),
    Row(
        "proctored_exam.active_exams_for_user",
        "get",
        SIGNED_IN,
        shape=Exactly([]),
        differs={"owner": (200, Rows(("exam", "attempt", "allowances")))},
    ),
    Row(
        "proctored_exam.active_exams_for_user",
        "get",
        COURSE | OWNER,
        query={**LEARNER, **IN_A},
        shape=Rows(("exam", "attempt", "allowances")),
        note=OF_ANOTHER,
    ),
    Row("user_onboarding.status", "get", SIGNED_IN, query=IN_A, shape=Keys(ONBOARDING)),
    Row(
        "user_onboarding.status",
        "get",
        COURSE | OWNER,
        query={**IN_A, "username": "owner_name"},
        shape=Keys(ONBOARDING),
        note=OF_ANOTHER,
    ),
    Row(
        "user_onboarding.status.course",
        "get",
        COURSE,
        IN_A,
        shape=Keys(("count", "previous", "next", "num_pages", "results", "use_onboarding_profile_api")),
    ),
    Row("instructor_dashboard_course", "get", COURSE, IN_A, status=302, shape=Redirect()),
    Row("instructor_dashboard_exam", "get", COURSE, {**IN_A, **EXAM_ID}, status=302, shape=Redirect()),
    Row("backend_user_deletion_api", "post", RETIRE, LEARNER, shape=Exactly({"test": True}), refusal=Empty()),
    Row("user_retirement_api", "post", RETIRE, LEARNER, status=204, refusal=Empty()),
    Row(
        "proctored_exam.exam_attempts",
        "get",
        SIGNED_IN,
        IN_A,
        query={"content_id": "physicsexam"},
        shape=Keys(("exam", "active_attempt")),
    ),
    Row(
        "proctored_exam.exam_attempts",
        "get",
        GLOBAL,
        IN_A,
        query=LEARNER,
        shape=Keys(("exam", "active_attempt")),
        note=OF_ANOTHER,
    ),
    Row(
        "proctored_exam.active_attempt",
        "get",
        SIGNED_IN,
        shape=Exactly({}),
        differs={"owner": (200, RUNNING)},
    ),
    Row("proctored_exam.active_attempt", "get", GLOBAL, query=LEARNER, shape=RUNNING, note=OF_ANOTHER),
    Row("proctored_exam.proctoring_settings", "get", SIGNED_IN, EXAM_ID, shape=Keys(SETTINGS)),
    Row("proctored_exam.review_policy", "get", SIGNED_IN, EXAM_ID, shape=Exactly({"review_policy": None})),
    Row(
        "anonymous.proctoring_launch_callback.start_exam",
        "get",
        EVERYBODY,
        {"attempt_code": "code"},
        # The attempt is running, and nobody here has its cookie.
        shape=Page("End my exam"),
        note="knowing the attempt code",
    ),
    Row(
        "anonymous.proctoring_review_callback",
        "post",
        EVERYBODY,
        body={},
        status=400,
        shape=DETAIL,
        note="knowing the attempt code and the provider's id",
    ),
    Row("proctored_exam.attempts.reset", "delete", COURSE, {**EXAM_ID, **LEARNER}),
)
