"""Tracking back end that writes events to a table."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


class DatabaseBackend:
    """Stores each event as a ``TrackingEvent`` row (``EVENT_TRACKING_BACKENDS`` engine)."""

    def send(self, event: dict[str, Any]) -> None:
        """Write one event; values that JSON does not know become strings."""
        from demo.host.models import TrackingEvent  # engines are built before the app registry is ready

        TrackingEvent.objects.create(
            name=event.get("name") or "",
            data=_plain(event.get("data")),
            context=_plain(event.get("context")),
        )


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value or {}, cls=DjangoJSONEncoder))
