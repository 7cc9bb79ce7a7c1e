"""Which attempts a bulk action is about. Contract: contract/staff-jobs#selection."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edx_proctoring.api.course_staff.attempt_bulk_actions import Selection
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter
from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views.v2.attempts import AttemptFilters, filter_of
from edx_proctoring.views.v2.base import refuse_unknown
from edx_proctoring.views.v2.lists import ReasonField

__all__ = ["FilterInBody", "RequestOptions", "SelectionRequest", "selection_of"]

# More are chosen by a filter.
MOST_IDS: Final = 1000


class FilterInBody(AttemptFilters):
    """The filters of the list of attempts; also as lists, numbers and booleans of JSON."""

    def to_internal_value(self, data: Any) -> Any:
        """Read the filters as they are read from an address."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": [_("Must be an object.")]})
        refuse_unknown(data, self.fields, within="filter")
        return super().to_internal_value({name: _as_in_address(value) for name, value in data.items()})


def _as_in_address(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else value


class RequestOptions(serializers.Serializer):
    """What every request for many may have: why, and whether only to say what would happen.

    ``expected_count``: how many the caller saw.
    """

    reason = ReasonField(required=False)
    dry_run = serializers.BooleanField(default=False)
    expected_count = serializers.IntegerField(min_value=0, max_value=MAX_ID, required=False)


class SelectionRequest(RequestOptions):
    """Why, and one of ``attempt_ids`` and ``all``. Subclasses may have ``filter``."""

    reason = ReasonField()
    attempt_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        min_length=1,
        max_length=MOST_IDS,
        required=False,
    )
    all = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none and several selections."""
        ways = [name for name in ("attempt_ids", "filter", "all") if attrs.get(name) not in (None, False)]
        if len(ways) != 1:
            possible = [name for name in ("attempt_ids", "filter", "all") if name in self.fields]
            raise serializers.ValidationError(
                _("Give exactly one of these to select attempts: {names}.").format(names=", ".join(possible))
            )
        return attrs


def selection_of(body: Mapping[str, Any]) -> Selection:
    """Return the selection that a validated ``SelectionRequest`` means."""
    given = body.get("filter")
    return Selection(
        attempt_ids=body.get("attempt_ids"),
        wanted=AttemptFilter() if given is None else filter_of(given),
        expected_count=body.get("expected_count"),
        dry_run=body["dry_run"],
    )
