"""Whether a request to an exam passes. Contract: contract/seb-exams#access.

The middleware asks ``decide`` for each page of a course, the start gate ``is_verified`` for one exam.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import DatabaseError
from django.utils import timezone

from seb_openedx import conf, header_hash
from seb_openedx.access.requests import (
    client_of,
    is_xblock_request,
    keywords_of,
    path_of,
    usage_key,
    view_name,
    wants_json,
)
from seb_openedx.configuration_reading import once
from seb_openedx.edxapp_wrapper.allowances import has_allowance
from seb_openedx.edxapp_wrapper.get_chapter_from_location import get_parent_from_location
from seb_openedx.edxapp_wrapper.jwt_user import user_of_token
from seb_openedx.exam_models import SebSession
from seb_openedx.exams import challenges, course_requirements, learner_release, proofs, requirements, sessions
from seb_openedx.exams.requirements import Requirement
from seb_openedx.log_once import first_time
from seb_openedx.permissions import AlwaysAllowCourseStaff, AlwaysAllowStaff

log = logging.getLogger(__name__)

# Blocks above sequences, and pages of a course: never part of an exam.
_NOT_IN_A_SEQUENCE: Final = frozenset({"course", "chapter", "about", "course_info", "static_tab"})
_SEQUENTIAL: Final = "sequential"
# Key of the allowance with which staff let a learner take an exam in any browser.
EXEMPTION: Final = "seb_exemption"
# With these, graders and tools on other servers report to a block. They act for no logged-in learner.
_WITHOUT_LOGIN: Final = frozenset({"handle_xblock_callback_noauth"})


class Outcome(StrEnum):
    """What becomes of a request."""

    NO_EXAM = "no_exam"
    EXEMPT = "exempt"
    PROVED = "proved"
    # The browser may be the right one and cannot show it with this request: it is sent to a check.
    CHALLENGE = "challenge"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    """``concerned``: the exams that come into question. ``code``: why refused."""

    outcome: Outcome
    concerned: tuple[Requirement, ...] = ()
    code: str = ""

    @property
    def requirement(self) -> Requirement | None:
        """Of the exam; None without one, and when several come into question."""
        return self.concerned[0] if len(self.concerned) == 1 else None


_NO_EXAM: Final = Decision(Outcome.NO_EXAM)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One exam's answer to a request."""

    passes: bool
    code: str = ""
    # The learner has a session, and its proof is too old for a page.
    is_stale: bool = False
    # By which it passes; None for a request with a proof of its own.
    session: SebSession | None = None


def decide(request: Any, course_key: Any, masquerade: Any) -> Decision:
    """Return what becomes of a request to a course. ``masquerade``: as whom a staff member sees the course."""
    found = requirements.of_course(course_key)
    concerned = _concerned(request, course_key, found) if found else ()
    if not concerned:
        return _NO_EXAM
    try:
        return _decide(request, course_key, masquerade, concerned)
    except Exception as error:
        # The database or the host fails. An exam that is protected stays so.
        if first_time("exam access", type(error).__name__):
            log.exception("an exam is refused, because access cannot be decided: course_id=%s", course_key)
        return Decision(Outcome.REFUSED, concerned, "config_error")


def _decide(request: Any, course_key: Any, masquerade: Any, concerned: tuple[Requirement, ...]) -> Decision:
    now = timezone.now()
    seen = _Seen(passes=False)
    for candidate in concerned:
        seen = _look(request, candidate, now=now, page=is_page(request))
        if seen.passes:
            return Decision(Outcome.PROVED, (candidate,))
    if _is_exempt(request, course_key, concerned, masquerade):
        return Decision(Outcome.EXEMPT, concerned)
    if len(concerned) == 1 and _can_be_challenged(request, concerned[0], seen, now=now):
        return Decision(Outcome.CHALLENGE, concerned, seen.code)
    return Decision(Outcome.REFUSED, concerned, seen.code)


