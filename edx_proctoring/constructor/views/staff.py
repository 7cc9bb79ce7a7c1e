"""For course teams: the vendor's record of a session, and what single exams set otherwise.

Contract: contract/constructor#archive, contract/constructor#exam-settings.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.http import require_GET
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, backends
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, claims, configuration, tokens
from edx_proctoring.backends.constructor.configuration import PER_EXAM_KEYS
from edx_proctoring.constructor import exam_settings, pages, sessions
from edx_proctoring.utils import obscured_user_id
from edx_proctoring.utils.storable import storable
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import require_course_or_global_staff
from edx_proctoring.views.request_body import body_of

log = logging.getLogger(__name__)

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


class ExamSettingsView(ProctoredAPIView):
    """What one exam sets otherwise than the account. Learners who are sent to the vendor from now on get it.

    GET, PUT, DELETE: course staff and global staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, exam_id: int) -> Response:
        """Return the settings, and what the account has for the others."""
        return Response(self._settings(*_exam_of(exam_id)))

    @method_decorator(require_course_or_global_staff)
    def put(self, request: Request, exam_id: int) -> Response:
        """Replace the settings by ``overrides`` of the body; 400 says what is wrong with them."""
        exam, provider = _exam_of(exam_id)
        body = body_of(request)
        if "overrides" not in body:
            raise ParseError("The body must have 'overrides', an object.")
        overrides = storable(body["overrides"])
        if problems := configuration.problems_of_overrides(overrides):
            raise ParseError(" ".join(problems))
        exam_settings.save(exam["course_id"], exam["content_id"], overrides)
        log.info("settings of exam saved: exam_id=%s user_id=%s", exam["id"], request.user.pk)
        return Response(self._settings(exam, provider))

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, exam_id: int) -> Response:
        """Let the exam have what the account has."""
        exam, _provider = _exam_of(exam_id)
        exam_settings.save(exam["course_id"], exam["content_id"], {})
        log.info("settings of exam deleted: exam_id=%s user_id=%s", exam["id"], request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @staticmethod
    def _settings(exam: Mapping[str, Any], provider: ConstructorProctoringProvider) -> dict[str, Any]:
        return {
            "exam_id": exam["id"],
            "overrides": exam_settings.overrides_of(exam["course_id"], exam["content_id"]),
            "account": {key: getattr(provider.options, key) for key in PER_EXAM_KEYS},
        }


def _exam_of(exam_id: int) -> tuple[Mapping[str, Any], ConstructorProctoringProvider]:
    """Return an exam (dict) and its provider. Raises ``ProctoredExamNotFoundException``, ``ParseError`` for another."""
    exam = api.get_exam_by_id(exam_id)
    provider = backends.get_backend_provider(exam)
    if not isinstance(provider, ConstructorProctoringProvider):
        raise ParseError(f"exam_id={exam_id} is not proctored by Constructor Proctor.")
    return exam, provider
