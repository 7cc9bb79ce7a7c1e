"""Sentences of the protocol and of services, in the language of a request."""

from django.utils.translation import gettext as _

from seb_openedx.protocol.texts import Text


def translated(text: str) -> str:
    """Return a sentence of this app's services in the language of the request; any other text as it is."""
    if not isinstance(text, Text):
        return text
    sentence = _(text.template)
    values = {name: translated(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return sentence % values if values else sentence
