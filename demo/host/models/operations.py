"""Behind the scenes: tickets, tracking events, queued tasks, faults switched on for a test."""

from django.db import models


class SupportTicket(models.Model):
    """What the platform would have opened in its ticket system.

    .. pii: Username of an invented person
    .. pii_types: username
    .. pii_retirement: local_api
    """

    course_id = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.subject


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


class Task(models.Model):
    """A unit of work that the platform would give to Celery.

    ``waiting`` until its time comes, then ``done`` or ``failed`` (with the reason in ``error``).

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


class ServiceFault(models.Model):
    """A service made to misbehave.

    ``none``: the whole service is absent. ``raise``: the method raises. ``slow``: it sleeps ``seconds`` first.
    ``returns_none``: it answers None. ``remaining`` counts down with each use; None means until switched off.
    An empty ``method`` means every method.

    .. no_pii:
    """

    NONE = "none"
    RAISE = "raise"
    SLOW = "slow"
    RETURNS_NONE = "returns_none"
    KINDS = [
        (NONE, "Service is absent"),
        (RAISE, "Method raises an error"),
        (SLOW, "Method answers slowly"),
        (RETURNS_NONE, "Method answers None"),
    ]

    service = models.CharField(max_length=64)
    method = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16, choices=KINDS)
    seconds = models.FloatField(default=0.0)
    remaining = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.service}.{self.method or '*'}: {self.kind}"
