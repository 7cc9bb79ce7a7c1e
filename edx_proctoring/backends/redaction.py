"""Messages about a provider that may be shown: without its secrets. Spec: backends.md 14.6, 14.7.

A plug-in's exception may say what it was given. Whoever prints one lets it pass through here.
"""

import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edx_proctoring import conf
from edx_proctoring.backends.provider_settings import legacy_entries

MASK: Final = "***"

_SECRET_OPTION: Final = re.compile(r"secret|key|password|token", re.IGNORECASE)
# Shorter values are words of the language; masking them would spoil the message and hide nothing.
_SHORTEST_SECRET: Final = 4


def describe(exc: BaseException, backend_name: str) -> str:
    """Return what kind of exception it is and what it says, without the secrets of this provider."""
    return without_secrets(f"{type(exc).__name__}: {exc}", backend_name)


def traceback_of(exc: BaseException, backend_name: str) -> str:
    """Return the traceback of an exception, for the log, without the secrets of this provider."""
    return without_secrets("".join(traceback.format_exception(exc)), backend_name)


def without_secrets(text: str, backend_name: str) -> str:
    """Return the text with each secret in the options of a backend masked."""
    # The longest first: one secret may be a part of another one.
    for secret in sorted(set(_secrets_of(backend_name)), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets_of(backend_name: str) -> Iterator[str]:
    for entry in (conf.proctoring.backends.get(backend_name), legacy_entries().get(backend_name)):
        if isinstance(entry, Mapping):
            yield from _texts_under_secret_names(entry)


def _texts_under_secret_names(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _texts_under_secret_names(value)
        elif _SECRET_OPTION.search(str(name)):
            for text in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(text, bytes):
                    text = text.decode("utf-8", errors="replace")
                if isinstance(text, str) and len(text) >= _SHORTEST_SECRET:
                    yield text
