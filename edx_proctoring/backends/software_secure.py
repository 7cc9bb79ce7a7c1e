"""Software Secure, also called RPNow: a vendor with its own way of signing. Spec: backends.md 7.

The learner pastes an attempt code into the vendor's software, whose browser comes back to us
(``callbacks.start_exam_callback``); the vendor posts its review without signing in. Every quirk of
the wire format is computed by the vendor as well, and therefore contract.
"""

import base64
import hashlib
import hmac
import json
import logging
import unicodedata
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
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
from edx_proctoring.backends import ciphers
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.http import mount_limits
from edx_proctoring.backends.provider_settings import provider_setting
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    ProctoredExamBadReviewStatus,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus
from edx_proctoring.utils import decode_and_decrypt

log = logging.getLogger(__name__)

# Characters that the vendor does not take in the name of an exam.
SOFTWARE_SECURE_INVALID_CHARS: Final = "[]<>#:|!?/'\"*\\"

_UNNAMED_EXAM: Final = "Proctored Exam"
_NO_REPLY: Final = 503
_OUR_MISTAKE: Final = 500
_MAX_LOGGED_BODY: Final = 500

_TRIPLE_DES: Final = "3des-ecb"
_AES_GCM: Final = "aes-256-gcm"

# Where the exam's content is seen by the vendor's browser only.
_EXAM_COOKIE: Final = "exam"


