"""What the host supplies in a fault run: services in memory, mails over SMTP, and the double of the control run."""

import json
import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import rules
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from eventtracking import tracker
from eventtracking.tracker import Tracker

from bench.compare.host import CertificatesService, CreditService, GradesService, InstructorService
from bench.faults.host_header import PROCESS_HEADER
from edx_proctoring.runtime import set_runtime_service

DEATHS_SHARE: Final = 0.5


class MailBackend(smtp.EmailBackend):
    """SMTP; each mail says which process sent it, so that the run can kill just that one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send."""
        for message in email_messages:
            message.extra_headers[PROCESS_HEADER] = str(os.getpid())
        return super().send_messages(email_messages)


class CreditOfLearners(CreditService):
    """A credit service that tells learners apart; the provider of the run knows them by their address."""

    def get_credit_state(self, user_id: int, course_key: Any, return_course_info: bool = False) -> dict[str, Any]:
        """Return the state of one learner."""
        state = super().get_credit_state(user_id, course_key, return_course_info)
        return {**state, "student_email": f"user{user_id}@example.com"}


def install() -> None:
    """Register services, permissions and the tracker of events."""
    for name, service in {
        "credit": CreditOfLearners(),
        "grades": GradesService(),
        "certificates": CertificatesService(),
        "instructor": InstructorService(),
    }.items():
        set_runtime_service(name, service)
    rules.set_perm("edx_proctoring.can_take_proctored_exam", rules.always_true)
    # Events are part of the path; sending them on is the host's.
    tracker.register_tracker(Tracker())


def switch_outbox_off() -> None:
    """Let effects live in the process only, as a product without an outbox would: delivered once, never kept."""
    from edx_proctoring.api.effects import outbox, settling
    from edx_proctoring.models import AttemptEffect

    def record_nothing(attempt: Any, effects: Any, leftovers: Any, *, to_status: str, **_others: Any) -> Any:
        rows = [
            AttemptEffect(
                attempt_id=attempt.pk,
                exam_id=attempt.proctored_exam_id,
                kind=effect.kind,
                call_name=effect.call,
                arguments=json.dumps(dict(effect.arguments)),
                to_status=to_status,
                # In no table.
                pk=-number,
            )
            for number, effect in enumerate(effects, start=1)
        ]
        return outbox.Recorded(rows)

    def all_due(rows: Any) -> set[int]:
        return {row.pk for row in rows}

    def keep_nothing(*_arguments: Any, **_others: Any) -> None:
        return None

    outbox.record = record_nothing
    settling.still_due = all_due
    outbox.keep_failed = keep_nothing  # type: ignore[assignment]


def switch_intents_off() -> None:
    """Record nothing before a registration, as a product without intents would."""
    from edx_proctoring.api.providers import registration_intents

    registration_intents.record = lambda *_arguments: None


def die_after_registrations() -> None:
    """Kill this process when the provider has answered to a registration, once for each of half of the learners."""
    from edx_proctoring.api.providers import attempt_registration

    register, deaths = attempt_registration.register, Path(settings.DEATHS)  # type: ignore[misc]

    def register_and_maybe_die(user_id: int, *arguments: Any, **others: Any) -> Any:
        registration = register(user_id, *arguments, **others)
        if random.Random(f"{settings.SEED} death {user_id}").random() < DEATHS_SHARE:  # type: ignore[misc]
            with suppress(FileExistsError):
                (deaths / str(user_id)).touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return registration

    attempt_registration.register = register_and_maybe_die


def connect_broker() -> None:
    """Make the run's Celery app the current one, in web processes and workers alike."""
    from bench.faults.celery_app import make

    make(settings.BROKER, settings.TASK_QUEUE)  # type: ignore[misc]
