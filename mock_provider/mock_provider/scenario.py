"""How the provider is configured to behave, well or badly: data only. Contract: contract/mock-provider#scenario.

``faults`` applies the network part to each request, the endpoints read the rest, ``scenario_input`` reads it from JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REVIEW_STATUSES = ("passed", "violation", "suspicious", "not_reviewed")
ONBOARDING_REFUSALS = ("onboarding_missing", "onboarding_pending", "onboarding_failed", "onboarding_expired")
PROFILE_STATUSES = (
    "no-profile",
    "approved-in-course",
    "approved-in-different-course",
    "rejected",
    "expired",
    "pending",
)
LOCATORS = ("right", "wrong", "missing")
DELETE_MODES = ("deleted", "404", "pending", "500")
# The endpoints whose clients are programs: what `true` means for a fault without a path.
PROGRAM_PATHS = r"^/(api|oauth2|edx/oauth2|desktop|exams)/"


@dataclass
class Fault:
    """One kind of failure for the requests that match.

    ``method`` is a verb or ``*``; ``path`` a regular expression searched in the path; ``times`` is how often it still
    happens, None for always.
    """

    method: str = "*"
    path: str = PROGRAM_PATHS
    status: int = 500
    body: Any = None
    times: int | None = None


@dataclass
class ReviewPlan:
    """The verdict that is sent automatically.

    ``delay``: seconds after the submission; None leaves the verdict to a reviewer. ``repeat``: how many copies are sent
    at once. ``retries``: how often a review is sent again, with growing pauses, while the LMS does not accept it.
    ``signed``: the secret of a signed callback (contract/provider-wire#callback-signature), empty for an unsigned one.
    """

    status: str = "passed"
    comments: list[dict[str, Any]] | None = None
    delay: float | None = None
    reviewed_by: str | None = None
    repeat: int = 1
    retries: int = 8
    signed: str = ""


@dataclass
class RpnowPlan:
    """What RPNow mode does differently.

    ``upload_delay``: seconds after the secure browser opened the exam at which it hands in the recording automatically;
    None leaves it to the learner. ``other_secret``: registrations are checked with another secret than the LMS's.
    ``locator``: which record locator reviews carry.
    """

    upload_delay: float | None = None
    other_secret: bool = False
    locator: str = "right"


CONSTRUCTOR_MESSAGES = ("string", "object", "json", "inactive", "malformed", "none")


@dataclass
class ConstructorPlan:
    """What Constructor Proctor's web application does differently.

    ``message``: what it sends to the exam page when that is loaded, ``delay_ms`` later, ``repeat`` times;
    ``assess_code``: the code in a message that is an object. ``client_origin``: what the exam's address says about the
    application's origin; None is the truth, an empty text leaves the parameter out. ``status``: what the vendor's API
    says about every session instead of the truth. ``ends_after``: seconds after which the vendor ends a session.
    ``reload_after``: seconds after which the application loads the exam page again.
    """

    message: str = "string"
    delay_ms: int = 0
    repeat: int = 1
    assess_code: str | None = None
    client_origin: str | None = None
    status: str | None = None
    ends_after: float | None = None
    reload_after: float | None = None


@dataclass
class Scenario:
    """Everything that can be set at ``/_control/scenario``. The default scenario is a healthy provider.

    ``ready_delay``: seconds after the software was opened at which it reports the learner ready automatically; None
    leaves it to the learner. ``clock_factor`` multiplies every delay. ``onboarding``: user id (or ``*``) to a refusal
    of registration or a profile status.
    """

    latency_ms: int = 0
    fail: list[Fault] = field(default_factory=list)
    malformed_json: list[Fault] = field(default_factory=list)
    drop_connection: list[Fault] = field(default_factory=list)
    # The request is carried out, and its answer is lost.
    drop_answer: list[Fault] = field(default_factory=list)
    onboarding: dict[str, str] = field(default_factory=dict)
    review: ReviewPlan = field(default_factory=ReviewPlan)
    ready_delay: float | None = None
    clock_factor: float = 1.0
    delete_mode: str = "deleted"
    rpnow: RpnowPlan = field(default_factory=RpnowPlan)
    constructor: ConstructorPlan = field(default_factory=ConstructorPlan)

    def onboarding_of(self, user_id: str) -> str | None:
        """What is configured for a user, None for nothing."""
        return self.onboarding.get(user_id, self.onboarding.get("*"))
