"""Stand-ins for the host's models."""

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """The part of the host's user profile that this app uses: ``user.profile.name``.

    .. no_pii: exists in tests only
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, related_name="profile", on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
