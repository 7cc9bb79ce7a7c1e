"""Settings for an exam: made from an author's options, or an existing file adapted to the exam.

Equal arguments give equal settings, thus the same Config Key: nothing depends on time, chance or the program's version.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from seb_openedx.protocol.config_key import without_omitted_entries
from seb_openedx.protocol.errors import InvalidSettings
from seb_openedx.protocol.passwords import is_password_hash
from seb_openedx.protocol.settings import DEFAULTS, to_seb
from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.values import Settings, Value

# Paths of the platform's own addresses for start and end, before the ids.
START_PATH: Final = "/seb-openedx/start/"
QUIT_PATH: Final = "/seb-openedx/quit/"

# What proofs and per-learner links need, in every file.
_ALWAYS: Final[Settings] = {
    "sendBrowserExamKey": True,
    # The modern WebView. "Automatic" takes the classic one on macOS because of the line above.
    "browserWindowWebView": 3,
    "startURLAppendQueryParameter": True,
}
# What makes a file one for an exam, not for setting up the client.
_FOR_AN_EXAM: Final[Settings] = {
    "sebConfigPurpose": 0,
    "allowPreferencesWindow": False,
}


def exam_start_url(origin: str, public_id: str) -> str:
    """Return ``startURL`` of an exam. ``origin``: ``scheme://host[:port]`` of the platform."""
    return f"{origin.rstrip('/')}{START_PATH}{public_id}/"


def exam_quit_url(origin: str, quit_nonce: str) -> str:
    """Return ``quitURL`` of an exam. Anyone who knows it can end the browser, so ``quit_nonce`` is hard to guess."""
    return f"{origin.rstrip('/')}{QUIT_PATH}{quit_nonce}/"


def generate(
    options: Mapping[str, Any],
    *,
    start_url: str,
    quit_url: str,
    quit_password_hash: str = "",
    always_allow: Sequence[str] = (),
    alliance_edition: bool = False,
) -> Settings:
    """Return the settings of an exam from an author's options (:mod:`seb_openedx.protocol.settings`).

    Options that are absent or None have their default. ``quit_password_hash``: a result of ``hash_password``.
    ``always_allow``, ``alliance_edition``: see ``settings.to_seb``.

    Raises :class:`~seb_openedx.protocol.errors.InvalidSettings` that names every wrong option.
    """
    chosen = {name: value for name, value in options.items() if value is not None}
    return _FOR_AN_EXAM | adapt(
        {},
        {**DEFAULTS, **chosen},
        start_url=start_url,
        quit_url=quit_url,
        quit_password_hash=quit_password_hash,
        always_allow=always_allow,
        alliance_edition=alliance_edition,
    )


def adapt(
    settings: Mapping[str, Value],
    options: Mapping[str, Any] | None = None,
    *,
    start_url: str,
    quit_url: str,
    quit_password_hash: str = "",
    always_allow: Sequence[str] = (),
    alliance_edition: bool = False,
) -> Settings:
    """Return existing settings, an uploaded file or a template, adapted to an exam.

    ``options`` that are given replace what the file says. A quit password of the file stays unless
    ``quit_password_hash`` is given. Entries that are no part of the Config Key are removed, because some clients
    stumble over them.

    Raises :class:`~seb_openedx.protocol.errors.InvalidSettings` that names every wrong option.
    """
    errors: dict[str, str] = {}
    for name, url in (("start_url", start_url), ("quit_url", quit_url)):
        if not _is_address(url):
            errors[name] = _("must begin with http:// or https:// and a host, and have no fragment or blanks")
    if quit_password_hash and not is_password_hash(quit_password_hash):
        errors["quit_password_hash"] = "must be what hash_password returns: 64 lower-case digits"  # noqa: S105 - a message
    try:
        chosen = to_seb(options or {}, always_allow=list(always_allow), alliance_edition=alliance_edition)
    except InvalidSettings as error:
        raise InvalidSettings(errors | error.errors) from error
    if errors:
        raise InvalidSettings(errors)
    password: Settings = {"hashedQuitPassword": quit_password_hash} if quit_password_hash else {}
    addresses: Settings = {"startURL": start_url, "quitURL": quit_url}
    return without_omitted_entries({**settings, **chosen, **password, **_ALWAYS, **addresses})


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "#" not in url
        and url.isprintable()
        and not any(letter.isspace() for letter in url)
    )
