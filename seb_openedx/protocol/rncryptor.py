"""RNCryptor, the container of password-encrypted ``.seb`` files: AES-256 in CBC mode with an HMAC.

::

    version 1 byte | options 1 | encryption salt 8 | HMAC salt 8 | IV 16 | ciphertext | HMAC-SHA256 32

The HMAC covers everything before it. The two keys come from the password by PBKDF2-HMAC-SHA1, one for each salt.
Versions 1 to 3 are read alike, as clients do; Safe Exam Browser for Windows writes 2, other tools write 3.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from seb_openedx.protocol.errors import NotSeb, WrongPassword
from seb_openedx.protocol.texts import Text as _

VERSIONS: Final = (1, 2, 3)
ITERATIONS: Final = 10_000

_WITH_PASSWORD: Final = 1  # of the options; 0 would be: with two keys instead
_SALT: Final = 8
_BLOCK: Final = 16
_HEADER: Final = struct.Struct("BB8s8s16s")
_HMAC: Final = 32


def encrypt(
    plain: bytes,
    password: str,
    *,
    version: int = 3,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> bytes:
    """Return a container. ``random_bytes``: the source of both salts and the IV, in this order."""
    if version not in VERSIONS:
        raise ValueError(f"version={version}: known versions are 1, 2 and 3")
    encryption_salt, hmac_salt, iv = random_bytes(_SALT), random_bytes(_SALT), random_bytes(_BLOCK)
    padder = PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(AES(_key(password, encryption_salt)), CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    message = _HEADER.pack(version, _WITH_PASSWORD, encryption_salt, hmac_salt, iv) + ciphertext
    return message + _hmac(message, password, hmac_salt)


def decrypt(container: bytes, password: str) -> bytes:
    """Return the plain bytes.

    Nothing is decrypted before the HMAC fits. Raises :class:`~seb_openedx.protocol.errors.WrongPassword`, and
    ``NotSeb`` for bytes that are no such container.
    """
    message, tag = container[:-_HMAC], container[-_HMAC:]
    ciphertext = message[_HEADER.size :]
    if not ciphertext or len(ciphertext) % _BLOCK:
        raise NotSeb(_("the encrypted part is incomplete; copy or export the file again"))
    version, options, encryption_salt, hmac_salt, iv = _HEADER.unpack_from(message)
    if version not in VERSIONS or options != _WITH_PASSWORD:
        raise NotSeb(
            _(
                "the encrypted part is of version %(version)s with options %(options)s; "
                "versions 1 to 3 with a password (options 1) can be read",
                version=version,
                options=options,
            )
        )
    if not hmac.compare_digest(_hmac(message, password, hmac_salt), tag):
        raise WrongPassword(_("the password is wrong, or the file was changed after encryption"))
    decryptor = Cipher(AES(_key(password, encryption_salt)), CBC(iv)).decryptor()
    unpadder = PKCS7(8 * _BLOCK).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:  # whoever knew the password wrote it wrongly
        raise NotSeb(_("the end of the encrypted part is not valid; export the file again")) from error


def _key(password: str, salt: bytes) -> bytes:
    # A password with half of a surrogate pair fits no file; it must not be an error of another kind.
    return hashlib.pbkdf2_hmac("sha1", password.encode("utf-8", "surrogatepass"), salt, ITERATIONS, dklen=32)


def _hmac(message: bytes, password: str, salt: bytes) -> bytes:
    return hmac.digest(_key(password, salt), message, "sha256")
