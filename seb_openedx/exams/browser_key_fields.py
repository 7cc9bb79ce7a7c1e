"""Form fields for Browser Exam Keys: a table of those that are known, and a text in which new ones are pasted.

Contract: contract/seb-exams#browser-keys.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from seb_openedx.exams.learner_texts import PLATFORM_NAMES
from seb_openedx.exams.setting_fields import Lines
from seb_openedx.exams.setup_validation import LONGEST_TEXT, MOST_KEYS
from seb_openedx.protocol import errors, parse_keys
from seb_openedx.translation import translated

# What is not said about a key.
_UNKNOWN: Final = {"label": "", "platform": "", "version": ""}


class Keys(Lines):
    """Keys, shown one per line and pasted with any separators."""

    def to_python(self, value: Any) -> Any:
        """Return the keys."""
        try:
            return parse_keys(str(value or ""))
        except errors.InvalidKey as error:
            raise forms.ValidationError(translated(str(error))) from error


class _Table(forms.Widget):
    """A row for each key: what is known about it, whether it is accepted, and whether to remove it."""

    template_name = "widgets/browser_keys.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the rows, and the choices of platforms."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = value if isinstance(value, list) else []
        platforms = [("", _("unknown")), *((platform, label) for platform, label in PLATFORM_NAMES.items())]
        context["widget"] |= {"rows": rows, "platforms": platforms, "longest": LONGEST_TEXT}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the rows that were sent; None if the table was not."""
        try:
            total = int(data.get(f"{name}-total", ""))
        except ValueError:
            return None
        return [self._row(data, f"{name}-{number}") for number in range(min(total, MOST_KEYS))]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the table was not sent."""
        return f"{name}-total" not in data

    def id_for_label(self, id_: str) -> str:
        """Return nothing: each input has a label of its own."""
        return ""

    @staticmethod
    def _row(data: Any, prefix: str) -> dict[str, Any]:
        texts = {name: str(data.get(f"{prefix}-{name}", "")).strip() for name in ("key", *_UNKNOWN)}
        return {**texts, "active": f"{prefix}-active" in data, "remove": f"{prefix}-remove" in data}


class KnownKeys(forms.Field):
    """The keys that are stored, to be edited."""

    widget = _Table

    def prepare_value(self, value: Any) -> Any:
        """Return the rows that can be shown."""
        found = value if isinstance(value, list) else []
        return [{**_UNKNOWN, "active": True, **row} for row in found if isinstance(row, Mapping)]

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what is shown again after a mistake."""
        return initial if data is None else data

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether anything was edited."""
        return data is not None and self.prepare_value(initial) != [{**row} for row in data]


def merged(edited: list[dict[str, Any]] | None, stored: Any, pasted: Iterable[str]) -> list[dict[str, Any]] | None:
    """Return all keys as ``Change`` takes them; None if nothing was entered.

    ``edited``: rows of the table, None if it was not sent. ``stored``: the column. A pasted key that is known is
    switched on again.
    """
    pasted = list(pasted)
    if edited is None and not pasted:
        return None
    rows = edited if edited is not None else [row for row in stored or () if isinstance(row, Mapping)]
    known: dict[str, dict[str, Any]] = {}
    for row in rows:
        if not row.get("remove"):
            known[str(row.get("key"))] = {name: value for name, value in row.items() if name != "remove"}
    for key in pasted:
        known[key] = {**_UNKNOWN, **known.get(key, {}), "key": key, "active": True}
    return list(known.values())