def is_landing(request: Any, decision: Decision) -> bool:
    """Return whether a learner only looks for the way in: another browser that asks to see the exam and claims nothing.

    The page that it gets instead has the launch link. That is no refusal.
    """
    if decision.outcome is not Outcome.REFUSED or decision.code not in ("no_header", "not_seb"):
        return False
    if getattr(request, "method", "") != "GET" or wants_json(request) or decision.requirement is None:
        return False
    return client_of(request) is None


def decide_course(request: Any, course_key: Any) -> Decision:
    """Return what becomes of a request whose headers have not opened a course that compares keys.

    ``NO_EXAM``: no component of the course compares keys, or the request has nothing of the browser. ``PROVED``: a hash
    or a session is good for it.
    """
    requirement = course_requirements.requirement_of(course_key) if _may_be_the_browser(request) else None
    if requirement is None:
        return _NO_EXAM
    try:
        now = timezone.now()
        seen = _look(request, requirement, now=now, page=is_page(request))
        if seen.passes:
            return Decision(Outcome.PROVED, (requirement,))
        if _can_be_challenged(request, requirement, seen, now=now):
            return Decision(Outcome.CHALLENGE, (requirement,), seen.code)
    except DatabaseError as error:
        if first_time("course access", type(error).__name__):
            log.exception("sessions of a course cannot be read: course_id=%s", course_key)
        return Decision(Outcome.REFUSED, (requirement,), "config_error")
    return Decision(Outcome.REFUSED, (requirement,), seen.code)


def _may_be_the_browser(request: Any) -> bool:
    """Whether a request has anything of Safe Exam Browser. Spares every other one the look at keys and sessions."""
    meta, cookies = header_hash.meta_of(request), getattr(request, "COOKIES", None)
    has_session = isinstance(cookies, dict) and sessions.COOKIE in cookies
    has_hash = bool(meta.get(header_hash.CONFIG_KEY) or meta.get(header_hash.BROWSER_KEY))
    return has_session or has_hash or client_of(request) is not None


def is_verified(request: Any, requirement: Requirement, *, lately: bool = False) -> bool:
    """Return whether a request of any kind has proved the browser for an exam, or needs no proof.

    ``lately``: a session counts only while its proof is not much older than pages may be.
    """
    # REST framework wraps the request of Django.
    request = getattr(request, "_request", request)
    now = timezone.now()
    seen = _look(request, requirement, now=now, page=False)
    if seen.passes and not (lately and seen.session is not None and sessions.is_old(seen.session, now=now)):
        return True
    return is_exempt(request, requirement)


def is_exempt(request: Any, requirement: Requirement) -> bool:
    """Return whether the user may open an exam with any browser."""
    course_key = requirements.as_course_key(requirement.course_id)
    return _is_exempt(request, course_key, (requirement,), masquerade_of(request, course_key))


def masquerade_of(request: Any, course_key: Any) -> Any:
    """Return as whom a staff member sees the course, None if as themselves."""
    session = getattr(request, "session", None)
    masquerades = session.get("masquerade_settings") if session is not None and hasattr(session, "get") else None
    return masquerades.get(course_key) if isinstance(masquerades, Mapping) else None


def is_page(request: Any) -> bool:
    """Return whether the request is for what the browser shows as a page of its own."""
    if getattr(request, "method", "") != "GET" or wants_json(request):
        return False
    meta = request.META
    destination = meta.get("HTTP_SEC_FETCH_DEST")
    if isinstance(destination, str) and destination:
        return destination == "document"
    # Older browsers do not say it. What the front end frames is no page.
    return view_name(request) != "render_xblock" and "text/html" in str(meta.get("HTTP_ACCEPT", ""))


