"""Passwords in settings are stored as hashes."""

import hashlib
import re
import unicodedata
from typing import Final

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def hash_password(password: str) -> str:
    """Return what ``hashedQuitPassword`` and ``hashedAdminPassword`` hold; nothing for no password.

    Lower-case hexadecimal SHA-256 of the password in UTF-8, normalised to NFC. Clients by Apple before 3.7 normalise to
    NFD: there a quit password outside ASCII does not work (``lint.check_password``).

    >>> hash_password("quit-me")
    'f7167c94b4059107c30e50a7f76598a0028704b1b42a18b7699e99cea428888f'
    """
    if not password:
        return ""
    # Half of a surrogate pair cannot be typed; it must not be an error of another kind.
    return hashlib.sha256(unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")).hexdigest()


def is_password_hash(text: str) -> bool:
    """Whether a text is a result of :func:`hash_password` for a password that is not empty."""
    return _HASH.fullmatch(text) is not None
