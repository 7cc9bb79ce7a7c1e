"""Tracking back end that writes events to a table."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder


class DatabaseBackend:
    """Stores each event as a ``TrackingEvent`` row (the ``ENGINE`` in ``EVENT_TRACKING_BACKENDS``)."""

    def send(self, event: dict[str, Any]) -> None:
        """Write one event; values that JSON does not know become strings."""
        # Looked up here: this module is imported before Django has loaded the models.
        apps.get_model("demo_host", "TrackingEvent").objects.create(
            name=event.get("name") or "",
            data=_plain(event.get("data")),
            context=_plain(event.get("context")),
        )


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value or {}, cls=DjangoJSONEncoder))
