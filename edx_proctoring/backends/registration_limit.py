"""How many registrations of one provider object may wait for its answer at the same moment.

Contract: contract/provider-wire#registrations-at-once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt

# The status of a refusal for lack of a slot: nothing was sent.
BUSY = 503


class RegistrationSlots:
    """Counts the registrations of one provider object that are under way, in all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def require_free(self, most: int | None) -> None:
        """Raise ``BackendProviderCannotRegisterAttempt`` if all slots are taken. ``most``: None for no limit."""
        if most is not None and self._taken >= most:
            raise _busy()

    @contextmanager
    def one_of(self, most: int | None) -> Iterator[None]:
        """Hold a slot during the block. ``most``: how many there are, None for no limit.

        Raises ``BackendProviderCannotRegisterAttempt`` at once if all are taken: a thread that waited for one would
        be missing for the polls and submissions of the learners who are in the exam.
        """
        with self._lock:
            self.require_free(most)
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1


def _busy() -> BackendProviderCannotRegisterAttempt:
    text = _(
        "Many learners are starting at this moment. Your exam has not started and no time was used. "
        "Try again in a minute."
    )
    return BackendProviderCannotRegisterAttempt(text, BUSY)
