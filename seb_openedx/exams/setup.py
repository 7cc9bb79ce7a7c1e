"""Saving what an exam demands: its file, its Config Key and its earlier keys. Contract: contract/seb-exams#setup."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from seb_openedx.edxapp_wrapper import attempts
from seb_openedx.exam_models import Mode, SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.exams import encryption, file_making, requirements, sessions
from seb_openedx.exams.setup_validation import Change, Refusal, SetupError, error_in_place
from seb_openedx.protocol import hash_password
from seb_openedx.protocol.texts import Text as _

__all__ = ["Change", "Refusal", "SetupError", "plan_remake", "prepare", "remake", "save"]

log = logging.getLogger(__name__)

# Learners who have already fetched the earlier file can still begin with it for so long.
GRACE: Final = timedelta(minutes=15)
_MOST_EARLIER: Final = 20
_BATCH: Final = 500
# Columns that change when a file is made again.
_REMADE: Final = (
    "config_xml",
    "config_key",
    "served_bytes",
    "source_name",
    "previous_config_keys",
    "modified",
    "modified_by_username",
    "version",
)
# Fields of a change that are columns of the row.
_COLUMNS: Final = (
    "mode",
    "settings",
    "min_versions",
    "upload_policy",
    "browser_keys",
    "client_config_keys",
    "exempt_usernames",
    "on_leave",
)


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

    Locks: the template, the row. ``row.version`` is the version that the change was made from. ``origin``: ``scheme://host[:port]``
    of this platform, part of the file of a new row; a stored one stays unless ``change.renew_origin``. ``by``: username
    of who saves. ``force``: also while learners are in the exam. Raises ``SetupError``.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # First the template, as ``templates.save`` does: a file must not be made of what is just being replaced.
        template = _locked_template(row, change)
        stored = None
        if row.pk is not None:
            stored = SebExamConfiguration.objects.select_for_update().filter(pk=row.pk).first()
            if stored is None or stored.version != row.version:
                raise SetupError(Refusal.STALE)
        before = None if stored is None else _accepted(stored)
        planned = prepare(stored or row, change, origin=origin, force=force, template=template)
        is_changed = before is not None and before != _accepted(planned)
        if before is not None:
            _keep_history(planned, before, now=now)
        planned.modified_by_username = by
        planned.version += 1
        try:
            with transaction.atomic():
                planned.save()
        except IntegrityError as error:
            # Another person has just set up the same exam.
            raise SetupError(Refusal.STALE) from error
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


def remake(rows: Sequence[SebExamConfiguration], *, by: str, force: bool, now: datetime) -> int:
    """Make the files of exams again, and save those that differ; return how many. The caller has locked the rows.

    Costs the same number of queries for each 500 exams. Raises as ``plan_remake``.
    """
    before = {row.pk: _accepted(row) for row in rows}
    differing = plan_remake(rows, force=force)
    for row in differing:
        _keep_history(row, before[row.pk], now=now)
        row.modified, row.modified_by_username = now, by
        row.version += 1
    for batch in _batches(differing):
        SebExamConfiguration.objects.bulk_update(batch, _REMADE)
        _end_retired_sessions(batch, now=now)
    # Rows that are saved together send no signals. As in ``receivers.exam_changed``: now, and after the commit.
    _forget(differing)
    transaction.on_commit(lambda: _forget(differing))
    return len(differing)


def plan_remake(rows: Sequence[SebExamConfiguration], *, force: bool) -> list[SebExamConfiguration]:
    """Make the files of exams again; return the rows with another key, not saved.

    Raises ``SetupError`` that names the exams in which learners are, unless ``force``, or the exam whose file cannot be
    made.
    """
    differing = []
    for row in rows:
        key = row.config_key
        try:
            file_making.make(row, Change())
        except SetupError as error:
            raise SetupError(error.code, error.errors, exams=[_name(row)]) from error
        if row.config_key != key:
            differing.append(row)
    for batch in _batches(differing):
        if not force and (inside := attempts.running_at([_name(row) for row in batch])):
            raise SetupError(Refusal.ATTEMPTS_RUNNING, exams=inside)
    return differing


def _batches(rows: Sequence[SebExamConfiguration]) -> Iterator[Sequence[SebExamConfiguration]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def prepare(
    row: SebExamConfiguration,
    change: Change,
    *,
    origin: str,
    force: bool = False,
    template: SebConfigTemplate | None = None,
) -> SebExamConfiguration:
    """Return the row, changed and with its file and key, not saved. Raises ``SetupError``.

    ``template``: that of the row after the change, if the caller has read it.
    """
    before = None if row.pk is None else _accepted(row)
    planned = _planned(row, change, origin=origin, template=template)
    if before is not None and before != _accepted(planned) and not force and attempts.running_at([_name(planned)]):
        raise SetupError(Refusal.ATTEMPTS_RUNNING, exams=[_name(planned)])
    return planned


def _planned(
    row: SebExamConfiguration, change: Change, *, origin: str, template: SebConfigTemplate | None
) -> SebExamConfiguration:
    change = change.checked()
    error = error_in_place(row.course_id, row.content_id) if row.pk is None else ""
    if error:
        raise SetupError(Refusal.INVALID, {"content_id": error})
    for name in _COLUMNS:
        if (value := getattr(change, name)) is not None:
            setattr(row, name, value)
    if change.template_id is not None and change.template_id != row.template_id:
        row.template = _chosen(change.template_id)
    if template is not None and template.pk == row.template_id:
        row.template = template
    if change.quit_password is not None:
        row.quit_password_hash = hash_password(change.quit_password)
    if change.encrypt_password is not None:
        row.encrypt_password_cipher = encryption.seal(change.encrypt_password)
    else:
        row.encrypt_password_cipher = encryption.with_present_key(row.encrypt_password_cipher)
    # The addresses are part of the key: saving under another name of this host must not change it.
    if not row.origin or change.renew_origin:
        row.origin = origin.rstrip("/")
    file_making.make(row, change)
    if row.mode != Mode.OFF and not requirements.from_row(row).is_usable:
        raise SetupError(Refusal.INVALID, {"mode": _("the exam would not accept any browser; check its keys")})
    return row


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


def _keep_history(row: SebExamConfiguration, before: _Accepted, *, now: datetime) -> None:
    """Remember the key that a row had before, if it has another one now."""
    if not before.config_key or before.config_key == row.config_key:
        return
    entry = {"key": before.config_key, "retired_at": now.isoformat(), "valid_until": (now + GRACE).isoformat()}
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


def _end_retired_sessions(rows: Sequence[SebExamConfiguration], *, now: datetime) -> None:
    """End the sessions of several exams whose proof is one of the exams' earlier keys."""
    entries = [entry for row in rows for entry in row.previous_config_keys if isinstance(entry, Mapping)]
    prefixes = {str(entry.get("key"))[: sessions.PREFIX_LENGTH] for entry in entries}
    SebSession.objects.filter(
        course_id__in={row.course_id for row in rows},
        content_id__in={row.content_id for row in rows},
        key_prefix__in=prefixes - {row.config_key[: sessions.PREFIX_LENGTH] for row in rows},
    ).end("configuration_changed", now=now)


def _locked_template(row: SebExamConfiguration, change: Change) -> SebConfigTemplate | None:
    """Lock and return the template that the row will have; None if it will have none, or one that does not exist."""
    template_id = change.template_id
    if template_id is None and row.pk is not None:
        rows = SebExamConfiguration.objects.filter(pk=row.pk)
        template_id = rows.values_list("template_id", flat=True).first()
    if type(template_id) is not int:
        return None
    return SebConfigTemplate.objects.select_for_update().filter(pk=template_id).first()


def _chosen(template_id: int) -> SebConfigTemplate:
    """Return a template that an exam may choose. Raises ``SetupError``."""
    template = SebConfigTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise SetupError(Refusal.INVALID, {"template_id": _("there is no such template")})
    if not template.enabled:
        raise SetupError(Refusal.INVALID, {"template_id": _("this template is switched off; choose another one")})
    return template


def _forget(rows: Sequence[SebExamConfiguration]) -> None:
    for course in {row.course_id for row in rows}:
        requirements.forget(course)


def _name(row: SebExamConfiguration) -> tuple[str, str]:
    return str(row.course_id), row.content_id
