"""The errors of this package. Each message says what is wrong and what to do.

::

    SebError                      (a ValueError)
    ├── FileError                 a .seb file cannot be read
    │   ├── TooLarge              too_large
    │   ├── NotSeb                not_seb
    │   ├── BadGzip               bad_gzip
    │   ├── BadXml                bad_xml
    │   ├── NotADictionary        not_a_dictionary
    │   ├── PasswordRequired      password_required
    │   ├── WrongPassword         wrong_password
    │   └── CertificateEncrypted  certificate_encrypted
    ├── UnsupportedValue          unsupported_value   a value has no place in a file or in a Config Key
    ├── InvalidSettings           invalid_settings    options of the generator
    ├── InvalidVersion            invalid_version     a minimum version
    ├── InvalidKey                invalid_key         a Browser Exam Key or Config Key
    └── InvalidLink               invalid_link        a seb:// or sebs:// link, or an address for one

The word on the right is ``code``, which programs compare. Messages hold names of keys and numbers, never values or
passwords.
"""

from collections.abc import Mapping
from typing import ClassVar


class SebError(ValueError):
    """What this package raises. ``code``: a word for programs; ``str()``: a sentence for people."""

    code: ClassVar[str] = "seb_error"


class FileError(SebError):
    """A ``.seb`` file cannot be read."""


class TooLarge(FileError):
    """The file, its uncompressed content, its nesting or its number of values is above the limit."""

    code = "too_large"


class NotSeb(FileError):
    """The bytes are not a ``.seb`` file, or they are damaged."""

    code = "not_seb"


class BadGzip(FileError):
    """A compressed part is damaged."""

    code = "bad_gzip"


class BadXml(FileError):
    """The XML is damaged, or is not a property list."""

    code = "bad_xml"


class NotADictionary(FileError):
    """A property list whose root is something else."""

    code = "not_a_dictionary"


class PasswordRequired(FileError):
    """The file is encrypted, and no password was given."""

    code = "password_required"


class WrongPassword(FileError):
    """The password does not fit, or the encrypted part was changed. The two cannot be told apart."""

    code = "wrong_password"


class CertificateEncrypted(FileError):
    """Only the owner of a private key can read the file."""

    code = "certificate_encrypted"


class UnsupportedValue(SebError):
    """A value that a file or a Config Key cannot represent in a way that all clients agree on."""

    code = "unsupported_value"


class InvalidSettings(SebError):
    """Options of the generator are wrong. ``errors``: name of the option -> what is wrong with it."""

    code = "invalid_settings"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in errors.items()))
        self.errors = dict(errors)


class InvalidVersion(SebError):
    """A platform or version that ``sebAllowedVersions`` cannot express."""

    code = "invalid_version"


class InvalidKey(SebError):
    """A text that is no Browser Exam Key and no Config Key."""

    code = "invalid_key"


class InvalidLink(SebError):
    """A link that Safe Exam Browser would not follow."""

    code = "invalid_link"
