"""Lists of learners and exams that staff type or paste from a spreadsheet. Contract: contract/rest-rules#bodies."""

import re
from typing import Any, Final

from rest_framework import serializers

# Arabic and Chinese keyboards have commas of their own. No username contains one.
# Also what a column or a row of a spreadsheet is separated by. Not spaces: those are removed.
_SEPARATOR: Final = re.compile(
    "[,;\t\r\n\N{ARABIC COMMA}\N{ARABIC SEMICOLON}\N{FULLWIDTH COMMA}\N{FULLWIDTH SEMICOLON}]"
)


class NameListField(serializers.Field):
    """Names or ids, as a JSON list or as text, in their order and without duplicates.

    In text, commas, semicolons, tabs and line ends separate entries. Other white space is removed, also inside an
    entry: contract.
    """

    _entry: Final = serializers.CharField(allow_blank=True)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the entries that are not blank."""
        if isinstance(data, str):
            data = _SEPARATOR.split(data)
        elif not isinstance(data, list):
            data = [data]
        entries = ("".join(self._entry.run_validation(entry).split()) for entry in data)
        return list(dict.fromkeys(entry for entry in entries if entry))
