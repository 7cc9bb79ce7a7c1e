"""The launch callback: a learner's desktop software opens the exam.

Contract: contract/launch-callback#statuses, contract/launch-callback#answers.

Not authenticated: a request with the attempt code counts as the learner's software. The mock
provider also calls it, from a thread, with None for a request.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import loader
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from edx_proctoring.api import (
    get_exam_attempt_by_code,
    # Not used here, but providers import it from here (contract/rest-rules#imported-names).
    mark_exam_attempt_as_ready,  # noqa: F401
    mark_waiting_attempt_as_ready,
    update_attempt_status,
)
from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.api.lifecycle.permitted_actions import Action, Facts, Kind, Outcome
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.throttling import count_refusal, seconds_to_wait

log = logging.getLogger(__name__)

ALLOWED_METHODS = ("GET", "HEAD", "POST")

_COOKIE: Final = "exam"

# The cookie need not outlive a month, even if an exam has a limit of years.
_LONGEST_EXAM_MINUTES: Final = 30 * 24 * 60


# Knowing the attempt code is what authenticates a launch, and the learner's software has no CSRF token.
@csrf_exempt
@transaction.non_atomic_requests
def start_exam_callback(request: HttpRequest | None, attempt_code: str) -> HttpResponse:
    """Record that the learner's software is ready, then redirect to the exam.

    Answers 302 with the attempt code in the signed cookie ``exam`` (by which a provider recognises its browser), 404
    for an unknown code, 429 above the configured rate. Opening a running exam again submits it if the browser has the
    attempt's cookie, or on POST; otherwise a page asks the learner. A HEAD request changes nothing and gets no cookie.
    Contract: contract/launch-callback#statuses, contract/learner-actions#table.
    """
    if request is not None and request.method not in ALLOWED_METHODS:
        return _keep_code_private(
            HttpResponse(status=405, headers={"Allow": ", ".join(ALLOWED_METHODS), CODE_HEADER: "method_not_allowed"})
        )
    wait = None if request is None else seconds_to_wait(request, attempt_code)
    if wait is not None:
        log.warning("launch refused, too many requests")
        text = _("Too many attempts to open an exam. Try again in a minute.")
        return _text_response(text, 429, {"Retry-After": f"{wait:.0f}", CODE_HEADER: "rate_limited"})
    attempt = get_exam_attempt_by_code(attempt_code)
    if not attempt:
        log.warning("launch with an unknown attempt code")
        if request is not None:
            count_refusal(request, attempt_code)
        text = _("You have entered an exam code that is not valid.")
        return _text_response(text, 404, {CODE_HEADER: "not_found"})
    exam = attempt["proctored_exam"]
    response: HttpResponse = HttpResponseRedirect(_exam_url(exam["course_id"], exam["content_id"]))
    if request is not None and request.method == "HEAD":
        return _keep_code_private(response)
    has_cookie = request is not None and _has_cookie(request, attempt_code)
    is_confirmed = request is None or request.method == "POST" or has_cookie
    outcome = _change_status(attempt["id"], attempt["status"], is_confirmed=is_confirmed)
    if outcome is Outcome.ASKED:
        return _keep_code_private(HttpResponse(_confirmation_page(response["Location"])))
    # A browser that ends a running exam by a click is not thereby the learner's secure browser.
    if has_cookie or not Status.is_in_progress_status(attempt["status"]):
        response.set_signed_cookie(
            _COOKIE,
            attempt_code,
            max_age=_cookie_age(attempt),
            httponly=True,
            samesite="Lax",
            secure=request is not None and request.is_secure(),
        )
    return _keep_code_private(response)


def _has_cookie(request: HttpRequest, attempt_code: str) -> bool:
    """Return whether an earlier launch of this attempt gave the browser its cookie."""
    return bool(request.get_signed_cookie(_COOKIE, default="") == attempt_code)


def _change_status(attempt_id: int, status: str, *, is_confirmed: bool) -> Outcome:
    # The kind of exam makes no difference to a launch.
    action = Action.CONFIRMED_LAUNCH if is_confirmed else Action.LAUNCH
    rule = permitted_actions.find_rule(action, Facts(status, Kind.PROCTORED))
    if rule.outcome is Outcome.UNCHANGED:
        log.warning("launch of an attempt that cannot be entered: attempt_id=%s status=%s", attempt_id, status)
    try:
        if rule.becomes == Status.ready_to_start:
            mark_waiting_attempt_as_ready(attempt_id)
        elif rule.becomes is not None:
            update_attempt_status(attempt_id, rule.becomes)
    except (NotImplementedError, ImproperlyConfigured):
        # The attempt is left unchanged; the exam's page tells the learner more than an error 500 would.
        log.exception("launch of an attempt whose provider is not configured: attempt_id=%s", attempt_id)
    return rule.outcome


def _confirmation_page(exam_url: str) -> str:
    return loader.render_to_string("proctored_exam/launched_again.html", {"exam_url": exam_url})


def _exam_url(course_id: str, content_id: str) -> str:
    try:
        return reverse("jump_to", args=[course_id, content_id])
    except NoReverseMatch:
        # Contract: format and positional argument are matched exactly.
        log.exception("BLOCKING ERROR: Can't find course info url for course_id=%s", course_id)
        # Not an empty address: the browser would request this URL again and again.
        return "/"


def _cookie_age(attempt: Mapping[str, Any]) -> timedelta:
    """Return the life of the cookie: the time limit, and a day for pauses and learners who start late."""
    minutes = attempt["allowed_time_limit_mins"] or attempt["proctored_exam"]["time_limit_mins"] or 0
    return timedelta(days=1) + timedelta(minutes=min(minutes, _LONGEST_EXAM_MINUTES))


def _text_response(text: str, status: int, headers: Mapping[str, str]) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers=headers)
    return _keep_code_private(response)


def _keep_code_private(response: HttpResponse) -> HttpResponse:
    """Keep the attempt code, which is part of the URL, out of caches and referrers."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
