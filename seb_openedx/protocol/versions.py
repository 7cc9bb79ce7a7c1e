"""Versions of Safe Exam Browser: which ones a file demands, and which one a client says it is.

A client checks the demand itself when it starts (``sebAllowedVersions``). What it says about itself proves nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from seb_openedx.protocol.errors import InvalidVersion
from seb_openedx.protocol.texts import Text as _

_ENTRY: Final = re.compile(r"(Win|Mac|iOS)\.[0-9]+\.[0-9]+(\.[0-9]+(\.[0-9]+)?)?(\.AE)?(\.min)?")
_VERSION: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){1,3}")
_USER_AGENT: Final = re.compile(r"SEB(?:/([0-9]{1,9}(?:\.[0-9]{1,9}){0,3}))?")
_WINDOWS: Final = re.compile(r"SEB_Windows_([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})")
_APPLE: Final = re.compile(r"_(macOS|Mac OS X|OS X|iOS|iPadOS)_([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})_")


class Platform(StrEnum):
    """The platforms, as options of the generator name them."""

    WIN = "win"
    MAC = "mac"
    IOS = "ios"


# Platform -> its name in sebAllowedVersions.
_NAMES: Final = {Platform.WIN: "Win", Platform.MAC: "Mac", Platform.IOS: "iOS"}


@dataclass(frozen=True, slots=True)
class Client:
    """What a client says about itself. ``version``: its numbers, empty if it does not say."""

    platform: Platform | None
    version: tuple[int, ...] = ()


def is_entry(text: str) -> bool:
    """Whether a text is an entry of ``sebAllowedVersions`` that no client stumbles over."""
    return _ENTRY.fullmatch(text) is not None


def allowed_versions(minimums: Mapping[str, str], *, alliance_edition: bool = False) -> list[str]:
    """Return the value of ``sebAllowedVersions`` for minimum versions; an empty list if there are none.

    ``minimums``: platform (``win``, ``mac``, ``ios``) -> version. As soon as one platform has a minimum all three get
    an entry, because clients by Apple from 3.7.1 refuse a list that does not name them. ``alliance_edition``: the
    builds of SEB Alliance may be used as well.

    >>> allowed_versions({"win": "3.7"})
    ['Win.3.7.min', 'Mac.1.0.min', 'iOS.1.0.min']

    Raises :class:`~seb_openedx.protocol.errors.InvalidVersion`.
    """
    unknown = [name for name in minimums if name not in _NAMES]
    if unknown:
        raise InvalidVersion(
            _("unknown platform %(name)r; known platforms: %(known)s", name=unknown[0], known=", ".join(Platform))
        )
    wanted = {platform: version for platform, version in minimums.items() if version}
    for platform, version in wanted.items():
        parse_version(version, platform=platform)
    if not wanted:
        return []
    editions = ("", ".AE") if alliance_edition else ("",)
    return [
        f"{name}.{wanted.get(platform, '1.0')}{edition}.min"
        for platform, name in _NAMES.items()
        for edition in editions
    ]


def parse_version(text: str, *, platform: str = "version") -> tuple[int, ...]:
    """Return the numbers of a version such as ``3.7.1``: two to four. Raises ``InvalidVersion``."""
    if not isinstance(text, str) or not _VERSION.fullmatch(text):
        raise InvalidVersion(
            _("%(platform)s: write two to four numbers with dots between them, such as 3.7.1", platform=platform)
        )
    return _numbers(text)


def from_user_agent(text: str) -> Client | None:
    """Return what a ``User-Agent`` header says; None if it does not name Safe Exam Browser.

    Windows gives a version (``SEB/3.7.0``). The platform of a Mac stays unknown, because a tablet may say the same.
    """
    found = _USER_AGENT.search(text)
    if found is None:
        return None
    platform = None
    if "Windows" in text:
        platform = Platform.WIN
    elif re.search(r"iPhone|iPad|iPod", text):
        platform = Platform.IOS
    return Client(platform, _numbers(found[1]))


def from_javascript(text: str) -> Client | None:
    """Return what ``SafeExamBrowser.version`` says; None for a text of another form.

    Windows: ``SEB_Windows_<version>``. Apple: name, system, version, build and bundle id, joined by ``_``.
    """
    windows = _WINDOWS.match(text)
    if windows is not None:
        return Client(Platform.WIN, _numbers(windows[1]))
    apple = _APPLE.search(text)
    if apple is not None:
        return Client(Platform.IOS if apple[1].startswith("i") else Platform.MAC, _numbers(apple[2]))
    return None


def is_too_old(client: Client, minimums: Mapping[str, str]) -> bool:
    """Whether a client says that it is older than the minimum of its platform.

    A client that does not say which platform or version it is, and a platform without minimum, are not too old.
    """
    minimum = minimums.get(client.platform) if client.platform else None
    if not minimum or not client.version:
        return False
    pairs = zip_longest(client.version, parse_version(minimum), fillvalue=0)
    own, least = zip(*pairs, strict=True)
    return own < least


def _numbers(text: str | None) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()
