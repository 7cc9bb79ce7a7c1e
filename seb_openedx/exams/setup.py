"""Saving what an exam demands: its file, its Config Key and its earlier keys. Contract: contract/seb-exams#setup."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.exam_models import Mode, SebExamConfiguration, SebSession, UploadPolicy
from seb_openedx.exams import requirements, sessions
from seb_openedx.protocol import (
    Level,
    SebFile,
    adapt,
    compute_config_key,
    decode,
    encode,
    exam_quit_url,
    exam_start_url,
    generate,
    hash_password,
    lint_settings,
)
from seb_openedx.protocol.errors import FileError, InvalidSettings, UnsupportedValue

log = logging.getLogger(__name__)

# Learners who have already fetched the earlier file can still begin with it for so long.
GRACE: Final = timedelta(minutes=15)
_MOST_EARLIER: Final = 20
_RUNNING: Final = ("started", "ready_to_submit")


class SetupError(ValueError):
    """A requirement cannot be saved.

    ``code``: ``stale`` (somebody else has saved meanwhile), ``attempts_running`` or ``invalid``. ``errors``: field →
    what is wrong with it.
    """

    def __init__(self, code: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.errors = dict(errors or {})


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be saved. None: as it is. ``quit_password``: plain text; empty removes it.

    ``upload``: the bytes of a new file, ``upload_password``: what it is encrypted with; it is not kept.
    """

    mode: str | None = None
    settings: Mapping[str, Any] | None = None
    min_versions: Mapping[str, str] | None = None
    quit_password: str | None = field(default=None, repr=False)
    upload: bytes | None = field(default=None, repr=False)
    upload_name: str = ""
    upload_password: str | None = field(default=None, repr=False)
    upload_policy: str | None = None
    browser_keys: list[dict[str, Any]] | None = field(default=None, repr=False)
    client_config_keys: list[str] | None = field(default=None, repr=False)
    exempt_usernames: list[str] | None = None
    on_leave: str | None = None


def save(
    row: SebExamConfiguration,
    change: Change,
    *,
    origin: str,
    by: str,
    force: bool = False,
    now: datetime | None = None,
) -> SebExamConfiguration:
    """Save a requirement, new or changed, with its file and key.

    Locks: the row. ``row.version`` is the version that the change was made from. ``origin``: ``scheme://host[:port]``
    of this platform, part of the file. ``force``: also while learners are in the exam. Raises ``SetupError``.
    """
    now = now or timezone.now()
    with transaction.atomic():
        stored = None
        if row.pk is not None:
            stored = SebExamConfiguration.objects.select_for_update().filter(pk=row.pk).first()
            if stored is None or stored.version != row.version:
                raise SetupError("stale")
        before = None if stored is None else _accepted(stored)
        planned = prepare(stored or row, change, origin=origin, force=force)
        is_changed = before is not None and before != _accepted(planned)
        if before is not None and before.config_key and before.config_key != planned.config_key:
            _retire(planned, before.config_key, now=now)
        planned.modified_by_username = by
        planned.version += 1
        try:
            with transaction.atomic():
                planned.save()
        except IntegrityError as error:
            # Somebody else has just set up the same exam.
            raise SetupError("stale") from error
        if is_changed:
            _end_sessions(planned, now=now)
    log.info(
        "the requirement of Safe Exam Browser was saved: course_id=%s content_id=%s mode=%s version=%s",
        planned.course_id,
        planned.content_id,
        planned.mode,
        planned.version,
    )
    return planned


def prepare(row: SebExamConfiguration, change: Change, *, origin: str, force: bool = False) -> SebExamConfiguration:
    """Return the row, changed and with its file and key, not saved. Raises ``SetupError``."""
    before = None if row.pk is None else _accepted(row)
    planned = _planned(row, change, origin=origin)
    if before is not None and before != _accepted(planned) and not force and _is_anybody_inside(planned):
        raise SetupError("attempts_running")
    return planned


def _planned(row: SebExamConfiguration, change: Change, *, origin: str) -> SebExamConfiguration:
    for name in ("mode", "settings", "min_versions", "upload_policy", "browser_keys", "client_config_keys", "on_leave"):
        if (value := getattr(change, name)) is not None:
            setattr(row, name, value)
    if change.exempt_usernames is not None:
        row.exempt_usernames = list(change.exempt_usernames)
    if change.quit_password is not None:
        row.quit_password_hash = hash_password(change.quit_password)
    row.origin = origin.rstrip("/")
    try:
        if row.mode == Mode.MANUAL:
            _generate(row)
        elif row.mode == Mode.UPLOAD:
            _take_upload(row, change)
        else:
            row.config_key = ""
    except InvalidSettings as error:
        raise SetupError("invalid", error.errors) from error
    except UnsupportedValue as error:
        raise SetupError("invalid", {"upload": str(error)}) from error
    if row.mode != Mode.OFF and not requirements.from_row(row).is_usable:
        raise SetupError("invalid", {"mode": "the exam would accept no browser; check its keys"})
    return row


