"""The exam password of a registration: the exam code under triple DES.

Contract: contract/rpnow#password-cipher, contract/mock-provider#rpnow-wire.
"""

from __future__ import annotations

import base64
import binascii

from .signature import BadRegistration

BLOCK_BYTES = 8


class CipherMissing(Exception):
    """The package ``cryptography``, which has triple DES, is not installed."""


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
