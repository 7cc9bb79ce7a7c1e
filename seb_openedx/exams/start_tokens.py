"""Tokens with which a launch link logs its learner in. Contract: contract/seb-exams#launch-login.

A token is part of the link's query and thus of the start page's address, which the browser opens. Anyone who has the
link could use it, therefore it logs in only a browser that has proved itself with the exam's keys, once and soon.
"""

import logging
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import load_backend, login
from django.db import DatabaseError, transaction

from seb_openedx import conf
from seb_openedx.exam_models import SebChallenge, SebStartToken
from seb_openedx.exams.requirements import Requirement
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

# Name in the query of the start page.
QUERY: Final = "st"


def issue(requirement: Requirement, user_id: int, *, now: datetime) -> str | None:
    """Return a new token of 128 random bits; None if it cannot be stored: the learner then logs in by hand."""
    token = secrets.token_urlsafe(16)
    try:
        with transaction.atomic():
            # Each page with a launch link makes one.
            SebStartToken.objects.filter(user_id=user_id, expires__lte=now).delete()
            SebStartToken.objects.create(
                token_hash=_hash(token),
                user_id=user_id,
                course_id=requirement.course_id,
                content_id=requirement.content_id,
                created=now,
                expires=now + timedelta(seconds=conf.seb.launch_token_seconds),
            )
    except DatabaseError as error:
        if first_time("start token", type(error).__name__):
            log.exception("launch links of Safe Exam Browser log nobody in, because their tokens cannot be stored")
        return None
    return token


def find(token: str, requirement: Requirement, *, now: datetime) -> SebStartToken | None:
    """Return a token of this exam that can still be used, else None."""
    if not token or not conf.seb.launch_login:
        return None
    found = SebStartToken.objects.filter(token_hash=_hash(token), used__isnull=True).first()
    if found is None or not found.created <= now < found.expires:
        return None
    is_of_exam = str(found.course_id) == requirement.course_id and found.content_id == requirement.content_id
    return found if is_of_exam else None


def use(token_hash: str, *, now: datetime) -> bool:
    """Use up a token; False if another request was faster, or it has expired."""
    rows = SebStartToken.objects.filter(token_hash=token_hash, used__isnull=True, expires__gt=now)
    return bool(rows.update(used=now))


def log_in(request: Any, challenge: SebChallenge, *, now: datetime) -> Any:
    """Log in the learner of a check that was passed without login; return the user, None if that is not possible.

    Uses up the start token. The login is a new session of Django.
    """
    if not conf.seb.launch_login or not use(challenge.start_token_hash, now=now):
        return None
    for path in settings.AUTHENTICATION_BACKENDS:
        get_user = getattr(load_backend(path), "get_user", None)
        # Backends do not return users who may not log in.
        user = get_user(challenge.user_id) if get_user is not None else None
        if user is not None:
            login(request, user, backend=path)
            log.info("logged in by a launch link: user_id=%s course_id=%s", user.pk, challenge.course_id)
            return user
    return None


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
