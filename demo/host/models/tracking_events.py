"""The tracking log."""

from django.db import models


class TrackingEvent(models.Model):
    """One event of the tracking log.

    .. pii: User ids inside event data
    .. pii_types: id
    .. pii_retirement: local_api
    """

    name = models.CharField(max_length=255, db_index=True)
    data = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
