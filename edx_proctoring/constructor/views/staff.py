"""Leads staff to the vendor's record of a session. Contract: contract/constructor#archive."""

from datetime import timedelta
from typing import Final

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from edx_proctoring import api
from edx_proctoring.backends.constructor import claims, tokens
from edx_proctoring.constructor import pages, sessions
from edx_proctoring.utils import obscured_user_id

_TOKEN_LIFE: Final = timedelta(minutes=5)


@require_GET
@transaction.non_atomic_requests
def archive(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Send a member of the course team to the vendor's page of a session, with a fresh token."""
    user = request.user
    if not user.is_authenticated:
        return pages.private(redirect_to_login(request.get_full_path()))
    session = sessions.find(session_id)
    provider = None if session is None else sessions.provider_of(session)
    if (
        session is None
        or provider is None
        or not provider.options.is_usable
        or not provider.options.archive_links
        or not api.is_user_course_or_global_staff(user, session.course_id)
    ):
        raise Http404
    options = provider.options
    body = {
        "userId": obscured_user_id(user.pk or 0, session.backend),
        "sessionId": session.session_id,
        "exp": int((timezone.now() + _TOKEN_LIFE).timestamp()),
    }
    if options.send_name:
        names = {"firstName": user.first_name[:255], "lastName": user.last_name[:255]}
        body |= {name: value for name, value in names.items() if value}
    if language := claims.vendor_language(get_language()):
        body["language"] = language
    context = {
        "action": f"{options.vendor}/integration/simple/{options.integration_name}/archive/{session.session_id}/",
        "token": tokens.sign(dict(sorted(body.items())), options.jwt_secrets[0]),
        "session": session,
        "is_archive": True,
    }
    response = pages.private(render(request, "proctoring_constructor/launch.html", context))
    response["Content-Security-Policy"] += f"; form-action 'self' {options.vendor}"
    return response
