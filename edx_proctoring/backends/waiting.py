"""Telling a provider something while a page waits. Spec: backends.md 14.1, architecture R4.

A learner who submits waits for our answer, and we for the provider's. What can be told again later
is therefore told once within the limit of pages (``page_timeout``), and says so for the time of a
call::

    with waiting.a_page_waits():
        provider.stop_exam_attempt(exam, attempt)

Who repeats it afterwards, with nobody waiting, has the provider's full ``timeout``. A plug-in that
overrides these methods and calls ours takes part without knowing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_waiting: ContextVar[bool] = ContextVar("edx_proctoring_a_page_waits", default=False)


@contextmanager
def a_page_waits() -> Iterator[None]:
    """Let provider calls of this block end within ``page_timeout``."""
    token = _waiting.set(True)
    try:
        yield
    finally:
        _waiting.reset(token)


def is_page_waiting() -> bool:
    """Return whether a provider call is to be short."""
    return _waiting.get()