def _look(request: Any, requirement: Requirement, *, now: datetime, page: bool) -> _Seen:
    sent = proofs.sent_with(request)
    checked = proofs.check(requirement, sent, now=now)
    if checked.proof is not None:
        user = sessions.user_of(request)
        if learner_release.is_locked_out(user and user.pk, requirement):
            return _Seen(passes=False, code=learner_release.CODE)
        return _Seen(passes=True)
    session = sessions.current(request, requirement, now=now)
    if (sent.has_hash and not requirement.accepts_name_only) or checked.code in ("version_too_old", "config_error"):
        # A hash that is sent has to be right, whatever was proved before.
        if session is not None and checked.code.endswith("_mismatch"):
            sessions.count_mismatch(session, now=now)
        return _Seen(passes=False, code=checked.code)
    if session is None:
        return _Seen(passes=False, code=checked.code)
    # A page of this host can be checked with an address that nobody knows beforehand.
    if page and (session.is_replayable or not sessions.is_fresh(session, now=now)):
        return _Seen(passes=False, code="session_expired", is_stale=True)
    return _Seen(passes=True, session=session)


def _can_be_challenged(request: Any, requirement: Requirement, seen: _Seen, *, now: datetime) -> bool:
    """Whether another address may bring the proof: only a page can go there, and it must not go in circles."""
    if not is_page(request) or sessions.user_of(request) is None:
        return False
    if seen.is_stale:
        return True
    if seen.code != "no_header" or not requirement.is_usable:
        return False
    if client_of(request) is None:
        return False
    return not challenges.was_checked(request, request.get_full_path(), now=now)


def _is_exempt(request: Any, course_key: Any, concerned: Sequence[Requirement], masquerade: Any) -> bool:
    user = sessions.user_of(request)
    if user is not None:
        if not masquerade and any(user.username in requirement.exempt_usernames for requirement in concerned):
            return True
        components = (AlwaysAllowStaff(), AlwaysAllowCourseStaff())
        if any(component.check(request, course_key, masquerade) for component in components):
            return True
        return not masquerade and _has_allowance(user, course_key, concerned)
    # Staff who authenticate by a token: the view will do that after the middleware.
    user = None if masquerade else user_of_token(request)
    return user is not None and bool(user.is_staff)


def _has_allowance(user: Any, course_key: Any, concerned: Sequence[Requirement]) -> bool:
    """Whether staff have allowed the learner any browser, in any of the exams that come into question."""
    content_ids = [requirement.content_id for requirement in concerned]
    key = ("seb exemption", user.pk, str(course_key), *content_ids)
    return once(key, lambda: has_allowance(user.pk, str(course_key), content_ids, EXEMPTION))


def _concerned(request: Any, course_key: Any, found: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Return the exams that a request may belong to: one, none, or all if the place of its block is not found."""
    if view_name(request) in _WITHOUT_LOGIN:
        return ()
    section = keywords_of(request).get("section")
    if section:
        return tuple(requirement for requirement in found if _block_id(requirement.content_id) == section)
    sent = _block_of(request)
    key = usage_key(sent, course_key)
    if key is None or key.block_type in _NOT_IN_A_SEQUENCE:
        return ()
    if key.block_type == _SEQUENTIAL:
        sequence: Any = key.block_id
    else:
        sequence = once(("sequence", sent), lambda: get_parent_from_location(str(key), course_key, level="sequence"))
    if sequence is None:
        # It may be a block of an exam. Content and answers wait; navigation goes on.
        return found if is_xblock_request(request) or path_of(request).startswith("/api/courses/") else ()
    return tuple(requirement for requirement in found if _block_id(requirement.content_id) == str(sequence))


def _block_of(request: Any) -> str | None:
    """Return the key of the block that a request concerns, from any of the keywords that carry one."""
    keywords = keywords_of(request)
    names = ("usage_id", "usage_key_string", *conf.seb.request_kwargs)
    return next((value for name in names if usage_key(value := keywords.get(name)) is not None), None)


def _block_id(content_id: str) -> str:
    key = usage_key(content_id)
    return content_id if key is None else str(key.block_id)
