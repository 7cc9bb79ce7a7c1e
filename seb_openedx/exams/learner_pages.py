"""Pages on the way into an exam. Contract: contract/seb-exams#pages."""

import logging
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template import loader
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _

from seb_openedx.access.refusal import NO_LINK, mark_refused
from seb_openedx.exams import challenges, launch, learner_texts, start_tokens
from seb_openedx.exams.addresses import url_of
from seb_openedx.exams.requirements import Requirement
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)


def to_check(request: Any, requirement: Requirement | None) -> HttpResponseBase | None:
    """Return the way to a new check of the browser, which leads back to this page; None if it cannot be stored."""
    if requirement is None:
        return None
    try:
        issued = challenges.issue(request, requirement, request.get_full_path(), now=timezone.now())
    except Exception as error:
        # Without its table the check cannot be made; the page stays refused.
        if first_time("seb challenge", type(error).__name__):
            log.exception("a check of Safe Exam Browser cannot be made")
        return None
    return HttpResponseRedirect(issued.address)


def refusal_context(request: Any, requirement: Requirement | None, code: str) -> dict[str, Any]:
    """Return what the pages of a refusal show."""
    link = launch.launch_url(request, requirement) if requirement is not None else None
    return {
        "banned": False,
        "is_new_ban": False,
        "config_error": code == "config_error",
        "explanation": learner_texts.particular_reason(code),
        "jump_to_link": link or NO_LINK,
        "launch_url": link,
        "config_url": launch.download_url(request, requirement) if link and requirement is not None else None,
        "exam_texts": learner_texts.page(code, requirement.min_versions if requirement else {}),
    }


def refused(request: Any, context: dict[str, Any], *, status: int = 403) -> HttpResponse:
    """Return the page that leads into the browser."""
    shown = {**context, "texts": context["exam_texts"]}
    return HttpResponse(loader.render_to_string("seb_openedx/exams/required.html", shown), status=status)


def refused_exam(request: Any, requirement: Requirement | None, code: str, *, status: int = 403) -> Any:
    """Return that page for an exam, kept out of caches."""
    return mark_refused(refused(request, refusal_context(request, requirement, code), status=status))


def check(request: Any, requirement: Requirement, nonce: str, *, again: str) -> Any:
    """Return the page whose script sends the hashes. ``again``: where the learner can try once more."""
    context = {
        **refusal_context(request, requirement, "no_header"),
        "nonce": nonce,
        "verify_url": url_of("verify-api"),
        "start_url": again,
        "script": static_url("seb_openedx/verify.js"),
        "texts": learner_texts.page("no_header", requirement.min_versions),
        "title": _("Checking your browser"),
        "reasons": {
            code: learner_texts.reason(code)
            for code in (
                "no_header",
                "config_key_mismatch",
                "version_too_old",
                "config_error",
                "challenge_expired",
                "release_needed",
            )
        },
        "again": _("Try again"),
        "no_script": _("Switch on JavaScript to continue."),
    }
    return mark_refused(HttpResponse(loader.render_to_string("seb_openedx/exams/check.html", context, request)))


def other_user(request: Any, requirement: Requirement, start_token: str) -> Any:
    """Return the page for a launch link that was made for another user than the one logged in here."""
    context = {
        "texts": {
            "title": _("This exam was opened for another account"),
            "message": _(
                "In Safe Exam Browser you are logged in as %(name)s, but the link that opened it belongs to "
                "another account. Log out here to continue."
            )
            % {"name": request.user.get_username()},
        },
        "log_out": _("Log out"),
        "log_out_url": url_of("log-out", public_id=requirement.public_id),
        "query": start_tokens.QUERY,
        "start_token": start_token,
    }
    page = loader.render_to_string("seb_openedx/exams/other_user.html", context, request)
    return mark_refused(HttpResponse(page, status=403))


def over(request: Any) -> Any:
    """Return the page at the end."""
    context = {
        "texts": {
            "title": _("The exam is over"),
            "message": _("You can close Safe Exam Browser."),
        }
    }
    return mark_refused(HttpResponse(loader.render_to_string("seb_openedx/exams/over.html", context)))


def message(title: str, text: str, *, status: int) -> Any:
    """Return a page with one message."""
    context = {"texts": {"title": title, "message": text}}
    return mark_refused(HttpResponse(loader.render_to_string("seb_openedx/exams/over.html", context), status=status))


def static_url(path: str) -> str:
    """Return the address of a static file; empty if the host's files were not collected since the upgrade."""
    try:
        return static(path)
    except ValueError:
        return ""
