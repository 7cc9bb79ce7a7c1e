"""Reviews of the vendor: kept with the session, and passed to the core once there is a verdict.

Contract: contract/constructor#review.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, reviews
from edx_proctoring.backends.constructor.vendor import read_date
from edx_proctoring.constructor import sessions
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import locate_attempt_by_attempt_code

log = logging.getLogger(__name__)

_LONGEST_CONCLUSION: Final = 64


def receive(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest | None = None,
) -> str:
    """Take a review; return what became of it: ``draft``, ``waiting`` (for the submission), ``applied``, ``unknown``.

    Raises what ``api.receive_review`` raises.
    """
    _keep_facts(session, body)
    if reviews.conclusion_of(body) is None:
        # Not *Not Reviewed*, which would end the attempt with an error.
        return "draft"
    # First, so that a submission at the same moment finds it. Only one of the two applies it.
    body = reviews.slim(body)
    # Validated now, so that the vendor hears of a malformed review and not the learner's submission.
    provider.on_review_callback({}, body)
    ConstructorSession.objects.filter(pk=session.pk).update(draft_review=json.dumps(body))
    return _apply_draft(session, provider, request)


def apply_draft_of(attempt_id: int) -> None:
    """Apply the review that waits for an attempt that was submitted."""
    waiting = ConstructorSession.objects.filter(attempt_id=attempt_id).exclude(draft_review="")
    for session in waiting:
        provider = sessions.provider_of(session)
        if provider is None:
            log.warning("review goes on waiting, provider is not configured: session=%s", session.session_id)
        else:
            _apply_draft(session, provider, None)


def _apply_draft(
    session: ConstructorSession, provider: ConstructorProctoringProvider, request: HttpRequest | None
) -> str:
    attempt, is_archived = locate_attempt_by_attempt_code(session.attempt_code)
    if attempt is None:
        return "unknown"
    if session.attempt_id != attempt.pk:
        ConstructorSession.objects.filter(pk=session.pk).update(attempt_id=attempt.pk)
    if not is_archived and not Status.is_completed_status(attempt.status):
        # A passing verdict on an attempt that was not submitted would end it with an error.
        log.info("review waits for the submission: session=%s attempt_id=%s", session.session_id, attempt.pk)
        return "waiting"
    draft = ConstructorSession.objects.filter(pk=session.pk).values_list("draft_review", flat=True).first()
    if not draft or not ConstructorSession.objects.filter(pk=session.pk, draft_review=draft).update(draft_review=""):
        # Another request took it at the same moment.
        return "applied"
    serialized = attempt_dict(attempt)
    serialized["is_archived"] = is_archived
    api.receive_review(
        serialized,
        json.loads(draft),
        backend=provider,
        request=request,
        # The vendor signs, and no person of this platform has logged in.
        takes_reviewer=False,
    )
    return "applied"


def _keep_facts(session: ConstructorSession, body: Mapping[str, Any]) -> None:
    """Keep the links, the score and the times with the session; a later message may lack them."""
    facts = {
        "report_url": reviews.https_address(body.get("reportUrl")),
        "archive_url": reviews.https_address(body.get("archive")),
        "score": reviews.number(body.get("score")),
        "vendor_started_at": _date(session, body, "sessionStart"),
        "vendor_ended_at": _date(session, body, "sessionEnd"),
        "conclusion": str(body.get("conclusion") or "")[:_LONGEST_CONCLUSION],
    }
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    if known:
        ConstructorSession.objects.filter(pk=session.pk).update(**known)


def _date(session: ConstructorSession, body: Mapping[str, Any], name: str) -> Any:
    instant = read_date(body.get(name))
    if instant is None and body.get(name) is not None:
        log.warning("date of a webhook not understood: session=%s member=%s", session.session_id, name)
    return instant
