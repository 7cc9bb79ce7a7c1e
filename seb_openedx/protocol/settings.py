"""The settings that an exam author can choose, and the keys of Safe Exam Browser that each of them writes.

Names are those of the API and the form. Names and defaults of the first block are also those of Moodle's rule for Safe
Exam Browser, so that habits and imported settings fit.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seb_openedx.protocol.errors import InvalidSettings, InvalidVersion
from seb_openedx.protocol.passwords import is_password_hash
from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.values import Settings, Value
from seb_openedx.protocol.versions import allowed_versions

# Longest expression of the address filter, in characters.
MAX_EXPRESSION: Final = 500
# Most expressions in one list.
MAX_EXPRESSIONS: Final = 500


def _on_or_off(value: Any) -> Value:
    if not isinstance(value, bool):
        raise ValueError(_("must be true or false"))
    return value


def _one_to_three(value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3:
        raise ValueError(_("must be a whole number from 1 to 3"))
    return value


def _clipboard(value: Any) -> Value:
    if not isinstance(value, str) or value not in CLIPBOARD:
        raise ValueError(_("must be one of: %(choices)s", choices=", ".join(CLIPBOARD)))
    return CLIPBOARD[value]


# clipboard_policy -> value of clipboardPolicy
CLIPBOARD: Final = {"allow": 0, "block": 1, "isolated": 2}


@dataclass(frozen=True, slots=True)
class Setting:
    """One choice. ``default`` None: written only when it is set. ``convert`` raises ValueError with a sentence."""

    name: str
    keys: tuple[str, ...]
    default: bool | int | None
    convert: Callable[[Any], Value] = field(default=_on_or_off)


SETTINGS: Final = (
    Setting("allow_quit", ("allowQuit",), True),
    Setting("user_confirm_quit", ("quitURLConfirm",), True),
    Setting("allow_reload", ("browserWindowAllowReload",), True),
    Setting("show_reload_button", ("showReloadButton",), True),
    Setting("show_taskbar", ("showTaskBar",), True),
    Setting("show_time", ("showTime",), True),
    Setting("show_keyboard_layout", ("showInputLanguage",), True),
    Setting("show_wifi_control", ("allowWlan",), False),
    Setting("allow_spell_check", ("allowSpellCheck",), False),
    Setting("enable_audio_control", ("audioControlEnabled",), False),
    Setting("mute_on_startup", ("audioMute",), False),
    Setting("allow_camera", ("browserMediaCaptureCamera",), False),
    Setting("allow_microphone", ("browserMediaCaptureMicrophone",), False),
    Setting("allow_screen_capture", ("enablePrintScreen",), False),
    Setting("max_displays", ("allowedDisplaysMaxNumber",), 1, _one_to_three),
    Setting("url_filter", ("URLFilterEnable",), False),
    Setting("filter_embedded_content", ("URLFilterEnableContentFilter",), False),
    Setting("clear_cookies_on_start", ("examSessionClearCookiesOnStart",), False),
    Setting("clear_cookies_on_end", ("examSessionClearCookiesOnEnd",), True),
    # An upload needs another key in each client: Windows from 3.7, iOS, older ones, macOS from 3.7 in assessment mode.
    Setting("allow_uploads", ("allowUploads", "allowUploadsiOS", "allowDownUploads", "allowOpenAndSavePanel"), None),
    Setting("allow_downloads", ("allowDownloads",), None),
    Setting("clipboard_policy", ("clipboardPolicy",), None, _clipboard),
    Setting("allow_print", ("allowPrint",), None),
    Setting("allow_zoom", ("enableZoomPage",), None),
    Setting("allow_pdf_toolbar", ("allowPDFReaderToolbar",), None),
    Setting("allow_virtual_machine", ("allowVirtualMachine",), None),
    Setting("allow_screen_sharing", ("allowScreenSharing",), None),
    Setting("show_verify_qr", ("showQRVerifyButton",), None),
)
DEFAULTS: Final[Mapping[str, bool | int]] = {
    setting.name: setting.default for setting in SETTINGS if setting.default is not None
}


@dataclass(frozen=True, slots=True)
class RuleList:
    """One list of expressions of the address filter. ``action``: 1 allow, 0 block."""

    name: str
    action: int
    regex: bool


# In the order of URLFilterRules.
RULE_LISTS: Final = (
    RuleList("allowed_expressions", action=1, regex=False),
    RuleList("blocked_expressions", action=0, regex=False),
    RuleList("allowed_regex", action=1, regex=True),
    RuleList("blocked_regex", action=0, regex=True),
)
MIN_VERSIONS: Final = "min_versions"

NAMES: Final = (
    *(setting.name for setting in SETTINGS),
    *(rules.name for rules in RULE_LISTS),
    MIN_VERSIONS,
)


def to_seb(
    options: Mapping[str, Any], *, always_allow: tuple[str, ...] | list[str] = (), alliance_edition: bool = False
) -> Settings:
    """Return the keys that options write. An option that is absent or None writes nothing.

    ``always_allow``: expressions that the address filter allows whatever the options say, so that nobody is locked out
    of the platform. ``alliance_edition``: with ``min_versions``, also the builds of SEB Alliance.

    Raises :class:`~seb_openedx.protocol.errors.InvalidSettings` that names every wrong option.
    """
    errors: dict[str, str] = {
        name: _("unknown; known options: %(options)s", options=", ".join(NAMES))
        for name in options
        if name not in NAMES
    }
    given = {name: value for name, value in options.items() if value is not None and name not in errors}
    settings: Settings = {}
    for setting in SETTINGS:
        if setting.name in given:
            try:
                settings |= dict.fromkeys(setting.keys, setting.convert(given[setting.name]))
            except ValueError as error:
                errors[setting.name] = str(error)
    rules: list[Value] = [_rule(expression, action=1, regex=False) for expression in always_allow]
    for rule_list in RULE_LISTS:
        try:
            expressions = _expressions(given.get(rule_list.name, []), regex=rule_list.regex)
        except ValueError as error:
            errors[rule_list.name] = str(error)
        else:
            rules += [_rule(text, action=rule_list.action, regex=rule_list.regex) for text in expressions]
    if given.get("url_filter") is True:
        settings["URLFilterRules"] = rules
    try:
        versions = _versions(given.get(MIN_VERSIONS), alliance_edition=alliance_edition)
    except InvalidVersion as error:
        errors[MIN_VERSIONS] = str(error)
    else:
        if versions:
            settings["sebAllowedVersions"] = versions
    if errors:
        raise InvalidSettings(errors)
    return settings


def _versions(minimums: Any, *, alliance_edition: bool) -> list[Value]:
    if minimums is not None and not isinstance(minimums, Mapping):
        raise InvalidVersion(_("must map platforms to versions, such as win to 3.7.1"))
    return [*allowed_versions(minimums or {}, alliance_edition=alliance_edition)]


def _rule(expression: str, *, action: int, regex: bool) -> Value:
    return {"action": action, "active": True, "expression": expression, "regex": regex}


def _expressions(value: Any, *, regex: bool) -> list[str]:
    """Return the distinct expressions in a list; raise ValueError for one that cannot be used."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(_("must be a list of texts"))
    if len(value) > MAX_EXPRESSIONS:
        raise ValueError(_("at most %(most)s expressions", most=MAX_EXPRESSIONS))
    expressions = list(dict.fromkeys(filter(None, (text.strip() for text in value))))
    for number, text in enumerate(expressions, start=1):
        if len(text) > MAX_EXPRESSION:
            raise ValueError(
                _("expression %(number)s: at most %(most)s characters", number=number, most=MAX_EXPRESSION)
            )
        if not text.isprintable():
            raise ValueError(_("expression %(number)s: remove line breaks and control characters", number=number))
        if regex:
            try:
                re.compile(text)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(
                    _("expression %(number)s is not a regular expression: %(reason)s", number=number, reason=error)
                ) from error
    return expressions


