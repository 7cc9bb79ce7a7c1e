"""The signature of a callback whose body the LMS verifies. Contract: contract/provider-wire#callback-signature."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time


def signature_headers(secret: str, path: str, body: bytes) -> dict[str, str]:
    """The headers of a signed POST."""
    timestamp, nonce = str(int(time.time())), secrets.token_urlsafe(24)
    return {
        "X-Proctoring-Timestamp": timestamp,
        "X-Proctoring-Nonce": nonce,
        "X-Proctoring-Signature": signature(secret, timestamp, nonce, "POST", path, body),
    }


def signature(secret: str, timestamp: str, nonce: str, method: str, path: str, body: bytes) -> str:
    """``v1=<hex>`` over the parts of a request, each on its own line."""
    message = "\n".join(("v1", timestamp, nonce, method, path, hashlib.sha256(body).hexdigest()))
    return "v1=" + hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
