"""Property lists in XML, the format of settings: a strict reader and a deterministic writer.

``plistlib`` accepts much that clients read differently or not at all: unknown elements, a second root, repeated keys,
numbers such as ``0x1F`` and ``1_000``, undefined entities (dropped without a word), broken base64. So a file is checked
element by element before ``plistlib`` makes values of it.
"""

import base64
import binascii
import math
import plistlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NoReturn
from xml.parsers import expat

from seb_openedx.protocol.errors import BadXml, NotADictionary, NotSeb, TooLarge, UnsupportedValue
from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.values import (
    LARGEST_INTEGER,
    MAX_DEPTH,
    MAX_VALUES,
    SMALLEST_INTEGER,
    Settings,
    Value,
    key_order,
    path_of_entry,
    shown,
)

BOM: Final = b"\xef\xbb\xbf"

_CONTAINERS: Final = frozenset({"plist", "dict", "array"})
_LEAVES: Final = frozenset({"key", "string", "data", "date", "integer", "real", "true", "false"})
# What the text of an element must look like; bounded, because reading a long number takes long. Other leaves hold any
# text, and data is checked by its decoder.
_FORMS: Final = {
    "integer": re.compile(r"-?[0-9]{1,20}"),
    "real": re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,9})?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
    "true": re.compile(""),
    "false": re.compile(""),
}
# What XML cannot represent, and the carriage return, which XML readers turn into a line feed.
_NOT_IN_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def starts_like_xml(data: bytes) -> bool:
    """Whether the bytes begin as an XML property list does: a declaration, a document type or the root element."""
    return _trimmed(data).startswith((b"<?xml", b"<!DOCTYPE plist", b"<plist"))


def loads(data: bytes) -> Settings:
    """Return the dictionary in an XML property list in UTF-8.

    Entities, a document type with rules of its own and other encodings are refused. At most 64 levels and 20,000
    values. Raises :class:`~seb_openedx.protocol.errors.NotSeb`, ``BadXml``, ``TooLarge``, ``NotADictionary``.
    """
    if not starts_like_xml(data):
        raise NotSeb(_what_it_may_be(data))
    data = _trimmed(data)
    _Checker().check(data)
    try:
        root = plistlib.loads(data, fmt=plistlib.FMT_XML)
    # What plistlib raises depends on the value that it fails to read: 31 February is a ValueError, for example.
    except Exception as error:
        raise BadXml(_("the property list holds a value that cannot be read: %(reason)s", reason=error)) from error
    if not isinstance(root, dict):
        raise NotADictionary(_("the root of the property list is not a dictionary; settings are <dict> in <plist>"))
    return root


def dumps(settings: Mapping[str, Value]) -> bytes:
    """Return the settings as an XML property list in UTF-8, keys in the order of the Config Key.

    Equal settings give equal bytes, and reading them gives the same Config Key. Raises
    :class:`~seb_openedx.protocol.errors.UnsupportedValue` for what could not be read again, and for dates, on which
    clients do not agree.
    """
    return plistlib.dumps(_sorted(dict(settings), "", depth=1), fmt=plistlib.FMT_XML, sort_keys=False)


def _trimmed(data: bytes) -> bytes:
    """Return the bytes without byte order mark and leading blank lines, which XML does not allow."""
    return data.removeprefix(BOM).lstrip(b" \t\r\n")


def _what_it_may_be(data: bytes) -> str:
    if data.startswith(b"bplist"):
        return (
            "this is a binary property list; convert it with `plutil -convert xml1 FILE` or save it in SEB's own tool"
        )
    if _trimmed(data[:100]).lower().startswith((b"<html", b"<!doctype html")):
        return "this is a web page, not a .seb file; it may be the login page that was saved in place of the download"
    return "this is not a .seb file: it starts neither with a property list nor with a prefix of Safe Exam Browser"


@dataclass(slots=True)
class _Element:
    """An element that is open. ``key``: in a dictionary, the key that waits for its value."""

    name: str
    children: int = 0
    keys: set[str] = field(default_factory=set)
    key: str | None = None
    text: list[str] = field(default_factory=list)


