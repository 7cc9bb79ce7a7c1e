"""Failed deliveries: how long until the next try, and when an effect is given up. Contract: contract/effects#retry."""

import logging
import random
import re
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from edx_proctoring.api.effects.routes import AlreadyLogged
from edx_proctoring.backends import reply_errors
from edx_proctoring.backends.circuit_breakers import BreakerOpen
from edx_proctoring.exceptions import PROVIDER_REPLIES
from edx_proctoring.models import AttemptEffect
from edx_proctoring.utils.transactions import retried

__all__: list[str] = []

log = logging.getLogger(__name__)


FIRST_PAUSE_SECONDS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 60 * 60
GIVE_UP_AFTER: Final = timedelta(hours=24)


def note_failure(row: AttemptEffect, error: Exception) -> str:
    """Note a failed try and return the state of the row: due, failed, or superseded if it was settled meanwhile."""
    now = timezone.now()
    if isinstance(error, BreakerOpen):
        return _postpone(row, error, now)
    set_failure(row, error, now)
    is_retried = row.state == AttemptEffect.STATE_DUE
    if not _save_failure(row, now):
        # Superseded, given up by staff or delivered by another process: it must not become due again.
        row.state = AttemptEffect.STATE_SUPERSEDED
        log.warning(
            "effect not delivered, settled meanwhile: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s error=%s",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.last_error,
        )
    elif not isinstance(error, AlreadyLogged) or not is_retried:
        (log.warning if is_retried else log.error)(
            "effect not delivered, %s: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s try=%s error=%s",
            "will be tried again" if is_retried else "given up",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.tries,
            row.last_error,
            # The traceback once; of a day of tries it would fill the log.
            exc_info=row.tries == 1 and not isinstance(error, (AlreadyLogged, *PROVIDER_REPLIES)),
        )
    return row.state


def set_failure(row: AttemptEffect, error: Exception, now: datetime) -> None:
    """Set what a failed try changes, without saving it."""
    row.tries += 1
    row.next_try_at = now + pause_after(row.tries)
    row.last_error = describe_error(error)
    most = reply_errors.most_tries(error)
    is_retried = now - row.created < GIVE_UP_AFTER and (most is None or row.tries < most)
    row.state = AttemptEffect.STATE_DUE if is_retried else AttemptEffect.STATE_FAILED


def _postpone(row: AttemptEffect, error: BreakerOpen, now: datetime) -> str:
    """Note that a provider that does not answer was not asked: no try, and the next one when it may be asked."""
    row.next_try_at = now + timedelta(seconds=error.retry_after * random.uniform(1, 1.5))  # noqa: S311 - no secret
    row.last_error = describe_error(error)
    return row.state if _save_failure(row, now) else AttemptEffect.STATE_SUPERSEDED


@retried
def _save_failure(row: AttemptEffect, now: datetime) -> bool:
    """Save the noted failure; return whether the effect was still due."""
    still_due = AttemptEffect.objects.filter(pk=row.pk, state=AttemptEffect.STATE_DUE)
    return bool(
        still_due.update(
            tries=row.tries, next_try_at=row.next_try_at, last_error=row.last_error, state=row.state, modified=now
        )
    )


def pause_after(tries: int) -> timedelta:
    """Return the pause after so many tries: it doubles from 10 s to 1 h, with jitter against stampedes."""
    # The jitter adds up to half, so the base stops where both together reach the longest pause.
    base = min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS / 1.5)
    return timedelta(seconds=base * random.uniform(1, 1.5))  # noqa: S311 - no secret


def describe_error(error: BaseException) -> str:
    """Return class and text of an error, short, without anything that looks like an e-mail address."""
    if isinstance(error, AlreadyLogged) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, PROVIDER_REPLIES):
        return f"{type(error).__name__}: upstream_status={error.upstream_status} answer={error.digest}"[:255]
    text = re.sub(r"\S+@\S+", "[address]", str(error))
    return f"{type(error).__name__}: {text}"[:255]
