"""Options of a provider call that the published provider methods have no parameter for.

Plug-ins override ``start_exam_attempt(exam, attempt)`` and its siblings with exactly these
parameters and call ours through ``super()``. An added argument would break them, so the caller sets
the options around the call::

    with call_options.use(is_page_waiting=True):
        provider.stop_exam_attempt(exam, attempt)

This is why the module holds a ContextVar, the only hidden argument of this package: it reaches our
method through any override, and is separate for each thread and task. Outside the block the options
have their defaults, which is the published behaviour. Contract: contract/provider-wire#register-failures,
contract/provider-wire#time-limits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How a provider is to carry out a call.

    ``is_page_waiting``: a learner or a member of staff waits for the answer, and the call can be
    repeated later. So it ends within ``page_timeout``; otherwise it has the full ``timeout``.

    ``raises_on_error``: the caller keeps a row for the call and repeats it. So every reply that does not
    mean "done" raises (``reply_errors``); by contract the status methods otherwise ignore it.

    ``is_sent_anyway``: also while the provider's breaker is open, whatever its mode.

    ``is_in_background``: no learner waits for the answer. So it takes none of the learners' slots.
    """

    is_page_waiting: bool = False
    raises_on_error: bool = False
    is_sent_anyway: bool = False
    is_in_background: bool = False


_DEFAULTS: Final = CallOptions()
_current: ContextVar[CallOptions] = ContextVar("edx_proctoring_call_options", default=_DEFAULTS)


def current() -> CallOptions:
    """Return the options of the provider call that is being made."""
    return _current.get()


@contextmanager
def use(
    *,
    is_page_waiting: bool | None = None,
    raises_on_error: bool | None = None,
    is_sent_anyway: bool | None = None,
    is_in_background: bool | None = None,
) -> Iterator[None]:
    """Set options for the provider calls of this block; an option that is not given keeps its value."""
    outer = _current.get()
    token = _current.set(
        CallOptions(
            is_page_waiting=outer.is_page_waiting if is_page_waiting is None else is_page_waiting,
            raises_on_error=outer.raises_on_error if raises_on_error is None else raises_on_error,
            is_sent_anyway=outer.is_sent_anyway if is_sent_anyway is None else is_sent_anyway,
            is_in_background=outer.is_in_background if is_in_background is None else is_in_background,
        )
    )
    try:
        yield
    finally:
        _current.reset(token)
