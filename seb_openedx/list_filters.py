"""Filters of lists in Django admin. Contract: contract/safe-exam-browser#admin."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _

from seb_openedx import reasons, session_texts


class NamedValuesFilter(admin.AllValuesFieldListFilter):
    """The stored values by their names. Django shows each as it is stored, so that an empty one is a link without text.

    The first choice is Django's "All".
    """

    def name(self, value: str) -> str:
        """Return the name of a stored value, which may be empty."""
        raise NotImplementedError

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the links."""
        choices = super().choices(changelist)
        yield next(choices)
        for choice in choices:
            yield {**choice, "display": self.name(str(choice["display"]))}


class ReasonFilter(NamedValuesFilter):
    """Why access was refused. Only refusals have a reason."""

    def name(self, value: str) -> str:
        """Return the reason in a few words."""
        return reasons.name(value) if value else _("No reason")


class EndReasonFilter(NamedValuesFilter):
    """Why sessions ended. Those that go on have no reason."""

    def name(self, value: str) -> str:
        """Return the reason in a short sentence."""
        return session_texts.end(value) if value else _("Not ended")
