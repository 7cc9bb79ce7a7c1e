"""Queued tasks."""

from django.db import models


class Task(models.Model):
    """A call that the platform would give to Celery.

    ``waiting`` until it has run, then ``done`` or ``failed`` (with the reason in ``error``).

    .. no_pii:
    """

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"

    name = models.CharField(max_length=255)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=16, default=WAITING, db_index=True)
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
