"""Writes the audit log. Contract: contract/seb-audit#log.

Runs in front of pages and must cost them little and never harm them: one statement for a repeated refusal, two for a
new one, and no error leaves this module.
"""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from django.db import router, transaction
from django.db.models import F
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.audit_models import Decision, SebAccessLog
from seb_openedx.log_once import first_time, once_a_minute

log = logging.getLogger(__name__)

# Refusals that are the same within so long are one row.
REPEAT_SECONDS: Final = 60
# Set on a request whose rows are to be written when it is answered.
_WAITING: Final = "_seb_openedx_log"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written. Values come from requests: anything that is no text counts as absent."""

    decision: Decision
    course_key: Any
    reason: str = ""
    user_id: Any = None
    username: Any = ""
    actor_username: Any = ""
    content_id: Any = ""
    method: Any = ""
    path: Any = ""
    view_name: Any = ""
    seb_version: Any = ""
    user_agent: Any = ""
    config_hash: Any = ""
    request_hash: Any = ""
    expected_prefixes: Mapping[str, list[str]] = field(default_factory=dict)
    ip: Any = None


def wait(request: Any) -> None:
    """Keep what is recorded for this request until ``write_waiting``.

    Its view may run inside a transaction that a refusal rolls back, and the rows would be gone with it.
    """
    setattr(request, _WAITING, [])


def write_waiting(request: Any) -> None:
    """Write what has waited."""
    waiting = getattr(request, _WAITING, None)
    setattr(request, _WAITING, None)
    for entry in waiting if isinstance(waiting, list) else ():
        write(entry)


def record(request: Any, entry: Entry) -> None:
    """Write an entry about a request: when the request is answered, or now if nobody will."""
    waiting = getattr(request, _WAITING, None)
    if isinstance(waiting, list):
        waiting.append(entry)
    else:
        write(entry)


def write(entry: Entry) -> None:
    """Write an entry. Never raises."""
    try:
        _tell(entry)
        if conf.seb.audit_log_enabled:
            with _savepoint():
                _store(entry, timezone.now())
    except Exception as error:
        # The table is missing, the database is away, a value fits no column. The request goes on.
        if first_time("audit log", type(error).__name__):
            log.exception("the audit log of Safe Exam Browser cannot be written: course_id=%s", entry.course_key)


def _tell(entry: Entry) -> None:
    """Log an event. A flood of refusals is one line per reason and minute; the table has them all."""
    left_out = once_a_minute("event", entry.decision, entry.reason)
    if left_out is not None:
        log.info(
            "edx.seb.access.%s: course_id=%s content_id=%s user_id=%s reason=%s left_out=%s",
            entry.decision,
            _text(str(entry.course_key), 255),
            _text(entry.content_id, 255),
            _number(entry.user_id),
            _text(entry.reason, 32),
            left_out,
        )


def _store(entry: Entry, now: datetime) -> None:
    key = {
        "username": _text(entry.username, 150),
        "course_id": entry.course_key,
        "content_id": _text(entry.content_id, 255),
        "reason": _text(entry.reason, 32),
        "view_name": _text(entry.view_name, 255),
    }
    if entry.decision == Decision.REFUSED:
        since = now - timedelta(seconds=REPEAT_SECONDS)
        # Ahead of now: rows of a clock that was wrong.
        rows = SebAccessLog.objects.filter(created__gt=since, created__lte=now, decision=entry.decision, **key)
        if rows.update(count=F("count") + 1, last_seen=now):
            return
    SebAccessLog.objects.create(
        created=now,
        last_seen=now,
        decision=entry.decision,
        user_id=_number(entry.user_id),
        actor_username=_text(entry.actor_username, 150),
        method=_text(entry.method, 16),
        path=_text(entry.path, 512),
        seb_version=_text(entry.seb_version, 100),
        user_agent=_text(entry.user_agent, 256),
        received_config_hash=_text(entry.config_hash, 64),
        received_request_hash=_text(entry.request_hash, 64),
        expected_prefixes=dict(entry.expected_prefixes),
        ip=_ip(entry.ip) if conf.seb.audit_store_ip else None,
        **key,
    )


def _savepoint() -> Any:
    """Return a block that keeps a failure from breaking the caller's transaction; nothing outside of one."""
    database = router.db_for_write(SebAccessLog)
    inside = transaction.get_connection(database).in_atomic_block
    return transaction.atomic(using=database) if inside else nullcontext()


def _text(value: Any, length: int) -> str:
    """Return a text as every database takes it: no null characters, halves of pairs, or characters of four bytes."""
    if not isinstance(value, str):
        return ""
    value = value[:length]
    if value.isascii() and "\0" not in value:
        return value
    return "".join("?" if c == "\0" or "\ud800" <= c <= "\udfff" or c > "\uffff" else c for c in value)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else None


def _ip(value: Any) -> str | None:
    try:
        return str(ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None
