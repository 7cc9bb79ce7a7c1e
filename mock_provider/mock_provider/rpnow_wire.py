"""RPNow's wire format, computed as the vendor computes it. Spec: backends.md 7.3-7.6, 13.3.

Written from the specification and not from the LMS's code, so that each of the two shows a mistake of the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

SCHEME = "SSI"
SKEW_SECONDS = 15 * 60
BLOCK_BYTES = 8
VERDICTS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


class BadRegistration(Exception):
    """A registration that is not to be taken; the text says why. ``status`` is what the LMS is answered."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class CipherMissing(Exception):
    """The package ``cryptography``, which knows triple DES, is not installed."""


@dataclass(frozen=True)
class Account:
    """A platform's account at the vendor.

    ``secret_key`` signs registrations, ``crypto_key`` (text of 16 or 24 characters) hides exam passwords. The default
    is for development.
    """

    secret_key: str = "mocksecret"
    crypto_key: str = "mock-rpnow-crypto-key-24"


def canonical(document: Mapping[str, Any], prefix: str = "") -> str:
    """The signed form of a body: sorted ``key:value`` lines. Keys show one level of nesting only (7.5)."""
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


def decrypt_password(text: str, crypto_key: str) -> str:
    """The attempt code in an ``examPassword``; raises ``BadRegistration``, or ``CipherMissing``."""
    try:
        try:
            from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
        except ImportError:  # cryptography < 43
            from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
    except ImportError as error:
        raise CipherMissing("RPNow mode needs triple DES: pip install 'edx-proctoring-mock-provider[rpnow]'") from error
    key = crypto_key.encode()
    decryptor = Cipher(TripleDES(key if len(key) != 16 else key + key[:BLOCK_BYTES]), modes.ECB()).decryptor()
    try:
        padded = decryptor.update(base64.b64decode(text, validate=True)) + decryptor.finalize()
        count = padded[-1]
        if not 1 <= count <= BLOCK_BYTES or padded[-count:] != bytes([count]) * count:
            raise ValueError("padding")
        return padded[:-count].decode("ascii")
    except (ValueError, IndexError, binascii.Error) as error:
        raise BadRegistration("examPassword cannot be decrypted: the crypto keys of the two sides differ") from error


def review(
    registration: Mapping[str, Any],
    locator: str | None,
    verdict: str,
    comments: list[dict[str, Any]],
    *,
    now: datetime,
    video_link: str | None = None,
) -> dict[str, Any]:
    """The review callback about one registration, with every member that the vendor sends (7.6).

    ``verdict``: a standard status; one that is none goes over the wire as it is. ``comments``: in standard form.
    """
    extra = registration["orgExtra"]
    half = "AM" if now.hour < 12 else "PM"
    word = VERDICTS.get(verdict, verdict)
    return {
        "examDate": f"{now:%b} {now.day:2d} {now:%Y} {now.hour % 12 or 12:2d}:{now:%M}{half}",
        "examProcessingStatus": "Review Completed",
        "examTakerEmail": extra.get("email") or "",
        "examTakerFirstName": extra.get("firstName", ""),
        "examTakerLastName": extra.get("lastName", ""),
        "keySetVersion": "",
        "userPhotoBase64String": "",
        "overAllComments": "",
        "examApiData": dict(registration),
        "examMetaData": {
            "examCode": registration["examCode"],
            "examName": registration.get("examName", ""),
            "examSponsor": registration.get("examSponsor", ""),
            "organization": registration.get("organization", ""),
            "reviewedExam": str(bool(registration.get("reviewedExam"))),
            "reviewerNotes": registration.get("reviewerNotes", ""),
            "simulatedExam": "False",
            "ssiExamToken": hashlib.sha256(registration["examCode"].encode()).hexdigest()[:32].upper(),
            "ssiProduct": registration.get("ssiProduct", ""),
            **({} if locator is None else {"ssiRecordLocator": locator}),
        },
        "reviewStatus": word,
        "videoReviewLink": video_link,
        "webCamComments": [
            {
                "comments": item.get("comment", ""),
                "duration": item.get("duration", max(item.get("stop", 0) - item.get("start", 0), 0)),
                "eventStart": item.get("start", 0),
                "eventFinish": item.get("stop", 0),
                "eventStatus": word,
            }
            for item in comments
        ],
        "desktopComments": [
            {
                "comments": "No other program was used",
                "duration": 0,
                "eventStart": 0,
                "eventFinish": 0,
                "eventStatus": "Clean",
            }
        ],
    }


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
