"""The accounts with Constructor Proctor that these tests use: one backend and one course each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from demo.credentials import CONSTRUCTOR, constructor_options

# Backend -> options. All ask the vendor's server at each heartbeat, so that no test waits for an answer to age.
ACCOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    CONSTRUCTOR: {},
    "constructor_inline": {"content_mode": "inline"},
    # Two ways of saying nothing to a browser that blocks cookies of other sites.
    "constructor_without_login": {"entry_login": False},
    "constructor_impatient": {"message_timeout_ms": 1500, "start_token_ttl": 2},
    "constructor_redirecting": {"message_timeout_ms": 1000, "auto_redirect": True},
    "constructor_strings": {"message_forms": ["string"]},
    "constructor_booking": {"schedule": True},
}
TITLE: Final = "Final exam: galaxies"


def course_of(backend: str) -> str:
    """The course that a backend proctors."""
    return f"course-v1:Constructor+{backend}+2026"


def exam_of(backend: str) -> str:
    """The usage key of its exam."""
    return f"block-v1:Constructor+{backend}+2026+type@sequential+block@exam"


def tokens(base: Mapping[str, Any], vendor_url: str) -> dict[str, Any]:
    """The demo's settings file with all accounts in it."""
    backends = {
        name: {
            "plugin": CONSTRUCTOR,
            "constructor": constructor_options(vendor_url, name, **{"status_ttl_seconds": 0, **options}),
        }
        for name, options in ACCOUNTS.items()
    }
    return {**base, "PROCTORING_BACKENDS": {**base["PROCTORING_BACKENDS"], **backends}}
