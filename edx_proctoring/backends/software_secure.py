"""The provider class for Software Secure, also called RPNow. Contract: contract/rpnow#class.

The learner pastes an attempt code into the vendor's software, whose browser opens our launch URL
(``callbacks.start_exam_callback``); the vendor posts its review without authentication. The wire
format is contract in all its details: body here, signature in ``software_secure_signing``, exam
password in ``software_secure_passwords``, review in ``software_secure_reviews``.
"""

import json
import logging
import unicodedata
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import requests
from crum import get_current_request
from cryptography.exceptions import UnsupportedAlgorithm
from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import conf, constants
from edx_proctoring.backends import video_links
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.http_limits import guard_of, mount_limits
from edx_proctoring.backends.provider_settings import provider_setting
from edx_proctoring.backends.software_secure_passwords import encrypt_aes_gcm, encrypt_triple_des
from edx_proctoring.backends.software_secure_reviews import normalized_review
from edx_proctoring.backends.software_secure_signing import SoftwareSecureSigning
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt, BackendProviderSentNoAttemptID, digest_of
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus
from edx_proctoring.utils import decode_and_decrypt

log = logging.getLogger(__name__)

# Characters that the vendor does not accept in the name of an exam.
SOFTWARE_SECURE_INVALID_CHARS: Final = "[]<>#:|!?/'\"*\\"

_UNNAMED_EXAM: Final = "Proctored Exam"
_NO_REPLY: Final = 503
_OUR_ERROR: Final = 500
_NOT_CONFIGURED: Final = "The proctoring provider is not configured correctly."

_TRIPLE_DES: Final = "3des-ecb"
_AES_GCM: Final = "aes-256-gcm"

# Set by the launch callback, so only the vendor's browser has it.
_EXAM_COOKIE: Final = "exam"


