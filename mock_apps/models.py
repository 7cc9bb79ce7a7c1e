"""Stand-ins for the host's models."""

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """What the host's user profile offers to this app: ``user.profile.name``.

    .. no_pii: exists in tests only
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, related_name="profile", on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
