"""Making stored files again, after this host's address, a setting or ``SECRET_KEY`` has changed.

Contract: contract/seb-exams#regenerate.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet

from seb_openedx import conf
from seb_openedx.exam_models import WITH_FILE, Mode, SebExamConfiguration, UploadPolicy
from seb_openedx.exams import encryption, file_making, setup
from seb_openedx.exams.setup_validation import Change, Refusal, SetupError

PRESERVED: Final = Q(mode=Mode.UPLOAD, upload_policy=UploadPolicy.PRESERVE)


class Result(StrEnum):
    """What becomes of one exam's file."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    # An uploaded file that learners get as it is.
    PRESERVED = "served unchanged"
    # Learners are in the exam, and would be put out.
    WAITS = "learners are in the exam"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One exam. ``old_key``, ``new_key``: Config Keys. ``detail``: why it failed, or what else has changed."""

    course_id: str
    content_id: str
    result: Result
    old_key: str = ""
    new_key: str = ""
    detail: str = ""


def exams_with_files() -> "QuerySet[SebExamConfiguration]":
    """Return the exams whose file this host serves."""
    return SebExamConfiguration.objects.filter(mode__in=WITH_FILE)


def known_origins() -> list[str]:
    """Return the addresses of this host that files may lead to; empty while ``LMS_ROOT_URL`` is not set."""
    root = conf.seb.lms_root_url
    return [root, *conf.seb.public_base_urls] if root else []


def is_origin(text: str) -> bool:
    """Whether a text is ``http(s)://host[:port]``."""
    try:
        parts = urlsplit(text)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_good and text == _origin_of(text)


def _origin_of(text: str) -> str:
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}"


def regenerate(
    rows: "QuerySet[SebExamConfiguration]", *, origin: str, by: str, force: bool = False, dry_run: bool = False
) -> Iterator[Outcome]:
    """Make the file of each exam again, and save it if it differs; yield what became of it.

    ``origin``: what files shall lead to; those that lead to another address of ``SEB_PUBLIC_BASE_URLS`` stay there.
    ``by``: username in the rows. ``force``: also while learners are in the exam. ``dry_run``: saves nothing. Each exam
    is saved by itself: one that fails does not hold up the others.
    """
    for pk in list(rows.order_by("course_id", "content_id").values_list("pk", flat=True)):
        row = SebExamConfiguration.objects.select_related("template").filter(pk=pk).first()
        if row is not None:
            yield _regenerated(row, origin=origin, by=by, force=force, dry_run=dry_run)


def _regenerated(row: SebExamConfiguration, *, origin: str, by: str, force: bool, dry_run: bool) -> Outcome:
    exam = (str(row.course_id), row.content_id)
    if not file_making.has_addresses(row):
        return Outcome(*exam, Result.PRESERVED)
    if not encryption.is_readable(row.encrypt_password_cipher):
        text = "its password was stored with another SECRET_KEY; enter it again, learners get no file until then"
        return Outcome(*exam, Result.FAILED, detail=text)
    change = Change(renew_origin=row.origin not in (origin, *conf.seb.public_base_urls))
    sealed_anew = not encryption.has_present_key(row.encrypt_password_cipher)
    old_key = row.config_key
    try:
        planned = setup.prepare(copy.copy(row), change, origin=origin, force=force, template=row.template)
        if (planned.config_key, planned.origin) == (old_key, row.origin) and not sealed_anew:
            return Outcome(*exam, Result.UNCHANGED, old_key, old_key)
        if not dry_run:
            planned = setup.save(row, change, origin=origin, by=by, force=force)
    except SetupError as error:
        if error.code == Refusal.ATTEMPTS_RUNNING:
            return Outcome(*exam, Result.WAITS, old_key)
        text = "; ".join(f"{name}: {text}" for name, text in error.errors.items())
        return Outcome(*exam, Result.FAILED, old_key, detail=text or "it was changed meanwhile; run the command again")
    detail = "the password is stored with the present SECRET_KEY" if sealed_anew else ""
    return Outcome(*exam, Result.CHANGED, old_key, planned.config_key, detail)
