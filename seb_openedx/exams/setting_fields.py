"""Form fields for the options of ``protocol.settings``, shared by the forms of exams and templates."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from seb_openedx.labels import LABELS
from seb_openedx.protocol.settings import CLIPBOARD, RULE_LISTS, SETTINGS

OVERRIDE: Final = "override_"
_AS_THE_BROWSER: Final = _("browser default")
_AS_THE_TEMPLATE: Final = _("as in the template")
_YES_OR_NO: Final = [("yes", _("yes")), ("no", _("no"))]
_CLIPBOARD: Final = {"allow": _("allow"), "block": _("block"), "isolated": _("isolated")}
_DEFAULTS: Final = {setting.name: setting.default for setting in SETTINGS}


class Lines(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 80})

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not blank."""
        return [line for text in str(value or "").splitlines() if (line := text.strip())]

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a list."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class Choice(forms.TypedChoiceField):
    """A setting that may be left to something else, as None."""

    def __init__(self, otherwise: Promise, choices: Iterable[tuple[str, Any]], coerce: Any) -> None:
        super().__init__(choices=[("", otherwise), *choices], coerce=coerce, empty_value=None, required=False)


def label(fields: Mapping[str, forms.Field], help_texts: Mapping[str, Any]) -> None:
    """Give fields their labels and help texts."""
    for name, field in fields.items():
        field.label = LABELS.get(name, field.label)
        field.help_text = help_texts.get(name, field.help_text)


def setting_fields() -> dict[str, forms.Field]:
    """Return a field for each option, shown with its default."""
    fields: dict[str, forms.Field] = {}
    for setting in SETTINGS:
        if setting.name == "clipboard_policy":
            fields[setting.name] = _clipboard(_AS_THE_BROWSER)
        elif setting.default is None:
            fields[setting.name] = _yes_or_no(_AS_THE_BROWSER)
        elif isinstance(setting.default, bool):
            fields[setting.name] = forms.BooleanField(required=False, initial=setting.default)
        else:
            fields[setting.name] = forms.IntegerField(required=False, initial=setting.default)
        fields[setting.name].label = LABELS[setting.name]
    return fields | {rules.name: Lines(required=False, label=LABELS[rules.name]) for rules in RULE_LISTS}


def override_fields() -> dict[str, forms.Field]:
    """Return a field for each option in which an exam may differ from its template, shown as not different."""
    fields: dict[str, forms.Field] = {}
    for setting in SETTINGS:
        name = OVERRIDE + setting.name
        if setting.name == "clipboard_policy":
            fields[name] = _clipboard(_AS_THE_TEMPLATE)
        elif setting.default is None or isinstance(setting.default, bool):
            fields[name] = _yes_or_no(_AS_THE_TEMPLATE)
        else:
            fields[name] = forms.IntegerField(required=False)
        fields[name].label = LABELS[setting.name]
    for rules in RULE_LISTS:
        fields[OVERRIDE + rules.name] = Lines(required=False, label=LABELS[rules.name])
    return fields


def entered(cleaned: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the options that were entered, without those that have their default."""
    return {
        name: value for name in names if (value := cleaned.get(name)) not in (None, []) and value != _DEFAULTS.get(name)
    }


def overrides(cleaned: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the options in which an exam differs from its template."""
    return {name.removeprefix(OVERRIDE): value for name in names if (value := cleaned.get(name)) not in (None, [], "")}


def initial(fields: Mapping[str, forms.Field], options: Any, *, prefix: str = "") -> dict[str, Any]:
    """Return what fields show for stored options."""
    shown = {}
    for name, value in (options if isinstance(options, Mapping) else {}).items():
        field = fields.get(prefix + name)
        if field is not None:
            is_answer = isinstance(value, bool) and isinstance(field, Choice)
            shown[prefix + name] = {True: "yes", False: "no"}[value] if is_answer else value
    return shown


def _clipboard(otherwise: Promise) -> Choice:
    return Choice(otherwise, [(name, _CLIPBOARD[name]) for name in CLIPBOARD], str)


def _yes_or_no(otherwise: Promise) -> Choice:
    return Choice(otherwise, _YES_OR_NO, "yes".__eq__)
