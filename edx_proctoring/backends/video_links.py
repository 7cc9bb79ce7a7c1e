"""Links to recordings as they are stored: encrypted, under a key that can be changed.

Contract: contract/stored-formats#recording-link, contract/stored-formats#recording-link-v2.

Version 1 (6.1.4) has no authentication and an initialisation vector that depends on the key alone; version 2 is
AES-256-GCM, bound to the attempt. Both are always read; ``VIDEO_URL_CIPHER`` says which one is written.
"""

import base64
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edx_proctoring import conf
from edx_proctoring.utils import decode_and_decrypt, encrypt_and_encode

log = logging.getLogger(__name__)

_PREFIX: Final = b"v2."
_INFO: Final = b"edx_proctoring/video-url/v2"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Link:
    """A decrypted link. ``is_current``: stored under the current key and in the form that is written now."""

    url: str
    is_current: bool


def keys_of(provider: Any) -> list[str]:
    """Return the keys (hex) of a provider's links, the current one first; empty if it has none."""
    current = provider.get_video_review_aes_key()
    former = getattr(provider, "video_review_aes_previous_keys", None)
    keys = [current, *(former if isinstance(former, (list, tuple)) else ())]
    return [key for key in keys if isinstance(key, str) and key]


def encrypt(url: str, key: str, *, external_id: str | None, nonce: bytes | None = None) -> bytes:
    """Return a link as it is stored, in the form that ``VIDEO_URL_CIPHER`` names.

    ``key``: hex. ``external_id``: the provider's id of the attempt; without one the old form is written. Raises
    ``ValueError`` for a key that is not one.
    """
    if conf.proctoring.video_url_cipher != "v2" or not external_id:
        return encrypt_and_encode(url.encode(), bytes.fromhex(key))
    nonce = nonce or os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_derived(key)).encrypt(nonce, url.encode(), external_id.lower().encode())
    return _PREFIX + base64.urlsafe_b64encode(nonce + sealed)


def decrypt(
    stored: bytes | memoryview | str,
    keys: Sequence[str],
    *,
    external_id: str | None,
    decode: Callable[[bytes, bytes], bytes] = decode_and_decrypt,
) -> Link | None:
    """Return a stored link, None if no key fits. ``keys``: hex, the current one first. ``decode``: of the old form."""
    stored = stored.encode() if isinstance(stored, str) else bytes(stored)
    is_new = stored.startswith(_PREFIX)
    is_current_form = is_new == (conf.proctoring.video_url_cipher == "v2" and bool(external_id))
    for number, key in enumerate(keys):
        try:
            opened = _opened(stored, key, external_id) if is_new else decode(stored, bytes.fromhex(key))
            url = opened.decode()
        except (ValueError, InvalidTag):
            continue
        # Without authentication, a wrong key can give a text.
        if url.startswith("http"):
            return Link(url, is_current=number == 0 and is_current_form)
    return None


def _opened(stored: bytes, key: str, external_id: str | None) -> bytes:
    data = base64.urlsafe_b64decode(stored.removeprefix(_PREFIX))
    return AESGCM(_derived(key)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], (external_id or "").lower().encode())


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(bytes.fromhex(key))