def summarize(settings: Mapping[str, Value]) -> dict[str, Any]:
    """Return what people want to know about a file: options by name, addresses, and whether there are passwords.

    Hashes of passwords are not part of it. An option is present if the file sets it to a value that it can have.
    """
    summary: dict[str, Any] = {}
    for name, key in (("start_url", "startURL"), ("quit_url", "quitURL")):
        if isinstance(settings.get(key), str):
            summary[name] = settings[key]
    for setting in SETTINGS:
        value: Any = settings.get(setting.keys[0])
        if setting.name == "clipboard_policy":
            value = next((name for name, number in CLIPBOARD.items() if type(value) is int and number == value), None)
        try:
            setting.convert(value)
        except ValueError:
            continue
        summary[setting.name] = value
    for rule_list in RULE_LISTS:
        expressions = _expressions_of(settings.get("URLFilterRules"), rule_list)
        if expressions:
            summary[rule_list.name] = expressions
    if isinstance(settings.get("sebAllowedVersions"), list):
        summary["allowed_versions"] = settings["sebAllowedVersions"]
    summary["has_quit_password"] = _has_password(settings, "hashedQuitPassword")
    summary["has_admin_password"] = _has_password(settings, "hashedAdminPassword")
    return summary


def _expressions_of(rules: object, rule_list: RuleList) -> list[str]:
    """Return the active expressions of one kind."""
    return [
        expression
        for rule in (rules if isinstance(rules, list) else [])
        if isinstance(rule, dict) and rule.get("active") is True
        if (rule.get("action"), rule.get("regex")) == (rule_list.action, rule_list.regex)
        if isinstance(expression := rule.get("expression"), str)
    ]


def _has_password(settings: Mapping[str, Value], key: str) -> bool:
    value = settings.get(key)
    return isinstance(value, str) and is_password_hash(value.lower())
