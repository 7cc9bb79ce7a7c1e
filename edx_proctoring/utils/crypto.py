"""Encryption of links to recordings, and the user ids that providers get.

Contract: contract/stored-formats#recording-link, contract/stored-formats#obscured-user-id. Ciphertexts are stored
here and obscured ids at providers, so neither format may change.
"""

import base64
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from django.conf import settings

__all__ = [
    "AES_BLOCK_SIZE_BYTES",
    "aes_decrypt",
    "aes_encrypt",
    "decode_and_decrypt",
    "encrypt_and_encode",
    "generate_aes_iv",
    "obscured_user_id",
    "obscured_user_ids",
    "pad",
    "unpad",
]

AES_BLOCK_SIZE_BYTES: Final = 16


def encrypt_and_encode(data: str | bytes, key: bytes) -> bytes:
    """Return ``data`` encrypted, as URL-safe base64 with padding. ``key``: 16, 24 or 32 bytes."""
    return base64.urlsafe_b64encode(aes_encrypt(data, key))


def decode_and_decrypt(encoded_data: bytes | memoryview | str, key: bytes) -> bytes:
    """Reverse ``encrypt_and_encode``; return bytes. Raises ``ValueError`` for other input."""
    encoded = encoded_data if isinstance(encoded_data, str) else bytes(encoded_data)
    return aes_decrypt(base64.urlsafe_b64decode(encoded), key)


def aes_encrypt(data: str | bytes, key: bytes) -> bytes:
    """Encrypt with AES-CBC. The same input gives the same output, which providers rely on."""
    encryptor = _cipher(key).encryptor()
    return encryptor.update(pad(data)) + encryptor.finalize()


def aes_decrypt(encrypted_data: bytes, key: bytes) -> bytes:
    """Reverse ``aes_encrypt``. Raises ``ValueError`` for a wrong text or key."""
    decryptor = _cipher(key).decryptor()
    return unpad(decryptor.update(encrypted_data) + decryptor.finalize())


def generate_aes_iv(key: bytes) -> bytes:
    """Return the initialisation vector derived from a key: 16 hex digits, as bytes."""
    # MD5 is not used for security here; it is part of the stored format.
    inner = hashlib.md5(key, usedforsecurity=False).hexdigest().encode()
    outer = hashlib.md5(key + inner, usedforsecurity=False).hexdigest()
    return outer[:AES_BLOCK_SIZE_BYTES].encode()


def pad(data: str | bytes) -> bytes:
    """Pad to whole blocks (PKCS#7); text is encoded as UTF-8."""
    raw = data.encode() if isinstance(data, str) else data
    padder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).padder()
    return padder.update(raw) + padder.finalize()


def unpad(padded: bytes) -> bytes:
    """Reverse ``pad``. Raises ``ValueError`` for wrong padding."""
    unpadder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def obscured_user_id(user_id: int | str, *extra: object) -> str:
    """Return the id by which a provider knows a user: 40 hex digits (HMAC-SHA1).

    For ids sent to providers, ``extra`` is the name of the provider's backend, so that two providers
    cannot compare their learners.
    """
    return _obscured(settings.PROCTORING_USER_OBFUSCATION_KEY, user_id, extra)


def obscured_user_ids(user_id: int | str, *extra: object) -> list[str]:
    """Return every id by which a provider may know a user, each once: the current one, then those of former keys.

    ``PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS`` lists the former keys. For ids that come in, and to retire a user.
    """
    former = getattr(settings, "PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS", None) or ()
    keys = [settings.PROCTORING_USER_OBFUSCATION_KEY, *former]
    return list(dict.fromkeys(_obscured(key, user_id, extra) for key in keys))


def _obscured(key: str, user_id: int | str, extra: tuple[object, ...]) -> str:
    message = str(user_id) + "".join(str(part) for part in extra)
    return hmac.new(key.encode("ascii"), message.encode("utf-8"), hashlib.sha1).hexdigest()


def _cipher(key: bytes) -> Cipher[CBC]:
    return Cipher(AES(key), CBC(generate_aes_iv(key)))
