"""The pages between the course and the exam, and ``POST verify``. Contract: contract/seb-exams#launch."""

import json
import logging
from datetime import datetime
from typing import Any, Final

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from seb_openedx import conf
from seb_openedx.access.refusal import mark_refused
from seb_openedx.edxapp_wrapper.login_cookies import delete_login_cookies, set_login_cookies
from seb_openedx.exam_models import SebChallenge, SebExamConfiguration, SebSession
from seb_openedx.exams import (
    access,
    challenges,
    courses,
    files,
    launch,
    pages,
    proofs,
    requirements,
    sessions,
    start_tokens,
)
from seb_openedx.exams.requirements import Requirement
from seb_openedx.header_hash import public_addresses
from seb_openedx.log_once import first_time
from seb_openedx.protocol.keys import without_fragment
from seb_openedx.reading import cache_key, one_request

log = logging.getLogger(__name__)

# How often one learner may answer checks in a minute.
_MOST_ANSWERS: Final = 30
_LONGEST: Final = 4096


# --- The file ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def exam_file(request: HttpRequest, public_id: str, token: str) -> HttpResponseBase:
    """Return an exam's file to the browser's own HTTP client, which has no cookies.

    A token that is not valid: 401, which the client shows as a page.
    """
    row = files.file_of(public_id)
    if row is None or not files.is_valid(token, row):
        return _link_is_over()
    return _file(request, row)


@require_http_methods(["GET", "HEAD"])
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Return an exam's file to a learner who is logged in."""
    if sessions.user_of(request) is None:
        return _link_is_over()
    row = files.file_of(public_id)
    if row is None:
        raise Http404("no exam has this file")
    return _file(request, row)


def _file(request: HttpRequest, row: SebExamConfiguration) -> HttpResponseBase:
    response = files.response(row, with_body=request.method == "GET")
    if response is None:
        raise Http404("the exam has no file; save its settings again")
    return response


def _link_is_over() -> Any:
    title = _("This link no longer works")
    return pages.message(title, _("Go back to the course and open the exam again."), status=401)


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
        return pages.other_user(request, requirement, start_token)
    if token is not None:
        # Nobody has to be logged in with it any more.
        start_tokens.use(token.token_hash, now=now)
    session = sessions.current(request, requirement, now=now)
    if (session is not None and sessions.is_fresh(session, now=now)) or access.is_exempt(request, requirement):
        return mark_refused(HttpResponseRedirect(exam))
    return mark_refused(HttpResponseRedirect(challenges.issue(request, requirement, exam, now=now).address))


