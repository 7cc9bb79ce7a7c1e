"""What can be saved about an exam, and why it may be refused. Contract: contract/seb-exams#setup.

The form of Django admin, REST and the command all fill in a ``Change``, so that they cannot disagree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from opaque_keys.edx.keys import CourseKey

from seb_openedx.access.requests import usage_key
from seb_openedx.exam_models import Mode, OnLeave, UploadPolicy
from seb_openedx.exams import encryption
from seb_openedx.protocol import allowed_versions, is_key
from seb_openedx.protocol.errors import InvalidSettings, InvalidVersion
from seb_openedx.protocol.settings import MIN_VERSIONS, to_seb
from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.versions import Platform

# As many keys as are compared with a request.
MOST_KEYS: Final = 200
MOST_NAMES: Final = 1000
_MOST_EXAMS: Final = 20
LONGEST_NAME: Final = 150
_LONGEST_SOURCE: Final = 255
# Of an entry of ``browser_keys``, in characters.
LONGEST_TEXT: Final = {"label": 100, "platform": 8, "version": 40}


class Refusal(StrEnum):
    """Why a change is not saved."""

    # Something that was sent cannot be used; ``errors`` names it.
    INVALID = "invalid"
    # Another person has saved meanwhile: load it again.
    STALE = "stale"
    # Learners are in the exam and would be put out; ``force`` saves it anyway.
    ATTEMPTS_RUNNING = "attempts_running"
    # Exams use the template.
    IN_USE = "in_use"


class SetupError(ValueError):
    """A change is not saved.

    ``code``: a ``Refusal``. ``errors``: name of a field of ``Change``, or of an option in ``settings`` → what is wrong
    with it. ``file_code``: the word of ``protocol.errors.FileError`` if the uploaded file cannot be read, such as
    ``wrong_password``; else empty. ``exams``: course id and section of those that stand in the way, at most 20.
    """

    def __init__(
        self,
        code: Refusal,
        errors: Mapping[str, str] | None = None,
        *,
        file_code: str = "",
        exams: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(str(code))
        self.code = code
        self.errors = dict(errors or {})
        self.file_code = file_code
        self.exams = sorted(exams)[:_MOST_EXAMS]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be saved. None: as it is.

    ``template_id``: of a ``SebConfigTemplate``, for the mode ``template``. ``settings``: options of
    ``protocol.settings`` without ``min_versions``, which are a field of their own; in mode ``template`` those that
    differ from the template.
    ``quit_password``: plain text, becomes a hash; empty removes it, also from an uploaded file.
    ``encrypt_password``: plain text, with which learners open the file; stored encrypted; empty removes it.
    ``upload``: the bytes of a new file; ``upload_password``: what it is encrypted with, not kept.
    ``browser_keys``: ``{"key", "label", "platform", "version", "active"}``, all but the key optional.
    ``renew_origin``: write the addresses of this host into the file, in place of those it was made with.
    """

    mode: str | None = None
    template_id: int | None = None
    settings: Mapping[str, Any] | None = None
    min_versions: Mapping[str, str] | None = None
    quit_password: str | None = field(default=None, repr=False)
    encrypt_password: str | None = field(default=None, repr=False)
    upload: bytes | None = field(default=None, repr=False)
    upload_name: str = ""
    upload_password: str | None = field(default=None, repr=False)
    upload_policy: str | None = None
    browser_keys: Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    client_config_keys: Sequence[str] | None = field(default=None, repr=False)
    exempt_usernames: Sequence[str] | None = None
    on_leave: str | None = None
    renew_origin: bool = False

    def checked(self) -> "Change":
        """Return the change in the form in which it is stored. Raises ``SetupError`` that names every wrong field."""
        errors: dict[str, str] = {}
        for name, choices in (("mode", Mode), ("upload_policy", UploadPolicy), ("on_leave", OnLeave)):
            value = getattr(self, name)
            if value is not None and value not in choices.values:
                errors[name] = _("must be one of: %(choices)s", choices=", ".join(choices.values))
        if self.settings is not None:
            errors |= errors_in_settings(self.settings)
        if self.min_versions is not None:
            errors |= _errors_in_versions(self.min_versions)
        if self.template_id is not None and type(self.template_id) is not int:
            errors["template_id"] = _("must be the id of a template")
        if len(self.encrypt_password or "") > encryption.LONGEST:
            errors["encrypt_password"] = _("at most %(most)s characters", most=encryption.LONGEST)
        lists: dict[str, Any] = {}
        for name, read in (
            ("browser_keys", _browser_keys),
            ("client_config_keys", _config_keys),
            ("exempt_usernames", _usernames),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            try:
                lists[name] = read(value)
            except ValueError as error:
                errors[name] = str(error)
        if errors:
            raise SetupError(Refusal.INVALID, errors)
        upload_name = "".join(letter for letter in self.upload_name if letter.isprintable())
        return replace(self, upload_name=upload_name[-_LONGEST_SOURCE:], **lists)


def error_in_place(course_key: CourseKey, content_id: Any) -> str:
    """Return why a section cannot be that of an exam of a course; empty if it can."""
    if not is_line(content_id, _LONGEST_SOURCE) or not content_id.strip():
        return _("must be the id of a section, at most %(most)s characters", most=_LONGEST_SOURCE)
    key = usage_key(content_id)
    if key is None:
        return ""
    # Keys of old courses do not say which run they belong to; their text cannot even be made.
    section = key.map_into_course(course_key) if key.course_key.run is None else key
    same = (section.course_key.org, section.course_key.course) == (key.course_key.org, key.course_key.course)
    return "" if same and section.course_key == course_key else _("this section belongs to another course")


def errors_in_settings(settings: Any) -> dict[str, str]:
    """Return what is wrong with options: name → what it must be."""
    if not isinstance(settings, Mapping):
        return {"settings": _("must map names to values")}
    errors: dict[str, str] = {}
    if MIN_VERSIONS in settings:
        errors[MIN_VERSIONS] = _(
            "is not one of the settings; set it next to them, or for all exams in SEB_MIN_VERSIONS"
        )
    try:
        to_seb({name: value for name, value in settings.items() if name != MIN_VERSIONS})
    except InvalidSettings as error:
        errors |= error.errors
    for name, value in settings.items():
        # Lists of expressions; databases refuse some characters, and so do files.
        if name not in errors and isinstance(value, list) and not all(text.isprintable() for text in value):
            errors[name] = _("must have no control characters")
    return errors


def _errors_in_versions(versions: Any) -> dict[str, str]:
    if not isinstance(versions, Mapping):
        return {MIN_VERSIONS: _("must map platforms to versions, such as win to 3.7.1")}
    try:
        allowed_versions(versions)
    except InvalidVersion as error:
        return {MIN_VERSIONS: str(error)}
    return {}


def is_line(value: Any, longest: int) -> bool:
    """Whether a value is a text of one line that every database can store."""
    return isinstance(value, str) and len(value) <= longest and value.isprintable()


def _list_of(value: Any, most: int) -> list[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise ValueError(_("must be a list"))
    if len(value) > most:
        raise ValueError(_("at most %(most)s entries", most=most))
    return list(value)


def _key(value: Any, number: int) -> str:
    key = value.strip().lower() if isinstance(value, str) else ""
    if not is_key(key):
        raise ValueError(_("entry %(number)s: a key has 64 hexadecimal digits", number=number))
    return key


def _config_keys(value: Any) -> list[str]:
    keys = [_key(key, number) for number, key in enumerate(_list_of(value, MOST_KEYS), start=1)]
    return list(dict.fromkeys(keys))


def _usernames(value: Any) -> list[str]:
    names = _list_of(value, MOST_NAMES)
    if not all(is_line(name, LONGEST_NAME) and name.strip() for name in names):
        raise ValueError(_("must be a list of usernames, each of at most %(most)s characters", most=LONGEST_NAME))
    return list(dict.fromkeys(name.strip() for name in names))


def _browser_keys(value: Any) -> list[dict[str, Any]]:
    """Return entries with all members, the keys distinct. Raises ValueError with the number of the wrong one."""
    entries: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(_list_of(value, MOST_KEYS), start=1):
        if not isinstance(entry, Mapping):
            raise ValueError(
                _("entry %(number)s: must map names to values, such as key to 64 hexadecimal digits", number=number)
            )
        if unknown := sorted(set(map(str, entry)) - {"key", "active", *LONGEST_TEXT}):
            raise ValueError(_("entry %(number)s: unknown: %(names)s", number=number, names=", ".join(unknown)))
        key = _key(entry.get("key"), number)
        if key in entries:
            raise ValueError(_("entry %(number)s: this key is listed twice", number=number))
        active = entry.get("active", True)
        if not isinstance(active, bool):
            raise ValueError(_("entry %(number)s: active must be true or false", number=number))
        texts = {name: entry.get(name, "") for name in LONGEST_TEXT}
        for name, longest in LONGEST_TEXT.items():
            if not is_line(texts[name], longest):
                raise ValueError(
                    _(
                        "entry %(number)s: %(name)s must be a line of at most %(most)s characters",
                        number=number,
                        name=name,
                        most=longest,
                    )
                )
        if texts["platform"] not in ("", *Platform):
            raise ValueError(
                _("entry %(number)s: platform must be one of: %(choices)s", number=number, choices=", ".join(Platform))
            )
        entries[key] = {"key": key, **texts, "active": active}
    return list(entries.values())
