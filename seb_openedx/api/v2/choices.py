"""A field of which only some words are values. Contract: contract/seb-rest#problems."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Of a word that cannot be chosen, so much is quoted.
_LONGEST_QUOTE: Final = 100


class ChoiceField(serializers.ChoiceField):
    """A choice. A refusal names the words that can be chosen."""

    default_error_messages = {"invalid_choice": _("“{input}” cannot be chosen. Choose one of: {choices}.")}

    def fail(self, key: str, **values: Any) -> Any:
        """Raise the refusal; of what was sent, its beginning is enough."""
        if "input" in values:
            values["input"] = str(values["input"])[:_LONGEST_QUOTE]
        super().fail(key, choices=", ".join(map(str, self.choices)), **values)
