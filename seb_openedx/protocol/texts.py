"""Sentences for people, which a program with catalogues can show in another language."""

from collections.abc import Iterable, Mapping
from typing import Any


class Text(str):
    """An English sentence that remembers what it was made from.

    ``template``: the sentence with places such as ``%(number)s``; ``values``: what is in them, which may be sentences
    too. Modules import the class as ``_``, by which ``gettext`` finds the sentences;
    ``seb_openedx.translation.translated`` shows them in the language of a request.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Text":
        """Return the sentence with these values."""
        text = super().__new__(cls, template % values if values else template)
        text.template, text.values = template, values
        return text

    @classmethod
    def joined(cls, parts: Iterable[str], separator: str = " ") -> "Text":
        """Return several sentences, or names and sentences, as one text."""
        values = {f"part{number}": part for number, part in enumerate(parts)}
        return cls(separator.join(f"%({name})s" for name in values), **values)

    def __str__(self) -> str:
        """Return the sentence as it is, also as the text of an exception with it."""
        return self
