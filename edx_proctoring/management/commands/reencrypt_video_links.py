"""Re-encrypt the stored links to recordings, after their key or form was changed."""

import argparse
from collections.abc import Iterable
from typing import Any, Final

from edx_proctoring import backends
from edx_proctoring.backends import video_links
from edx_proctoring.management.batch_command import BatchCommand, rows_in_batches
from edx_proctoring.models import (
    HistoricalProctoredExamStudentAttempt,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

_TABLES: Final[tuple[Any, ...]] = (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
)


class Command(BatchCommand):
    """``manage.py reencrypt_video_links [--backend NAME]``: reviews and their archive. Can be repeated.

    Contract: contract/commands#reencrypt-video-links.
    """

    help = "Encrypt stored links to recordings with the current key and in the current form."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the provider."""
        super().add_arguments(parser)
        parser.add_argument("--backend", help="only reviews of exams of this provider")

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-encrypt what is not under the current key; by query, so that no review is applied again."""
        changed = unreadable = 0
        for model in _TABLES:
            rows = model._default_manager.exclude(encrypted_video_url=None).exclude(encrypted_video_url=b"")
            rows = rows.select_related("exam")
            if options["backend"]:
                rows = rows.filter(exam__backend=options["backend"])
            for batch in rows_in_batches(rows, batch_size=options["batch_size"], sleep_time=options["sleep_time"]):
                ids = _external_ids({review.attempt_code for review in batch})
                for review in batch:
                    link = self._new_link(review, ids.get(review.attempt_code))
                    if link is None:
                        unreadable += 1
                    elif link:
                        changed += 1
                        if not options["dry_run"]:
                            model._default_manager.filter(pk=review.pk).update(encrypted_video_url=link)
        self.say(f"changed={changed} unreadable={unreadable}", **options)

    def _new_link(self, review: Any, external_id: str | None) -> bytes | None:
        """Return the re-encrypted link, empty if it is as it should be, None if no key fits."""
        provider = (
            None
            if review.exam is None
            else backends.find_backend_provider({"id": review.exam.pk, "backend": review.exam.backend})
        )
        keys = [] if provider is None else video_links.keys_of(provider)
        link = video_links.decrypt(bytes(review.encrypted_video_url), keys, external_id=external_id)
        if link is None:
            self.stderr.write(f"not readable: attempt_code={review.attempt_code}")
            return None
        return b"" if link.is_current else video_links.encrypt(link.url, keys[0], external_id=external_id)


def _external_ids(codes: Iterable[str]) -> dict[str, str | None]:
    """Return the provider's ids of attempts by code; of removed attempts from their history."""
    columns = ("attempt_code", "external_id")
    past = HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code__in=codes, external_id__isnull=False)
    live = ProctoredExamStudentAttempt.objects.filter(attempt_code__in=codes)
    return {**dict(past.order_by("history_id").values_list(*columns)), **dict(live.values_list(*columns))}
