"""Pages for the learner: the launch at the vendor, the entry from the vendor's frame, the end.

Contract: contract/constructor#launch, contract/constructor#entry, contract/constructor#finished.
"""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, claims, origins, tokens
from edx_proctoring.backends.constructor.provider import URL_NAMESPACE
from edx_proctoring.constructor import (
    cookies,
    entry_login,
    exam_settings,
    page_verification,
    pages,
    session_states,
    sessions,
)
from edx_proctoring.constructor.models import ConstructorSession, State
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
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
    verdict = page_verification.check_session(session)
    if not verdict.is_open:
        return pages.refusal_page(request, verdict.code, session, restart=sessions.newest(session))
    attempt = sessions.attempt_of(session)
    if attempt is None:
        return pages.refusal_page(request, "session_reset", session, restart=sessions.newest(session))
    now = timezone.now()
    sessions.claim(session, user_id=request.user.pk, attempt_id=attempt.pk)
    sessions.note_launch(session, now=now)
    try:
        if attempt.status == Status.created:
            status_change.change_status(
                attempt.pk, Status.download_software_clicked, seen=attempt, condition=_is_untouched
            )
    except StudentExamAttemptDoesNotExistsException:
        # Removed at the same moment.
        return pages.refusal_page(request, "session_reset", session, restart=sessions.newest(session))
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
    if token and not _is_known(session_id):
        # Without the token: the platform logs the address of a page that it does not find.
        return pages.private(HttpResponseRedirect(reverse(f"{URL_NAMESPACE}:entry", args=[session_id])))
    session, provider = _known(session_id)
    trusted = provider.options.trusted_origins
    choice = pages.choose_origin(request, session, provider)
    if choice.refusal:
        sessions.note_refusal(session, choice.refusal, origin=choice.given)
        return pages.refusal_page(request, choice.refusal, session, framed_by=trusted)
    framed_by = [choice.origin]
    verdict = page_verification.check_session(session)
    if not verdict.is_open:
        restart = sessions.newest(session)
        return pages.refusal_page(request, verdict.code, session, framed_by=framed_by, restart=restart)
    if not request.user.is_authenticated:
        return _log_in(request, session, provider, choice.origin, token)
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


def _log_in(
    request: HttpRequest, session: ConstructorSession, provider: ConstructorProctoringProvider, origin: str, token: str
) -> HttpResponseBase:
    """Log the learner in by the address, or say why not."""
    code = "cookies_blocked" if _AFTER_LOGIN in request.GET else "login_required"
    if token:
        code = entry_login.log_in(request, session, provider, token, now=timezone.now())
    if not code:
        # Without the token, which must not stay in the address.
        query = urlencode({origins.PARAMETER: origin, _AFTER_LOGIN: "1"})
        return pages.private(HttpResponseRedirect(f"{pages.url('entry', session)}?{query}"), [origin])
    retry = ""
    if code in ("not_started", "server_unavailable"):
        marker = entry_login.retry_marker(session)
        retry = f"{request.path}?{urlencode({origins.PARAMETER: origin, entry_login.RETRY: marker})}"
    return pages.refusal_page(request, code, session, framed_by=[origin], retry=retry)


def _known(session_id: str) -> tuple[ConstructorSession, ConstructorProctoringProvider]:
    session, provider = _find(session_id)
    if session is None or provider is None:
        raise Http404
    return session, provider


def _is_known(session_id: str) -> bool:
    return None not in _find(session_id)


def _find(session_id: str) -> tuple[ConstructorSession | None, ConstructorProctoringProvider | None]:
    """Return a session, and its provider if that can be used."""
    session = sessions.find(session_id)
    provider = None if session is None else sessions.provider_of(session)
    return session, provider if provider is not None and provider.options.is_usable else None


def _is_untouched(attempt: ProctoredExamStudentAttempt) -> bool:
    return attempt.status == Status.created


def _is_own(request: HttpRequest, session: ConstructorSession) -> bool:
    """Return whether the session is the learner's; one that has not been opened yet is known by the obscured id."""
    if session.user_id is not None:
        return bool(session.user_id == request.user.pk)
    return session.user_subject in obscured_user_ids(request.user.pk or 0, session.backend)


def _note_entry(request: HttpRequest, session: ConstructorSession, origin: str) -> None:
    now = timezone.now()
    attempt = sessions.attempt_of(session)
    if attempt is not None and (session.user_id, session.attempt_id) != (request.user.pk, attempt.pk):
        sessions.claim(session, user_id=request.user.pk or 0, attempt_id=attempt.pk)
    pages.note_origin(session, origin, now=now)
    # A page of it that is open, in another window or before it was loaded again, stays open.
    session_states.advance(session, State.READY, now=now)


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
        # Of a login without a session of Django, such as by a JWT, the first one stands for the host's.
        auth_backend = request.session.get(BACKEND_SESSION_KEY) or settings.AUTHENTICATION_BACKENDS[0]
        entry_args = entry_login.token(session, auth_backend=auth_backend, ends=ends) + "/"
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
        overrides=exam_settings.overrides_of(session.course_id, session.content_id),
    )
    return provider.start_claims(facts)


def _date(value: Any) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else None
