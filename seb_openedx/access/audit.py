"""What the audit log says about a request. Contract: contract/seb-audit#log."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from seb_openedx import conf
from seb_openedx.access.requests import (
    client_of,
    course_key_of_text,
    path_of,
    usage_key,
    user_of,
    view_module,
    view_name,
)
from seb_openedx.access_log import Entry, record
from seb_openedx.audit_models import Decision
from seb_openedx.header_hash import BROWSER_KEY, CONFIG_KEY, meta_of
from seb_openedx.permissions import (
    CheckSEBHashBrowserExamKey,
    CheckSEBHashConfigKey,
    compares_keys,
)
from seb_openedx.protocol import Client
from seb_openedx.reasons import Reason

# Enough of a key to tell an old file from none.
PREFIX_LENGTH: Final = 7
_MOST_PREFIXES: Final = 20
# With these, the keys that would have opened the page explain the refusal.
_KEYS_MATTER: Final = frozenset(
    {Reason.NO_HEADER, Reason.CONFIG_KEY_MISMATCH, Reason.BROWSER_KEY_MISMATCH, Reason.BLACKLISTED}
)


def refused(
    request: Any,
    course_key: Any,
    reason: str,
    *,
    content_id: str = "",
    config_keys: Iterable[str] = (),
    browser_keys: Iterable[str] = (),
    **values: Any,
) -> None:
    """Record that a request was refused. ``values``: fields of ``Entry`` that the request itself does not hold."""
    expected = {"config_keys": _prefixes(config_keys), "browser_keys": _prefixes(browser_keys)}
    _record(request, course_key, Decision.REFUSED, reason, content_id, expected_prefixes=expected, **values)


def refused_by_course(request: Any, course_key: Any, reason: str) -> None:
    """Record that the configuration of a course refused a request."""
    if reason not in _KEYS_MATTER:
        refused(request, course_key, reason)
        return
    refused(
        request,
        course_key,
        reason,
        config_keys=CheckSEBHashConfigKey().get_seb_keys(course_key),
        browser_keys=CheckSEBHashBrowserExamKey().get_seb_keys(course_key),
    )


def granted(request: Any, course_key: Any, *, content_id: str = "", **values: Any) -> None:
    """Record that a browser was proved for the first time."""
    _record(request, course_key, Decision.GRANTED, "", content_id, **values)


def reason_of(request: Any, course_key: Any, code: str, *, is_closed: bool) -> str:
    """Return why the configuration of a course refuses.

    ``code``: what the check of keys said, if there was one. ``is_closed``: the page would be open to every browser, if
    it were not in a closed part of the course.
    """
    meta = meta_of(request)
    if is_closed and not meta.get(CONFIG_KEY) and not meta.get(BROWSER_KEY):
        return Reason.BLACKLISTED
    if code:
        return code
    if not compares_keys(course_key):
        return Reason.DENIED_BY_COMPONENT
    if meta.get(CONFIG_KEY):
        return Reason.CONFIG_KEY_MISMATCH
    return Reason.BROWSER_KEY_MISMATCH if meta.get(BROWSER_KEY) else Reason.NO_HEADER


def refined(request: Any, code: str, *, is_page: bool) -> str:
    """Return ``session_missing`` for what Safe Exam Browser cannot prove by itself: frames, scripts, answers."""
    if code != Reason.NO_HEADER or is_page or not conf.seb.sessions_enabled:
        return code
    return code if client_of(request) is None else Reason.SESSION_MISSING


def _record(request: Any, course_key: Any, decision: Decision, reason: str, content_id: str, **values: Any) -> None:
    meta, user = meta_of(request), user_of(request)
    found = {
        "user_id": getattr(user, "pk", None),
        "username": getattr(user, "username", ""),
        "method": getattr(request, "method", ""),
        "path": _path(request),
        "view_name": ".".join(filter(None, (view_module(request), view_name(request)))),
        "user_agent": meta.get("HTTP_USER_AGENT"),
        "seb_version": _version(client_of(request)),
        "config_hash": meta.get(CONFIG_KEY),
        "request_hash": meta.get(BROWSER_KEY),
        "ip": meta.get("REMOTE_ADDR"),
    }
    record(request, Entry(decision, course_key, reason=reason, content_id=content_id, **{**found, **values}))


def _path(request: Any) -> str:
    """Return the path with the names of its parameters. Values may be personal; only those that are keys are kept."""
    path, query = path_of(request), meta_of(request).get("QUERY_STRING")
    if not isinstance(query, str) or not query:
        return path
    parts = [f"{name}={value if _is_key(value) else ''}" for name, value in parse_qsl(query, True)[:20]]
    return f"{path}?{'&'.join(parts)}"


def _is_key(value: str) -> bool:
    return usage_key(value) is not None or course_key_of_text(value.replace(" ", "+")) is not None


def _version(client: Client | None) -> str:
    if client is None:
        return ""
    return ".".join(str(number) for number in client.version) or "SEB"


def _prefixes(keys: Iterable[str]) -> list[str]:
    return list(islice(dict.fromkeys(key[:PREFIX_LENGTH] for key in keys), _MOST_PREFIXES))
