"""E-mail goes to files, one per message, and is shown on the page *Outbox*.

Files rather than rows: an e-mail that has left does not come back when a transaction is rolled back, and the demo
shows that difference.
"""

from __future__ import annotations

import email
import email.policy
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


@dataclass(frozen=True, slots=True)
class SentMail:
    """One sent e-mail. ``body`` is HTML when ``is_html``."""

    name: str
    sent: str
    sender: str
    recipients: str
    subject: str
    body: str
    is_html: bool


class FileEmailBackend(BaseEmailBackend):
    """``EMAIL_BACKEND`` of the demo."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message to ``OUTBOX_DIR``. Returns how many."""
        folder = Path(settings.OUTBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:6]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)


def newest(limit: int = 200) -> Iterator[SentMail]:
    """Sent e-mails, newest first."""
    folder = Path(settings.OUTBOX_DIR)
    for path in sorted(folder.glob("*.eml"), reverse=True)[:limit]:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(preferencelist=("html", "plain"))
        yield SentMail(
            name=path.stem,
            sent=str(message["Date"]),
            sender=str(message["From"]),
            recipients=str(message["To"]),
            subject=str(message["Subject"]),
            body=body.get_content() if body else "",
            is_html=bool(body and body.get_content_type() == "text/html"),
        )


def delete_all() -> None:
    """Delete all sent e-mails."""
    for path in Path(settings.OUTBOX_DIR).glob("*.eml"):
        path.unlink(missing_ok=True)