class SoftwareSecureBackendProvider(ProctoringBackendProvider):
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

    configuration_keys: ClassVar[Iterable[str]] = ("strict_content_gate",)

    # Where the reply to a registration holds the vendor's id of the attempt.
    record_locator_key: ClassVar[str] = "ssiRecordLocator"
    # First word of the signature.
    signature_scheme: ClassVar[str] = "SSI"

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

    # --- interface ----------------------------------------------------------------------------

    def register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """Announce an attempt; return the vendor's record locator.

        Raises ``BackendProviderCannotRegisterAttempt`` (no connection, refused, or the password
        cannot be encrypted here), ``BackendProviderSentNoAttemptID``.
        """
        attempt_code = context["attempt_code"]
        try:
            data = self._get_payload(exam, context)
        except (ValueError, UnsupportedAlgorithm) as exc:
            log.exception("exam password not encrypted: attempt_code=%s", attempt_code)
            raise BackendProviderCannotRegisterAttempt(
                "The proctoring provider is not configured as it should be.", _OUR_MISTAKE
            ) from exc
        http_date = _http_date(timezone.now())
        signature = self._sign_doc(data, "POST", {"Content-Type": "application/json"}, http_date)
        try:
            status, text = self._send_request_to_ssi(data, signature, http_date)
        except (requests.RequestException, ConnectionError) as exc:
            log.warning("attempt not registered: attempt_code=%s error=%s", attempt_code, type(exc).__name__)
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not answer.", _NO_REPLY) from exc
        if status not in (200, 201):
            message = (
                f"Could not register attempt_code={attempt_code}. "
                f"HTTP status={status} response={text[:_MAX_LOGGED_BODY]}"
            )
            log.error("%s", message)
            raise BackendProviderCannotRegisterAttempt(message, status)
        return self._record_locator_in(text, status)

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """The vendor's software knows by itself."""
        return

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """The vendor's software knows by itself."""
        return

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """The vendor takes no errors."""
        return

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Return True: the vendor has nothing that could be removed."""
        return True

    def on_exam_saved(self, exam: dict[str, Any]) -> None:
        """The vendor knows attempts only."""
        return

    def get_software_download_url(self) -> str:
        """Return where the learner gets the vendor's software."""
        return self.software_download_url

    def get_proctoring_config(self) -> dict[str, Any]:
        """Return what pages need. The empty ``instructions`` make the React client show the attempt code."""
        return {
            "download_url": self.get_software_download_url(),
            "name": self.verbose_name,
            "rules": {},
            "instructions": [],
        }

    def should_block_access_to_exam_material(self) -> bool:
        """Return whether the request is not from the vendor's browser.

        Contract: any validly signed value of the cookie unlocks. Without a request nobody proved
        anything. With the option ``strict_content_gate``, the value must be the code of an attempt
        that this learner is in: then a cookie of another learner or of a former exam is no key.
        """
        request = get_current_request()
        if request is None:
            return True
        code = request.get_signed_cookie(_EXAM_COOKIE, default=False)
        return not code or (bool(self.strict_content_gate) and not _is_in_attempt(request, code))

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> dict[str, Any]:
        """Return the vendor's review in normalised form (7.6).

        Raises ``ProctoredExamSuspiciousLookup`` if it is not about this attempt,
        ``ProctoredExamBadReviewStatus`` for an unknown verdict, ``ProctoredBaseException`` (400)
        for lists of comments that are none.
        """
        if not isinstance(payload, Mapping):
            raise ProctoredExamSuspiciousLookup("The review must be an object with 'examMetaData'.")
        self._require_same_attempt(attempt, payload)
        status = payload.get("reviewStatus")
        if not isinstance(status, str):
            raise ProctoredExamBadReviewStatus("'reviewStatus' of the review must be a text.")
        SoftwareSecureReviewStatus.validate(status)
        return {
            "status": SoftwareSecureReviewStatus.to_standard_status[status],
            "comments": [
                _normalized(comment)
                for source in ("webCamComments", "desktopComments")
                for comment in _comments_in(payload, source)
            ],
            "payload": payload,
            "reviewed_by": None,
        }

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
        """Return the recording of an attempt; the vendor has no dashboard. None if there is no link to follow."""
        if not encrypted_video_review_url:
            return None
        try:
            key = bytes.fromhex(self.get_video_review_aes_key() or "")
            url = decode_and_decrypt(encrypted_video_review_url, key).decode("utf-8")
        except Exception:  # a stored value of another key or another time: staff see "no dashboard"
            log.exception("link to a recording not decrypted: course_id=%s attempt=%s", course_id, attempt_id)
            return None
        url = url.replace("DirectLink-Generic", "DirectLink-HTML5")
        if urlsplit(url).scheme not in ("http", "https"):
            log.error("link to a recording is no web address: course_id=%s attempt=%s", course_id, attempt_id)
            return None
        return url

    def check_encryption(self) -> None:
        """Encrypt something. Raises whatever keeps exam passwords from being encrypted (for the system check)."""
        self._encrypt_password(self.crypto_key, "test")

    # --- hooks for related vendors ------------------------------------------------------------

    def extend_org_extra(
        self, org_extra: MutableMapping[str, Any], exam: Mapping[str, Any], context: Mapping[str, Any]
    ) -> None:
        """Add to what a registration says about the course, in place."""

    # --- registration; field subclasses override these, so names and signatures are kept ------

    def _get_payload(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a registration. The order of its keys goes over the wire."""
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
        """Return what stands before the first space, and the rest."""
        first_name, _, last_name = full_name.partition(" ")
        return first_name, last_name

    def _encrypt_password(self, key: bytes, pwd: str) -> str:
        """Return the exam password as the vendor wants it. Raises ``ValueError`` for an unfit key."""
        if self.password_cipher == _AES_GCM:
            return ciphers.encrypt_aes_gcm(bytes.fromhex(key.decode()), pwd, associated=self.organization)
        if self.password_cipher == _TRIPLE_DES:
            return ciphers.encrypt_triple_des(key, pwd)
        raise ValueError(f"'password_cipher' is {self.password_cipher!r}; known are {_TRIPLE_DES} and {_AES_GCM}.")

    def _header_string(self, headers: Mapping[str, str], date: str | None) -> bytes:
        """Return the signed form of the headers."""
        lines = [headers.get("Content-Type"), date]
        return b"".join(f"{line}\n".encode() for line in lines if line)

    def _body_string(self, body_json: Mapping[str, Any], prefix: bytes = b"") -> bytes:
        """Return the signed form of the body: sorted ``key:value`` lines.

        Only one level of nesting shows in the keys; the vendor does the same.
        """
        lines = []
        for key in sorted(body_json):
            value = body_json[key]
            name = str(key).encode()
            if isinstance(value, bool):
                lines.append(prefix + name + (b":true\n" if value else b":false\n"))
            elif isinstance(value, (list, tuple)):
                lines.append(self._list_string(name, value))
            elif isinstance(value, dict):
                lines.append(self._body_string(value, name + b"."))
            else:
                is_null = not value and value != ""
                lines.append(prefix + name + b":" + ("null" if is_null else str(value)).encode() + b"\n")
        return b"".join(lines)

    def _list_string(self, name: bytes, items: Sequence[Any]) -> bytes:
        return b"".join(
            self._body_string(item, b"%s.%d." % (name, position))
            if isinstance(item, dict)
            else b"%s.%d:%s\n" % (name, position, str(item).encode())
            for position, item in enumerate(items)
        )

    def _sign_doc(
        self, body_json: Mapping[str, Any], method: str, headers: Mapping[str, str], date: str | None
    ) -> bytes:
        """Return the value of the ``Authorization`` header."""
        log.info(
            "signing a registration: attempt_code=%s course_id=%s",
            body_json.get("examCode"),
            body_json["orgExtra"].get("courseID"),
        )
        message = f"{method}\n\n".encode() + self._header_string(headers, date) + self._body_string(body_json)
        digest = hmac.new(self.secret_key.encode("ascii"), message, hashlib.sha256).digest()
        return f"{self.signature_scheme} {self.secret_key_id}:".encode("ascii") + base64.b64encode(digest)

    def _send_request_to_ssi(self, data: Mapping[str, Any], sig: bytes, date: str) -> tuple[int, str]:
        """Post a registration; return status and text of the reply."""
        # A session of its own: cookies of one learner's registration are nobody else's.
        with requests.Session() as session:
            mount_limits(session)
            response = session.post(
                self.exam_register_endpoint,
                headers={"Content-Type": "application/json", "Authorization": sig, "Date": date},
                data=json.dumps(data),
                timeout=self.timeout,
            )
        return response.status_code, response.text

    # --- our own ------------------------------------------------------------------------------

    def _record_locator_in(self, text: str, status: int) -> Any:
        try:
            reply = json.loads(text)
        except ValueError as exc:
            raise BackendProviderSentNoAttemptID(text, status) from exc
        locator = reply.get(self.record_locator_key) if isinstance(reply, dict) else None
        if not locator:
            raise BackendProviderSentNoAttemptID(text, status)
        return locator

    def _require_same_attempt(self, attempt: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        """The record locator is known to the vendor and to us only: it stands for a login."""
        if conf.proctoring.allow_callback_simulation:
            return
        meta = payload.get("examMetaData")
        sent = meta.get("ssiRecordLocator") if isinstance(meta, Mapping) else None
        ours = attempt["external_id"]
        if not isinstance(sent, str) or not ours:
            raise ProctoredExamSuspiciousLookup(
                f"The review and the attempt must both have a record locator; attempt_code={attempt['attempt_code']}"
            )
        if not hmac.compare_digest(sent.lower().encode("utf-8", "surrogatepass"), str(ours).lower().encode()):
            raise ProctoredExamSuspiciousLookup(
                f"The record locator of the review is not that of attempt_code={attempt['attempt_code']}"
            )


def _is_in_attempt(request: HttpRequest, code: str) -> bool:
    """Return whether the code is that of an exam that the user of the request is taking right now."""
    # By name: providers are importable before models are.
    attempts = apps.get_model("edx_proctoring", "ProctoredExamStudentAttempt").objects
    user_id = getattr(getattr(request, "user", None), "pk", None)
    return user_id is not None and bool(
        attempts.filter(
            user_id=user_id,
            attempt_code=code,
            status__in=(ProctoredExamStudentAttemptStatus.started, ProctoredExamStudentAttemptStatus.ready_to_submit),
        ).exists()
    )


def _clean_exam_name(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    cleaned = "".join("_" if char in SOFTWARE_SECURE_INVALID_CHARS else char for char in ascii_name)
    return cleaned or _UNNAMED_EXAM


def _http_date(moment: datetime) -> str:
    """Return ``Wed, 02 Jan 2030 03:04:05 GMT``, whatever the locale of the process is."""
    return format_datetime(moment, usegmt=True)


def _comments_in(payload: Mapping[str, Any], source: str) -> Sequence[Any]:
    comments = payload.get(source)
    if comments is None:
        return ()
    if not isinstance(comments, (list, tuple)):
        raise ProctoredBaseException(f"{source!r} of the review must be a list.")
    return comments


def _normalized(comment: Any) -> Any:
    if not isinstance(comment, Mapping):
        # Refused, with its number, where all providers' comments are checked.
        return comment
    return {
        "start": comment.get("eventStart") or 0,
        "stop": comment.get("eventFinish") or 0,
        "duration": comment.get("duration") or 0,
        "comment": comment.get("comments") or "",
        "status": comment.get("eventStatus") or "",
    }