class _Checker:
    """Reads a file once and raises at the first thing that is not a plain property list."""

    def __init__(self) -> None:
        self.open: list[_Element] = []
        self.values = 0
        # The encoding is given, so that a file cannot choose another one.
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.document_type
        parser.EntityDeclHandler = self.entity
        parser.SkippedEntityHandler = self.entity
        parser.StartElementHandler = self.start
        parser.CharacterDataHandler = self.characters
        parser.EndElementHandler = self.end

    def check(self, data: bytes) -> None:
        """Raise ``BadXml`` or ``TooLarge`` unless the bytes are a property list."""
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BadXml(_("the XML is damaged or incomplete: %(reason)s", reason=error)) from error

    def fail(self, what: str) -> NoReturn:
        """Raise ``BadXml`` with the line."""
        raise BadXml(_("line %(number)s: %(what)s", number=self.parser.CurrentLineNumber, what=what))

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        """``<?xml …?>``."""
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            self.fail(f"the encoding is {shown(encoding)!r}; save the file as UTF-8")

    def document_type(self, name: str, system: str | None, public: str | None, has_rules: int) -> None:
        """``<!DOCTYPE …>``. Its address is never fetched."""
        if has_rules:
            self.fail("the document type has declarations of its own; remove the part in square brackets")

    def entity(self, name: str, *_rest: object) -> None:
        """``<!ENTITY …>``, or ``&name;`` of an entity that is not declared."""
        self.fail(f"entity {shown(name)!r}: only &amp; &lt; &gt; &quot; &apos; and numbers such as &#38; are allowed")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """``<name>``."""
        parent = self.open[-1] if self.open else None
        if name not in _CONTAINERS and name not in _LEAVES:
            self.fail(f"<{shown(name)}> is not an element of property lists")
        if (name == "plist") is not (parent is None):
            self.fail("the root element must be <plist>, and only the root")
        if parent is not None:
            self.place(name, parent)
        if name not in ("plist", "key"):
            self.values += 1
            if self.values > MAX_VALUES:
                raise TooLarge(_("the property list holds more than %(most)s values", most=MAX_VALUES))
        if len(self.open) > MAX_DEPTH and name in _CONTAINERS:
            raise TooLarge(_("dictionaries and arrays are nested more than %(most)s levels deep", most=MAX_DEPTH))
        self.open.append(_Element(name))

    def place(self, name: str, parent: _Element) -> None:
        """Check that an element of this name may stand here."""
        if parent.name in _LEAVES:
            self.fail(f"<{name}> inside <{parent.name}>, which holds text only")
        if parent.name == "plist" and parent.children:
            self.fail("a second value follows the root of the property list")
        if (name == "key") is not (parent.name == "dict" and parent.key is None):
            self.fail(
                f"<{name}> where a <key> must stand"
                if parent.name == "dict" and parent.key is None
                else f"<{name}> where a value must stand"
            )
        parent.children += 1
        if name != "key":
            parent.key = None

    def characters(self, text: str) -> None:
        """Text between tags."""
        element = self.open[-1]
        if element.name in _LEAVES:
            element.text.append(text)
        elif text.strip(" \t\r\n"):
            self.fail(f"text directly inside <{element.name}>")

    def end(self, name: str) -> None:
        """``</name>``."""
        element = self.open.pop()
        text = "".join(element.text)
        if name in _FORMS and not _FORMS[name].fullmatch(text):
            self.fail(f"the text of <{name}> is not one that every client reads alike")
        if name == "key":
            self.remember_key(text, self.open[-1])
        elif name == "integer" and not SMALLEST_INTEGER <= int(text) <= LARGEST_INTEGER:
            self.fail("<integer> needs more than 64 bits")
        elif name == "real" and not math.isfinite(float(text)):
            self.fail("<real> is too large")
        elif name == "data" and not _is_base64(text):
            self.fail("<data> is not base64")
        elif name == "dict" and element.key is not None:
            self.fail(f"key {shown(element.key)!r} has no value")
        elif name == "plist" and not element.children:
            self.fail("<plist> is empty")

    def remember_key(self, key: str, parent: _Element) -> None:
        """Note the key of the next value. A repeated key would let two readers see two settings."""
        if key in parent.keys:
            self.fail(f"key {shown(key)!r} is repeated; remove one of the entries")
        parent.keys.add(key)
        parent.key = key


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _sorted(value: Value, where: str, depth: int) -> Value:
    """Return the value with sorted keys, once it is known that a reader gets it back unchanged."""
    match value:
        case bool() | bytes():
            return value
        case str():
            return _checked_text(value, where)
        case int():
            if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
                raise UnsupportedValue(f"{where}: the integer needs more than 64 bits")
            return value
        case float():
            if not math.isfinite(value):
                raise UnsupportedValue(f"{where}: the number is infinite or not a number")
            return value
        case Mapping() | list() if depth > MAX_DEPTH:
            raise UnsupportedValue(f"dictionaries and arrays are nested more than {MAX_DEPTH} levels deep")
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    raise UnsupportedValue(f"{where}: a key is of type {type(key).__name__}; keys are texts")
                _checked_text(key, where)
            keys = sorted(value, key=key_order)
            return {key: _sorted(value[key], path_of_entry(where, key), depth + 1) for key in keys}
        case list():
            return [_sorted(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
        case datetime():
            raise UnsupportedValue(f"{where}: clients do not agree on the Config Key of a date; remove the entry")
        case _:
            raise UnsupportedValue(f"{where}: a value of type {type(value).__name__} has no place in a property list")


def _checked_text(text: str, where: str) -> str:
    odd = _NOT_IN_XML.search(text)
    if odd is not None:
        raise UnsupportedValue(f"{where}: XML cannot keep the character U+{ord(odd[0]):04X}; remove it")
    return text
