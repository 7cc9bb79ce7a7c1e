"""The file of an exam, and the pages with which it begins and ends. Contract: contract/seb-exams#launch."""

import logging

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from seb_openedx import conf
from seb_openedx.access.refusal import mark_refused
from seb_openedx.edxapp_wrapper.login_cookies import delete_login_cookies
from seb_openedx.exam_models import SebExamConfiguration, SebSession
from seb_openedx.exams import (
    access,
    challenges,
    encryption,
    file_responses,
    launch,
    learner_pages,
    requirements,
    sessions,
    start_tokens,
)
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

# --- The file ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def exam_file(request: HttpRequest, public_id: str, token: str) -> HttpResponseBase:
    """Return an exam's file to the browser's own HTTP client, which has no cookies.

    A token that is not valid, or of somebody who has left the course: 401, which the client shows as a page.
    """
    row = file_responses.file_of(public_id)
    user = None if row is None else file_responses.user_of_token(token, row)
    if row is None or user is None or not file_responses.may_have(user, row):
        return _link_is_over()
    return _file(request, row)


@require_http_methods(["GET", "HEAD"])
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Return an exam's file to a learner of its course who is logged in, or to staff; for others it does not exist."""
    user = sessions.user_of(request)
    if user is None:
        return _link_is_over()
    row = file_responses.file_of(public_id)
    if row is None or not file_responses.may_have(user, row):
        raise Http404("no exam has this file")
    return _file(request, row)


def _file(request: HttpRequest, row: SebExamConfiguration) -> HttpResponseBase:
    try:
        response = file_responses.response(row, with_body=request.method == "GET")
    except encryption.UnreadableError:
        if first_time("unreadable password", row.public_id):
            log.error(
                "the file of an exam cannot be encrypted, enter its password again: course_id=%s content_id=%s",
                row.course_id,
                row.content_id,
            )
        title = _("The file for this exam cannot be created")
        return learner_pages.message(
            title, _("Tell the course team that its password must be entered again."), status=503
        )
    if response is None:
        raise Http404("the exam has no file; save its settings again")
    return response


def _link_is_over() -> HttpResponseBase:
    title = _("This link no longer works")
    return learner_pages.message(title, _("Go back to the course and open the exam again."), status=401)


# --- Into the exam and out of it --------------------------------------------------------------------------------------


@require_GET
def start(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The page that the browser begins with: log in, check the browser, go to the exam."""
    requirement = requirements.by_public_id(public_id)
    if requirement is None:
        raise Http404("no exam demands this")
    now = timezone.now()
    exam = launch.exam_path(requirement)
    start_token = request.GET.get(start_tokens.QUERY, "")
    token = start_tokens.find(start_token, requirement, now=now)
    user = sessions.user_of(request)
    if user is None:
        if token is None:
            return redirect_to_login(request.get_full_path())
        check = challenges.issue_for_login(request, requirement, exam, token, now=now)
        return mark_refused(HttpResponseRedirect(check.address))
    if token is not None and token.user_id != user.pk:
        return learner_pages.other_user(request, requirement, start_token)
    if token is not None:
        # Nobody has to be logged in with it any more.
        start_tokens.use(token.token_hash, now=now)
    session = sessions.current(request, requirement, now=now)
    is_proved = session is not None and not session.is_replayable and sessions.is_fresh(session, now=now)
    if is_proved or access.is_exempt(request, requirement):
        return mark_refused(HttpResponseRedirect(exam))
    return mark_refused(HttpResponseRedirect(challenges.issue(request, requirement, exam, now=now).address))


@csrf_protect
@require_POST
def log_out(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Log the current user out and begin again: the launch link belongs to another user."""
    requirement = requirements.by_public_id(public_id)
    if requirement is None:
        raise Http404("no exam demands this")
    logout(request)
    query = urlencode({start_tokens.QUERY: request.POST.get(start_tokens.QUERY, "")})
    response = HttpResponseRedirect(f"{launch.start_path(requirement)}?{query}")
    delete_login_cookies(response)
    return mark_refused(response)


@require_GET
def leave(request: HttpRequest, quit_nonce: str) -> HttpResponseBase:
    """The page at whose address the browser ends. It ends the learner's sessions too."""
    row = SebExamConfiguration.objects.only("course_id", "content_id").filter(quit_nonce=quit_nonce).first()
    if row is None:
        raise Http404("no exam ends here")
    user = sessions.user_of(request)
    if user is not None:
        rows = SebSession.objects.filter(user_id=user.pk, course_id=row.course_id)
        of_exam = rows.filter(content_id=row.content_id)
        # What this browser has proved for the whole course ends with it.
        of_browser = rows.filter(content_id="", session_hash=sessions.login_hash(request))
        (of_exam | of_browser).end("quit", now=timezone.now())
    response = learner_pages.over(request)
    response.delete_cookie(sessions.COOKIE, path="/", samesite=conf.seb.session_cookie_samesite)
    return response
