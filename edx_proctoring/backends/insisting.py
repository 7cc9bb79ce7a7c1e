"""Telling a provider something that must not be lost. Spec: beyond.md 1, backends.md 5.4.

Contract: a provider class ignores an error that the provider answers to "started", "submitted" or
"error". Whoever keeps what was not delivered must hear of it, and says so for the time of a call::

    with insisting.insisting():
        provider.stop_exam_attempt(exam, attempt)

A plug-in that overrides these methods and calls ours takes part without knowing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_insisting: ContextVar[bool] = ContextVar("edx_proctoring_insisting", default=False)


@contextmanager
def insisting() -> Iterator[None]:
    """Let providers raise, in this block, an error reply that may be another one next time."""
    token = _insisting.set(True)
    try:
        yield
    finally:
        _insisting.reset(token)


def is_insisting() -> bool:
    """Return whether the caller wants to hear of such replies."""
    return _insisting.get()
