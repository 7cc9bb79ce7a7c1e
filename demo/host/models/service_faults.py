"""Faults of services."""

from django.db import models


class ServiceFault(models.Model):
    """A fault that a test or a person switched on in a service.

    ``none``: the service is absent. ``raise``: the method raises. ``slow``: it sleeps ``seconds`` first.
    ``returns_none``: it returns None. ``remaining`` counts down with each use; None means until switched off.
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
