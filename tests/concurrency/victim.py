"""A host's process that hands an attempt in, and stands still at a moment that the test names, to be killed there.

Run by ``test_killed.py``: ``python -m tests.concurrency.victim DATABASE ATTEMPT_ID MOMENT [--without-rows] [--late]``.
What reaches anybody is written to the diary, a file that outlives the process (``EDX_PROCTORING_DIARY``).
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
PROVIDER_TOLD = "provider-told"


def note(line: str) -> None:
    """Write a line to the diary; it is on disk when this returns."""
    file = os.open(os.environ[DIARY], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{line}\n".encode())
    os.fsync(file)
    os.close(file)


class DiaryBackend(BaseEmailBackend):
    """A mail server that writes subjects down."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            # The words that outside code looks for; exam and course follow them.
            note(f"mail: {message.subject.partition(':')[0]}")
        return len(email_messages)


class DiaryCredit:
    """A credit service that writes down what it is told."""

    def get_credit_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {}

    def set_credit_requirement_status(self, **kwargs: Any) -> None:
        note(f"credit: {kwargs['status']}")


def make_provider() -> Any:
    """Return a provider that writes down when it is told of a start or an end."""
    from edx_proctoring.backends.tests.test_backend import TestBackendProvider

    class DiaryProvider(TestBackendProvider):
        def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
            note("provider: start")

        def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
            note("provider: stop")

    return DiaryProvider(verbose_name="Diary")


def hear(status: str, **kwargs: Any) -> None:
    """A receiver of the status signal."""
    note(f"signal: {status}")


def stand_still(*args: Any, **kwargs: Any) -> NoReturn:
    """Say that the moment has come, and wait to be killed."""
    print("here", flush=True)
    while True:
        time.sleep(60)


def then_stand_still(call: Callable[..., Any]) -> Callable[..., NoReturn]:
    """Let the call happen, then stand still before anybody knows that it did."""

    def called(*args: Any, **kwargs: Any) -> NoReturn:
        call(*args, **kwargs)
        stand_still()

    return called


def main(database: str, attempt_id: str, moment: str, *options: str) -> None:
    """Hand the attempt in, up to the moment."""
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
    from edx_proctoring.api.effects import outbox
    from edx_proctoring.models import AttemptEffect
    from edx_proctoring.signals import exam_attempt_status_signal

    tests.setup_test_backends()
    provider = make_provider()
    apps.get_app_config("edx_proctoring").backends["test"] = provider  # type: ignore[attr-defined]
    runtime.set_runtime_service("credit", DiaryCredit())
    exam_attempt_status_signal.connect(hear)

    if "--without-rows" in options:
        # Effects that live in the process only, as in 6.1.4.
        def keep_in_memory(attempt: Any, planned: Any, *, to_status: str, **_others: Any) -> list[Any]:
            return [
                AttemptEffect(kind=effect.kind, call_name=effect.call, arguments="{}", to_status=to_status)
                for effect in planned
            ]

        outbox.record = keep_in_memory
    if "--late" in options:
        # All rows go at the end, as before it was seen that people get two mails.
        route = outbox._ROUTES["mail", "status_email"]
        outbox._ROUTES["mail", "status_email"] = replace(route, reaches_a_person=False)
    if moment == BEFORE_COMMIT:
        outbox.record = then_stand_still(outbox.record)
    elif moment == AFTER_COMMIT:
        outbox.deliver = stand_still
    elif moment == MAIL_SENT:
        EmailMessage.send = then_stand_still(EmailMessage.send)  # type: ignore[method-assign]
    elif moment == PROVIDER_TOLD:
        provider.stop_exam_attempt = stand_still
    api.update_attempt_status(int(attempt_id), "submitted")
    print("through", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
