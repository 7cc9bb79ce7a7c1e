"""A host's process that submits an attempt and stops at a moment that the test names, to be killed there.

Run by ``test_killed.py``: ``python -m tests.concurrency.victim DATABASE ATTEMPT_ID MOMENT [--without-rows] [--late]``.
Each delivery is written to the diary, a file that outlives the process (``EDX_PROCTORING_DIARY``).
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django.core.mail.backends.base import BaseEmailBackend

DIARY = "EDX_PROCTORING_DIARY"

BEFORE_COMMIT = "before-commit"
AFTER_COMMIT = "after-commit"
MAIL_SENT = "mail-sent"
PROVIDER_CALLED = "provider-called"
INSIDE_CHANGE = "inside-change"


def write(line: str) -> None:
    """Write a line to the diary; it is on disk when this returns."""
    file = os.open(os.environ[DIARY], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{line}\n".encode())
    os.fsync(file)
    os.close(file)


class DiaryBackend(BaseEmailBackend):
    """A mail server that writes the subjects to the diary."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            # The words that outside code matches; exam and course follow them.
            write(f"mail: {message.subject.partition(':')[0]}")
        return len(email_messages)


class DiaryCredit:
    """A credit service that writes each status to the diary."""

    def get_credit_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {}

    def set_credit_requirement_status(self, **kwargs: Any) -> None:
        write(f"credit: {kwargs['status']}")


def make_provider() -> Any:
    """Return a provider that writes each start and end to the diary."""
    from edx_proctoring.backends.tests.test_backend import TestBackendProvider

    class DiaryProvider(TestBackendProvider):
        def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
            write("provider: start")

        def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
            write("provider: stop")

    return DiaryProvider(verbose_name="Diary")


def receive_signal(status: str, **kwargs: Any) -> None:
    """A receiver of the status signal."""
    write(f"signal: {status}")


def stop_here(*args: Any, **kwargs: Any) -> NoReturn:
    """Report that the moment has come, and wait to be killed."""
    print("here", flush=True)
    while True:
        time.sleep(60)


def then_stop(call: Callable[..., Any]) -> Callable[..., NoReturn]:
    """Let the call happen, then stop before its caller goes on."""

    def called(*args: Any, **kwargs: Any) -> NoReturn:
        call(*args, **kwargs)
        stop_here()

    return called


def main(database: str, attempt_id: str, moment: str, *options: str) -> None:
    """Submit the attempt, up to the moment."""
    import django

    import test_settings

    test_settings.DATABASES["default"]["NAME"] = database
    test_settings.EMAIL_BACKEND = "tests.concurrency.victim.DiaryBackend"  # type: ignore[attr-defined]
    os.environ["DJANGO_SETTINGS_MODULE"] = "test_settings"
    django.setup()

    from dataclasses import replace

    from django.apps import apps
    from django.core.mail import EmailMessage

    from edx_proctoring import api, runtime, tests
    from edx_proctoring.api.effects import delivery, outbox, routes
    from edx_proctoring.models import AttemptEffect
    from edx_proctoring.signals import exam_attempt_status_signal

    tests.setup_test_backends()
    provider = make_provider()
    apps.get_app_config("edx_proctoring").backends["test"] = provider  # type: ignore[attr-defined]
    runtime.set_runtime_service("credit", DiaryCredit())
    exam_attempt_status_signal.connect(receive_signal)

    if "--without-rows" in options:
        # Effects that live in the process only, as in 6.1.4.
        def keep_in_memory(attempt: Any, effects: Any, leftovers: Any, *, to_status: str, **_others: Any) -> Any:
            rows = [
                AttemptEffect(kind=effect.kind, call_name=effect.call, arguments="{}", to_status=to_status)
                for effect in effects
            ]
            return outbox.Recorded(rows)

        outbox.record = keep_in_memory
    if "--late" in options:
        # The row of a sent mail is deleted with the others.
        mail = routes._routes["mail", "status_email"]
        routes._routes["mail", "status_email"] = replace(mail, reaches_a_person=False)
    if moment == BEFORE_COMMIT:
        outbox.record = then_stop(outbox.record)
    elif moment == AFTER_COMMIT:
        delivery.deliver = stop_here
    elif moment == MAIL_SENT:
        EmailMessage.send = then_stop(EmailMessage.send)  # type: ignore[method-assign]
    elif moment == PROVIDER_CALLED:
        provider.stop_exam_attempt = stop_here
    elif moment == INSIDE_CHANGE:
        # A change with local effects: they are delivered, the transaction is not committed.
        delivery.deliver_with_change = then_stop(delivery.deliver_with_change)
    api.update_attempt_status(int(attempt_id), "submitted")
    print("through", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
