"""The check of a browser: its page, and ``POST verify``. Contract: contract/seb-exams#challenge."""

import json
import logging
from datetime import datetime
from typing import Final

from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    RawPostDataException,
)
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from seb_openedx.access import audit
from seb_openedx.access.refusal import mark_refused
from seb_openedx.configuration_reading import cache_key
from seb_openedx.edxapp_wrapper.login_cookies import set_login_cookies
from seb_openedx.exam_models import SebChallenge, SebSession
from seb_openedx.exams import (
    challenges,
    course_requirements,
    front_ends,
    launch,
    learner_pages,
    learner_release,
    proofs,
    sessions,
    start_tokens,
)
from seb_openedx.exams.requirements import Requirement, as_course_key
from seb_openedx.header_hash import public_addresses
from seb_openedx.log_once import first_time
from seb_openedx.protocol.keys import without_fragment

log = logging.getLogger(__name__)

# How often one learner may answer checks in a minute.
_MOST_ANSWERS: Final = 30
_LONGEST: Final = 4096
_FIELDS: Final = (
    "nonce",
    "course_id",
    "content_id",
    "config_key_hash",
    "browser_exam_key_hash",
    "page_url",
    "version",
)


@require_GET
def verify(request: HttpRequest, nonce: str) -> HttpResponseBase:
    """Check the browser by the headers of this request; without any, by a script."""
    now = timezone.now()
    challenge = challenges.find(nonce)
    if _needs_login(request, challenge):
        return redirect_to_login(request.get_full_path())
    requirement = (
        course_requirements.demanded(challenge.course_id, challenge.content_id) if challenge is not None else None
    )
    code = challenges.problem(challenge, request, now=now)
    if code or challenge is None:
        return _refused_page(request, requirement, code)
    if requirement is None:  # no longer demanded
        return mark_refused(HttpResponseRedirect(challenge.path or "/"))
    sent = proofs.sent_with(request)
    if requirement.is_usable and not requirement.accepts_name_only and not sent.has_hash:
        return learner_pages.check(request, requirement, nonce, again=_way_back(challenge, requirement))
    if not challenges.use(challenge, now=now):
        return _refused_page(request, requirement, "challenge_replayed")
    checked = proofs.check(requirement, sent, now=now)
    if checked.proof is None:
        return _refused_page(request, requirement, checked.code)
    if not learner_release.may_enter(request, challenge.user_id, requirement, now=now):
        return _refused_page(request, requirement, learner_release.CODE)
    response = HttpResponseRedirect(_way_on(challenge, requirement))
    if not _let_in(request, response, challenge, now=now):
        return _refused_page(request, requirement, "challenge_replayed")
    session = sessions.start(request, requirement, checked, version=sent.user_agent[-100:], now=now)
    sessions.set_cookie(request, response, session, now=now)
    return mark_refused(response)


@csrf_protect
@require_http_methods(["GET", "POST", "OPTIONS"])
def verify_api(request: HttpRequest) -> HttpResponseBase:
    """``POST api/v2/verify``: check the browser by what its script interface says.

    A page of this host answers a check (``nonce``). A page of a front end on another host names course and exam. For
    such a page GET returns the token that a POST must have.
    """
    if request.method == "OPTIONS":
        return front_ends.preflight(request)
    if request.method == "GET":
        answer: HttpResponse = JsonResponse({"csrfToken": get_token(request)})
    else:
        body = _body(request)
        answer = _answer_to_front_end(request, body) if body and not body["nonce"] else _answer_to_check(request, body)
    return front_ends.allow(request, mark_refused(answer))


