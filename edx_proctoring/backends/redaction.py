"""Texts about a provider with its secrets masked.

Contract: contract/provider-configuration#redaction, contract/provider-configuration#check-command.

The exception of a plug-in may quote the options that it was given. So every text of an exception
passes through here before it is logged or printed.
"""

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.views.debug import SafeExceptionReporterFilter

from edx_proctoring import conf
from edx_proctoring.backends import secret_references
from edx_proctoring.backends.provider_settings import legacy_entries

MASK: Final = "***"

# Shorter values are ordinary words: masking them would garble the text and hide nothing.
_SHORTEST_SECRET: Final = 4

# Has ``PASS`` in its name and ordinary words as values.
_NOT_SECRET: Final = frozenset({"passing_statuses"})


def describe(exc: BaseException, backend_name: str) -> str:
    """Return the class and the message of an exception, without the secrets of this provider."""
    return without_secrets(f"{type(exc).__name__}: {exc}", backend_name)


def traceback_of(exc: BaseException, backend_name: str) -> str:
    """Return the traceback of an exception, without the secrets of this provider."""
    return without_secrets("".join(traceback.format_exception(exc)), backend_name)


def without_secrets(text: str, backend_name: str) -> str:
    """Return the text with every secret option of a backend masked."""
    # The longest first: one secret may be part of another one.
    for secret in sorted(set(_secrets_of(backend_name)), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets_of(backend_name: str) -> Iterator[str]:
    for entry in (conf.proctoring.backends.get(backend_name), legacy_entries().get(backend_name)):
        if isinstance(entry, Mapping):
            yield from _secret_texts(entry)


def _secret_texts(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts under names that Django masks on its debug page, too."""
    for name, value in options.items():
        if isinstance(value, Mapping) and not secret_references.is_reference(value):
            yield from _secret_texts(value)
        elif name not in _NOT_SECRET and SafeExceptionReporterFilter.hidden_settings.search(str(name)):
            for text in value if isinstance(value, (list, tuple)) else (value,):
                if secret_references.is_reference(text):
                    # One that cannot be read was not passed to anybody.
                    with contextlib.suppress(LookupError):
                        text = secret_references.read(text)
                if isinstance(text, bytes):
                    text = text.decode("utf-8", errors="replace")
                if isinstance(text, str) and len(text) >= _SHORTEST_SECRET:
                    yield text
