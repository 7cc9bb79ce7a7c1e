"""Pages for the learner: the launch at the vendor, the entry from the vendor's frame, the end.

Contract: contract/constructor#launch, contract/constructor#entry, contract/constructor#finished.
"""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, claims, origins, tokens
from edx_proctoring.constructor import cookies, entry_login, handshake, pages, sessions
from edx_proctoring.constructor.models import ConstructorExamSettings, ConstructorSession, State
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_due_date, obscured_user_ids

log = logging.getLogger(__name__)

# Says that the request before this one logged the learner in.
_AFTER_LOGIN = "constructor_login"


@require_GET
@transaction.non_atomic_requests
def launch(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Send the learner to the vendor with a start token, in a form that works without scripts, too."""
    if not request.user.is_authenticated:
        return pages.private(redirect_to_login(request.get_full_path()))
    session, provider = _known(session_id)
    if not _is_own(request, session):
        raise Http404
    verdict = handshake.check_session(session)
    if not verdict.is_open:
        return pages.refusal_page(request, verdict.code, session, restart=sessions.newest(session))
    attempt = handshake.attempt_of(session)
    if attempt is None:
        return pages.refusal_page(request, "session_reset", session, restart=sessions.newest(session))
    now = timezone.now()
    sessions.claim(session, user_id=request.user.pk, attempt_id=attempt.pk)
    sessions.advance(session, sessions.state_at_launch(session, now=now), now=now)
    if attempt.status == Status.created:
        api.update_attempt_status(attempt.pk, Status.download_software_clicked)
    options = provider.options
    token = tokens.sign(_start_claims(request, session, provider, attempt, now=now), options.jwt_secrets[0])
    context = {
        "action": f"{options.vendor}/integration/simple/{options.integration_name}/start/",
        "token": token,
        "session": session,
    }
    response = pages.private(render(request, "proctoring_constructor/launch.html", context))
    response["Content-Security-Policy"] += f"; form-action 'self' {options.vendor}"
    return response


@require_GET
@transaction.non_atomic_requests
def entry(request: HttpRequest, session_id: str, token: str = "") -> HttpResponseBase:
    """Show the covered exam page, which the vendor opens in its frame."""
    session, provider = _known(session_id)
    trusted = provider.options.trusted_origins
    choice = pages.choose_origin(request, session, provider)
    if choice.refusal:
        log.warning("exam page refused: session=%s code=%s origin=%r", session_id, choice.refusal, choice.given)
        sessions.note_event(session, choice.refusal, origin=choice.given)
        return pages.refusal_page(request, choice.refusal, session, framed_by=trusted)
    framed_by = [choice.origin]
    verdict = handshake.check_session(session)
    if not verdict.is_open:
        restart = sessions.newest(session)
        return pages.refusal_page(request, verdict.code, session, framed_by=framed_by, restart=restart)
    if not request.user.is_authenticated:
        if token and entry_login.log_in(request, session, provider, token, now=timezone.now()):
            # Without the token, which must not stay in the address.
            query = urlencode({origins.PARAMETER: choice.origin, _AFTER_LOGIN: "1"})
            return pages.private(HttpResponseRedirect(f"{pages.url('entry', session)}?{query}"), framed_by)
        code = "cookies_blocked" if _AFTER_LOGIN in request.GET else "login_required"
        return pages.refusal_page(request, code, session, framed_by=framed_by)
    if not _is_own(request, session):
        return pages.refusal_page(request, "wrong_user", session, framed_by=framed_by)
    _note_entry(request, session, choice.origin)
    context = {
        "guard": pages.guard_config(session, provider, choice, user_id=request.user.pk),
        "session": session,
    }
    response = pages.private(render(request, "proctoring_constructor/shell.html", context), framed_by)
    cookies.probe(response)
    return response


@require_GET
@transaction.non_atomic_requests
def finished(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Say that the session has ended; the vendor leads the learner here."""
    session, provider = _known(session_id)
    context = {"session": session, "course_url": pages.content_url(session)}
    response = render(request, "proctoring_constructor/finished.html", context)
    return pages.private(response, provider.options.trusted_origins)


def _known(session_id: str) -> tuple[ConstructorSession, ConstructorProctoringProvider]:
    session = sessions.find(session_id)
    provider = None if session is None else sessions.provider_of(session)
    if session is None or provider is None or not provider.options.is_usable:
        raise Http404
    return session, provider


def _is_own(request: HttpRequest, session: ConstructorSession) -> bool:
    """Return whether the session is the learner's; one that nobody has opened yet is known by the obscured id."""
    if session.user_id is not None:
        return bool(session.user_id == request.user.pk)
    return session.user_subject in obscured_user_ids(request.user.pk or 0, session.backend)


def _note_entry(request: HttpRequest, session: ConstructorSession, origin: str) -> None:
    attempt = handshake.attempt_of(session)
    if attempt is not None and (session.user_id, session.attempt_id) != (request.user.pk, attempt.pk):
        sessions.claim(session, user_id=request.user.pk or 0, attempt_id=attempt.pk)
    if session.client_origin and session.client_origin != origin:
        sessions.note_event(session, "origin_changed", origin=origin)
    state = session.state if session.state in (State.PROCTORED, State.LOST) else State.READY
    sessions.advance(session, State(state), now=timezone.now(), client_origin=origin)


def _start_claims(
    request: HttpRequest,
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    attempt: ProctoredExamStudentAttempt,
    *,
    now: datetime,
) -> dict[str, Any]:
    values = session.registration
    starts = _date(values.get("registered_at")) or session.created
    # With the learner's extension, which the registration does not know.
    due = get_exam_due_date(exam_dict(attempt.proctored_exam), attempt.user)
    ends = claims.window_end(due, starts=starts, options=provider.options)
    entry_args = ""
    if provider.options.entry_login:
        auth_backend = request.session.get(BACKEND_SESSION_KEY, "")
        entry_args = entry_login.token(session, auth_backend=auth_backend, ends=ends) + "/"
    override = ConstructorExamSettings.objects.filter(
        course_id=session.course_id, content_id=session.content_id
    ).first()
    facts = claims.SessionFacts(
        session_id=session.session_id,
        session_url=provider.url_of("entry", session.session_id) + entry_args,
        finish_url=provider.url_of("finished", session.session_id),
        user_id=session.user_subject,
        exam_id=session.exam_external_id,
        exam_name=str(values.get("exam_name") or attempt.proctored_exam.exam_name),
        course_name=session.course_id,
        duration=int(values.get("minutes") or attempt.proctored_exam.time_limit_mins),
        starts=starts,
        ends=ends,
        full_name=str(values.get("full_name") or ""),
        email=values.get("email"),
        language=get_language(),
        is_trial=bool(values.get("is_trial")),
        custom_rules=str(values.get("custom_rules") or ""),
        overrides=None if override is None else override.overrides,
    )
    return provider.start_claims(facts)


def _date(value: Any) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else None
