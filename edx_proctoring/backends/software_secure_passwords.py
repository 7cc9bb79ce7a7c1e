"""Encrypts exam passwords for Software Secure. Contract: contract/rpnow#password-cipher.

The vendor requires triple DES. Its weakness matters little here: an exam password is the attempt
code, which the learner sees anyway.
"""

import base64
import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

try:
    # This location first: the old one still imports in new releases, but warns.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # cryptography < 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

_BLOCK_BYTES: Final = 8
_NONCE_BYTES: Final = 12


def encrypt_triple_des(key: bytes, text: str) -> str:
    """Return ``text`` (ASCII) encrypted with 3DES-EDE in ECB mode, as base64.

    ``key``: 24 bytes, or 16 (K1 K2, used as K1 K2 K1). Raises ``ValueError`` for keys of other
    lengths, for keys that make it single DES, and for text that is not ASCII.
    """
    encryptor = Cipher(TripleDES(_full_key(key)), modes.ECB()).encryptor()  # noqa: S305 (the vendor's choice)
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    padded = padder.update(text.encode("ascii")) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def encrypt_aes_gcm(key: bytes, text: str, *, associated: str) -> str:
    """Return ``text`` encrypted with AES-256-GCM: base64 of nonce, ciphertext and tag.

    ``key``: 32 bytes. ``associated``: a text that the receiver must know in order to decrypt.
    """
    if len(key) != 32:
        raise ValueError("The key for AES-256 must have 32 bytes.")
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), associated.encode())).decode("ascii")


def _full_key(key: bytes) -> bytes:
    if len(key) not in (16, 24):
        raise ValueError("A Triple DES key must have 16 or 24 bytes.")
    # Always 24: new releases of the library refuse shorter forms.
    full = key if len(key) == 24 else key + key[:_BLOCK_BYTES]
    first, second, third = (_without_parity(full[start : start + _BLOCK_BYTES]) for start in (0, 8, 16))
    if first == second or second == third:
        # The library accepts such keys without an error.
        raise ValueError("Triple DES key degenerates to single DES")
    return full


def _without_parity(part: bytes) -> bytes:
    """DES ignores the lowest bit of each byte."""
    return bytes(byte & 0xFE for byte in part)