def start_address(row: SebExamConfiguration) -> str:
    """Return the address with which the exam begins."""
    return exam_start_url(row.origin, row.public_id)


def _generate(row: SebExamConfiguration) -> None:
    made = generate(
        {**row.settings, "min_versions": {**conf.seb.min_versions, **row.min_versions}},
        start_url=start_address(row),
        quit_url=exam_quit_url(row.origin, row.quit_nonce),
        quit_password_hash=row.quit_password_hash,
        always_allow=conf.seb.filter_always_allow,
        alliance_edition=conf.seb.allow_alliance_edition,
    )
    _keep(row, made)
    row.source_name = ""


def _take_upload(row: SebExamConfiguration, change: Change) -> None:
    preserve = row.upload_policy == UploadPolicy.PRESERVE
    file = None
    if change.upload is not None:
        file = _read(change.upload, change.upload_password)
        if preserve:
            _refuse_errors(file.settings)
        row.source_name = change.upload_name[:255]
    if preserve:
        if file is not None:
            row.served_bytes = change.upload
            row.config_key = file.config_key()
            row.config_xml = ""
        if not row.served_bytes:
            raise SetupError("invalid", {"upload": "choose the file that learners shall get"})
        return
    if file is None and (row.served_bytes or not row.source_name or not row.config_xml):
        # An encrypted file that was served unchanged cannot be adapted later: its password is not kept.
        raise SetupError("invalid", {"upload": "choose the file again, so that it can be adapted to this exam"})
    settings = file.settings if file is not None else decode(row.config_xml.encode()).settings
    adapted = adapt(
        settings,
        start_url=start_address(row),
        quit_url=exam_quit_url(row.origin, row.quit_nonce),
        quit_password_hash=row.quit_password_hash,
    )
    _refuse_errors(adapted)
    _keep(row, adapted)


def _read(data: bytes, password: str | None) -> SebFile:
    try:
        return decode(data, password=password or None, max_bytes=conf.seb.file_max_bytes)
    except FileError as error:
        where = "upload_password" if error.code in ("password_required", "wrong_password") else "upload"
        raise SetupError("invalid", {where: str(error)}) from error


def _refuse_errors(settings: Mapping[str, Any]) -> None:
    """Raise for settings of which some client computes another key."""
    found = [finding for finding in lint_settings(settings) if finding.level is Level.ERROR]
    if found:
        raise SetupError("invalid", {"upload": " ".join(f"{finding.key}: {finding.message}" for finding in found)})


def _keep(row: SebExamConfiguration, made: Mapping[str, Any]) -> None:
    row.config_xml = encode(made).decode("utf-8")
    row.config_key = compute_config_key(made)
    row.served_bytes = None


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What decides which clients get in."""

    mode: str
    config_key: str
    client_keys: tuple[str, ...]
    browser_keys: tuple[str, ...]


def _accepted(row: SebExamConfiguration) -> _Accepted:
    found = requirements.from_row(row)
    return _Accepted(row.mode, row.config_key, found.config_keys, found.browser_keys)


def _retire(row: SebExamConfiguration, key: str, *, now: datetime) -> None:
    entry = {"key": key, "retired_at": now.isoformat(), "valid_until": (now + GRACE).isoformat()}
    earlier = row.previous_config_keys if isinstance(row.previous_config_keys, list) else []
    row.previous_config_keys = [*earlier, entry][-_MOST_EARLIER:]


def _end_sessions(row: SebExamConfiguration, *, now: datetime) -> None:
    """End the sessions whose proof is none any more."""
    found = requirements.from_row(row)
    rows = SebSession.objects.filter(course_id=row.course_id, content_id=row.content_id)
    if row.mode != Mode.OFF:
        prefixes = {key[: sessions.PREFIX_LENGTH] for key in (*found.config_keys, *found.browser_keys)} or {""}
        rows = rows.exclude(key_prefix__in=prefixes)
    rows.end("configuration_changed", now=now)


def _is_anybody_inside(row: SebExamConfiguration) -> bool:
    """Whether a learner's attempt at this exam is running. The other app may be absent, so it is found by name."""
    if not apps.is_installed("edx_proctoring"):
        return False
    attempts = apps.get_model("edx_proctoring", "ProctoredExamStudentAttempt")
    return attempts.objects.filter(
        proctored_exam__course_id=str(row.course_id),
        proctored_exam__content_id=row.content_id,
        status__in=_RUNNING,
    ).exists()
