"""The signature of a registration: which account sent it, and when.

Contract: contract/rpnow#canonical-body, contract/mock-provider#rpnow-wire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

SCHEME = "SSI"
SKEW_SECONDS = 15 * 60


class BadRegistration(Exception):
    """A registration that is refused; the text says why. ``status`` is the status of the answer."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Account:
    """A platform's account at the vendor.

    ``secret_key`` signs registrations, ``crypto_key`` (text of 16 or 24 characters) encrypts exam passwords. The
    default is for development.
    """

    secret_key: str = "mocksecret"
    crypto_key: str = "mock-rpnow-crypto-key-24"


# Key id to account, where no seed file names others.
DEVELOPMENT_ACCOUNTS = {"mock": Account()}


def canonical(document: Mapping[str, Any], prefix: str = "") -> str:
    """The signed form of a body: sorted ``key:value`` lines. A key shows one level of nesting only."""
    lines = []
    for key, value in sorted(document.items()):
        if value is True or value is False:
            lines.append(f"{prefix}{key}:{str(value).lower()}\n")
        elif isinstance(value, list | tuple):
            for position, item in enumerate(value):
                if isinstance(item, dict):
                    lines.append(canonical(item, f"{key}.{position}."))
                else:
                    lines.append(f"{key}.{position}:{item}\n")
        elif isinstance(value, dict):
            lines.append(canonical(value, f"{key}."))
        elif value == "" or value:
            lines.append(f"{prefix}{key}:{value}\n")
        else:
            lines.append(f"{prefix}{key}:null\n")
    return "".join(lines)


def sign(document: Mapping[str, Any], secret_key: str, date: str, content_type: str = "application/json") -> str:
    """Base64 of the HMAC over method, headers and body of a registration."""
    message = f"POST\n\n{content_type}\n{date}\n{canonical(document)}"
    return base64.b64encode(hmac.new(secret_key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def verify(
    document: Mapping[str, Any], authorization: str, date: str, accounts: Mapping[str, Account], *, now: datetime
) -> Account:
    """The account that signed a registration; raises ``BadRegistration`` (401). ``now``: aware."""
    scheme, _, rest = authorization.partition(" ")
    key_id, _, signature = rest.partition(":")
    if scheme != SCHEME or not key_id or not signature:
        raise BadRegistration(f"an Authorization header '{SCHEME} <key id>:<signature>' is needed", 401)
    account = accounts.get(key_id)
    if account is None:
        raise BadRegistration(f"the key id {key_id!r} is not known here", 401)
    sent = _moment(date)
    if sent is None or abs((now - sent).total_seconds()) > SKEW_SECONDS:
        raise BadRegistration("the Date header is missing, or more than 15 minutes away from our clock", 401)
    if not hmac.compare_digest(sign(document, account.secret_key, date).encode(), signature.encode()):
        raise BadRegistration("the signature does not fit the body", 401)
    return account


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
