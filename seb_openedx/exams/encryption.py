"""The password with which learners open an exam's file, stored encrypted. Contract: contract/seb-exams#encryption.

Unlike the quit password it has to be read again, because each reply is encrypted separately. The key comes from
``SECRET_KEY``; what ``SECRET_KEY_FALLBACKS`` made can still be read, and is encrypted with the present key on saving.
"""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

# Longest password, in characters.
LONGEST: Final = 255
_SALT: Final = "seb_openedx.encrypt_password"


class UnreadableError(ValueError):
    """A stored password was encrypted with another ``SECRET_KEY``. Staff have to enter it again."""


def seal(password: str) -> str:
    """Return a password as it is stored; empty for none. Different each time."""
    if not password:
        return ""
    return _keys().encrypt(password.encode("utf-8", "surrogatepass")).decode("ascii")


def unseal(cipher: str) -> str:
    """Return a stored password; empty for none. Raises ``UnreadableError``."""
    if not cipher:
        return ""
    try:
        return _keys().decrypt(cipher.encode("utf-8")).decode("utf-8", "surrogatepass")
    except (InvalidToken, UnicodeDecodeError) as error:
        raise UnreadableError("the password of the file was stored with another SECRET_KEY") from error


def is_readable(cipher: str) -> bool:
    """Whether a stored password, or none, can be used."""
    try:
        unseal(cipher)
    except UnreadableError:
        return False
    return True


def has_present_key(cipher: str) -> bool:
    """Whether a stored password, or none, can be read without ``SECRET_KEY_FALLBACKS``."""
    if not cipher:
        return True
    try:
        _fernet(settings.SECRET_KEY).decrypt(cipher.encode("utf-8"))
    except InvalidToken:
        return False
    return True


def with_present_key(cipher: str) -> str:
    """Return a stored password, encrypted with the present key; one that cannot be read as it is."""
    try:
        return seal(unseal(cipher))
    except UnreadableError:
        return cipher


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str | bytes) -> Fernet:
    digest = salted_hmac(_SALT, "fernet", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