@csrf_protect
@require_POST
def log_out(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Log out whoever is logged in, and begin again: the launch link belongs to somebody else."""
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
        rows = SebSession.objects.filter(user_id=user.pk, course_id=row.course_id, content_id=row.content_id)
        rows.end("quit", now=timezone.now())
    response = pages.over(request)
    response.delete_cookie(sessions.COOKIE, path="/", samesite=conf.seb.session_cookie_samesite)
    return response


# --- The check --------------------------------------------------------------------------------------------------------


@require_GET
def verify(request: HttpRequest, nonce: str) -> HttpResponseBase:
    """Check the browser by the headers of this request; without any, by a script."""
    now = timezone.now()
    challenge = challenges.find(nonce)
    if _needs_login(request, challenge):
        return redirect_to_login(request.get_full_path())
    requirement = _demanded_by(challenge) if challenge is not None else None
    code = challenges.problem(challenge, request, now=now)
    if code or challenge is None:
        return pages.refused_exam(request, requirement, code)
    if requirement is None:  # no longer demanded
        return mark_refused(HttpResponseRedirect(challenge.path or "/"))
    sent = proofs.sent_with(request)
    if requirement.is_usable and not requirement.accepts_name_only and not sent.has_hash:
        return pages.check(request, requirement, nonce, again=_way_back(challenge, requirement))
    if not challenges.use(challenge, now=now):
        return pages.refused_exam(request, requirement, "challenge_replayed")
    checked = proofs.check(requirement, sent, now=now)
    if checked.proof is None:
        return pages.refused_exam(request, requirement, checked.code)
    response = HttpResponseRedirect(_way_on(challenge, requirement))
    if not _let_in(request, response, challenge, now=now):
        return pages.refused_exam(request, requirement, "challenge_replayed")
    session = sessions.start(request, requirement, checked, version=sent.user_agent[-100:], now=now)
    sessions.set_cookie(request, response, session, now=now)
    return mark_refused(response)


@csrf_protect
@require_POST
def verify_api(request: HttpRequest) -> JsonResponse:
    """``POST api/v2/verify``: check the browser by what its script interface says."""
    body = _body(request)
    now = timezone.now()
    challenge = challenges.find(body["nonce"]) if body is not None else None
    if _needs_login(request, challenge):
        return _answer(401, code="login_required")
    user = sessions.user_of(request)
    if _is_too_fast(user.pk if user is not None or challenge is None else challenge.user_id):
        response = _answer(429, code="rate_limited")
        response["Retry-After"] = "60"
        return response
    if body is None:
        return _answer(400, code="bad_request")
    code = challenges.problem(challenge, request, now=now)
    if challenge is None or code == "session_user_mismatch":
        return _answer(403, code=code)
    requirement = _demanded_by(challenge)
    if requirement is None:
        return _answer(403, code="challenge_expired")
    if not code and not challenges.use(challenge, now=now):
        code = "challenge_replayed"
    if code:
        return _answer(403, code=code, again=challenges.issue_again(request, requirement, challenge, now=now))
    candidates = public_addresses(request, challenges.address(body["nonce"], challenge))
    page_url = without_fragment(body["page_url"])
    if page_url not in candidates:
        again = challenges.issue_again(request, requirement, challenge, now=now)
        return _answer(400, code="url_mismatch", again=again)
    sent = proofs.Sent(
        addresses=[page_url],
        config_hash=body["config_key_hash"],
        browser_hash=body["browser_exam_key_hash"],
        user_agent=request.headers.get("User-Agent", ""),
        version=body["version"],
        by_script=True,
    )
    checked = proofs.check(requirement, sent, now=now)
    if checked.proof is None:
        again = challenges.issue_again(request, requirement, challenge, now=now)
        return _answer(403, code=checked.code, again=again)
    accepted = JsonResponse({})
    if not _let_in(request, accepted, challenge, now=now):
        return _answer(403, code="challenge_replayed")
    session = sessions.start(request, requirement, checked, version=body["version"], now=now)
    reply = {"verified": True, "next": _way_on(challenge, requirement), "expires": session.expires.isoformat()}
    accepted.content = json.dumps(reply).encode()
    sessions.set_cookie(request, accepted, session, now=now)
    return mark_refused(accepted)


def _needs_login(request: HttpRequest, challenge: SebChallenge | None) -> bool:
    """Whether nobody is logged in and passing the check would not change that."""
    return sessions.user_of(request) is None and (challenge is None or not challenge.start_token_hash)


def _let_in(request: HttpRequest, response: HttpResponseBase, challenge: SebChallenge, *, now: datetime) -> bool:
    """Log the learner in who has come by a start token; False if that is no longer possible."""
    if sessions.user_of(request) is not None:
        return True
    user = start_tokens.log_in(request, challenge, now=now)
    if user is None:
        return False
    set_login_cookies(request, response, user)
    return True


def _demanded_by(challenge: SebChallenge) -> Requirement | None:
    """Return what a check is for: the exam's requirement, or the course's; None if it is no longer demanded."""
    if challenge.content_id:
        return requirements.of_exam(challenge.course_id, challenge.content_id)
    with one_request():
        return courses.requirement_of(challenge.course_id)


def _way_on(challenge: SebChallenge, requirement: Requirement) -> str:
    """Return where the learner goes after the check."""
    return challenge.path or launch.exam_path(requirement)


def _way_back(challenge: SebChallenge, requirement: Requirement) -> str:
    """Return where the learner can try again."""
    return _way_on(challenge, requirement) if requirement.is_course else launch.start_path(requirement)


def _answer(status: int, *, code: str, again: challenges.Issued | None = None) -> JsonResponse:
    """Return a refusal. ``again``: a new check, whose page is at ``url``."""
    body = {
        "verified": False,
        "code": code,
        "nonce": again.nonce if again else None,
        "url": again.address if again else None,
    }
    return mark_refused(JsonResponse(body, status=status))


def _body(request: HttpRequest) -> dict[str, str] | None:
    """Return the texts that a client has sent, empty ones where it has sent none; None for anything else."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LONGEST * 2:
        return None
    try:
        data = json.loads(request.body)
    except ValueError:  # also UnicodeDecodeError
        return None
    if not isinstance(data, dict):
        return None
    names = ("nonce", "config_key_hash", "browser_exam_key_hash", "page_url", "version")
    texts = {name: data.get(name) or "" for name in names}
    if not all(isinstance(text, str) and len(text) <= _LONGEST for text in texts.values()):
        return None
    return texts if texts["nonce"] and texts["page_url"] else None


def _is_too_fast(user_id: int) -> bool:
    """Count an answer. While the cache fails nothing is counted: a proof is needed all the same."""
    key = cache_key("answers", str(user_id))
    try:
        cache.add(key, 0, 60)
        return cache.incr(key) > _MOST_ANSWERS
    except ValueError:  # expired between the two
        return False
    except Exception as error:
        if first_time("cache", type(error).__name__):
            log.exception("the cache fails; checks of Safe Exam Browser are not counted")
        return False