def _answer_to_check(request: HttpRequest, body: dict[str, str] | None) -> HttpResponse:
    now = timezone.now()
    challenge = challenges.find(body["nonce"]) if body is not None else None
    if _needs_login(request, challenge):
        return _answer(401, code="login_required")
    user = sessions.user_of(request)
    if _is_too_fast(user.pk if user is not None or challenge is None else challenge.user_id):
        return _too_fast()
    if body is None:
        return _answer(400, code="bad_request")
    code = challenges.problem(challenge, request, now=now)
    if challenge is None or code == "session_user_mismatch":
        return _answer(403, code=code)
    requirement = course_requirements.demanded(challenge.course_id, challenge.content_id)
    if requirement is None:
        return _answer(403, code="challenge_expired")
    if not code and not challenges.use(challenge, now=now):
        code = "challenge_replayed"
    if code:
        _record_refusal(request, requirement, code)
        return _answer(403, code=code, again=challenges.issue_again(request, requirement, challenge, now=now))
    candidates = public_addresses(request, challenges.address(body["nonce"], challenge))
    page_url = without_fragment(body["page_url"])
    if page_url not in candidates:
        _record_refusal(request, requirement, "url_mismatch")
        again = challenges.issue_again(request, requirement, challenge, now=now)
        return _answer(400, code="url_mismatch", again=again)
    checked = proofs.check(requirement, _sent(request, body, page_url), now=now)
    if checked.proof is None:
        _record_refusal(request, requirement, checked.code)
        again = challenges.issue_again(request, requirement, challenge, now=now)
        return _answer(403, code=checked.code, again=again)
    if not learner_release.may_enter(request, challenge.user_id, requirement, now=now):
        return _answer(403, code=learner_release.CODE)
    accepted = JsonResponse({})
    if not _let_in(request, accepted, challenge, now=now):
        return _answer(403, code="challenge_replayed")
    session = sessions.start(request, requirement, checked, version=body["version"], now=now)
    return _accepted(request, accepted, session, way_on=_way_on(challenge, requirement), now=now)


def _answer_to_front_end(request: HttpRequest, body: dict[str, str]) -> HttpResponse:
    """Check the page of a front end. Its address can be known beforehand, so the proof is a weaker one."""
    now = timezone.now()
    user = sessions.user_of(request)
    if user is None:
        return _answer(401, code="login_required")
    if _is_too_fast(user.pk):
        return _too_fast()
    page_url = without_fragment(body["page_url"])
    if not front_ends.is_page_of_course(request, page_url, body["course_id"]):
        return _answer(400, code="url_mismatch")
    requirement = course_requirements.demanded(body["course_id"], body["content_id"])
    if requirement is None:
        return _answer(404, code="not_required")
    checked = proofs.check(requirement, _sent(request, body, page_url), now=now)
    if checked.proof is None:
        _record_refusal(request, requirement, checked.code)
        return _answer(403, code=checked.code)
    if not learner_release.may_enter(request, user.pk, requirement, now=now):
        return _answer(403, code=learner_release.CODE)
    session = sessions.start(request, requirement, checked, version=body["version"], replayable=True, now=now)
    return _accepted(request, JsonResponse({}), session, way_on=None, now=now)


def _refused_page(request: HttpRequest, requirement: Requirement | None, code: str) -> HttpResponseBase:
    _record_refusal(request, requirement, code)
    return learner_pages.refused_exam(request, requirement, code)


def _record_refusal(request: HttpRequest, requirement: Requirement | None, code: str) -> None:
    """Write a failed check to the audit log. One of an exam that is unknown says nothing that staff could use."""
    if requirement is not None:
        audit.refused(
            request,
            as_course_key(requirement.course_id),
            code,
            content_id=requirement.content_id,
            config_keys=requirement.config_keys,
            browser_keys=requirement.browser_keys,
        )


def _sent(request: HttpRequest, body: dict[str, str], page_url: str) -> proofs.Sent:
    return proofs.Sent(
        addresses=[page_url],
        config_hash=body["config_key_hash"],
        browser_hash=body["browser_exam_key_hash"],
        user_agent=request.headers.get("User-Agent", ""),
        version=body["version"],
        by_script=True,
    )


def _accepted(
    request: HttpRequest, response: JsonResponse, session: SebSession, *, way_on: str | None, now: datetime
) -> HttpResponse:
    reply = {"verified": True, "next": way_on, "expires": session.expires.isoformat()}
    response.content = json.dumps(reply).encode()
    sessions.set_cookie(request, response, session, now=now)
    return response


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
    return JsonResponse(body, status=status)


def _too_fast() -> JsonResponse:
    response = _answer(429, code="rate_limited")
    response["Retry-After"] = "60"
    return response


def _body(request: HttpRequest) -> dict[str, str] | None:
    """Return the texts that a client has sent, empty ones where it has sent none; None for anything else."""
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isascii() or not length.isdigit() or int(length[:10]) > _LONGEST * 2:
        return None
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):  # also UnicodeDecodeError; nested too deep
        return None
    except RawPostDataException:  # a form, which the check of the CSRF token has read
        return None
    if not isinstance(data, dict):
        return None
    texts = {name: data.get(name) or "" for name in _FIELDS}
    if not all(isinstance(text, str) and len(text) <= _LONGEST and _can_be_stored(text) for text in texts.values()):
        return None
    return texts if texts["page_url"] and (texts["nonce"] or texts["course_id"]) else None


def _can_be_stored(text: str) -> bool:
    """Whether text has neither null characters, which PostgreSQL refuses, nor halves of surrogate pairs."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


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
