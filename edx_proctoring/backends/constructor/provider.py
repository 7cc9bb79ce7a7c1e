"""The provider class for Constructor Proctor. Contract: contract/constructor#provider."""

import logging
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

import requests
from crum import get_current_request
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import conf
from edx_proctoring.backends import call_options, reply_errors
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.constructor import claims, configuration, reviews, store, vendor
from edx_proctoring.backends.constructor.configuration import ConstructorOptions
from edx_proctoring.backends.constructor.store import Registration
from edx_proctoring.backends.http_limits import guard_of, mount_limits
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.statuses import SoftwareSecureReviewStatus

log = logging.getLogger(__name__)

_OUR_ERROR: Final = 500
# Of our URLs, which the core includes where the app is installed.
URL_NAMESPACE: Final = "edx_proctoring:edx_proctoring_constructor"


class ConstructorProctoringProvider(ProctoringBackendProvider):
    """One account with Constructor Proctor. Its options are in the dict ``constructor`` (``configuration``)."""

    verbose_name: Any = "Constructor Proctor"
    passing_statuses: Any = (SoftwareSecureReviewStatus.clean,)
    supports_onboarding: Any = False
    has_dashboard: Any = False
    has_own_review_callback: Any = True
    # Hex, for links to reports.
    video_review_aes_key: Any = None
    video_review_aes_previous_keys: Any = ()

    configuration_keys: ClassVar[Iterable[str]] = ("constructor", "video_review_aes_previous_keys")

    def __init__(self, constructor: Any = None, **kwargs: Any) -> None:
        """Take the options; a mistake in them is found by a system check and refuses registrations."""
        super().__init__(**kwargs)
        self.constructor = constructor
        self._options: tuple[Any, ConstructorOptions] | None = None
        self.guard = guard_of(self)
        self.session = requests.Session()
        mount_limits(self.session, self.guard)

    @property
    def options(self) -> ConstructorOptions:
        """The vendor's options, as ``constructor`` has them now."""
        if self._options is None or self._options[0] is not self.constructor:
            self._options = (self.constructor, configuration.read(self.constructor))
        return self._options[1]

    def register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        """Keep a new session and return its id. The vendor is not called, so its outage does not block learners.

        Raises ``BackendProviderCannotRegisterAttempt`` if the provider is not configured as it should be.
        """
        sessions, options = store.current(), self.options
        if sessions is None or not options.is_usable:
            log.error(
                "session not registered: backend=%s app_installed=%s problems=%s",
                self._name,
                sessions is not None,
                len(options.problems),
            )
            raise BackendProviderCannotRegisterAttempt(
                _("The proctoring provider is not configured correctly."), _OUR_ERROR
            )
        due = exam.get("due_date")
        return sessions.create(
            Registration(
                session_id=uuid.uuid4().hex,
                backend=self._name,
                attempt_code=str(context.get("attempt_code") or ""),
                user_subject=str(context.get("user_id") or ""),
                course_id=str(exam["course_id"]),
                content_id=str(exam["content_id"]),
                exam_external_id=str(exam.get("external_id") or "") or self._exam_id(exam),
                values={
                    "exam_name": str(exam.get("exam_name") or ""),
                    "minutes": int(context.get("time_limit_mins") or exam.get("time_limit_mins") or 0),
                    "due": due.isoformat() if isinstance(due, datetime) else due,
                    "is_trial": bool(context.get("is_sample_attempt")),
                    "full_name": str(context.get("full_name") or "") if options.send_name else "",
                    "email": context.get("email") if options.send_email else None,
                    "custom_rules": _custom_rules(context) if options.use_review_policy else "",
                },
            )
        )

    def start_exam_attempt(self, exam: str, attempt: str) -> str:
        """Note the start; the vendor knows it by itself."""
        if attempt and (sessions := store.current()):
            sessions.note_start(attempt)
        return "started"

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """End the session at the vendor, which then leads the learner to our page of the end.

        Raises only for callers who repeat the call (``call_options``: ``raises_on_error``).
        """
        self._end(attempt, finish_url=self.url_of("finished", attempt) if attempt else None)

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """End the session at the vendor. Raises as ``stop_exam_attempt``."""
        self._end(attempt)

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """End the session at the vendor, or its booking; return whether it is gone.

        Raises what ``requests`` raises if the vendor is unreachable or answers with an error.
        """
        if not attempt:
            return False
        if not self.options.is_usable:
            return False
        vendor.finish(self.session, self.guard, self.options, attempt)
        if sessions := store.current():
            sessions.note_removal(attempt)
        return True

    def get_software_download_url(self) -> None:
        """Return None: each attempt has a link of its own (``get_attempt``)."""
        return

    def get_attempt(self, attempt: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy of the attempt dict with ``download_url``, the link that starts the session, and instructions.

        The vendor is not called.
        """
        view = dict(attempt)
        external_id = attempt.get("external_id")
        if external_id and store.current() is not None:
            view["download_url"] = self.url_of("launch", external_id)
        view["instructions"] = self._instructions()
        return view

    def get_reentry_url(self, attempt: Mapping[str, Any] | None) -> str | None:
        """Return the link by which a learner who has closed the vendor's window opens it again."""
        external_id = (attempt or {}).get("external_id")
        return self.url_of("launch", external_id) if external_id and store.current() is not None else None

    def get_proctoring_config(self) -> dict[str, Any]:
        """Return the configuration; its instructions make the React client show the provider's page."""
        return {
            "name": self.verbose_name,
            "download_url": "",
            "rules": dict(self.options.rules),
            "instructions": self._instructions(),
        }

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> dict[str, Any]:
        """Return the vendor's review in normalised form. Raises ``ReviewNotUnderstood``."""
        return reviews.normalized_review(payload, self.options)

    def on_exam_saved(self, exam: dict[str, Any]) -> str:
        """Return the exam's external id; the vendor learns of exams from start tokens, or by ``sync_exams``."""
        external_id = str(exam.get("external_id") or "") or self._exam_id(exam)
        if self.options.sync_exams and self.options.is_usable:
            try:
                body = {
                    "examId": external_id,
                    "examName": exam.get("exam_name"),
                    "courseName": exam.get("course_id"),
                    "duration": exam.get("time_limit_mins"),
                    "accountId": self.options.account_id,
                }
                vendor.save_exam(self.session, self.guard, self.options, body)
            except requests.RequestException as error:
                if call_options.current().raises_on_error:
                    raise
                log.warning("exam not saved at provider: exam_id=%s error=%s", exam.get("id"), type(error).__name__)
        return external_id

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return our page that leads staff to the vendor's record of a session; None without an attempt."""
        if not attempt_id or not self.options.archive_links or store.current() is None:
            return None
        return self.url_of("archive", attempt_id)

    def get_video_review_aes_key(self) -> str | None:
        """Return the key (hex) for links to reports, or None."""
        return self.video_review_aes_key

    def should_block_access_to_exam_material(self) -> bool:
        """Return whether the current request does not come from a proctored page, or there is none."""
        request, sessions = get_current_request(), store.current()
        return request is None or sessions is None or not sessions.shows_content(self, request)

    def retire_user(self, user_id: str) -> bool | None:
        """Forget the learner here; the vendor has no call for it. None if there was nothing."""
        sessions = store.current()
        return True if sessions is not None and sessions.retire([user_id]) else None

    def vendor_status(self, session_id: str) -> vendor.VendorStatus | None:
        """Ask the vendor for a session; None if it does not know it. Raises ``requests.RequestException``."""
        return vendor.status_of(self.session, self.guard, self.options, session_id)

    def url_of(self, name: str, session_id: str) -> str:
        """Return the absolute URL of one of our pages about a session."""
        return conf.proctoring.lms_host + reverse(f"{URL_NAMESPACE}:{name}", args=[session_id])

    def start_claims(self, facts: claims.SessionFacts) -> dict[str, Any]:
        """Return the claims of the start token of a session."""
        return claims.start_claims(self.options, facts, now=timezone.now())

    @property
    def _name(self) -> str:
        return str(getattr(self, "backend_name", "constructor"))

    def _end(self, session_id: str, *, finish_url: str | None = None) -> None:
        sessions = store.current()
        if not session_id or sessions is None:
            return
        # First, so that the pages of the session close whatever the vendor answers.
        sessions.note_end(session_id, finish_state="pending")
        try:
            vendor.finish(self.session, self.guard, self.options, session_id, finish_url=finish_url)
        except requests.RequestException as error:
            if reply_errors.most_tries(error) == 1:
                # The caller does not repeat it either. What the outbox gives up later, ``constructor_sweep`` notes.
                sessions.note_end(session_id, finish_state="failed")
            if call_options.current().raises_on_error:
                raise
            log.warning("session not finished at provider: session=%s error=%s", session_id, type(error).__name__)
            return
        sessions.note_end(session_id, finish_state="done")

    def _instructions(self) -> list[str]:
        return list(self.options.instructions) or [
            _("Open the proctoring window with the button below. It opens in a new tab."),
            _("Follow the checks there: equipment, agreement, identification."),
            _("The exam opens inside the proctoring window. Keep that window open until you have submitted."),
        ]

    @staticmethod
    def _exam_id(exam: Mapping[str, Any]) -> str:
        """Return an id that is the same each time for an exam of this platform."""
        name = f"{conf.proctoring.lms_root_url or conf.proctoring.lms_host} {exam['course_id']} {exam['content_id']}"
        return uuid.uuid5(uuid.NAMESPACE_URL, name).hex


def _custom_rules(context: Mapping[str, Any]) -> str:
    texts = (context.get("review_policy"), context.get("review_policy_exception"))
    return "; ".join(str(text) for text in texts if text)
