"""The ``.seb`` file as a response, and the token in its address. Contract: contract/seb-exams#file.

The browser's own HTTP client fetches the file without the learner's cookies, so the address itself says who asked.
"""

import logging
import secrets
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import http_date

from seb_openedx import conf
from seb_openedx.edxapp_wrapper.course_staff import is_course_staff
from seb_openedx.edxapp_wrapper.enrollments import is_enrolled
from seb_openedx.exam_models import WITH_FILE, Mode, SebExamConfiguration, UploadPolicy
from seb_openedx.exams import encryption, uploads
from seb_openedx.exams.requirements import Requirement
from seb_openedx.protocol import CONTENT_TYPE, FileError, encode

log = logging.getLogger(__name__)

_SALT: Final = "seb_openedx.config"


def token_for(requirement: Requirement, user_id: int) -> str:
    """Return a token that lets one learner fetch the file of one exam, several times until it expires."""
    payload = {
        "user_id": user_id,
        "course_id": requirement.course_id,
        "content_id": requirement.content_id,
        "nonce": secrets.token_urlsafe(8),
    }
    return signing.dumps(payload, salt=_SALT, compress=True)


def user_of_token(token: str, row: SebExamConfiguration) -> Any:
    """Return the user that a token for this exam was made for; None if it is none, or has expired."""
    try:
        payload: Any = signing.loads(token, salt=_SALT, max_age=conf.seb.launch_token_seconds)
    # A token is text from outside: besides a wrong signature, what it packs may be damaged.
    except (signing.BadSignature, ValueError):
        return None
    if not isinstance(payload, dict):
        return None
    if (payload.get("course_id"), payload.get("content_id")) != (str(row.course_id), row.content_id):
        return None
    return get_user_model()._default_manager.filter(pk=payload.get("user_id", 0), is_active=True).first()


def may_have(user: Any, row: SebExamConfiguration) -> bool:
    """Whether a user may have the file of an exam: learners and staff of its course, and global staff."""
    return bool(user.is_staff) or is_enrolled(user, row.course_id) or is_course_staff(user, row.course_id)


def file_of(public_id: str) -> SebExamConfiguration | None:
    """Return the row of an exam whose file this server serves, or None."""
    rows = SebExamConfiguration.objects.filter(public_id=public_id, mode__in=WITH_FILE)
    return rows.first()


def content_of(row: SebExamConfiguration) -> bytes:
    """Return the file as learners get it; empty if the row has none.

    With a password it is encrypted separately each time. Raises ``encryption.UnreadableError``.
    """
    if row.mode == Mode.UPLOAD and row.upload_policy == UploadPolicy.PRESERVE:
        return bytes(row.served_bytes or b"")
    plain = row.config_xml.encode("utf-8")
    if not plain or not row.encrypt_password_cipher:
        return plain
    password = encryption.unseal(row.encrypt_password_cipher)
    try:
        return encode(uploads.stored(row.config_xml), password=password)
    except FileError:
        log.exception("a stored file is damaged: course_id=%s content_id=%s", row.course_id, row.content_id)
        return b""


def response(row: SebExamConfiguration, *, with_body: bool) -> HttpResponse | None:
    """Return the file, or its headers alone for HEAD; None if the row has none. Raises as ``content_of``."""
    data = content_of(row)
    if not data:
        return None
    answer = HttpResponse(data if with_body else b"", content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="config.seb"'
    answer["Content-Length"] = str(len(data))
    answer["Cache-Control"] = "private, max-age=1, no-transform"
    answer["Expires"] = http_date(timezone.now().timestamp())
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
