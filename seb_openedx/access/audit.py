"""What the audit log says about a request. Contract: contract/seb-audit#log."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from django.db import DatabaseError

from seb_openedx import conf
from seb_openedx.access.requests import course_key_of_text, path_of, usage_key, view_module, view_name
from seb_openedx.access_log import Entry, record
from seb_openedx.audit_models import Decision
from seb_openedx.permissions import (
    CheckSEBHash,
    CheckSEBHashBrowserExamKey,
    CheckSEBHashBrowserExamKeyOrConfigKey,
    CheckSEBHashConfigKey,
    get_enabled_permission_classes,
)
from seb_openedx.protocol import from_user_agent
from seb_openedx.reasons import Reason

# Enough of a key to tell an old file from none.
PREFIX_LENGTH: Final = 7
_MOST_PREFIXES: Final = 20
# With these, the keys that would have opened the page explain the refusal.
_KEYS_MATTER: Final = frozenset(
    {Reason.NO_HEADER, Reason.CONFIG_KEY_MISMATCH, Reason.BROWSER_KEY_MISMATCH, Reason.BLACKLISTED}
)
_CONFIG_HASH: Final = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
_REQUEST_HASH: Final = "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH"


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
    meta = _meta(request)
    if is_closed and not meta.get(_CONFIG_HASH) and not meta.get(_REQUEST_HASH):
        return Reason.BLACKLISTED
    if code:
        return code
    kinds = (CheckSEBHash, CheckSEBHashBrowserExamKeyOrConfigKey)
    if not any(issubclass(component, kinds) for component in get_enabled_permission_classes(course_key)):
        return Reason.DENIED_BY_COMPONENT
    if meta.get(_CONFIG_HASH):
        return Reason.CONFIG_KEY_MISMATCH
    return Reason.BROWSER_KEY_MISMATCH if meta.get(_REQUEST_HASH) else Reason.NO_HEADER


def refined(request: Any, code: str, *, is_page: bool) -> str:
    """Return ``session_missing`` for what Safe Exam Browser cannot prove by itself: frames, scripts, answers."""
    if code != Reason.NO_HEADER or is_page or not conf.seb.sessions_enabled:
        return code
    return Reason.SESSION_MISSING if says_it_is_seb(request) else code


def says_it_is_seb(request: Any) -> bool:
    """Return whether the browser calls itself Safe Exam Browser."""
    agent = _meta(request).get("HTTP_USER_AGENT")
    return isinstance(agent, str) and from_user_agent(agent) is not None


def _record(request: Any, course_key: Any, decision: Decision, reason: str, content_id: str, **values: Any) -> None:
    meta = _meta(request)
    found = {
        **_user(request),
        "method": getattr(request, "method", ""),
        "path": _path(request),
        "view_name": ".".join(filter(None, (view_module(request), view_name(request)))),
        "user_agent": meta.get("HTTP_USER_AGENT"),
        "seb_version": _version(meta.get("HTTP_USER_AGENT")),
        "config_hash": meta.get(_CONFIG_HASH),
        "request_hash": meta.get(_REQUEST_HASH),
        "ip": meta.get("REMOTE_ADDR"),
    }
    record(request, Entry(decision, course_key, reason=reason, content_id=content_id, **{**found, **values}))


def _user(request: Any) -> dict[str, Any]:
    """Return who asked; nobody while the database that would tell fails."""
    user = getattr(request, "user", None)
    try:
        return {"user_id": getattr(user, "pk", None), "username": getattr(user, "username", "")}
    except DatabaseError:
        return {}


def _meta(request: Any) -> dict[str, Any]:
    meta = getattr(request, "META", None)
    return meta if isinstance(meta, dict) else {}


def _path(request: Any) -> str:
    """Return the path with the names of its parameters. Values may be personal; only those that are keys are kept."""
    path, query = path_of(request), _meta(request).get("QUERY_STRING")
    if not isinstance(query, str) or not query:
        return path
    parts = [f"{name}={value if _is_key(value) else ''}" for name, value in parse_qsl(query, True)[:20]]
    return f"{path}?{'&'.join(parts)}"


def _is_key(value: str) -> bool:
    return usage_key(value) is not None or course_key_of_text(value.replace(" ", "+")) is not None


def _version(agent: Any) -> str:
    client = from_user_agent(agent) if isinstance(agent, str) else None
    if client is None:
        return ""
    return ".".join(str(number) for number in client.version) or "SEB"


def _prefixes(keys: Iterable[str]) -> list[str]:
    return [key[:PREFIX_LENGTH] for key in list(keys)[:_MOST_PREFIXES]]
