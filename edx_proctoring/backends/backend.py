"""The interface between this app and a proctoring provider.

Spec: backends.md 4. Plugins of other distributions subclass ``ProctoringBackendProvider``; names,
signatures and defaults are contract. One instance per configured name lives as long as the
process; attributes and methods are replaced on live instances, so there is no ``__slots__`` here.
"""

import abc
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from edx_proctoring import constants


class _PingInterval:
    """Default of ``ping_interval``: follows the setting until somebody assigns a value.

    No data descriptor, so a value on the instance or on a subclass hides it.
    """

    def __get__(self, instance: object, owner: type | None = None) -> int:
        return constants.DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS


class ProctoringBackendProvider(abc.ABC):
    """A proctoring provider.

    "External id" is what the provider calls an exam or an attempt. Further attributes are read
    with a default and therefore not defined here: ``integration_specific_email``,
    ``passing_statuses`` (stored verdicts that pass a learner), ``npm_module`` (worker package).
    """

    verbose_name: Any = "Unknown"
    # Seconds; the browser pings at half of it, so take an even number.
    ping_interval: Any = _PingInterval()
    tech_support_email: Any = ""
    tech_support_phone: Any = ""
    # A page for learners who need help. Optional, and an option of any provider.
    tech_support_url: Any = ""
    learner_notification_from_email: Any = ""
    has_dashboard: Any = False
    # True: practice exams of this provider are onboarding exams.
    supports_onboarding: Any = False
    help_center_article_url: Any = ""

    # Names of further options that ``PROCTORING_BACKENDS`` may pass to this class (backends.md 2.4).
    # Those of base classes count as well.
    configuration_keys: ClassVar[Iterable[str]] = ("tech_support_url",)

    def __init__(self, **kwargs: Any) -> None:
        """Make every configured option an attribute."""
        for key, value in kwargs.items():
            setattr(self, key, value)

    @abc.abstractmethod
    def register_exam_attempt(self, exam: Mapping[str, Any], context: dict[str, Any]) -> Any:
        """Announce an attempt that is about to be created, return its external id or None.

        ``exam``: serialized exam. ``context``: see backends.md 4.3. Raises
        ``BackendProviderCannotRegisterAttempt``, ``BackendProviderSentNoAttemptID``,
        ``BackendProviderOnboardingException``.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def start_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the learner started. External ids of exam and attempt."""
        raise NotImplementedError

    @abc.abstractmethod
    def stop_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the learner submitted. External ids of exam and attempt."""
        raise NotImplementedError

    @abc.abstractmethod
    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the attempt ended with an error. External ids of exam and attempt."""
        raise NotImplementedError

    @abc.abstractmethod
    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Delete the attempt at the provider. External ids of exam and attempt.

        True: it is gone. Falsy: the provider answered without confirming. Raises if it is unreachable.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def get_software_download_url(self) -> str | None:
        """Return where the learner gets the proctoring software."""
        raise NotImplementedError

    @abc.abstractmethod
    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Return the provider's review in normalised form (backends.md 9.2).

        ``attempt``: serialized attempt. Raises ``ProctoredExamSuspiciousLookup``,
        ``ProctoredExamBadReviewStatus``.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def on_exam_saved(self, exam: dict[str, Any]) -> Any:
        """Copy an exam to the provider, return its external id or something falsy.

        ``exam``: JSON-safe dict (backends.md 4.4). Must not raise.
        """
        raise NotImplementedError

    def get_javascript(self) -> str:
        """Return the URL of the worker script for the browser, ``''`` if there is none."""
        return ""

    def get_exam(self, exam: Any) -> Any:
        """Return the provider's view of an exam."""
        return exam

    def get_attempt(self, attempt: Any) -> Any:
        """Return the provider's view of an attempt: a dict that may have ``download_url`` and ``instructions``."""
        return attempt

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return the provider's dashboard for a member of staff, None if it has none. Ids are external ids."""
        return None

    def retire_user(self, user_id: str) -> bool | None:
        """Delete what the provider holds about a learner (obscured id); None if there is nothing to do.

        Raises ``BackendProviderCannotRetireUser``.
        """
        return None

    def should_block_access_to_exam_material(self) -> bool:
        """Return whether the content must not be shown to the current request."""
        return False

    def get_onboarding_profile_info(self, course_id: str, **kwargs: Any) -> Any:
        """Return the provider's onboarding profiles of a course, None if it has no such API."""
        return None

    def get_proctoring_config(self) -> dict[str, Any] | None:
        """Return ``name``, ``download_url``, ``rules``, ``instructions`` of the provider, or None."""
        return None

    def get_video_review_aes_key(self) -> str | None:
        """Return the key (hex) that links to recordings are encrypted with, or None."""
        return None
