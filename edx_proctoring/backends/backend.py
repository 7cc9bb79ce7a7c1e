"""The interface between this app and a proctoring provider.

Contract: contract/provider-interface#base-class. Plug-ins of other distributions subclass
``ProctoringBackendProvider``; names, signatures and defaults are contract. There is one instance per configured name
and process. Hosts replace attributes and methods on live instances, so there is no ``__slots__`` here.
"""

import abc
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from edx_proctoring import constants


class _PingInterval:
    """Default of ``ping_interval``: reads the setting at each access.

    Not a data descriptor, so a value on an instance or a subclass replaces it.
    """

    def __get__(self, instance: object, owner: type | None = None) -> int:
        return constants.DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS


class ProctoringBackendProvider(abc.ABC):
    """A proctoring provider.

    An "external id" is the provider's id of an exam or an attempt. Three more attributes are read with
    a default and so are not defined here: ``integration_specific_email``, ``passing_statuses`` (stored
    verdicts that count as passed), ``npm_module`` (package of the browser worker).
    """

    verbose_name: Any = "Unknown"
    # Seconds. The browser pings at half of it, so it should be even.
    ping_interval: Any = _PingInterval()
    tech_support_email: Any = ""
    tech_support_phone: Any = ""
    # A page for learners who need help. Optional.
    tech_support_url: Any = ""
    learner_notification_from_email: Any = ""
    has_dashboard: Any = False
    # True: practice exams of this provider are onboarding exams.
    supports_onboarding: Any = False
    help_center_article_url: Any = ""
    # True: over REST, learners start an attempt only after the provider reported that they are ready.
    requires_ready: Any = False
    # True: ``update_time_limit`` tells the provider a limit that changed after the registration.
    takes_new_limits: Any = False
    # True: its reviews have a callback that proves who sends them, so the anonymous one takes none without a signature.
    has_own_review_callback: Any = False

    # Names of further options that ``PROCTORING_BACKENDS`` may pass to this class
    # (contract/provider-configuration#options), in addition to those that its base classes declare.
    configuration_keys: ClassVar[Iterable[str]] = ("tech_support_url", "requires_ready", "takes_new_limits")

    def __init__(self, **kwargs: Any) -> None:
        """Make every configured option an attribute."""
        for key, value in kwargs.items():
            setattr(self, key, value)

    @abc.abstractmethod
    def register_exam_attempt(self, exam: Mapping[str, Any], context: dict[str, Any]) -> Any:
        """Register an attempt that is about to be created; return its external id or None.

        ``exam``: serialized exam. ``context``: see contract/provider-interface#registration-context. Raises
        ``BackendProviderCannotRegisterAttempt``, ``BackendProviderSentNoAttemptID``,
        ``BackendProviderOnboardingException``.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def start_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the learner started. Arguments: external ids."""
        raise NotImplementedError

    @abc.abstractmethod
    def stop_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the learner submitted. Arguments: external ids."""
        raise NotImplementedError

    @abc.abstractmethod
    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the attempt ended with an error. Arguments: external ids."""
        raise NotImplementedError

    def update_time_limit(self, exam: str, attempt: str, time_limit_mins: int) -> Any:
        """Report the limit of an attempt that was registered with another one and has not started.

        ``exam``, ``attempt``: external ids. Called only with ``takes_new_limits``.
        """
        return None

    @abc.abstractmethod
    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Delete the attempt at the provider. Arguments: external ids.

        Returns True if it is gone, a falsy value if the provider answered without confirming that.
        Raises if the provider is unreachable.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def get_software_download_url(self) -> str | None:
        """Return the URL of the proctoring software, or None."""
        raise NotImplementedError

    @abc.abstractmethod
    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Return the provider's review in normalised form (contract/reviews#payload).

        ``attempt``: serialized attempt. Raises ``ProctoredExamSuspiciousLookup``,
        ``ProctoredExamBadReviewStatus``.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def on_exam_saved(self, exam: dict[str, Any]) -> Any:
        """Copy an exam to the provider; return its external id or a falsy value.

        ``exam``: JSON-safe dict (contract/provider-interface#saved-exam). Must not raise.
        """
        raise NotImplementedError

    def get_javascript(self) -> str:
        """Return the URL of the browser worker's script, ``''`` if there is none."""
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
        """Return the URL of the provider's dashboard, None if it has none.

        ``user``: the member of staff. ``exam_id``, ``attempt_id``: external ids.
        """
        return None

    def retire_user(self, user_id: str) -> bool | None:
        """Delete the provider's data about a learner (obscured id); None if there is nothing to do.

        Raises ``BackendProviderCannotRetireUser``.
        """
        return None

    def should_block_access_to_exam_material(self) -> bool:
        """Return whether the exam's content must be hidden from the current request."""
        return False

    def get_onboarding_profile_info(self, course_id: str, **kwargs: Any) -> Any:
        """Return the provider's onboarding profiles of a course, None if it has no such API."""
        return None

    def get_proctoring_config(self) -> dict[str, Any] | None:
        """Return ``name``, ``download_url``, ``rules``, ``instructions`` of the provider, or None."""
        return None

    def get_video_review_aes_key(self) -> str | None:
        """Return the key (hex) for encrypting links to recordings, or None."""
        return None
