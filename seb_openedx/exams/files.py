"""The ``.seb`` file as a response, and the token in its address. Contract: contract/seb-exams#file.

The browser's own HTTP client fetches the file without the learner's cookies, so the address itself says who asked.
"""

import secrets
from typing import Any, Final

from django.core import signing
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import http_date

from seb_openedx import conf
from seb_openedx.exam_models import Mode, SebExamConfiguration, UploadPolicy
from seb_openedx.exams.requirements import Requirement
from seb_openedx.protocol import CONTENT_TYPE

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


def is_valid(token: str, row: SebExamConfiguration) -> bool:
    """Whether a token is for this exam and has not expired."""
    try:
        payload: Any = signing.loads(token, salt=_SALT, max_age=conf.seb.launch_token_seconds)
    # A token is text from outside: besides a wrong signature, what it packs may be damaged.
    except (signing.BadSignature, ValueError):
        return False
    return (
        isinstance(payload, dict)
        and payload.get("course_id") == str(row.course_id)
        and payload.get("content_id") == row.content_id
    )


def file_of(public_id: str) -> SebExamConfiguration | None:
    """Return the row of an exam whose file this server serves, or None."""
    rows = SebExamConfiguration.objects.filter(public_id=public_id, mode__in=(Mode.MANUAL, Mode.UPLOAD))
    return rows.first()


def response(row: SebExamConfiguration, *, with_body: bool) -> HttpResponse | None:
    """Return the file, or its headers alone for HEAD; None if the row has none."""
    preserved = row.mode == Mode.UPLOAD and row.upload_policy == UploadPolicy.PRESERVE
    data = bytes(row.served_bytes or b"") if preserved else row.config_xml.encode("utf-8")
    if not data:
        return None
    answer = HttpResponse(data if with_body else b"", content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="config.seb"'
    answer["Content-Length"] = str(len(data))
    answer["Cache-Control"] = "private, max-age=1, no-transform"
    answer["Expires"] = http_date(timezone.now().timestamp())
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
