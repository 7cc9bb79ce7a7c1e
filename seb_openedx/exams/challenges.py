"""Addresses that nobody can guess, which a client has to hash. Contract: contract/seb-exams#challenge.

A hash of such an address is fresh: it cannot have been prepared or used before.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from seb_openedx import conf
from seb_openedx.exam_models import SebChallenge, SebStartToken
from seb_openedx.exams.addresses import url_of
from seb_openedx.exams.requirements import Requirement
from seb_openedx.exams.sessions import login_hash, user_of

_MOST_PATH: Final = 1000


class Issued(NamedTuple):
    """A new check. ``address``: of its page, without host."""

    nonce: str
    address: str


def issue(request: Any, requirement: Requirement, path: str, *, now: datetime) -> Issued:
    """Return a new check for the logged-in learner.

    ``path``: where he goes afterwards, a path of this site; anything else becomes the exam's page.
    """
    return _issue(request, requirement, path, user_id=user_of(request).pk, start_token_hash="", now=now)


def issue_for_login(
    request: Any, requirement: Requirement, path: str, token: SebStartToken, *, now: datetime
) -> Issued:
    """Return a new check for a browser in which nobody is logged in; passing it logs the token's learner in."""
    return _issue(request, requirement, path, user_id=token.user_id, start_token_hash=token.token_hash, now=now)


def issue_again(request: Any, requirement: Requirement, challenge: SebChallenge, *, now: datetime) -> Issued:
    """Return a new check that replaces a used one."""
    return _issue(
        request,
        requirement,
        challenge.path,
        user_id=challenge.user_id,
        start_token_hash=challenge.start_token_hash,
        now=now,
    )


def _issue(
    request: Any, requirement: Requirement, path: str, *, user_id: int, start_token_hash: str, now: datetime
) -> Issued:
    nonce = secrets.token_urlsafe(16)
    # Those that can no longer be answered are of no use to anybody.
    SebChallenge.objects.filter(user_id=user_id, created__lt=now - timedelta(days=1)).delete()
    challenge = SebChallenge.objects.create(
        nonce_hash=_hash(nonce),
        user_id=user_id,
        session_hash=login_hash(request),
        course_id=requirement.course_id,
        content_id=requirement.content_id,
        path=path if is_own_path(path) else "",
        start_token_hash=start_token_hash,
        created=now,
        expires=now + timedelta(seconds=conf.seb.challenge_seconds),
    )
    return Issued(nonce, address(nonce, challenge))


def address(nonce: str, challenge: SebChallenge) -> str:
    """Return the address of a check, without host: exactly the text that the client was sent to."""
    return f"{url_of('verify', nonce=nonce)}?{urlencode({'next': challenge.path})}"


def is_own_path(path: str) -> bool:
    """Whether a text is a path of this site and fits the table."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
        and len(path) <= _MOST_PATH
    )


def find(nonce: str) -> SebChallenge | None:
    """Return the challenge with a nonce, or None."""
    return SebChallenge.objects.filter(nonce_hash=_hash(nonce)).first()


def problem(challenge: SebChallenge | None, request: Any, *, now: datetime) -> str:
    """Return why this request cannot answer a challenge; empty if it can."""
    if challenge is None:
        return "challenge_expired"
    if not _is_for(challenge, request):
        return "session_user_mismatch"
    if challenge.used is not None:
        return "challenge_replayed"
    return "" if challenge.created <= now < challenge.expires else "challenge_expired"


def _is_for(challenge: SebChallenge, request: Any) -> bool:
    user = user_of(request)
    if user is None:
        # There is no login to compare. The host may have begun a session for the visitor meanwhile, or not.
        return bool(challenge.start_token_hash)
    return challenge.user_id == user.pk and challenge.session_hash == login_hash(request)


def use(challenge: SebChallenge, *, now: datetime) -> bool:
    """Use up a challenge; False if another request was faster."""
    return bool(SebChallenge.objects.filter(pk=challenge.pk, used__isnull=True).update(used=now))


def was_checked(request: Any, path: str, *, now: datetime) -> bool:
    """Whether the learner's browser was checked for this page just now: once more would go in a circle."""
    since = now - timedelta(seconds=conf.seb.challenge_seconds)
    rows = SebChallenge.objects.filter(user_id=user_of(request).pk, created__gte=since, used__isnull=False)
    return rows.filter(path=path if is_own_path(path) else "", session_hash=login_hash(request)).exists()


def _hash(nonce: str) -> str:
    return sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()
