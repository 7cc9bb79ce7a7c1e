"""Completion of course blocks."""

from django.conf import settings
from django.db import models


class BlockCompletion(models.Model):
    """How much of a block a learner has completed: 0.0 to 1.0.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    usage_key = models.CharField(max_length=255)
    completion = models.FloatField(default=0.0)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "usage_key"], name="demo_completion_once")]

    def __str__(self) -> str:
        return f"user {self.user_id}, {self.usage_key}: {self.completion}"
