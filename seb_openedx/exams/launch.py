"""Links into Safe Exam Browser and out of it. Contract: contract/seb-exams#launch."""

import logging
from typing import Any

from django.core.exceptions import DisallowedHost
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.exams import file_responses, start_tokens
from seb_openedx.exams.addresses import url_of
from seb_openedx.exams.requirements import Requirement
from seb_openedx.exams.sessions import user_of
from seb_openedx.protocol import exam_quit_url, seb_link

log = logging.getLogger(__name__)


def launch_url(request: Any, requirement: Requirement, *, login: bool = True) -> str | None:
    """Return the link that opens an exam in Safe Exam Browser; ``seb://`` or ``sebs://``.

    It makes the browser fetch the exam's file; with ``SEB_LAUNCH_LOGIN`` it has a start token, unless ``login`` is
    False: whoever has the link of a member of staff must not become that person. Where the computers have
    their settings it opens the exam's start page. None for a user who is not logged in, and where this app has no
    addresses. None also for what a course demands: its settings are where its keys come from.
    """
    user = user_of(request)
    if user is None:
        return None
    try:
        if not requirement.has_file:
            return seb_link(request.build_absolute_uri(start_path(requirement)), scheme=conf.seb.link_scheme)
        path = url_of("file", public_id=requirement.public_id, token=file_responses.token_for(requirement, user.pk))
        url = request.build_absolute_uri(path)
        has_token = login and conf.seb.launch_login
        start_token = start_tokens.issue(requirement, user.pk, now=timezone.now()) if has_token else None
        query = {start_tokens.QUERY: start_token} if start_token else None
        return seb_link(url, start_query=query, scheme=conf.seb.link_scheme)
    except (NoReverseMatch, DisallowedHost):
        log.debug("no link into Safe Exam Browser: public_id=%s", requirement.public_id, exc_info=True)
        return None


def download_url(request: Any, requirement: Requirement) -> str | None:
    """Return the address at which a learner can download the file; None without a file of ours, and as above."""
    if not requirement.has_file:
        return None
    try:
        return str(request.build_absolute_uri(url_of("download", public_id=requirement.public_id)))
    except (NoReverseMatch, DisallowedHost):
        return None


def info(request: Any, requirement: Requirement, *, verified: bool) -> dict[str, Any]:
    """Return what a page needs to show an exam that demands the browser."""
    return {
        "required": True,
        "verified": verified,
        "mode": requirement.mode,
        "launch_url": launch_url(request, requirement),
        "config_url": download_url(request, requirement),
        "quit_url": quit_url(requirement),
        "min_versions": dict(requirement.min_versions),
    }


def quit_url(requirement: Requirement) -> str:
    """Return the address that ends the browser: exactly the text in the file, which some clients compare."""
    return exam_quit_url(requirement.origin, requirement.quit_nonce)


def start_path(requirement: Requirement) -> str:
    """Return the path of the page that the browser begins with."""
    return url_of("start", public_id=requirement.public_id)


def exam_path(requirement: Requirement) -> str:
    """Return the path of the exam's page in the host."""
    if requirement.is_course:
        return "/"
    try:
        return reverse("jump_to", kwargs={"course_id": requirement.course_id, "location": requirement.content_id})
    except NoReverseMatch:
        return "/"
