"""A field of which only some words are values. Contract: contract/seb-rest#problems."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class ChoiceField(serializers.ChoiceField):
    """A choice. A refusal names the words that can be chosen."""

    default_error_messages = {"invalid_choice": _("“{input}” cannot be chosen. Choose one of: {choices}.")}

    def fail(self, key: str, **values: Any) -> Any:
        """Raise the refusal."""
        super().fail(key, choices=", ".join(map(str, self.choices)), **values)
