"""Calls to the vendor, with the breaker, retries and limits of every provider.

Contract: contract/constructor#vendor-calls.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import requests
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from edx_proctoring.backends import reply_errors
from edx_proctoring.backends.constructor import tokens
from edx_proctoring.backends.constructor.configuration import ConstructorOptions
from edx_proctoring.backends.http_limits import Guard

log = logging.getLogger(__name__)

STARTED: Final = "started"
FINISHED: Final = "finished"
_YEARS: Final = range(2000, 9999)
STATUSES: Final = frozenset({"not_scheduled", "early_to_start", "ready_to_start", "late_to_start", STARTED, FINISHED})


@dataclass(frozen=True, slots=True)
class VendorStatus:
    """What the vendor says about a session. ``status``: one of ``STATUSES``, or a word that we do not know."""

    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None


def status_of(
    http: requests.Session, guard: Guard, options: ConstructorOptions, session_id: str
) -> VendorStatus | None:
    """Ask for a session; None if the vendor does not know it yet. Raises ``requests.RequestException``."""
    response = _call(http, guard, options, "GET", f"sessions/{session_id}/status/")
    if response.status_code == 404:
        return None
    _require_answer(response)
    reply = _object_in(response)
    status = reply.get("status")
    if not isinstance(status, str) or reply.get("sessionId", session_id) != session_id:
        raise reply_errors.OddReply("the reply is not about this session", response=response)
    if status not in STATUSES:
        _say_once(status[:40])
    return VendorStatus(status, read_date(reply.get("sessionStart")), read_date(reply.get("sessionEnd")))


def finish(
    http: requests.Session,
    guard: Guard,
    options: ConstructorOptions,
    session_id: str,
    *,
    finish_url: str | None = None,
) -> None:
    """End a session at the vendor, or its booking; one that the vendor does not know has ended.

    Raises ``requests.RequestException``: ``ProviderRefused`` if repeating the call cannot help.
    """
    body = {"sessionFinishUrl": finish_url} if finish_url else {}
    response = _call(http, guard, options, "POST", f"sessions/{session_id}/finish/", body)
    if response.status_code != 404:
        _require_answer(response)


def save_exam(http: requests.Session, guard: Guard, options: ConstructorOptions, claims: Mapping[str, Any]) -> None:
    """Tell the vendor an exam. Raises ``requests.RequestException``."""
    _require_answer(_call(http, guard, options, "POST", "exams/", claims))


def read_date(value: Any) -> datetime | None:
    """Return a date of the vendor, which writes ``Z``, ``+0000``, ``+00:00`` and fractions; None for other values.

    In UTC. A date without a zone is one of this platform. Years that no session is in are None, because not every
    database stores them.
    """
    if not isinstance(value, str):
        return None
    try:
        instant = parse_datetime(value.strip())
        if instant is None:
            return None
        if timezone.is_naive(instant):
            instant = instant.replace(tzinfo=timezone.get_default_timezone())
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if instant.year in _YEARS else None


@lru_cache(maxsize=64)
def _say_once(status: str) -> None:
    """Log a status that we do not know: once in a process, because pages ask every few seconds."""
    log.warning("vendor has a status that we do not know, it counts as not started: status=%r", status)


def _call(
    http: requests.Session,
    guard: Guard,
    options: ConstructorOptions,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> requests.Response:
    if not options.is_usable:
        raise reply_errors.ProviderRefused("the vendor is not configured")
    guard.require_closed()
    expires = int(timezone.now().timestamp()) + options.api_token_ttl
    token = tokens.sign({"exp": expires}, options.jwt_secrets[0])
    return http.request(
        method,
        f"{options.vendor}/api/v2/integration/simple/{options.integration_name}/{path}",
        json=body,
        headers={"Accept": "application/json", "Content-Type": "application/json", "Authorization": f"JWT {token}"},
        timeout=options.http_timeout,
        # The token must not reach another host.
        allow_redirects=False,
    )


def _require_answer(response: requests.Response) -> None:
    """Raise if a reply does not mean "done". 401 and 403 may be a clock or a secret that an operator repairs."""
    reply_errors.require_delivered(response)


def _object_in(response: requests.Response) -> Mapping[str, Any]:
    reply = response.json() if response.content.strip() else {}
    return reply if isinstance(reply, Mapping) else {}
