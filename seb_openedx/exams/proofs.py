"""Whether what a client sends proves Safe Exam Browser with an exam's settings. Contract: contract/seb-exams#proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seb_openedx import header_hash
from seb_openedx.exam_models import Proof
from seb_openedx.exams.requirements import Requirement
from seb_openedx.protocol import errors, find_match, from_javascript, from_user_agent, is_too_old


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client says about itself. ``addresses``: those under which it may have hashed its keys."""

    addresses: Sequence[str]
    config_hash: str = ""
    browser_hash: str = ""
    user_agent: str = ""
    # As JavaScript says it; empty with headers.
    version: str = ""
    by_script: bool = False

    @property
    def has_hash(self) -> bool:
        """Whether it tries to prove anything."""
        return bool(self.config_hash or self.browser_hash)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result: ``proof`` and the ``key`` that was proved, or why not (``code``)."""

    proof: Proof | None = None
    key: str = ""
    code: str = ""


def sent_with(request: Any) -> Sent:
    """Return what a request says in its headers."""
    meta = header_hash.meta_of(request)
    return Sent(
        addresses=header_hash.addresses(request, meta),
        config_hash=_text(meta.get(header_hash.CONFIG_KEY)),
        browser_hash=_text(meta.get(header_hash.BROWSER_KEY)),
        user_agent=_text(meta.get("HTTP_USER_AGENT")),
    )


def check(requirement: Requirement, sent: Sent, *, now: datetime) -> Checked:
    """Return whether the client is one that the exam accepts.

    Of each kind of key that the exam has, one must be proved: a Config Key stands for the settings, a Browser Exam Key
    for the program. Of a course's keys, one of either kind.
    """
    if not requirement.is_usable:
        return Checked(code="config_error")
    if requirement.accepts_name_only:
        if from_user_agent(sent.user_agent) is None:
            return Checked(code="not_seb")
        return _if_new_enough(requirement, sent, Checked(Proof.USER_AGENT))
    if not sent.has_hash:
        return Checked(code="no_header")
    found = [
        check_kind(keys, sent)
        for check_kind, keys in (
            (_check_config_key, requirement.accepted_config_keys(now)),
            (_check_browser_key, requirement.browser_keys),
        )
        if keys
    ]
    proved = [checked for checked in found if checked.proof is not None]
    refused = [checked for checked in found if checked.proof is None]
    if not proved or (refused and not requirement.is_course):
        return refused[0] if refused else Checked(code="config_error")
    return _if_new_enough(requirement, sent, proved[0])


def _check_config_key(keys: Sequence[str], sent: Sent) -> Checked:
    match = find_match(sent.addresses, keys, sent.config_hash)
    if match is None:
        return Checked(code="config_key_mismatch")
    return Checked(Proof.SCRIPT_CONFIG_KEY if sent.by_script else Proof.HEADER_CONFIG_KEY, match.key)


def _check_browser_key(keys: Sequence[str], sent: Sent) -> Checked:
    match = find_match(sent.addresses, keys, sent.browser_hash)
    if match is None:
        return Checked(code="browser_key_mismatch")
    return Checked(Proof.SCRIPT_BROWSER_KEY if sent.by_script else Proof.HEADER_BROWSER_KEY, match.key)


def _if_new_enough(requirement: Requirement, sent: Sent, checked: Checked) -> Checked:
    """Refuse a client that says it is too old. The browser checks this itself; here it is told to the learner."""
    client = from_javascript(sent.version) if sent.version else from_user_agent(sent.user_agent)
    try:
        too_old = client is not None and is_too_old(client, requirement.min_versions)
    except errors.InvalidVersion:
        # A setting that a system check reports; the browser's own check stays.
        too_old = False
    return Checked(code="version_too_old") if too_old else checked


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
