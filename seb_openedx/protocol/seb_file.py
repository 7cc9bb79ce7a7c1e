"""Reading and writing ``.seb`` files.

A file is a property list, or a container of one that a prefix of four letters names; either may be compressed::

    [gzip] property list
    [gzip] plnd [gzip] property list
    [gzip] pswd RNCryptor( [gzip] property list )     the exam's password
    [gzip] pwcc RNCryptor( [gzip] property list )     the client's administrator password
    [gzip] pkhs …, phsk …                             a certificate: only the owner of its private key reads it

The Config Key depends on the settings only, so all forms of a file have the same one.
"""

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from seb_openedx.protocol import plist, rncryptor
from seb_openedx.protocol.config_key import compute_config_key
from seb_openedx.protocol.errors import BadGzip, CertificateEncrypted, NotSeb, PasswordRequired, TooLarge
from seb_openedx.protocol.passwords import hash_password
from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.values import Settings, Value, is_originator

CONTENT_TYPE: Final = "application/seb"

# Default limit of a file, in bytes, and how many times larger its content may be.
MAX_BYTES: Final = 256 * 1024
MAX_EXPANSION: Final = 8

_GZIP: Final = b"\x1f\x8b"
_GZIP_LAYERS: Final = 2
_PREFIX_LENGTH: Final = 4


class Format(StrEnum):
    """How the settings are stored. Except for ``XML``, the value is the prefix of the file."""

    XML = "xml"
    PLAIN = "plnd"
    PASSWORD = "pswd"  # noqa: S105 - the name of a format
    CLIENT = "pwcc"
    CERTIFICATE = "pkhs"
    CERTIFICATE_AND_KEY = "phsk"

    @property
    def encrypted(self) -> bool:
        """Whether a password or a private key is needed."""
        return self not in (Format.XML, Format.PLAIN)


@dataclass(frozen=True, slots=True)
class SebFile:
    """A file that was read. ``gzipped``: the whole file was compressed, whatever is compressed inside."""

    settings: Settings = field(repr=False)  # passwords' hashes belong into no log
    format: Format
    gzipped: bool

    @property
    def encrypted(self) -> bool:
        """Whether the file was encrypted."""
        return self.format.encrypted

    @property
    def originator(self) -> str:
        """The program that wrote the file, such as ``SEB_Win_3.7.0``; empty if it does not say."""
        names = (value for key, value in self.settings.items() if is_originator(key))
        return next((name for name in names if isinstance(name, str)), "")

    def config_key(self) -> str:
        """Return the Config Key of the settings."""
        return compute_config_key(self.settings)


def decode(
    data: bytes, *, password: str | None = None, max_bytes: int = MAX_BYTES, max_expansion: int = MAX_EXPANSION
) -> SebFile:
    """Read a file.

    ``password``: as a person enters it; ignored if the file is not encrypted. ``max_bytes`` limits the file, and
    ``max_bytes * max_expansion`` each of its contents. Time and memory are bounded by them.

    Raises a :class:`~seb_openedx.protocol.errors.FileError`.
    """
    if len(data) > max_bytes:
        raise TooLarge(_("the file has %(size)s bytes; at most %(most)s are read", size=len(data), most=max_bytes))
    limit = max_bytes * max_expansion
    content = _expand(data, limit)
    gzipped = content is not data
    if plist.starts_like_xml(content):
        return SebFile(plist.loads(content), Format.XML, gzipped)
    format_ = _format_of(content)
    if format_ is None:
        # The reader of property lists knows what else it may be.
        return SebFile(plist.loads(content), Format.XML, gzipped)
    inner = _open_container(format_, content[_PREFIX_LENGTH:], password)
    return SebFile(plist.loads(_expand(inner, limit)), format_, gzipped)


def encode(settings: Mapping[str, Value], *, password: str | None = None) -> bytes:
    """Return a file: a plain property list, or with a password one that asks for it when an exam starts.

    A plain file is the same for the same settings; an encrypted one is different each time. Raises
    :class:`~seb_openedx.protocol.errors.UnsupportedValue`.
    """
    xml = plist.dumps(settings)
    if not password:
        return xml
    return Format.PASSWORD.encode("ascii") + rncryptor.encrypt(gzip.compress(xml, mtime=0), password)


def _expand(data: bytes, limit: int) -> bytes:
    """Return the content of compressed data, and other data as it is."""
    for _layer in range(_GZIP_LAYERS):
        if not data.startswith(_GZIP):
            return data
        data = _gunzip(data, limit)
    if data.startswith(_GZIP):
        raise BadGzip(
            _("the file is compressed more than %(most)s times; uncompress it and try again", most=_GZIP_LAYERS)
        )
    return data


def _gunzip(data: bytes, limit: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            content = stream.read(limit + 1)  # never more in memory, however much it would become
    except (OSError, EOFError, zlib.error) as error:
        raise BadGzip(_("a compressed part is damaged or incomplete: %(reason)s", reason=error)) from error
    if len(content) > limit:
        raise TooLarge(_("the uncompressed content has more than %(most)s bytes", most=limit))
    return content


def _format_of(content: bytes) -> Format | None:
    try:
        return Format(content[:_PREFIX_LENGTH].decode("ascii"))
    except ValueError:  # also UnicodeDecodeError
        return None


def _open_container(format_: Format, body: bytes, password: str | None) -> bytes:
    if format_ is Format.PLAIN:
        return body
    if format_ in (Format.CERTIFICATE, Format.CERTIFICATE_AND_KEY):
        raise CertificateEncrypted(
            _(
                "the file is encrypted for a certificate, whose private key a server does not have; "
                "export it unencrypted or with a password"
            )
        )
    if not body:
        raise NotSeb(_("the file ends after its prefix; copy or export it again"))
    if password is None:
        raise PasswordRequired(_("the file is encrypted; give its password"))
    return rncryptor.decrypt(body, hash_password(password) if format_ is Format.CLIENT else password)