class SoftwareSecureBackendProvider(SoftwareSecureSigning, ProctoringBackendProvider):
    """RPNow. Vendors that speak the same protocol with small differences subclass it.

    Options: see ``__init__``; ``timeout`` in seconds; ``strict_content_gate``, see
    ``should_block_access_to_exam_material``; ``password_cipher``, ``3des-ecb`` or, for a peer that
    documents it, ``aes-256-gcm`` (then ``crypto_key`` is the hex form of 32 bytes).
    """

    verbose_name: Any = "RPNow"
    passing_statuses: Any = SoftwareSecureReviewStatus.passing_statuses
    timeout: Any = 10
    password_cipher: Any = _TRIPLE_DES
    strict_content_gate: Any = False
    # Former values of ``video_review_aes_key`` (hex), for links that were stored with them.
    video_review_aes_previous_keys: Any = ()
    # Hosts of recordings, besides that of ``exam_register_endpoint``.
    recording_hosts: Any = ()

    configuration_keys: ClassVar[Iterable[str]] = (
        "strict_content_gate",
        "recording_hosts",
        "video_review_aes_previous_keys",
    )

    # Key of the vendor's attempt id in the reply to a registration.
    record_locator_key: ClassVar[str] = "ssiRecordLocator"

    def __init__(
        self,
        organization: str,
        exam_sponsor: str,
        exam_register_endpoint: str,
        secret_key_id: str,
        secret_key: str,
        crypto_key: str | bytes,
        software_download_url: str,
        video_review_aes_key: str | None = None,
        send_email: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the options. ``crypto_key``: the key's text, not hex. ``video_review_aes_key``: hex."""
        super().__init__(**kwargs)
        self.organization = organization
        self.exam_sponsor = exam_sponsor
        self.exam_register_endpoint = exam_register_endpoint
        self.secret_key_id = secret_key_id
        self.secret_key = secret_key
        self.crypto_key = crypto_key.encode("utf-8") if isinstance(crypto_key, str) else crypto_key
        self.software_download_url = software_download_url
        self.video_review_aes_key = video_review_aes_key
        self.send_email = send_email
        self._guard = guard_of(self)

    def register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """Register an attempt; return the vendor's record locator.

        Raises ``BackendProviderCannotRegisterAttempt`` (no connection, refused, or the password
        cannot be encrypted here), ``BackendProviderSentNoAttemptID``.
        """
        attempt_code = context["attempt_code"]
        if conf.is_placeholder(self.exam_register_endpoint):
            log.error("attempt not registered, the endpoint is a placeholder: attempt_code=%s", attempt_code)
            raise BackendProviderCannotRegisterAttempt(_NOT_CONFIGURED, _OUR_ERROR)
        try:
            data = self._get_payload(exam, context)
        except (ValueError, UnsupportedAlgorithm) as exc:
            log.exception("exam password not encrypted: attempt_code=%s", attempt_code)
            raise BackendProviderCannotRegisterAttempt(_NOT_CONFIGURED, _OUR_ERROR) from exc
        http_date = _http_date(timezone.now())
        signature = self._sign_doc(data, "POST", {"Content-Type": "application/json"}, http_date)
        try:
            status, text = self._send_request_to_ssi(data, signature, http_date)
        except (requests.RequestException, ConnectionError) as exc:
            log.warning("attempt not registered: attempt_code=%s error=%s", attempt_code, type(exc).__name__)
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not answer.", _NO_REPLY) from exc
        if status not in (200, 201):
            head = f"Could not register attempt_code={attempt_code}. HTTP status={status}"
            log.error("%s response=%s", head, digest_of(text))
            # Bytes, as it came: the vendor's text is for callers that look into it, not for learners.
            raise BackendProviderCannotRegisterAttempt(f"{head} response={text}".encode(), status)
        return self._record_locator_in(text, status)

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """Do nothing: the vendor's software knows by itself."""
        return

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """Do nothing: the vendor's software knows by itself."""
        return

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """Do nothing: the vendor has no call for errors."""
        return

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Return True: the vendor has no call for it, and nothing blocks the removal here."""
        return True

    def on_exam_saved(self, exam: dict[str, Any]) -> None:
        """Do nothing: the vendor has no exams, only attempts."""
        return

    def get_software_download_url(self) -> str:
        """Return the URL of the vendor's software."""
        return self.software_download_url

    def get_proctoring_config(self) -> dict[str, Any]:
        """Return the configuration. The empty ``instructions`` make the React client show the attempt code."""
        return {
            "download_url": self.get_software_download_url(),
            "name": self.verbose_name,
            "rules": {},
            "instructions": [],
        }

    def should_block_access_to_exam_material(self) -> bool:
        """Return whether the current request is not from the vendor's browser, or there is none.

        Contract: any validly signed value of the cookie gives access. With the option
        ``strict_content_gate``, the value must be the code of a running attempt of this learner, so
        the cookie of another learner or of an earlier exam does not.
        """
        request = get_current_request()
        if request is None:
            return True
        code = request.get_signed_cookie(_EXAM_COOKIE, default=False)
        return not code or (bool(self.strict_content_gate) and not _is_in_attempt(request, code))

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> dict[str, Any]:
        """Return the vendor's review in normalised form; raises as ``normalized_review``."""
        return normalized_review(attempt, payload)

    def get_video_review_aes_key(self) -> str | None:
        """Return the key for links to recordings (hex), or None."""
        return self.video_review_aes_key

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return the URL of an attempt's recording, None if there is none; the vendor has no dashboard."""
        if not encrypted_video_review_url:
            return None
        link = video_links.decrypt(
            encrypted_video_review_url,
            video_links.keys_of(self) or [""],
            external_id=attempt_id,
            # By its name in this module, which is contract (contract/provider-interface#imported-names).
            decode=decode_and_decrypt,
        )
        if link is None:
            # For example a value encrypted with a key that is not listed any more: staff see "no dashboard".
            log.warning("link to a recording not decrypted: course_id=%s attempt=%s", course_id, attempt_id)
            return None
        url = link.url.replace("DirectLink-Generic", "DirectLink-HTML5")
        if not _is_web_address(url):
            log.error("link to a recording is not a web address: course_id=%s attempt=%s", course_id, attempt_id)
            return None
        return url

    def may_lead_to(self, url: str) -> bool:
        """Return whether staff may be led to a recording at this address: https, on a host that the settings name."""
        hosts = self.recording_hosts if isinstance(self.recording_hosts, (list, tuple)) else ()
        try:
            parts, own = urlsplit(url), urlsplit(self.exam_register_endpoint or "").hostname
            return parts.scheme == "https" and parts.username is None and parts.hostname in {own, *hosts} - {None}
        except ValueError:
            return False

    def check_encryption(self) -> None:
        """Encrypt a text, for the system check. Raises the error that encrypting an exam password would raise."""
        self._encrypt_password(self.crypto_key, "test")

    def extend_org_extra(
        self, org_extra: MutableMapping[str, Any], exam: Mapping[str, Any], context: Mapping[str, Any]
    ) -> None:
        """Add to ``orgExtra`` of a registration, in place. A hook for related vendors."""

    def _get_payload(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a registration, with its keys in the order of the wire format.

        Field subclasses override this method and the private ones that it calls, so their names and
        signatures are kept.
        """
        attempt_code = context["attempt_code"]
        minutes = context["time_limit_mins"]
        now = timezone.now()
        first_name, last_name = self._split_fullname(context.get("full_name") or "")
        launch_path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt_code])
        org_extra = {
            "examStartDate": _http_date(now),
            "examEndDate": _http_date(now + timedelta(minutes=minutes)),
            "noOfStudents": 1,
            "examID": exam["id"],
            "courseID": exam["course_id"],
            "firstName": first_name,
            "lastName": last_name,
        }
        if self.send_email:
            org_extra["email"] = context["email"]
        self.extend_org_extra(org_extra, exam, context)
        return {
            "examCode": attempt_code,
            "organization": self.organization,
            "duration": minutes,
            "reviewedExam": not context["is_sample_attempt"],
            "reviewerNotes": self._reviewer_notes(context),
            "examPassword": self._encrypt_password(self.crypto_key, attempt_code),
            "examSponsor": self.exam_sponsor,
            "examName": _clean_exam_name(exam["exam_name"]),
            "ssiProduct": "rp-now",
            "examUrl": f"{conf.proctoring.lms_host}{launch_path}",
            "orgExtra": org_extra,
        }

    def _reviewer_notes(self, context: Mapping[str, Any]) -> Any:
        if "review_policy" in context:
            notes = context["review_policy"]
        else:
            name = getattr(self, "backend_name", None)
            notes = (
                provider_setting(name, "DEFAULT_REVIEW_POLICY")
                if name
                else constants.DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY
            )
        exception = context.get("review_policy_exception")
        return f"{notes}; {exception}" if exception else notes

    def _split_fullname(self, full_name: str) -> tuple[str, str]:
        """Return the text before the first space, and the rest."""
        first_name, _, last_name = full_name.partition(" ")
        return first_name, last_name

    def _encrypt_password(self, key: bytes, pwd: str) -> str:
        """Return the encrypted exam password. Raises ``ValueError`` for a key that does not fit the cipher."""
        if self.password_cipher == _AES_GCM:
            return encrypt_aes_gcm(bytes.fromhex(key.decode()), pwd, associated=self.organization)
        if self.password_cipher == _TRIPLE_DES:
            return encrypt_triple_des(key, pwd)
        raise ValueError(f"'password_cipher' is {self.password_cipher!r}; known are {_TRIPLE_DES} and {_AES_GCM}.")

    def _send_request_to_ssi(self, data: Mapping[str, Any], sig: bytes, date: str) -> tuple[int, str]:
        """Post a registration; return status and text of the reply."""
        self._guard.require_closed()
        # A new session: cookies of one learner's registration must not be sent with another's.
        with requests.Session() as session:
            mount_limits(session, self._guard)
            response = session.post(
                self.exam_register_endpoint,
                headers={"Content-Type": "application/json", "Authorization": sig, "Date": date},
                data=json.dumps(data),
                timeout=self.timeout,
            )
        return response.status_code, response.text

    def _record_locator_in(self, text: str, status: int) -> Any:
        try:
            reply = json.loads(text)
        except ValueError as exc:
            raise BackendProviderSentNoAttemptID(text, status) from exc
        locator = reply.get(self.record_locator_key) if isinstance(reply, dict) else None
        if not locator:
            raise BackendProviderSentNoAttemptID(text, status)
        return locator


def _is_in_attempt(request: HttpRequest, code: str) -> bool:
    """Return whether the code is that of a running attempt of the request's user."""
    # By name, because providers are importable before models are.
    attempts = apps.get_model("edx_proctoring", "ProctoredExamStudentAttempt").objects
    user_id = getattr(getattr(request, "user", None), "pk", None)
    return user_id is not None and bool(
        attempts.filter(
            user_id=user_id,
            attempt_code=code,
            status__in=(ProctoredExamStudentAttemptStatus.started, ProctoredExamStudentAttemptStatus.ready_to_submit),
        ).exists()
    )


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        # For example a bracket that is not closed.
        return False


def _clean_exam_name(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    cleaned = "".join("_" if char in SOFTWARE_SECURE_INVALID_CHARS else char for char in ascii_name)
    return cleaned or _UNNAMED_EXAM


def _http_date(moment: datetime) -> str:
    """Return ``Wed, 02 Jan 2030 03:04:05 GMT``, independent of the locale of the process."""
    return format_datetime(moment, usegmt=True)
